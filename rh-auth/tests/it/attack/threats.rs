//! Every threat of the table in `docs/SECURITY.md` that a relay or a peer can play, over real sockets, with the whole exchange between two whole sessions.
//!
//! What must hold each time: both ends close, each with a code that is the same every time and a sentence for the person; no byte of a ticket or token has
//! left an end to which the other had not proven the code or the device's key; neither end took the session for authenticated (but where its doc says so, one); nothing of what people say, see
//! and type has come out; and what the relay was given to carry tells nothing.

mod bytes;
mod confirmation;
mod people;
mod stand_in;

use rh_proto::error::CloseCode;

use super::net::Played;
use super::relay::{Leg, Packet};
use super::scene::{Witness, assert_tells_nothing};
use super::world::{End, Verdict, World, verdict};

/// An honest relay.
pub(super) fn pass(from: Leg, bytes: Option<&[u8]>, out: &mut Vec<Packet>) {
    out.push(Packet::pass(from, bytes));
}

/// What both ends said at their end, once all that must hold of a refusal has been found to hold.
pub(super) fn refused<R>(played: &Played<R>, witnesses: &[Witness; 2], what: &str) -> [CloseCode; 2] {
    assert!(!played.helper.authenticated && !played.sharer.authenticated, "{what}: an end took the session for authenticated");
    halted(played, witnesses, what)
}

/// The same where one end, and only one, may have held the other's `AuthOk` before the other found the fault.
pub(super) fn halted<R>(played: &Played<R>, witnesses: &[Witness; 2], what: &str) -> [CloseCode; 2] {
    assert!(!(played.helper.authenticated && played.sharer.authenticated), "{what}: both ends took the session for authenticated");
    assert_silent(&played.helper, what);
    assert_silent(&played.sharer, what);
    for witness in witnesses {
        assert_eq!(witness.seen().early, 0, "{what}: a ticket or token was let go before the lock was open");
    }
    assert_tells_nothing(&played.view, what);
    [close_code(&played.helper, what), close_code(&played.sharer, what)]
}

/// Nothing has come out.
fn assert_silent<S>(end: &End<S>, what: &str) {
    assert!(end.log.is_empty(), "{what}: {:?}", end.log);
}

fn close_code<S>(end: &End<S>, what: &str) -> CloseCode {
    let close = end.close.as_ref().unwrap_or_else(|| panic!("{what}: an end has not closed"));
    assert!(!close.clean && !close.text.is_empty(), "{what}: people are told why: {close:?}");
    close.code
}

/// The session is what it would have been, and the relay knows nothing of it.
pub(super) fn assert_unharmed<R>(played: &Played<R>, what: &str) {
    assert_eq!(verdict(&played.helper, &played.sharer, &World::honest()), Verdict::Unharmed, "{what}");
    assert_tells_nothing(&played.view, what);
}
