//! Which app can help which, in which modes, and what platforms must fulfil: versioned data that an organisation picks by name.
//!
//! A matrix is never edited once it is out; a new one gets a new name. So the name in a ticket or an audit entry says what was decided by.

mod intune_2025_10;
mod open;
mod platform;

use std::fmt;

use rh_proto::mode::ModeSet;

pub use intune_2025_10::INTUNE_2025_10;
pub use open::OPEN;
pub(crate) use platform::Surface;
pub use platform::{Cloud, Demand, PlatformCondition, Side, Start};

use crate::device::{Form, Platform};

/// The matrices that there are.
pub const MATRICES: [&Matrix; 2] = [&OPEN, &INTUNE_2025_10];

/// One end of a session, as far as a matrix tells ends apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Endpoint {
    /// What the app runs on.
    pub platform: Platform,
    /// Which app it is.
    pub form: Form,
}

impl Endpoint {
    const fn native(platform: Platform) -> Self {
        Self { platform, form: Form::Native }
    }

    const fn web(platform: Platform) -> Self {
        Self { platform, form: Form::Web }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.platform, self.form)
    }
}

/// What one kind of helper can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// The helper's end.
    pub helper: Endpoint,
    /// The modes, in the order of [`Matrix::sharers`]. Invariant: as many as there are sharers; a test checks it.
    pub cells: &'static [ModeSet],
}

/// Modes by the apps on both ends, and the platform conditions that go with them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Matrix {
    /// What it is picked and recorded by.
    pub name: &'static str,
    /// The columns.
    pub sharers: &'static [Endpoint],
    /// The rows.
    pub rows: &'static [Row],
    /// What platforms must fulfil: those of all matrices, and its own.
    pub conditions: [&'static [PlatformCondition]; 2],
    /// The helpers' platforms on which conditional access is asked.
    pub conditional_access: &'static [Platform],
}

impl Matrix {
    /// The matrix of this name.
    #[must_use]
    pub fn by_name(name: &str) -> Option<&'static Self> {
        MATRICES.into_iter().find(|matrix| matrix.name == name)
    }

    /// What a helper's app can do with a sharer's. Nothing for a pair that is not in the matrix.
    #[must_use]
    pub fn modes(&self, helper: Endpoint, sharer: Endpoint) -> ModeSet {
        let row = self.rows.iter().find(|row| row.helper == helper);
        let column = self.sharers.iter().position(|end| *end == sharer);
        row.zip(column).and_then(|(row, column)| row.cells.get(column)).copied().unwrap_or_default()
    }

    /// Every condition.
    pub fn conditions(&self) -> impl Iterator<Item = &'static PlatformCondition> {
        self.conditions.into_iter().flatten()
    }
}
