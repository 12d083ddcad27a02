//! Why a program ends: one sentence for the person, one exit code for the script.

use std::{fmt, io, net::SocketAddr, process::ExitCode};

use rh_proto::error::CloseCode;

/// What ended a program before its work was done. The number is the process's exit code; `--help` of every program lists them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    kind: Kind,
    sentence: String,
}

/// The kinds of failure that a script may want to tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// Something else went wrong, such as a file that cannot be written.
    Other = 1,
    /// The command line does not make sense.
    Usage = 2,
    /// The address to listen on is taken or not ours.
    AddressInUse = 10,
    /// There is no display to share or to show on.
    NoDisplay = 11,
    /// The code does not match, is used up, or has expired.
    WrongCode = 12,
    /// One of the two apps is too old for the other.
    VersionTooOld = 13,
    /// The other side cannot be reached, or went away without a word.
    PeerGone = 14,
    /// The person at the sharer declined or did not answer.
    Declined = 15,
    /// The other side broke the protocol.
    Violation = 16,
    /// Nobody signed in, or the other side is not who it has to be.
    Identity = 17,
    /// The organisation does not allow it, or not any more.
    Refused = 18,
    /// Ended by Ctrl-C, after a clean leave.
    Interrupted = 130,
}

/// The exit codes, for `--help`.
pub const EXIT_CODES: &str = "Exit codes: 0 done · 1 other failure · 2 bad command line · 10 address in use · 11 no display · 12 wrong, used or expired code · \
    13 version too old · 14 other side not reachable or gone · 15 declined · 16 protocol violated · \
    17 not signed in, or the wrong person · 18 refused by the organisation · 130 Ctrl-C";

impl Failure {
    /// A failure of the given kind; the sentence says what is wrong and what to do.
    pub fn new(kind: Kind, sentence: impl Into<String>) -> Self {
        Self { kind, sentence: sentence.into() }
    }

    /// Which kind it is.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The process's exit code.
    pub fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.kind as u8)
    }

    /// The address cannot be listened on.
    pub fn listen(address: SocketAddr, error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::AddrInUse => Self::new(
                Kind::AddressInUse,
                format!("another program already listens on {address}: stop it, or choose another port with --listen"),
            ),
            io::ErrorKind::AddrNotAvailable => {
                Self::new(Kind::AddressInUse, format!("{address} is no address of this machine: choose another with --listen"))
            }
            _ => Self::new(Kind::Other, format!("cannot listen on {address}: {error}")),
        }
    }

    /// Nobody answers there.
    pub fn connect(address: &str, error: &io::Error) -> Self {
        Self::new(Kind::PeerGone, format!("cannot reach {address} ({error}): is the other side's app running, and listening there?"))
    }

    /// The session was closed, by either side, with a code other than a clean leave.
    pub fn closed(code: CloseCode, sentence: &str) -> Self {
        let kind = match code {
            CloseCode::VERSION | CloseCode::APP_TOO_OLD => Kind::VersionTooOld,
            CloseCode::LINK_DEAD | CloseCode::TRANSPORT_GONE | CloseCode::HANDSHAKE_TIMEOUT => Kind::PeerGone,
            CloseCode::REVOKED
            | CloseCode::LEASE_EXPIRED
            | CloseCode::TICKET_REFUSED
            | CloseCode::TICKET_EXPIRED
            | CloseCode::TICKET_USED => Kind::Refused,
            CloseCode::WRONG_KEY
            | CloseCode::TOKEN_REFUSED
            | CloseCode::TOKEN_EXPIRED
            | CloseCode::NOT_A_MEMBER
            | CloseCode::WRONG_PERSON
            | CloseCode::DEVICE_REFUSED => Kind::Identity,
            CloseCode::WRONG_CODE | CloseCode::CODE_EXPIRED | CloseCode::CODE_USED | CloseCode::AUTH_REFUSED => Kind::WrongCode,
            crate::sharer::SCREEN_GONE => Kind::NoDisplay,
            CloseCode::INTERNAL => Kind::Other,
            _ => Kind::Violation,
        };
        Self::new(kind, sentence)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence)
    }
}

impl std::error::Error for Failure {}
