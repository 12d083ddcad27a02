//! Control: end, keep-alive, refusal of a single message, pause.

use crate::error::{CloseCode, DenyCode, Error};
use crate::msg::MessageType;
use crate::wire::{Decode, Encode, Reader, Text, Writer};

/// The last message of a side. Like the first bytes of the hello, its layout never changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Close {
    /// Stable code.
    pub code: CloseCode,
    /// One sentence for the person at the receiving side.
    pub text: Text,
}

impl Encode for Close {
    fn encode(&self, out: &mut Writer<'_>) -> Result<(), Error> {
        out.u16(self.code.0);
        out.bytes(self.text.as_bytes());
        Ok(())
    }
}

impl Decode for Close {
    fn decode(input: &mut Reader<'_>) -> Result<Self, Error> {
        Ok(Self { code: CloseCode(input.u16("close")?), text: input.text_rest(input.limits().text, "close text")? })
    }
}

/// Asks for a [`Pong`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ping {
    /// Microseconds on the sender's own clock, counted from any point: only the sender reads it again.
    pub time: u64,
}

/// Answers a [`Ping`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pong {
    /// The ping's.
    pub time: u64,
}

macro_rules! time_only {
    ($name:ty) => {
        impl Encode for $name {
            fn encode(&self, out: &mut Writer<'_>) -> Result<(), Error> {
                out.u64(self.time);
                Ok(())
            }
        }

        impl Decode for $name {
            fn decode(input: &mut Reader<'_>) -> Result<Self, Error> {
                Ok(Self { time: input.u64("time stamp")? })
            }
        }
    };
}
time_only!(Ping);
time_only!(Pong);

/// One message was not acted on; the session goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Denied {
    /// Which kind.
    pub message: MessageType,
    /// Why.
    pub code: DenyCode,
    /// The id that the message carried; 0 for kinds without one.
    pub id: u32,
}

impl Encode for Denied {
    fn encode(&self, out: &mut Writer<'_>) -> Result<(), Error> {
        out.u8(self.message.0);
        out.u16(self.code.0);
        out.u32(self.id);
        Ok(())
    }
}

impl Decode for Denied {
    fn decode(input: &mut Reader<'_>) -> Result<Self, Error> {
        Ok(Self { message: MessageType(input.u8("denial")?), code: DenyCode(input.u16("denial")?), id: input.u32("denial")? })
    }
}

/// Who wants things to stand still; unknown values survive a round trip.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PauseReason(pub u8);

impl PauseReason {
    /// The person.
    pub const PERSON: Self = Self(0);
    /// The sharer's indicator stopped showing signs of life.
    pub const NO_INDICATOR: Self = Self(1);
}

/// While either side has paused, the sharer sends no frame and takes no input. Modes stay as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pause {
    /// Whether the sender pauses from now on.
    pub paused: bool,
    /// Why.
    pub reason: PauseReason,
}

impl Encode for Pause {
    fn encode(&self, out: &mut Writer<'_>) -> Result<(), Error> {
        out.bool(self.paused);
        out.u8(self.reason.0);
        Ok(())
    }
}

impl Decode for Pause {
    fn decode(input: &mut Reader<'_>) -> Result<Self, Error> {
        Ok(Self { paused: input.bool("pause")?, reason: PauseReason(input.u8("pause")?) })
    }
}
