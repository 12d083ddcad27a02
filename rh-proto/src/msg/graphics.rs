//! Graphics: opaque frames of the screen in fragments, their acknowledgement, and the request to start anew.

use bytes::Bytes;

use crate::error::Error;
use crate::msg::layout::DisplayId;
use crate::wire::{Decode, Encode, Reader, Writer};

/// Payload bytes of one fragment at most. At 256 kbit/s a fragment takes a second: nothing more urgent ever waits longer behind a picture.
pub const MAX_FRAGMENT: usize = 32 * 1024;

/// Names a frame of the screen, of any display. Counts up by one from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FrameId(pub u32);

/// What a fragment is to its frame; unknown bits survive a round trip.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct FragmentFlags(pub u8);

impl FragmentFlags {
    /// The frame is complete.
    pub const LAST: Self = Self(1);
    /// The decoder starts anew before this frame. On every fragment of it.
    pub const ANEW: Self = Self(1 << 1);

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
}

/// A piece of a frame. The fragments of a frame follow each other in order, and frames do not overlap; other messages may come between.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fragment {
    /// Which display the frame shows.
    pub display: DisplayId,
    /// Which frame.
    pub frame: FrameId,
    /// First, last.
    pub flags: FragmentFlags,
    /// At most [`MAX_FRAGMENT`] bytes for the codec.
    pub payload: Bytes,
}

impl Fragment {
    /// Bytes of the body before the payload.
    pub const HEADER: usize = 9;
}

impl Encode for Fragment {
    fn encode(&self, out: &mut Writer<'_>) -> Result<(), Error> {
        out.u32(self.display.0);
        out.u32(self.frame.0);
        out.u8(self.flags.0);
        out.bytes(&self.payload);
        Ok(())
    }
}

impl Decode for Fragment {
    fn decode(input: &mut Reader<'_>) -> Result<Self, Error> {
        let display = DisplayId(input.u32("fragment")?);
        let frame = FrameId(input.u32("fragment")?);
        let flags = FragmentFlags(input.u8("fragment")?);
        crate::limits::charge("fragment", input.remaining(), MAX_FRAGMENT)?;
        Ok(Self { display, frame, flags, payload: input.take_rest() })
    }
}

/// Helper → sharer: this frame, and all before it, are decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FrameAck {
    /// The newest decoded frame.
    pub frame: FrameId,
    /// How long decoding it took, in microseconds; `u32::MAX` for longer.
    pub decode_micros: u32,
    /// Frames that are complete but not decoded yet.
    pub queued: u16,
}

impl Encode for FrameAck {
    fn encode(&self, out: &mut Writer<'_>) -> Result<(), Error> {
        out.u32(self.frame.0);
        out.u32(self.decode_micros);
        out.u16(self.queued);
        Ok(())
    }
}

impl Decode for FrameAck {
    fn decode(input: &mut Reader<'_>) -> Result<Self, Error> {
        Ok(Self {
            frame: FrameId(input.u32("acknowledgement")?),
            decode_micros: input.u32("acknowledgement")?,
            queued: input.u16("acknowledgement")?,
        })
    }
}

/// Helper → sharer: my decoder lost its state. Frames are skipped until one with [`FragmentFlags::ANEW`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refresh;

super::empty!(Refresh);
