//! Pictures and rectangles.

use crate::Error;

/// One pixel in memory: blue, green, red, and a byte that carries no colour.
pub(crate) type Pixel = [u8; 4];

/// The bits of a little-endian pixel that are its colour.
pub(crate) const COLOUR: u32 = 0x00ff_ffff;

pub(crate) fn colour(pixel: Pixel) -> u32 {
    u32::from_le_bytes(pixel) & COLOUR
}

pub(crate) fn opaque(colour: u32) -> Pixel {
    (colour | !COLOUR).to_le_bytes()
}

/// How a pixel lies in memory. Either way the codec sees blue, green and red only: a screen is opaque.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PixelFormat {
    /// Blue, green, red, one byte without meaning (X11 depth 24, DXGI `B8G8R8X8`, GDI).
    Bgrx,
    /// Blue, green, red, alpha; the alpha is ignored by the encoder and 255 from the decoder.
    Bgra,
}

/// A rectangle of pixels, origin at the top left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Rect {
    /// Left edge.
    pub x: u32,
    /// Top edge.
    pub y: u32,
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
}

impl Rect {
    /// A rectangle from its left and top edge, width and height.
    pub const fn new(x: u32, y: u32, width: u32, height: u32) -> Self {
        Self { x, y, width, height }
    }

    /// Whether it covers no pixel.
    pub const fn is_empty(&self) -> bool {
        self.width == 0 || self.height == 0
    }

    /// Number of pixels.
    pub const fn area(&self) -> u64 {
        self.width as u64 * self.height as u64
    }

    /// The column right of the last one; saturates.
    pub const fn right(&self) -> u32 {
        self.x.saturating_add(self.width)
    }

    /// The row below the last one; saturates.
    pub const fn bottom(&self) -> u32 {
        self.y.saturating_add(self.height)
    }

    /// What both cover; empty where they do not meet.
    pub fn intersection(&self, other: &Self) -> Self {
        let (x, y) = (self.x.max(other.x), self.y.max(other.y));
        let width = self.right().min(other.right()).saturating_sub(x);
        let height = self.bottom().min(other.bottom()).saturating_sub(y);
        if width == 0 || height == 0 { Self::default() } else { Self { x, y, width, height } }
    }

    pub(crate) fn fits(&self, width: u32, height: u32) -> bool {
        u64::from(self.x) + u64::from(self.width) <= u64::from(width) && u64::from(self.y) + u64::from(self.height) <= u64::from(height)
    }
}

/// A part of the picture that the window system says has moved (DXGI move rectangles, a window manager's knowledge).
///
/// Only ever a hint: the encoder compares pixels before it uses one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Move {
    /// Where the pixels were in the frame before.
    pub src: Rect,
    /// Columns moved, to the right if positive.
    pub dx: i32,
    /// Rows moved, downwards if positive.
    pub dy: i32,
}

/// A borrowed picture.
#[derive(Clone, Copy)]
pub struct FrameView<'a> {
    width: u32,
    height: u32,
    stride: usize,
    format: PixelFormat,
    pixels: &'a [u8],
}

impl<'a> FrameView<'a> {
    /// A picture of `width` × `height` pixels of 4 bytes, whose rows start `stride` bytes apart.
    ///
    /// The last row may end with its last pixel. Any alignment will do.
    ///
    /// # Errors
    /// `ApiMisuse` if a side is 0 or more than 65,536, if `stride` is shorter than a row, or if `pixels` is shorter than the picture.
    pub fn new(width: u32, height: u32, stride: usize, format: PixelFormat, pixels: &'a [u8]) -> Result<Self, Error> {
        if width == 0 || height == 0 || width > 1 << 16 || height > 1 << 16 {
            return Err(Error::ApiMisuse("a frame has 1 to 65536 columns and rows"));
        }
        let row = width as usize * 4;
        if stride < row {
            return Err(Error::ApiMisuse("the stride is shorter than a row of pixels"));
        }
        let needed = stride.checked_mul(height as usize - 1).and_then(|n| n.checked_add(row));
        if needed.is_none_or(|needed| pixels.len() < needed) {
            return Err(Error::ApiMisuse("the pixel slice is shorter than the frame"));
        }
        Ok(Self { width, height, stride, format, pixels })
    }

    /// Columns.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Rows.
    pub fn height(&self) -> u32 {
        self.height
    }

    /// Bytes from the start of a row to the start of the next.
    pub fn stride(&self) -> usize {
        self.stride
    }

    /// How a pixel lies in memory.
    pub fn format(&self) -> PixelFormat {
        self.format
    }

    /// The bytes behind the view, `stride` a row.
    pub fn pixels(&self) -> &'a [u8] {
        self.pixels
    }

    /// The bytes of row `y`, without padding.
    ///
    /// # Panics
    /// If `y` is not a row of the frame.
    pub fn row(&self, y: u32) -> &'a [u8] {
        assert!(y < self.height, "row {y} of a frame of {} rows", self.height);
        let start = y as usize * self.stride;
        &self.pixels[start..start + self.width as usize * 4]
    }

    /// Whether both show the same: same size, and the same blue, green and red everywhere.
    pub fn same_picture(&self, other: &FrameView<'_>) -> bool {
        (self.width, self.height) == (other.width, other.height)
            && (0..self.height).all(|y| same_colours(self.row_pixels(y), other.row_pixels(y)))
    }

    pub(crate) fn row_pixels(&self, y: u32) -> &'a [Pixel] {
        self.row(y).as_chunks().0
    }

    pub(crate) fn span(&self, x: u32, y: u32, width: u32) -> &'a [Pixel] {
        &self.row_pixels(y)[x as usize..(x + width) as usize]
    }
}

impl std::fmt::Debug for FrameView<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FrameView")
            .field("width", &self.width)
            .field("height", &self.height)
            .field("stride", &self.stride)
            .field("format", &self.format)
            .finish_non_exhaustive()
    }
}

/// Whether two rows show the same colours.
///
/// Of long rows the bytes mostly are the same too, which is found out fastest. Differences are folded over blocks rather than tested a
/// pixel at a time, which compilers turn into vector code.
#[inline]
pub(crate) fn same_colours(a: &[Pixel], b: &[Pixel]) -> bool {
    /// Pixels up to which calling a comparison of bytes costs more than it saves.
    const SHORT: usize = 64;
    debug_assert_eq!(a.len(), b.len());
    if a.len() > SHORT && a == b {
        return true;
    }
    let ((a_blocks, a_rest), (b_blocks, b_rest)) = (a.as_chunks::<16>(), b.as_chunks::<16>());
    let fold = |acc: u32, (a, b): (&Pixel, &Pixel)| acc | (u32::from_le_bytes(*a) ^ u32::from_le_bytes(*b));
    for (a, b) in a_blocks.iter().zip(b_blocks) {
        if a.iter().zip(b).fold(0, fold) & COLOUR != 0 {
            return false;
        }
    }
    a_rest.iter().zip(b_rest).fold(0, fold) & COLOUR == 0
}

/// An owned picture, rows without padding, every fourth byte 255.
#[derive(Clone, Debug, Default)]
pub struct Surface {
    width: u32,
    height: u32,
    pixels: Vec<u8>,
}

impl Surface {
    /// Becomes black at a new size; the allocation is kept where it suffices.
    ///
    /// The caller has checked the size against its [`Limits`](crate::Limits).
    pub fn resize(&mut self, width: u32, height: u32) {
        (self.width, self.height) = (width, height);
        let len = width as usize * height as usize * 4;
        if self.pixels.capacity() < len {
            // Free the old one first, so that the peak is one picture and not two.
            self.pixels = Vec::new();
            self.pixels.reserve_exact(len);
        }
        self.pixels.resize(len, 0);
        self.pixels.as_chunks_mut().0.fill(opaque(0));
    }

    /// Width and height, in pixels.
    pub fn size(&self) -> (u32, u32) {
        (self.width, self.height)
    }

    /// The picture, as [`PixelFormat::Bgrx`]; `None` while it has no size.
    pub fn view(&self) -> Option<FrameView<'_>> {
        FrameView::new(self.width, self.height, self.width as usize * 4, PixelFormat::Bgrx, &self.pixels).ok()
    }

    pub(crate) fn row_pixels(&self, y: u32) -> &[Pixel] {
        let width = self.width as usize;
        &self.pixels.as_chunks().0[y as usize * width..][..width]
    }

    pub(crate) fn span(&self, x: u32, y: u32, width: u32) -> &[Pixel] {
        &self.row_pixels(y)[x as usize..(x + width) as usize]
    }

    pub(crate) fn span_mut(&mut self, x: u32, y: u32, width: u32) -> &mut [Pixel] {
        let start = y as usize * self.width as usize + x as usize;
        &mut self.pixels.as_chunks_mut().0[start..start + width as usize]
    }

    /// All pixels, row after row without gaps.
    pub(crate) fn pixels_mut(&mut self) -> &mut [Pixel] {
        self.pixels.as_chunks_mut().0
    }

    /// Takes over the frame's bytes within `rect`, that without colour too: rows of both then compare as bytes.
    pub(crate) fn copy_from(&mut self, frame: &FrameView<'_>, rect: Rect) {
        for y in rect.y..rect.bottom() {
            self.span_mut(rect.x, y, rect.width).copy_from_slice(frame.span(rect.x, y, rect.width));
        }
    }

    /// Becomes equal to the frame within `rect`.
    pub(crate) fn put(&mut self, frame: &FrameView<'_>, rect: Rect) {
        for y in rect.y..rect.bottom() {
            let from = frame.span(rect.x, y, rect.width);
            self.span_mut(rect.x, y, rect.width).iter_mut().zip(from).for_each(|(to, from)| *to = opaque(colour(*from)));
        }
    }

    pub(crate) fn fill(&mut self, rect: Rect, colour: u32) {
        for y in rect.y..rect.bottom() {
            self.span_mut(rect.x, y, rect.width).fill(opaque(colour));
        }
    }

    /// Copies `src` to `(x, y)` as if through a second picture: overlap does no harm.
    pub(crate) fn copy_within(&mut self, src: Rect, x: u32, y: u32) {
        let width = self.width as usize;
        let mut row = |i: u32| {
            let from = (src.y + i) as usize * width + src.x as usize;
            let to = (y + i) as usize * width + x as usize;
            self.pixels.as_chunks_mut::<4>().0.copy_within(from..from + src.width as usize, to);
        };
        // Rows that a copy overwrites must have been read before: downwards from the bottom, upwards from the top.
        if y > src.y { (0..src.height).rev().for_each(&mut row) } else { (0..src.height).for_each(&mut row) }
    }
}
