//! The encoder's step for films: one region of the picture at most is H.264.

use super::{Encoder, Room};
use crate::{
    Encoded, Error, FrameView, Rect, Settings,
    diff::TILE,
    film::{Stream, Watch},
    owed,
    paint::Paint,
};

/// Pixels that are copied within a frame, before it counts as one that scrolls.
const SCROLL: u64 = 1 << 14;

/// The film on the screen, if there is one.
#[derive(Debug)]
pub(super) struct Film {
    /// Whether the viewer has H.264, and our own has not failed.
    on: bool,
    watch: Watch,
    stream: Option<Box<Stream>>,
    /// Pixels copied in this frame.
    copied: u64,
    /// The picture is a new one.
    new: bool,
}

impl Film {
    pub(super) fn new(settings: &Settings) -> Self {
        Self { on: settings.h264, watch: Watch::default(), stream: None, copied: 0, new: false }
    }

    pub(super) fn resize(&mut self, width: u32, height: u32) {
        self.watch.resize(width, height);
        self.stream = None;
        self.new = true;
    }

    /// A new viewer has no decoder that has seen what ours has.
    pub(super) fn reset(&mut self) {
        self.stream = None;
    }

    pub(super) fn copied(&mut self, area: u64) {
        self.copied += area;
    }

    /// An image was painted, for the first time.
    pub(super) fn painted(&mut self, rect: Rect) {
        if self.on {
            self.watch.painted(rect, self.new);
        }
    }

    /// Whether a frame of it was dropped, and none sent since.
    pub(super) fn waits(&self) -> bool {
        self.stream.as_ref().is_some_and(|stream| stream.waits())
    }

    pub(super) fn end_frame(&mut self) {
        let copied = std::mem::take(&mut self.copied);
        self.new = false;
        if self.on && self.watch.end_frame(copied > SCROLL) {
            self.stream = None;
        }
    }

    /// H.264 has failed, for want of memory as a rule: films are images from now on.
    fn give_up(&mut self) {
        self.on = false;
        self.watch.give_up();
        self.stream = None;
    }
}

impl Encoder {
    /// Sends a frame of the film, or drops it where the budget is short: the viewer is owed it then as it is owed exactness.
    pub(super) fn send_film(&mut self, frame: &FrameView<'_>, message: &mut Room, encoded: &mut Encoded) {
        let Some(rect) = self.film.watch.region().filter(|_| self.film.on && self.writer.is_native()) else { return };
        let dirty = self.tiles.dirty_bounds().intersection(&rect);
        let waits = self.film.waits();
        let is_film = self.film.watch.is_film(frame, dirty, self.now);
        if self.film.watch.region().is_none() {
            self.film.stream = None;
        }
        if !(is_film || (waits && dirty.is_empty())) || !message.admits(rect.area()) {
            return;
        }
        if self.film_frame(frame, rect, message, encoded).is_err() {
            self.film.give_up();
        } else if self.settings.refine {
            self.refine_around(frame, rect, message, encoded);
        }
    }

    /// Makes exact what lies around a film in the tiles that it cuts: they change with it in every frame, and never come to rest.
    fn refine_around(&mut self, frame: &FrameView<'_>, film: Rect, message: &mut Room, encoded: &mut Encoded) {
        let (left, top) = (film.x / TILE * TILE, film.y / TILE * TILE);
        let (right, bottom) =
            (film.right().next_multiple_of(TILE).min(frame.width()), film.bottom().next_multiple_of(TILE).min(frame.height()));
        let strips = [
            Rect::new(left, top, right - left, film.y - top),
            Rect::new(left, film.bottom(), right - left, bottom - film.bottom()),
            Rect::new(left, film.y, film.x - left, film.height),
            Rect::new(film.right(), film.y, right - film.right(), film.height),
        ];
        for strip in strips.into_iter().filter(|strip| !strip.is_empty()) {
            // What has just changed there is sent with everything else that has.
            if !self.tiles.is_dirty_in(strip)
                && !owed::same(&self.sent, &self.shown, strip)
                && !self.send_piece(frame, strip, Paint::ExactFromCoarse, message, encoded)
            {
                break;
            }
        }
    }

    fn film_frame(&mut self, frame: &FrameView<'_>, rect: Rect, message: &mut Room, encoded: &mut Encoded) -> Result<(), Error> {
        let room = message.left(self.writer.len().saturating_add(self.writer.head()));
        let stream = match &mut self.film.stream {
            Some(stream) if stream.rect() == rect => stream,
            stream => stream.insert(Box::new(Stream::new(rect, room, &self.settings.limits)?)),
        };
        stream.note(frame, &self.sent, |block| self.owed.painted(block, 1));
        self.sent.copy_from(frame, rect);
        self.tiles.settle(frame, &self.sent, rect);
        if let Some(coded) = stream.code(frame, room)? {
            self.writer.video(&mut self.shown, rect, coded);
            stream.sent();
            message.count(rect.area());
            encoded.videos += 1;
        }
        Ok(())
    }
}
