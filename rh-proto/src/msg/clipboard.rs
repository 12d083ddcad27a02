//! Clipboard: text only, either way.

use crate::error::Error;
use crate::wire::{Decode, Encode, Reader, Text, Writer};

/// Text for the other side's clipboard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clipboard {
    /// Counts up by one from 1, each side for itself; named by a denial.
    pub id: u32,
    /// Byte for byte as copied.
    pub text: Text,
}

impl Encode for Clipboard {
    fn encode(&self, out: &mut Writer<'_>) -> Result<(), Error> {
        out.u32(self.id);
        out.bytes(self.text.as_bytes());
        Ok(())
    }
}

impl Decode for Clipboard {
    fn decode(input: &mut Reader<'_>) -> Result<Self, Error> {
        Ok(Self { id: input.u32("clipboard")?, text: input.text_rest(input.limits().clipboard, "clipboard text")? })
    }
}
