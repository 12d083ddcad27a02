//! The audit log: who did, or was refused, what, when and why, in a form that nobody can change afterwards without being found.
//!
//! A log is a text file. Each line is an entry with its signature, or the signed root of a day:
//!
//! ```text
//! {"entry":{"day":20833,"n":0,"at":1800000000,…},"signature":"…"}
//! {"root":"eyJhbGciOiJFZERTQSIsInR5cCI6InJoLWF1ZGl0LXJvb3QifQ.…"}
//! ```
//!
//! - An entry's signature is over the exact bytes of the entry, which say its day and its place in it: an edit, a deletion, a move is found *where it is*.
//! - A day's entries are the leaves of an RFC 6962 tree. When the day is over its root is signed, with the digest of the day before's: days cannot go missing.
//! - At any moment the log's *head* (day, number of entries, root, signed) can be handed out. Tickets carry it, so both ends of a session hold what they were
//!   shown, and not even the holder of the key can rewrite it unseen.
//! - After [`RETENTION`] days a day's entries go ([`prune`]) and its root stays, so the chain still verifies.
//!
//! The log is written before what it records is acted on: append, make the line durable, then sign the ticket.
//!
//! No content fits in: entries are made of identifiers, digests, numbers and codes. The one text that a person writes is the mandatory reason for an unattended
//! session, which is given before the session begins.

mod entry;
mod log;
mod prune;
mod record;
mod verify;

pub use entry::{Act, Answer, Ender, Entry, Event, Prompt, Purpose, Subject, Who};
pub use log::{AppendError, Appended, Log, Restored};
pub use prune::prune;
pub use record::{Head, Root};
pub use verify::{Fault, FaultKind, Report, verify};

/// Days that entries are kept, after the day they belong to.
pub const RETENTION: u64 = 30;

/// Bytes of a line at most.
pub const MAX_LINE: usize = 32 * 1024;

/// Entries of one day at most: 100 MB of tree, or so.
pub const MAX_ENTRIES: u64 = 1_000_000;
