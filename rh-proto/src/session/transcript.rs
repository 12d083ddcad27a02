//! The transcript: all that was said before authentication, hashed by both sides and compared.

use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::credential::Role;
use crate::error::Error;
use crate::frame::Frame;
use crate::limits::charge;

/// Hello and auth frames of both directions, until both have confirmed them.
#[derive(Default)]
pub(crate) struct Transcript {
    helper: Vec<u8>,
    sharer: Vec<u8>,
}

impl Transcript {
    /// Adds a frame that `sender` sent, header included.
    ///
    /// Both directions are kept whole: all of the helper's frames come before all of the sharer's in the hash, but not in time.
    pub(crate) fn push(&mut self, sender: Role, frame: &[u8], limit: usize) -> Result<(), Error> {
        let side = match sender {
            Role::Helper => &mut self.helper,
            Role::Sharer => &mut self.sharer,
        };
        charge("authentication messages", side.len().saturating_add(frame.len()), limit)?;
        side.extend_from_slice(frame);
        Ok(())
    }

    /// Adds a frame that was taken apart.
    pub(crate) fn push_frame(&mut self, sender: Role, frame: &Frame, limit: usize) -> Result<(), Error> {
        let mut bytes = bytes::BytesMut::new();
        frame.write(&mut bytes)?;
        self.push(sender, &bytes, limit)
    }

    pub(crate) fn hash(&self) -> [u8; 32] {
        Sha256::new().chain_update(&self.helper).chain_update(&self.sharer).finalize().into()
    }
}

impl std::fmt::Debug for Transcript {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Steps hold tokens and keys.
        f.debug_struct("Transcript").field("helper", &self.helper.len()).field("sharer", &self.sharer.len()).finish()
    }
}

pub(crate) fn is_equal(a: &[u8; 32], b: &[u8; 32]) -> bool {
    a.ct_eq(b).into()
}
