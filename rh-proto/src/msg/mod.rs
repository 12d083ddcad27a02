//! The messages, one family a module.

pub mod auth;
pub mod chat;
pub mod clipboard;
pub mod control;
pub mod cursor;
pub mod graphics;
pub mod hello;
pub mod input;
pub mod layout;
pub mod mode;
pub mod pointer;
pub mod profile;

use bytes::BytesMut;

use crate::error::Error;
use crate::frame::{Flags, Frame, put};
use crate::limits::Limits;
use crate::wire::{Decode, Encode, Reader, Writer};

/// Which message a wire frame holds; unknown values survive a round trip.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MessageType(pub u8);

/// Declares the type numbers, [`Message`] and both directions of its translation from one list, so that none can be forgotten in one of them.
macro_rules! messages {
    ($($(#[$doc:meta])* $constant:ident = $number:literal, $variant:ident($body:ty);)*) => {
        impl MessageType {
            $($(#[$doc])* pub const $constant: Self = Self($number);)*

            /// Every type that this version knows.
            pub const ALL: &'static [Self] = &[$(Self::$constant),*];

            /// The constant's name; `None` for a type that this version does not know.
            #[must_use]
            pub const fn name(self) -> Option<&'static str> {
                match self.0 {
                    $($number => Some(stringify!($constant)),)*
                    _ => None,
                }
            }
        }

        /// Any message.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum Message {
            $($(#[$doc])* $variant($body),)*
            /// A type that this version does not know, whole: it encodes to the bytes it came from.
            Other(Frame),
        }

        $(impl From<$body> for Message {
            fn from(body: $body) -> Self {
                Self::$variant(body)
            }
        }

        impl Body for $body {
            const TYPE: MessageType = MessageType::$constant;
        })*

        impl Message {
            /// Its type.
            #[must_use]
            pub fn message_type(&self) -> MessageType {
                match self {
                    $(Self::$variant(_) => MessageType::$constant,)*
                    Self::Other(frame) => frame.message,
                }
            }

            /// Understands a frame. The flags of known types are not looked at: a session has seen that there are none.
            ///
            /// # Errors
            /// [`Error::Malformed`] or [`Error::LimitExceeded`].
            pub fn decode(frame: Frame, limits: &Limits) -> Result<Self, Error> {
                match frame.message {
                    $(MessageType::$constant => body::<$body>(frame, limits).map(Self::$variant),)*
                    _ => Ok(Self::Other(frame)),
                }
            }

            /// Appends the message as a whole wire frame. On an error `out` is as before.
            ///
            /// # Errors
            /// [`Error::LimitExceeded`] when a text or list does not fit its length field.
            pub fn encode(&self, out: &mut BytesMut) -> Result<(), Error> {
                match self {
                    $(Self::$variant(body) => write(body, out),)*
                    Self::Other(frame) => frame.write(out),
                }
            }
        }
    };
}

messages! {
    /// Who I am and what I can do. The first message in each direction.
    HELLO = 0x01, Hello(hello::Hello);
    /// A step of a credential.
    AUTH = 0x02, Auth(auth::Auth);
    /// The hash of all that was said so far.
    AUTH_OK = 0x03, AuthOk(auth::AuthOk);
    /// The last message: why the session ends.
    CLOSE = 0x04, Close(control::Close);
    /// Are you there, and how far away?
    PING = 0x05, Ping(control::Ping);
    /// The answer to a ping.
    PONG = 0x06, Pong(control::Pong);
    /// A message was not acted on; the session goes on.
    DENIED = 0x07, Denied(control::Denied);
    /// Nothing shall happen for a while, or things go on.
    PAUSE = 0x08, Pause(control::Pause);
    /// The helper asks for a mode.
    MODE_REQUEST = 0x10, ModeRequest(mode::ModeRequest);
    /// The helper no longer wants what it asked for.
    MODE_CANCEL = 0x11, ModeCancel(mode::ModeCancel);
    /// The person at the device is being asked.
    CONSENT_PENDING = 0x12, ConsentPending(mode::ConsentPending);
    /// The mode asked for is granted.
    MODE_GRANT = 0x13, ModeGrant(mode::ModeGrant);
    /// The mode asked for is not granted.
    MODE_DECLINE = 0x14, ModeDecline(mode::ModeDecline);
    /// The helper gives up rights.
    MODE_DOWNGRADE = 0x15, ModeDowngrade(mode::ModeDowngrade);
    /// The sharer takes back rights.
    MODE_REVOKE = 0x16, ModeRevoke(mode::ModeRevoke);
    /// A piece of a frame of the screen.
    FRAGMENT = 0x20, Fragment(graphics::Fragment);
    /// Frames are on the helper's screen.
    FRAME_ACK = 0x21, FrameAck(graphics::FrameAck);
    /// The helper's decoder starts anew.
    REFRESH = 0x22, Refresh(graphics::Refresh);
    /// Which displays there are.
    LAYOUT = 0x28, Layout(layout::Layout);
    /// What the pointer looks like.
    CURSOR_SHAPE = 0x30, CursorShape(cursor::CursorShape);
    /// Where the pointer is.
    CURSOR_POSITION = 0x31, CursorPosition(cursor::CursorPosition);
    /// There is no pointer to show.
    CURSOR_HIDDEN = 0x32, CursorHidden(cursor::CursorHidden);
    /// Acts of the helper's keyboard and pointer.
    INPUT = 0x40, Input(input::InputBatch);
    /// The helper points at something.
    LASER = 0x48, Laser(pointer::Laser);
    /// The helper no longer points.
    LASER_OFF = 0x49, LaserOff(pointer::LaserOff);
    /// The helper draws on the picture.
    STROKE = 0x4a, Stroke(pointer::Stroke);
    /// All strokes go away.
    ERASE = 0x4b, Erase(pointer::Erase);
    /// What a person says.
    CHAT = 0x50, Chat(chat::Chat);
    /// It arrived.
    CHAT_ACK = 0x51, ChatAck(chat::ChatAck);
    /// Text for the other side's clipboard.
    CLIPBOARD = 0x58, Clipboard(clipboard::Clipboard);
    /// The sender's face.
    PORTRAIT = 0x60, Portrait(profile::Portrait);
}

/// The body of a known message.
pub trait Body: Encode + Decode {
    /// Its type.
    const TYPE: MessageType;
}

/// Understands the body of `frame` as a `B`, to its last byte.
///
/// # Errors
/// [`Error::Malformed`] or [`Error::LimitExceeded`].
pub fn body<B: Body>(frame: Frame, limits: &Limits) -> Result<B, Error> {
    let mut reader = Reader::new(frame.body, limits);
    let body = B::decode(&mut reader)?;
    reader.finish()?;
    Ok(body)
}

/// Appends `body` as a whole wire frame. On an error `out` is as before.
///
/// # Errors
/// [`Error::LimitExceeded`] when a text or list does not fit its length field.
pub fn write<B: Body>(body: &B, out: &mut BytesMut) -> Result<(), Error> {
    put(out, B::TYPE, Flags::default(), |out| body.encode(&mut Writer::new(out)))
}

/// A message without a body.
macro_rules! empty {
    ($name:ty) => {
        impl $crate::wire::Encode for $name {
            fn encode(&self, _: &mut $crate::wire::Writer<'_>) -> Result<(), $crate::error::Error> {
                Ok(())
            }
        }

        impl $crate::wire::Decode for $name {
            fn decode(_: &mut $crate::wire::Reader<'_>) -> Result<Self, $crate::error::Error> {
                Ok(Self)
            }
        }
    };
}
pub(crate) use empty;
