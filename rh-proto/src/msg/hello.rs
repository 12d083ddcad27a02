//! Hello: the first message in each direction. Its first nine bytes never change, so that any two versions can at least tell each other that they differ.

use bytes::Bytes;

use crate::credential::Role;
use crate::error::Error;
use crate::limits::charge;
use crate::wire::{Decode, Encode, Reader, Text, Writer};

/// The first bytes of every hello: whoever else listens on the port is told apart at once.
pub const MAGIC: [u8; 4] = *b"RHLP";

/// A version of this protocol. It changes when a peer of the old version could misunderstand the new one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Version(pub u16);

impl Version {
    /// What this crate speaks.
    pub const CURRENT: Self = Self(1);
}

/// Protocol versions that a side speaks, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Versions {
    /// The oldest.
    pub min: Version,
    /// The newest. Invariant: `min <= max`, checked when decoded.
    pub max: Version,
}

impl Versions {
    /// What this crate speaks.
    pub const SPOKEN: Self = Self { min: Version::CURRENT, max: Version::CURRENT };
}

/// What a side can do beyond the minimum; unknown bits survive a round trip. In force is what both have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Capabilities(pub u64);

impl Capabilities {
    /// Takes and gives clipboard text.
    pub const CLIPBOARD: Self = Self(1);
    /// Laser pointer and pen.
    pub const ANNOTATION: Self = Self(1 << 1);
    /// Can show and answer the system's administrator prompt.
    pub const ELEVATION: Self = Self(1 << 2);
    /// Can be helped with nobody present.
    pub const UNATTENDED: Self = Self(1 << 3);

    /// Whether every bit of `other` is set.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// The bits of both.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The bits that both have.
    #[must_use]
    pub const fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Without the bits of `other`.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }
}

/// How graphics payloads are coded. Opaque here: the numbers belong to the codec; unknown values survive a round trip.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Profile(pub u16);

impl Profile {
    /// The native lossless profile.
    pub const NATIVE: Self = Self(1);
}

/// Version of an app, ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct AppVersion {
    /// First number.
    pub major: u16,
    /// Second number.
    pub minor: u16,
    /// Third number; wide, because some vendors put a date there (1.0.2509231).
    pub patch: u32,
}

impl AppVersion {
    /// `major.minor.patch`
    #[must_use]
    pub const fn new(major: u16, minor: u16, patch: u32) -> Self {
        Self { major, minor, patch }
    }
}

impl std::fmt::Display for AppVersion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

impl std::str::FromStr for AppVersion {
    type Err = Error;

    /// Reads `major.minor.patch`, such as `env!("CARGO_PKG_VERSION")` without a pre-release part.
    fn from_str(text: &str) -> Result<Self, Error> {
        let malformed = Error::Malformed { what: "app version (major.minor.patch is expected)" };
        let mut parts = text.split('.');
        let (Some(major), Some(minor), Some(patch), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
            return Err(malformed);
        };
        match (major.parse(), minor.parse(), patch.parse()) {
            (Ok(major), Ok(minor), Ok(patch)) => Ok(Self { major, minor, patch }),
            _ => Err(malformed),
        }
    }
}

/// How many frames of the screen may be on their way before the oldest is acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Window {
    /// Frames, at least 1.
    pub frames: u16,
    /// Bytes; one frame may always go, however large.
    pub bytes: u32,
}

impl Default for Window {
    /// Eight frames or 4 MiB: 15 frames per second over a path of half a second.
    fn default() -> Self {
        Self { frames: 8, bytes: 4 * 1024 * 1024 }
    }
}

/// Something that a later app says and an earlier one skips.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extension {
    /// What it is.
    pub id: u16,
    /// What it says.
    pub body: Bytes,
}

/// Who a side is and what it can do. The helper offers; the sharer's answer holds what it chose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hello {
    /// The sender's role: a reflected hello has the wrong one.
    pub role: Role,
    /// Helper: the versions it speaks. Sharer: the chosen one, twice.
    pub versions: Versions,
    /// What the sender can do.
    pub capabilities: Capabilities,
    /// Helper: drawn at random, names the session. Sharer: the same again.
    pub session_id: [u8; 16],
    /// Helper: what it is ready to hold. Sharer: the same again.
    pub window: Window,
    /// The sender's version.
    pub version: AppVersion,
    /// The oldest version of the other side's app that the sender talks to; zero for any.
    pub min_peer: AppVersion,
    /// The sender's app, for people.
    pub name: Text,
    /// Helper: what it decodes, best first. Sharer: the chosen one.
    pub profiles: Vec<Profile>,
    /// What this version does not know. Kept in order.
    pub extensions: Vec<Extension>,
}

/// The part of a hello that every version can read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Prefix {
    /// The sender's role.
    pub role: Role,
    /// The versions it speaks.
    pub versions: Versions,
}

impl Encode for Prefix {
    fn encode(&self, out: &mut Writer<'_>) -> Result<(), Error> {
        out.bytes(&MAGIC);
        out.u8(match self.role {
            Role::Helper => 1,
            Role::Sharer => 2,
        });
        out.u16(self.versions.min.0);
        out.u16(self.versions.max.0);
        Ok(())
    }
}

impl Decode for Prefix {
    fn decode(input: &mut Reader<'_>) -> Result<Self, Error> {
        if input.array::<4>("hello")? != MAGIC {
            return Err(Error::Malformed { what: "hello (the other side does not speak this protocol)" });
        }
        let role = match input.u8("hello")? {
            1 => Role::Helper,
            2 => Role::Sharer,
            _ => return Err(Error::Malformed { what: "role in the hello" }),
        };
        let versions = Versions { min: Version(input.u16("hello")?), max: Version(input.u16("hello")?) };
        if versions.min > versions.max {
            return Err(Error::Malformed { what: "version range in the hello" });
        }
        Ok(Self { role, versions })
    }
}

impl Encode for AppVersion {
    fn encode(&self, out: &mut Writer<'_>) -> Result<(), Error> {
        out.u16(self.major);
        out.u16(self.minor);
        out.u32(self.patch);
        Ok(())
    }
}

impl Decode for AppVersion {
    fn decode(input: &mut Reader<'_>) -> Result<Self, Error> {
        Ok(Self { major: input.u16("app version")?, minor: input.u16("app version")?, patch: input.u32("app version")? })
    }
}

impl Encode for Hello {
    fn encode(&self, out: &mut Writer<'_>) -> Result<(), Error> {
        Prefix { role: self.role, versions: self.versions }.encode(out)?;
        out.u64(self.capabilities.0);
        out.bytes(&self.session_id);
        out.u16(self.window.frames);
        out.u32(self.window.bytes);
        self.version.encode(out)?;
        self.min_peer.encode(out)?;
        out.text16(&self.name, "app name")?;
        out.len16(self.profiles.len(), "profiles")?;
        for profile in &self.profiles {
            out.u16(profile.0);
        }
        out.len16(self.extensions.len(), "extensions")?;
        for extension in &self.extensions {
            out.u16(extension.id);
            out.len16(extension.body.len(), "extension")?;
            out.bytes(&extension.body);
        }
        Ok(())
    }
}

impl Decode for Hello {
    fn decode(input: &mut Reader<'_>) -> Result<Self, Error> {
        let Prefix { role, versions } = Prefix::decode(input)?;
        let capabilities = Capabilities(input.u64("capabilities")?);
        let session_id = input.array("session id")?;
        let window = Window { frames: input.u16("window")?, bytes: input.u32("window")? };
        let version = AppVersion::decode(input)?;
        let min_peer = AppVersion::decode(input)?;
        let name = input.text16(input.limits().text, "app name")?;

        let count = usize::from(input.u16("profiles")?);
        charge("profiles in a hello", count, input.limits().offers)?;
        let profiles = (0..count).map(|_| input.u16("profiles").map(Profile)).collect::<Result<_, _>>()?;

        let count = usize::from(input.u16("extensions")?);
        charge("extensions in a hello", count, input.limits().offers)?;
        let extensions = (0..count)
            .map(|_| {
                let id = input.u16("extension")?;
                let length = usize::from(input.u16("extension")?);
                Ok(Extension { id, body: input.bytes(length, "extension")? })
            })
            .collect::<Result<_, Error>>()?;

        Ok(Self { role, versions, capabilities, session_id, window, version, min_peer, name, profiles, extensions })
    }
}
