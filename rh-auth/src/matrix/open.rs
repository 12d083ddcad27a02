//! The project's default: every pair of apps that can work.

use rh_proto::mode::{Mode, ModeSet};

use super::platform::COMMON;
use super::{Endpoint, Matrix, Row};
use crate::device::Platform;
use crate::modes;

const V: ModeSet = modes::of(&[Mode::ViewOnly]);
const VF: ModeSet = modes::of(&[Mode::ViewOnly, Mode::FullControl]);
const VFU: ModeSet = modes::of(&[Mode::ViewOnly, Mode::FullControl, Mode::Unattended]);
const VFEU: ModeSet = modes::ALL;

/// In the order of the columns: Windows, Linux, macOS, Android, then the web apps.
const NATIVE: &[ModeSet] = &[VFEU, VFEU, VF, VFU, V, V, V, V];
/// The same without Elevation: a browser cannot keep what is typed into an administrator prompt to itself.
const WEB: &[ModeSet] = &[VFU, VFU, VF, VFU, V, V, V, V];

/// `open`: what this project supports.
pub static OPEN: Matrix = Matrix {
    name: "open",
    sharers: &[
        Endpoint::native(Platform::Windows),
        Endpoint::native(Platform::Linux),
        Endpoint::native(Platform::MacOs),
        Endpoint::native(Platform::Android),
        Endpoint::web(Platform::Windows),
        Endpoint::web(Platform::Linux),
        Endpoint::web(Platform::MacOs),
        Endpoint::web(Platform::Android),
    ],
    rows: &[
        Row { helper: Endpoint::native(Platform::Windows), cells: NATIVE },
        Row { helper: Endpoint::native(Platform::Linux), cells: NATIVE },
        Row { helper: Endpoint::native(Platform::MacOs), cells: NATIVE },
        Row { helper: Endpoint::native(Platform::Android), cells: NATIVE },
        Row { helper: Endpoint::web(Platform::Windows), cells: WEB },
        Row { helper: Endpoint::web(Platform::Linux), cells: WEB },
        Row { helper: Endpoint::web(Platform::MacOs), cells: WEB },
        Row { helper: Endpoint::web(Platform::Android), cells: WEB },
    ],
    conditions: [COMMON, &[]],
    conditional_access: &Platform::ALL,
};
