//! Forgetting entries in time, and keeping what proves that they were there.

use super::record::Record;
use super::{RETENTION, Report, Root, verify};
use crate::key::PublicKey;
use crate::value::UnixTime;

/// The file without the entries of days that ended more than [`RETENTION`] days ago. Their roots stay.
///
/// The result still verifies. Write it to a new file and put that in the old one's place: the space is freed, too.
///
/// # Errors
/// What is wrong with the file: a log that has been tampered with is kept as it is, as evidence.
pub fn prune(file: &[u8], key: &PublicKey, now: UnixTime) -> Result<Vec<u8>, Report> {
    let report = verify(file, key, &[], now);
    if !report.is_intact() {
        return Err(report);
    }
    let lines: Vec<(&[u8], Option<u64>)> =
        file.split_inclusive(|byte| *byte == b'\n').map(|line| (line, day_of_entry(line.strip_suffix(b"\n").unwrap_or(line)))).collect();
    let sealed = lines.iter().filter_map(|(line, _)| day_of_root(line, key)).max();
    let is_due = |day: u64| sealed.is_some_and(|sealed| day <= sealed) && now.day().saturating_sub(day) > RETENTION;
    Ok(lines.into_iter().filter(|(_, day)| !day.is_some_and(is_due)).flat_map(|(line, _)| line).copied().collect())
}

fn day_of_entry(line: &[u8]) -> Option<u64> {
    match Record::read(line)? {
        Record::Entry { entry, .. } => Some(entry.day),
        Record::Root { .. } => None,
    }
}

fn day_of_root(line: &[u8], key: &PublicKey) -> Option<u64> {
    match Record::read(line.strip_suffix(b"\n")?)? {
        Record::Root { token } => Root::open(&token, key).ok().map(|root| root.day),
        Record::Entry { .. } => None,
    }
}
