//! Writing the log.

use super::record::{entry_line, root_line, signed};
use super::verify::{Report, State, verify_to_state};
use super::{Entry, Event, Head, MAX_ENTRIES, MAX_LINE, Root};
use crate::identity::TenantId;
use crate::key::SigningKey;
use crate::value::{Digest, Id, UnixTime};

/// A log that is being written. Bytes out: the caller appends them to a file and makes them durable.
#[derive(Debug)]
pub struct Log {
    key: SigningKey,
    state: State,
}

/// What an append gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appended {
    /// To be appended to the file, and to be durable before anything that the entry is about is done.
    pub lines: String,
    /// The log's signed head with the entry in it, to be handed out once the lines are durable.
    pub head: String,
}

/// Why nothing was appended, and so nothing may be done. Those who run the service must act.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    /// The day has [`MAX_ENTRIES`].
    #[error("the day's audit log is full")]
    Full,
    /// More reasons than a line holds.
    #[error("the audit entry is longer than {MAX_LINE} bytes")]
    TooLong,
}

/// A log that was taken up again.
#[derive(Debug)]
pub struct Restored {
    /// To go on with.
    pub log: Log,
    /// Bytes of the file to keep: a last line that was not written to its end is cut off. What it was about was not done.
    pub keep: usize,
}

impl Log {
    /// A new log.
    #[must_use]
    pub fn new(key: SigningKey) -> Self {
        Self { key, state: State::default() }
    }

    /// Takes a log up again after a restart.
    ///
    /// # Errors
    /// What is wrong with the file, when it is more than a torn last line. A log that has been tampered with is not continued: keep it, and begin another.
    pub fn restore(key: SigningKey, file: &[u8], now: UnixTime) -> Result<Restored, Report> {
        let keep = file.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        let whole = file.get(..keep).unwrap_or_default();
        let (report, state) = verify_to_state(whole, &key.public_key(), &[], now);
        if report.is_intact() { Ok(Restored { log: Self { key, state }, keep }) } else { Err(report) }
    }

    /// Appends an entry, after the root of the day before if that is over.
    ///
    /// # Errors
    /// [`AppendError`]; nothing has changed.
    pub fn append(&mut self, now: UnixTime, tenant: TenantId, session: Option<Id>, event: Event) -> Result<Appended, AppendError> {
        // A clock that was set back does not make the log go back.
        let at = now.max(self.state.at).max(UnixTime(self.state.day.saturating_mul(86_400)));
        let turns = at.day() > self.state.day;
        let n = if turns { 0 } else { self.state.tree.entries() };
        if n >= MAX_ENTRIES {
            return Err(AppendError::Full);
        }
        let entry = Entry { day: at.day(), n, at, tenant, session, event };
        let raw = raw(&entry);
        let line = entry_line(&raw, &self.key.sign(&signed(&raw)));
        if line.len() > MAX_LINE {
            return Err(AppendError::TooLong);
        }
        let mut lines = self.close_day(at).unwrap_or_default();
        self.state.day = at.day();
        self.state.at = at;
        self.state.tree.push(&raw);
        lines.push_str(&line);
        lines.push('\n');
        Ok(Appended { lines, head: self.head() })
    }

    /// The root of the last day, once it is over, to be appended to the file; `None` while it lasts, or when it had no entries. Ask at midnight: a day without a
    /// root can lose its last entries unseen by those who hold no head.
    pub fn close_day(&mut self, now: UnixTime) -> Option<String> {
        if now.day() <= self.state.day || self.state.tree.entries() == 0 {
            return None;
        }
        let tree = std::mem::take(&mut self.state.tree);
        let root = Root { day: self.state.day, entries: tree.entries(), root: tree.root(), previous: self.state.previous };
        let token = root.issue(&self.key);
        self.state.previous = Digest::of(token.as_bytes());
        self.state.day = now.day();
        self.state.at = self.state.at.max(now);
        let mut line = root_line(&token);
        line.push('\n');
        Some(line)
    }

    /// What the log holds now, signed.
    #[must_use]
    pub fn head(&self) -> String {
        let State { day, tree, previous, .. } = &self.state;
        Head { day: *day, entries: tree.entries(), root: tree.root(), previous: *previous }.issue(&self.key)
    }
}

fn raw(entry: &Entry) -> String {
    serde_json::to_string(entry).expect("an entry is made of structs, strings and numbers")
}
