//! Access units to pictures, by whichever decoder there is.

use super::{planes::Planes, unit};
use crate::{Error, Limits};

/// A decoder of H.264, of one sequence of access units.
///
/// Feature `h264` brings one. An embedder that has another (the operating system's, in hardware) gives it with
/// [`Decoder::with_h264`](crate::Decoder::with_h264). H.264 says what a decoder shows to the bit, and the native profile builds on that: a decoder must hand
/// out the planes as it decodes them, without deblocking them anew, scaling, or a way through RGB.
pub trait H264Decoder: Send {
    /// Decodes one access unit in the byte stream format (ITU-T H.264, Annex B) and puts its picture into `picture` ([`Planes::copy_from`]).
    ///
    /// Units come in order, and none is left out. Each has been checked to be one progressive picture at 4:2:0 and 8 bits, without reordering, and of a size
    /// that is allowed; what its slices hold has not.
    ///
    /// # Errors
    /// `Malformed` if the unit cannot be decoded, or has no picture at once; `Backend` if the decoder fails for a reason of its own.
    fn decode(&mut self, unit: &[u8], picture: &mut Planes) -> Result<(), Error>;
}

/// Makes a decoder for each video that begins; see [`Decoder::with_h264`](crate::Decoder::with_h264).
pub type H264Factory = Box<dyn FnMut() -> Result<Box<dyn H264Decoder>, Error> + Send>;

/// An access unit of H.264 in a message; see [`Decoder::access_unit`](crate::Decoder::access_unit).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccessUnit<'a> {
    /// The unit, in the byte stream format (ITU-T H.264, Annex B).
    pub bytes: &'a [u8],
    /// It is the first of a video, for a decoder that has seen nothing, or has been reset.
    pub begins: bool,
}

/// Where decoders come from.
#[derive(Default)]
pub(crate) struct Decoders(Option<H264Factory>);

impl Decoders {
    pub(crate) fn of(factory: H264Factory) -> Self {
        Self(Some(factory))
    }

    pub(crate) fn make(&mut self) -> Result<Box<dyn H264Decoder>, Error> {
        match &mut self.0 {
            Some(factory) => factory(),
            None => ours(),
        }
    }
}

#[cfg(feature = "h264")]
fn ours() -> Result<Box<dyn H264Decoder>, Error> {
    Ok(Box::new(super::openh264::Decoder::new()?))
}

#[cfg(not(feature = "h264"))]
fn ours() -> Result<Box<dyn H264Decoder>, Error> {
    Err(Error::Unsupported("H.264: this build has no decoder; switch feature `h264` on, or give one to `Decoder::with_h264`"))
}

/// One video being decoded.
pub(crate) struct Video {
    decoder: Box<dyn H264Decoder>,
    picture: Planes,
}

impl Video {
    pub(crate) fn new(decoders: &mut Decoders) -> Result<Self, Error> {
        Ok(Self { decoder: decoders.make()?, picture: Planes::default() })
    }

    /// Decodes a unit whose picture has `size` columns and rows at most, and at least the `needed` ones.
    pub(crate) fn decode(&mut self, data: &[u8], size: (u32, u32), needed: (u32, u32), limits: &Limits) -> Result<&Planes, Error> {
        limits.check_size(size.0, size.1)?;
        unit::check(data, size)?;
        self.decoder.decode(data, &mut self.picture)?;
        check_size(&self.picture, needed)?;
        Ok(&self.picture)
    }

    /// Puts the last picture aside, for what was there.
    pub(crate) fn exchange(&mut self, picture: &mut Planes) {
        std::mem::swap(&mut self.picture, picture);
    }
}

/// Whether a picture holds what is to be shown of it.
pub(crate) fn check_size(picture: &Planes, (width, height): (u32, u32)) -> Result<(), Error> {
    let (columns, rows) = picture.size();
    if columns < width as usize || rows < height as usize {
        return Err(Error::Malformed("a video picture smaller than what is to be shown of it"));
    }
    Ok(())
}
