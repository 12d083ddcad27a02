//! Messages to pictures.

use std::collections::VecDeque;

use super::{
    apply::Turn,
    cache::Cache,
    output::{Target, Targets},
    pdu::{Command, FrameAcknowledge},
    zgfx::Decompressor,
};
use crate::{
    Error, Limits, Rect, Surface,
    avc::{Decoders, H264Factory},
    clear, planar, rfx,
};

/// Slots and bytes of the large cache, which holds as long as nothing else has been settled (3.3.1.4).
const LARGE_CACHE: (u16, usize) = (25_600, 100 << 20);
/// Acknowledgements that wait for the embedder; beyond, the oldest are given up, as each counts all frames so far.
const MOST_ACKS: usize = 64;

/// The client's side of the pipeline: shows what a server sends.
///
/// Call [`read`](Self::read) for every message, then [`poll_ack`](Self::poll_ack) until it has nothing. Before the first `CapsConfirm`, and after an
/// error, only a message that begins with one is accepted.
///
/// Memory: 3.5 MB for ZGFX and what the largest message unpacks to, at most 4 bytes a pixel of [`Limits::max_area`] plus 1 MiB; 8 bytes a pixel of
/// that area for surfaces; 16 KiB for each of [`Limits::max_cached_tiles`]; and the codecs', each from its first use on: see their decoders, of which
/// the progressive one is there once for each surface that uses it.
pub struct Reader {
    limits: Limits,
    zgfx: Decompressor,
    plain: Vec<u8>,
    /// Whether what has come so far was understood.
    running: bool,
    state: State,
    codecs: Codecs,
}

/// Everything that commands change.
pub(super) struct State {
    pub(super) targets: Targets,
    pub(super) cache: Cache,
    /// Size of the output; 0 before the first `ResetGraphics`.
    pub(super) output: (u32, u32),
    /// Number of the frame at hand.
    pub(super) frame: u32,
    /// The sole surface's pixels lie in the embedder's picture, not in the surface, between two messages.
    pub(super) lent: bool,
    pub(super) in_frame: bool,
    pub(super) decoded: u32,
    pub(super) acks: VecDeque<FrameAcknowledge>,
    queue_depth: u32,
    pub(super) acknowledging: bool,
}

/// Decoders that serve all surfaces; those with much memory are made when they are needed.
#[derive(Default)]
pub(super) struct Codecs {
    pub(super) clear: Option<Box<clear::Decoder>>,
    pub(super) planar: Option<planar::Decoder>,
    pub(super) rfx: Option<rfx::Decoder>,
    /// Each surface with video has one of its own.
    pub(super) decoders: Decoders,
}

impl std::fmt::Debug for Reader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reader").field("output", &self.state.output).field("running", &self.running).finish_non_exhaustive()
    }
}

impl Reader {
    /// A reader that has no picture.
    ///
    /// # Errors
    /// `ApiMisuse` if the limits contradict themselves.
    pub fn new(limits: Limits) -> Result<Self, Error> {
        Self::with_decoders(limits, Decoders::default())
    }

    /// A reader that has H.264 decoded by what `factory` makes, one decoder for each surface that shows video.
    ///
    /// # Errors
    /// `ApiMisuse` if the limits contradict themselves.
    pub fn with_h264(limits: Limits, factory: H264Factory) -> Result<Self, Error> {
        Self::with_decoders(limits, Decoders::of(factory))
    }

    pub(crate) fn with_decoders(limits: Limits, decoders: Decoders) -> Result<Self, Error> {
        limits.validate()?;
        // A picture as it is, and the commands around it.
        let most = usize::try_from(limits.max_area * 4).unwrap_or(usize::MAX).saturating_add(1 << 20);
        let state = State {
            targets: Targets::default(),
            cache: Cache::new(LARGE_CACHE.0, cache_bytes(&limits, LARGE_CACHE.1)),
            output: (0, 0),
            frame: 0,
            lent: false,
            in_frame: false,
            decoded: 0,
            acks: VecDeque::new(),
            queue_depth: FrameAcknowledge::UNKNOWN,
            acknowledging: true,
        };
        Ok(Self {
            limits,
            zgfx: Decompressor::new(most),
            plain: Vec::new(),
            running: false,
            state,
            codecs: Codecs { decoders, ..Codecs::default() },
        })
    }

    /// Applies one `RDP_SEGMENTED_DATA` to `picture`, which holds the output and belongs to this reader alone; appends to `damage` what has changed.
    /// Returns whether the output is a new one, of another size or begun anew.
    ///
    /// What belongs to a frame is shown when the frame ends, which may be in a later message. No bytes are no change.
    ///
    /// # Errors
    /// `Malformed`, `LimitExceeded` or `Unsupported` say what the server did. The picture then holds something of what came before the fault.
    pub fn read(&mut self, message: &[u8], picture: &mut Surface, damage: &mut Vec<Rect>) -> Result<bool, Error> {
        if message.is_empty() {
            return Ok(false);
        }
        if !self.running {
            // A server that begins anew begins with an empty history.
            self.zgfx.reset();
        }
        let running = std::mem::take(&mut self.running);
        let mut plain = std::mem::take(&mut self.plain);
        plain.clear();
        let unpacked = self.zgfx.decompress(message, &mut plain);
        let result = unpacked.and_then(|()| self.apply(&plain, running, picture, damage));
        self.plain = plain;
        self.running = result.is_ok();
        result
    }

    fn apply(&mut self, mut plain: &[u8], running: bool, picture: &mut Surface, damage: &mut Vec<Rect>) -> Result<bool, Error> {
        let first = Command::next(&mut &*plain)?;
        if !running && !matches!(first, Some(Command::CapsConfirm(_))) {
            return Err(Error::Malformed("the stream has not started, or broke before"));
        }
        self.state.take_back(picture);
        let mut turn = Turn::new(&self.limits, &mut self.state, &mut self.codecs, picture, damage);
        let result = turn.commands(&mut plain);
        let resized = turn.resized;
        if result.is_ok() && !self.state.in_frame {
            self.state.show(picture, damage);
        }
        self.state.lend(picture);
        if resized {
            damage.clear();
            let whole = Rect::new(0, 0, self.state.output.0, self.state.output.1);
            damage.extend(Some(whole).filter(|whole| !whole.is_empty()));
        }
        result.map(|()| resized)
    }

    /// The next `FrameAcknowledge` to send to the server (3.3.5.12), as a command without ZGFX.
    pub fn poll_ack(&mut self) -> Option<FrameAcknowledge> {
        self.state.acks.pop_front()
    }

    /// Says how many bytes wait to be read, for the acknowledgements from now on; [`FrameAcknowledge::UNKNOWN`] at first.
    ///
    /// With [`FrameAcknowledge::SUSPEND`] the next frame is acknowledged with that, and none after it until something else is said.
    pub fn set_queue_depth(&mut self, bytes: u32) {
        self.state.queue_depth = bytes;
        self.state.acknowledging = true;
    }
}

/// Bytes of the cache that was settled, as far as our limits go.
pub(super) fn cache_bytes(limits: &Limits, settled: usize) -> usize {
    settled.min(limits.max_cached_tiles as usize * 64 * 64 * 4)
}

impl State {
    /// The sole surface gets its pixels back from the embedder's picture, which is empty until [`lend`](Self::lend).
    fn take_back(&mut self, picture: &mut Surface) {
        if self.lent
            && let Some(target) = self.targets.sole(self.output)
        {
            std::mem::swap(picture, &mut target.surface);
            if target.surface.size() != target.size {
                // Not the picture that was lent. Whatever it is: what is painted next must fit.
                target.surface.resize(target.size.0, target.size.1);
            }
        }
    }

    /// A surface that is all there is to see lends its pixels, which saves a copy of everything that changes.
    fn lend(&mut self, picture: &mut Surface) {
        if let Some(target) = self.targets.sole(self.output).filter(|_| self.lent || !self.in_frame) {
            *picture = std::mem::take(&mut target.surface);
            self.lent = true;
        } else if self.lent {
            self.show_all(picture);
        }
    }

    /// Shows what has changed.
    pub(super) fn show(&mut self, picture: &mut Surface, damage: &mut Vec<Rect>) {
        if !self.lent {
            self.targets.compose(picture, damage);
        } else if let Some(target) = self.targets.sole(self.output) {
            damage.append(&mut target.dirty);
        } else {
            self.show_all(picture);
            damage.push(Rect::new(0, 0, self.output.0, self.output.1));
        }
    }

    /// The picture is lent no more: it is made from the surfaces.
    fn show_all(&mut self, picture: &mut Surface) {
        self.lent = false;
        picture.resize(self.output.0, self.output.1);
        self.targets.iter_mut().for_each(Target::spoil);
        self.targets.compose(picture, &mut Vec::new());
    }

    pub(super) fn acknowledge(&mut self, frame: u32) {
        self.decoded = self.decoded.wrapping_add(1);
        if !self.acknowledging {
            return;
        }
        if self.acks.len() == MOST_ACKS {
            self.acks.pop_front();
        }
        self.acks.push_back(FrameAcknowledge { queue_depth: self.queue_depth, frame, decoded: self.decoded });
        self.acknowledging = self.queue_depth != FrameAcknowledge::SUSPEND;
    }
}
