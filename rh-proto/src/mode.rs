//! Modes, how they follow each other, and the table that says what each message may do: state × message × direction, as data.
//!
//! The session state machines ask [`action`] before they look into a message. Nothing else decides whether one is acted on.

mod table;

use std::cmp::Ordering;

pub use self::table::{Action, Direction, Gate, Gates, Row, State, Subject, TABLE, action, table_json};
use crate::msg::mode::{DeclineReason, ModeId};

/// What a helper may do.
///
/// Ordered as far as rights contain each other: `ViewOnly < FullControl < Elevation`; `Unattended` stands apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mode {
    /// See the screen, point at it, chat.
    ViewOnly,
    /// Also keyboard, pointer and, where the settings allow it, clipboard text.
    FullControl,
    /// Also see and answer the system's administrator prompt.
    Elevation,
    /// Full control with nobody present. Entered only at the start, left only by ending.
    Unattended,
}

impl Mode {
    /// Every mode.
    pub const ALL: [Self; 4] = [Self::ViewOnly, Self::FullControl, Self::Elevation, Self::Unattended];

    /// Whether keyboard and pointer of the helper reach the sharer.
    #[must_use]
    pub const fn has_input(self) -> bool {
        !matches!(self, Self::ViewOnly)
    }

    /// Its number on the wire.
    #[must_use]
    pub const fn id(self) -> ModeId {
        match self {
            Self::ViewOnly => ModeId::VIEW_ONLY,
            Self::FullControl => ModeId::FULL_CONTROL,
            Self::Elevation => ModeId::ELEVATION,
            Self::Unattended => ModeId::UNATTENDED,
        }
    }

    /// The mode with this number; `None` for [`ModeId::NONE`] and for numbers that this version does not know.
    #[must_use]
    pub const fn from_id(id: ModeId) -> Option<Self> {
        match id {
            ModeId::VIEW_ONLY => Some(Self::ViewOnly),
            ModeId::FULL_CONTROL => Some(Self::FullControl),
            ModeId::ELEVATION => Some(Self::Elevation),
            ModeId::UNATTENDED => Some(Self::Unattended),
            _ => None,
        }
    }
}

impl PartialOrd for Mode {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Unattended, Self::Unattended) => Some(Ordering::Equal),
            (Self::Unattended, _) | (_, Self::Unattended) => None,
            _ => Some(self.id().0.cmp(&other.id().0)),
        }
    }
}

/// A set of modes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct ModeSet(u8);

impl ModeSet {
    /// No mode.
    pub const NONE: Self = Self(0);
    /// View and full control: what a sharer without policy offers.
    pub const ATTENDED: Self = Self::NONE.with(Mode::ViewOnly).with(Mode::FullControl);

    /// This set and `mode`.
    #[must_use]
    pub const fn with(self, mode: Mode) -> Self {
        Self(self.0 | 1 << mode.id().0)
    }

    /// Whether `mode` is in it.
    #[must_use]
    pub const fn contains(self, mode: Mode) -> bool {
        self.0 & (1 << mode.id().0) != 0
    }
}

/// What a sharer in `current` mode does about a request for `wanted`: ask the person for the mode, or decline.
///
/// `started` says whether any mode was granted before in this session.
///
/// # Errors
/// The reason that the helper is told.
pub fn request(current: Option<Mode>, started: bool, allowed: ModeSet, wanted: ModeId) -> Result<Mode, DeclineReason> {
    let mode = Mode::from_id(wanted).ok_or(DeclineReason::NOT_POSSIBLE)?;
    let reachable = match (current, mode) {
        (None, Mode::Unattended) => !started,
        (None, _) => true,
        // Only upwards: going down needs no request. Unattended compares with nothing, so it is neither reached nor left.
        (Some(current), mode) => mode > current,
    };
    if !reachable {
        Err(DeclineReason::NOT_POSSIBLE)
    } else if !allowed.contains(mode) {
        Err(DeclineReason::NOT_ALLOWED)
    } else {
        Ok(mode)
    }
}

/// What is left of `current` when a side allows `most` from now on. Never more than `current`; nothing when the two do not compare.
#[must_use]
pub fn lower(current: Option<Mode>, most: Option<Mode>) -> Option<Mode> {
    let (current, most) = (current?, most?);
    match current.partial_cmp(&most)? {
        Ordering::Less | Ordering::Equal => Some(current),
        Ordering::Greater => Some(most),
    }
}
