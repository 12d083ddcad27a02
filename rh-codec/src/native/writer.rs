//! Operations to wire bytes.

use super::{
    SLICES, START, VERSION,
    coder::{Coder, Write},
    exact,
    image::{Scratch, Window},
    range::RangeEncoder,
    syntax::{Syntax, op},
    text::Text,
    wave::{self, Quality},
};
use crate::{FrameView, Rect, image::Surface, motion::Copy};

/// How an image is painted.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Paint {
    /// Coarsely; starting from what is shown, if that is to be refined.
    Wave { quality: Quality, refine: bool },
    /// Exactly; what is shown is a coarse version of it, or has nothing to do with it.
    Exact { side: bool },
}

/// Bytes of a message around its operations, at most.
const FRAMING: usize = 1 + 4 + 8;

/// Bytes of an exact slice that is the pixels themselves: no other slice has as many.
pub(super) fn plain_len(rect: Rect) -> usize {
    usize::try_from(rect.area() * 3).unwrap_or(usize::MAX)
}

/// Writes one message after another.
///
/// Order: [`begin`](Self::begin), operations, [`finish`](Self::finish). Operations do to `shown` what the decoder will do to its surface.
pub(crate) struct Writer {
    range: RangeEncoder,
    syntax: Syntax,
    text: Text,
    operations: Vec<u8>,
    slices: Vec<u8>,
    lengths: Vec<u32>,
    scratch: Scratch,
    starting: bool,
}

impl Writer {
    pub(crate) fn new() -> Self {
        Self {
            range: RangeEncoder::new(),
            syntax: Syntax::new(),
            text: Text::new(),
            operations: Vec::new(),
            slices: Vec::new(),
            lengths: Vec::new(),
            scratch: Scratch::default(),
            starting: true,
        }
    }

    /// The next message starts a stream.
    pub(crate) fn reset(&mut self) {
        self.syntax = Syntax::new();
        self.text.reset();
        self.starting = true;
    }

    pub(crate) fn begin(&mut self) {
        self.operations.clear();
        self.slices.clear();
        self.range = RangeEncoder::new();
        self.syntax.begin();
    }

    /// Bytes that the message has by now, at most.
    pub(crate) fn len(&self) -> usize {
        FRAMING + self.operations.len() + self.slices.len()
    }

    pub(crate) fn size(&mut self, width: u32, height: u32) {
        let (syntax, mut coder) = self.operation(op::SIZE);
        syntax.number(&mut coder, width);
        syntax.number(&mut coder, height);
    }

    pub(crate) fn fill(&mut self, shown: &mut Surface, rect: Rect, colour: u32) {
        let (syntax, mut coder) = self.operation(op::FILL);
        put(syntax, &mut coder, rect);
        coder.plain(colour & 0xfff, 12);
        coder.plain(colour >> 12 & 0xfff, 12);
        shown.fill(rect, colour);
    }

    pub(crate) fn copy(&mut self, shown: &mut Surface, copy: Copy) {
        let (syntax, mut coder) = self.operation(op::COPY);
        put(syntax, &mut coder, copy.target());
        // Within the plane, or the encoder would not have found them.
        let _ = syntax.near(&mut coder, copy.src.x, copy.x);
        let _ = syntax.near(&mut coder, copy.src.y, copy.y);
        shown.copy_within(copy.src, copy.x, copy.y);
    }

    /// What a tile shows goes to a slot.
    pub(crate) fn keep(&mut self, slot: u32, tile: u32) {
        let (syntax, mut coder) = self.operation(op::KEEP);
        let _ = syntax.keep(&mut coder, slot, tile);
    }

    /// A part of a tile comes back from a slot; the caller does it to `shown`.
    pub(crate) fn recall(&mut self, slot: u32, part: Rect) {
        let (syntax, mut coder) = self.operation(op::RECALL);
        put(syntax, &mut coder, part);
        syntax.number(&mut coder, slot);
    }

    pub(crate) fn text(&mut self, shown: &mut Surface, frame: &FrameView<'_>, rect: Rect) {
        let (syntax, mut coder) = self.operation(op::TEXT);
        put(syntax, &mut coder, rect);
        shown.put(frame, rect);
        // A writer's coder finds nothing wrong with what it writes.
        let _ = self.text.code(&mut Write { range: &mut self.range, out: &mut self.operations }, shown, rect);
    }

    /// Pixels in slices, coarsely or exactly.
    pub(crate) fn image(&mut self, shown: &mut Surface, frame: &FrameView<'_>, rect: Rect, paint: Paint) {
        self.lengths.clear();
        for mut slice in Window::new(shown, rect).slices() {
            let start = self.slices.len();
            match paint {
                Paint::Wave { quality, refine } => wave::encode(frame, &mut slice, quality, refine, &mut self.scratch, &mut self.slices),
                Paint::Exact { side } => {
                    exact::encode(frame, &mut slice, side, &mut self.scratch, &mut self.slices);
                    if self.slices.len() - start >= plain_len(slice.rect()) {
                        // Noise is sent as it is.
                        self.slices.truncate(start);
                        for y in 0..slice.height() {
                            slice.row(y).iter().for_each(|pixel| self.slices.extend_from_slice(&pixel[..3]));
                        }
                    }
                }
            }
            // A slice is smaller than 2^28 bytes, as its pixels are few.
            self.lengths.push(u32::try_from(self.slices.len() - start).unwrap_or(0));
        }
        let lengths = std::mem::take(&mut self.lengths);
        let (syntax, mut coder) = self.operation(if matches!(paint, Paint::Exact { .. }) { op::EXACT } else { op::WAVE });
        put(syntax, &mut coder, rect);
        for length in &lengths {
            syntax.number(&mut coder, *length);
        }
        self.lengths = lengths;
    }

    /// Appends the message to `out`.
    pub(crate) fn finish(&mut self, out: &mut Vec<u8>) {
        self.operation(op::END);
        self.range.finish(&mut self.operations);
        let start = if std::mem::take(&mut self.starting) { START } else { 0 };
        if self.slices.is_empty() {
            out.push(VERSION | start);
        } else {
            out.push(VERSION | SLICES | start);
            // Far below 2^32: slices are smaller than the pixels of one picture.
            out.extend_from_slice(&u32::try_from(self.slices.len()).unwrap_or(u32::MAX).to_le_bytes());
            out.extend_from_slice(&self.slices);
        }
        out.extend_from_slice(&self.operations);
    }

    fn operation(&mut self, code: u32) -> (&mut Syntax, Write<'_>) {
        let mut coder = Write { range: &mut self.range, out: &mut self.operations };
        self.syntax.code(&mut coder, code);
        (&mut self.syntax, coder)
    }
}

fn put(syntax: &mut Syntax, coder: &mut Write<'_>, rect: Rect) {
    // Rectangles of a frame lie within the plane.
    let _ = syntax.rect(coder, rect);
}
