//! IronRDP's encoders over raw frames: `rh-peer-ironrdp PEER WIDTH HEIGHT FPS < frames > results`, as `../main.c` says.
//!
//! The encoder is the one of `ironrdp-server` with its own comparison of frames, on one thread; bytes are counted before fast-path framing. RemoteFX is
//! decoded by `ironrdp-session`; QOI and QOIZ (QOI in one zstd stream) by the libraries under it.

use std::{
    io::{self, Read, Write},
    num::{NonZeroU16, NonZeroUsize},
    process::ExitCode,
};

use bytes::Bytes;
use ironrdp_core::ReadCursor;
use ironrdp_graphics::image_processing::PixelFormat;
use ironrdp_pdu::{geometry::InclusiveRectangle, surface_commands::SurfaceCommand};
use ironrdp_server::{
    BitmapUpdate, DesktopSize, DisplayUpdate,
    bench::encoder::{UpdateEncoder, UpdateEncoderCodecs},
};
use ironrdp_session::{image::DecodedImage, rfx::DecodingContext};
use pdu9::rdp::capability_sets::{CmdFlags, EntropyBits};
use rustix::time::{ClockId, clock_gettime};
use zstd_safe::{DCtx, InBuffer, OutBuffer};

type Failure = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match run(&words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            let _ = writeln!(io::stderr(), "{}: {e}", words.first().map_or("rh-peer-ironrdp", |name| name));
            ExitCode::FAILURE
        }
    }
}

fn run(words: &[String]) -> Result<(), Failure> {
    let [name, width, height, _fps] = words else { return Err("usage: rh-peer-ironrdp PEER WIDTH HEIGHT FPS".into()) };
    let (width, height): (u16, u16) = (width.parse()?, height.parse()?);
    let mut peer = Peer::new(name, width, height)?;
    let (mut input, mut output) = (io::stdin().lock(), io::stdout().lock());
    let mut frame = vec![0; usize::from(width) * usize::from(height) * 4];
    while read_frame(&mut input, &mut frame)? {
        let data = Bytes::copy_from_slice(&frame);
        let start = processor_ns();
        let messages = peer.encode(data)?;
        let encoded = processor_ns();
        for message in &messages {
            peer.decode(message)?;
        }
        let bytes: usize = messages.iter().map(Vec::len).sum();
        for number in [u64::try_from(bytes)?, encoded - start, processor_ns() - encoded] {
            output.write_all(&number.to_ne_bytes())?;
        }
        output.write_all(peer.picture())?;
        output.flush()?;
    }
    Ok(())
}

fn read_frame(input: &mut impl Read, frame: &mut [u8]) -> io::Result<bool> {
    match input.read_exact(frame) {
        Ok(()) => Ok(true),
        Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(e) => Err(e),
    }
}

fn processor_ns() -> u64 {
    let now = clock_gettime(ClockId::ProcessCPUTime);
    u64::try_from(now.tv_sec).unwrap_or(0) * 1_000_000_000 + u64::try_from(now.tv_nsec).unwrap_or(0)
}

/// What the viewer has.
enum Viewer {
    Rfx(Box<DecodingContext>, Box<DecodedImage>),
    Qoi(Vec<u8>),
    Qoiz(Vec<u8>, DCtx<'static>),
}

struct Peer {
    encoder: UpdateEncoder,
    runtime: tokio::runtime::Runtime,
    viewer: Viewer,
    width: u16,
    height: u16,
}

impl Peer {
    fn new(name: &str, width: u16, height: u16) -> Result<Self, Failure> {
        let mut codecs = UpdateEncoderCodecs::new();
        let black = vec![0; usize::from(width) * usize::from(height) * 4];
        let viewer = match name {
            "ironrdp-rfx" => {
                codecs.set_remotefx(Some((EntropyBits::Rlgr3, 3)));
                Viewer::Rfx(Box::new(DecodingContext::new()), Box::new(DecodedImage::new(PixelFormat::BgrA32, width, height)))
            }
            "ironrdp-qoi" => {
                codecs.set_qoi(Some(4));
                Viewer::Qoi(black)
            }
            "ironrdp-qoiz" => {
                codecs.set_qoiz(Some(5));
                let mut context = DCtx::create();
                context.set_parameter(zstd_safe::DParameter::WindowLogMax(27)).map_err(zstd_safe::get_error_name)?;
                Viewer::Qoiz(black, context)
            }
            _ => return Err("not in this program".into()),
        };
        let encoder = UpdateEncoder::new(DesktopSize { width, height }, CmdFlags::all(), codecs, 16 << 20)?;
        let runtime = tokio::runtime::Builder::new_current_thread().build()?;
        Ok(Self { encoder, runtime, viewer, width, height })
    }

    fn encode(&mut self, data: Bytes) -> Result<Vec<Vec<u8>>, Failure> {
        let size = |side: u16| NonZeroU16::new(side).ok_or("a side of 0");
        let update = BitmapUpdate {
            x: 0,
            y: 0,
            width: size(self.width)?,
            height: size(self.height)?,
            format: ironrdp_server::PixelFormat::BgrA32,
            data,
            stride: NonZeroUsize::from(size(self.width)?).checked_mul(NonZeroUsize::MIN.saturating_add(3)).ok_or("too wide")?,
        };
        self.runtime.block_on(async {
            let mut messages = Vec::new();
            let mut updates = self.encoder.update(DisplayUpdate::Bitmap(update));
            while let Some(fragmenter) = updates.next().await {
                messages.push(fragmenter?.data);
            }
            Ok(messages)
        })
    }

    fn decode(&mut self, message: &[u8]) -> Result<(), Failure> {
        let bits = match ironrdp_pdu::decode::<SurfaceCommand<'_>>(message)? {
            SurfaceCommand::SetSurfaceBits(bits) | SurfaceCommand::StreamSurfaceBits(bits) => bits,
            SurfaceCommand::FrameMarker(_) => return Ok(()),
        };
        let (place, data) = (bits.destination, bits.extended_bitmap_data.data);
        let width = usize::from(self.width);
        match &mut self.viewer {
            Viewer::Rfx(context, image) => {
                let place = InclusiveRectangle { left: place.left, top: place.top, right: place.right - 1, bottom: place.bottom - 1 };
                context.decode(image, &place, &mut ReadCursor::new(data))?;
            }
            Viewer::Qoi(picture) => paint(picture, width, usize::from(place.left), usize::from(place.top), data)?,
            Viewer::Qoiz(picture, context) => {
                let mut unpacked = Vec::with_capacity(picture.len() * 2);
                let mut input = InBuffer::around(data);
                let mut output = OutBuffer::around(&mut unpacked);
                while input.pos() < data.len() {
                    context.decompress_stream(&mut output, &mut input).map_err(zstd_safe::get_error_name)?;
                }
                paint(picture, width, usize::from(place.left), usize::from(place.top), &unpacked)?;
            }
        }
        Ok(())
    }

    fn picture(&self) -> &[u8] {
        match &self.viewer {
            Viewer::Rfx(_, image) => image.data(),
            Viewer::Qoi(picture) | Viewer::Qoiz(picture, _) => picture,
        }
    }
}

/// Puts a QOI picture to its place; refuses one that reaches beyond.
fn paint(picture: &mut [u8], width: usize, left: usize, top: usize, bytes: &[u8]) -> Result<(), Failure> {
    let (header, pixels) = qoi::decode_to_vec(bytes)?;
    let (columns, channels) = (header.width as usize, header.channels as usize);
    for (row, from) in pixels.chunks_exact(columns * channels).enumerate() {
        let at = ((top + row) * width + left) * 4;
        let to = picture.get_mut(at..at + columns * 4).ok_or("a picture beyond the screen")?;
        for (to, from) in to.chunks_exact_mut(4).zip(from.chunks_exact(channels)) {
            to.copy_from_slice(&[from[2], from[1], from[0], 255]);
        }
    }
    Ok(())
}
