//! The wire frame: header and body, and an incremental decoder whose result does not depend on how the bytes were cut.
//!
//! ```text
//! 0        1        2                          5
//! | type u8| flags  | length of the body, u24  | body …
//! ```

use bytes::{Buf as _, BufMut as _, Bytes, BytesMut};

use crate::error::Error;
use crate::limits::{Limits, charge};
use crate::msg::MessageType;

/// Bytes before the body.
pub const HEADER: usize = 5;
/// The longest body that the header can announce.
pub const MAX_BODY: usize = 0x00ff_ffff;

/// What a receiver does that does not know the type; unknown bits survive a round trip.
///
/// The flags belong to the type, as its number does. No type of version 1 has any, so a session refuses them on a type that it knows: a bit without meaning
/// here may change what the body means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Flags(pub u8);

impl Flags {
    /// A receiver that does not know the type skips the frame instead of closing.
    pub const IGNORABLE: Self = Self(0x01);
}

/// One wire frame; the body shares the decoder's memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// Which message the body is.
    pub message: MessageType,
    /// How to treat it where it is not known.
    pub flags: Flags,
    /// The message.
    pub body: Bytes,
}

impl Frame {
    /// Appends header and body.
    ///
    /// # Errors
    /// [`Error::LimitExceeded`] when the body is longer than [`MAX_BODY`].
    pub fn write(&self, out: &mut BytesMut) -> Result<(), Error> {
        out.reserve(HEADER.saturating_add(self.body.len()));
        put(out, self.message, self.flags, |out| {
            out.put_slice(&self.body);
            Ok(())
        })
    }
}

/// Appends a frame whose body `fill` appends; the length is filled in behind it. On an error `out` is as before.
pub(crate) fn put(
    out: &mut BytesMut,
    message: MessageType,
    flags: Flags,
    fill: impl FnOnce(&mut BytesMut) -> Result<(), Error>,
) -> Result<(), Error> {
    let start = out.len();
    out.put_slice(&[message.0, flags.0, 0, 0, 0]);
    let body_start = out.len();
    let result = fill(out).and_then(|()| {
        let length = out.len().saturating_sub(body_start);
        charge("wire frame", length, MAX_BODY)?;
        let length = u32::try_from(length).map_err(|_| Error::LimitExceeded { what: "wire frame", limit: MAX_BODY })?;
        let [_, bytes @ ..] = length.to_be_bytes();
        if let Some(field) = out.get_mut(body_start.saturating_sub(bytes.len())..body_start) {
            field.copy_from_slice(&bytes);
        }
        Ok(())
    });
    if result.is_err() {
        out.truncate(start);
    }
    result
}

/// Takes wire frames off the front of a growing buffer, without copying bodies.
///
/// The frames that come out are a function of the concatenated input alone. After an error the stream has lost its framing and nothing else may be read.
#[derive(Debug, Clone)]
pub struct Decoder {
    /// Bodies longer than this are refused when the header is complete, before the body is waited for.
    ///
    /// Invariant: `max_body <= MAX_BODY`.
    max_body: usize,
}

impl Decoder {
    /// With bodies of at most [`Limits::frame`] bytes.
    #[must_use]
    pub fn new(limits: &Limits) -> Self {
        let mut decoder = Self { max_body: 0 };
        decoder.set_max_body(limits.frame);
        decoder
    }

    /// Changes the bound, for frames whose header has not been read yet.
    pub fn set_max_body(&mut self, bytes: usize) {
        self.max_body = bytes.min(MAX_BODY);
    }

    /// The next whole frame; `None` until the rest of it is there. `input` never needs to hold more than one frame beyond what was taken.
    ///
    /// # Errors
    /// [`Error::LimitExceeded`] as soon as a header announces too long a body.
    pub fn decode(&self, input: &mut BytesMut) -> Result<Option<Frame>, Error> {
        let Some(&[message, flags, a, b, c]) = input.first_chunk::<HEADER>() else { return Ok(None) };
        let length = usize::try_from(u32::from_be_bytes([0, a, b, c])).unwrap_or(usize::MAX);
        charge("wire frame", length, self.max_body)?;
        if input.len() < HEADER.saturating_add(length) {
            return Ok(None);
        }
        input.advance(HEADER);
        Ok(Some(Frame { message: MessageType(message), flags: Flags(flags), body: input.split_to(length).freeze() }))
    }
}
