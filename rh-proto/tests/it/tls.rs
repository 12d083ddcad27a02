//! The inner TLS connection, seen from both ends and from between them.

mod impostor;
mod secured;

use rh_proto::io::tls::{Channel, Error, Identity};

/// Moves everything that waits from `from` to `to`; gives the bytes that crossed.
fn carry(from: &mut Channel, to: &mut Channel) -> Result<Vec<u8>, Error> {
    let mut wire = Vec::new();
    from.poll_transmit(&mut wire);
    feed(to, &wire).map(|_| wire)
}

/// Feeds all of `wire`; gives the plaintext that came out.
fn feed(to: &mut Channel, wire: &[u8]) -> Result<Vec<u8>, Error> {
    let mut plaintext = Vec::new();
    let mut rest = wire;
    loop {
        let taken = to.handle_records(rest)?;
        rest = &rest[taken..];
        let got = to.plaintext().to_vec();
        to.consume_plaintext(got.len());
        plaintext.extend_from_slice(&got);
        if rest.is_empty() && got.is_empty() {
            return Ok(plaintext);
        }
    }
}

fn ends() -> (Channel, Channel) {
    (Channel::client(&Identity::from_seed([1; 32])).unwrap(), Channel::server(&Identity::from_seed([2; 32])).unwrap())
}

/// Both ends after the handshake, and the bytes it took each way.
fn connected() -> (Channel, Channel, usize, usize) {
    let (mut client, mut server) = ends();
    let (mut up, mut down) = (0, 0);
    while client.is_handshaking() || server.is_handshaking() {
        let crossed = (carry(&mut client, &mut server).unwrap().len(), carry(&mut server, &mut client).unwrap().len());
        assert_ne!(crossed, (0, 0), "the handshake is stuck");
        up += crossed.0;
        down += crossed.1;
    }
    (client, server, up, down)
}

fn sealed(channel: &mut Channel, plaintext: &[u8]) -> Vec<u8> {
    assert_eq!(channel.send_plaintext(plaintext), Ok(plaintext.len()));
    let mut wire = Vec::new();
    channel.poll_transmit(&mut wire);
    wire
}

#[test]
fn both_ends_learn_the_others_key_and_agree_on_the_exporter() {
    let (client, server, ..) = connected();
    assert_eq!(client.peer_key().unwrap(), *Identity::from_seed([2; 32]).public_key());
    assert_eq!(server.peer_key().unwrap(), *Identity::from_seed([1; 32]).public_key());
    assert_eq!(client.exporter().unwrap(), server.exporter().unwrap());
    let (other, ..) = connected();
    assert_ne!(client.exporter().unwrap(), other.exporter().unwrap(), "each connection has its own");
}

/// RFC 8032 section 7.1, test 1, in the SubjectPublicKeyInfo of RFC 8410.
#[test]
fn a_seed_gives_the_key_of_the_specification() {
    let seed = unhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60");
    let key = *Identity::from_seed(seed.try_into().unwrap()).public_key();
    let spki = unhex("302a300506032b6570032100d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
    assert_eq!(key.spki()[..], spki);
    // `sha256sum` of those 44 bytes.
    assert_eq!(key.spki_sha256()[..], unhex("06e3fd8fda29bb60ab59557de61edb0aecdb231134be30e75b455f8e1b792fa9"));
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

#[test]
fn the_handshake_is_small_and_says_little() {
    let (mut client, mut server) = ends();
    let mut hello = Vec::new();
    client.poll_transmit(&mut hello);
    assert!(extension(&hello, 0).is_none(), "no server name");
    assert!(extension(&hello, 16).is_none(), "no ALPN");
    assert!(extension(&hello, 41).is_none() && extension(&hello, 42).is_none(), "no resumption, no early data");
    assert_eq!(extension(&hello, 43), Some(vec![2, 3, 4]), "TLS 1.3 and nothing else");
    assert_eq!(extension(&hello, 13), Some(vec![0, 2, 8, 7]), "Ed25519 and nothing else");
    assert_eq!(extension(&hello, 10), Some(vec![0, 2, 0, 29]), "X25519 and nothing else");
    assert_eq!(extension(&hello, 19), Some(vec![1, 2]), "raw public keys, RFC 7250");
    assert_eq!(extension(&hello, 20), Some(vec![1, 2]));
    feed(&mut server, &hello).unwrap();
    let mut answer = Vec::new();
    server.poll_transmit(&mut answer);
    feed(&mut client, &answer).unwrap();
    let finished = carry(&mut client, &mut server).unwrap();
    assert!(!client.is_handshaking() && !server.is_handshaking());
    assert!(hello.len() + answer.len() + finished.len() < 1024, "{} + {} + {}", hello.len(), answer.len(), finished.len());
    let mut tickets = Vec::new();
    assert_eq!(server.poll_transmit(&mut tickets), 0, "no tickets");
}

/// The body of an extension of a ClientHello that fills one record.
fn extension(record: &[u8], wanted: u16) -> Option<Vec<u8>> {
    let u16_at = |at: usize| usize::from(u16::from_be_bytes([record[at], record[at + 1]]));
    let session = 5 + 4 + 2 + 32;
    let suites = session + 1 + usize::from(record[session]);
    let compression = suites + 2 + u16_at(suites);
    let mut at = compression + 1 + usize::from(record[compression]) + 2;
    while at < record.len() {
        let length = u16_at(at + 2);
        if u16_at(at) == usize::from(wanted) {
            return Some(record[at + 4..at + 4 + length].to_vec());
        }
        at += 4 + length;
    }
    None
}

#[test]
fn nothing_crosses_before_both_keys_are_proven() {
    let (mut client, mut server) = ends();
    for channel in [&mut client, &mut server] {
        assert!(channel.is_handshaking());
        assert!(matches!(channel.send_plaintext(b"early"), Err(Error::ApiMisuse { .. })));
        assert!(matches!(channel.exporter(), Err(Error::ApiMisuse { .. })));
        assert_eq!(channel.peer_key(), None);
    }
    // The client's part is done once it has the server's flight, the server's is not.
    carry(&mut client, &mut server).unwrap();
    carry(&mut server, &mut client).unwrap();
    assert!(!client.is_handshaking() && server.is_handshaking());
    assert!(matches!(server.send_plaintext(b"early"), Err(Error::ApiMisuse { .. })));
    assert_eq!(server.peer_key(), None);
}

#[test]
fn the_stream_survives_any_chunking() {
    let sizes = [0, 1, 2, 100, 16_383, 16_384, 16_385, 60_000];
    let messages: Vec<Vec<u8>> = sizes.iter().map(|size| (0..*size).map(|at: usize| u8::try_from(at % 251).unwrap()).collect()).collect();
    for chunk in [1, 2, 3, 5, 7, 1000, 5000, usize::MAX] {
        let (mut client, mut server) = ends();
        let mut got = Vec::new();
        let mut sent = false;
        loop {
            let mut wire = Vec::new();
            client.poll_transmit(&mut wire);
            if !client.is_handshaking() && !sent {
                for message in &messages {
                    wire.extend(sealed(&mut client, message));
                }
                sent = true;
            }
            for piece in wire.chunks(chunk.min(wire.len().max(1))) {
                got.extend(feed(&mut server, piece).unwrap());
            }
            let mut back = Vec::new();
            server.poll_transmit(&mut back);
            if wire.is_empty() && back.is_empty() {
                break;
            }
            for piece in back.chunks(chunk.min(back.len().max(1))) {
                assert!(feed(&mut client, piece).unwrap().is_empty());
            }
        }
        assert_eq!(got, messages.concat(), "in pieces of {chunk}");
    }
}

#[test]
fn sending_has_back_pressure() {
    let (mut client, mut server, ..) = connected();
    let data = vec![7; Channel::SEND_BUFFER + 1000];
    assert_eq!(client.send_room(), Channel::SEND_BUFFER);
    assert_eq!(client.send_plaintext(&data), Ok(Channel::SEND_BUFFER));
    assert_eq!(client.send_room(), 0);
    assert_eq!(client.send_plaintext(&data), Ok(0));
    let mut wire = Vec::new();
    client.poll_transmit(&mut wire);
    assert_eq!(client.send_room(), Channel::SEND_BUFFER);
    assert_eq!(feed(&mut server, &wire).unwrap(), data[..Channel::SEND_BUFFER]);
}

#[test]
fn receiving_waits_until_the_plaintext_is_taken() {
    let (mut client, mut server, ..) = connected();
    let mut wire = Vec::new();
    for _ in 0..100 {
        wire.extend(sealed(&mut client, &[7; 20_000]));
    }
    let taken = server.handle_records(&wire).unwrap();
    assert!(taken < 40_000, "held back at most a few records, not {taken} bytes");
    let waiting = server.plaintext().len();
    assert!(waiting > 0);
    assert_eq!(server.handle_records(&wire[taken..]), Ok(0), "nothing more before that is taken");
    server.consume_plaintext(1);
    assert_eq!(server.plaintext().len(), waiting - 1);
    server.consume_plaintext(usize::MAX);
    assert_eq!(feed(&mut server, &wire[taken..]).unwrap().len(), 100 * 20_000 - waiting);
}

#[test]
fn empty_and_tiny_records_of_an_honest_peer_are_fine() {
    let (mut client, mut server, ..) = connected();
    for _ in 0..1000 {
        let wire = sealed(&mut client, b"");
        assert_eq!(feed(&mut server, &wire).unwrap(), b"");
        let wire = sealed(&mut client, b"x");
        assert_eq!(feed(&mut server, &wire).unwrap(), b"x");
    }
}

#[test]
fn closing_is_told_apart_from_cutting_off() {
    let (mut client, mut server, ..) = connected();
    let mut wire = sealed(&mut client, b"last words");
    client.close();
    client.close();
    assert!(matches!(client.send_plaintext(b"more"), Err(Error::ApiMisuse { .. })));
    client.poll_transmit(&mut wire);
    assert_eq!(feed(&mut server, &wire).unwrap(), b"last words");
    assert!(server.is_peer_closed());
    assert_eq!(server.handle_eof(), Ok(()));
    // What follows the farewell is ignored.
    assert_eq!(feed(&mut server, b"anything").unwrap(), b"");
    // The other direction is still open.
    let wire = sealed(&mut server, b"answer");
    assert_eq!(feed(&mut client, &wire).unwrap(), b"answer");

    // Cut anywhere before the end of the farewell: no plaintext of a broken record, and no clean end.
    for cut in 1..70 {
        let (mut client, mut server, ..) = connected();
        let mut wire = sealed(&mut client, b"last words");
        let spoken = wire.len();
        client.close();
        client.poll_transmit(&mut wire);
        let kept = wire.len().saturating_sub(cut);
        let expected: &[u8] = if kept >= spoken { b"last words" } else { b"" };
        assert_eq!(feed(&mut server, &wire[..kept]).unwrap(), expected);
        assert!(!server.is_peer_closed());
        assert_eq!(server.handle_eof(), Err(Error::Truncated));
    }
    let (mut client, mut server) = ends();
    carry(&mut client, &mut server).unwrap();
    assert_eq!(server.handle_eof(), Err(Error::Truncated), "in the middle of the handshake");
    assert_eq!(server.handle_records(b"x"), Err(Error::Truncated), "and for good");
}

/// Flips every bit of a record. Each either ends the connection at both ends or, in the parts of the header that TLS ignores, changes nothing at all.
#[test]
fn any_change_to_a_record_ends_the_connection_or_changes_nothing() {
    let length = {
        let (mut client, ..) = connected();
        sealed(&mut client, b"eighteen bytes now").len()
    };
    for bit in 0..length * 8 {
        let (mut client, mut server, ..) = connected();
        let mut wire = sealed(&mut client, b"eighteen bytes now");
        wire[bit / 8] ^= 1 << (bit % 8);
        // Should the record now claim to be longer, it must fail as soon as it is complete.
        wire.resize(wire.len() + 40_000, 0);
        match feed(&mut server, &wire) {
            Err(error @ Error::Tampered(_)) => {
                assert_eq!(server.handle_records(b"x"), Err(error), "it stays closed");
                assert!(matches!(carry(&mut server, &mut client), Err(Error::Alert(_))), "bit {bit}: the peer is told");
            }
            other => panic!("bit {bit}: {other:?}"),
        }
        // The same without what comes behind: the record alone gives all of its plaintext or none.
        let (mut client, mut server, ..) = connected();
        let mut wire = sealed(&mut client, b"eighteen bytes now");
        wire[bit / 8] ^= 1 << (bit % 8);
        match feed(&mut server, &wire).as_deref() {
            Ok(b"eighteen bytes now") => assert!(bit / 8 < 3, "bit {bit}: only type and version may be ignored (RFC 8446 section 5.1)"),
            Ok(b"") | Err(Error::Tampered(_)) => {}
            other => panic!("bit {bit}: {other:?}"),
        }
    }
}

#[test]
fn replayed_reordered_and_reflected_records_are_refused() {
    let (mut client, mut server, ..) = connected();
    let wire = sealed(&mut client, b"once");
    assert_eq!(feed(&mut server, &wire).unwrap(), b"once");
    assert!(matches!(feed(&mut server, &wire), Err(Error::Tampered(_))));

    let (mut client, mut server, ..) = connected();
    let _first = sealed(&mut client, b"first");
    let second = sealed(&mut client, b"second");
    assert!(matches!(feed(&mut server, &second), Err(Error::Tampered(_))));

    let (mut client, _server, ..) = connected();
    let wire = sealed(&mut client, b"mine");
    assert!(matches!(feed(&mut client, &wire), Err(Error::Tampered(_))));
}

#[test]
fn garbage_and_other_protocols_are_refused_without_delay() {
    let (mut client, ..) = ends();
    let mut hello = Vec::new();
    client.poll_transmit(&mut hello);
    for garbage in
        [&b"GET / HTTP/1.1\r\n\r\n"[..], b"SSH-2.0-OpenSSH_9.2\r\n", &[0; 64], &[0xff; 64], &[22, 3, 1, 0xff, 0xff], &[23, 3, 3, 0, 0]]
    {
        let (_, mut server) = ends();
        assert!(matches!(feed(&mut server, garbage), Err(Error::Tampered(_))), "{garbage:?}");
    }
    // Two clients, or two servers, cannot be joined.
    let (mut other, ..) = ends();
    assert!(matches!(feed(&mut other, &hello), Err(Error::Tampered(_))));
}

/// A handshake message that claims to be large, sent in small pieces for ever, is refused at a fixed size.
#[test]
fn memory_does_not_follow_what_a_peer_claims() {
    let (_, mut server) = ends();
    let mut sent = 0;
    // ClientHello of 16,777,215 bytes, in records of 1,000.
    let mut piece = vec![22, 3, 1, 3, 0xe8, 1, 0xff, 0xff, 0xff];
    piece.resize(1005, 0);
    let error = loop {
        match feed(&mut server, &piece) {
            Ok(_) => sent += piece.len(),
            Err(error) => break error,
        }
        assert!(sent < 200_000, "still taking");
        piece[5..9].fill(0);
    };
    assert!(matches!(error, Error::Tampered(_)));
}

#[test]
fn secrets_stay_out_of_debug_output() {
    let identity = Identity::from_seed([0xab; 32]);
    let (client, ..) = connected();
    let text = format!("{identity:?} {client:?}");
    assert!(!text.contains("abababab"), "{text}");
    assert!(text.len() < 400, "{text}");
}
