//! The wire formats behind one face: the encoder's steps are the same for all of them.

use std::sync::Arc;

use crate::{
    Effort, Error, FrameView, Limits, Profile, Rect, Surface, Workers, egfx,
    egfx::caps::{CapSet, CapsConfirm},
    motion::Copy,
    native,
};

/// Operations to messages, in one of the formats.
pub(crate) enum Writer {
    Native(Box<native::Writer>),
    Egfx {
        writer: Box<egfx::Writer>,
        /// What went wrong first in the message that is being written.
        failed: Result<(), Error>,
    },
}

impl Writer {
    pub(crate) fn new(profile: Profile, limits: &Limits, effort: Effort) -> Result<Self, Error> {
        Ok(match profile {
            Profile::Native => Self::Native(Box::new(native::Writer::new())),
            Profile::Egfx => {
                let writer = Box::new(egfx::Writer::new(&CapsConfirm { set: CapSet::PLAIN }, limits, effort)?);
                Self::Egfx { writer, failed: Ok(()) }
            }
        })
    }

    /// Lends threads; of use to the native profile only.
    pub(crate) fn set_workers(&mut self, workers: Arc<dyn Workers>) {
        if let Self::Native(writer) = self {
            writer.set_workers(workers);
        }
    }

    /// Whether images can be coarse at first, and tiles kept and recalled.
    pub(crate) fn is_native(&self) -> bool {
        matches!(self, Self::Native(_))
    }

    /// The next message starts a stream.
    pub(crate) fn reset(&mut self) {
        match self {
            Self::Native(writer) => writer.reset(),
            Self::Egfx { writer, .. } => writer.reset(),
        }
    }

    pub(crate) fn begin(&mut self) {
        match self {
            Self::Native(writer) => writer.begin(),
            Self::Egfx { writer, failed } => {
                writer.begin();
                *failed = Ok(());
            }
        }
    }

    /// Bytes that the message has by now, at most.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Native(writer) => writer.len(),
            Self::Egfx { writer, .. } => writer.len(),
        }
    }

    /// Learns how small the message is, where that is not known before.
    pub(crate) fn settle_len(&mut self) {
        if let Self::Egfx { writer, .. } = self {
            writer.flush();
        }
    }

    pub(crate) fn size(&mut self, shown: &mut Surface, width: u32, height: u32) {
        match self {
            Self::Native(writer) => {
                writer.size(width, height);
                shown.resize(width, height);
            }
            Self::Egfx { writer, failed } => note(failed, writer.size(shown, width, height)),
        }
    }

    pub(crate) fn fill(&mut self, shown: &mut Surface, rect: Rect, colour: u32) {
        match self {
            Self::Native(writer) => writer.fill(shown, rect, colour),
            Self::Egfx { writer, failed } => note(failed, writer.fill(shown, rect, colour)),
        }
    }

    pub(crate) fn copy(&mut self, shown: &mut Surface, copy: Copy) {
        match self {
            Self::Native(writer) => writer.copy(shown, copy),
            Self::Egfx { writer, failed } => note(failed, writer.copy(shown, copy.src, copy.x, copy.y)),
        }
    }

    pub(crate) fn text(&mut self, shown: &mut Surface, frame: &FrameView<'_>, rect: Rect) {
        match self {
            Self::Native(writer) => writer.text(shown, frame, rect),
            Self::Egfx { writer, failed } => note(failed, writer.text(shown, frame, rect)),
        }
    }

    pub(crate) fn image(&mut self, shown: &mut Surface, frame: &FrameView<'_>, rect: Rect, paint: native::Paint) {
        match self {
            Self::Native(writer) => writer.image(shown, frame, rect, paint),
            Self::Egfx { writer, failed } => note(failed, writer.image(shown, frame, rect)),
        }
    }

    /// What a tile shows goes to a slot. Native only.
    pub(crate) fn keep(&mut self, slot: u32, tile: u32) {
        if let Self::Native(writer) = self {
            writer.keep(slot, tile);
        }
    }

    /// A part of a tile comes back from a slot; the caller does it to `shown`. Native only.
    pub(crate) fn recall(&mut self, slot: u32, part: Rect) {
        if let Self::Native(writer) = self {
            writer.recall(slot, part);
        }
    }

    /// Appends the message to `out`.
    pub(crate) fn finish(&mut self, out: &mut Vec<u8>) -> Result<(), Error> {
        match self {
            Self::Native(writer) => {
                writer.finish(out);
                Ok(())
            }
            Self::Egfx { writer, failed } => {
                writer.finish(out);
                failed.clone()
            }
        }
    }
}

fn note(failed: &mut Result<(), Error>, result: Result<(), Error>) {
    if failed.is_ok() {
        *failed = result;
    }
}

/// Messages to operations, in one of the formats.
pub(crate) enum Reader {
    Native(Box<native::Reader>),
    Egfx(Box<egfx::Reader>),
}

impl Reader {
    pub(crate) fn new(profile: Profile, limits: Limits) -> Result<Self, Error> {
        Ok(match profile {
            Profile::Native => Self::Native(Box::new(native::Reader::new(limits))),
            Profile::Egfx => Self::Egfx(Box::new(egfx::Reader::new(limits)?)),
        })
    }

    /// Applies one message to `surface`, collects what it touched, and returns whether the surface is a new one.
    pub(crate) fn read(&mut self, message: &[u8], surface: &mut Surface, damage: &mut Vec<Rect>) -> Result<bool, Error> {
        match self {
            Self::Native(reader) => reader.read(message, surface, damage),
            Self::Egfx(reader) => reader.read(message, surface, damage),
        }
    }
}
