//! Where `replay`'s frames come from: standard input, or a clip.

use std::io::{self, Read, StdinLock};

use rh_benches::clip::Reader;
use rh_codec::{FrameView, PixelFormat};

use crate::{Failure, replay_args::Args};

/// What is the same for all frames.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// Frames a second.
    pub(crate) fps: f64,
}

impl Shape {
    /// Bytes of a frame.
    pub(crate) fn frame_len(&self) -> usize {
        self.width as usize * self.height as usize * 4
    }

    /// Bytes as a picture of this size.
    pub(crate) fn view<'a>(&self, pixels: &'a [u8]) -> Result<FrameView<'a>, rh_codec::Error> {
        FrameView::new(self.width, self.height, self.width as usize * 4, PixelFormat::Bgra, pixels)
    }
}

/// Frames to come.
#[derive(Debug)]
pub(crate) enum Source {
    Raw(StdinLock<'static>),
    Clip(Reader),
}

impl Source {
    pub(crate) fn open(args: &Args) -> Result<(Self, Shape), Failure> {
        let (source, (width, height), fps) = match (&args.clip, args.size) {
            (Some(path), _) => {
                let reader = Reader::open(path).map_err(|e| Failure::Input(e.to_string()))?;
                let format = reader.format();
                (Self::Clip(reader), (format.width, format.height), f64::from(format.fps))
            }
            (None, Some(size)) => (Self::Raw(io::stdin().lock()), size, 15.0),
            (None, None) => return Err(Failure::Input("--size or --clip is needed".into())),
        };
        Ok((source, Shape { width, height, fps: args.fps.unwrap_or(fps) }))
    }

    /// Fills `frame`, which is the frame of this number; false at the end.
    pub(crate) fn next(&mut self, frame: &mut [u8], number: u64) -> Result<bool, Failure> {
        match self {
            Self::Raw(input) => fill(input, frame, number),
            Self::Clip(reader) => match reader.next_picture().map_err(|e| Failure::Input(e.to_string()))? {
                Some(pixels) => {
                    frame.copy_from_slice(pixels);
                    Ok(true)
                }
                None => Ok(false),
            },
        }
    }
}

fn fill(input: &mut impl Read, frame: &mut [u8], number: u64) -> Result<bool, Failure> {
    let mut filled = 0;
    while filled < frame.len() {
        match input.read(&mut frame[filled..]) {
            Ok(0) if filled == 0 => return Ok(false),
            Ok(0) => {
                let whole = frame.len();
                return Err(Failure::Input(format!("the input ends inside frame {number}: {filled} of {whole} bytes; does --size fit?")));
            }
            Ok(count) => filled += count,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(Failure::Input(format!("cannot read standard input: {e}"))),
        }
    }
    Ok(true)
}
