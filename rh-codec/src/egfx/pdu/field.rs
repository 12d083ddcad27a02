//! Fields of commands: numbers, points, rectangles and lists of them, little-endian.

use crate::{Error, Rect};

/// Reads fields from the front of a command's bytes.
#[derive(Clone, Debug)]
pub(in crate::egfx) struct Input<'a>(pub(in crate::egfx) &'a [u8]);

impl<'a> Input<'a> {
    pub(in crate::egfx) fn bytes(&mut self, count: usize) -> Result<&'a [u8], Error> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(Error::Malformed("a command ends inside a field"))?;
        self.0 = rest;
        Ok(taken)
    }

    pub(in crate::egfx) fn array<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let (taken, rest) = self.0.split_first_chunk().ok_or(Error::Malformed("a command ends inside a field"))?;
        self.0 = rest;
        Ok(*taken)
    }

    /// `count` elements of `N` bytes.
    fn arrays<const N: usize>(&mut self, count: usize) -> Result<&'a [[u8; N]], Error> {
        Ok(self.bytes(count.saturating_mul(N))?.as_chunks().0)
    }
}

/// Something that lies in a command, and how.
pub(in crate::egfx) trait Field<'a>: Sized {
    fn read(input: &mut Input<'a>) -> Result<Self, Error>;
    fn write(&self, out: &mut Vec<u8>);
}

macro_rules! number {
    ($($type:ty),*) => {$(
        impl Field<'_> for $type {
            fn read(input: &mut Input<'_>) -> Result<Self, Error> {
                Ok(Self::from_le_bytes(input.array()?))
            }

            fn write(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.to_le_bytes());
            }
        }
    )*};
}
number!(u8, u16, u32, u64, i32);

/// A number on the wire with names for the values that are known.
macro_rules! named {
    ($(#[$doc:meta])* $name:ident($number:ty) { $($(#[$value_doc:meta])* $value:ident = $code:expr,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub $number);

        impl $name {
            $($(#[$value_doc])* pub const $value: Self = Self($code);)*
        }

        impl $crate::egfx::pdu::Field<'_> for $name {
            fn read(input: &mut $crate::egfx::pdu::Input<'_>) -> Result<Self, $crate::Error> {
                Ok(Self(<$number>::from_le_bytes(input.array()?)))
            }

            fn write(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.0.to_le_bytes());
            }
        }
    };
}
pub(in crate::egfx) use named;

/// A structure whose fields follow each other on the wire as they do here.
macro_rules! layout {
    ($(#[$doc:meta])* $name:ident $(<$life:lifetime>)? { $($(#[$field_doc:meta])* $field:ident: $type:ty,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct $name $(<$life>)? {
            $($(#[$field_doc])* pub $field: $type,)*
        }

        $crate::egfx::pdu::layout!(@field $name $(<$life>)? { $($field: $type,)* });
    };
    (@field $name:ident <$life:lifetime> { $($field:ident: $type:ty,)* }) => {
        impl<$life> $crate::egfx::pdu::Field<$life> for $name<$life> {
            fn read(input: &mut $crate::egfx::pdu::Input<$life>) -> Result<Self, $crate::Error> {
                Ok(Self { $($field: $crate::egfx::pdu::Field::read(input)?,)* })
            }

            fn write(&self, out: &mut Vec<u8>) {
                $($crate::egfx::pdu::Field::write(&self.$field, out);)*
            }
        }
    };
    (@field $name:ident { $($field:ident: $type:ty,)* }) => {
        impl $crate::egfx::pdu::Field<'_> for $name {
            fn read(input: &mut $crate::egfx::pdu::Input<'_>) -> Result<Self, $crate::Error> {
                Ok(Self { $($field: $crate::egfx::pdu::Field::read(input)?,)* })
            }

            fn write(&self, out: &mut Vec<u8>) {
                $($crate::egfx::pdu::Field::write(&self.$field, out);)*
            }
        }
    };
}
pub(in crate::egfx) use layout;

layout! {
    /// `RDPGFX_POINT16` (2.2.1.1).
    Point16 {
        /// Column.
        x: u16,
        /// Row.
        y: u16,
    }
}

impl Point16 {
    /// The point as it lies in a list.
    pub const fn to_bytes(self) -> [u8; 4] {
        let ([a, b], [c, d]) = (self.x.to_le_bytes(), self.y.to_le_bytes());
        [a, b, c, d]
    }

    const fn from_bytes([a, b, c, d]: [u8; 4]) -> Self {
        Self { x: u16::from_le_bytes([a, b]), y: u16::from_le_bytes([c, d]) }
    }
}

layout! {
    /// `RDPGFX_RECT16` (2.2.1.2): right and bottom lie outside.
    Rect16 {
        /// First column.
        left: u16,
        /// First row.
        top: u16,
        /// The column after the last one.
        right: u16,
        /// The row after the last one.
        bottom: u16,
    }
}

impl Rect16 {
    /// A rectangle of a surface, if it is none beyond 65,535.
    ///
    /// # Errors
    /// `ApiMisuse` if the right or lower edge lies beyond.
    pub fn new(rect: Rect) -> Result<Self, Error> {
        let edge = |at: u32| u16::try_from(at).map_err(|_| Error::ApiMisuse("a surface has at most 65535 columns and rows"));
        Ok(Self { left: edge(rect.x)?, top: edge(rect.y)?, right: edge(rect.right())?, bottom: edge(rect.bottom())? })
    }

    /// The rectangle in our terms.
    ///
    /// # Errors
    /// `Malformed` if it covers nothing.
    pub fn rect(self) -> Result<Rect, Error> {
        if self.right <= self.left || self.bottom <= self.top {
            return Err(Error::Malformed("a rectangle without pixels"));
        }
        Ok(Rect::new(self.left.into(), self.top.into(), (self.right - self.left).into(), (self.bottom - self.top).into()))
    }

    /// The rectangle as it lies in a list.
    pub const fn to_bytes(self) -> [u8; 8] {
        let (left_top, right_bottom) = (Point16 { x: self.left, y: self.top }, Point16 { x: self.right, y: self.bottom });
        let ([a, b, c, d], [e, f, g, h]) = (left_top.to_bytes(), right_bottom.to_bytes());
        [a, b, c, d, e, f, g, h]
    }

    const fn from_bytes([a, b, c, d, e, f, g, h]: [u8; 8]) -> Self {
        let (from, to) = (Point16::from_bytes([a, b, c, d]), Point16::from_bytes([e, f, g, h]));
        Self { left: from.x, top: from.y, right: to.x, bottom: to.y }
    }
}

layout! {
    /// `RDPGFX_COLOR32` (2.2.1.3).
    Colour32 {
        /// Blue.
        blue: u8,
        /// Green.
        green: u8,
        /// Red.
        red: u8,
        /// Alpha on a surface that has it; else without meaning.
        alpha: u8,
    }
}

/// At most 65,535 elements behind their number, kept as they lie on the wire.
macro_rules! list {
    ($(#[$doc:meta])* $name:ident of $size:literal bytes, $count:ty, $item:ty, $from:expr) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct $name<'a>(&'a [[u8; $size]]);

        impl<'a> $name<'a> {
            /// A list of elements in their wire form.
            ///
            /// # Errors
            /// `ApiMisuse` if there are more than 65,535.
            pub fn new(elements: &'a [[u8; $size]]) -> Result<Self, Error> {
                if elements.len() > usize::from(u16::MAX) {
                    return Err(Error::ApiMisuse("a list on the wire has at most 65535 elements"));
                }
                Ok(Self(elements))
            }

            /// Number of elements.
            pub const fn len(&self) -> usize {
                self.0.len()
            }

            /// Whether there are none.
            pub const fn is_empty(&self) -> bool {
                self.0.is_empty()
            }

            /// The elements, in order.
            pub fn iter(&self) -> impl ExactSizeIterator<Item = $item> + use<'a> {
                self.0.iter().map(|bytes| $from(*bytes))
            }
        }

        impl<'a> Field<'a> for $name<'a> {
            fn read(input: &mut Input<'a>) -> Result<Self, Error> {
                let count = <$count>::from_le_bytes(input.array()?);
                if usize::try_from(count).is_ok_and(|count| count <= usize::from(u16::MAX)) {
                    Ok(Self(input.arrays(count as usize)?))
                } else {
                    Err(Error::Malformed("a list of more than 65535 elements"))
                }
            }

            fn write(&self, out: &mut Vec<u8>) {
                // `new` and `read` allow no more elements than the number can say.
                #[expect(clippy::cast_possible_truncation, reason = "at most 65,535")]
                let count = self.0.len() as $count;
                Field::write(&count, out);
                out.extend_from_slice(self.0.as_flattened());
            }
        }
    };
}

list! {
    /// Where something is painted.
    Points of 4 bytes, u16, Point16, Point16::from_bytes
}
list! {
    /// What is filled.
    Rects of 8 bytes, u16, Rect16, Rect16::from_bytes
}
list! {
    /// Slots of the cache.
    Slots of 2 bytes, u16, u16, u16::from_le_bytes
}
list! {
    /// Entries of a cache that outlived its connection.
    CacheEntries of 12 bytes, u16, CacheEntry, CacheEntry::from_bytes
}
list! {
    /// Monitors of the output.
    Monitors of 20 bytes, u32, Monitor, Monitor::from_bytes
}

layout! {
    /// `RDPGFX_CACHE_ENTRY_METADATA` (2.2.2.16.1).
    CacheEntry {
        /// The key under which the server stored it.
        key: u64,
        /// Its size in bytes, uncompressed.
        length: u32,
    }
}

impl CacheEntry {
    fn from_bytes([a, b, c, d, e, f, g, h, i, j, k, l]: [u8; 12]) -> Self {
        Self { key: u64::from_le_bytes([a, b, c, d, e, f, g, h]), length: u32::from_le_bytes([i, j, k, l]) }
    }

    /// The entry as it lies in a list.
    pub fn to_bytes(self) -> [u8; 12] {
        let mut bytes = [0; 12];
        bytes[..8].copy_from_slice(&self.key.to_le_bytes());
        bytes[8..].copy_from_slice(&self.length.to_le_bytes());
        bytes
    }
}

layout! {
    /// `TS_MONITOR_DEF` ([MS-RDPBCGR] 2.2.1.3.6.1): right and bottom lie *inside*, unlike those of [`Rect16`].
    Monitor {
        /// First column.
        left: i32,
        /// First row.
        top: i32,
        /// Last column.
        right: i32,
        /// Last row.
        bottom: i32,
        /// 1 for the primary monitor.
        flags: u32,
    }
}

impl Monitor {
    fn from_bytes(bytes: [u8; 20]) -> Self {
        let at = |i: usize| [bytes[4 * i], bytes[4 * i + 1], bytes[4 * i + 2], bytes[4 * i + 3]];
        Self {
            left: i32::from_le_bytes(at(0)),
            top: i32::from_le_bytes(at(1)),
            right: i32::from_le_bytes(at(2)),
            bottom: i32::from_le_bytes(at(3)),
            flags: u32::from_le_bytes(at(4)),
        }
    }

    /// The monitor as it lies in a list.
    pub fn to_bytes(self) -> [u8; 20] {
        let numbers = [self.left.to_le_bytes(), self.top.to_le_bytes(), self.right.to_le_bytes(), self.bottom.to_le_bytes()];
        let mut bytes = [0; 20];
        bytes[..16].copy_from_slice(numbers.as_flattened());
        bytes[16..].copy_from_slice(&self.flags.to_le_bytes());
        bytes
    }
}

/// A codec's bytes, behind their number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Data<'a>(pub &'a [u8]);

impl<'a> Field<'a> for Data<'a> {
    fn read(input: &mut Input<'a>) -> Result<Self, Error> {
        let length = u32::read(input)?;
        Ok(Self(input.bytes(usize::try_from(length).unwrap_or(usize::MAX))?))
    }

    fn write(&self, out: &mut Vec<u8>) {
        let length = u32::try_from(self.0.len()).expect("one command holds less than 4 GiB: its own length is a u32");
        length.write(out);
        out.extend_from_slice(self.0);
    }
}
