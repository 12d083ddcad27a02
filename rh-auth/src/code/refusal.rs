//! The refusals of a pairing, in the words that both people read. The codes are those of rh-proto's authentication range.

use rh_proto::credential::Refusal;
use rh_proto::error::CloseCode;

pub(super) const fn wrong_code() -> Refusal {
    Refusal { code: CloseCode::WRONG_CODE, text: "the code does not match; ask the helper for a new code, since each allows one try" }
}

pub(super) const fn expired() -> Refusal {
    Refusal { code: CloseCode::CODE_EXPIRED, text: "the code has expired; ask the helper for a new code" }
}

pub(super) const fn used() -> Refusal {
    Refusal { code: CloseCode::CODE_USED, text: "the code has already been used; ask the helper for a new code" }
}

pub(super) const fn burnt() -> Refusal {
    Refusal { code: CloseCode::CODE_USED, text: "the code is no longer valid after an attempt that failed; ask the helper for a new code" }
}

pub(super) const fn in_use() -> Refusal {
    Refusal { code: CloseCode::CODE_USED, text: "another connection is using this code; if that is not you, ask the helper for a new code" }
}

pub(super) const fn malformed() -> Refusal {
    Refusal {
        code: CloseCode::AUTH_MALFORMED,
        text: "a pairing message is malformed; the other app is broken, or somebody tampers with the connection",
    }
}

pub(super) const fn unexpected() -> Refusal {
    Refusal {
        code: CloseCode::AUTH_MALFORMED,
        text: "a pairing message is out of order; the other app is broken, or somebody tampers with the connection",
    }
}

/// The embedder gave a helper's credential to a sharer's session, or the other way round.
pub(super) const fn wrong_role() -> Refusal {
    Refusal {
        code: CloseCode::INTERNAL,
        text: "this app mixed up the helper's and the sharer's side of the pairing; please report it to its makers",
    }
}
