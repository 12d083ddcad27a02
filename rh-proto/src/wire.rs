//! Big-endian primitives: [`Reader`] and [`Writer`], and the traits [`Encode`] and [`Decode`] that every message implements on them.

use bytes::{Buf as _, BufMut as _, Bytes, BytesMut};

use crate::error::Error;
use crate::limits::{Limits, charge};

/// Turns itself into bytes. The inverse of [`Decode`]: what was decoded encodes to the very same bytes.
pub trait Encode {
    /// Appends the body.
    ///
    /// # Errors
    /// [`Error::LimitExceeded`] when a text or list is longer than its length field can say. What was appended until then is to be thrown away.
    fn encode(&self, out: &mut Writer<'_>) -> Result<(), Error>;
}

/// Is made from bytes of a peer.
pub trait Decode: Sized {
    /// Takes the value from the front of `input`.
    ///
    /// # Errors
    /// [`Error::Malformed`] or [`Error::LimitExceeded`].
    fn decode(input: &mut Reader<'_>) -> Result<Self, Error>;
}

/// UTF-8 text that shares the memory of the frame it came in. Exactly the bytes that were typed: never normalised, trimmed or escaped.
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub struct Text(Bytes);

impl Text {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // Both constructors check; without unsafe code the check is repeated, at a few GB/s.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self(Bytes::copy_from_slice(text.as_bytes()))
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self(Bytes::from(text.into_bytes()))
    }
}

impl TryFrom<Bytes> for Text {
    type Error = Error;

    fn try_from(bytes: Bytes) -> Result<Self, Error> {
        match std::str::from_utf8(&bytes) {
            Ok(_) => Ok(Self(bytes)),
            Err(_) => Err(Error::Malformed { what: "text (not UTF-8)" }),
        }
    }
}

impl std::ops::Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl AsRef<str> for Text {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl std::fmt::Debug for Text {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // What people type and say stays out of logs, also by accident.
        write!(f, "Text({} bytes)", self.0.len())
    }
}

impl std::fmt::Display for Text {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Reads one body front to back; slices it hands out share the body's memory.
#[derive(Debug)]
pub struct Reader<'a> {
    rest: Bytes,
    limits: &'a Limits,
}

impl<'a> Reader<'a> {
    /// Over `body`, with lengths charged to `limits`.
    #[must_use]
    pub fn new(body: Bytes, limits: &'a Limits) -> Self {
        Self { rest: body, limits }
    }

    /// The bounds in force.
    #[must_use]
    pub fn limits(&self) -> &'a Limits {
        self.limits
    }

    /// Bytes not read yet.
    #[must_use]
    pub fn remaining(&self) -> usize {
        self.rest.len()
    }

    fn need(&self, count: usize, what: &'static str) -> Result<(), Error> {
        if self.rest.len() < count { Err(Error::Malformed { what }) } else { Ok(()) }
    }

    /// One byte.
    ///
    /// # Errors
    /// [`Error::Malformed`] at the end of the body, here and below.
    pub fn u8(&mut self, what: &'static str) -> Result<u8, Error> {
        self.need(1, what)?;
        Ok(self.rest.get_u8())
    }

    /// Two bytes, big-endian.
    ///
    /// # Errors
    /// See [`u8`](Self::u8).
    pub fn u16(&mut self, what: &'static str) -> Result<u16, Error> {
        self.need(2, what)?;
        Ok(self.rest.get_u16())
    }

    /// Four bytes, big-endian.
    ///
    /// # Errors
    /// See [`u8`](Self::u8).
    pub fn u32(&mut self, what: &'static str) -> Result<u32, Error> {
        self.need(4, what)?;
        Ok(self.rest.get_u32())
    }

    /// Eight bytes, big-endian.
    ///
    /// # Errors
    /// See [`u8`](Self::u8).
    pub fn u64(&mut self, what: &'static str) -> Result<u64, Error> {
        self.need(8, what)?;
        Ok(self.rest.get_u64())
    }

    /// Two bytes, big-endian, two's complement.
    ///
    /// # Errors
    /// See [`u8`](Self::u8).
    pub fn i16(&mut self, what: &'static str) -> Result<i16, Error> {
        self.need(2, what)?;
        Ok(self.rest.get_i16())
    }

    /// Four bytes, big-endian, two's complement.
    ///
    /// # Errors
    /// See [`u8`](Self::u8).
    pub fn i32(&mut self, what: &'static str) -> Result<i32, Error> {
        self.need(4, what)?;
        Ok(self.rest.get_i32())
    }

    /// A byte that is 0 or 1.
    ///
    /// # Errors
    /// See [`u8`](Self::u8); any other value is malformed, because it would not survive a round trip.
    pub fn bool(&mut self, what: &'static str) -> Result<bool, Error> {
        match self.u8(what)? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(Error::Malformed { what }),
        }
    }

    /// `N` bytes.
    ///
    /// # Errors
    /// See [`u8`](Self::u8).
    pub fn array<const N: usize>(&mut self, what: &'static str) -> Result<[u8; N], Error> {
        self.need(N, what)?;
        let mut array = [0; N];
        self.rest.copy_to_slice(&mut array);
        Ok(array)
    }

    /// The next `count` bytes, shared.
    ///
    /// # Errors
    /// See [`u8`](Self::u8).
    pub fn bytes(&mut self, count: usize, what: &'static str) -> Result<Bytes, Error> {
        self.need(count, what)?;
        Ok(self.rest.split_to(count))
    }

    /// All that is left, shared.
    pub fn take_rest(&mut self) -> Bytes {
        std::mem::take(&mut self.rest)
    }

    /// Text behind a `u16` length in bytes.
    ///
    /// # Errors
    /// [`Error::LimitExceeded`] over `limit` bytes; [`Error::Malformed`] when cut short or not UTF-8.
    pub fn text16(&mut self, limit: usize, what: &'static str) -> Result<Text, Error> {
        let length = usize::from(self.u16(what)?);
        charge(what, length, limit)?;
        Text::try_from(self.bytes(length, what)?)
    }

    /// Text that takes all that is left.
    ///
    /// # Errors
    /// As [`text16`](Self::text16).
    pub fn text_rest(&mut self, limit: usize, what: &'static str) -> Result<Text, Error> {
        charge(what, self.rest.len(), limit)?;
        Text::try_from(self.take_rest())
    }

    /// Ends the body.
    ///
    /// # Errors
    /// [`Error::Malformed`] when bytes are left: within a protocol version bodies do not grow, new fields come as new messages or hello extensions.
    pub fn finish(self) -> Result<(), Error> {
        if self.rest.is_empty() { Ok(()) } else { Err(Error::Malformed { what: "message (bytes after its end)" }) }
    }
}

/// Appends to a buffer.
#[derive(Debug)]
pub struct Writer<'a> {
    out: &'a mut BytesMut,
}

impl<'a> Writer<'a> {
    /// Appending to `out`.
    pub fn new(out: &'a mut BytesMut) -> Self {
        Self { out }
    }

    /// One byte.
    pub fn u8(&mut self, value: u8) {
        self.out.put_u8(value);
    }

    /// Two bytes.
    pub fn u16(&mut self, value: u16) {
        self.out.put_u16(value);
    }

    /// Four bytes.
    pub fn u32(&mut self, value: u32) {
        self.out.put_u32(value);
    }

    /// Eight bytes.
    pub fn u64(&mut self, value: u64) {
        self.out.put_u64(value);
    }

    /// Two bytes, two's complement.
    pub fn i16(&mut self, value: i16) {
        self.out.put_i16(value);
    }

    /// Four bytes, two's complement.
    pub fn i32(&mut self, value: i32) {
        self.out.put_i32(value);
    }

    /// 0 or 1.
    pub fn bool(&mut self, value: bool) {
        self.out.put_u8(u8::from(value));
    }

    /// As they are.
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.out.put_slice(bytes);
    }

    /// A count or length as `u16`.
    ///
    /// # Errors
    /// [`Error::LimitExceeded`] over 65,535.
    pub fn len16(&mut self, length: usize, what: &'static str) -> Result<(), Error> {
        self.u16(u16::try_from(length).map_err(|_| Error::LimitExceeded { what, limit: usize::from(u16::MAX) })?);
        Ok(())
    }

    /// Text behind a `u16` length in bytes.
    ///
    /// # Errors
    /// As [`len16`](Self::len16).
    pub fn text16(&mut self, text: &str, what: &'static str) -> Result<(), Error> {
        self.len16(text.len(), what)?;
        self.bytes(text.as_bytes());
        Ok(())
    }
}
