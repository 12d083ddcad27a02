//! A consumer that believes the damage: it copies nothing else, so whatever a capture fails to report is missing from its picture.

use std::time::{Duration, Instant};

use rh_capture::{Capture, DisplayId, Error, Event, Frame, Move, Rect, Size};

/// Long enough for a loaded machine; nothing waits this long when all is well.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// A numbers game that is the same on every run.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    /// A number below `sides`.
    pub(crate) fn roll(&mut self, sides: u32) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        ((self.0 >> 32) % u64::from(sides)) as u32
    }
}

/// A picture kept up to date from damage alone.
#[derive(Default)]
pub(crate) struct Mirror {
    pub(crate) size: Size,
    pub(crate) pixels: Vec<u8>,
    pub(crate) damage: Vec<Rect>,
    pub(crate) moves: Vec<Move>,
    pub(crate) seq: u64,
}

impl Mirror {
    /// Takes over the damaged parts of a frame, after checking that its moves are true.
    pub(crate) fn take(&mut self, frame: &Frame<'_>) {
        assert_eq!(frame.stride, frame.size.width as usize * 4);
        assert_eq!(frame.pixels.len(), frame.stride * frame.size.height as usize);
        if self.size != frame.size {
            self.size = frame.size;
            self.pixels = vec![0xaa; frame.pixels.len()];
            assert!(frame.damage.contains(&Rect::whole(frame.size)), "a new size is damaged all over: {:?}", frame.damage);
        }
        for step in frame.moves {
            let to = Rect::new(
                step.src.x.wrapping_add_signed(step.dx),
                step.src.y.wrapping_add_signed(step.dy),
                step.src.width,
                step.src.height,
            );
            assert_eq!(
                cut(&self.pixels, self.size, step.src),
                cut(frame.pixels, frame.size, to),
                "the moved pixels are those of the frame before"
            );
        }
        for rect in frame.damage {
            assert!(rect.right() <= frame.size.width && rect.bottom() <= frame.size.height, "{rect:?} lies within {:?}", frame.size);
            for y in rect.y..rect.bottom() {
                let span = (y * frame.size.width + rect.x) as usize * 4..(y * frame.size.width + rect.right()) as usize * 4;
                self.pixels[span.clone()].copy_from_slice(&frame.pixels[span]);
            }
        }
        assert!(self.pixels == frame.pixels, "nothing changed outside the damage {:?}", frame.damage);
        self.damage = frame.damage.to_vec();
        self.moves = frame.moves.to_vec();
        self.seq = frame.seq;
    }

    /// Waits for this display's next frame, ignoring all other events, and takes it.
    pub(crate) fn follow(&mut self, capture: &mut dyn Capture, display: DisplayId) {
        await_frame(capture, display);
        self.take(&capture.frame(display).unwrap());
    }
}

/// The bytes of a rectangle.
pub(crate) fn cut(pixels: &[u8], size: Size, rect: Rect) -> Vec<u8> {
    let rows = pixels.chunks_exact(size.width as usize * 4).skip(rect.y as usize).take(rect.height as usize);
    rows.flat_map(|row| &row[rect.x as usize * 4..rect.right() as usize * 4]).copied().collect()
}

pub(crate) fn await_frame(capture: &mut dyn Capture, display: DisplayId) {
    await_event(capture, |event| matches!(event, Event::Frame(id) if *id == display));
}

/// Waits for an event that fits, ignoring the others, and returns it.
pub(crate) fn await_event(capture: &mut dyn Capture, fits: impl Fn(&Event) -> bool) -> Event {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let event = capture.next(deadline).unwrap().expect("the event comes in time");
        if fits(&event) {
            return event;
        }
    }
}

/// All events that are known by now.
pub(crate) fn drain(capture: &mut dyn Capture) -> Vec<Event> {
    std::iter::from_fn(|| capture.next(Instant::now()).unwrap()).collect()
}

/// `Err` without the borrowed frame.
pub(crate) fn frame_error(capture: &mut dyn Capture, display: DisplayId) -> Option<Error> {
    capture.frame(display).err()
}
