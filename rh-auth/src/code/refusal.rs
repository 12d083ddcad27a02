//! The refusals of a pairing: stable codes 0x0100..=0x01ff of the close-code space, and the sentences that go with them.

use rh_proto::credential::Refusal;
use rh_proto::error::CloseCode;

/// The two sides hold different codes, or are not at the two ends of the same connection.
pub const WRONG_CODE: CloseCode = CloseCode(0x0101);
/// The code's ten minutes are over.
pub const EXPIRED: CloseCode = CloseCode(0x0102);
/// A session was already paired with the code.
pub const USED: CloseCode = CloseCode(0x0103);
/// An earlier attempt failed or was abandoned, or the helper withdrew the code.
pub const BURNT: CloseCode = CloseCode(0x0104);
/// Another connection is trying the code right now.
pub const IN_USE: CloseCode = CloseCode(0x0105);
/// A step is no SPAKE2 message or confirmation.
pub const MALFORMED: CloseCode = CloseCode(0x0106);
/// A step that this side does not take now, or never takes.
pub const UNEXPECTED: CloseCode = CloseCode(0x0107);
/// The embedder handed a helper's credential to a sharer's session, or the other way round.
pub const WRONG_ROLE: CloseCode = CloseCode(0x0108);

pub(super) const fn wrong_code() -> Refusal {
    Refusal { code: WRONG_CODE, text: "the code does not match; ask the helper for a new code, since each allows one try" }
}

pub(super) const fn expired() -> Refusal {
    Refusal { code: EXPIRED, text: "the code has expired; ask the helper for a new code" }
}

pub(super) const fn used() -> Refusal {
    Refusal { code: USED, text: "the code has already been used; ask the helper for a new code" }
}

pub(super) const fn burnt() -> Refusal {
    Refusal { code: BURNT, text: "the code is no longer valid after an attempt that failed; ask the helper for a new code" }
}

pub(super) const fn in_use() -> Refusal {
    Refusal { code: IN_USE, text: "another connection is using this code; if it was not you, ask the helper for a new code" }
}

pub(super) const fn malformed() -> Refusal {
    Refusal {
        code: MALFORMED,
        text: "a pairing message is malformed; the two apps do not speak the same protocol, or the connection was tampered with",
    }
}

pub(super) const fn unexpected() -> Refusal {
    Refusal {
        code: UNEXPECTED,
        text: "a pairing message is out of order; the two apps do not speak the same protocol, or the connection was tampered with",
    }
}

pub(super) const fn wrong_role() -> Refusal {
    Refusal { code: WRONG_ROLE, text: "this app mixed up the helper's and the sharer's pairing; please report it to its makers" }
}
