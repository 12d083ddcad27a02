//! Who takes part, and what is known about them: names, groups, sign-ins, and the time they are measured by.
//!
//! A fact that may be missing is an `Option`, and `None` means *unknown*. Unknown never allows more than any known value would
//! ([`decide`](crate::decision::decide) says how that is checked), so a caller that cannot find something out leaves it `None`.

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

/// Seconds since 1970-01-01 00:00 UTC, leap seconds not counted: the clock of tokens, tickets and directories.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct UnixTime(pub u64);

impl UnixTime {
    /// How far two correct clocks may disagree, in seconds.
    pub const SKEW: u64 = 60;

    /// Seconds from this moment to `now`; `None` when it lies more than [`SKEW`](Self::SKEW) in the future, since then one of the clocks is wrong and the
    /// age is not known.
    #[must_use]
    pub const fn age(self, now: Self) -> Option<u64> {
        if self.0 > now.0.saturating_add(Self::SKEW) { None } else { Some(now.0.saturating_sub(self.0)) }
    }
}

/// Why a text cannot name anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// Two things without a name would compare equal.
    #[error("it is empty")]
    Empty,
    /// Longer than any directory's ids.
    #[error("it is longer than {} bytes", Self::MAX)]
    TooLong,
    /// It would be unreadable in logs, or look like another one.
    #[error("it contains a control character, or white space at an end")]
    Character,
}

impl IdError {
    /// Bytes in the longest id.
    pub const MAX: usize = 256;
}

fn check(text: &str) -> Result<(), IdError> {
    match text {
        "" => Err(IdError::Empty),
        _ if text.len() > IdError::MAX => Err(IdError::TooLong),
        _ if text.trim() != text || text.chars().any(char::is_control) => Err(IdError::Character),
        _ => Ok(()),
    }
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        ///
        /// Compared byte for byte. Never empty; cheap to clone.
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Takes an id as its directory writes it.
            ///
            /// # Errors
            /// When it is empty, longer than [`IdError::MAX`] bytes, or not printable.
            pub fn new(text: &str) -> Result<Self, IdError> {
                check(text).map(|()| Self(text.into()))
            }

            /// The id as it was given.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:?}", &*self.0)
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
    )*};
}

ids! {
    /// An organisation: Entra's `tid`, or what the organisation's provider maps to it.
    TenantId
    /// A person within an organisation: Entra's `oid`, never a name or an address.
    PersonId
    /// A managed device.
    DeviceId
    /// A role; the built-in ones have Microsoft's ids.
    RoleId
    /// An assignment of a role.
    AssignmentId
    /// Something the sign-in itself must have been: an authentication context (`c1`), or a method (`mfa`).
    Claim
}

/// A group of people, of devices, or of both.
///
/// Compared byte for byte. Never empty; cheap to clone. The order is none that people would expect: a decision compares groups some hundred times, and directories
/// give them long names that differ late, so a hash goes first.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct GroupId {
    /// FNV-1a of `text`.
    hash: u64,
    text: Arc<str>,
}

impl GroupId {
    /// Takes an id as its directory writes it.
    ///
    /// # Errors
    /// When it is empty, longer than [`IdError::MAX`] bytes, or not printable.
    pub fn new(text: &str) -> Result<Self, IdError> {
        check(text)?;
        let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        Ok(Self { hash, text: text.into() })
    }

    /// The id as it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for GroupId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for GroupId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", &*self.text)
    }
}

/// The groups that a person or a device belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Groups {
    /// Invariant: sorted, without duplicates.
    ids: Arc<[GroupId]>,
}

impl Groups {
    /// Whether there is a group in both.
    #[must_use]
    pub fn intersects(&self, other: &Self) -> bool {
        let (few, many) = if self.ids.len() < other.ids.len() { (self, other) } else { (other, self) };
        few.ids.iter().any(|group| many.ids.binary_search(group).is_ok())
    }

    /// Each once; the order depends on the groups only.
    pub fn iter(&self) -> impl Iterator<Item = &GroupId> {
        self.ids.iter()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }
}

impl FromIterator<GroupId> for Groups {
    fn from_iter<I: IntoIterator<Item = GroupId>>(groups: I) -> Self {
        let mut ids: Vec<GroupId> = groups.into_iter().collect();
        ids.sort_unstable();
        ids.dedup();
        Self { ids: ids.into() }
    }
}

/// A signed-in person, as proven by an identity token and known by the directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// The organisation that the token is for.
    pub tid: Option<TenantId>,
    /// The person within it.
    pub oid: PersonId,
    /// Whether the organisation calls the person a member; `Some(false)` for a guest (Entra's `acct` 1).
    pub member: Option<bool>,
    /// Whether the token, the nonce that commits to the session key, and the proof of possession all hold.
    pub proven: Option<bool>,
    /// SHA-256 of the session key's SubjectPublicKeyInfo.
    pub spki: Option<[u8; 32]>,
    /// Every group, nested ones included. Unknown when the token says only that there are too many (Entra, above 200) and the directory was not asked.
    pub groups: Option<Groups>,
    /// When the directory last confirmed membership and groups.
    pub as_of: Option<UnixTime>,
    /// How the person signed in.
    pub sign_in: SignIn,
}

impl Principal {
    /// A person of whom nothing but the id is known; nothing is allowed to, or with, such a person.
    #[must_use]
    pub fn unknown(oid: PersonId) -> Self {
        Self { tid: None, oid, member: None, proven: None, spki: None, groups: None, as_of: None, sign_in: SignIn::default() }
    }
}

/// How a person signed in, for conditional access. An empty list and an unknown one satisfy the same conditions: none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SignIn {
    /// Authentication contexts that the token proves (Entra's `acrs`).
    pub contexts: Vec<Claim>,
    /// Methods that were used (RFC 8176 `amr`).
    pub methods: Vec<Claim>,
    /// When the person last entered a credential (`auth_time`); not when the token was issued.
    pub at: Option<UnixTime>,
}
