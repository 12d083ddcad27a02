//! Lines of the file, roots of days, heads of the log.

use ct_merkle::mem_backed_tree::MemoryBackedTree;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sha2::{Digest as _, Sha256};

use super::Entry;
use crate::json;
use crate::jws::{self, JwsError, Kind};
use crate::key::{PublicKey, SigningKey};
use crate::value::{Digest, base64url, from_base64url, length_prefixed};

/// `rh-audit-root`: all that a day's log held, signed when the day was over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Root {
    /// Days since 1970-01-01, UTC.
    pub day: u64,
    /// How many entries.
    pub entries: u64,
    /// Root of the RFC 6962 tree whose leaves are the SHA-256 digests of the entries.
    pub root: Digest,
    /// Digest of the root document of the last day before that had entries; of nothing for the first.
    pub previous: Digest,
}

impl Root {
    pub(super) fn issue(&self, key: &SigningKey) -> String {
        jws::seal(self, Kind::AuditRoot, key)
    }

    pub(super) fn open(token: &str, key: &PublicKey) -> Result<Self, JwsError> {
        jws::open(token, Kind::AuditRoot, key)
    }
}

/// `rh-audit-head`: what the log holds at a moment, for others to keep.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// Days since 1970-01-01, UTC.
    pub day: u64,
    /// How many entries the day has so far.
    pub entries: u64,
    /// Root over these.
    pub root: Digest,
    /// As in [`Root`].
    pub previous: Digest,
}

impl Head {
    pub(super) fn issue(&self, key: &SigningKey) -> String {
        jws::seal(self, Kind::AuditHead, key)
    }

    /// Reads a head that was handed out, as a ticket carries it.
    ///
    /// # Errors
    /// [`JwsError`]: it is not one of this log.
    pub fn open(token: &str, key: &PublicKey) -> Result<Self, JwsError> {
        jws::open(token, Kind::AuditHead, key)
    }
}

/// One day's tree.
#[derive(Debug, Default)]
pub(super) struct Tree(MemoryBackedTree<Sha256, [u8; 32]>);

impl Tree {
    pub(super) fn push(&mut self, entry: &str) {
        self.0.push(Digest::of(entry.as_bytes()).0);
    }

    pub(super) fn entries(&self) -> u64 {
        self.0.len()
    }

    pub(super) fn root(&self) -> Digest {
        Digest((*self.0.root().as_bytes()).into())
    }
}

/// A line of the file, taken apart but not believed.
pub(super) enum Record {
    Entry { raw: String, entry: Box<Entry>, signature: Vec<u8> },
    Root { token: String },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EntryLine<'a> {
    #[serde(borrow)]
    entry: &'a RawValue,
    signature: &'a str,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RootLine<'a> {
    root: &'a str,
}

impl Record {
    /// Reads a line without its line feed. A line has one spelling: what is spelt otherwise has been touched.
    pub(super) fn read(line: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(line).ok()?;
        if let Ok(RootLine { root }) = serde_json::from_str(text) {
            return (root_line(root) == text).then(|| Self::Root { token: root.to_owned() });
        }
        let parsed: EntryLine<'_> = serde_json::from_str(text).ok()?;
        let raw = parsed.entry.get();
        let entry: Entry = json::parse(raw.as_bytes()).ok()?;
        let signature = from_base64url(parsed.signature.as_bytes())?;
        (entry_line(raw, &signature) == text).then(|| Self::Entry { raw: raw.to_owned(), entry: Box::new(entry), signature })
    }
}

pub(super) fn entry_line(raw: &str, signature: &[u8]) -> String {
    format!("{{\"entry\":{raw},\"signature\":\"{}\"}}", base64url(signature))
}

pub(super) fn root_line(token: &str) -> String {
    format!("{{\"root\":\"{token}\"}}")
}

/// What an entry's signature is over. Cannot be taken for a JWS, which has dots and begins otherwise.
pub(super) fn signed(raw: &str) -> [u8; 32] {
    let mut hash = Sha256::new();
    length_prefixed(&mut hash, b"rh-audit-entry-v1");
    length_prefixed(&mut hash, raw.as_bytes());
    hash.finalize().into()
}
