//! What the two sides can do (2.2.2.18, 2.2.2.19, 2.2.3), and how they settle on it.
//!
//! The client offers capability sets, one a version; the server confirms one of them. [`negotiate`] is the server's choice, as a function of
//! the offer and of what the server has; [`Features`] is what a set means, to either side.

use super::pdu::{CommandId, Field, Input, close, named, open};
use crate::{Error, Limits};

named! {
    /// The version of a capability set (2.2.3).
    Version(u32) {
        /// 8.0
        V8 = 0x0008_0004,
        /// 8.1
        V8_1 = 0x0008_0105,
        /// 10.0
        V10 = 0x000a_0002,
        /// 10.1
        V10_1 = 0x000a_0100,
        /// 10.2
        V10_2 = 0x000a_0200,
        /// 10.3
        V10_3 = 0x000a_0301,
        /// 10.4
        V10_4 = 0x000a_0400,
        /// 10.5
        V10_5 = 0x000a_0502,
        /// 10.6
        V10_6 = 0x000a_0600,
        /// 10.6 by a number that the specification once gave; some servers know only this one.
        V10_6_OLD = 0x000a_0601,
        /// 10.7
        V10_7 = 0x000a_0701,
        /// Our own: the messages that follow are those of the native profile. Others skip a version that they do not know, as 3.2.5.1 asks.
        NATIVE = 0x5248_0001,
    }
}

/// Bits of the flags of a set (2.2.3); which of them a version has is a table in `docs/codec/egfx.md`.
pub mod flag {
    /// RemoteFX instead of Progressive.
    pub const THIN_CLIENT: u32 = 0x01;
    /// 4,096 slots and 16 MiB to keep bitmaps in.
    pub const SMALL_CACHE: u32 = 0x02;
    /// H.264 at 4:2:0, in version 8.1.
    pub const AVC420_ENABLED: u32 = 0x10;
    /// No H.264, from version 10 on.
    pub const AVC_DISABLED: u32 = 0x20;
    /// H.264 at 4:2:0 only.
    pub const AVC_THIN_CLIENT: u32 = 0x40;
    /// No scaling of surfaces, in version 10.7.
    pub const SCALED_MAP_DISABLED: u32 = 0x80;
}

/// `RDPGFX_CAPSET` (2.2.1.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CapSet<'a> {
    /// Which version.
    pub version: Version,
    /// What it says: of every known version but 10.1 a number of flags, of that 16 bytes without meaning.
    pub data: &'a [u8],
}

impl CapSet<'static> {
    /// 10.7 with the small cache, without H.264 and scaling: for a server that talks to a viewer of ours with default limits, with nobody
    /// to negotiate with.
    pub const PLAIN: Self =
        Self { version: Version::V10_7, data: &(flag::SMALL_CACHE | flag::AVC_DISABLED | flag::SCALED_MAP_DISABLED).to_le_bytes() };
}

impl<'a> Field<'a> for CapSet<'a> {
    fn read(input: &mut Input<'a>) -> Result<Self, Error> {
        let version = Version::read(input)?;
        let length = u32::read(input)?;
        Ok(Self { version, data: input.bytes(usize::try_from(length).unwrap_or(usize::MAX))? })
    }

    fn write(&self, out: &mut Vec<u8>) {
        self.version.write(out);
        let length = u32::try_from(self.data.len()).expect("a set holds a few bytes: it lies in a command, whose length is a u32");
        length.write(out);
        out.extend_from_slice(self.data);
    }
}

/// `RDPGFX_CAPS_CONFIRM_PDU` (2.2.2.19), from the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CapsConfirm<'a> {
    /// The set that holds from now on.
    pub set: CapSet<'a>,
}

impl<'a> Field<'a> for CapsConfirm<'a> {
    fn read(input: &mut Input<'a>) -> Result<Self, Error> {
        Ok(Self { set: CapSet::read(input)? })
    }

    fn write(&self, out: &mut Vec<u8>) {
        self.set.write(out);
    }
}

/// `RDPGFX_CAPS_ADVERTISE_PDU` (2.2.2.18), from the client: sets as they lie on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CapsAdvertise<'a> {
    count: u16,
    sets: &'a [u8],
}

impl<'a> CapsAdvertise<'a> {
    /// An offer of these sets; `scratch` holds their bytes.
    ///
    /// # Errors
    /// `ApiMisuse` if there are more than 65,535.
    pub fn new(sets: &[CapSet<'_>], scratch: &'a mut Vec<u8>) -> Result<Self, Error> {
        let count = u16::try_from(sets.len()).map_err(|_| Error::ApiMisuse("an offer has at most 65535 sets"))?;
        scratch.clear();
        sets.iter().for_each(|set| set.write(scratch));
        Ok(Self { count, sets: scratch })
    }

    /// The sets, in the client's order.
    pub fn sets(&self) -> impl Iterator<Item = CapSet<'a>> + use<'a> {
        let mut input = Input(self.sets);
        (0..self.count).map_while(move |_| CapSet::read(&mut input).ok())
    }
}

impl<'a> Field<'a> for CapsAdvertise<'a> {
    fn read(input: &mut Input<'a>) -> Result<Self, Error> {
        let count = u16::read(input)?;
        let start = input.0;
        for _ in 0..count {
            CapSet::read(input)?;
        }
        Ok(Self { count, sets: &start[..start.len() - input.0.len()] })
    }

    fn write(&self, out: &mut Vec<u8>) {
        self.count.write(out);
        out.extend_from_slice(self.sets);
    }
}

/// What a capability set means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Features {
    /// The version it is about.
    pub version: Version,
    /// The client wants RemoteFX where it could have Progressive (`RDPGFX_CAPS_FLAG_THINCLIENT`).
    pub thin_client: bool,
    /// The client's cache is the small one: see [`cache_slots`](Self::cache_slots).
    pub small_cache: bool,
    /// The client decodes H.264 at 4:2:0.
    pub avc420: bool,
    /// The client decodes H.264 at 4:4:4, both versions, and wants it.
    pub avc444: bool,
    /// The client can scale a surface on its way to the output.
    pub scaled_output: bool,
}

impl Features {
    /// What a set says; `None` if its version is unknown or its data too short.
    pub fn of(set: &CapSet<'_>) -> Option<Self> {
        let version = set.version;
        let flags = match version {
            Version::V10_1 | Version::NATIVE => 0,
            _ => u32::from_le_bytes(*set.data.first_chunk()?),
        };
        let has = |bit: u32| flags & bit != 0;
        let mut features =
            Self { version, thin_client: false, small_cache: has(flag::SMALL_CACHE), avc420: false, avc444: false, scaled_output: false };
        match version {
            Version::V8 => features.thin_client = has(flag::THIN_CLIENT),
            Version::V8_1 => {
                features.thin_client = has(flag::THIN_CLIENT);
                features.avc420 = has(flag::AVC420_ENABLED);
            }
            Version::V10 | Version::V10_2 => features.avc(!has(flag::AVC_DISABLED), true),
            Version::V10_1 => features.avc(true, true),
            Version::V10_3 => {
                features.small_cache = true;
                features.avc(!has(flag::AVC_DISABLED), !has(flag::AVC_THIN_CLIENT));
            }
            Version::V10_4 | Version::V10_5 | Version::V10_6 | Version::V10_6_OLD => {
                features.avc(!has(flag::AVC_DISABLED), !has(flag::AVC_THIN_CLIENT));
                features.scaled_output = version >= Version::V10_5;
            }
            Version::V10_7 => {
                features.avc(!has(flag::AVC_DISABLED), !has(flag::AVC_THIN_CLIENT));
                features.scaled_output = !has(flag::SCALED_MAP_DISABLED);
            }
            // The native profile says by itself what it can do.
            Version::NATIVE => {}
            _ => return None,
        }
        Some(features)
    }

    fn avc(&mut self, any: bool, full: bool) {
        (self.avc420, self.avc444) = (any, any && full);
    }

    /// Slots of the client's cache, which count from 1 (3.3.1.4).
    pub const fn cache_slots(&self) -> u16 {
        if self.small_cache { 4096 } else { 25_600 }
    }

    /// Bytes of the client's cache, at 4 a pixel (3.3.1.4).
    pub const fn cache_bytes(&self) -> usize {
        if self.small_cache { 16 << 20 } else { 100 << 20 }
    }
}

/// Appends a client's `CapsAdvertise`, with its header: all versions that are known, and the native profile if it is wanted.
///
/// `avc` says whether H.264 can be decoded. The small cache is asked for unless `limits` hold the large one.
pub fn advertise(limits: &Limits, native: bool, avc: bool, out: &mut Vec<u8>) {
    let large = u64::from(limits.max_cached_tiles) * 64 * 64 * 4 >= 100 << 20;
    let small = if large { 0 } else { flag::SMALL_CACHE };
    let (no_avc, avc420) = if avc { (0, flag::AVC420_ENABLED) } else { (flag::AVC_DISABLED, 0) };
    let flags = [
        (Version::V8, small),
        (Version::V8_1, small | avc420),
        (Version::V10, small | no_avc),
        (Version::V10_2, small | no_avc),
        (Version::V10_4, small | no_avc),
        (Version::V10_5, small | no_avc),
        (Version::V10_6, small | no_avc),
        (Version::V10_7, small | no_avc),
    ];
    let flags = flags.map(|(version, flags)| (version, flags.to_le_bytes()));
    let start = open(out, CommandId::CAPS_ADVERTISE);
    let known = flags.iter().map(|(version, flags)| CapSet { version: *version, data: flags });
    let sets = known.chain(native.then_some(CapSet { version: Version::NATIVE, data: &[] }));
    let count = u16::try_from(flags.len()).unwrap_or(0) + u16::from(native);
    count.write(out);
    sets.for_each(|set| set.write(out));
    close(out, start);
}

/// What a server is willing to speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Support {
    /// The native profile, with those that have it.
    pub native: bool,
}

/// Chooses a set from a client's offer: the native profile if both have it, else the highest version that is known, else `None`.
///
/// Versions that are unknown, and known ones whose data are too short, are passed over (3.2.5.1). What is chosen is confirmed as it was
/// offered: its flags are the client's own.
pub fn negotiate<'a>(offer: &CapsAdvertise<'a>, support: Support) -> Option<(CapsConfirm<'a>, Features)> {
    let known = offer.sets().filter_map(|set| Some((set, Features::of(&set)?)));
    let wanted = known.filter(|(set, _)| set.version != Version::NATIVE || support.native);
    // Private versions have higher numbers than those of the specification.
    wanted.max_by_key(|(set, _)| set.version).map(|(set, features)| (CapsConfirm { set }, features))
}
