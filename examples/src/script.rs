//! The commands that a headless helper reads from its standard input, one a line.

use crate::ui::helper::{HelperAction, PointerButton, RequestedMode, WheelAxis};

/// What a line asks for.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Acts for the session, in this order.
    Act(Vec<HelperAction>),
    /// Write the picture to this file now.
    Png(String),
    /// Say how many frames came so far.
    Count,
    /// List the commands.
    Help,
}

/// The commands, for `help`.
pub const HELP: &str = "mode view|control|elevation   ask the sharer for a mode
type TEXT             type text, whatever keyboard the sharer has
press KEY             press and let go: a..z 0..9 enter tab escape space backspace left right up down home end f1..f12
down KEY | up KEY     hold or let go a key, also ctrl shift alt altgr super
move X Y              put the pointer there, in pixels of the sharer's screen
click | button left|middle|right down|up
wheel N               turn by N clicks, down is positive
chat TEXT             say something
laser X Y | laser off point at something
pause on|off          no pictures for a while
display N             show the sharer's display of that number, counted from 1
count                 say how many frames came so far
png FILE              write the picture to a file
leave                 end the session";

/// USB HID usages (page 7) of the keys that have a name; letters, digits and function keys are computed.
const NAMED: &[(&str, u16)] = &[
    ("enter", 0x28),
    ("escape", 0x29),
    ("backspace", 0x2a),
    ("tab", 0x2b),
    ("space", 0x2c),
    ("right", 0x4f),
    ("left", 0x50),
    ("down", 0x51),
    ("up", 0x52),
    ("home", 0x4a),
    ("pageup", 0x4b),
    ("delete", 0x4c),
    ("end", 0x4d),
    ("pagedown", 0x4e),
    ("ctrl", 0xe0),
    ("shift", 0xe1),
    ("alt", 0xe2),
    ("super", 0xe3),
    ("altgr", 0xe6),
];

/// Reads one line. `Ok(None)` for an empty line or a comment (`#`).
///
/// # Errors
/// A sentence that names what is wrong.
pub fn parse(line: &str) -> Result<Option<Command>, String> {
    let line = line.trim_end_matches(['\r', '\n']);
    let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
    let act = match (word, rest) {
        ("" | "#", _) => return Ok(None),
        ("help", _) => return Ok(Some(Command::Help)),
        ("count", "") => return Ok(Some(Command::Count)),
        ("png", "") => return Err("png wants a file's name".to_owned()),
        ("png", file) => return Ok(Some(Command::Png(file.to_owned()))),
        ("mode", "view") => vec![HelperAction::RequestMode(RequestedMode::View)],
        ("mode", "elevation") => vec![HelperAction::RequestMode(RequestedMode::Elevation)],
        ("mode", "control") => vec![HelperAction::RequestMode(RequestedMode::Control)],
        ("type", text) => vec![HelperAction::Text(text.to_owned())],
        ("press", name) => vec![key(name, true)?, key(name, false)?],
        ("down", name) => vec![key(name, true)?],
        ("up", name) => vec![key(name, false)?],
        ("move", point) => {
            let (x, y) = pair(point)?;
            vec![HelperAction::PointerMove { x, y }]
        }
        ("click", "") => [true, false].map(|down| HelperAction::Button { button: PointerButton::Left, down }).to_vec(),
        ("button", what) => vec![button(what)?],
        ("wheel", clicks) => {
            let clicks: i32 = clicks.parse().ok().filter(|n: &i32| n.abs() <= 100).ok_or("wheel wants a number from -100 to 100")?;
            // Down is positive here, as people say it; away from the user is positive on the wire.
            vec![HelperAction::Wheel { axis: WheelAxis::Vertical, v120: clicks * -120 }]
        }
        ("chat", text) => vec![HelperAction::Chat(text.to_owned())],
        ("laser", "off") => vec![HelperAction::LaserOff],
        ("laser", point) => {
            let (x, y) = pair(point)?;
            vec![HelperAction::Laser { x, y }]
        }
        ("pause", "on") => vec![HelperAction::Pause(true)],
        ("pause", "off") => vec![HelperAction::Pause(false)],
        ("display", number) => match number.parse() {
            Ok(number) if number > 0 => vec![HelperAction::Display(number)],
            _ => return Err("display wants a number from 1".to_owned()),
        },
        ("leave", "") => vec![HelperAction::Leave],
        _ => return Err(format!("{line:?} is no command; `help` lists them")),
    };
    Ok(Some(Command::Act(act)))
}

fn key(name: &str, down: bool) -> Result<HelperAction, String> {
    let usage = usage(name).ok_or_else(|| format!("{name:?} is no key; `help` lists them"))?;
    Ok(HelperAction::Key { usage, down, text: None })
}

fn usage(name: &str) -> Option<u16> {
    if let Some(&(_, usage)) = NAMED.iter().find(|(n, _)| *n == name) {
        return Some(usage);
    }
    if let Some(n) = name.strip_prefix('f').and_then(|n| n.parse::<u16>().ok()) {
        return (1..=12).contains(&n).then_some(0x39 + n);
    }
    let mut letters = name.bytes();
    match (letters.next()?, letters.next()) {
        (b @ b'a'..=b'z', None) => Some(u16::from(b - b'a') + 0x04),
        (b'0', None) => Some(0x27),
        (b @ b'1'..=b'9', None) => Some(u16::from(b - b'1') + 0x1e),
        _ => None,
    }
}

fn button(what: &str) -> Result<HelperAction, String> {
    let (name, state) = what.split_once(' ').ok_or("button wants left|middle|right and down|up")?;
    let button = match name {
        "left" => PointerButton::Left,
        "middle" => PointerButton::Middle,
        "right" => PointerButton::Right,
        _ => return Err(format!("{name:?} is no button: left, middle or right")),
    };
    match state {
        "down" => Ok(HelperAction::Button { button, down: true }),
        "up" => Ok(HelperAction::Button { button, down: false }),
        _ => Err(format!("{state:?}: down or up")),
    }
}

fn pair(text: &str) -> Result<(i32, i32), String> {
    let (x, y) = text.split_once(' ').ok_or("two numbers, such as 100 200")?;
    let number = |t: &str| t.parse::<u16>().map(i32::from).map_err(|_| format!("{t:?} is no pixel number"));
    Ok((number(x)?, number(y)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_of_the_help_is_understood() {
        for line in [
            "mode view",
            "type é日🙂 and spaces ",
            "press a",
            "press f12",
            "down ctrl",
            "up ctrl",
            "move 3 4",
            "click",
            "wheel -2",
            "display 2",
            "laser off",
        ] {
            assert!(matches!(parse(line), Ok(Some(Command::Act(_)))), "{line}");
        }
        assert_eq!(parse("type  a "), Ok(Some(Command::Act(vec![HelperAction::Text(" a ".to_owned())]))));
        assert_eq!(parse(""), Ok(None));
    }

    #[test]
    fn wrong_lines_are_named() {
        for (line, part) in [
            ("pres a", "pres a"),
            ("press hyper", "hyper"),
            ("move 1", "two numbers"),
            ("wheel 1e9", "100"),
            ("button left", "down|up"),
            ("display 0", "from 1"),
        ] {
            assert!(parse(line).is_err_and(|e| e.contains(part)), "{line}");
        }
    }
}
