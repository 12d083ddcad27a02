//! How large a message may become.

use crate::{Budget, Limits};

/// Room in a message, by the caller's budget and the viewer's limits.
pub(crate) struct Room {
    most_bytes: usize,
    /// Operations written. The first one always may, lest a small budget sends nothing for ever.
    pub(crate) operations: u32,
    most_operations: u32,
    /// Pixels touched.
    work: u64,
    most_work: u64,
}

impl Room {
    pub(crate) fn new(budget: Budget, limits: &Limits) -> Self {
        // One operation is the size of the picture.
        Self {
            most_bytes: budget.most_bytes(),
            operations: 0,
            most_operations: limits.max_operations - 1,
            work: 0,
            most_work: limits.max_work(),
        }
    }

    pub(crate) fn fits(&self, bytes: usize) -> bool {
        bytes <= self.most_bytes
    }

    /// Bytes that are left behind so many.
    #[cfg(feature = "h264")]
    pub(crate) fn left(&self, bytes: usize) -> usize {
        self.most_bytes.saturating_sub(bytes)
    }

    pub(crate) fn is_full(&self, bytes: usize) -> bool {
        !self.fits(bytes) || !self.admits(0)
    }

    pub(crate) fn admits(&self, area: u64) -> bool {
        self.operations < self.most_operations && self.work + area <= self.most_work
    }

    pub(crate) fn count(&mut self, area: u64) {
        self.operations += 1;
        self.work += area;
    }
}
