//! Cisco's H.264, built from source: C++ behind the crate `openh264`, with feature `h264`.

use openh264::{
    OpenH264API,
    decoder::{Decoder as Inner, DecoderConfig},
    encoder::{
        BitRate, Complexity, Encoder as InnerEncoder, EncoderConfig, FrameRate, FrameType, QpRange, RateControlMode, UsageType, VuiConfig,
    },
    formats::YUVSource,
};

use super::{decoder::H264Decoder, planes::Planes};
use crate::Error;

/// The sides of a picture that the encoder takes, the longer and the shorter one (openh264's README).
const MOST: (usize, usize) = (3840, 2160);

/// Decodes with openh264.
pub struct Decoder(Inner);

impl std::fmt::Debug for Decoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Decoder").finish_non_exhaustive()
    }
}

impl Decoder {
    /// A decoder that has seen nothing.
    ///
    /// # Errors
    /// `Backend` if the library has no memory.
    pub fn new() -> Result<Self, Error> {
        let decoder = Inner::with_api_config(OpenH264API::from_source(), DecoderConfig::new());
        Ok(Self(decoder.map_err(|error| backend("making a decoder of H.264", &error))?))
    }
}

impl H264Decoder for Decoder {
    fn decode(&mut self, unit: &[u8], picture: &mut Planes) -> Result<(), Error> {
        // Which of the peer's bytes it dislikes, the library does not say.
        let decoded = self.0.decode(unit).map_err(|_| Error::Malformed("H.264 that does not decode"))?;
        let decoded = decoded.ok_or(Error::Malformed("H.264 without a picture"))?;
        let ((width, height), (luma, chroma, _)) = (decoded.dimensions(), decoded.strides());
        let side = |side: usize| u32::try_from(side).map_err(|_| Error::Malformed("H.264 of an absurd size"));
        picture.copy_from((side(width)?, side(height)?), [decoded.y(), decoded.u(), decoded.v()], [luma, chroma])
    }
}

/// Encodes one video after another with openh264, at one quantiser each.
///
/// Camera mode and not screen content: what reaches it are films, on which it takes a tenth fewer bytes. One thread, and no control of the
/// rate: the same pictures give the same bytes.
pub struct Encoder {
    inner: InnerEncoder,
    unit: Vec<u8>,
}

impl std::fmt::Debug for Encoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Encoder").finish_non_exhaustive()
    }
}

impl Encoder {
    /// An encoder whose first picture stands for itself. `quant` is H.264's quantiser, 12 (finest) to 51; six more halve the bytes, about.
    ///
    /// # Errors
    /// `ApiMisuse` if the quantiser is another, `Backend` if the library has no memory.
    pub fn new(quant: u8) -> Result<Self, Error> {
        if !(12..=51).contains(&quant) {
            return Err(Error::ApiMisuse("a quantiser of H.264 is 12 to 51 here"));
        }
        let config = EncoderConfig::new()
            .usage_type(UsageType::CameraVideoRealTime)
            .complexity(Complexity::Low)
            // With a range of one value: a constant quantiser.
            .rate_control_mode(RateControlMode::Bufferbased)
            .qp(QpRange::new(quant, quant))
            .bitrate(BitRate::from_bps(50_000_000))
            .max_frame_rate(FrameRate::from_hz(30.0))
            .skip_frames(false)
            .scene_change_detect(true)
            .background_detection(false)
            .adaptive_quantization(false)
            .num_threads(1)
            .vui(VuiConfig::bt709_full());
        let inner = InnerEncoder::with_api_config(OpenH264API::from_source(), config);
        Ok(Self { inner: inner.map_err(|error| backend("making an encoder of H.264", &error))?, unit: Vec::new() })
    }

    /// Whether pictures of this size can be encoded; others are left to the image coders.
    pub fn takes(width: u32, height: u32) -> bool {
        let sides = (width.next_multiple_of(16) as usize, height.next_multiple_of(16) as usize);
        width > 0 && height > 0 && sides.0.max(sides.1) <= MOST.0 && sides.0.min(sides.1) <= MOST.1
    }

    /// Encodes a picture after the one before; the access unit stays until the next call.
    ///
    /// # Errors
    /// `ApiMisuse` if the size is not one that the encoder [`takes`](Self::takes), `Backend` if the library fails.
    pub fn encode(&mut self, picture: &Planes) -> Result<&[u8], Error> {
        let (width, height) = picture.size();
        if width == 0 || height == 0 || width.max(height) > MOST.0 || width.min(height) > MOST.1 {
            return Err(Error::ApiMisuse("a picture for H.264 has at most 3840 by 2160 pixels, either way"));
        }
        let stream = self.inner.encode(&Source(picture)).map_err(|error| backend("encoding H.264", &error))?;
        self.unit.clear();
        if !matches!(stream.frame_type(), FrameType::Skip | FrameType::Invalid) {
            stream.write_vec(&mut self.unit);
        }
        if self.unit.is_empty() { Err(Error::Backend { op: "encoding H.264", code: 0 }) } else { Ok(&self.unit) }
    }

    /// The access unit of the last picture.
    pub(crate) fn unit(&self) -> &[u8] {
        &self.unit
    }

    /// The next picture stands for itself, as the first one did.
    pub fn begin_anew(&mut self) {
        self.inner.force_intra_frame();
    }
}

/// Planes as the library takes them. Their sides are below 2^12.
struct Source<'a>(&'a Planes);

impl YUVSource for Source<'_> {
    fn dimensions(&self) -> (usize, usize) {
        self.0.size()
    }

    fn strides(&self) -> (usize, usize, usize) {
        let width = self.0.size().0;
        (width, width / 2, width / 2)
    }

    fn y(&self) -> &[u8] {
        self.0.y()
    }

    fn u(&self) -> &[u8] {
        self.0.u()
    }

    fn v(&self) -> &[u8] {
        self.0.v()
    }
}

fn backend(op: &'static str, error: &openh264::Error) -> Error {
    Error::Backend { op, code: i32::try_from(error.native_code()).unwrap_or(-1) }
}
