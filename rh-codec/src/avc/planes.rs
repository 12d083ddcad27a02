//! Pictures as H.264 has them: one plane of brightness and two of colour at half the size.

use crate::Error;

/// Side of a macroblock: [MS-RDPEGFX] 2.2.4.4 wants the sides of the coded picture to be multiples of it.
pub(crate) const MACROBLOCK: usize = 16;

/// A picture at 4:2:0, full-range BT.709, rows without padding; both sides are multiples of 16.
///
/// What surrounds the picture proper, up to those multiples, is shown nowhere.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Planes {
    width: usize,
    height: usize,
    y: Vec<u8>,
    u: Vec<u8>,
    v: Vec<u8>,
}

impl Planes {
    /// Becomes a picture that holds `width` × `height` pixels; what it shows is left open. The memory is kept where it suffices.
    pub fn resize(&mut self, width: u32, height: u32) {
        self.width = (width as usize).next_multiple_of(MACROBLOCK);
        self.height = (height as usize).next_multiple_of(MACROBLOCK);
        self.y.resize(self.width * self.height, 0);
        self.u.resize(self.width * self.height / 4, 128);
        self.v.resize(self.width * self.height / 4, 128);
    }

    /// Columns and rows of the plane of brightness.
    pub fn size(&self) -> (usize, usize) {
        (self.width, self.height)
    }

    /// Brightness, a byte a pixel.
    pub fn y(&self) -> &[u8] {
        &self.y
    }

    /// The blue difference, half as wide and half as high.
    pub fn u(&self) -> &[u8] {
        &self.u
    }

    /// The red difference, half as wide and half as high.
    pub fn v(&self) -> &[u8] {
        &self.v
    }

    /// All three planes, to write to.
    pub fn planes_mut(&mut self) -> (&mut [u8], &mut [u8], &mut [u8]) {
        (&mut self.y, &mut self.u, &mut self.v)
    }

    /// Takes over what a decoder has: three planes whose rows start `strides` bytes apart (brightness, differences), of a picture of
    /// `width` × `height` pixels.
    ///
    /// # Errors
    /// `ApiMisuse` if a plane is shorter than its strides and the size say.
    pub fn copy_from(&mut self, (width, height): (u32, u32), planes: [&[u8]; 3], strides: [usize; 2]) -> Result<(), Error> {
        let (columns, rows) = (width as usize, height as usize);
        let half = (columns.div_ceil(2), rows.div_ceil(2));
        let enough = |plane: &[u8], stride: usize, (columns, rows): (usize, usize)| {
            columns <= stride && rows.checked_sub(1).is_none_or(|last| plane.len() >= last.saturating_mul(stride).saturating_add(columns))
        };
        let [y, u, v] = planes;
        if !enough(y, strides[0], (columns, rows)) || !enough(u, strides[1], half) || !enough(v, strides[1], half) {
            return Err(Error::ApiMisuse("a plane is shorter than its picture"));
        }
        self.resize(width, height);
        let copy = |to: &mut [u8], to_stride: usize, from: &[u8], stride: usize, (columns, rows): (usize, usize)| {
            for (to, from) in to.chunks_mut(to_stride).zip(from.chunks(stride)).take(rows) {
                to[..columns].copy_from_slice(&from[..columns]);
            }
        };
        let width = self.width;
        copy(&mut self.y, width, y, strides[0], (columns, rows));
        copy(&mut self.u, width / 2, u, strides[1], half);
        copy(&mut self.v, width / 2, v, strides[1], half);
        Ok(())
    }
}
