//! Ends that speak TLS 1.3 well, but not by this policy.

use std::sync::Arc;

use rh_proto::io::tls::{Channel, Error, Identity};
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{AlwaysResolvesClientRawPublicKeys, ClientConfig, ClientConnection};
use rustls::crypto::ring::{default_provider, sign::any_supported_type};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName, UnixTime};
use rustls::sign::{CertifiedKey, SigningKey};
use rustls::{DigitallySignedStruct, SignatureScheme};

use super::feed;

/// Believes everything: what an attacker's own client does.
#[derive(Debug)]
struct Gullible;

impl ServerCertVerifier for Gullible {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ED25519, SignatureScheme::ECDSA_NISTP256_SHA256]
    }

    fn requires_raw_public_keys(&self) -> bool {
        true
    }
}

fn signing_key(pkcs8: Vec<u8>) -> Arc<dyn SigningKey> {
    any_supported_type(&PrivateKeyDer::from(PrivatePkcs8KeyDer::from(pkcs8))).unwrap()
}

fn ed25519(seed: [u8; 32]) -> Arc<dyn SigningKey> {
    let prefix = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
    signing_key([&prefix[..], &seed].concat())
}

/// What our server makes of a client that shows `spki` and signs with `key`.
fn verdict(shown: Option<(Vec<u8>, Arc<dyn SigningKey>)>) -> Result<(), Error> {
    let builder = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Gullible));
    let config = match shown {
        Some((spki, key)) => {
            let certified = CertifiedKey::new(vec![CertificateDer::from(spki)], key);
            builder.with_client_cert_resolver(Arc::new(AlwaysResolvesClientRawPublicKeys::new(Arc::new(certified))))
        }
        None => builder.with_no_client_auth(),
    };
    let mut client = ClientConnection::new(Arc::new(config), ServerName::try_from("example.com").unwrap()).unwrap();
    let mut server = Channel::server(&Identity::from_seed([2; 32])).unwrap();
    loop {
        let mut up = Vec::new();
        while client.wants_write() {
            client.write_tls(&mut up).unwrap();
        }
        feed(&mut server, &up)?;
        if !server.is_handshaking() {
            return Ok(());
        }
        let mut down = Vec::new();
        server.poll_transmit(&mut down);
        assert!(!up.is_empty() || !down.is_empty(), "stuck");
        client.read_tls(&mut &down[..]).unwrap();
        client.process_new_packets().unwrap();
    }
}

#[test]
fn showing_a_key_is_not_enough_one_must_hold_it() {
    let spki = |seed| Identity::from_seed([seed; 32]).public_key().spki().to_vec();
    assert_eq!(verdict(Some((spki(7), ed25519([7; 32])))), Ok(()), "the harness works");
    assert!(matches!(verdict(Some((spki(8), ed25519([7; 32])))), Err(Error::Tampered(_))));
    assert!(matches!(verdict(None), Err(Error::Tampered(_))), "a helper without a key");
}

#[test]
fn other_kinds_and_other_encodings_of_keys_are_refused() {
    let random = ring::rand::SystemRandom::new();
    let p256 = signing_key(EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random).unwrap().as_ref().to_vec());
    let spki = p256.public_key().unwrap().to_vec();
    assert!(matches!(verdict(Some((spki, p256))), Err(Error::Tampered(_))));

    // Ed25519 with explicit NULL parameters: another hash for the same key, were it taken.
    let good = Identity::from_seed([7; 32]).public_key().spki().to_vec();
    let mut padded = vec![0x30, 0x2c, 0x30, 0x07, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x05, 0x00];
    padded.extend_from_slice(&good[9..]);
    for spki in [padded, good[..43].to_vec(), [&good[..], &[0]].concat(), Vec::new()] {
        assert!(matches!(verdict(Some((spki, ed25519([7; 32])))), Err(Error::Tampered(_))));
    }
}
