//! The connection: requests as this backend needs them, none of which waits unless its name says `fetch`.

use std::{io::IoSlice, time::Duration};

use x11rb::{
    connection::{Connection as _, RequestConnection as _},
    errors::{ConnectionError, ReplyError},
    protocol::{
        Event,
        xkb::{self, ConnectionExt as _},
        xproto::{self, ConnectionExt as _},
        xtest::{self, ConnectionExt as _},
    },
    rust_connection::RustConnection,
};

use super::connect::{self, Patient};
use crate::Error;

/// What XKB calls the keyboard that core events come from (XKB protocol, section 4.3).
const CORE_KEYBOARD: u16 = 0x100;

/// Most requests between two flushes, so that a flush fits into the connection's 16 KiB buffer: a chunk that starts a key's tap also
/// holds its end.
const MAX_UNFLUSHED: usize = 200;

/// Requests after which the server is asked for a sign of life, not waited for: x11rb keeps books of every request until it
/// knows that the server is past it.
const MAX_UNSEEN: usize = 1024;

/// Where the keyboard is: modifiers and group, and which keys are down.
#[derive(Debug, Clone, Copy)]
pub(super) struct State {
    /// Modifiers in effect: held, latched or locked.
    pub(super) mods: u8,
    /// Modifiers of keys that are down.
    pub(super) base: u8,
    /// Modifiers that the next key uses up.
    pub(super) latched: u8,
    /// Modifiers that are locked (Caps Lock, Num Lock).
    pub(super) locked: u8,
    /// Layout group in effect.
    pub(super) group: u8,
    /// Layout group that is locked, as against switched to while a key is held.
    pub(super) locked_group: u8,
    /// Bit `k & 7` of byte `k >> 3` is key code `k`.
    keys: [u8; 32],
}

impl State {
    /// The key code is down.
    pub(super) fn is_down(&self, code: u8) -> bool {
        self.keys[usize::from(code >> 3)] & (1 << (code & 7)) != 0
    }

    /// Notes what we did to a key code that is no modifier.
    pub(super) fn set(&mut self, code: u8, down: bool) {
        let (byte, bit) = (&mut self.keys[usize::from(code >> 3)], 1 << (code & 7));
        *byte = if down { *byte | bit } else { *byte & !bit };
    }

    /// The key codes that are down.
    pub(super) fn down(&self) -> impl Iterator<Item = u8> {
        (0..=u8::MAX).filter(|code| self.is_down(*code))
    }
}

/// What the server told unasked.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct News {
    /// The key map changed, and not by our own [`Server::bind`].
    pub(super) keymap: bool,
    /// The pointer's button map changed.
    pub(super) buttons: bool,
}

/// A connection to an X server with XTEST and XKB.
pub(super) struct Server {
    conn: RustConnection<Patient>,
    root: u32,
    xtest: u8,
    unflushed: usize,
    /// Requests since the server was last asked anything.
    unseen: usize,
    /// The server was asked for a sign of life.
    asked: bool,
    /// Sequence number (as in events), first key code and count of our last [`Self::bind`]s, to know our own changes again.
    binds: Vec<(u16, u8, u8)>,
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server").field("root", &self.root).finish_non_exhaustive()
    }
}

impl Server {
    /// Connects to `display`, or to the environment's, and checks the extensions.
    pub(super) fn connect(display: Option<&str>, patience: Duration) -> Result<Self, Error> {
        let (conn, screen) = connect::connect(display, patience)?;
        Self::new(conn, screen)
    }

    fn new(conn: RustConnection<Patient>, screen: usize) -> Result<Self, Error> {
        let xtest = conn.extension_information(xtest::X11_EXTENSION_NAME).map_err(lost("XTEST"))?;
        let xtest = xtest.ok_or(Error::Unsupported { what: "the XTEST extension" })?.major_opcode;
        conn.xtest_get_version(2, 2).map_err(lost("XTEST"))?.reply().map_err(failed("XTEST"))?;
        if conn.extension_information(xkb::X11_EXTENSION_NAME).map_err(lost("XKB"))?.is_none() {
            return Err(Error::Unsupported { what: "the XKEYBOARD extension" });
        }
        let version = conn.xkb_use_extension(1, 0).map_err(lost("XKB"))?.reply().map_err(failed("XKB"))?;
        if !version.supported {
            return Err(Error::Unsupported { what: "version 1.0 of the XKEYBOARD extension" });
        }
        let maps = xkb::EventType::NEW_KEYBOARD_NOTIFY | xkb::EventType::MAP_NOTIFY;
        let parts = xkb::MapPart::KEY_TYPES | xkb::MapPart::KEY_SYMS | xkb::MapPart::MODIFIER_MAP;
        conn.xkb_select_events(CORE_KEYBOARD, xkb::EventType::default(), maps, parts, parts, &xkb::SelectEventsAux::new())
            .map_err(lost("XKB events"))?
            .check()
            .map_err(failed("XKB events"))?;
        let root = conn.setup().roots[screen].root;
        // Input goes on while another client has grabbed the server, such as a menu: else a stuck grab could not even be clicked away.
        conn.xtest_grab_control(true).map_err(lost("grab control"))?;
        Ok(Self { conn, root, xtest, unflushed: 0, unseen: 0, asked: false, binds: Vec::new() })
    }

    /// XTEST FakeInput (XTEST protocol, section 3), without x11rb's allocation: this is the path of every pointer motion.
    fn fake(&mut self, kind: u8, detail: u8, x: i16, y: i16) -> Result<(), Error> {
        let mut request = [0_u8; 36];
        (request[0], request[1]) = (self.xtest, xtest::FAKE_INPUT_REQUEST);
        request[2..4].copy_from_slice(&9_u16.to_ne_bytes());
        (request[4], request[5]) = (kind, detail);
        if kind == xproto::MOTION_NOTIFY_EVENT && detail == 0 {
            request[12..16].copy_from_slice(&self.root.to_ne_bytes());
        }
        request[24..26].copy_from_slice(&x.to_ne_bytes());
        request[26..28].copy_from_slice(&y.to_ne_bytes());
        self.conn.send_request_without_reply(&[IoSlice::new(&request)], Vec::new()).map_err(lost("FakeInput"))?;
        self.unflushed += 1;
        self.unseen += 1;
        Ok(())
    }

    /// Presses or releases a key code.
    pub(super) fn key(&mut self, code: u8, down: bool) -> Result<(), Error> {
        self.fake(if down { xproto::KEY_PRESS_EVENT } else { xproto::KEY_RELEASE_EVENT }, code, 0, 0)
    }

    /// Presses and releases a key code, both in one flush.
    pub(super) fn tap(&mut self, code: u8) -> Result<(), Error> {
        if self.unflushed >= MAX_UNFLUSHED {
            self.flush()?;
        }
        self.key(code, true)?;
        self.key(code, false)
    }

    /// Presses and releases a button, both in one flush.
    pub(super) fn click(&mut self, number: u8) -> Result<(), Error> {
        if self.unflushed >= MAX_UNFLUSHED {
            self.flush()?;
        }
        self.button(number, true)?;
        self.button(number, false)
    }

    /// Presses or releases a button of the device, before the pointer's button map.
    pub(super) fn button(&mut self, number: u8, down: bool) -> Result<(), Error> {
        self.fake(if down { xproto::BUTTON_PRESS_EVENT } else { xproto::BUTTON_RELEASE_EVENT }, number, 0, 0)
    }

    /// Moves the pointer to a point of the screen.
    pub(super) fn move_to(&mut self, x: i16, y: i16) -> Result<(), Error> {
        self.fake(xproto::MOTION_NOTIFY_EVENT, 0, x, y)
    }

    /// Moves the pointer by a distance.
    pub(super) fn move_by(&mut self, dx: i16, dy: i16) -> Result<(), Error> {
        self.fake(xproto::MOTION_NOTIFY_EVENT, 1, dx, dy)
    }

    /// Locks exactly `mods` of `affect`, and a group if one is named; clears the latches of `latches`.
    pub(super) fn lock(&mut self, affect: u8, mods: u8, group: Option<u8>, latches: u8) -> Result<(), Error> {
        self.unflushed += 1;
        self.conn
            .xkb_latch_lock_state(
                CORE_KEYBOARD,
                affect.into(),
                mods.into(),
                group.is_some(),
                group.unwrap_or(0).into(),
                latches.into(),
                false,
                0,
            )
            .map_err(lost("LatchLockState"))?;
        Ok(())
    }

    /// Gives neighbouring key codes new keysyms, a row for each by level of the type `kind`; an empty row empties the key code.
    ///
    /// Not by the core protocol's request, which knows two levels and guesses the type.
    pub(super) fn bind(&mut self, first: u8, kind: u8, rows: Vec<Vec<u32>>) -> Result<(), Error> {
        let count = u8::try_from(rows.len()).unwrap_or(u8::MAX);
        let total = u16::try_from(rows.iter().map(Vec::len).sum::<usize>()).unwrap_or(u16::MAX);
        let syms = rows.into_iter().map(|syms| xkb::KeySymMap {
            kt_index: [kind, 0, 0, 0],
            group_info: u8::from(!syms.is_empty()),
            width: u8::try_from(syms.len()).unwrap_or(u8::MAX),
            syms,
        });
        let values = xkb::SetMapAux { syms: Some(syms.collect()), ..xkb::SetMapAux::default() };
        let (min, max) = (self.conn.setup().min_keycode, self.conn.setup().max_keycode);
        let flags = xkb::SetMapFlags::RECOMPUTE_ACTIONS;
        let cookie = self
            .conn
            .xkb_set_map(
                CORE_KEYBOARD,
                flags,
                min,
                max,
                0,
                0,
                first,
                count,
                total,
                0,
                0,
                0,
                0,
                0,
                0,
                0,
                0,
                0,
                0,
                0,
                0,
                0,
                0,
                0,
                xkb::VMod::default(),
                &values,
            )
            .map_err(lost("SetMap"))?;
        // Events carry the low 16 bits.
        let sequence = u16::try_from(cookie.sequence_number() & 0xffff).unwrap_or_default();
        drop(cookie);
        // The events of a change come before the reply of whatever is asked next, so few are ever open.
        if self.binds.len() == 64 {
            self.binds.remove(0);
        }
        self.binds.push((sequence, first, count));
        self.unflushed += 1;
        Ok(())
    }

    /// Sends what was asked for.
    pub(super) fn flush(&mut self) -> Result<(), Error> {
        self.unflushed = 0;
        if self.unseen >= MAX_UNSEEN {
            (self.unseen, self.asked) = (0, true);
            // Its answer is thrown away when it comes.
            drop(self.conn.get_input_focus().map_err(lost("sign of life"))?);
        }
        self.conn.flush().map_err(lost("flush"))
    }

    /// An answer is on its way that nobody waits for, and that [`Self::news`] takes in.
    pub(super) fn is_asked(&self) -> bool {
        self.asked
    }

    /// Reads what the server told unasked, without waiting.
    pub(super) fn news(&mut self) -> Result<News, Error> {
        let mut news = News::default();
        // If the answer is still to come, the next one brings it along: the books are at most twice as long then.
        self.asked = false;
        while let Some(event) = self.conn.poll_for_event().map_err(lost("events"))? {
            match event {
                Event::XkbNewKeyboardNotify(_) => news.keymap = true,
                Event::XkbMapNotify(e) => news.keymap |= !self.binds.contains(&(e.sequence, e.first_key_sym, e.n_key_syms)),
                Event::MappingNotify(e) => match e.request {
                    xproto::Mapping::POINTER => news.buttons = true,
                    xproto::Mapping::KEYBOARD => news.keymap |= !self.binds.contains(&(e.sequence, e.first_keycode, e.count)),
                    _ => news.keymap = true,
                },
                _ => {}
            }
        }
        Ok(news)
    }

    /// Asks for the keyboard's state, and waits.
    pub(super) fn fetch_state(&mut self) -> Result<State, Error> {
        let state = self.conn.xkb_get_state(CORE_KEYBOARD).map_err(lost("GetState"))?;
        let keys = self.conn.query_keymap().map_err(lost("QueryKeymap"))?;
        let state = state.reply().map_err(failed("GetState"))?;
        let keys = keys.reply().map_err(failed("QueryKeymap"))?.keys;
        self.unflushed = 0;
        Ok(State {
            mods: low(state.mods.into()),
            base: low(state.base_mods.into()),
            latched: low(state.latched_mods.into()),
            locked: low(state.locked_mods.into()),
            group: state.group.into(),
            locked_group: state.locked_group.into(),
            keys,
        })
    }

    /// Asks for the key map, and waits.
    pub(super) fn fetch_map(&mut self) -> Result<xkb::GetMapReply, Error> {
        let parts = xkb::MapPart::KEY_TYPES | xkb::MapPart::KEY_SYMS | xkb::MapPart::MODIFIER_MAP;
        let none = xkb::MapPart::default();
        let cookie = self
            .conn
            .xkb_get_map(CORE_KEYBOARD, parts, none, 0, 0, 0, 0, 0, 0, 0, 0, xkb::VMod::default(), 0, 0, 0, 0, 0, 0)
            .map_err(lost("GetMap"))?;
        let map = cookie.reply().map_err(failed("GetMap"))?;
        self.unflushed = 0;
        // The map holds every change so far, our own included.
        self.binds.clear();
        Ok(map)
    }

    /// Asks how the pointer's buttons are mapped (index: number of the device, less 1), and waits.
    pub(super) fn fetch_buttons(&mut self) -> Result<Vec<u8>, Error> {
        let cookie = self.conn.get_pointer_mapping().map_err(lost("GetPointerMapping"))?;
        Ok(cookie.reply().map_err(failed("GetPointerMapping"))?.map)
    }

    /// Waits until the server has done all of the above.
    pub(super) fn fetch_nothing(&mut self) -> Result<(), Error> {
        self.conn.get_input_focus().map_err(lost("round trip"))?.reply().map_err(failed("round trip"))?;
        self.unflushed = 0;
        Ok(())
    }
}

/// The eight real modifiers; the bits above are pointer buttons.
fn low(mask: u16) -> u8 {
    u8::try_from(mask & 0xff).unwrap_or_default()
}

fn lost(op: &'static str) -> impl Fn(ConnectionError) -> Error {
    move |e| Error::Closed { op, detail: e.to_string() }
}

fn failed(op: &'static str) -> impl Fn(ReplyError) -> Error {
    move |e| match e {
        ReplyError::ConnectionError(e) => Error::Closed { op, detail: e.to_string() },
        ReplyError::X11Error(e) => Error::Backend { op, detail: format!("{:?} ({})", e.error_kind, e.error_code) },
    }
}
