//! The test vectors of `docs/PAIRING.md`, against this crate and against a second, naive implementation of what the page says.

use std::collections::BTreeMap;

use curve25519_dalek::constants::ED25519_BASEPOINT_POINT;
use curve25519_dalek::edwards::{CompressedEdwardsY, EdwardsPoint};
use curve25519_dalek::scalar::Scalar;
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use rh_auth::code::{Code, LiveCode, TypedCode};
use rh_proto::credential::{AuthStep, Binding, Role};
use sha2::{Digest, Sha256};

use crate::support::{Pair, epoch};

const PAGE: &str = include_str!("../../../docs/PAIRING.md");

type Vector = BTreeMap<String, Vec<u8>>;

/// Each fenced `hex` block is one vector: a name and its bytes a line; a line that starts with white space goes on with the bytes of the one before.
fn vectors() -> Vec<Vector> {
    PAGE.split("```hex\n")
        .skip(1)
        .map(|rest| {
            let (block, _) = rest.split_once("```").expect("a fence is closed");
            let mut vector = Vector::new();
            let mut name = String::new();
            for line in block.lines() {
                let mut words = line.split_whitespace().peekable();
                if !line.starts_with(' ') {
                    name = words.next().unwrap().to_owned();
                }
                let bytes = vector.entry(name.clone()).or_default();
                for word in words {
                    bytes.extend((0..word.len()).step_by(2).map(|at| u8::from_str_radix(&word[at..at + 2], 16).unwrap()));
                }
            }
            vector
        })
        .collect()
}

fn array<const N: usize>(vector: &Vector, name: &str) -> [u8; N] {
    vector[name].clone().try_into().unwrap_or_else(|bytes: Vec<u8>| panic!("{name} has {} bytes, not {N}", bytes.len()))
}

fn binding(vector: &Vector, role: Role) -> Binding {
    Binding { role, exporter: array(vector, "exporter"), session_id: array(vector, "sid") }
}

#[test]
fn the_crate_does_what_the_page_says() {
    let vectors = vectors();
    assert!(vectors.len() >= 2, "the page holds vectors");
    for vector in &vectors {
        let code = Code::parse(std::str::from_utf8(&vector["code"]).unwrap()).unwrap();
        let now = epoch();
        let mut helper = LiveCode::new(code.clone(), now).credential(array(vector, "seed-A"));
        let mut sharer = TypedCode::new(code).credential(array(vector, "seed-B"));
        helper.start(now, &binding(vector, Role::Helper)).unwrap();
        sharer.start(now, &binding(vector, Role::Sharer)).unwrap();
        let outcome = Pair { now, helper, sharer }.run(|_, _, _| {});
        assert_eq!((outcome.helper, outcome.sharer), (Ok(()), Ok(())));
        for ((step, body), (expected_step, name)) in
            outcome.steps.iter().zip([(AuthStep::PAKE_A, "PAKE_A"), (AuthStep::PAKE_B, "PAKE_B"), (AuthStep::CONFIRM_A, "CONFIRM_A")])
        {
            assert_eq!(*step, expected_step);
            assert_eq!(hex(body), hex(&vector[name]), "{name}");
        }
    }
}

#[test]
fn a_second_implementation_agrees() {
    for vector in &vectors() {
        let password = &vector["code"];
        let identity = |name: &[u8]| [name, &vector["exporter"], &vector["sid"]].concat();
        let w = password_scalar(password);
        let x = random_scalar(vector, "seed-A", b"A");
        let y = random_scalar(vector, "seed-B", b"B");
        let blinded_x = (ED25519_BASEPOINT_POINT * x + point(M) * w).compress().to_bytes();
        let blinded_y = (ED25519_BASEPOINT_POINT * y + point(N) * w).compress().to_bytes();
        let shared = (ED25519_BASEPOINT_POINT * (x * y)).compress().to_bytes();

        let mut transcript = Sha256::new();
        for part in [password.clone(), identity(b"rh-helper"), identity(b"rh-sharer")] {
            transcript.update(Sha256::digest(part));
        }
        for part in [blinded_x, blinded_y, shared] {
            transcript.update(part);
        }
        let key = transcript.finalize();
        assert_eq!(hex(&key), hex(&vector["K"]));

        let message_a = [&b"A"[..], &blinded_x].concat();
        let message_b = [&b"B"[..], &blinded_y].concat();
        let confirmation = |info: &[u8]| {
            let mut mac_key = [0; 32];
            Hkdf::<Sha256>::new(None, &key).expand(info, &mut mac_key).unwrap();
            mac(&mac_key, &[&message_a, &message_b])
        };
        assert_eq!(hex(&message_a), hex(&vector["PAKE_A"]));
        assert_eq!(hex(&[&message_b[..], &confirmation(b"rh-confirm-B")].concat()), hex(&vector["PAKE_B"]));
        assert_eq!(hex(&confirmation(b"rh-confirm-A")), hex(&vector["CONFIRM_A"]));
    }
}

const M: &str = "15cfd18e385952982b6a8f8c7854963b58e34388c8e6dae891db756481a02312";
const N: &str = "f04f2e7eb734b2a8f8b472eaf9c3c632576ac64aea650b496a8a20ff00e583c3";

#[test]
fn the_page_names_the_constants() {
    assert!(PAGE.contains(M) && PAGE.contains(N));
}

fn point(encoded: &str) -> EdwardsPoint {
    let bytes: Vec<u8> = (0..64).step_by(2).map(|at| u8::from_str_radix(&encoded[at..at + 2], 16).unwrap()).collect();
    CompressedEdwardsY(bytes.try_into().unwrap()).decompress().unwrap()
}

/// 48 bytes of HKDF, read as a big-endian number, modulo the group's order.
fn password_scalar(password: &[u8]) -> Scalar {
    let mut wide = [0; 64];
    Hkdf::<Sha256>::new(None, password).expand(b"SPAKE2 pw", &mut wide[..48]).unwrap();
    wide[..48].reverse();
    Scalar::from_bytes_mod_order_wide(&wide)
}

/// Two HMAC blocks, read as a little-endian number, modulo the group's order.
fn random_scalar(vector: &Vector, seed: &str, role: &[u8]) -> Scalar {
    let key = mac(&vector[seed], &[b"rh-pake-seed-v1", role, &vector["exporter"], &vector["sid"], &vector["code"]]);
    let mut wide = [0; 64];
    for (block, half) in (0_u64..).zip(wide.chunks_mut(32)) {
        half.copy_from_slice(&mac(&key, &[&block.to_be_bytes()]));
    }
    Scalar::from_bytes_mod_order_wide(&wide)
}

fn mac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
