//! Wire bytes to a picture.

use crate::{
    Error, FrameView, Limits, Profile, Rect, Surface,
    avc::{AccessUnit, Decoders, H264Factory, Planes},
    egfx::pdu::FrameAcknowledge,
    profile::Reader,
};

/// Shows what an encoder sends.
///
/// Feed it whole messages, each exactly the bytes that one call of [`Encoder::encode`](crate::Encoder::encode) appended, in order.
/// After an error it accepts only a message that starts anew.
pub struct Decoder {
    reader: Reader,
    surface: Surface,
    damage: Vec<Rect>,
}

/// What one message changed.
#[derive(Clone, Copy, Debug)]
pub struct Update<'a> {
    /// What to paint again; may overlap. Empty if nothing changed.
    pub damage: &'a [Rect],
    /// Whether the picture is a new one: first, of another size, or started anew.
    pub resized: bool,
}

impl std::fmt::Debug for Decoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Decoder").field("size", &self.surface.size()).finish_non_exhaustive()
    }
}

impl Decoder {
    /// A decoder of [`Profile::Native`] without a picture.
    ///
    /// # Errors
    /// `ApiMisuse` if the limits contradict themselves.
    pub fn new(limits: Limits) -> Result<Self, Error> {
        Self::of(Profile::Native, limits)
    }

    /// A decoder of the format that both sides agreed on.
    ///
    /// # Errors
    /// `ApiMisuse` if the limits contradict themselves.
    pub fn of(profile: Profile, limits: Limits) -> Result<Self, Error> {
        Self::with_decoders(profile, limits, Decoders::default())
    }

    /// A decoder that has H.264 decoded by what `factory` makes, one for each video that begins: the operating system's decoder, say, in hardware.
    ///
    /// Without it, feature `h264` decodes; without that too, a message with H.264 is refused as unsupported. A decoder that answers later (a
    /// browser's) does without it: see [`access_unit`](Self::access_unit).
    ///
    /// # Errors
    /// `ApiMisuse` if the limits contradict themselves.
    pub fn with_h264(profile: Profile, limits: Limits, factory: H264Factory) -> Result<Self, Error> {
        Self::with_decoders(profile, limits, Decoders::of(factory))
    }

    fn with_decoders(profile: Profile, limits: Limits, decoders: Decoders) -> Result<Self, Error> {
        limits.validate()?;
        Ok(Self { reader: Reader::new(profile, limits, decoders)?, surface: Surface::default(), damage: Vec::new() })
    }

    /// Applies one message. No bytes are no change.
    ///
    /// # Errors
    /// `Malformed`, `LimitExceeded` or `Unsupported` say what the peer did. The picture then holds what was decoded before the
    /// fault, and only a message that starts a new stream is accepted.
    pub fn decode(&mut self, message: &[u8]) -> Result<Update<'_>, Error> {
        self.apply(message, None)
    }

    /// The access unit of H.264 that a message of [`Profile::Native`] holds, if it does: at most one, and it comes in every message at the same place, so
    /// that nothing needs to be decoded to find it.
    ///
    /// For decoders that answer later: hand every unit over in order, resetting the decoder where one [`begins`](AccessUnit::begins), and give the message and
    /// the picture to [`decode_with`](Self::decode_with) when it is there. Messages after it wait until then.
    ///
    /// # Errors
    /// `Malformed` or `Unsupported`, as [`decode`](Self::decode) would say of the same message.
    pub fn access_unit(message: &[u8]) -> Result<Option<AccessUnit<'_>>, Error> {
        crate::native::Reader::access_unit(message)
    }

    /// Applies one message of [`Profile::Native`] whose access unit somebody else has decoded to `picture`, to the bit.
    ///
    /// # Errors
    /// See [`decode`](Self::decode); a picture smaller than the region it is for is `Malformed`. `ApiMisuse` with another profile.
    pub fn decode_with(&mut self, message: &[u8], picture: &Planes) -> Result<Update<'_>, Error> {
        self.apply(message, Some(picture))
    }

    fn apply(&mut self, message: &[u8], picture: Option<&Planes>) -> Result<Update<'_>, Error> {
        self.damage.clear();
        let resized = self.reader.read(message, picture, &mut self.surface, &mut self.damage)?;
        Ok(Update { damage: &self.damage, resized })
    }

    /// The next acknowledgement to send to a server of [`Profile::Egfx`], as a command without ZGFX; `None` if there is none, or another profile.
    pub fn poll_ack(&mut self) -> Option<FrameAcknowledge> {
        self.reader.egfx()?.poll_ack()
    }

    /// Says how many bytes wait to be decoded, for the acknowledgements from now on ([`Reader::set_queue_depth`]). Other profiles do not tell.
    ///
    /// [`Reader::set_queue_depth`]: crate::egfx::Reader::set_queue_depth
    pub fn set_queue_depth(&mut self, bytes: u32) {
        if let Some(reader) = self.reader.egfx() {
            reader.set_queue_depth(bytes);
        }
    }

    /// The picture, as [`PixelFormat::Bgrx`](crate::PixelFormat::Bgrx) with every fourth byte 255; `None` before the first message.
    pub fn surface(&self) -> Option<FrameView<'_>> {
        self.surface.view()
    }
}
