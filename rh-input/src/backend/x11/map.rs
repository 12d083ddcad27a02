//! The keyboard layout as the server has it: what each key gives, and where each character is.
//!
//! Source for groups, levels and types: XKB protocol, sections 7 and 12.

use std::collections::HashMap;

use x11rb::protocol::xkb::GetMapReply;

use crate::{HidUsage, keymap::keysym_to_char};

/// Bits of the real modifiers that have one meaning everywhere.
pub(super) const LOCK: u8 = 0x02;
pub(super) const CONTROL: u8 = 0x04;
/// Alt and Super sit here by convention (`modifier_map` of xkeyboard-config).
pub(super) const ALT: u8 = 0x08;
pub(super) const SUPER: u8 = 0x40;

/// Layout groups at most (XKB protocol, section 2).
const GROUPS: usize = 4;

/// A key and the modifiers under which it gives a character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) code: u8,
    pub(super) mods: u8,
}

/// Where characters go on a spare key: the key's type with its number of levels, and the modifiers of the levels in reach, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shelf {
    pub(super) kind: u8,
    pub(super) width: usize,
    pub(super) mods: Vec<u8>,
}

/// The whole layout.
#[derive(Debug, Default)]
pub(super) struct Map {
    min: u8,
    types: Vec<Type>,
    keys: Vec<Key>,
    /// Where a character is, by the group in effect.
    chars: HashMap<char, [Option<Place>; GROUPS]>,
    /// The modifier of Num Lock, 0 if there is none.
    pub(super) num: u8,
    /// The modifier of Scroll Lock, 0 if there is none, as is usual.
    pub(super) scroll: u8,
}

#[derive(Debug)]
struct Type {
    /// The modifiers it looks at.
    mask: u8,
    width: u8,
    /// (modifiers, level); modifiers without an entry give level 0.
    levels: Vec<(u8, u8)>,
}

#[derive(Debug)]
struct Key {
    /// Index of the type, by group.
    types: [u8; GROUPS],
    /// Number of groups, and what happens to groups above (XKB protocol, section 7.2.2).
    info: u8,
    width: usize,
    syms: Vec<u32>,
    modmap: u8,
}

impl Type {
    /// The fewest modifiers that select a level; locks are no means to an end, and so never among them.
    fn mods(&self, level: u8, avoid: u8) -> Option<u8> {
        let free = |mods: u8| !self.levels.iter().any(|entry| entry.0 == mods);
        if level == 0 && free(0) {
            return Some(0);
        }
        let reaching = self.levels.iter().filter(|entry| entry.1 == level && entry.0 & avoid == 0);
        reaching.map(|entry| entry.0).min_by_key(|mods| mods.count_ones())
    }

    fn level(&self, mods: u8) -> u8 {
        let mods = mods & self.mask;
        self.levels.iter().find(|entry| entry.0 == mods).map_or(0, |entry| entry.1)
    }
}

impl Key {
    /// The group of this key that is used while `group` is in effect.
    fn group(&self, group: u8) -> Option<u8> {
        let groups = self.info & 0x0f;
        let last = groups.checked_sub(1)?;
        Some(match self.info & 0xc0 {
            _ if group < groups => group,
            0x40 => last,
            0x80 => Some((self.info >> 4) & 0x03).filter(|to| *to < groups).unwrap_or(0),
            _ => group % groups,
        })
    }

    fn sym(&self, group: u8, level: u8) -> u32 {
        let at = usize::from(group) * self.width + usize::from(level);
        if usize::from(level) < self.width { self.syms.get(at).copied().unwrap_or(0) } else { 0 }
    }

    fn has(&self, wanted: impl Fn(u32) -> bool) -> bool {
        self.syms.iter().any(|sym| wanted(*sym))
    }
}

/// Keysyms of keys that toggle: Caps, Shift, Num, Scroll and the ISO locks.
fn is_lock(sym: u32) -> bool {
    matches!(sym, 0xffe5 | 0xffe6 | 0xff7f | 0xff14 | 0xfe01 | 0xfe05 | 0xfe07 | 0xfe09 | 0xfe0b | 0xfe0d | 0xfe0f | 0xfe13)
}

/// Keysyms of keys that change modifiers or the group while they are held.
fn is_modifier(sym: u32) -> bool {
    matches!(sym, 0xffe1..=0xffee | 0xfe01..=0xfe13 | 0xff7e | 0xff7f)
}

/// Keysyms that wait for the next key, to put an accent on it.
fn is_dead(sym: u32) -> bool {
    matches!(sym, 0xfe50..=0xfe93)
}

/// Keysyms of the numeric keypad, which applications may take for something else than the character.
fn is_keypad(sym: u32) -> bool {
    matches!(sym, 0xff80..=0xffbd)
}

impl Map {
    /// Reads the server's answer; parts that contradict each other are left out.
    pub(super) fn new(reply: &GetMapReply) -> Self {
        let types = reply.map.types_rtrn.iter().flatten().map(|t| Type {
            mask: u8::try_from(u16::from(t.mods_mask) & 0xff).unwrap_or_default(),
            width: t.num_levels,
            levels: t
                .map
                .iter()
                .filter(|entry| entry.active)
                .map(|entry| (u8::try_from(u16::from(entry.mods_mask) & 0xff).unwrap_or_default(), entry.level))
                .collect(),
        });
        let keys = reply.map.syms_rtrn.iter().flatten().map(|k| Key {
            types: k.kt_index,
            info: k.group_info,
            width: usize::from(k.width),
            syms: k.syms.clone(),
            modmap: 0,
        });
        let mut map = Self { min: reply.first_key_sym, types: types.collect(), keys: keys.collect(), ..Self::default() };
        for entry in reply.map.modmap_rtrn.iter().flatten() {
            if let Some(key) = map.keys.get_mut(usize::from(entry.keycode.wrapping_sub(map.min))) {
                key.modmap = u8::try_from(u16::from(entry.mods) & 0xff).unwrap_or_default();
            }
        }
        map.num = map.modifier_of(0xff7f);
        map.scroll = map.modifier_of(0xff14);
        map
    }

    fn modifier_of(&self, sym: u32) -> u8 {
        self.keys.iter().filter(|key| key.has(|s| s == sym)).fold(0, |mods, key| mods | key.modmap)
    }

    fn codes(&self) -> impl Iterator<Item = (u8, &Key)> {
        (self.min..=u8::MAX).zip(&self.keys)
    }

    fn key(&self, code: u8) -> Option<&Key> {
        self.keys.get(usize::from(code.checked_sub(self.min)?))
    }

    /// Modifiers that are no means to a character: applications take them for shortcuts, or they are left as they are.
    fn avoid(&self) -> u8 {
        LOCK | CONTROL | ALT | SUPER | self.num
    }

    /// The type with the most levels in reach, for characters that the layout lacks: eight or four where there is AltGr, else two.
    pub(super) fn shelf(&self) -> Shelf {
        let mut best = Shelf { kind: 0, width: 1, mods: vec![0] };
        for (at, kind) in (0_u8..).zip(&self.types).filter(|(_, kind)| kind.mask & self.num == 0) {
            let mods: Vec<u8> = (0..kind.width).map_while(|level| kind.mods(level, self.avoid())).collect();
            if mods.len() > best.mods.len() {
                best = Shelf { kind: at, width: kind.width.into(), mods };
            }
        }
        best
    }

    /// Finds every character's place, but for key codes to be left out: those lent to characters at the moment.
    pub(super) fn index(&mut self, leave_out: impl Fn(u8) -> bool) {
        let avoid = self.avoid();
        let mut chars: HashMap<char, [Option<Place>; GROUPS]> = HashMap::new();
        for (code, key) in self.codes().filter(|(code, _)| !leave_out(*code)) {
            for group in 0..GROUPS {
                let Some(own) = u8::try_from(group).ok().and_then(|group| key.group(group)) else { continue };
                let Some(kind) = self.types.get(usize::from(key.types[usize::from(own)])) else { continue };
                for level in 0..u8::try_from(key.width).unwrap_or(u8::MAX) {
                    let sym = key.sym(own, level);
                    let Some(c) = keysym_to_char(sym).filter(|_| !is_keypad(sym)) else { continue };
                    let Some(mods) = kind.mods(level, avoid) else { continue };
                    let place = &mut chars.entry(c).or_default()[group];
                    if place.is_none_or(|known| known.mods.count_ones() > mods.count_ones()) {
                        *place = Some(Place { code, mods });
                    }
                }
            }
        }
        self.chars = chars;
    }

    /// Where a character is: in the group in effect if it can be, else in the first that has it.
    pub(super) fn find(&self, c: char, group: u8) -> Option<(Place, u8)> {
        let c = if c == '\n' { '\r' } else { c };
        let places = self.chars.get(&c)?;
        let here = places.get(usize::from(group)).copied().flatten().map(|place| (place, group));
        here.or_else(|| (0..).zip(places).find_map(|(group, place)| place.map(|place| (place, group))))
    }

    /// What a key gives in a state.
    pub(super) fn sym(&self, code: u8, mods: u8, group: u8) -> u32 {
        let found = self.key(code).and_then(|key| {
            let group = key.group(group)?;
            let kind = self.types.get(usize::from(key.types[usize::from(group)]))?;
            Some(key.sym(group, kind.level(mods)))
        });
        found.unwrap_or(0)
    }

    /// The character that a key gives in a state; Caps Lock makes capitals also where the key's type does not know of it
    /// (XKB protocol, section 12.2).
    pub(super) fn char(&self, code: u8, mods: u8, group: u8) -> Option<char> {
        let c = keysym_to_char(self.sym(code, mods, group))?;
        let key = self.key(code)?;
        let kind = self.types.get(usize::from(key.types[usize::from(key.group(group)?)]))?;
        let mut upper = c.to_uppercase();
        match (upper.next(), upper.next()) {
            (Some(one), None) if mods & LOCK != 0 && kind.mask & LOCK == 0 => Some(one),
            _ => Some(c),
        }
    }

    /// The key changes modifiers, the group or a lock.
    pub(super) fn is_modifier(&self, code: u8) -> bool {
        self.key(code).is_some_and(|key| key.modmap != 0 || key.has(is_modifier))
    }

    /// The key toggles something, so that releasing and pressing it again would not leave things as they were.
    pub(super) fn is_lock(&self, code: u8) -> bool {
        self.key(code).is_some_and(|key| key.has(is_lock))
    }

    /// The key may put an accent on the next, in some state.
    pub(super) fn may_be_dead(&self, code: u8) -> bool {
        self.key(code).is_some_and(|key| key.has(is_dead))
    }

    /// The key waits for the next, in this state.
    pub(super) fn is_dead(&self, code: u8, mods: u8, group: u8) -> bool {
        is_dead(self.sym(code, mods, group))
    }

    /// What the first two levels of a key's first group hold, to see whether our own binding is still there.
    pub(super) fn pair(&self, code: u8) -> [u32; 2] {
        self.key(code).map_or([0; 2], |key| [key.sym(0, 0), key.sym(0, 1)])
    }

    /// Key codes that give nothing in any state: those to lend, first those that no keyboard has, and one that stays silent.
    pub(super) fn spares(&self) -> (Vec<u8>, Option<u8>) {
        let empty = self.codes().filter(|(_, key)| key.modmap == 0 && !key.has(|sym| sym != 0)).map(|(code, _)| code);
        let mut empty: Vec<u8> = empty.collect();
        empty.sort_by_key(|code| HidUsage::from_evdev(u16::from(code.saturating_sub(8))).is_some());
        let silent = empty.pop();
        (empty, silent)
    }
}
