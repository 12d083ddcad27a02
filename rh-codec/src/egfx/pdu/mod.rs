//! The commands of the pipeline (2.2.2), parsed without copies and written again byte for byte.

mod cache;
mod field;
mod frame;
mod paint;
mod surface;

pub use cache::{CacheImportOffer, CacheImportReply, CacheToSurface, EvictCacheEntry, SurfaceToCache};
pub use field::{CacheEntries, CacheEntry, Colour32, Data, Monitor, Monitors, Point16, Points, Rect16, Rects, Slots};
pub use frame::{EndFrame, FrameAcknowledge, QoeFrameAcknowledge, StartFrame};
pub use paint::{CodecId, DeleteEncodingContext, PixelFormat, SolidFill, SurfaceToSurface, WireToSurface1, WireToSurface2, point};
pub use surface::{
    CreateSurface, DeleteSurface, MapSurfaceToOutput, MapSurfaceToScaledOutput, MapSurfaceToScaledWindow, MapSurfaceToWindow, ResetGraphics,
};

pub(super) use field::{Field, Input, layout, named};

use super::caps::{CapsAdvertise, CapsConfirm};
use crate::Error;

/// Bytes of `RDPGFX_HEADER` (2.2.1.5): command, flags, length of the whole.
const HEADER: usize = 8;

named! {
    /// Which command (2.2.1.5).
    CommandId(u16) {
        /// [`WireToSurface1`]
        WIRE_TO_SURFACE_1 = 0x01,
        /// [`WireToSurface2`]
        WIRE_TO_SURFACE_2 = 0x02,
        /// [`DeleteEncodingContext`]
        DELETE_ENCODING_CONTEXT = 0x03,
        /// [`SolidFill`]
        SOLID_FILL = 0x04,
        /// [`SurfaceToSurface`]
        SURFACE_TO_SURFACE = 0x05,
        /// [`SurfaceToCache`]
        SURFACE_TO_CACHE = 0x06,
        /// [`CacheToSurface`]
        CACHE_TO_SURFACE = 0x07,
        /// [`EvictCacheEntry`]
        EVICT_CACHE_ENTRY = 0x08,
        /// [`CreateSurface`]
        CREATE_SURFACE = 0x09,
        /// [`DeleteSurface`]
        DELETE_SURFACE = 0x0a,
        /// [`StartFrame`]
        START_FRAME = 0x0b,
        /// [`EndFrame`]
        END_FRAME = 0x0c,
        /// [`FrameAcknowledge`]
        FRAME_ACKNOWLEDGE = 0x0d,
        /// [`ResetGraphics`]
        RESET_GRAPHICS = 0x0e,
        /// [`MapSurfaceToOutput`]
        MAP_SURFACE_TO_OUTPUT = 0x0f,
        /// [`CacheImportOffer`]
        CACHE_IMPORT_OFFER = 0x10,
        /// [`CacheImportReply`]
        CACHE_IMPORT_REPLY = 0x11,
        /// [`CapsAdvertise`]
        CAPS_ADVERTISE = 0x12,
        /// [`CapsConfirm`]
        CAPS_CONFIRM = 0x13,
        /// [`MapSurfaceToWindow`]
        MAP_SURFACE_TO_WINDOW = 0x15,
        /// [`QoeFrameAcknowledge`]
        QOE_FRAME_ACKNOWLEDGE = 0x16,
        /// [`MapSurfaceToScaledOutput`]
        MAP_SURFACE_TO_SCALED_OUTPUT = 0x17,
        /// [`MapSurfaceToScaledWindow`]
        MAP_SURFACE_TO_SCALED_WINDOW = 0x18,
    }
}

/// A command that this version does not know, kept whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Other<'a> {
    /// Its number.
    pub id: CommandId,
    /// What follows its header.
    pub body: &'a [u8],
}

macro_rules! commands {
    ($($id:ident => $name:ident $(<$life:lifetime>)?,)*) => {
        /// One command.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        #[expect(missing_docs, reason = "each variant holds the type of its name, which says what it is")]
        pub enum Command<'a> {
            $($name($name $(<$life>)?),)*
            Other(Other<'a>),
        }

        impl<'a> Command<'a> {
            fn parse(id: CommandId, body: &'a [u8]) -> Result<Self, Error> {
                let mut input = Input(body);
                let command = match id {
                    $(CommandId::$id => Self::$name($name::read(&mut input)?),)*
                    _ => return Ok(Self::Other(Other { id, body })),
                };
                if input.0.is_empty() { Ok(command) } else { Err(Error::Malformed("a command is longer than its fields")) }
            }

            /// Its number.
            pub const fn id(&self) -> CommandId {
                match self {
                    $(Self::$name(_) => CommandId::$id,)*
                    Self::Other(other) => other.id,
                }
            }

            fn write_body(&self, out: &mut Vec<u8>) {
                match self {
                    $(Self::$name(command) => command.write(out),)*
                    Self::Other(other) => out.extend_from_slice(other.body),
                }
            }
        }

        $(
            #[allow(single_use_lifetimes, reason = "named for commands that borrow and for those that do not")]
            impl<'a> From<$name $(<$life>)?> for Command<'a> {
                fn from(command: $name $(<$life>)?) -> Self {
                    Self::$name(command)
                }
            }
        )*
    };
}

commands! {
    WIRE_TO_SURFACE_1 => WireToSurface1<'a>,
    WIRE_TO_SURFACE_2 => WireToSurface2<'a>,
    DELETE_ENCODING_CONTEXT => DeleteEncodingContext,
    SOLID_FILL => SolidFill<'a>,
    SURFACE_TO_SURFACE => SurfaceToSurface<'a>,
    SURFACE_TO_CACHE => SurfaceToCache,
    CACHE_TO_SURFACE => CacheToSurface<'a>,
    EVICT_CACHE_ENTRY => EvictCacheEntry,
    CREATE_SURFACE => CreateSurface,
    DELETE_SURFACE => DeleteSurface,
    START_FRAME => StartFrame,
    END_FRAME => EndFrame,
    FRAME_ACKNOWLEDGE => FrameAcknowledge,
    RESET_GRAPHICS => ResetGraphics<'a>,
    MAP_SURFACE_TO_OUTPUT => MapSurfaceToOutput,
    CACHE_IMPORT_OFFER => CacheImportOffer<'a>,
    CACHE_IMPORT_REPLY => CacheImportReply<'a>,
    CAPS_ADVERTISE => CapsAdvertise<'a>,
    CAPS_CONFIRM => CapsConfirm<'a>,
    MAP_SURFACE_TO_WINDOW => MapSurfaceToWindow,
    QOE_FRAME_ACKNOWLEDGE => QoeFrameAcknowledge,
    MAP_SURFACE_TO_SCALED_OUTPUT => MapSurfaceToScaledOutput,
    MAP_SURFACE_TO_SCALED_WINDOW => MapSurfaceToScaledWindow,
}

impl<'a> Command<'a> {
    /// Takes the next command off the front of `bytes`; `None` at their end.
    ///
    /// # Errors
    /// `Malformed` if the command's length or one of its fields' does not fit; `bytes` are then where they were.
    pub fn next(bytes: &mut &'a [u8]) -> Result<Option<Self>, Error> {
        let mut input = Input(bytes);
        if input.0.is_empty() {
            return Ok(None);
        }
        let id = CommandId::read(&mut input)?;
        // Flags: "MUST be set to zero" for every command there is, so nothing can be meant by them.
        let _flags = u16::read(&mut input)?;
        let body = usize::try_from(u32::read(&mut input)?)
            .unwrap_or(usize::MAX)
            .checked_sub(HEADER)
            .ok_or(Error::Malformed("a command shorter than its header"))?;
        let command = Self::parse(id, input.bytes(body)?)?;
        *bytes = input.0;
        Ok(Some(command))
    }

    /// Appends the command with its header.
    pub fn write(&self, out: &mut Vec<u8>) {
        let start = open(out, self.id());
        self.write_body(out);
        close(out, start);
    }
}

/// Appends the header of a command whose length is not known yet; returns what [`close`] wants.
pub(super) fn open(out: &mut Vec<u8>, id: CommandId) -> usize {
    let start = out.len();
    id.write(out);
    out.extend_from_slice(&[0; HEADER - 2]);
    start
}

/// Enters the length into the header.
pub(super) fn close(out: &mut [u8], start: usize) {
    let length = u32::try_from(out.len() - start).expect("one command holds less than 4 GiB: pictures are far below");
    out[start + 4..start + HEADER].copy_from_slice(&length.to_le_bytes());
}
