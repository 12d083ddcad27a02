//! Recorded clips: what a screen showed, pixel for pixel, small enough to lie beside the code.
//!
//! A file is one line of text, `rh-clip 1 WIDTHxHEIGHT FPS`, and behind it one zstd frame. In there, picture after picture: a byte 0 for "like the
//! one before", or a byte 1 and the rows, from the top. A row is a byte for its filter and three bytes a pixel, blue, green, red:
//!
//! | filter | the three bytes |
//! |---|---|
//! | 0 | the pixel |
//! | 1 | green, blue less green, red less green, each less the guess of LOCO-I from the same value to the left, above, and above left (0 outside), modulo 256 |
//!
//! Why not FFV1 or another codec of ffmpeg: tests and benches read clips without installing anything, and those codecs look at one picture at a time, or at
//! blocks: text that scrolls takes them several times as much. A window of zstd that spans several pictures finds what stood elsewhere, and photographs
//! have the filter. Why not our own codec: a measure must not change with what it measures.
//!
//! Readers and writers hold one or two pictures and zstd's window, at most 2^27 bytes, whatever the file says.

use std::{
    fmt,
    fs::File,
    io::{self, BufRead, BufReader, BufWriter, Read, Write},
    path::Path,
};

const MAGIC: &str = "rh-clip";
const VERSION: &str = "1";
/// Longest first line that is read before the file is refused.
const MAX_LINE: u64 = 100;
/// Base-2 logarithm of the window, at most: zstd's own default for what a decoder accepts.
const MAX_WINDOW_LOG: u32 = 27;

/// What a clip's first line says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Format {
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Pictures a second.
    pub fps: u32,
}

impl Format {
    /// Checks against the codec's default limits and 1 to 1000 pictures a second.
    ///
    /// # Errors
    /// A sentence about what is out of range.
    pub fn new(width: u32, height: u32, fps: u32) -> Result<Self, String> {
        let limits = rh_codec::Limits::default();
        let area = u64::from(width) * u64::from(height);
        if width == 0 || height == 0 || width > limits.max_width || height > limits.max_height || area > limits.max_area {
            return Err(format!("pictures of {width}x{height}: a side is 0, or it is larger than the codec's limits"));
        }
        if !(1..=1000).contains(&fps) {
            return Err(format!("{fps} pictures a second: 1 to 1000 are possible"));
        }
        Ok(Self { width, height, fps })
    }

    fn parse(line: &str) -> Option<Self> {
        let mut words = line.split(' ');
        if words.next() != Some(MAGIC) || words.next() != Some(VERSION) {
            return None;
        }
        let (width, height) = words.next()?.split_once('x')?;
        let format = Self::new(width.parse().ok()?, height.parse().ok()?, words.next()?.parse().ok()?).ok()?;
        words.next().is_none().then_some(format)
    }

    /// Bytes of a picture in memory: blue, green, red and 255 for each pixel.
    pub fn picture_len(&self) -> usize {
        self.width as usize * self.height as usize * 4
    }

    /// Covers at least four pictures, so that text which scrolled away and back is found.
    fn window_log(self) -> u32 {
        let four = self.picture_len() as u64 * 3;
        (u64::BITS - four.leading_zeros()).clamp(20, MAX_WINDOW_LOG)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{MAGIC} {VERSION} {}x{} {}", self.width, self.height, self.fps)
    }
}

/// Reads a clip, a picture at a time.
pub struct Reader {
    format: Format,
    input: Box<dyn Read + Send>,
    /// The last picture as rows of blue, green, red.
    rows: Vec<u8>,
    pixels: Vec<u8>,
    read: u64,
}

impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader").field("format", &self.format).field("read", &self.read).finish_non_exhaustive()
    }
}

impl Reader {
    /// Opens a file.
    ///
    /// # Errors
    /// If it cannot be read or is no clip; the message names it.
    pub fn open(path: &Path) -> io::Result<Self> {
        let named = |e: io::Error| io::Error::new(e.kind(), format!("{}: {e}", path.display()));
        File::open(path).and_then(Self::new).map_err(named)
    }

    /// Reads from anything.
    ///
    /// # Errors
    /// If it cannot be read or is no clip.
    pub fn new(input: impl Read + Send + 'static) -> io::Result<Self> {
        let mut input = BufReader::new(input);
        let mut line = Vec::new();
        input.by_ref().take(MAX_LINE).read_until(b'\n', &mut line)?;
        let format = str::from_utf8(&line).ok().and_then(|line| Format::parse(line.strip_suffix('\n')?));
        let format = format.ok_or_else(|| invalid(format!("no clip: it does not start with \"{MAGIC} {VERSION} WIDTHxHEIGHT FPS\"")))?;
        let mut decoder = zstd::stream::read::Decoder::with_buffer(input)?.single_frame();
        decoder.window_log_max(MAX_WINDOW_LOG)?;
        let rows = vec![0; format.picture_len() / 4 * 3];
        Ok(Self { format, input: Box::new(decoder), rows, pixels: vec![255; format.picture_len()], read: 0 })
    }

    /// Size and rate.
    pub fn format(&self) -> Format {
        self.format
    }

    /// The next picture, BGRA with an alpha of 255, rows without padding; `None` at the end.
    ///
    /// # Errors
    /// If the file cannot be read, is damaged, or ends within a picture.
    pub fn next_picture(&mut self) -> io::Result<Option<&[u8]>> {
        let number = self.read;
        let mut kind = [0];
        if self.input.read(&mut kind)? == 0 {
            return Ok(None);
        }
        match kind {
            [0] if number > 0 => {}
            [1] => self.picture().map_err(|e| io::Error::new(e.kind(), format!("in picture {number}: {e}")))?,
            _ => return Err(invalid(format!("damaged: picture {number} is of no known kind"))),
        }
        self.read += 1;
        Ok(Some(&self.pixels))
    }

    fn picture(&mut self) -> io::Result<()> {
        let row_len = self.format.width as usize * 3;
        let mut above = vec![0; row_len];
        for (row, pixels) in self.rows.chunks_exact_mut(row_len).zip(self.pixels.chunks_exact_mut(row_len / 3 * 4)) {
            let mut filter = [0];
            self.input.read_exact(&mut filter)?;
            self.input.read_exact(row)?;
            match filter {
                [0] => {}
                [1] => restore(row, &above),
                _ => return Err(invalid("damaged: a row of no known filter".into())),
            }
            above.copy_from_slice(row);
            for (pixel, &[b, g, r]) in pixels.as_chunks_mut::<4>().0.iter_mut().zip(row.as_chunks::<3>().0) {
                *pixel = [b, g, r, 255];
            }
        }
        Ok(())
    }
}

/// Writes a clip, a picture at a time.
pub struct Writer<W: Write> {
    format: Format,
    output: zstd::stream::write::Encoder<'static, BufWriter<W>>,
    before: Vec<u8>,
    /// One row with its filter's byte, and the two rows of the picture that it comes from.
    row: Vec<u8>,
    plain: [Vec<u8>; 2],
}

impl<W: Write> fmt::Debug for Writer<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer").field("format", &self.format).finish_non_exhaustive()
    }
}

impl<W: Write> Writer<W> {
    /// Starts a clip; `level` is zstd's, 1 to 22: 1 keeps up with a screen, 19 is what lies in `benches/data`.
    ///
    /// # Errors
    /// If `output` fails.
    pub fn new(output: W, format: Format, level: i32) -> io::Result<Self> {
        let mut output = BufWriter::new(output);
        writeln!(output, "{format}")?;
        let mut output = zstd::stream::write::Encoder::new(output, level)?;
        output.window_log(format.window_log())?;
        output.long_distance_matching(true)?;
        output.include_checksum(true)?;
        let row = format.width as usize * 3;
        Ok(Self { format, output, before: Vec::new(), row: Vec::with_capacity(row + 1), plain: [vec![0; row], vec![0; row]] })
    }

    /// Adds a picture: four bytes a pixel, of which the fourth is ignored, rows without padding.
    ///
    /// # Errors
    /// If the output fails, or `pixels` is not one picture.
    pub fn picture(&mut self, pixels: &[u8]) -> io::Result<()> {
        if pixels.len() != self.format.picture_len() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "not as many pixels as a picture has"));
        }
        if self.before == pixels {
            return self.output.write_all(&[0]);
        }
        self.output.write_all(&[1])?;
        self.plain[1].fill(0);
        for line in pixels.chunks_exact(self.format.width as usize * 4) {
            let [row, above] = &mut self.plain;
            for (out, &[b, g, r, _]) in row.as_chunks_mut::<3>().0.iter_mut().zip(line.as_chunks::<4>().0) {
                *out = [b, g, r];
            }
            self.row.clear();
            if is_busy(row, above) {
                self.row.push(1);
                filter(row, above, &mut self.row);
            } else {
                self.row.push(0);
                self.row.extend_from_slice(row);
            }
            self.output.write_all(&self.row)?;
            self.plain.swap(0, 1);
        }
        self.before.clear();
        self.before.extend_from_slice(pixels);
        Ok(())
    }

    /// Ends the clip and returns the output, with everything in it.
    ///
    /// # Errors
    /// If the output fails.
    pub fn finish(self) -> io::Result<W> {
        self.output.finish()?.into_inner().map_err(io::IntoInnerError::into_error)
    }
}

fn invalid(message: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, message)
}

/// Green, blue less green, red less green.
fn decorrelated(&[b, g, r]: &[u8; 3]) -> [u8; 3] {
    [g, b.wrapping_sub(g), r.wrapping_sub(g)]
}

/// LOCO-I's median: the middle of left, above, and their sum less what is above left.
fn median(w: u8, n: u8, nw: u8) -> u8 {
    let (low, high) = (w.min(n), w.max(n));
    if nw >= high {
        low
    } else if nw <= low {
        high
    } else {
        w.wrapping_add(n).wrapping_sub(nw)
    }
}

/// Whether most pixels that differ from both their neighbours are near one: a photograph's are, a letter's are not.
fn is_busy(row: &[u8], above: &[u8]) -> bool {
    let (row, above) = (row.as_chunks::<3>().0, above.as_chunks::<3>().0);
    let (mut lone, mut near) = (0u32, 0u32);
    for (pair, n) in row.windows(2).zip(&above[1..]) {
        let (w, pixel) = (pair[0], pair[1]);
        if pixel != w && pixel != *n {
            lone += 1;
            let close = |a: [u8; 3]| a.iter().zip(&pixel).all(|(a, b)| a.abs_diff(*b) < 16);
            near += u32::from(close(w) || close(*n));
        }
    }
    lone * 16 > u32::try_from(row.len()).unwrap_or(u32::MAX) && near * 4 > lone * 3
}

fn filter(row: &[u8], above: &[u8], out: &mut Vec<u8>) {
    let (mut w, mut nw) = ([0; 3], [0; 3]);
    for (pixel, n) in row.as_chunks::<3>().0.iter().zip(above.as_chunks::<3>().0) {
        let (pixel, n) = (decorrelated(pixel), decorrelated(n));
        out.extend((0..3).map(|i| pixel[i].wrapping_sub(median(w[i], n[i], nw[i]))));
        (w, nw) = (pixel, n);
    }
}

fn restore(row: &mut [u8], above: &[u8]) {
    let (mut w, mut nw) = ([0; 3], [0; 3]);
    for (pixel, n) in row.as_chunks_mut::<3>().0.iter_mut().zip(above.as_chunks::<3>().0) {
        let n = decorrelated(n);
        let value: [u8; 3] = std::array::from_fn(|i| pixel[i].wrapping_add(median(w[i], n[i], nw[i])));
        *pixel = [value[1].wrapping_add(value[0]), value[0], value[2].wrapping_add(value[0])];
        (w, nw) = (value, n);
    }
}
