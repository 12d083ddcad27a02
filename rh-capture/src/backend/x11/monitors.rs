//! The layout: RandR's monitors, or the whole screen where there is no RandR 1.5.

use x11rb::protocol::{
    randr::{self, ConnectionExt as _, MonitorInfo},
    xproto::{ConnectionExt as _, GetGeometryReply, Window},
};

use super::link::{Connection, Fail};
use crate::{Display, DisplayId, Layout, Placement, Rotation, Size};

/// The displays as the server has them now. Only requests that answer from the server's memory: the others probe the hardware, which stalls it for up to seconds.
pub(super) fn read(connection: &Connection, root: Window, randr: bool, before: &Layout) -> Result<Vec<Display>, Fail> {
    let geometry = connection.get_geometry(root)?;
    let monitors = if randr { connection.randr_get_monitors(root, true)?.reply()?.monitors } else { Vec::new() };
    let geometry = geometry.reply()?;
    let mut named = Vec::with_capacity(monitors.len());
    for monitor in monitors {
        let name = connection.get_atom_name(monitor.name)?;
        let turned = rotation(connection, &monitor)?;
        named.push((String::from_utf8_lossy(&name.reply()?.name).into_owned(), monitor, turned));
    }
    let mut displays = Vec::with_capacity(named.len().max(1));
    for (name, monitor, rotation) in named {
        let Some(rect) = on_screen(&monitor, &geometry) else { continue };
        let id = before.displays.iter().find(|old| old.name == name).map_or_else(|| free_id(before, &displays), |old| old.id);
        displays.push(display(id, rect, rotation, name, monitor.primary));
    }
    if displays.is_empty() {
        let rect = Placement { x: 0, y: 0, width: geometry.width.into(), height: geometry.height.into() };
        let name = "screen".to_owned();
        let id = before.displays.iter().find(|old| old.name == name).map_or_else(|| free_id(before, &displays), |old| old.id);
        displays.push(display(id, rect, Rotation::None, name, true));
    }
    displays.sort_by_key(|display| (!display.primary, display.rect.y, display.rect.x));
    Ok(displays)
}

fn display(id: DisplayId, rect: Placement, rotation: Rotation, name: String, primary: bool) -> Display {
    Display { id, rect, pixels: Size::new(rect.width, rect.height), scale: 1.0, rotation, name, primary }
}

/// An id that neither the layout before nor the new one uses: a display that is plugged in is never mistaken for one just unplugged.
fn free_id(before: &Layout, displays: &[Display]) -> DisplayId {
    let used = |id: DisplayId| before.display(id).is_some() || displays.iter().any(|d| d.id == id);
    (0..).map(DisplayId).find(|id| !used(*id)).unwrap_or(DisplayId(u32::MAX))
}

/// The part of a monitor that lies on the root window; pixels beyond it do not exist.
fn on_screen(monitor: &MonitorInfo, root: &GetGeometryReply) -> Option<Placement> {
    let span = |at: i16, length: u16, limit: u16| {
        let start = i32::from(at).max(0);
        let end = (i32::from(at) + i32::from(length)).min(i32::from(limit));
        u32::try_from(end - start).ok().filter(|length| *length > 0).map(|length| (start, length))
    };
    let (x, width) = span(monitor.x, monitor.width, root.width)?;
    let (y, height) = span(monitor.y, monitor.height, root.height)?;
    Some(Placement { x, y, width, height })
}

/// How the monitor's first output is turned; a monitor that is gone meanwhile, or has no output, counts as upright.
fn rotation(connection: &Connection, monitor: &MonitorInfo) -> Result<Rotation, Fail> {
    let Some(output) = monitor.outputs.first() else { return Ok(Rotation::None) };
    let crtc = match connection.randr_get_output_info(*output, x11rb::CURRENT_TIME)?.reply().map_err(Fail::from) {
        Ok(info) => info.crtc,
        Err(Fail::Refused(_)) => return Ok(Rotation::None),
        Err(fail) => return Err(fail),
    };
    let turned = match connection.randr_get_crtc_info(crtc, x11rb::CURRENT_TIME)?.reply().map_err(Fail::from) {
        Ok(info) => info.rotation,
        Err(Fail::Refused(_)) => return Ok(Rotation::None),
        Err(fail) => return Err(fail),
    };
    // RandR counts counter-clockwise.
    Ok(if turned.contains(randr::Rotation::ROTATE90) {
        Rotation::ThreeQuarters
    } else if turned.contains(randr::Rotation::ROTATE180) {
        Rotation::Half
    } else if turned.contains(randr::Rotation::ROTATE270) {
        Rotation::Quarter
    } else {
        Rotation::None
    })
}
