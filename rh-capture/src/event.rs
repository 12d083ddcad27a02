//! What a capture reports between frames.

use std::{fmt, sync::Arc};

use crate::{DisplayId, Layout, Rect, Size};

/// What happened, in the order in which a consumer should hear it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Event {
    /// The layout changed. Displays that are still there stay started, with a whole new picture if their size changed; new ones wait for [`Capture::start`](crate::Capture::start).
    Layout(Arc<Layout>),
    /// Whether and why pictures come. Announced on change; a capture begins in [`State::Active`].
    State(State),
    /// The pointer looks different. A shape of size zero means that no pointer is shown.
    CursorShape(Arc<Shape>),
    /// The pointer is elsewhere.
    CursorPosition(Position),
    /// A started display changed. Announced once; then silence about this display until [`Capture::frame`](crate::Capture::frame) took it, however much more changes meanwhile.
    Frame(DisplayId),
}

/// A place on a display.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Position {
    /// The display.
    pub display: DisplayId,
    /// Column, in the display's pixels.
    pub x: u32,
    /// Row, in the display's pixels.
    pub y: u32,
}

/// Whether pictures come.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum State {
    /// As usual.
    Active,
    /// The system shows a prompt for credentials or a lock screen.
    Secure {
        /// Which prompt.
        kind: SecureKind,
        /// Where, as far as known; `None` means anywhere, on any display.
        region: Option<(DisplayId, Rect)>,
        /// Whether frames go on and show it. If not, the last frame stays.
        capturable: bool,
    },
    /// No pictures for now; they resume by themselves.
    Paused(Why),
    /// The backend is rebuilding its link to the system, which takes up to some seconds.
    Recovering,
    /// No picture will ever come again from this capture; from now on every call returns [`Error::Ended`](crate::Error::Ended).
    Ended(Reason),
}

/// Which secure prompt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SecureKind {
    /// Windows: consent or credentials for an administrator's act.
    Uac,
    /// Sign-in screen.
    Logon,
    /// Lock screen.
    Lock,
    /// Linux: polkit's authentication dialog.
    Polkit,
    /// The system does not say.
    Unknown,
}

/// Why pictures pause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Why {
    /// Another user's session has the screen.
    SwitchedAway,
    /// The display sleeps.
    DisplayOff,
    /// The system or the person at the device paused the capture.
    BySystem,
}

/// Why a capture ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// The window system went away, as at the end of a desktop session.
    ServerGone,
    /// The window system did not answer in time.
    Unresponsive,
    /// The person at the device, or a policy, took the permission back.
    Revoked,
}

/// The pointer's picture, apart from the screen's.
#[derive(Clone, PartialEq, Eq)]
pub struct Shape {
    /// Equal ids of one capture mean equal shapes, so a receiver may keep what it has seen.
    pub id: u64,
    /// Columns and rows, each at most [`Shape::MAX_SIDE`]; zero if no pointer is shown.
    pub size: Size,
    /// The pixel that points, from the left edge.
    pub hotspot_x: u32,
    /// The pixel that points, from the top edge.
    pub hotspot_y: u32,
    /// Blue, green, red, alpha; colours already multiplied by alpha; rows without gaps.
    pub pixels: Box<[u8]>,
}

impl Shape {
    /// Longest side of a shape, in pixels. Larger ones are cropped at the right and bottom: nobody's pointer is that large, only a hostile program's.
    pub const MAX_SIDE: u32 = 256;
}

impl fmt::Debug for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shape").field("id", &self.id).field("size", &self.size).finish_non_exhaustive()
    }
}
