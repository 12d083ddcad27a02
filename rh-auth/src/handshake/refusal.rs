//! Refusals after the pairing, in words that both people read. They go to the peer: no secret and nothing of a token is in them.

use rh_proto::credential::Refusal;
use rh_proto::error::CloseCode;

use crate::oidc::TokenError;
use crate::ticket::{Replay, ResumeError, TicketError};

pub(super) const fn unexpected() -> Refusal {
    Refusal {
        code: CloseCode::AUTH_MALFORMED,
        text: "a message of the sign-in is out of order; the other app is broken, or somebody tampers with the connection",
    }
}

pub(super) const fn malformed() -> Refusal {
    Refusal {
        code: CloseCode::AUTH_MALFORMED,
        text: "a message of the sign-in is malformed; the other app is broken, or somebody tampers with the connection",
    }
}

/// The embedder gave a credential to the wrong session, or did not tell it the connection's keys.
pub(super) const fn misuse() -> Refusal {
    Refusal { code: CloseCode::INTERNAL, text: "this app put the parts of the sign-in together wrongly; please report it to its makers" }
}

pub(super) const fn ticket(error: &TicketError) -> Refusal {
    match error {
        TicketError::Expired | TicketError::NotYetValid => Refusal {
            code: CloseCode::TICKET_EXPIRED,
            text: "the organisation's ticket for this session is not valid at this time; start again, and check both computers' clocks",
        },
        TicketError::Jws(_) | TicketError::Times | TicketError::Modes => Refusal {
            code: CloseCode::TICKET_REFUSED,
            text: "the organisation's ticket for this session is not genuine; somebody may be tampering with the connection",
        },
    }
}

pub(super) const fn replay(error: Replay) -> Refusal {
    match error {
        Replay::Used => {
            Refusal { code: CloseCode::TICKET_USED, text: "the organisation's ticket for this session has been used before; start again" }
        }
        Replay::Full => Refusal {
            code: CloseCode::LIMIT_EXCEEDED,
            text: "too many sessions were started at this computer within a minute; wait and start again",
        },
    }
}

pub(super) const fn other_session() -> Refusal {
    Refusal { code: CloseCode::TICKET_REFUSED, text: "the organisation's ticket is for another session; start again" }
}

/// The helper's hello names another session than the one that the sharer claimed.
pub(super) const fn unclaimed_session() -> Refusal {
    Refusal {
        code: CloseCode::TICKET_REFUSED,
        text: "the helper's app goes into another session than the one that was just agreed on; start again, with a new code where there is one",
    }
}

pub(super) const fn other_tenant() -> Refusal {
    Refusal {
        code: CloseCode::NOT_A_MEMBER,
        text: "the two sides belong to different organisations; help is given inside one organisation only",
    }
}

pub(super) const fn wrong_key() -> Refusal {
    Refusal {
        code: CloseCode::WRONG_KEY,
        text: "the connection does not end where the organisation's ticket says; somebody may be in between",
    }
}

pub(super) const fn token(error: &TokenError) -> Refusal {
    match error {
        TokenError::Expired | TokenError::NotYetValid => Refusal {
            code: CloseCode::TOKEN_EXPIRED,
            text: "the other person's sign-in is not valid at this time; sign in again, and check both computers' clocks",
        },
        TokenError::Issuer | TokenError::Tenant | TokenError::NotAMember => Refusal {
            code: CloseCode::NOT_A_MEMBER,
            text: "the other person is not shown to be a member of this organisation; guests and other organisations cannot take part",
        },
        TokenError::Nonce => Refusal {
            code: CloseCode::WRONG_KEY,
            text: "the sign-in shown belongs to another connection or to the other role; somebody may be in between",
        },
        TokenError::UnknownKey => Refusal {
            code: CloseCode::TOKEN_REFUSED,
            text: "the other person's sign-in is signed with a key that the identity provider is not known to have; try again in five minutes",
        },
        TokenError::Jws(_) | TokenError::NoKeyName | TokenError::Claim { .. } | TokenError::Audience | TokenError::AuthorizedParty => {
            Refusal { code: CloseCode::TOKEN_REFUSED, text: "the other person's sign-in is not a genuine one for this app; sign in again" }
        }
    }
}

pub(super) const fn wrong_person() -> Refusal {
    Refusal { code: CloseCode::WRONG_PERSON, text: "the person who signed in is not the one that the organisation's ticket names" }
}

pub(super) const fn device() -> Refusal {
    Refusal { code: CloseCode::DEVICE_REFUSED, text: "the device did not prove that it holds the key it was enrolled with; enrol it again" }
}

pub(super) const fn resume(error: &ResumeError) -> Refusal {
    match error {
        ResumeError::Expired => {
            Refusal { code: CloseCode::RESUME_REFUSED, text: "the session was interrupted for more than five minutes; start a new one" }
        }
        ResumeError::Jws(_) | ResumeError::Times | ResumeError::NotYetValid => other_resumption(),
    }
}

pub(super) const fn other_resumption() -> Refusal {
    Refusal {
        code: CloseCode::RESUME_REFUSED,
        text: "the session cannot be resumed: this is not its other side, or not its ticket; start a new one",
    }
}
