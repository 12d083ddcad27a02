//! One film as H.264: its encoder, the viewer's decoder over again, and how fine it is.

use crate::{
    Error, FrameView, Limits, Rect,
    avc::{Decoders, Encoder, Planes, Video, to_420},
    image::{Surface, same_colours},
    native::video::{BLOCK, VideoFrame, blocks},
};

/// Quantisers, the finest first: each step halves the bytes, about. The finest shows a film at 37 dB.
const QUANTS: [u8; 5] = [25, 31, 37, 43, 49];
/// A frame that takes more than this part of what may be sent is one too many for the link: the budget lies between 0 and a second's worth.
const TOO_MUCH: usize = 4;
/// Frames that take less than this part, for a while, could be finer.
const LITTLE: usize = 24;
/// That while, in frames.
const PATIENCE: u32 = 90;

/// A film's frames, coded one after another.
pub(crate) struct Stream {
    rect: Rect,
    limits: Limits,
    encoder: Encoder,
    /// What the viewer makes of it, to the bit.
    viewer: Video,
    source: Planes,
    /// Blocks that have changed, as far as they have not been sent.
    changed: Vec<bool>,
    waits: bool,
    begins: bool,
    step: usize,
    /// Bytes of the last frame; at first, a guess.
    last: usize,
    /// Frames one after another that took too much, or little.
    pressure: u32,
    ease: u32,
}

impl std::fmt::Debug for Stream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stream").field("rect", &self.rect).field("step", &self.step).finish_non_exhaustive()
    }
}

impl Stream {
    /// A film that begins, as fine as `room` bytes for its first frame allow.
    pub(crate) fn new(rect: Rect, room: usize, limits: &Limits) -> Result<Self, Error> {
        let step = (0..QUANTS.len() - 1).find(|step| first_frame(rect, *step) <= room / 2).unwrap_or(QUANTS.len() - 1);
        Self::at(rect, step, limits)
    }

    fn at(rect: Rect, step: usize, limits: &Limits) -> Result<Self, Error> {
        Ok(Self {
            rect,
            limits: *limits,
            encoder: Encoder::new(QUANTS[step])?,
            viewer: Video::new(&mut Decoders::default())?,
            source: Planes::default(),
            changed: vec![false; blocks(rect)],
            waits: false,
            begins: true,
            step,
            last: first_frame(rect, step),
            pressure: 0,
            ease: 0,
        })
    }

    /// Where it is.
    pub(crate) fn rect(&self) -> Rect {
        self.rect
    }

    /// Whether something of it has changed that has not been sent.
    pub(crate) fn waits(&self) -> bool {
        self.waits
    }

    /// Notes what has changed since the frame before, of which `sent` are the pixels; `whole` blocks, row by row, are handed to `each`.
    pub(crate) fn note(&mut self, frame: &FrameView<'_>, sent: &Surface, mut each: impl FnMut(Rect)) {
        let columns = self.rect.width.div_ceil(BLOCK);
        for (index, changed) in (0..).zip(&mut self.changed) {
            let (x, y) = (self.rect.x + index % columns * BLOCK, self.rect.y + index / columns * BLOCK);
            let block = Rect::new(x, y, BLOCK, BLOCK).intersection(&self.rect);
            let same = |y| same_colours(frame.span(block.x, y, block.width), sent.span(block.x, y, block.width));
            if !(block.y..block.bottom()).all(same) {
                (*changed, self.waits) = (true, true);
                each(block);
            }
        }
    }

    /// Bytes that the next frame takes, with something to spare.
    pub(crate) fn expected(&self) -> usize {
        self.last + self.last / 2 + self.changed.len() / 8
    }

    /// Codes a frame, if it fits `room`. What does not is dropped: a later frame brings what it would have.
    pub(crate) fn code(&mut self, frame: &FrameView<'_>, room: usize) -> Result<Option<VideoFrame<'_>>, Error> {
        self.adapt(room)?;
        if self.expected() > room && self.step + 1 == QUANTS.len() {
            // Lest a guess keeps it for ever from being put right.
            self.last -= self.last / 8;
            return Ok(None);
        }
        if self.expected() > room {
            self.pressure += 1;
            return Ok(None);
        }
        to_420(frame, self.rect, &mut self.source);
        let unit = self.encoder.encode(&self.source)?;
        let len = unit.len();
        self.last = len;
        let size = (self.rect.width, self.rect.height);
        // Decoded even if it is not sent: the encoder's next frame may build on it.
        let picture = self.viewer.decode(unit, size, size, &self.limits)?;
        if len + self.changed.len() / 8 > room {
            self.encoder.begin_anew();
            self.pressure += 1;
            return Ok(None);
        }
        let much = len > room / TOO_MUCH && !self.begins;
        self.pressure = if much { self.pressure + 1 } else { 0 };
        self.ease = if len < room / LITTLE { self.ease + 1 } else { 0 };
        self.waits = false;
        let begins = std::mem::take(&mut self.begins);
        Ok(Some(VideoFrame { unit: self.encoder.unit(), begins, picture, changed: &mut self.changed }))
    }

    /// What was coded has been sent.
    pub(crate) fn sent(&mut self) {
        self.changed.fill(false);
    }

    /// Another quantiser, and with it a key frame, where the link has shown to want one.
    fn adapt(&mut self, room: usize) -> Result<(), Error> {
        let step = if self.pressure >= 2 && self.step + 1 < QUANTS.len() {
            // At once as coarse as the link wants it: each step begins anew, which costs more than the frames before.
            (self.step + 1..QUANTS.len()).find(|step| first_frame(self.rect, *step) <= room / 2).unwrap_or(QUANTS.len() - 1)
        } else if self.ease >= PATIENCE && self.step > 0 && first_frame(self.rect, self.step - 1) < room / 2 {
            self.step - 1
        } else {
            return Ok(());
        };
        let anew = Self::at(self.rect, step, &self.limits)?;
        let before = std::mem::replace(self, anew);
        (self.changed, self.waits, self.source) = (before.changed, before.waits, before.source);
        // All of it changes a little.
        self.changed.fill(true);
        Ok(())
    }
}

/// About what a film's first frame takes: the tenth part of a byte a pixel at the finest.
fn first_frame(rect: Rect, step: usize) -> usize {
    usize::try_from(rect.area() / 10).unwrap_or(usize::MAX) >> step
}
