//! What sessions tell their apps.

use std::time::Duration;

use bytes::Bytes;

use super::link::Shared;
use super::{Close, PeerInfo};
use crate::error::DenyCode;
use crate::mode::Mode;
use crate::msg::MessageType;
use crate::msg::control::PauseReason;
use crate::msg::cursor::{CursorPosition, CursorShape};
use crate::msg::graphics::FrameId;
use crate::msg::input::InputBatch;
use crate::msg::layout::{DisplayId, Layout};
use crate::msg::mode::{DeclineReason, RequestId};
use crate::msg::pointer::{Laser, Stroke};
use crate::wire::Text;

/// What the helper's app shows or does.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum HelperEvent {
    /// The sharer answered. Nothing it says is authenticated yet.
    Hello {
        /// What it says.
        peer: PeerInfo,
    },
    /// Both sides know that they see the same session and that the other proved itself.
    Authenticated,
    /// The person at the device is being asked.
    ConsentPending {
        /// For which request.
        id: RequestId,
    },
    /// The request was granted: the mode holds from now on.
    ModeGranted(Mode),
    /// The request was not granted; the mode is as before.
    ModeDeclined {
        /// Which request.
        id: RequestId,
        /// Why.
        reason: DeclineReason,
    },
    /// The sharer took back rights.
    ModeRevoked {
        /// What is left.
        now: Option<Mode>,
    },
    /// A frame for the codec. To be answered by [`Helper::ack_frame`](super::Helper::ack_frame) when decoded: the sharer waits for it.
    Frame {
        /// Which display it shows.
        display: DisplayId,
        /// Which frame.
        id: FrameId,
        /// The decoder starts anew before it.
        anew: bool,
        /// For the codec.
        payload: Bytes,
    },
    /// The displays, at the start and whenever they change.
    Layout(Layout),
    /// What the pointer looks like.
    CursorShape(CursorShape),
    /// Where the pointer is; `None` when it is hidden.
    CursorPosition(Option<CursorPosition>),
    /// The person at the device says something.
    Chat {
        /// Counts up.
        id: u32,
        /// As typed.
        text: Text,
    },
    /// A chat message reached the sharer.
    ChatDelivered {
        /// As [`Helper::send_chat`](super::Helper::send_chat) gave it.
        id: u32,
    },
    /// Text for the clipboard.
    Clipboard(Text),
    /// The other side's profile picture, an image file: to be compared with the digest that an authority vouches for, before it is shown. Once at most.
    Portrait(Bytes),
    /// Something sent was not acted on.
    Denied {
        /// What kind.
        message: MessageType,
        /// Why.
        code: DenyCode,
        /// Its id, 0 for kinds without one.
        id: u32,
    },
    /// The sharer paused, or goes on.
    Paused {
        /// Whether it is paused now.
        paused: bool,
        /// Why.
        reason: PauseReason,
    },
    /// How long a message takes there and back.
    Rtt(Duration),
    /// It is over. The last event.
    Closed(Close),
}

impl From<Shared> for HelperEvent {
    fn from(event: Shared) -> Self {
        match event {
            Shared::Hello(peer) => Self::Hello { peer },
            Shared::Authenticated => Self::Authenticated,
            Shared::Chat { id, text } => Self::Chat { id, text },
            Shared::ChatDelivered { id } => Self::ChatDelivered { id },
            Shared::Clipboard(text) => Self::Clipboard(text),
            Shared::Portrait(file) => Self::Portrait(file),
            Shared::Denied { message, code, id } => Self::Denied { message, code, id },
            Shared::Paused { paused, reason } => Self::Paused { paused, reason },
            Shared::Rtt(rtt) => Self::Rtt(rtt),
        }
    }
}

/// What the sharer's app shows or does.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SharerEvent {
    /// The helper introduced itself. Nothing it says is authenticated yet.
    Hello {
        /// What it says.
        peer: PeerInfo,
    },
    /// Both sides know that they see the same session and that the other proved itself.
    Authenticated,
    /// Ask the person; answer with [`Sharer::consent`](super::Sharer::consent).
    ConsentRequested {
        /// Which request.
        id: RequestId,
        /// For which mode.
        mode: Mode,
    },
    /// Stop asking: the helper withdrew, time ran out, or the session went another way.
    ConsentWithdrawn {
        /// Which request.
        id: RequestId,
    },
    /// What the helper may do from now on. For the indicator, the picture and the record.
    ModeChanged(Option<Mode>),
    /// To be injected, in order.
    Input(InputBatch),
    /// Let go of every key and button that the helper holds.
    ReleaseAll,
    /// The helper says something.
    Chat {
        /// Counts up.
        id: u32,
        /// As typed.
        text: Text,
    },
    /// A chat message reached the helper.
    ChatDelivered {
        /// As [`Sharer::send_chat`](super::Sharer::send_chat) gave it.
        id: u32,
    },
    /// The helper points at a pixel, or no longer points.
    Laser(Option<Laser>),
    /// The helper draws.
    Stroke(Stroke),
    /// All strokes go away.
    Erase,
    /// Text for the clipboard.
    Clipboard(Text),
    /// The other side's profile picture, an image file: to be compared with the digest that an authority vouches for, before it is shown. Once at most.
    Portrait(Bytes),
    /// Something sent was not acted on.
    Denied {
        /// What kind.
        message: MessageType,
        /// Why.
        code: DenyCode,
        /// Its id, 0 for kinds without one.
        id: u32,
    },
    /// The helper paused, or goes on.
    Paused {
        /// Whether it is paused now.
        paused: bool,
        /// Why.
        reason: PauseReason,
    },
    /// The helper has decoded this frame and all before it.
    FrameAcked {
        /// Which frame.
        id: FrameId,
        /// From [`Sharer::send_frame`](super::Sharer::send_frame) to here.
        rtt: Duration,
        /// The part of it that the helper spent decoding.
        decode: Duration,
        /// Complete frames that the helper has not decoded yet.
        queued: u16,
    },
    /// The picture starts anew: reset the encoder. The next frame sent is the first of the new picture.
    RefreshRequested,
    /// The indicator did not beat in time: frames and input stop until it does.
    InterlockLost,
    /// How long a message takes there and back.
    Rtt(Duration),
    /// It is over. The last event.
    Closed(Close),
}

impl From<Shared> for SharerEvent {
    fn from(event: Shared) -> Self {
        match event {
            Shared::Hello(peer) => Self::Hello { peer },
            Shared::Authenticated => Self::Authenticated,
            Shared::Chat { id, text } => Self::Chat { id, text },
            Shared::ChatDelivered { id } => Self::ChatDelivered { id },
            Shared::Clipboard(text) => Self::Clipboard(text),
            Shared::Portrait(file) => Self::Portrait(file),
            Shared::Denied { message, code, id } => Self::Denied { message, code, id },
            Shared::Paused { paused, reason } => Self::Paused { paused, reason },
            Shared::Rtt(rtt) => Self::Rtt(rtt),
        }
    }
}
