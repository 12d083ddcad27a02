//! The small values of which signed documents are made: digests, identifiers, names of people, times. Each is valid from the moment it exists.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::Digest as _;

pub use crate::identity::UnixTime;
use crate::identity::{DeviceId, PersonId, TenantId};

/// Base64url without padding (RFC 4648 section 5), as JWS has it.
#[must_use]
pub fn base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The one way to write these bytes; `None` for padding, white space, other alphabets and bits behind the last byte, so that one value has one spelling.
#[must_use]
pub fn from_base64url(text: &[u8]) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

/// `u32` big-endian length, then the bytes: what keeps neighbours in a hash apart.
pub(crate) fn length_prefixed(hash: &mut sha2::Sha256, part: &[u8]) {
    let length = u32::try_from(part.len()).expect("what is hashed was held to limits far below 4 GiB");
    hash.update(length.to_be_bytes());
    hash.update(part);
}

/// In documents: the `NumericDate` of RFC 7519, whole seconds only.
impl Serialize for UnixTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(self.0)
    }
}

impl<'de> Deserialize<'de> for UnixTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        u64::deserialize(deserializer).map(Self)
    }
}

impl UnixTime {
    /// This time and `seconds` more.
    #[must_use]
    pub const fn plus(self, seconds: u64) -> Self {
        Self(self.0.saturating_add(seconds))
    }

    /// Days since 1970-01-01, UTC.
    #[must_use]
    pub const fn day(self) -> u64 {
        self.0 / 86_400
    }

    /// Seconds from `earlier` to here; 0 when it is not earlier.
    #[must_use]
    pub const fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

macro_rules! in_documents {
    ($($name:ident)*) => {$(
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Self::new(&String::deserialize(deserializer)?).map_err(de::Error::custom)
            }
        }
    )*};
}

in_documents! { TenantId PersonId DeviceId }

/// A SHA-256 digest. In documents: base64url, 43 characters.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// SHA-256 of `bytes`.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(sha2::Sha256::digest(bytes).into())
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&base64url(&self.0))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({self})")
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> Self {
        digest.to_string()
    }
}

impl TryFrom<String> for Digest {
    type Error = InvalidValue;

    fn try_from(text: String) -> Result<Self, InvalidValue> {
        from_base64url(text.as_bytes()).and_then(|bytes| bytes.try_into().ok()).map(Self).ok_or(InvalidValue::Digest)
    }
}

/// Sixteen random bytes that name one thing once: a session, a signed document. In documents: base64url, 22 characters.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Id(pub [u8; 16]);

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&base64url(&self.0))
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Id({self})")
    }
}

impl From<Id> for String {
    fn from(id: Id) -> Self {
        id.to_string()
    }
}

impl TryFrom<String> for Id {
    type Error = InvalidValue;

    fn try_from(text: String) -> Result<Self, InvalidValue> {
        from_base64url(text.as_bytes()).and_then(|bytes| bytes.try_into().ok()).map(Self).ok_or(InvalidValue::Id)
    }
}

/// A name that programs compare byte for byte: a relay node, a matrix. 1 to 128 visible ASCII characters.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Identifier(Box<str>);

impl Identifier {
    /// Characters at most.
    pub const MAX: usize = 128;

    /// # Errors
    /// [`InvalidValue::Identifier`] when it is empty, too long, or holds anything but visible ASCII.
    pub fn new(text: &str) -> Result<Self, InvalidValue> {
        let valid = (1..=Self::MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        if valid { Ok(Self(text.into())) } else { Err(InvalidValue::Identifier) }
    }

    /// As written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Identifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<Identifier> for String {
    fn from(identifier: Identifier) -> Self {
        identifier.0.into()
    }
}

impl TryFrom<String> for Identifier {
    type Error = InvalidValue;

    fn try_from(text: String) -> Result<Self, InvalidValue> {
        Self::new(&text)
    }
}

/// A stable code of this crate, such as `R8.missing-permission`: 1 to 64 letters, digits, dots and hyphens. Too narrow to hold anything that people write.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct StableCode(Box<str>);

impl StableCode {
    /// Characters at most.
    pub const MAX: usize = 64;

    /// # Errors
    /// [`InvalidValue::StableCode`].
    pub fn new(text: &str) -> Result<Self, InvalidValue> {
        let valid =
            (1..=Self::MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'));
        if valid { Ok(Self(text.into())) } else { Err(InvalidValue::StableCode) }
    }

    /// As written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for StableCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<StableCode> for String {
    fn from(code: StableCode) -> Self {
        code.0.into()
    }
}

impl TryFrom<String> for StableCode {
    type Error = InvalidValue;

    fn try_from(text: String) -> Result<Self, InvalidValue> {
        Self::new(&text)
    }
}

/// A line for people, in any language: a name, a job title. At most 256 bytes of UTF-8 without control characters and without the marks that turn the
/// direction of what follows, so that it cannot dress up what stands beside it on the trust screen.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Line(Box<str>);

impl Line {
    /// Bytes at most.
    pub const MAX: usize = 256;

    /// # Errors
    /// [`InvalidValue::Line`].
    pub fn new(text: &str) -> Result<Self, InvalidValue> {
        let valid = text.len() <= Self::MAX && !text.chars().any(|c| c.is_control() || turns_direction(c));
        if valid { Ok(Self(text.into())) } else { Err(InvalidValue::Line) }
    }

    /// As written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Embeddings, overrides, isolates and line separators (UAX #9, section 2). Plain right-to-left text needs none of them.
const fn turns_direction(character: char) -> bool {
    matches!(character, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<Line> for String {
    fn from(line: Line) -> Self {
        line.0.into()
    }
}

impl TryFrom<String> for Line {
    type Error = InvalidValue;

    fn try_from(text: String) -> Result<Self, InvalidValue> {
        Self::new(&text)
    }
}

/// What a value is not. Who wrote it must act.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidValue {
    /// Not a digest.
    #[error("a digest is 43 characters of base64url")]
    Digest,
    /// Not an id.
    #[error("an id is 22 characters of base64url")]
    Id,
    /// Not a key.
    #[error("an Ed25519 key is 43 characters of base64url")]
    Key,
    /// Not an identifier.
    #[error("an identifier is 1 to 128 visible ASCII characters")]
    Identifier,
    /// Not a stable code.
    #[error("a stable code is 1 to 64 letters, digits, dots and hyphens")]
    StableCode,
    /// Not a line.
    #[error("a line is at most 256 bytes of text without control characters and direction marks")]
    Line,
}
