//! Input: acts of the helper's keyboard and pointer, in batches.
//!
//! Keys cross as positions ([USB HUT] usages) with the character that the helper's layout gives, so that the sharer can choose: the position for shortcuts
//! and games, the text where its own layout would give something else.
//!
//! [USB HUT]: https://www.usb.org/document-library/hid-usage-tables-15

use bytes::{Bytes, BytesMut};

use crate::error::Error;
use crate::limits::{Limits, charge};
use crate::msg::layout::{DisplayId, Generation};
use crate::wire::{Decode, Encode, Reader, Text, Writer};

/// A control on a HID usage page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HidUsage {
    /// Usage page; 7 for keyboards, 12 for media keys.
    pub page: u16,
    /// Usage on that page.
    pub id: u16,
}

impl HidUsage {
    /// A key of page 7.
    #[must_use]
    pub const fn keyboard(id: u16) -> Self {
        Self { page: 7, id }
    }
}

/// A pointer button, by its HID number; unknown values survive a round trip.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Button(pub u8);

impl Button {
    /// Primary.
    pub const LEFT: Self = Self(1);
    /// Secondary.
    pub const RIGHT: Self = Self(2);
    /// The wheel, pressed.
    pub const MIDDLE: Self = Self(3);
    /// Thumb, back.
    pub const BACK: Self = Self(4);
    /// Thumb, forward.
    pub const FORWARD: Self = Self(5);
}

/// Which way a wheel turns; unknown values survive a round trip.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct WheelAxis(pub u8);

impl WheelAxis {
    /// Positive turns away from the person, towards the beginning of the page.
    pub const VERTICAL: Self = Self(0);
    /// Positive scrolls to the right.
    pub const HORIZONTAL: Self = Self(1);
}

/// Locks of the helper's keyboard; unknown bits survive a round trip.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Locks(pub u8);

impl Locks {
    /// Caps Lock.
    pub const CAPS: Self = Self(1);
    /// Num Lock.
    pub const NUM: Self = Self(1 << 1);
    /// Scroll Lock.
    pub const SCROLL: Self = Self(1 << 2);

    /// Whether every bit of `other` is set.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

/// One act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A key goes down or up.
    Key {
        /// Its position.
        usage: HidUsage,
        /// Whether it goes down. A repeat is another down.
        down: bool,
        /// The character it gives on the helper's layout and with the helper's modifiers, if it gives one.
        text: Option<char>,
    },
    /// Text without keys, such as an input method's.
    Text(Text),
    /// The pointer goes to a pixel of a display.
    MoveTo {
        /// The display.
        display: DisplayId,
        /// Of the layout that the helper saw.
        generation: Generation,
        /// Pixels from the display's left edge.
        x: i32,
        /// Pixels from the display's upper edge.
        y: i32,
    },
    /// The pointer moves by so many pixels, for programs that capture it.
    MoveBy {
        /// To the right.
        dx: i32,
        /// Down.
        dy: i32,
    },
    /// A button goes down or up.
    Button {
        /// Which.
        button: Button,
        /// Whether it goes down.
        down: bool,
    },
    /// A wheel turns.
    Wheel {
        /// Which way.
        axis: WheelAxis,
        /// In 120ths of a notch.
        v120: i16,
    },
    /// The state of the helper's lock keys, sent when the picture gets the focus and when it changes.
    Locks(Locks),
    /// The secure attention sequence (Ctrl-Alt-Del), which no key event can make.
    Attention,
    /// All keys and buttons go up, such as when the picture loses the focus.
    ReleaseAll,
    /// A kind that this version does not know; whoever injects skips it.
    Other {
        /// Its number.
        kind: u8,
        /// What it says.
        body: Bytes,
    },
}

const KEY: u8 = 1;
const TEXT: u8 = 2;
const MOVE_TO: u8 = 3;
const MOVE_BY: u8 = 4;
const BUTTON: u8 = 5;
const WHEEL: u8 = 6;
const LOCKS: u8 = 7;
const ATTENTION: u8 = 8;
const RELEASE_ALL: u8 = 9;

impl Encode for Input {
    fn encode(&self, out: &mut Writer<'_>) -> Result<(), Error> {
        // Every act has a length, so that an unknown one can be skipped.
        let mut head = |kind, length: u16| {
            out.u8(kind);
            out.u16(length);
        };
        match self {
            Self::Key { usage, down, text } => {
                head(KEY, 9);
                out.u16(usage.page);
                out.u16(usage.id);
                out.bool(*down);
                out.u32(text.map_or(0, u32::from));
            }
            Self::Text(text) => {
                out.u8(TEXT);
                out.text16(text, "typed text")?;
            }
            Self::MoveTo { display, generation, x, y } => {
                head(MOVE_TO, 16);
                out.u32(display.0);
                out.u32(generation.0);
                out.i32(*x);
                out.i32(*y);
            }
            Self::MoveBy { dx, dy } => {
                head(MOVE_BY, 8);
                out.i32(*dx);
                out.i32(*dy);
            }
            Self::Button { button, down } => {
                head(BUTTON, 2);
                out.u8(button.0);
                out.bool(*down);
            }
            Self::Wheel { axis, v120 } => {
                head(WHEEL, 3);
                out.u8(axis.0);
                out.i16(*v120);
            }
            Self::Locks(locks) => {
                head(LOCKS, 1);
                out.u8(locks.0);
            }
            Self::Attention => head(ATTENTION, 0),
            Self::ReleaseAll => head(RELEASE_ALL, 0),
            Self::Other { kind, body } => {
                out.u8(*kind);
                out.len16(body.len(), "input")?;
                out.bytes(body);
            }
        }
        Ok(())
    }
}

impl Decode for Input {
    fn decode(input: &mut Reader<'_>) -> Result<Self, Error> {
        let limits = input.limits();
        let kind = input.u8("input")?;
        let length = usize::from(input.u16("input")?);
        let mut body = Reader::new(input.bytes(length, "input")?, limits);
        let decoded = match kind {
            KEY => Self::Key {
                usage: HidUsage { page: body.u16("key")?, id: body.u16("key")? },
                down: body.bool("key")?,
                // No key types U+0000, so 0 stands for no character.
                text: match body.u32("key")? {
                    0 => None,
                    code => Some(char::from_u32(code).ok_or(Error::Malformed { what: "character of a key" })?),
                },
            },
            TEXT => Self::Text(body.text_rest(limits.text, "typed text")?),
            MOVE_TO => Self::MoveTo {
                display: DisplayId(body.u32("move")?),
                generation: Generation(body.u32("move")?),
                x: body.i32("move")?,
                y: body.i32("move")?,
            },
            MOVE_BY => Self::MoveBy { dx: body.i32("move")?, dy: body.i32("move")? },
            BUTTON => Self::Button { button: Button(body.u8("button")?), down: body.bool("button")? },
            WHEEL => Self::Wheel { axis: WheelAxis(body.u8("wheel")?), v120: body.i16("wheel")? },
            LOCKS => Self::Locks(Locks(body.u8("locks")?)),
            ATTENTION => Self::Attention,
            RELEASE_ALL => Self::ReleaseAll,
            _ => Self::Other { kind, body: body.take_rest() },
        };
        body.finish()?;
        Ok(decoded)
    }
}

/// Acts in the order they happened. Shares the memory of the frame it came in: reading it allocates nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct InputBatch {
    /// Counts up by one from 1; named by a denial.
    pub id: u32,
    /// Invariant: exactly `count` well-formed acts; [`Decode`], the only constructor, reads each of them.
    acts: Bytes,
    count: u16,
}

impl InputBatch {
    /// From acts.
    ///
    /// # Errors
    /// [`Error::LimitExceeded`] when there are more than [`Limits::batch`], or a text is too long.
    pub fn new(id: u32, acts: &[Input], limits: &Limits) -> Result<Self, Error> {
        let mut body = BytesMut::new();
        encode_acts(id, acts, &mut Writer::new(&mut body))?;
        Self::decode(&mut Reader::new(body.freeze(), limits))
    }

    /// How many acts.
    #[must_use]
    pub fn len(&self) -> usize {
        usize::from(self.count)
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The acts in order.
    #[must_use]
    pub fn iter(&self) -> Acts {
        Acts { rest: Reader::new(self.acts.clone(), &Limits::CHECKED) }
    }
}

impl IntoIterator for &InputBatch {
    type Item = Input;
    type IntoIter = Acts;

    fn into_iter(self) -> Acts {
        self.iter()
    }
}

impl std::fmt::Debug for InputBatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // What people type stays out of logs, also by accident.
        f.debug_struct("InputBatch").field("id", &self.id).field("acts", &self.count).finish()
    }
}

/// The acts of a batch, in order.
#[derive(Debug)]
pub struct Acts {
    rest: Reader<'static>,
}

impl Iterator for Acts {
    type Item = Input;

    fn next(&mut self) -> Option<Input> {
        // The batch's invariant: nothing is left, or a whole act is.
        Input::decode(&mut self.rest).ok()
    }
}

/// Appends the body of a batch, straight from the acts.
pub(crate) fn encode_acts(id: u32, acts: &[Input], out: &mut Writer<'_>) -> Result<(), Error> {
    out.u32(id);
    out.len16(acts.len(), "acts in a batch")?;
    acts.iter().try_for_each(|act| act.encode(out))
}

impl Encode for InputBatch {
    fn encode(&self, out: &mut Writer<'_>) -> Result<(), Error> {
        out.u32(self.id);
        out.u16(self.count);
        out.bytes(&self.acts);
        Ok(())
    }
}

impl Decode for InputBatch {
    fn decode(input: &mut Reader<'_>) -> Result<Self, Error> {
        let id = input.u32("input")?;
        let count = input.u16("input")?;
        charge("acts in a batch", usize::from(count), input.limits().batch)?;
        let acts = input.take_rest();
        let mut check = Reader::new(acts.clone(), input.limits());
        for _ in 0..count {
            Input::decode(&mut check)?;
        }
        check.finish()?;
        Ok(Self { id, acts, count })
    }
}
