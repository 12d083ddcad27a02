//! Chat: text exactly as typed, and the word that it arrived.

use crate::error::Error;
use crate::wire::{Decode, Encode, Reader, Text, Writer};

/// What a person says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chat {
    /// Counts up by one from 1, each side for itself.
    pub id: u32,
    /// Byte for byte as typed.
    pub text: Text,
}

impl Encode for Chat {
    fn encode(&self, out: &mut Writer<'_>) -> Result<(), Error> {
        out.u32(self.id);
        out.bytes(self.text.as_bytes());
        Ok(())
    }
}

impl Decode for Chat {
    fn decode(input: &mut Reader<'_>) -> Result<Self, Error> {
        Ok(Self { id: input.u32("chat")?, text: input.text_rest(input.limits().chat, "chat")? })
    }
}

/// The message reached the other side's session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChatAck {
    /// The message's id.
    pub id: u32,
}

impl Encode for ChatAck {
    fn encode(&self, out: &mut Writer<'_>) -> Result<(), Error> {
        out.u32(self.id);
        Ok(())
    }
}

impl Decode for ChatAck {
    fn decode(input: &mut Reader<'_>) -> Result<Self, Error> {
        Ok(Self { id: input.u32("chat")? })
    }
}
