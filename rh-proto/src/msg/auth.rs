//! Authentication: steps that the session carries without understanding them, and the confirmation that both saw the same.

use bytes::Bytes;

use crate::credential::AuthStep;
use crate::error::Error;
use crate::wire::{Decode, Encode, Reader, Writer};

/// One step of a credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Auth {
    /// Its kind; unknown kinds reach the credential, which refuses them.
    pub step: AuthStep,
    /// Opaque here.
    pub body: Bytes,
}

impl Encode for Auth {
    fn encode(&self, out: &mut Writer<'_>) -> Result<(), Error> {
        out.u8(self.step.0);
        out.bytes(&self.body);
        Ok(())
    }
}

impl Decode for Auth {
    fn decode(input: &mut Reader<'_>) -> Result<Self, Error> {
        Ok(Self { step: AuthStep(input.u8("authentication step")?), body: input.take_rest() })
    }
}

/// SHA-256 over all hello and auth frames, headers included: the helper's in the order they were sent, then the sharer's.
///
/// Both sides send it. Without it one side could take the session for authenticated before the other refuses.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct AuthOk {
    /// The hash.
    pub transcript: [u8; 32],
}

impl std::fmt::Debug for AuthOk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AuthOk").finish_non_exhaustive()
    }
}

impl Encode for AuthOk {
    fn encode(&self, out: &mut Writer<'_>) -> Result<(), Error> {
        out.bytes(&self.transcript);
        Ok(())
    }
}

impl Decode for AuthOk {
    fn decode(input: &mut Reader<'_>) -> Result<Self, Error> {
        Ok(Self { transcript: input.array("transcript hash")? })
    }
}
