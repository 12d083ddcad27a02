//! Blocks, which both codecs have: a type of two bytes, a length of four that counts them too, and fields, all little-endian.

use crate::Error;

const SHORT: Error = Error::Malformed("a block is shorter than its fields");

/// Reads fields from the front.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) fn new(data: &'a [u8]) -> Self {
        Self(data)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn bytes(&mut self, count: usize) -> Result<&'a [u8], Error> {
        let (head, rest) = self.0.split_at_checked(count).ok_or(SHORT)?;
        self.0 = rest;
        Ok(head)
    }

    /// `count` records of `N` bytes.
    pub(crate) fn array<const N: usize>(&mut self, count: usize) -> Result<&'a [[u8; N]], Error> {
        // Counts have 16 bits.
        Ok(self.bytes(count * N)?.as_chunks().0)
    }

    fn fixed<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let (head, rest) = self.0.split_first_chunk().ok_or(SHORT)?;
        self.0 = rest;
        Ok(*head)
    }

    pub(crate) fn u8(&mut self) -> Result<u8, Error> {
        self.fixed().map(u8::from_le_bytes)
    }

    pub(crate) fn u16(&mut self) -> Result<u16, Error> {
        self.fixed().map(u16::from_le_bytes)
    }

    pub(crate) fn u32(&mut self) -> Result<u32, Error> {
        self.fixed().map(u32::from_le_bytes)
    }

    /// The next block: its type, and a reader of its fields.
    pub(crate) fn block(&mut self) -> Result<(u16, Self), Error> {
        let kind = self.u16()?;
        let length = self.u32()? as usize;
        let fields = length.checked_sub(6).ok_or(Error::Malformed("a block shorter than its own head"))?;
        Ok((kind, Self(self.bytes(fields)?)))
    }
}

/// Starts a block; its length is filled in by [`end_block`], which takes the number returned.
pub(crate) fn begin_block(out: &mut Vec<u8>, kind: u16) -> usize {
    let start = out.len();
    out.extend_from_slice(&kind.to_le_bytes());
    out.extend_from_slice(&[0; 4]);
    start
}

/// Ends the block that starts at `start`.
pub(crate) fn end_block(out: &mut [u8], start: usize) -> Result<(), Error> {
    let length = length_field::<u32>(out.len() - start)?;
    out[start + 2..start + 6].copy_from_slice(&length.to_le_bytes());
    Ok(())
}

/// A length as the field that holds it.
pub(crate) fn length_field<T: TryFrom<usize>>(length: usize) -> Result<T, Error> {
    T::try_from(length).map_err(|_| Error::LimitExceeded { what: "a message of tiles", limit: u16::MAX.into() })
}
