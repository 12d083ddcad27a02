//! What the server offers, found out once.

use x11rb::{
    connection::{Connection as _, RequestConnection as _},
    protocol::{
        damage::{self, ConnectionExt as _},
        randr::{self, ConnectionExt as _, NotifyMask},
        shm,
        xfixes::{self, ConnectionExt as _, CursorNotifyMask},
        xinput::{self, ConnectionExt as _},
        xproto::{ChangeWindowAttributesAux, ConnectionExt as _, EventMask, ImageOrder, Screen, VisualClass},
    },
};

use super::link::{Connection, Fail};
use crate::{Error, Kind};

/// The parts of the server that captures use. Each that is missing has a fall-back.
#[derive(Clone, Copy, Debug)]
pub(super) struct Server {
    /// Reports of what changed; without it the picture is compared.
    pub(super) damage: bool,
    /// Monitors (RandR 1.5); without it the screen is one display.
    pub(super) monitors: bool,
    /// The pointer's shape; without it there is none.
    pub(super) cursor: bool,
    /// Word of every motion of the pointer (XInput 2); without it the pointer is asked for.
    pub(super) motion: bool,
}

/// Checks that pixels come in the one format this crate hands out.
pub(super) fn check_format(connection: &Connection, screen: &Screen) -> Result<(), Error> {
    let setup = connection.setup();
    let depth = screen.root_depth;
    let format = setup.pixmap_formats.iter().find(|format| format.depth == depth);
    let visual = screen.allowed_depths.iter().flat_map(|d| &d.visuals).find(|v| v.visual_id == screen.root_visual);
    let fits = setup.image_byte_order == ImageOrder::LSB_FIRST
        && format.is_some_and(|f| f.bits_per_pixel == 32 && f.scanline_pad == 32)
        && visual.is_some_and(|v| {
            v.class == VisualClass::TRUE_COLOR && (v.red_mask, v.green_mask, v.blue_mask) == (0x00ff_0000, 0x0000_ff00, 0x0000_00ff)
        });
    if fits {
        Ok(())
    } else {
        let bits = format.map_or(0, |format| format.bits_per_pixel);
        let what = format!(
            "the screen has depth {depth} at {bits} bits a pixel, and only true colour of 8 bits each in 32 (depth 24 or 32) is supported; set the X server to depth 24"
        );
        Err(Error::Unsupported { kind: Kind::X11, what })
    }
}

impl Server {
    /// Asks for versions, without which servers refuse the extension, and for events of the layout.
    pub(super) fn set_up(connection: &Connection, screen: &Screen) -> Result<Self, Fail> {
        for name in [shm::X11_EXTENSION_NAME, damage::X11_EXTENSION_NAME, xfixes::X11_EXTENSION_NAME, randr::X11_EXTENSION_NAME] {
            connection.prefetch_extension_information(name)?;
        }
        let has = |name| connection.extension_information(name).map(|found| found.is_some());
        let root = screen.root;
        let cursor = has(xfixes::X11_EXTENSION_NAME)? && connection.xfixes_query_version(5, 0)?.reply()?.major_version >= 2;
        let damage = cursor && has(damage::X11_EXTENSION_NAME)?;
        if damage {
            connection.damage_query_version(1, 1)?.reply()?;
        }
        let mut monitors = false;
        if has(randr::X11_EXTENSION_NAME)? {
            let version = connection.randr_query_version(1, 5)?.reply()?;
            monitors = (version.major_version, version.minor_version) >= (1, 5);
            let mask = NotifyMask::SCREEN_CHANGE | NotifyMask::CRTC_CHANGE | NotifyMask::OUTPUT_CHANGE;
            connection.randr_select_input(root, mask)?;
        }
        // The root window's size changes with the layout, RandR or not.
        let events = ChangeWindowAttributesAux::new().event_mask(EventMask::STRUCTURE_NOTIFY);
        connection.change_window_attributes(root, &events)?.check()?;
        let motion = has(xinput::X11_EXTENSION_NAME)? && {
            let version = connection.xinput_xi_query_version(2, 2)?.reply()?;
            (version.major_version, version.minor_version) >= (2, 1)
        };
        Ok(Self { damage, monitors, cursor, motion })
    }

    /// Asks for events of the pointer.
    pub(super) fn watch_pointer(&self, connection: &Connection, screen: &Screen) -> Result<(), Fail> {
        if self.cursor {
            connection.xfixes_select_cursor_input(screen.root, CursorNotifyMask::DISPLAY_CURSOR)?;
        }
        if self.motion {
            let motion = xinput::EventMask { deviceid: xinput::Device::ALL_MASTER.into(), mask: vec![xinput::XIEventMask::RAW_MOTION] };
            connection.xinput_xi_select_events(screen.root, &[motion])?.check()?;
        }
        Ok(())
    }
}
