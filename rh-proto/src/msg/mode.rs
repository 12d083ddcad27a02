//! Modes: request, consent, grant, decline, downgrade, revoke. The rules are in [`crate::mode`].

use crate::error::Error;
use crate::wire::{Decode, Encode, Reader, Writer};

/// A mode as the wire names it; unknown values survive a round trip. See [`Mode`](crate::mode::Mode) for the known ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ModeId(pub u8);

impl ModeId {
    /// No mode at all.
    pub const NONE: Self = Self(0);
    /// See [`Mode::ViewOnly`](crate::mode::Mode::ViewOnly).
    pub const VIEW_ONLY: Self = Self(1);
    /// See [`Mode::FullControl`](crate::mode::Mode::FullControl).
    pub const FULL_CONTROL: Self = Self(2);
    /// See [`Mode::Elevation`](crate::mode::Mode::Elevation).
    pub const ELEVATION: Self = Self(3);
    /// See [`Mode::Unattended`](crate::mode::Mode::Unattended).
    pub const UNATTENDED: Self = Self(4);
}

/// Names a mode request. Drawn by the helper, each larger than the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RequestId(pub u32);

/// Why a mode was not granted; unknown values survive a round trip.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DeclineReason(pub u8);

impl DeclineReason {
    /// The person said no.
    pub const PERSON: Self = Self(1);
    /// The person said nothing in time.
    pub const SILENCE: Self = Self(2);
    /// Policy or platform does not allow the mode here.
    pub const NOT_ALLOWED: Self = Self(3);
    /// The mode is unknown, not above the present one, or cannot be reached from it.
    pub const NOT_POSSIBLE: Self = Self(4);
    /// Another request waits for consent.
    pub const BUSY: Self = Self(5);
    /// The sharer revoked the mode while the request waited.
    pub const REVOKED: Self = Self(6);
}

macro_rules! mode_messages {
    ($($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $ty:ident = $read:ident),* })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub struct $name {
            $($(#[$field_doc])* pub $field: $ty,)*
        }

        impl Encode for $name {
            fn encode(&self, out: &mut Writer<'_>) -> Result<(), Error> {
                $(out.$read(self.$field.0);)*
                Ok(())
            }
        }

        impl Decode for $name {
            fn decode(input: &mut Reader<'_>) -> Result<Self, Error> {
                Ok(Self { $($field: $ty(input.$read("mode message")?)),* })
            }
        }
    )*};
}

mode_messages! {
    /// Helper → sharer: please ask for consent to this mode.
    ModeRequest {
        /// Names the request in all that follows.
        id: RequestId = u32,
        /// The mode wanted.
        mode: ModeId = u8
    }
    /// Helper → sharer: the request is withdrawn. Undoes a grant that it crosses.
    ModeCancel {
        /// The request.
        id: RequestId = u32
    }
    /// Sharer → helper: a person is being asked.
    ConsentPending {
        /// The request.
        id: RequestId = u32
    }
    /// Sharer → helper: the mode holds from here on in the stream.
    ModeGrant {
        /// The request.
        id: RequestId = u32,
        /// The mode granted: the one asked for.
        mode: ModeId = u8
    }
    /// Sharer → helper: no.
    ModeDecline {
        /// The request.
        id: RequestId = u32,
        /// Why.
        reason: DeclineReason = u8
    }
    /// Helper → sharer: only this much from here on in the stream. Never raises.
    ModeDowngrade {
        /// The most that is left; [`ModeId::NONE`] for nothing.
        mode: ModeId = u8
    }
    /// Sharer → helper: only this much from here on in the stream. Never raises.
    ModeRevoke {
        /// The most that is left; [`ModeId::NONE`] for nothing.
        mode: ModeId = u8
    }
}
