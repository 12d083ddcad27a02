//! Microsoft's table of October 2025: "Plan for Remote Help with Microsoft Intune" (2025-10-01), section "Helper and client modes".

use rh_proto::mode::{Mode, ModeSet};
use rh_proto::msg::hello::AppVersion;

use super::platform::{COMMON, Demand, PlatformCondition, Side};
use super::{Endpoint, Matrix, Row};
use crate::device::{Form, Host, Platform, Version};
use crate::modes;

const V: ModeSet = modes::of(&[Mode::ViewOnly]);
const VF: ModeSet = modes::of(&[Mode::ViewOnly, Mode::FullControl]);
const VFE: ModeSet = modes::of(&[Mode::ViewOnly, Mode::FullControl, Mode::Elevation]);
const VFU: ModeSet = modes::of(&[Mode::ViewOnly, Mode::FullControl, Mode::Unattended]);
const NO: ModeSet = ModeSet::NONE;

/// `intune-2025-10`: what Microsoft Remote Help supports.
#[rustfmt::skip]
pub static INTUNE_2025_10: Matrix = Matrix {
    name: "intune-2025-10",
    sharers: &[
                                                               Endpoint::native(Platform::Windows),
                                                                    Endpoint::native(Platform::MacOs),
                                                                        Endpoint::native(Platform::Android),
                                                                             Endpoint::web(Platform::MacOs),
                                                                                Endpoint::web(Platform::Windows),
    ],
    rows: &[
        Row { helper: Endpoint::native(Platform::Windows), cells: &[VFE, NO, NO,  NO, NO] },
        Row { helper: Endpoint::web(Platform::Windows),    cells: &[NO,  VF, VFU, V,  V] },
        Row { helper: Endpoint::web(Platform::MacOs),      cells: &[NO,  VF, VFU, V,  V] },
    ],
    conditions: [COMMON, OWN],
    // "Entra ID Conditional Access policies for Remote Help are only supported on Windows and macOS."
    conditional_access: &[Platform::Windows, Platform::MacOs],
};

const OWN: &[PlatformCondition] = &[
    // "macOS 26.0 (from version 1.0.2509231 of Remote Help and later)": Microsoft's app, so Microsoft's matrix only.
    PlatformCondition {
        platform: Some(Platform::MacOs),
        form: Some(Form::Native),
        ..PlatformCondition::of(
            Side::Either,
            modes::ALL,
            Demand::AppOnOs { os: Version([26, 0, 0, 0]), app: AppVersion::new(1, 0, 2_509_231) },
        )
    },
    // Web app: "Virtual Machines (VMs) are currently not supported."
    PlatformCondition { form: Some(Form::Web), ..PlatformCondition::of(Side::Sharer, modes::ALL, Demand::Host(&[Host::Physical])) },
];
