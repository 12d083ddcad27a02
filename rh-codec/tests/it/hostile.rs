//! Streams that no encoder wrote.

use proptest::prelude::*;
use rh_codec::{Decoder, Error};

use crate::screen::{Link, Noise, Screen, exact_settings, small_limits};

/// First bytes of a message that starts a stream, and of one that continues it.
const START: u8 = 0x21;
const CONTINUE: u8 = 0x20;

#[test]
fn a_broken_stream_needs_a_new_start() {
    let messages = session();
    for wrong in [&[0x11, 1, 2, 3][..], &[0x24], &[CONTINUE], &[START], &[START, 0xff, 0xff, 0xff], &[START | 2, 9, 0, 0, 0]] {
        let mut decoder = Decoder::new(small_limits()).unwrap();
        decoder.decode(&messages[0]).unwrap();
        assert!(decoder.decode(wrong).is_err(), "{wrong:x?}");
        assert!(matches!(decoder.decode(&messages[1]), Err(Error::Malformed(_))));
        decoder.decode(&messages[0]).unwrap();
        decoder.decode(&messages[1]).unwrap();
    }
}

/// A short session's messages.
fn session() -> Vec<Vec<u8>> {
    let mut link = Link::with(rh_codec::Settings { limits: small_limits(), ..exact_settings() });
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
        let _ = decoder.decode(&[&[START], &bytes[..]].concat());
        let _ = decoder.decode(&session()[0]);
        let _ = decoder.decode(&[&[CONTINUE], &bytes[..]].concat());
        let _ = decoder.decode(&[&[CONTINUE | 2, 40, 0, 0, 0], &bytes[..]].concat());
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
