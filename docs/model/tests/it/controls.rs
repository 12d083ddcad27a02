//! The controls of the handshake, each a switch.

use std::fmt;

/// One control; what it does when it is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Control {
    /// The session runs inside TLS: who carries the bytes can neither read nor alter them.
    InnerTls,
    /// TLS proves that the peer holds the key that it shows.
    KeyProof,
    /// The code is proven before anything else.
    Code,
    /// The proof of the code is bound to the connection.
    Exporter,
    /// The secret half of the code never goes to the authority.
    SecretHalf,
    /// A code is good for one attempt, at either end.
    OneAttempt,
    /// Ticket and token leave the helper once the sharer has proven the code.
    CodeFirst,
    /// The sharer's token leaves it once the helper's ticket and token have been checked.
    SharerLast,
    /// The authority's signature is asked for.
    Ticket,
    /// The ticket names the keys of this connection.
    TicketKeys,
    /// The sharer goes into the session that it claimed, and no other.
    Session,
    /// A ticket is taken once.
    OneUse,
    /// A ticket starts a session within its window.
    StartWindow,
    /// The peer shows an ID token.
    IdToken,
    /// The token's nonce commits to the key.
    NonceKey,
    /// The token's nonce commits to the role.
    NonceRole,
    /// The token is by the organisation's own provider.
    Issuer,
    /// Token and ticket name the same person.
    SamePerson,
    /// The authority asks for a proof that the caller holds the key.
    Possession,
    /// Success needs the other's `AuthOk`.
    Mutual,
    /// `AuthOk` covers every message.
    Transcript,
    /// The hand-shake, and a session that hears nothing, end in time.
    TimeOut,
}

impl Control {
    pub const ALL: [Self; 22] = [
        Self::InnerTls,
        Self::KeyProof,
        Self::Code,
        Self::Exporter,
        Self::SecretHalf,
        Self::OneAttempt,
        Self::CodeFirst,
        Self::SharerLast,
        Self::Ticket,
        Self::TicketKeys,
        Self::Session,
        Self::OneUse,
        Self::StartWindow,
        Self::IdToken,
        Self::NonceKey,
        Self::NonceRole,
        Self::Issuer,
        Self::SamePerson,
        Self::Possession,
        Self::Mutual,
        Self::Transcript,
        Self::TimeOut,
    ];
}

/// Which controls are in.
#[derive(Clone, Debug)]
pub struct Controls {
    out: Vec<Control>,
}

impl Controls {
    pub fn all_but(out: &[Control]) -> Self {
        Self { out: out.to_vec() }
    }

    pub fn has(&self, control: Control) -> bool {
        !self.out.contains(&control)
    }
}

impl fmt::Display for Controls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.out.iter().map(|control| format!("`{control:?}`")).collect();
        f.write_str(&names.join(" and "))
    }
}
