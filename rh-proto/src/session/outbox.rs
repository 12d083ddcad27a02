//! What waits to be sent, most urgent first: control, acknowledgement, input, then what only its newest state matters of, then a profile picture, then one
//! frame in fragments.
//!
//! Nothing here grows with a slow transport: the two lanes are bounded by [`Limits::queued`](crate::limits::Limits::queued), a slot holds one message, and
//! there is room for one frame.

use std::collections::VecDeque;

use bytes::{Bytes, BytesMut};

use crate::error::Error;
use crate::frame::{Flags, HEADER, put};
use crate::msg::graphics::{Fragment, FragmentFlags, FrameId, MAX_FRAGMENT};
use crate::msg::layout::DisplayId;
use crate::msg::{Body, MessageType, write};
use crate::wire::{Encode as _, Writer};

/// Messages that follow each other.
#[derive(Debug, Default)]
struct Lane {
    queue: VecDeque<Bytes>,
    /// Sum over `queue`.
    bytes: usize,
}

impl Lane {
    fn push(&mut self, frame: Bytes) {
        self.bytes = self.bytes.saturating_add(frame.len());
        self.queue.push_back(frame);
    }

    fn pop(&mut self) -> Option<Bytes> {
        let frame = self.queue.pop_front()?;
        self.bytes = self.bytes.saturating_sub(frame.len());
        Some(frame)
    }

    fn clear(&mut self) {
        self.queue.clear();
        self.bytes = 0;
    }
}

/// Messages of which a newer one makes the older pointless.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Slot {
    FrameAck,
    Laser,
    CursorPosition,
    CursorShape,
    Clipboard,
}

#[derive(Debug, Default)]
struct Slots {
    frame_ack: Option<Bytes>,
    laser: Option<Bytes>,
    cursor_position: Option<Bytes>,
    cursor_shape: Option<Bytes>,
    clipboard: Option<Bytes>,
}

#[derive(Debug)]
struct Picture {
    display: DisplayId,
    id: FrameId,
    anew: bool,
    /// Not fragmented yet.
    rest: Bytes,
}

#[derive(Debug)]
pub(crate) struct Outbox {
    /// Where messages are encoded. Its memory is used again when what was split off it has been sent and dropped.
    scratch: BytesMut,
    limit: usize,
    control: Lane,
    input: Lane,
    slots: Slots,
    portrait: Option<Bytes>,
    picture: Option<Picture>,
    /// Whether fragments wait although there is nothing more urgent.
    held: bool,
}

/// Room for the largest fragment and a few small messages.
const SCRATCH: usize = 48 * 1024;

impl Outbox {
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            scratch: BytesMut::with_capacity(SCRATCH),
            limit,
            control: Lane::default(),
            input: Lane::default(),
            slots: Slots::default(),
            portrait: None,
            picture: None,
            held: false,
        }
    }

    fn encode<B: Body>(&mut self, body: &B) -> Result<Bytes, Error> {
        write(body, &mut self.scratch)?;
        Ok(self.scratch.split().freeze())
    }

    /// Queues a control message, however full the lane is: for acts of the person at this side, which are few and must not fail.
    pub(crate) fn insist<B: Body>(&mut self, body: &B) -> Result<Bytes, Error> {
        let frame = self.encode(body)?;
        self.control.push(frame.clone());
        Ok(frame)
    }

    /// Queues a control message.
    pub(crate) fn control<B: Body>(&mut self, body: &B) -> Result<(), Error> {
        let frame = self.encode(body)?;
        if self.control.bytes.saturating_add(frame.len()) > self.limit {
            return Err(Error::Busy);
        }
        self.control.push(frame);
        Ok(())
    }

    /// Queues input; `fill` writes the body.
    pub(crate) fn input(&mut self, fill: impl FnOnce(&mut Writer<'_>) -> Result<(), Error>) -> Result<(), Error> {
        put(&mut self.scratch, MessageType::INPUT, Flags::default(), |out| fill(&mut Writer::new(out)))?;
        let frame = self.scratch.split().freeze();
        if self.input.bytes.saturating_add(frame.len()) > self.limit {
            return Err(Error::Busy);
        }
        self.input.push(frame);
        Ok(())
    }

    /// Queues a message in the place of the one before.
    pub(crate) fn replace<B: Body>(&mut self, slot: Slot, body: &B) -> Result<(), Error> {
        let frame = self.encode(body)?;
        let slot = match slot {
            Slot::FrameAck => &mut self.slots.frame_ack,
            Slot::Laser => &mut self.slots.laser,
            Slot::CursorPosition => &mut self.slots.cursor_position,
            Slot::CursorShape => &mut self.slots.cursor_shape,
            Slot::Clipboard => &mut self.slots.clipboard,
        };
        *slot = Some(frame);
        Ok(())
    }

    /// Queues the one profile picture: behind all that is urgent, before the screen.
    pub(crate) fn portrait<B: Body>(&mut self, body: &B) -> Result<(), Error> {
        self.portrait = Some(self.encode(body)?);
        Ok(())
    }

    /// Whether a frame is still being sent.
    pub(crate) fn has_picture(&self) -> bool {
        self.picture.is_some()
    }

    /// Queues a frame. The caller has seen that there is none.
    pub(crate) fn picture(&mut self, display: DisplayId, id: FrameId, anew: bool, payload: Bytes) {
        self.picture = Some(Picture { display, id, anew, rest: payload });
    }

    /// Stops or lets go the fragments.
    pub(crate) fn hold(&mut self, held: bool) {
        self.held = held;
    }

    /// Throws away what only a mode with input lets through.
    pub(crate) fn clear_input(&mut self) {
        self.input.clear();
        self.slots.clipboard = None;
    }

    /// Throws away all that shows, or points at, the screen.
    pub(crate) fn clear_screen(&mut self) {
        self.picture = None;
        self.slots = Slots::default();
    }

    /// Leaves nothing but control messages, for the end.
    pub(crate) fn keep_control(&mut self) {
        self.clear_input();
        self.clear_screen();
        self.portrait = None;
    }

    /// Leaves nothing.
    pub(crate) fn clear(&mut self) {
        self.control.clear();
        self.keep_control();
    }

    pub(crate) fn pop(&mut self) -> Option<Bytes> {
        let slots = &mut self.slots;
        self.control
            .pop()
            .or_else(|| slots.frame_ack.take())
            .or_else(|| self.input.pop())
            .or_else(|| slots.laser.take())
            .or_else(|| slots.cursor_position.take())
            .or_else(|| slots.cursor_shape.take())
            .or_else(|| slots.clipboard.take())
            .or_else(|| self.portrait.take())
            .or_else(|| if self.held { None } else { self.fragment() })
    }

    fn fragment(&mut self) -> Option<Bytes> {
        let mut picture = self.picture.take()?;
        let payload = picture.rest.split_to(picture.rest.len().min(MAX_FRAGMENT));
        let mut flags = FragmentFlags::default();
        if picture.anew {
            flags = flags.union(FragmentFlags::ANEW);
        }
        if picture.rest.is_empty() {
            flags = flags.union(FragmentFlags::LAST);
        }
        let fragment = Fragment { display: picture.display, frame: picture.id, flags, payload };
        if !picture.rest.is_empty() {
            self.picture = Some(picture);
        }
        self.scratch.reserve(HEADER.saturating_add(Fragment::HEADER).saturating_add(fragment.payload.len()));
        // A fragment is far below what the header can say.
        put(&mut self.scratch, Fragment::TYPE, Flags::default(), |out| fragment.encode(&mut Writer::new(out))).ok()?;
        Some(self.scratch.split().freeze())
    }
}
