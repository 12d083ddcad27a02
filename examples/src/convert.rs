//! Words of one crate into those of another. The crates do not know each other: an event of the operating system is no message of the wire, and this is the
//! one place where the two meet.

use std::sync::Arc;

use bytes::Bytes;
use rh_proto::msg::{cursor, input as wire, layout};

/// A layout of the capture as the wire's.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a scale of 0.1 to 64 in thousandths")]
pub fn layout_to_wire(from: &rh_capture::Layout) -> layout::Layout {
    let displays = from
        .displays
        .iter()
        .map(|d| layout::Display {
            id: layout::DisplayId(d.id.0),
            x: d.rect.x,
            y: d.rect.y,
            width: d.pixels.width,
            height: d.pixels.height,
            scale: (d.scale.clamp(0.1, 64.0) * 1000.0) as u32,
            rotation: layout::Rotation(match d.rotation {
                rh_capture::Rotation::None => 0,
                rh_capture::Rotation::Quarter => 1,
                rh_capture::Rotation::Half => 2,
                rh_capture::Rotation::ThreeQuarters => 3,
            }),
            primary: d.primary,
            name: d.name.as_str().into(),
        })
        .collect();
    layout::Layout { generation: layout::Generation(from.generation), displays }
}

/// A layout of the capture as the injector's: a position means to the injector what it meant in the picture.
pub fn layout_to_input(from: &rh_capture::Layout) -> Arc<rh_input::Layout> {
    let displays = from
        .displays
        .iter()
        .map(|d| rh_input::Display {
            id: rh_input::DisplayId(d.id.0),
            rect: rh_input::Rect { x: d.rect.x, y: d.rect.y, width: d.rect.width, height: d.rect.height },
            pixels: (d.pixels.width, d.pixels.height),
        })
        .collect();
    Arc::new(rh_input::Layout { generation: u64::from(from.generation), displays })
}

/// A cursor's shape; `None` for one that the wire does not carry (empty, or larger than 65,535 pixels a side).
pub fn shape_to_wire(from: &rh_capture::Shape) -> Option<cursor::CursorShape> {
    let side = |n: u32| u16::try_from(n).ok();
    let (width, height) = (side(from.size.width)?, side(from.size.height)?);
    if width == 0 || height == 0 {
        return None;
    }
    // Some X programs put the hot spot on the edge behind the last pixel.
    let hot = |at: u32, size: u16| u16::try_from(at).unwrap_or(u16::MAX).min(size - 1);
    Some(cursor::CursorShape {
        width,
        height,
        hot_x: hot(from.hotspot_x, width),
        hot_y: hot(from.hotspot_y, height),
        pixels: Bytes::copy_from_slice(&from.pixels),
    })
}

/// One act of the helper's for the injector; `None` for what this version does not know: a key of another page, a sixth button.
pub fn input_from_wire(from: wire::Input) -> Option<rh_input::Input> {
    use rh_input::Input as Local;
    Some(match from {
        wire::Input::Key { usage, down, text } => Local::Key { usage: rh_input::HidUsage::new(usage.page, usage.id), down, text },
        wire::Input::Text(text) => Local::Text((&*text).into()),
        wire::Input::MoveTo { display, generation, x, y } => {
            Local::MoveTo { display: rh_input::DisplayId(display.0), generation: u64::from(generation.0), x, y }
        }
        wire::Input::MoveBy { dx, dy } => Local::MoveBy { dx, dy },
        wire::Input::Button { button, down } => Local::Button {
            button: match button {
                wire::Button::LEFT => rh_input::Button::Left,
                wire::Button::RIGHT => rh_input::Button::Right,
                wire::Button::MIDDLE => rh_input::Button::Middle,
                wire::Button::BACK => rh_input::Button::Back,
                wire::Button::FORWARD => rh_input::Button::Forward,
                _ => return None,
            },
            down,
        },
        wire::Input::Wheel { axis: wire::WheelAxis::VERTICAL, v120 } => Local::Wheel { axis: rh_input::Axis::Vertical, v120 },
        wire::Input::Wheel { axis: wire::WheelAxis::HORIZONTAL, v120 } => Local::Wheel { axis: rh_input::Axis::Horizontal, v120 },
        wire::Input::Locks(locks) => Local::Locks(rh_input::Locks {
            caps: locks.contains(wire::Locks::CAPS),
            num: locks.contains(wire::Locks::NUM),
            scroll: locks.contains(wire::Locks::SCROLL),
        }),
        wire::Input::Attention => Local::Attention,
        wire::Input::ReleaseAll => Local::ReleaseAll,
        _ => return None,
    })
}

/// An act for the virtual desktop.
pub fn act_for_desktop(from: &rh_input::backend::Act) -> Option<rh_capture::Act> {
    use rh_capture::Act as Desktop;
    use rh_input::backend::Act;
    Some(match *from {
        Act::MoveTo { display, x, y } => {
            Desktop::MoveTo { display: rh_capture::DisplayId(display.0), x: u32::try_from(x).ok()?, y: u32::try_from(y).ok()? }
        }
        Act::MoveBy { dx, dy } => Desktop::MoveBy { dx, dy },
        Act::Button { button, down } => Desktop::Button {
            button: match button {
                rh_input::Button::Left => rh_capture::Button::Left,
                rh_input::Button::Middle => rh_capture::Button::Middle,
                rh_input::Button::Right => rh_capture::Button::Right,
                rh_input::Button::Back => rh_capture::Button::Back,
                rh_input::Button::Forward => rh_capture::Button::Forward,
            },
            down,
        },
        // Away from the person is positive at the injector, towards the end of the list on the desktop.
        Act::Wheel { axis: rh_input::Axis::Vertical, v120 } => {
            Desktop::Wheel { axis: rh_capture::Axis::Vertical, v120: i32::from(v120).saturating_neg() }
        }
        Act::Wheel { axis: rh_input::Axis::Horizontal, v120 } => {
            Desktop::Wheel { axis: rh_capture::Axis::Horizontal, v120: i32::from(v120) }
        }
        Act::Key { usage, down, text } => Desktop::Key { usage: keyboard_id(usage)?, down, text },
        Act::Text(c) => Desktop::Text(c),
        _ => return None,
    })
}

/// A usage's id if it is on the keyboard page.
fn keyboard_id(usage: rh_input::HidUsage) -> Option<u16> {
    (usage.0 >> 16 == 7).then(|| u16::try_from(usage.0 & 0xffff).ok())?
}

/// Rectangles and moves of the capture as the codec's.
pub fn rect_to_codec(from: rh_capture::Rect) -> rh_codec::Rect {
    rh_codec::Rect::new(from.x, from.y, from.width, from.height)
}

/// See [`rect_to_codec`].
pub fn move_to_codec(from: rh_capture::Move) -> rh_codec::Move {
    rh_codec::Move { src: rect_to_codec(from.src), dx: from.dx, dy: from.dy }
}
