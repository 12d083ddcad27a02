//! Streams that no encoder wrote.

use proptest::prelude::*;
use rh_codec::{Decoder, Error, Limits};
use zstd::zstd_safe::{CCtx, CParameter, InBuffer, OutBuffer, zstd_sys::ZSTD_EndDirective};

use crate::screen::{Link, Noise, Screen, small_limits};

/// A first message that holds these operations.
fn message(plain: &[u8]) -> Vec<u8> {
    message_with(plain, ZSTD_EndDirective::ZSTD_e_flush)
}

fn message_with(plain: &[u8], end: ZSTD_EndDirective) -> Vec<u8> {
    let mut out = vec![0; plain.len() + 1000];
    out[0] = 0x11;
    let mut output = OutBuffer::around_pos(&mut out[..], 1);
    let mut context = CCtx::create();
    context.set_parameter(CParameter::WindowLog(small_limits().max_window_log)).unwrap();
    let left = context.compress_stream2(&mut output, &mut InBuffer::around(plain), end).unwrap();
    assert_eq!(left, 0);
    let len = output.pos();
    out.truncate(len);
    out
}

/// Size 64×64, then what follows.
fn sized(operations: &[u8]) -> Vec<u8> {
    let mut plain = vec![0, 64, 64];
    plain.extend_from_slice(operations);
    message(&plain)
}

#[test]
fn the_example_of_the_wire_format_decodes() {
    let mut decoder = Decoder::new(small_limits()).unwrap();
    let update = decoder.decode(&message(&[0, 2, 1, 1, 0, 0, 4, 1, 0x40, 0x40, 0x40])).unwrap();
    assert!(update.resized);
    assert_eq!(decoder.surface().unwrap().pixels(), [0x40, 0x40, 0x40, 255, 0x40, 0x40, 0x40, 255]);
}

fn refusal(message: &[u8]) -> Error {
    let mut decoder = Decoder::new(small_limits()).unwrap();
    let error = decoder.decode(message).unwrap_err();
    // Broken is broken: nothing but a new start is accepted after an error.
    assert!(matches!(decoder.decode(&[0x10, 1, 2, 3]), Err(Error::Malformed(_))));
    decoder.decode(&sized(&[])).unwrap();
    error
}

#[test]
fn refusals_name_what_is_wrong() {
    for (name, bytes, expected) in [
        ("version", vec![0x21], "unsupported"),
        ("flags", vec![0x12], "unsupported"),
        ("no start", vec![0x10], "malformed"),
        ("no zstd", vec![0x11, 1, 2, 3, 4, 5], "malformed"),
        ("nothing in it", message(&[]), "malformed"),
        ("no size first", message(&[1, 0, 0, 2, 1, 9, 9, 9]), "malformed"),
        ("size of nothing", message(&[0, 0, 5]), "malformed"),
        ("two sizes", message(&[0, 64, 64, 0, 64, 64]), "malformed"),
        ("too wide", message(&[0, 0x81, 0x02, 1]), "exceeds the limit"),
        ("too many pixels", message(&[0, 0x80, 0x02, 0x80, 0x02]), "exceeds the limit"),
        ("number without end", message(&[0, 0xff, 0xff, 0xff, 0xff, 0xff]), "malformed"),
        ("unknown operation", sized(&[9, 0, 0, 2, 1]), "malformed"),
        ("rectangle of nothing", sized(&[1, 0, 0, 0, 1, 0, 0, 0]), "malformed"),
        ("rectangle too far right", sized(&[1, 126, 0, 4, 1, 0, 0, 0]), "malformed"),
        ("rectangle left of all", sized(&[1, 1, 0, 2, 1, 0, 0, 0]), "malformed"),
        ("copy from outside", sized(&[2, 0, 0, 4, 2, 0, 126]), "malformed"),
        ("cut off", sized(&[3, 0, 0, 4, 2, 7]), "malformed"),
        ("cut off in an escape", sized(&[3, 0, 0, 2, 1, 255, 1]), "malformed"),
        ("cut off in an image", sized(&[4, 0, 0, 4, 2, 7]), "malformed"),
        ("zstd ends", message_with(&[0, 64, 64], ZSTD_EndDirective::ZSTD_e_end), "malformed"),
    ] {
        let error = refusal(&bytes);
        assert!(error.to_string().contains(expected), "{name}: {error}");
    }
}

#[test]
fn too_many_operations_and_too_much_work_are_cut_short() {
    let mut operations = Vec::new();
    for _ in 0..65 {
        operations.extend_from_slice(&[1, 0, 0, 0, 1, 0, 0, 0]);
    }
    operations[3] = 2;
    assert!(matches!(refusal(&sized(&operations)), Error::LimitExceeded { what: "the number of operations in a message", .. }));

    // Copies of the whole picture: a handful of bytes each on the wire, 4096 pixels of work each.
    let limits = Limits { max_operations: 1 << 20, ..small_limits() };
    let mut plain = vec![0, 64, 64];
    for i in 0..300_000 {
        plain.extend_from_slice(if i == 0 { &[2, 0, 0, 0x80, 1, 64, 0, 0] } else { &[2, 0, 127, 0, 64, 0, 0] });
    }
    let bytes = message(&plain);
    assert!(bytes.len() < 1000, "{} bytes", bytes.len());
    let error = Decoder::new(limits).unwrap().decode(&bytes).unwrap_err();
    assert!(matches!(error, Error::LimitExceeded { what: "the number of pixels that a message touches", .. }), "{error}");
}

#[test]
fn a_window_beyond_the_limit_is_refused_before_it_is_allocated() {
    let mut context = CCtx::create();
    context.set_parameter(CParameter::WindowLog(24)).unwrap();
    let mut out = vec![0; 1000];
    out[0] = 0x11;
    let mut output = OutBuffer::around_pos(&mut out[..], 1);
    context.compress_stream2(&mut output, &mut InBuffer::around(&[0, 64, 64]), ZSTD_EndDirective::ZSTD_e_flush).unwrap();
    let len = output.pos();
    assert!(matches!(refusal(&out[..len]), Error::Malformed(_)));
}

/// A short session's messages.
fn session() -> Vec<Vec<u8>> {
    let mut link = Link::with(rh_codec::Settings { limits: small_limits(), ..Default::default() });
    let mut screen = Screen::new(96, 70, 0);
    let mut noise = Noise(5);
    let mut messages = Vec::new();
    for i in 0..4 {
        match i {
            0 => screen.text(screen.whole(), &mut noise),
            1 => screen.photo(rh_codec::Rect::new(20, 20, 60, 60), &mut noise),
            2 => screen.shift(screen.whole(), 0, -17),
            _ => screen.fill(rh_codec::Rect::new(3, 3, 90, 40), 0x11_2233),
        }
        link.show(&screen);
        messages.push(link.message.clone());
    }
    messages
}

#[test]
fn a_truncated_message_is_refused_or_changes_nothing_for_later() {
    let messages = session();
    for (index, message) in messages.iter().enumerate() {
        for len in 1..message.len() {
            let mut decoder = Decoder::new(small_limits()).unwrap();
            for earlier in &messages[..index] {
                decoder.decode(earlier).unwrap();
            }
            // A message cut between two operations can go unnoticed; the next one then fails or paints within the picture.
            let _ = decoder.decode(&message[..len]);
            for later in &messages[index + 1..] {
                let _ = decoder.decode(later);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let mut decoder = Decoder::new(small_limits()).unwrap();
        let _ = decoder.decode(&bytes);
        let _ = decoder.decode(&message(&bytes));
        let _ = decoder.decode(&sized(&bytes));
    }

    #[test]
    fn damaged_sessions_are_survived(edits in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
        let mut messages = session();
        for (which, at, value) in edits {
            let which = which.index(messages.len());
            let at = at.index(messages[which].len());
            messages[which][at] = value;
        }
        let mut decoder = Decoder::new(small_limits()).unwrap();
        for message in &messages {
            let _ = decoder.decode(message);
        }
        if let Some(surface) = decoder.surface() {
            prop_assert!(surface.width() <= 256 && surface.height() <= 256);
        }
    }
}
