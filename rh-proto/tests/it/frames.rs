//! The frame layer.

use bytes::{Bytes, BytesMut};
use proptest::prelude::*;
use rh_proto::error::Error;
use rh_proto::frame::{Decoder, Flags, Frame, HEADER};
use rh_proto::limits::Limits;
use rh_proto::msg::MessageType;

fn frame() -> impl Strategy<Value = Frame> {
    (any::<u8>(), any::<u8>(), prop::collection::vec(any::<u8>(), 0..300)).prop_map(|(message, flags, body)| Frame {
        message: MessageType(message),
        flags: Flags(flags),
        body: Bytes::from(body),
    })
}

/// Everything that comes out when `bytes` go in cut at `cuts`, and the error if there is one.
fn decode(bytes: &[u8], cuts: &[usize], limits: &Limits) -> (Vec<Frame>, Option<Error>, usize) {
    let decoder = Decoder::new(limits);
    let (mut input, mut out, mut at) = (BytesMut::new(), Vec::new(), 0);
    for end in cuts.iter().map(|cut| cut % (bytes.len() + 1)).chain([bytes.len()]) {
        if end > at {
            input.extend_from_slice(&bytes[at..end]);
            at = end;
        }
        loop {
            match decoder.decode(&mut input) {
                Ok(Some(frame)) => out.push(frame),
                Ok(None) => break,
                Err(error) => return (out, Some(error), 0),
            }
        }
    }
    (out, None, input.len())
}

proptest! {
    #[test]
    fn frames_survive_a_round_trip_however_the_bytes_are_cut(
        frames in prop::collection::vec(frame(), 0..8),
        mut cuts in prop::collection::vec(any::<usize>(), 0..20),
        tail in 0..HEADER,
    ) {
        let mut wire = BytesMut::new();
        for frame in &frames {
            frame.write(&mut wire).unwrap();
        }
        wire.extend_from_slice(&[0; HEADER][..tail]);
        cuts.iter_mut().for_each(|cut| *cut %= wire.len() + 1);
        cuts.sort_unstable();
        let limits = Limits::default();
        prop_assert_eq!(decode(&wire, &cuts, &limits), (frames, None, tail));
    }

    #[test]
    fn any_bytes_give_the_same_however_they_are_cut(bytes in prop::collection::vec(any::<u8>(), 0..2000), mut cuts in prop::collection::vec(any::<usize>(), 0..20)) {
        let limits = Limits { frame: 1000, ..Limits::default() };
        cuts.iter_mut().for_each(|cut| *cut %= bytes.len() + 1);
        cuts.sort_unstable();
        prop_assert_eq!(decode(&bytes, &cuts, &limits), decode(&bytes, &[], &limits));
    }
}

#[test]
fn too_long_a_body_is_refused_before_it_is_waited_for() {
    let limits = Limits { frame: 1000, ..Limits::default() };
    let at_limit = decode(&[9, 0, 0x00, 0x03, 0xe8], &[], &limits);
    assert_eq!(at_limit, (vec![], None, HEADER), "1000 bytes are waited for");
    let (_, error, _) = decode(&[9, 0, 0x00, 0x03, 0xe9], &[], &limits);
    assert_eq!(error, Some(Error::LimitExceeded { what: "wire frame", limit: 1000 }));
}

#[test]
fn bodies_share_the_memory_they_arrived_in() {
    let mut input = BytesMut::from(&[9, 0, 0, 0, 3, 1, 2, 3][..]);
    let body_at = input[HEADER..].as_ptr();
    let frame = Decoder::new(&Limits::default()).decode(&mut input).unwrap().unwrap();
    assert_eq!(frame.body, [1, 2, 3][..]);
    assert_eq!(frame.body.as_ptr(), body_at, "nothing was copied");
}

#[test]
fn a_body_that_the_header_cannot_announce_is_not_written() {
    let mut out = BytesMut::from(&b"before"[..]);
    let frame = Frame { message: MessageType(9), flags: Flags::default(), body: Bytes::from(vec![0; 1 << 24]) };
    assert!(matches!(frame.write(&mut out), Err(Error::LimitExceeded { .. })));
    assert_eq!(out, b"before"[..], "what was there is untouched");
}
