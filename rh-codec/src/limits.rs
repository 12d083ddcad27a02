//! Bounds on what a stream may claim.

use crate::Error;

/// What a decoder accepts and an encoder produces; charged before anything is allocated.
///
/// A decoder's memory is at most `4 × max_area` (the surface) + `16384 × max_cached_tiles` + `16 × max_operations` (damage rectangles) + 2 MiB
/// (contexts) + some rows of a picture, in bytes, whatever it is fed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Largest width of a surface, in pixels.
    pub max_width: u32,
    /// Largest height of a surface, in pixels.
    pub max_height: u32,
    /// Largest area of a surface, in pixels.
    pub max_area: u64,
    /// Operations in one message. A decoder's damage list is as long at most.
    pub max_operations: u32,
    /// Tiles of 64×64 pixels that the decoder keeps to show again, 16 KiB each.
    pub max_cached_tiles: u32,
}

impl Default for Limits {
    /// Up to 16384 pixels a side and 32 Mpx (four 4K screens), 2^17 operations, 16 MiB of tiles.
    fn default() -> Self {
        Self { max_width: 16_384, max_height: 16_384, max_area: 1 << 25, max_operations: 1 << 17, max_cached_tiles: 1024 }
    }
}

impl Limits {
    pub(crate) fn validate(&self) -> Result<(), Error> {
        if self.max_width == 0 || self.max_height == 0 || self.max_area == 0 || self.max_operations < 2 {
            return Err(Error::ApiMisuse("limits of no pixels, or of fewer than two operations, leave nothing to show"));
        }
        // Rectangles are computed in u32 and areas in usize (32 bits on wasm32): far away from either's end.
        if self.max_width > 1 << 16 || self.max_height > 1 << 16 || self.max_area > 1 << 28 {
            return Err(Error::ApiMisuse("surfaces beyond 65536 pixels a side or 2^28 pixels are not supported"));
        }
        if self.max_cached_tiles > 1 << 20 {
            return Err(Error::ApiMisuse("more than 2^20 cached tiles are not supported"));
        }
        Ok(())
    }

    /// Pixels that the operations of one message may touch, those touched twice counted twice: an encoder needs the picture's area
    /// once for pixels and less for copies, and the rest keeps a hostile message short.
    pub(crate) fn max_work(&self) -> u64 {
        self.max_area * 4
    }

    pub(crate) fn check_size(&self, width: u32, height: u32) -> Result<(), Error> {
        let exceeded = |what, limit| Err(Error::LimitExceeded { what, limit });
        if width > self.max_width {
            return exceeded("surface width", self.max_width.into());
        }
        if height > self.max_height {
            return exceeded("surface height", self.max_height.into());
        }
        if u64::from(width) * u64::from(height) > self.max_area {
            return exceeded("surface area", self.max_area);
        }
        Ok(())
    }
}
