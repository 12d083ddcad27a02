//! The people: what a trust screen shows of them that does not fit into a ticket.

use bytes::Bytes;

use crate::error::Error;
use crate::limits::charge;
use crate::wire::{Decode, Encode, Reader, Writer};

/// The sender's profile picture, an image file. Once from each side at most, when it likes.
///
/// It proves nothing by itself: whoever shows it compares its digest with what an authority has signed, and decodes it as carefully as anything of a peer's.
#[derive(Clone, PartialEq, Eq)]
pub struct Portrait {
    /// The file; at most [`Limits::portrait`](crate::limits::Limits::portrait) bytes.
    pub file: Bytes,
}

impl std::fmt::Debug for Portrait {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Portrait").field("bytes", &self.file.len()).finish()
    }
}

impl Encode for Portrait {
    fn encode(&self, out: &mut Writer<'_>) -> Result<(), Error> {
        out.bytes(&self.file);
        Ok(())
    }
}

impl Decode for Portrait {
    fn decode(input: &mut Reader<'_>) -> Result<Self, Error> {
        charge("profile picture", input.remaining(), input.limits().portrait)?;
        Ok(Self { file: input.take_rest() })
    }
}
