//! A relay that has keys of its own and ends TLS on both legs: it reads and writes everything, until the pairing finds it.

use rh_auth::code::{Code, LiveCode, TypedCode};
use rh_proto::credential::{Binding, Credential, Role};
use rh_proto::error::CloseCode;
use rh_proto::io::tls::{Channel, Identity};
use rh_proto::msg::MessageType;
use rh_proto::session::{Helper, HelperEvent, Settings, Sharer, SharerEvent};

use super::relay::{Leg, Packet, Relay};
use super::world::{Verdict, World};
use crate::support::{code, epoch};

/// Two TLS connections back to back.
pub(crate) struct Middle {
    /// The server that the helper talks to, and the client that talks to the sharer.
    channels: [Channel; 2],
    /// All that crossed in clear, by the leg it came from.
    read: [Vec<u8>; 2],
    /// Flips a bit of the plaintext at this place: the relay may write, too.
    alter: Option<(Leg, usize)>,
}

impl Middle {
    pub(crate) fn new(alter: Option<(Leg, usize)>) -> Self {
        let identity = Identity::from_seed([66; 32]);
        Self { channels: [Channel::server(&identity).unwrap(), Channel::client(&identity).unwrap()], read: [Vec::new(), Vec::new()], alter }
    }

    /// What it has read in clear, by the leg it came from.
    pub(crate) fn read(&self) -> &[Vec<u8>; 2] {
        &self.read
    }

    /// Moves plaintext to the other channel, as soon as that can send.
    fn pump(&mut self, from: Leg) {
        let [helper, sharer] = &mut self.channels;
        let (source, sink) = match from {
            Leg::Helper => (helper, sharer),
            Leg::Sharer => (sharer, helper),
        };
        if sink.is_handshaking() {
            return;
        }
        let mut plaintext = source.plaintext().to_vec();
        source.consume_plaintext(plaintext.len());
        let read = &mut self.read[from.index()];
        if let Some((leg, at)) = self.alter
            && leg == from
            && (read.len()..read.len() + plaintext.len()).contains(&at)
        {
            plaintext[at - read.len()] ^= 1;
        }
        read.extend_from_slice(&plaintext);
        if !plaintext.is_empty() {
            assert_eq!(sink.send_plaintext(&plaintext), Ok(plaintext.len()));
        }
    }
}

impl Relay for Middle {
    fn forward(&mut self, from: Leg, bytes: Option<&[u8]>, out: &mut Vec<Packet>) {
        match bytes {
            Some(mut bytes) => {
                while !bytes.is_empty() {
                    let Ok(taken) = self.channels[from.index()].handle_records(bytes) else { break };
                    bytes = &bytes[taken..];
                    for leg in Leg::BOTH {
                        self.pump(leg);
                    }
                    if taken == 0 {
                        break;
                    }
                }
            }
            None => out.push(Packet::end(from.other())),
        }
        for to in Leg::BOTH {
            let mut wire = Vec::new();
            if self.channels[to.index()].poll_transmit(&mut wire) > 0 {
                out.insert(0, Packet::new(to, &wire));
            }
        }
    }
}

#[test]
fn a_relay_that_replaces_the_keys_is_found_by_both() {
    let honest = World::honest();
    let mut world = World::new();
    let mut middle = Middle::new(None);
    world.run(&mut middle);
    assert!(
        middle.read.iter().all(|read| !read.is_empty()),
        "the attack got as far as it can: the relay reads the handshake of the session"
    );
    assert_eq!(
        world.verdict(&honest),
        Verdict::Refused { helper: CloseCode::WRONG_CODE, sharer: CloseCode::WRONG_CODE, authenticated: false, delivered: 0 }
    );
    assert_eq!(world.now, world.start, "and found at once");
}

/// Reading all that crosses does not give it the code: the exchange shows nothing that could be tried against.
#[test]
fn what_such_a_relay_reads_depends_on_no_code_that_it_could_check() {
    let mut world = World::new();
    let mut middle = Middle::new(None);
    world.run(&mut middle);
    for read in &middle.read {
        for part in code().to_string().replace('-', "").as_bytes().windows(5) {
            assert!(!read.windows(5).any(|window| window == part));
        }
    }
}

/// Every byte that both ends say before they are sure of each other, altered one at a time by a relay that can.
#[test]
fn a_relay_that_rewrites_the_handshake_is_found_by_both() {
    let honest = World::honest();
    let lengths = {
        let mut middle = Middle::new(None);
        World::new().run(&mut middle);
        middle.read.map(|read| read.len())
    };
    for leg in Leg::BOTH {
        for at in 0..lengths[leg.index()] {
            let mut world = World::new();
            world.run(&mut Middle::new(Some((leg, at))));
            let verdict = world.verdict(&honest);
            assert!(
                matches!(verdict, Verdict::Refused { authenticated: false, delivered: 0, .. }),
                "byte {at} from the {leg:?}: {verdict:?}"
            );
        }
    }
}

/// The same with no keys in the way at all: over one connection, a party that alters any byte before `AuthOk` is found by the transcript. This is what
/// keeps a version or a capability from being talked down.
#[test]
fn altering_any_byte_of_the_session_handshake_is_refused_even_without_tls() {
    let mut lengths = [0; 2];
    assert_eq!(plain(None, &mut lengths), [true, true], "the harness works");
    for leg in Leg::BOTH {
        // `AuthOk` is 32 bytes behind a header of five; the second of those is a flag for receivers that do not know the message.
        let flags_of_confirmation = lengths[leg.index()] - 36;
        for at in (0..lengths[leg.index()]).filter(|at| *at != flags_of_confirmation) {
            for bit in [0, 7] {
                let [helper, sharer] = plain(Some((leg, at, bit)), &mut [0; 2]);
                assert!(!(helper && sharer), "byte {at} bit {bit} from the {leg:?}");
            }
        }
    }
}

/// Two sessions with the same exporter and no TLS, up to authentication. Gives whether each side authenticated the other.
fn plain(alter: Option<(Leg, usize, u8)>, lengths: &mut [usize; 2]) -> [bool; 2] {
    let now = epoch();
    let binding = |role| Binding { role, exporter: [5; 32], session_id: [6; 16] };
    let mut helper = Helper::new(Settings::default(), LiveCode::new(code(), now).credential([1; 32]), binding(Role::Helper), now);
    let mut sharer = Sharer::new(Settings::default(), TypedCode::new(code()).credential([2; 32]), binding(Role::Sharer), now);
    let (mut authenticated, mut confirmed) = ([false; 2], [false; 2]);
    loop {
        let mut moved = false;
        while let Some(event) = helper.poll_event() {
            authenticated[0] |= event == HelperEvent::Authenticated;
        }
        while let Some(event) = sharer.poll_event() {
            authenticated[1] |= event == SharerEvent::Authenticated;
        }
        for leg in Leg::BOTH {
            // What follows the confirmation is TLS's to protect.
            if confirmed[leg.index()] {
                continue;
            }
            let message = match leg {
                Leg::Helper => helper.poll_transmit(),
                Leg::Sharer => sharer.poll_transmit(),
            };
            let Some(message) = message else { continue };
            moved = true;
            confirmed[leg.index()] = message[0] == MessageType::AUTH_OK.0;
            let mut message = message.to_vec();
            let length = &mut lengths[leg.index()];
            if let Some((altered, at, bit)) = alter
                && altered == leg
                && (*length..*length + message.len()).contains(&at)
            {
                message[at - *length] ^= 1 << bit;
            }
            *length += message.len();
            // An error is what is hoped for.
            drop(match leg {
                Leg::Helper => sharer.handle_bytes(now, &message),
                Leg::Sharer => helper.handle_bytes(now, &message),
            });
        }
        if !moved {
            return authenticated;
        }
    }
}

/// The relay guesses: it takes the sharer's part towards the helper and the helper's towards the sharer, each with a code of its own.
#[test]
fn a_guess_costs_the_code() {
    let now = epoch();
    let live = LiveCode::new(code(), now);
    let guess = || Code::parse("7K3M-X9QG").unwrap();
    let binding = |role| Binding { role, exporter: [5; 32], session_id: [6; 16] };
    let mut helper = live.credential([1; 32]);
    let mut attacker = TypedCode::new(guess()).credential([9; 32]);
    helper.start(now, &binding(Role::Helper)).unwrap();
    attacker.start(now, &binding(Role::Sharer)).unwrap();
    let (step, body) = helper.poll().unwrap();
    attacker.handle(now, step, &body).unwrap();
    let (step, body) = attacker.poll().unwrap();
    assert_eq!(helper.handle(now, step, &body).unwrap_err().code, CloseCode::WRONG_CODE);

    // No second guess, on no connection, however the code is right.
    let mut again: Box<dyn Credential> = live.credential([3; 32]);
    assert_eq!(again.start(now, &binding(Role::Helper)).unwrap_err().code, CloseCode::CODE_USED);
}
