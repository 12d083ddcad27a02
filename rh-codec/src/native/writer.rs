//! Operations to wire bytes.

use std::sync::{Arc, Mutex, PoisonError};

#[cfg(feature = "h264")]
use super::video::{self, VideoFrame};
use super::{
    BEGINS, SLICES, START, VERSION, VIDEO,
    coder::{Coder, Note, Write},
    exact,
    image::{Scratch, Window},
    range::RangeEncoder,
    syntax::{Syntax, op},
    text::Text,
    wave::{self, Quality},
};
use crate::{
    FrameView, Rect, Workers,
    image::Surface,
    motion::Copy,
    workers::{Slot, each, lock},
};

/// How an image is painted.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Paint {
    /// Coarsely; starting from what is shown, if that is to be refined.
    Wave { quality: Quality, refine: bool },
    /// Exactly; what is shown is a coarse version of it, or has nothing to do with it.
    Exact { side: bool },
}

/// Bytes of a message around its operations, at most.
const FRAMING: usize = 1 + 4 + 4 + 8;

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
    /// The access unit of a video region, if there is one.
    unit: Vec<u8>,
    begins: bool,
    lengths: Vec<u32>,
    parts: Vec<Mutex<Part>>,
    /// Of the piece of text that is being looked at, and of the one before, that is being coded.
    notes: [Vec<u32>; 2],
    workers: Option<Arc<dyn Workers>>,
    starting: bool,
}

/// What coding a slice takes, and makes.
#[derive(Default)]
struct Part {
    scratch: Scratch,
    bytes: Vec<u8>,
}

/// Slices that are coded at once, at most.
const MOST_PARTS: usize = 16;

/// Pixels of text that are looked at while those before them are coded, about; twice as many are worth handing over.
const NOTED: u32 = 1 << 16;

impl Writer {
    pub(crate) fn new() -> Self {
        Self {
            range: RangeEncoder::new(),
            syntax: Syntax::new(),
            text: Text::new(),
            operations: Vec::new(),
            slices: Vec::new(),
            unit: Vec::new(),
            begins: false,
            lengths: Vec::new(),
            parts: Vec::new(),
            notes: [Vec::new(), Vec::new()],
            workers: None,
            starting: true,
        }
    }

    pub(crate) fn set_workers(&mut self, workers: Arc<dyn Workers>) {
        self.workers = Some(workers);
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
        self.unit.clear();
        self.range = RangeEncoder::new();
        self.syntax.begin();
    }

    /// Bytes that the message has by now, at most.
    pub(crate) fn len(&self) -> usize {
        FRAMING + self.operations.len() + self.slices.len() + self.unit.len()
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

    /// A part of a tile comes back from a slot; the caller, who keeps the tiles, does it to `shown`.
    pub(crate) fn recall(&mut self, slot: u32, part: Rect) {
        let (syntax, mut coder) = self.operation(op::RECALL);
        put(syntax, &mut coder, part);
        syntax.number(&mut coder, slot);
    }

    pub(crate) fn text(&mut self, shown: &mut Surface, frame: &FrameView<'_>, rect: Rect) {
        let (syntax, mut coder) = self.operation(op::TEXT);
        put(syntax, &mut coder, rect);
        shown.put(frame, rect);
        match &self.workers {
            // A writer's coder finds nothing wrong with what it writes.
            Some(workers) if rect.area() >= 2 * u64::from(NOTED) => {
                let [next, last] = &mut self.notes;
                let rows = (NOTED / rect.width).max(1);
                last.clear();
                for y in (rect.y..rect.bottom()).step_by(rows as usize) {
                    let strip = Rect { y, height: rows.min(rect.bottom() - y), ..rect };
                    next.clear();
                    let look = Slot::new(Some((&mut self.text, &mut *shown, Note(next))));
                    let code = Slot::new(Some((&mut self.range, &mut self.operations, &*last)));
                    each(Some(&**workers), 2, &|part| {
                        if part == 0
                            && let Some((text, shown, mut notes)) = look.take()
                        {
                            let _ = text.code(&mut notes, shown, strip);
                        }
                        if part == 1
                            && let Some((range, out, notes)) = code.take()
                        {
                            Note::code(notes, range, out);
                        }
                    });
                    std::mem::swap(next, last);
                }
                Note::code(last, &mut self.range, &mut self.operations);
            }
            _ => {
                let _ = self.text.code(&mut Write { range: &mut self.range, out: &mut self.operations }, shown, rect);
            }
        }
    }

    /// Pixels in slices, coarsely or exactly.
    pub(crate) fn image(&mut self, shown: &mut Surface, frame: &FrameView<'_>, rect: Rect, paint: Paint) {
        self.lengths.clear();
        let workers = self.workers.as_deref();
        let most = if workers.is_some() { MOST_PARTS } else { 1 };
        let mut slices = Window::new(shown, rect).slices().peekable();
        while slices.peek().is_some() {
            let batch: [_; MOST_PARTS] = std::array::from_fn(|i| Slot::new(if i < most { slices.next() } else { None }));
            let count = batch.iter().filter(|slot| slot.is_full()).count();
            if self.parts.len() < count {
                self.parts.resize_with(count, Mutex::default);
            }
            let parts = &self.parts;
            each(workers, count, &|i| {
                if let Some(mut slice) = batch[i].take() {
                    lock(&parts[i]).encode(frame, &mut slice, paint);
                }
            });
            for part in &mut self.parts[..count] {
                let bytes = &mut part.get_mut().unwrap_or_else(PoisonError::into_inner).bytes;
                // A slice is smaller than 2^28 bytes, as its pixels are few.
                self.lengths.push(u32::try_from(bytes.len()).unwrap_or(0));
                self.slices.append(bytes);
            }
        }
        let lengths = std::mem::take(&mut self.lengths);
        let (syntax, mut coder) = self.operation(if matches!(paint, Paint::Exact { .. }) { op::EXACT } else { op::WAVE });
        put(syntax, &mut coder, rect);
        for length in &lengths {
            syntax.number(&mut coder, *length);
        }
        self.lengths = lengths;
    }

    /// A frame of a video region; at most one a message.
    #[cfg(feature = "h264")]
    pub(crate) fn video(&mut self, shown: &mut Surface, rect: Rect, frame: VideoFrame<'_>) {
        debug_assert!(self.unit.is_empty() && frame.changed.len() == video::blocks(rect), "one a message, and as many blocks as it has");
        let (syntax, mut coder) = self.operation(op::VIDEO);
        put(syntax, &mut coder, rect);
        syntax.changes(&mut coder, rect, frame.changed);
        self.unit.extend_from_slice(frame.unit);
        self.begins = frame.begins;
        video::paint(frame.picture, rect, frame.changed, shown);
    }

    /// Appends the message to `out`.
    pub(crate) fn finish(&mut self, out: &mut Vec<u8>) {
        self.operation(op::END);
        self.range.finish(&mut self.operations);
        let start = if std::mem::take(&mut self.starting) { START } else { 0 };
        let slices = if self.slices.is_empty() { 0 } else { SLICES };
        let video = if self.unit.is_empty() { 0 } else { VIDEO };
        out.push(VERSION | start | slices | video);
        // Lengths are far below 2^31: slices are smaller than the pixels of one picture, and so is an access unit.
        let length = |bytes: &[u8]| u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        if slices != 0 {
            out.extend_from_slice(&length(&self.slices).to_le_bytes());
            out.extend_from_slice(&self.slices);
        }
        if video != 0 {
            let begins = if self.begins { BEGINS } else { 0 };
            out.extend_from_slice(&(length(&self.unit) | begins).to_le_bytes());
            out.extend_from_slice(&self.unit);
        }
        out.extend_from_slice(&self.operations);
    }

    fn operation(&mut self, code: u32) -> (&mut Syntax, Write<'_>) {
        let mut coder = Write { range: &mut self.range, out: &mut self.operations };
        self.syntax.code(&mut coder, code);
        (&mut self.syntax, coder)
    }
}

impl Part {
    fn encode(&mut self, frame: &FrameView<'_>, slice: &mut Window<'_>, paint: Paint) {
        let Self { scratch, bytes } = self;
        match paint {
            Paint::Wave { quality, refine } => wave::encode(frame, slice, quality, refine, scratch, bytes),
            Paint::Exact { side } => {
                exact::encode(frame, slice, side, scratch, bytes);
                if bytes.len() >= plain_len(slice.rect()) {
                    // Noise is sent as it is.
                    bytes.clear();
                    for y in 0..slice.height() {
                        slice.row(y).iter().for_each(|pixel| bytes.extend_from_slice(&pixel[..3]));
                    }
                }
            }
        }
    }
}

fn put(syntax: &mut Syntax, coder: &mut Write<'_>, rect: Rect) {
    // Rectangles of a frame lie within the plane.
    let _ = syntax.rect(coder, rect);
}
