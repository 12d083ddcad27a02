//! The wire formats behind one face: the encoder's steps are the same for all of them.

use std::sync::Arc;

use crate::{
    Budget, Effort, Error, FrameView, Limits, Profile, Rect, Surface, Workers,
    avc::{Decoders, Planes},
    cache::{Least, Store},
    egfx,
    egfx::caps::CapsConfirm,
    motion::Copy,
    native,
    paint::Paint,
    rfx::Level,
};

/// Operations to messages, in one of the formats.
pub(crate) enum Writer {
    Native {
        writer: Box<native::Writer>,
        /// Tiles as the viewer shows them, by slot.
        kept: Store,
    },
    Egfx {
        writer: Box<egfx::Writer>,
        /// What went wrong first in the message that is being written.
        failed: Result<(), Error>,
    },
}

impl Writer {
    /// `confirm` is what the graphics pipeline has settled.
    pub(crate) fn new(profile: Profile, confirm: &CapsConfirm<'_>, limits: &Limits, effort: Effort) -> Result<Self, Error> {
        Ok(match profile {
            Profile::Native => Self::Native { writer: Box::new(native::Writer::new()), kept: Store::default() },
            Profile::Egfx => {
                let writer = Box::new(egfx::Writer::new(confirm, limits, effort)?);
                Self::Egfx { writer, failed: Ok(()) }
            }
        })
    }

    /// Lends threads; of use to the native profile only.
    pub(crate) fn set_workers(&mut self, workers: Arc<dyn Workers>) {
        if let Self::Native { writer, .. } = self {
            writer.set_workers(workers);
        }
    }

    /// Whether films have an operation of their own.
    #[cfg(feature = "h264")]
    pub(crate) fn is_native(&self) -> bool {
        matches!(self, Self::Native { .. })
    }

    /// Slots that the viewer has for tiles.
    pub(crate) fn slots(&self, limits: &Limits) -> u32 {
        match self {
            Self::Native { .. } => limits.max_cached_tiles,
            Self::Egfx { writer, .. } => writer.slots().into(),
        }
    }

    /// What a recall must bring to be worth its bytes.
    pub(crate) fn least_recall(&self) -> Least {
        match self {
            Self::Native { .. } => Least { part: 64, whole: 64 },
            // One command against three, and text that was shown before costs little here: found by trial on recorded screens.
            Self::Egfx { .. } => Least { part: 1024, whole: 256 },
        }
    }

    /// Pixels of images that are painted exactly at once on a screen at rest.
    pub(crate) fn most_at_once(&self) -> u64 {
        match self {
            Self::Native { .. } => 1 << 19,
            // Exactness costs twice as much.
            Self::Egfx { .. } => 1 << 17,
        }
    }

    /// Bytes of an operation without its pixels, amply.
    pub(crate) fn head(&self) -> usize {
        match self {
            Self::Native { .. } => 16,
            // Three commands, where a part of a slot goes over a second surface.
            Self::Egfx { .. } => 64,
        }
    }

    /// Whether a coarse image can become finer before it becomes exact.
    pub(crate) fn has_passes(&self) -> bool {
        match self {
            Self::Native { .. } => true,
            Self::Egfx { writer, .. } => !writer.features().thin_client,
        }
    }

    /// Whether coarse images look the same to the bit wherever they are decoded. If not, what is exact here by chance may be off elsewhere.
    pub(crate) fn is_bit_exact(&self) -> bool {
        matches!(self, Self::Native { .. })
    }

    /// What of a budget is left where the viewer is behind.
    pub(crate) fn budget(&self, budget: Budget) -> Budget {
        match self {
            Self::Native { .. } => budget,
            Self::Egfx { writer, .. } => writer.flow_so_far().budget(budget),
        }
    }

    /// The graphics pipeline's writer, where that is the format.
    pub(crate) fn egfx(&mut self) -> Result<&mut egfx::Writer, Error> {
        match self {
            Self::Native { .. } => Err(Error::ApiMisuse("the native profile has messages and no frames of the graphics pipeline")),
            Self::Egfx { writer, .. } => Ok(writer),
        }
    }

    /// Frames that are on their way, where the format numbers them.
    pub(crate) fn unacknowledged(&self) -> Option<u64> {
        match self {
            Self::Native { .. } => None,
            Self::Egfx { writer, .. } => Some(writer.flow_so_far().unacknowledged().map_or(0, u64::from)),
        }
    }

    /// The next message starts a stream.
    pub(crate) fn reset(&mut self) {
        match self {
            Self::Native { writer, .. } => writer.reset(),
            Self::Egfx { writer, .. } => writer.reset(),
        }
    }

    pub(crate) fn begin(&mut self) {
        match self {
            Self::Native { writer, .. } => writer.begin(),
            Self::Egfx { writer, failed } => {
                writer.begin();
                *failed = Ok(());
            }
        }
    }

    /// Bytes that the message has by now, at most.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Native { writer, .. } => writer.len(),
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
            Self::Native { writer, .. } => {
                writer.size(width, height);
                shown.resize(width, height);
            }
            Self::Egfx { writer, failed } => note(failed, writer.size(shown, width, height)),
        }
    }

    pub(crate) fn fill(&mut self, shown: &mut Surface, rect: Rect, colour: u32) {
        match self {
            Self::Native { writer, .. } => writer.fill(shown, rect, colour),
            Self::Egfx { writer, failed } => note(failed, writer.fill(shown, rect, colour)),
        }
    }

    pub(crate) fn copy(&mut self, shown: &mut Surface, copy: Copy) {
        match self {
            Self::Native { writer, .. } => writer.copy(shown, copy),
            Self::Egfx { writer, failed } => note(failed, writer.copy(shown, copy.src, copy.x, copy.y)),
        }
    }

    pub(crate) fn text(&mut self, shown: &mut Surface, frame: &FrameView<'_>, rect: Rect) {
        match self {
            Self::Native { writer, .. } => writer.text(shown, frame, rect),
            Self::Egfx { writer, failed } => note(failed, writer.text(shown, frame, rect)),
        }
    }

    pub(crate) fn image(&mut self, shown: &mut Surface, frame: &FrameView<'_>, rect: Rect, paint: Paint) {
        match self {
            Self::Native { writer, .. } => writer.image(shown, frame, rect, paint.image(frame, rect)),
            Self::Egfx { writer, failed } => note(
                failed,
                match paint {
                    Paint::Coarse => writer.image_coarse(shown, frame, rect, Level::Coarse),
                    Paint::Finer => writer.image_finer(shown, frame, rect, Level::Fine),
                    _ => writer.image(shown, frame, rect),
                },
            ),
        }
    }

    /// A frame of a film. Native only.
    #[cfg(feature = "h264")]
    pub(crate) fn video(&mut self, shown: &mut Surface, rect: Rect, frame: native::video::VideoFrame<'_>) {
        if let Self::Native { writer, .. } = self {
            writer.video(shown, rect, frame);
        }
    }

    /// A tile, of that number in the grid, as it is shown, goes to a slot.
    pub(crate) fn keep(&mut self, shown: &Surface, slot: u32, number: u32, tile: Rect) {
        match self {
            Self::Native { writer, kept } => {
                writer.keep(slot, number);
                kept.keep(slot, shown, tile);
            }
            Self::Egfx { writer, failed } => note(failed, writer.keep(shown, numbered(slot), tile)),
        }
    }

    /// A part of a tile comes back from a slot.
    pub(crate) fn recall(&mut self, shown: &mut Surface, slot: u32, part: Rect) {
        match self {
            Self::Native { writer, kept } => {
                writer.recall(slot, part);
                kept.recall(slot, shown, part);
            }
            Self::Egfx { writer, failed } => note(failed, writer.recall(shown, numbered(slot), part)),
        }
    }

    /// Appends the message to `out`.
    pub(crate) fn finish(&mut self, out: &mut Vec<u8>) -> Result<(), Error> {
        match self {
            Self::Native { writer, .. } => {
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

/// The number of a slot of the pipeline, of which there are fewer than 2^16.
fn numbered(slot: u32) -> u16 {
    u16::try_from(slot).unwrap_or(u16::MAX)
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
    pub(crate) fn new(profile: Profile, limits: Limits, decoders: Decoders) -> Result<Self, Error> {
        Ok(match profile {
            Profile::Native => Self::Native(Box::new(native::Reader::new(limits, decoders))),
            Profile::Egfx => Self::Egfx(Box::new(egfx::Reader::with_decoders(limits, decoders)?)),
        })
    }

    pub(crate) fn egfx(&mut self) -> Option<&mut egfx::Reader> {
        match self {
            Self::Native(_) => None,
            Self::Egfx(reader) => Some(reader),
        }
    }

    /// Applies one message to `surface`, collects what it touched, and returns whether the surface is a new one.
    ///
    /// `picture` is what the access unit of a message decodes to, if somebody else has decoded it. Native only.
    pub(crate) fn read(
        &mut self,
        message: &[u8],
        picture: Option<&Planes>,
        surface: &mut Surface,
        damage: &mut Vec<Rect>,
    ) -> Result<bool, Error> {
        match self {
            Self::Native(reader) => reader.read(message, picture, surface, damage),
            Self::Egfx(_) if picture.is_some() => Err(Error::ApiMisuse("pictures are given to the native profile only")),
            Self::Egfx(reader) => reader.read(message, surface, damage),
        }
    }
}
