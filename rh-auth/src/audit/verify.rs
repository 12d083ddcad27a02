//! Reading the log as somebody who does not trust who kept it.

use std::collections::BTreeMap;
use std::fmt;

use super::record::{Record, Tree, signed};
use super::{Entry, Head, MAX_ENTRIES, MAX_LINE, RETENTION, Root};
use crate::key::PublicKey;
use crate::value::{Digest, UnixTime};

/// Faults that are listed; a file that is no log at all has one on every line.
const MAX_FAULTS: usize = 1000;

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// Entries whose signature is right.
    pub entries: u64,
    /// Days with a signed root.
    pub roots: u64,
    /// Of these, days whose entries have been pruned.
    pub pruned: u64,
    /// Heads that others hold and that agree with the file.
    pub heads: u64,
    /// Heads of pruned days: the entries that they were about are gone, as they should be.
    pub heads_pruned: u64,
    /// What is wrong, in the file's order; at most 1,000.
    pub faults: Vec<Fault>,
}

impl Report {
    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_intact(&self) -> bool {
        self.faults.is_empty()
    }
}

/// Something wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Line of the file, from 1; the number of lines for what is missing at the end, 0 in an empty file.
    pub line: usize,
    /// What.
    pub kind: FaultKind,
}

/// What can be wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum FaultKind {
    /// The line is no entry and no root: it was edited, or did not come from this program.
    Unreadable,
    /// The file ends within a line.
    Torn,
    /// The entry's signature is wrong: it was edited, or written with another key.
    Edited,
    /// The root's signature is wrong.
    RootEdited,
    /// Entries that should stand before this line are not there.
    Missing {
        /// Their day.
        day: u64,
        /// The first, from 0.
        from: u64,
        /// The last.
        to: u64,
    },
    /// The entry stands where it does not belong: moved, repeated, or out of its day.
    Misplaced {
        /// Its day.
        day: u64,
        /// Its place.
        n: u64,
    },
    /// A day has entries and no root although it is over.
    RootMissing {
        /// The day.
        day: u64,
    },
    /// The root is not the one that follows the root before: roots were deleted, moved, or the days in between.
    Unchained {
        /// The root's day.
        day: u64,
    },
    /// The root is not that of the entries, though each of them is genuine: somebody with the key wrote the day anew.
    RootMismatch {
        /// The day.
        day: u64,
    },
    /// A day's entries are gone before their time.
    PrunedEarly {
        /// The day.
        day: u64,
    },
    /// A head that was presented is not signed by this log's key.
    HeadForged {
        /// Which of the heads given, from 0.
        head: usize,
    },
    /// The file does not hold what the holder of a head was shown: entries were cut off the end, or somebody with the key wrote the day anew.
    HeadMismatch {
        /// Which of the heads given, from 0.
        head: usize,
        /// Its day.
        day: u64,
        /// The entries that the day had when the head was handed out.
        entries: u64,
    },
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: ", self.line)?;
        match &self.kind {
            FaultKind::Unreadable => f.write_str("no audit record; it has been edited"),
            FaultKind::Torn => f.write_str("the file ends within a line"),
            FaultKind::Edited => f.write_str("the entry's signature is wrong; it has been edited"),
            FaultKind::RootEdited => f.write_str("the root's signature is wrong; it has been edited"),
            FaultKind::Missing { day, from, to } => write!(f, "entries {from} to {to} of day {day} are missing before this line"),
            FaultKind::Misplaced { day, n } => write!(f, "entry {n} of day {day} does not belong here; it has been moved or repeated"),
            FaultKind::RootMissing { day } => write!(f, "the root of day {day} is missing"),
            FaultKind::Unchained { day } => {
                write!(f, "the root of day {day} does not follow the one before; roots have been deleted or moved")
            }
            FaultKind::RootMismatch { day } => write!(f, "the entries of day {day} are not those that its root was signed for"),
            FaultKind::PrunedEarly { day } => write!(f, "the entries of day {day} are gone before {RETENTION} days have passed"),
            FaultKind::HeadForged { head } => write!(f, "head {head} is not signed by this log's key"),
            FaultKind::HeadMismatch { head, day, entries } => {
                write!(f, "head {head} was handed out when day {day} had {entries} entries; the file does not hold these")
            }
        }
    }
}

/// Where a log stands at its end.
#[derive(Debug)]
pub(super) struct State {
    pub(super) day: u64,
    pub(super) at: UnixTime,
    pub(super) tree: Tree,
    pub(super) previous: Digest,
}

impl Default for State {
    fn default() -> Self {
        Self { day: 0, at: UnixTime(0), tree: Tree::default(), previous: Digest::of(b"") }
    }
}

/// Checks a log file: every line, every day, and every head that somebody else kept.
///
/// Finds and places any edit, deletion, move and repetition. What is cut off the end of an unfinished day is found by heads only: bring those that the ends of
/// sessions hold. `now` says which days may have been pruned.
#[must_use]
pub fn verify(file: &[u8], key: &PublicKey, heads: &[&str], now: UnixTime) -> Report {
    verify_to_state(file, key, heads, now).0
}

pub(super) fn verify_to_state(file: &[u8], key: &PublicKey, heads: &[&str], now: UnixTime) -> (Report, State) {
    let mut reader = Reader::new(key, now);
    reader.expect(heads);
    let mut lines = 0;
    for line in file.split_inclusive(|byte| *byte == b'\n') {
        lines += 1;
        match line.strip_suffix(b"\n") {
            Some(line) => reader.read(lines, line),
            None => reader.fault(lines, FaultKind::Torn),
        }
    }
    reader.finish(lines);
    (reader.report, reader.state)
}

struct Reader<'a> {
    key: &'a PublicKey,
    now: UnixTime,
    report: Report,
    state: State,
    /// The place in the day of the next entry.
    expected: u64,
    /// Lines since the last good entry that may have been entries before they were edited: the next one may come that much later.
    unread: u64,
    /// The root before could not be read, so it cannot be told whether the next one follows it.
    chain_is_lost: bool,
    /// Something is wrong with the present day, so its root cannot agree and need not be named as well.
    day_is_faulty: bool,
    /// Heads to be met, by day and number of entries.
    heads: BTreeMap<(u64, u64), Vec<(usize, Head)>>,
    last_root: Option<u64>,
}

impl<'a> Reader<'a> {
    fn new(key: &'a PublicKey, now: UnixTime) -> Self {
        Self {
            key,
            now,
            report: Report::default(),
            state: State::default(),
            expected: 0,
            unread: 0,
            chain_is_lost: false,
            day_is_faulty: false,
            heads: BTreeMap::new(),
            last_root: None,
        }
    }

    fn fault(&mut self, line: usize, kind: FaultKind) {
        self.day_is_faulty = true;
        if self.report.faults.len() < MAX_FAULTS {
            self.report.faults.push(Fault { line, kind });
        }
    }

    fn expect(&mut self, heads: &[&str]) {
        for (index, token) in heads.iter().enumerate() {
            match Head::open(token, self.key) {
                Ok(head) => self.heads.entry((head.day, head.entries)).or_default().push((index, head)),
                Err(_) => self.fault(0, FaultKind::HeadForged { head: index }),
            }
        }
        self.day_is_faulty = false;
    }

    fn read(&mut self, line: usize, bytes: &[u8]) {
        let record = if bytes.len() > MAX_LINE { None } else { Record::read(bytes) };
        match record {
            Some(Record::Entry { raw, entry, signature }) => self.entry(line, &raw, &entry, &signature),
            Some(Record::Root { token }) => self.root(line, &token),
            None => {
                self.fault(line, FaultKind::Unreadable);
                self.unread = self.unread.saturating_add(1);
            }
        }
    }

    fn entry(&mut self, line: usize, raw: &str, entry: &Entry, signature: &[u8]) {
        if !self.key.verify(&signed(raw), signature) {
            self.unread = self.unread.saturating_add(1);
            return self.fault(line, FaultKind::Edited);
        }
        let Entry { day, n, at, .. } = *entry;
        let behind_a_root = self.last_root.is_some_and(|last| day <= last);
        if day < self.state.day || behind_a_root || at.day() != day {
            return self.fault(line, FaultKind::Misplaced { day, n });
        }
        if day > self.state.day {
            self.turn(line, day);
        }
        if n < self.expected {
            return self.fault(line, FaultKind::Misplaced { day, n });
        }
        let from = self.expected.saturating_add(self.unread);
        if n > from {
            self.fault(line, FaultKind::Missing { day, from, to: n.saturating_sub(1) });
        }
        if n >= MAX_ENTRIES || at < self.state.at {
            return self.fault(line, FaultKind::Misplaced { day, n });
        }
        self.expected = n.saturating_add(1);
        self.unread = 0;
        self.report.entries += 1;
        self.state.at = at;
        self.state.tree.push(raw);
        self.meet_heads();
    }

    /// A new day begins with its first entry.
    fn turn(&mut self, line: usize, day: u64) {
        if self.expected > 0 {
            self.fault(line, FaultKind::RootMissing { day: self.state.day });
        }
        self.begin(day);
    }

    fn begin(&mut self, day: u64) {
        self.state.day = day;
        self.state.tree = Tree::default();
        self.expected = 0;
        self.unread = 0;
        self.day_is_faulty = false;
    }

    fn meet_heads(&mut self) {
        let State { day, tree, previous, .. } = &self.state;
        let place = (*day, tree.entries());
        if self.day_is_faulty || !self.heads.contains_key(&place) {
            return;
        }
        let (root, previous) = (tree.root(), *previous);
        let met = self.heads.remove(&place).unwrap_or_default();
        let (same, other): (Vec<_>, Vec<_>) = met.into_iter().partition(|(_, head)| head.root == root && head.previous == previous);
        self.report.heads += u64::try_from(same.len()).unwrap_or(u64::MAX);
        if !other.is_empty() {
            self.heads.insert(place, other);
        }
    }

    fn root(&mut self, line: usize, token: &str) {
        let Ok(root) = Root::open(token, self.key) else {
            self.chain_is_lost = true;
            self.begin(self.state.day.saturating_add(1));
            return self.fault(line, FaultKind::RootEdited);
        };
        let day = root.day;
        let lost = std::mem::take(&mut self.chain_is_lost);
        let follows = lost || root.previous == self.state.previous;
        if self.last_root.is_some_and(|last| day <= last) || day < self.state.day {
            // It stands too late, or again. The day that is being read goes on around it.
            self.fault(line, FaultKind::Unchained { day });
            if follows {
                self.last_root = Some(day);
                self.state.previous = Digest::of(token.as_bytes());
            }
            return;
        }
        if !follows {
            self.fault(line, FaultKind::Unchained { day });
        }
        if day > self.state.day {
            // Only a root stands for this day.
            if self.expected > 0 {
                self.fault(line, FaultKind::RootMissing { day: self.state.day });
            }
            self.begin(day);
            self.without_entries(line, &root);
        } else if day == self.state.day && self.expected > 0 {
            self.compare(line, &root);
        } else if day == self.state.day {
            self.without_entries(line, &root);
        }
        self.report.roots += 1;
        self.last_root = Some(day);
        self.state.previous = Digest::of(token.as_bytes());
        self.begin(day.saturating_add(1).max(self.state.day));
    }

    fn without_entries(&mut self, line: usize, root: &Root) {
        if self.now.day().saturating_sub(root.day) <= RETENTION {
            return self.fault(line, FaultKind::PrunedEarly { day: root.day });
        }
        self.report.pruned += 1;
        let held: Vec<_> = self.heads.range((root.day, 0)..=(root.day, root.entries)).map(|(place, _)| *place).collect();
        for place in held {
            let count = self.heads.remove(&place).map_or(0, |heads| heads.len());
            self.report.heads_pruned += u64::try_from(count).unwrap_or(u64::MAX);
        }
    }

    fn compare(&mut self, line: usize, root: &Root) {
        let Root { day, entries, root, .. } = *root;
        let from = self.expected.saturating_add(self.unread);
        if from < entries {
            self.fault(line, FaultKind::Missing { day, from, to: entries.saturating_sub(1) });
        } else if !self.day_is_faulty && (self.state.tree.entries() != entries || self.state.tree.root() != root) {
            self.fault(line, FaultKind::RootMismatch { day });
        }
    }

    fn finish(&mut self, lines: usize) {
        for ((day, entries), heads) in std::mem::take(&mut self.heads) {
            for (head, claims) in heads {
                // A head of an empty day says nothing about entries, only where the chain stood; the roots have been compared for that.
                if claims.entries == 0 {
                    self.report.heads += 1;
                } else {
                    self.fault(lines, FaultKind::HeadMismatch { head, day, entries });
                }
            }
        }
    }
}
