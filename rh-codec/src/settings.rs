//! What an encoder is told: how to work, and about each frame.

use crate::{Limits, Move, Rect};

/// The wire format that an encoder speaks. Both sides agree on it before the first frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Profile {
    /// Our own: text exact from the first paint, images coarse at first and exact when they rest. Between our own peers.
    #[default]
    Native,
    /// RDP's graphics pipeline, [MS-RDPEGFX], as an RDP client reads it, within what its capabilities allow
    /// ([`Encoder::confirmed`](crate::Encoder::confirmed)). The same steps as the native profile; what is exact costs more bytes, images most.
    ///
    /// [MS-RDPEGFX]: https://learn.microsoft.com/openspecs/windows_protocols/ms-rdpegfx/
    Egfx,
}

/// Work spent on fewer bytes, where a format leaves a choice: ZGFX does, [`Profile::Native`] does not yet. Any decoder reads any effort.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Effort {
    /// Least processor time, for weak machines and local networks.
    Fast,
    /// For most.
    #[default]
    Balanced,
    /// Fewest bytes that still keep up with a screen, for slow links.
    Small,
}

/// How images (photographs, films) are painted at first. Text and controls are exact at once, always.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum FirstPaint {
    /// Exactly, at several times the bytes: for fast links where every frame must be exact.
    Exact,
    /// Coarsely where that saves much, to be refined when it rests.
    #[default]
    Coarse,
}

/// How an encoder works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The wire format.
    pub profile: Profile,
    /// What the viewer's decoder accepts; frames beyond are refused rather than sent.
    pub limits: Limits,
    /// Processor time against bytes.
    pub effort: Effort,
    /// How images are painted at first.
    pub images: FirstPaint,
    /// Whether what was painted coarsely is refined until it is exact.
    pub refine: bool,
    /// Whether films are sent as H.264, which takes feature `h264`, and a viewer whose decoder has it: by that feature too, or by
    /// [`Decoder::with_h264`](crate::Decoder::with_h264). Else films are images, of more bytes.
    pub h264: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            profile: Profile::Native,
            limits: Limits::default(),
            effort: Effort::default(),
            images: FirstPaint::default(),
            refine: true,
            h264: false,
        }
    }
}

/// What the window system knows about a frame, relative to the frame encoded before.
#[derive(Clone, Copy, Debug, Default)]
pub struct Hints<'a> {
    /// Where something may have changed; `None` if unknown, then the encoder compares everything. What lies outside is
    /// believed to be as it was, so a rectangle missing here is missing on the viewer's screen.
    pub damage: Option<&'a [Rect]>,
    /// What has moved. Checked, never believed; empty if unknown, then the encoder searches.
    pub moves: &'a [Move],
}

/// Bytes that one call of [`Encoder::encode`](crate::Encoder::encode) may append.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget(usize);

impl Budget {
    /// As many as the frame needs.
    pub const UNLIMITED: Self = Self(usize::MAX);

    /// At most `bytes`. 0 sends nothing; any other number sends at least one operation, even if that is larger.
    pub const fn bytes(bytes: usize) -> Self {
        Self(bytes)
    }

    pub(crate) const fn most_bytes(self) -> usize {
        self.0
    }

    pub(crate) const fn is_nothing(self) -> bool {
        self.0 == 0
    }
}

/// What one call of [`Encoder::encode`](crate::Encoder::encode) did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Encoded {
    /// Bytes appended; 0 means that nothing is to be sent.
    pub bytes: usize,
    /// Areas moved within the viewer's picture.
    pub copies: u32,
    /// Areas of what was covered shown again.
    pub recalls: u32,
    /// Areas filled with one colour.
    pub fills: u32,
    /// Areas sent pixel by pixel as text.
    pub texts: u32,
    /// Areas sent pixel by pixel as image.
    pub images: u32,
    /// Areas sent as a frame of H.264.
    pub videos: u32,
}
