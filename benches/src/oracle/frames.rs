//! Pictures to try codecs on.

use std::{
    io::Read,
    path::Path,
    process::{Command, Stdio},
};

use rh_benches::clip::Reader;
use rh_codec::{FrameView, PixelFormat, Rect, Surface};

use crate::freerdp::Area;

/// BGRX pixels, rows without padding, every fourth byte 255.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Picture {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) pixels: Vec<u8>,
}

impl Picture {
    pub(crate) fn new(width: u32, height: u32, pixels: Vec<u8>) -> Self {
        Self { width, height, pixels }
    }

    fn draw(width: u32, height: u32, colour: impl Fn(u32, u32) -> u32) -> Self {
        let pixels = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
        Self::new(width, height, pixels.flat_map(|(x, y)| (colour(x, y) | 0xff00_0000).to_le_bytes()).collect())
    }

    /// A black surface of its size.
    pub(crate) fn surface(&self) -> Surface {
        let mut surface = Surface::default();
        surface.resize(self.width, self.height);
        surface
    }

    /// Shows at `(x, y)` what another one has at `(left, top)`, as much of a rectangle of that size as both have.
    pub(crate) fn put(&mut self, other: &Self, (left, top): (u32, u32), (x, y): (u32, u32), (width, height): (u32, u32)) {
        let room = |len: u32, a: u32, of_a: u32, b: u32, of_b: u32| len.min(of_a.saturating_sub(a)).min(of_b.saturating_sub(b));
        let (width, height) = (room(width, left, other.width, x, self.width), room(height, top, other.height, y, self.height));
        for row in 0..height {
            let at = |picture: &Self, x: u32, y: u32| ((y + row) as usize * picture.width as usize + x as usize) * 4;
            let (from, to, len) = (at(other, left, top), at(self, x, y), width as usize * 4);
            self.pixels[to..to + len].copy_from_slice(&other.pixels[from..from + len]);
        }
    }

    /// The whole of it, in our terms.
    pub(crate) fn rect(&self) -> Rect {
        Rect::new(0, 0, self.width, self.height)
    }

    /// Its last row first.
    pub(crate) fn flipped(&self) -> Self {
        let rows = self.pixels.chunks_exact(self.width as usize * 4).rev();
        Self::new(self.width, self.height, rows.flatten().copied().collect())
    }

    /// As our encoders take it.
    pub(crate) fn view(&self) -> FrameView<'_> {
        FrameView::new(self.width, self.height, self.width as usize * 4, PixelFormat::Bgrx, &self.pixels)
            .expect("a picture is as large as it says")
    }

    /// The whole of it.
    pub(crate) fn area(&self) -> Area {
        Area { x: 0, y: 0, width: self.width, height: self.height }
    }
}

/// What a surface shows.
pub(crate) fn shown(surface: &Surface) -> Vec<u8> {
    surface.view().map_or_else(Vec::new, |view| view.pixels().to_vec())
}

fn hash(x: u32, y: u32, seed: u32) -> u32 {
    let mut h = x.wrapping_mul(0x9e37_79b1) ^ y.wrapping_mul(0x85eb_ca6b) ^ seed.wrapping_mul(0xc2b2_ae35);
    h = (h ^ h >> 15).wrapping_mul(0x2c1b_3c6d);
    (h ^ h >> 12).wrapping_mul(0x297a_2d39) ^ h >> 15
}

/// Letters of 7×14 in cells of 8×17, two colours with an edge of a third.
fn text(x: u32, y: u32, seed: u32) -> u32 {
    let letter = hash(x / 8, y / 17, seed);
    let ink = |x: u32, y: u32| x % 8 < 7 && y % 17 < 14 && !letter.is_multiple_of(5) && hash(x % 8 / 2, y % 17 / 2, letter % 64) & 3 == 0;
    match (ink(x, y), ink(x + 1, y)) {
        (true, _) => 0x20_2020 + (letter % 3) * 0x60,
        (false, true) => 0x90_9090,
        _ => 0xf8_f8f8,
    }
}

/// A picture with smooth areas, edges and grain.
fn photo(x: u32, y: u32, seed: u32) -> u32 {
    let wave = |period: u32, at: u32| {
        let phase = at % (2 * period);
        if phase < period { phase * 200 / period } else { (2 * period - phase) * 200 / period }
    };
    let edge = if (x / 90 + y / 70).is_multiple_of(3) { 30 } else { 0 };
    let grain = hash(x, y, seed) % 8;
    let (blue, green, red) = (wave(311, x + y + seed * 50), wave(173, y + seed * 20), wave(257, x * 2 + y / 2));
    [blue, green, red].iter().enumerate().fold(0, |colour, (i, value)| colour | (value + edge + grain).min(255) << (8 * i))
}

/// The colour at a column and row, of one of many such pictures.
type Kind = fn(u32, u32, u32) -> u32;

/// Frames of every kind, at sizes that no grid divides, from one pixel upwards.
pub(crate) fn drawn() -> Vec<Picture> {
    let kinds: [Kind; 5] = [
        text,
        photo,
        hash,
        |_, _, seed| seed * 0x12_3457,
        |x, y, seed| if (x / 40 + y / 33 + seed).is_multiple_of(2) { text(x, y, seed) } else { photo(x, y, seed) },
    ];
    let sizes = [(1, 1), (7, 3), (64, 64), (65, 63), (200, 131), (333, 2), (1, 90), (640, 360)];
    let mut pictures = Vec::new();
    for (seed, kind) in (0..).step_by(sizes.len()).zip(kinds) {
        for (seed, (width, height)) in (seed..).zip(sizes) {
            pictures.push(Picture::draw(width, height, |x, y| kind(x, y, seed) & 0xff_ffff));
        }
    }
    pictures
}

/// The middle frame of every clip in `benches/data`: real programs' screens, at the price of some seconds.
pub(crate) fn own_clips() -> Result<Vec<Picture>, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("data");
    let mut pictures = Vec::new();
    for class in ["idle-type", "office", "photo", "terminal", "video", "web-scroll", "windows"] {
        let clip = || Reader::open(&folder.join(format!("{class}.clip")));
        let mut count = 0;
        let mut reader = clip().map_err(|e| e.to_string())?;
        while reader.next_picture().map_err(|e| e.to_string())?.is_some() {
            count += 1;
        }
        let mut reader = clip().map_err(|e| e.to_string())?;
        for number in 0..count {
            let format = reader.format();
            let pixels = reader.next_picture().map_err(|e| e.to_string())?.ok_or("a clip became shorter")?;
            if number == count / 2 {
                pictures.push(Picture::new(format.width, format.height, pixels.to_vec()));
                break;
            }
        }
    }
    Ok(pictures)
}

/// Every eighth frame of every clip in a folder.
pub(crate) fn recorded(folder: &Path) -> Result<Vec<Picture>, String> {
    let mut clips: Vec<_> = std::fs::read_dir(folder)
        .map_err(|e| format!("{}: {e}", folder.display()))?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|e| e == "mkv"))
        .collect();
    clips.sort();
    let mut pictures = Vec::new();
    for clip in &clips {
        frames_of(clip, &mut pictures).map_err(|e| format!("{}: {e}", clip.display()))?;
    }
    if pictures.is_empty() { Err(format!("no clips (*.mkv) in {}", folder.display())) } else { Ok(pictures) }
}

fn frames_of(clip: &Path, pictures: &mut Vec<Picture>) -> Result<(), String> {
    let (width, height) = size_of(clip)?;
    let mut child = Command::new("ffmpeg")
        .args(["-v", "error", "-i"])
        .arg(clip)
        .args(["-vf", "select=not(mod(n\\,8))", "-vsync", "0", "-pix_fmt", "bgra", "-f", "rawvideo", "-"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|e| format!("ffmpeg does not start: {e}"))?;
    let mut output = child.stdout.take().ok_or("a child without a pipe")?;
    loop {
        let mut pixels = vec![0; width as usize * height as usize * 4];
        match output.read_exact(&mut pixels) {
            Ok(()) => pictures.push(Picture::new(width, height, pixels)),
            Err(e) if e.kind() == std::io::ErrorKind::UnexpectedEof => break,
            Err(e) => return Err(e.to_string()),
        }
    }
    let status = child.wait().map_err(|e| e.to_string())?;
    if status.success() { Ok(()) } else { Err(format!("ffmpeg: {status}")) }
}

fn size_of(clip: &Path) -> Result<(u32, u32), String> {
    let output = Command::new("ffprobe")
        .args(["-v", "error", "-select_streams", "v", "-show_entries", "stream=width,height", "-of", "csv=p=0"])
        .arg(clip)
        .output()
        .map_err(|e| format!("ffprobe does not start: {e}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let (width, height) = text.trim().split_once(',').ok_or("ffprobe says no size")?;
    Ok((width.parse().map_err(|_| "no width")?, height.parse().map_err(|_| "no height")?))
}
