//! Spare key codes, lent to characters that the layout does not have.
//!
//! An application translates a key event with the map it has *when it gets to it*, not the one of when the event was made. So a binding
//! stays as long as it can: the least recently used one is replaced, only when no unused one is left, and only after applications
//! had time to get through the events that used it.

use std::time::{Duration, Instant};

use super::map::{Place, Shelf};
use crate::keymap::char_to_keysym;

#[derive(Debug)]
struct Slot {
    code: u8,
    level: usize,
    lent: Option<char>,
    /// When it was used last; `None` if never.
    used: Option<Instant>,
    /// Used by text that is not yet sent.
    pending: bool,
}

/// The pool.
#[derive(Debug)]
pub(super) struct Pool {
    /// First level 0 of every key code, then level 1, and so on: as long as it can be, text needs no modifier.
    slots: Vec<Slot>,
    /// Key codes whose binding the server does not have yet.
    dirty: Vec<u8>,
    shelf: Shelf,
    rebind_after: Duration,
}

/// Why a character has no slot.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Wait {
    /// All slots are used by text that is not yet sent: send it.
    ForUs,
    /// Applications may not have got to the oldest use yet.
    Until(Instant),
    /// There are no slots, or no keysym for this character.
    Never,
}

impl Pool {
    /// A pool of these key codes, which give nothing yet.
    pub(super) fn new(codes: &[u8], shelf: Shelf, rebind_after: Duration) -> Self {
        let mut pool = Self { slots: Vec::new(), dirty: Vec::new(), shelf, rebind_after };
        pool.offer(codes);
        pool
    }

    fn offer(&mut self, codes: &[u8]) {
        for level in 0..self.shelf.mods.len() {
            for code in codes {
                if !self.slots.iter().any(|slot| slot.code == *code && slot.level == level) {
                    self.slots.push(Slot { code: *code, level, lent: None, used: None, pending: false });
                }
            }
        }
    }

    /// The key map changed: bindings that are no longer there are forgotten, key codes with a meaning of their own now are given back,
    /// and new ones that give nothing (`spares`) are taken.
    pub(super) fn follow(&mut self, spares: &[u8], shelf: Shelf, pair_now: impl Fn(u8) -> [u32; 2]) {
        let (mut lost, kept): (Vec<u8>, Vec<u8>) = self.lent().into_iter().partition(|code| pair_now(*code) != self.pair(*code));
        self.dirty.clear();
        if self.shelf != shelf {
            // What is still there has its levels under other modifiers now: emptied with the next text.
            self.slots.retain(|slot| kept.contains(&slot.code) && slot.level == 0);
            lost.extend(&kept);
            self.dirty = kept;
            self.shelf = shelf;
        }
        for slot in self.slots.iter_mut().filter(|slot| lost.contains(&slot.code)) {
            slot.lent = None;
        }
        let lent = self.lent();
        let (dirty, spare) = (&self.dirty, |code| spares.contains(&code));
        self.slots.retain(|slot| lent.contains(&slot.code) || dirty.contains(&slot.code) || spare(slot.code));
        self.offer(&self.dirty.clone());
        self.offer(spares);
    }

    /// How many characters fit at once.
    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    /// Where a character is, lent a slot now if it had none. Call [`Self::take_dirty`] and bind before using it.
    pub(super) fn place(&mut self, c: char, now: Instant) -> Result<Place, Wait> {
        if let Some(slot) = self.slots.iter_mut().find(|slot| slot.lent == Some(c)) {
            slot.pending = true;
            return Ok(Place { code: slot.code, mods: self.shelf.mods[slot.level] });
        }
        if char_to_keysym(c).is_none() {
            return Err(Wait::Never);
        }
        // `min_by_key` takes the first of equals, and `None` is least: unused slots in order, then the least recently used.
        let oldest = self.slots.iter_mut().filter(|slot| !slot.pending).min_by_key(|slot| slot.used);
        let Some(slot) = oldest else { return Err(if self.slots.is_empty() { Wait::Never } else { Wait::ForUs }) };
        if let Some(free) = slot.used.map(|used| used + self.rebind_after).filter(|free| *free > now) {
            return Err(Wait::Until(free));
        }
        (slot.lent, slot.pending) = (Some(c), true);
        let place = Place { code: slot.code, mods: self.shelf.mods[slot.level] };
        if !self.dirty.contains(&place.code) {
            self.dirty.push(place.code);
        }
        Ok(place)
    }

    /// The text that used slots was sent.
    pub(super) fn sent(&mut self, now: Instant) {
        for slot in self.slots.iter_mut().filter(|slot| slot.pending) {
            (slot.pending, slot.used) = (false, Some(now));
        }
    }

    /// The keysyms of a key code, by level; none if it lends none. Levels that are not lent repeat the first that is, so that modifiers
    /// do no harm.
    fn row(&self, code: u8) -> Vec<u32> {
        let at = |level| self.slots.iter().find(|slot| slot.code == code && slot.level == level);
        let syms = (0..self.shelf.width).map(|level| at(level).and_then(|slot| slot.lent).and_then(char_to_keysym));
        let syms: Vec<Option<u32>> = syms.collect();
        let Some(first) = syms.iter().copied().flatten().next() else { return Vec::new() };
        syms.into_iter().map(|sym| sym.unwrap_or(first)).collect()
    }

    /// The first two of a key code's keysyms, by which it is known again.
    fn pair(&self, code: u8) -> [u32; 2] {
        pair(&self.row(code))
    }

    /// The type of the keys that lend.
    pub(super) fn kind(&self) -> u8 {
        self.shelf.kind
    }

    /// Takes what has to be bound, as runs of neighbouring key codes: (first, their keysyms).
    pub(super) fn take_dirty(&mut self) -> Vec<(u8, Vec<Vec<u32>>)> {
        let mut dirty = std::mem::take(&mut self.dirty);
        dirty.sort_unstable();
        runs(&dirty, |code| self.row(code))
    }

    /// Key codes that carry one of our characters.
    pub(super) fn lent(&self) -> Vec<u8> {
        let mut codes: Vec<u8> = self.slots.iter().filter(|slot| slot.lent.is_some()).map(|slot| slot.code).collect();
        codes.sort_unstable();
        codes.dedup();
        codes
    }

    /// A key code is one of ours at the moment.
    pub(super) fn is_lent(&self, code: u8) -> bool {
        self.slots.iter().any(|slot| slot.code == code && slot.lent.is_some())
    }

    /// When the last use is so long ago that the bindings may go.
    pub(super) fn idle_at(&self) -> Option<Instant> {
        self.slots.iter().filter_map(|slot| slot.used).max().map(|used| used + self.rebind_after)
    }
}

/// The first two of a key's keysyms.
pub(super) fn pair(row: &[u32]) -> [u32; 2] {
    [0, 1].map(|at| row.get(at).copied().unwrap_or(0))
}

/// Neighbouring key codes with their keysyms in one request each: every request makes every application read the map anew.
pub(super) fn runs(codes: &[u8], row: impl Fn(u8) -> Vec<u32>) -> Vec<(u8, Vec<Vec<u32>>)> {
    codes.chunk_by(|a, b| a.checked_add(1) == Some(*b)).map(|run| (run[0], run.iter().map(|code| row(*code)).collect())).collect()
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{Pool, Wait};
    use crate::backend::x11::map::{Place, Shelf};

    const SHIFT: u8 = 1;

    const AFTER: Duration = Duration::from_millis(300);

    fn two_levels() -> Shelf {
        Shelf { kind: 1, width: 2, mods: vec![0, SHIFT] }
    }

    #[test]
    fn unused_first_then_the_least_recently_used_after_its_time() {
        let start = Instant::now();
        let mut pool = Pool::new(&[200, 201], two_levels(), AFTER);
        let place = |code, mods| Ok(Place { code, mods });
        assert_eq!(pool.place('日', start), place(200, 0));
        assert_eq!(pool.place('本', start), place(201, 0));
        assert_eq!(pool.place('日', start), place(200, 0), "the same character has the same place");
        assert_eq!(pool.place('語', start), place(200, SHIFT));
        assert_eq!(
            pool.take_dirty(),
            [(200, vec![vec![0x0100_65e5, 0x0100_8a9e], vec![0x0100_672c, 0x0100_672c]])],
            "one request for neighbours"
        );
        assert_eq!(pool.place('a', start), place(201, SHIFT));
        assert_eq!(pool.place('b', start), Err(Wait::ForUs));
        pool.sent(start);
        assert_eq!(pool.place('b', start), Err(Wait::Until(start + AFTER)));
        let later = start + AFTER;
        assert_eq!(pool.place('日', later), place(200, 0));
        pool.sent(later);
        assert_eq!(pool.place('b', later), place(201, 0), "日 was used since, 本 was not");
        assert_eq!(pool.pair(201), [0x62, 0x61]);
        assert_eq!(pool.idle_at(), Some(later + AFTER));
    }

    #[test]
    fn a_new_layout_takes_what_it_overwrote_and_no_more() {
        let now = Instant::now();
        let mut pool = Pool::new(&[200, 201, 202], two_levels(), AFTER);
        for c in ['日', '本', '語'] {
            assert!(pool.place(c, now).is_ok());
        }
        pool.sent(now);
        // 200 is as we left it, 201 was emptied, 202 has a meaning of its own now, 203 has become free.
        let ours = pool.pair(200);
        pool.follow(&[201, 203], two_levels(), |code| if code == 200 { ours } else { [0; 2] });
        assert_eq!(pool.lent(), [200]);
        assert_eq!(pool.len(), 6);
        assert!(!pool.slots.iter().any(|slot| slot.code == 202));
        // Other levels: what is ours still is emptied, and lent anew.
        let four = Shelf { kind: 4, width: 4, mods: vec![0, SHIFT, 0x80, 0x81] };
        pool.follow(&[201, 203], four, |code| if code == 200 { ours } else { [0; 2] });
        assert_eq!(pool.lent(), [0_u8; 0]);
        assert_eq!(pool.len(), 12);
        assert_eq!(pool.take_dirty(), [(200, vec![vec![]])]);
    }

    #[test]
    fn control_characters_and_an_empty_pool_never_get_a_place() {
        let now = Instant::now();
        assert_eq!(Pool::new(&[200], two_levels(), AFTER).place('\u{1}', now), Err(Wait::Never));
        assert_eq!(Pool::new(&[], two_levels(), AFTER).place('日', now), Err(Wait::Never));
    }
}
