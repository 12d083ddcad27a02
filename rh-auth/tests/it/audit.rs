//! The audit log: whatever is done to the file is found, and found where it is.

use rh_auth::audit::{
    Act, Answer, AppendError, Ender, Event, FaultKind, Head, Log, MAX_LINE, Prompt, Purpose, RETENTION, Report, Subject, Who, prune, verify,
};
use rh_auth::identity::{DeviceId, PersonId, TenantId};
use rh_auth::key::SigningKey;
use rh_auth::ticket::{ModeName, Modes};
use rh_auth::value::{Digest, Id, Identifier, StableCode, UnixTime};
use rh_proto::mode::ModeSet;

const NOON: UnixTime = UnixTime(20_833 * 86_400 + 43_200);
const DAY: u64 = 86_400;

fn key() -> SigningKey {
    SigningKey::from_seed(&[0xa; 32])
}

fn who(oid: &str) -> Who {
    Who { oid: PersonId::new(oid).unwrap(), spki: Digest::of(oid.as_bytes()) }
}

fn code(text: &str) -> StableCode {
    StableCode::new(text).unwrap()
}

/// One event of each kind.
fn events() -> Vec<Event> {
    let device = || DeviceId::new("laptop-9").unwrap();
    vec![
        Event::Decision {
            helper: who("alice"),
            subject: Subject::At { person: who("bob"), device: device() },
            modes: Modes(ModeSet::ATTENDED),
            reasons: vec![code("R8.missing-permission"), code("R10.no-cell")],
            warnings: vec![code("R12.not-compliant")],
            policy: Digest::of(b"policy"),
            matrix: Identifier::new("open").unwrap(),
        },
        Event::Refusal { who: None, code: 0x0122, reasons: vec![code("R4.guest")] },
        Event::Consent { mode: ModeName::FullControl, answer: Answer::Allowed, shown: Digest::of(b"Alice wants to control your screen") },
        Event::Mode { mode: ModeName::FullControl, from: NOON, until: NOON.plus(60) },
        Event::Elevation { act: Act::PromptShown, prompt: Some(Prompt::Administrator) },
        Event::Unattended { device: device(), purpose: Purpose::new("monthly updates, change 4711").unwrap() },
        Event::Revocation { reason: code("R7.no-role") },
        Event::End { code: 1, by: Ender::Helper },
    ]
}

/// A log of `days` days with one entry of each kind a day, and the head after each entry.
fn log(days: u64) -> (String, Vec<String>) {
    let mut log = Log::new(key());
    let (mut file, mut heads) = (String::new(), Vec::new());
    for day in 0..days {
        for (index, event) in (0..).zip(events()) {
            let appended = log.append(NOON.plus(day * DAY + index), TenantId::new("contoso").unwrap(), Some(Id([7; 16])), event).unwrap();
            file.push_str(&appended.lines);
            heads.push(appended.head);
        }
    }
    (file, heads)
}

fn checked(file: &str, heads: &[String], days: u64) -> Report {
    let heads: Vec<&str> = heads.iter().map(String::as_str).collect();
    verify(file.as_bytes(), &key().public_key(), &heads, NOON.plus(days * DAY))
}

fn lines(file: &str) -> Vec<String> {
    file.split_inclusive('\n').map(str::to_owned).collect()
}

/// The faults of a file made of these lines, as (line, kind).
fn faults(lines: &[String]) -> Vec<(usize, FaultKind)> {
    checked(&lines.concat(), &[], 3).faults.into_iter().map(|fault| (fault.line, fault.kind)).collect()
}

const DAY_0: u64 = 20_833;

#[test]
fn an_honest_log_verifies_with_every_head_that_was_handed_out() {
    let (file, heads) = log(3);
    let report = checked(&file, &heads, 3);
    assert_eq!(report, Report { entries: 24, roots: 2, heads: 24, ..Report::default() });
    let other = SigningKey::from_seed(&[0xb; 32]).public_key();
    assert!(!verify(file.as_bytes(), &other, &[], NOON).is_intact());
    assert!(checked("", &[], 0).is_intact());
}

/// Flips one bit in every `step`-th byte.
fn flip(step: usize) {
    let (file, _) = log(2);
    let mut line = 1;
    for at in 0..file.len() {
        if at % step != 0 {
            line += usize::from(file.as_bytes()[at] == b'\n');
            continue;
        }
        let mut changed = file.clone().into_bytes();
        changed[at] ^= 1 << (at % 8);
        let report = verify(&changed, &key().public_key(), &[], NOON.plus(2 * DAY));
        let first = report.faults.first().unwrap_or_else(|| panic!("byte {at} of line {line}"));
        assert_eq!(first.line, line, "byte {at}: {first}");
        line += usize::from(file.as_bytes()[at] == b'\n');
    }
}

#[test]
fn a_flipped_bit_is_found_in_its_line() {
    flip(7);
}

#[test]
#[ignore = "soak: every byte of the file"]
fn soak_a_flipped_bit_is_found_in_its_line() {
    flip(1);
}

#[test]
fn a_deletion_is_found_and_counted() {
    let original = lines(&log(3).0);
    for (from, to) in [(0, 0), (0, 3), (3, 3), (3, 6), (7, 7)] {
        let mut changed = original.clone();
        changed.drain(from..=to);
        let missing = FaultKind::Missing { day: DAY_0, from: from as u64, to: to as u64 };
        assert_eq!(faults(&changed), [(from + 1, missing)], "{from} to {to}");
    }
    let mut without_root = original.clone();
    without_root.remove(8);
    assert_eq!(faults(&without_root), [(9, FaultKind::RootMissing { day: DAY_0 }), (17, FaultKind::Unchained { day: DAY_0 + 1 })]);
    let mut without_day = original.clone();
    without_day.drain(0..9);
    assert_eq!(faults(&without_day), [(9, FaultKind::Unchained { day: DAY_0 + 1 })]);
    let mut without_entries = original;
    without_entries.drain(0..8);
    assert_eq!(faults(&without_entries), [(1, FaultKind::PrunedEarly { day: DAY_0 })]);
}

#[test]
fn every_move_and_every_repetition_is_found() {
    let original = lines(&log(2).0);
    for from in 0..original.len() {
        for to in (0..original.len()).filter(|to| *to != from) {
            let mut moved = original.clone();
            let line = moved.remove(from);
            moved.insert(to, line);
            let found = faults(&moved);
            // A fault is at the place where it was taken out, or at the one where it was put in.
            assert!(
                found.iter().any(|(line, _)| [from.min(to) + 1, from.max(to) + 1, from + 2].contains(line)),
                "{from} to {to}: {found:?}"
            );
        }
        let mut repeated = original.clone();
        repeated.insert(from + 1, original[from].clone());
        let found = faults(&repeated);
        assert_eq!(found.first().map(|(line, _)| *line), Some(from + 2), "{from}: {found:?}");
    }
}

#[test]
fn a_root_that_was_moved_or_repeated_does_not_spoil_the_day_around_it() {
    let original = lines(&log(3).0);
    let mut moved = original.clone();
    let root = moved.remove(8);
    moved.insert(12, root.clone());
    assert_eq!(faults(&moved), [(9, FaultKind::RootMissing { day: DAY_0 }), (13, FaultKind::Unchained { day: DAY_0 })]);
    let mut repeated = original;
    repeated.insert(12, root);
    assert_eq!(faults(&repeated), [(13, FaultKind::Unchained { day: DAY_0 })]);
}

#[test]
fn an_invented_line_is_found_and_does_not_hide_what_follows() {
    let original = lines(&log(2).0);
    for at in 0..8 {
        let mut changed = original.clone();
        changed.insert(at, "{\"entry\":{},\"signature\":\"\"}\n".into());
        assert_eq!(faults(&changed), [(at + 1, FaultKind::Unreadable)]);
    }
    // An entry of another log with the same form and another key.
    let mut other = Log::new(SigningKey::from_seed(&[0xb; 32]));
    let forged = other.append(NOON, TenantId::new("contoso").unwrap(), None, Event::End { code: 1, by: Ender::Link }).unwrap();
    let mut changed = original;
    changed[3] = forged.lines;
    assert_eq!(faults(&changed), [(4, FaultKind::Edited)]);
}

#[test]
fn two_faults_are_two_faults() {
    let mut changed = lines(&log(3).0);
    changed[2] = changed[2].replace("Allowed", "allowed").replace("allowed", "declined");
    changed.remove(12);
    assert_eq!(faults(&changed), [(3, FaultKind::Edited), (13, FaultKind::Missing { day: DAY_0 + 1, from: 3, to: 3 })]);
}

#[test]
fn what_is_cut_off_the_end_is_found_by_whoever_holds_a_head() {
    let (file, heads) = log(2);
    let all = lines(&file);
    for kept in 0..all.len() {
        let cut = all[..kept].concat();
        // Without a head nothing is wrong with a log that ends earlier, unless a root says that there was more.
        let report = checked(&cut, &heads[15..], 2);
        let last = FaultKind::HeadMismatch { head: 0, day: DAY_0 + 1, entries: 8 };
        assert_eq!(report.faults.last().map(|fault| (fault.line, &fault.kind)), Some((kept, &last)), "{kept} lines kept");
    }
    for cut in (1..file.len()).step_by(29) {
        if !file[..cut].ends_with('\n') {
            assert!(checked(&file[..cut], &[], 2).faults.iter().any(|fault| fault.kind == FaultKind::Torn));
        }
    }
}

/// Whoever holds the key can write a log that is consistent in itself. Not one that agrees with what the ends of sessions hold.
#[test]
fn a_log_rewritten_with_the_key_is_found_by_heads() {
    let (_, heads) = log(2);
    let mut forger = Log::new(key());
    let mut file = String::new();
    for day in 0..2 {
        for (index, event) in (0..).zip(events()) {
            let event = if day == 0 && index == 2 { Event::Revocation { reason: code("R1.tenant-off") } } else { event };
            file.push_str(
                &forger.append(NOON.plus(day * DAY + index), TenantId::new("contoso").unwrap(), Some(Id([7; 16])), event).unwrap().lines,
            );
        }
    }
    assert!(checked(&file, &[], 2).is_intact());
    let report = checked(&file, &heads, 2);
    let broken: Vec<_> = report.faults.iter().map(|fault| fault.kind.clone()).collect();
    assert_eq!(report.heads, 2, "the two before the change still agree");
    assert_eq!(broken[0], FaultKind::HeadMismatch { head: 2, day: DAY_0, entries: 3 }, "the first head that does not says where");
    assert_eq!(broken.len(), 14);
    let forged = Log::new(SigningKey::from_seed(&[0xb; 32])).head();
    assert_eq!(checked("", &[forged], 0).faults[0].kind, FaultKind::HeadForged { head: 0 });
}

#[test]
fn after_thirty_days_entries_go_and_the_chain_still_verifies() {
    let (file, heads) = log(40);
    let now = NOON.plus(39 * DAY);
    let pruned = prune(file.as_bytes(), &key().public_key(), now).unwrap();
    assert!(pruned.len() < file.len());
    let borrowed: Vec<&str> = heads.iter().map(String::as_str).collect();
    let report = verify(&pruned, &key().public_key(), &borrowed, now);
    let gone = 39 - RETENTION;
    assert_eq!(
        report,
        Report { entries: 8 * (40 - gone), roots: 39, pruned: gone, heads: 8 * (40 - gone), heads_pruned: 8 * gone, ..Report::default() }
    );
    assert_eq!(prune(&pruned, &key().public_key(), now), Ok(pruned.clone()), "and nothing more goes");
    // Deleting a pruned day's root is found, and so is what goes before its time.
    let text = String::from_utf8(pruned).unwrap();
    let mut without_root = lines(&text);
    without_root.remove(2);
    let report = verify(without_root.concat().as_bytes(), &key().public_key(), &[], now);
    assert_eq!(report.faults.iter().map(|fault| fault.line).collect::<Vec<_>>(), [3]);
    assert!(prune(without_root.concat().as_bytes(), &key().public_key(), now).is_err(), "evidence is not touched");
}

#[test]
fn a_restart_goes_on_where_the_log_was() {
    let tenant = || TenantId::new("contoso").unwrap();
    let mut whole = Log::new(key());
    let mut file = String::new();
    let mut restarted = String::new();
    for (index, event) in (0..).zip(events().into_iter().chain(events()).chain(events())) {
        let at = NOON.plus(index * DAY / 5);
        let appended = whole.append(at, tenant(), None, event.clone()).unwrap();
        file.push_str(&appended.lines);
        // The other one is killed before each entry, with half a line written.
        let torn = format!("{restarted}{{\"entry\":{{\"day\"");
        let back = Log::restore(key(), torn.as_bytes(), at).unwrap();
        assert_eq!(back.keep, restarted.len());
        let mut log = back.log;
        let again = log.append(at, tenant(), None, event).unwrap();
        assert_eq!(again, appended);
        restarted.push_str(&again.lines);
    }
    assert_eq!(file, restarted);
    let tampered = file.replacen("Allowed", "x", 1).replacen("allowed", "silence", 1);
    assert!(Log::restore(key(), tampered.as_bytes(), NOON).is_err());
}

#[test]
fn a_clock_that_is_set_back_does_not_take_the_log_with_it() {
    let tenant = || TenantId::new("contoso").unwrap();
    let mut log = Log::new(key());
    let mut file = String::new();
    for offset in [0, DAY, DAY - 100, 0, 2 * DAY, DAY] {
        file.push_str(&log.append(NOON.plus(offset), tenant(), None, Event::End { code: 1, by: Ender::Link }).unwrap().lines);
    }
    assert!(checked(&file, &[], 3).is_intact(), "{:?}", checked(&file, &[], 3));
    let root = log.close_day(NOON.plus(3 * DAY)).unwrap();
    file.push_str(&root);
    let mut back = Log::restore(key(), file.as_bytes(), NOON).unwrap().log;
    file.push_str(&back.append(NOON, tenant(), None, Event::End { code: 1, by: Ender::Link }).unwrap().lines);
    assert!(checked(&file, &[], 3).is_intact(), "{:?}", checked(&file, &[], 3));
}

#[test]
fn an_idle_day_needs_no_entry_and_is_closed_once() {
    let mut log = Log::new(key());
    assert_eq!(log.close_day(NOON), None);
    let mut file = log.append(NOON, TenantId::new("t").unwrap(), None, events().remove(7)).unwrap().lines;
    assert_eq!(log.close_day(NOON.plus(60)), None, "the day is not over");
    file.push_str(&log.close_day(NOON.plus(DAY)).unwrap());
    assert_eq!(log.close_day(NOON.plus(2 * DAY)), None);
    let head = Head::open(&log.head(), &key().public_key()).unwrap();
    assert_eq!((head.day, head.entries), (DAY_0 + 1, 0));
    assert_eq!(checked(&file, &[log.head()], 9), Report { entries: 1, roots: 1, heads: 1, ..Report::default() });
}

#[test]
fn what_is_too_long_is_not_appended_and_changes_nothing() {
    let mut log = Log::new(key());
    let before = log.head();
    let reasons = vec![code(&"x".repeat(64)); MAX_LINE / 64];
    let refused = log.append(NOON, TenantId::new("t").unwrap(), None, Event::Refusal { who: None, code: 1, reasons });
    assert_eq!(refused, Err(AppendError::TooLong));
    assert_eq!(log.head(), before);
}

/// There is no place for what people type, see or say: every text in an entry is an id, a digest or a code, but for the one purpose.
#[test]
fn the_schema_has_no_room_for_content() {
    let content = "the password is hunter2";
    assert!(StableCode::new(content).is_err() && Identifier::new(content).is_err());
    assert!(
        Purpose::new("").is_err()
            && Purpose::new(" \t").is_err()
            && Purpose::new("two\nlines").is_err()
            && Purpose::new(&"x".repeat(257)).is_err()
    );
    let mut texts = Vec::new();
    for line in lines(&log(1).0) {
        collect(&serde_json::from_str(&line).unwrap(), &mut texts);
    }
    texts.retain(|text| text != "monthly updates, change 4711");
    assert!(texts.iter().all(|text| !text.contains(' ') && text.len() <= 86), "{texts:?}");
}

fn collect(value: &serde_json::Value, texts: &mut Vec<String>) {
    match value {
        serde_json::Value::String(text) => texts.push(text.clone()),
        serde_json::Value::Array(list) => list.iter().for_each(|value| collect(value, texts)),
        serde_json::Value::Object(members) => members.values().for_each(|value| collect(value, texts)),
        _ => {}
    }
}

/// RFC 6962, section 2.1, once more and naively.
#[test]
fn the_root_is_that_of_the_rfc() {
    use ring::digest::{SHA256, digest};
    fn tree(leaves: &[Vec<u8>]) -> Vec<u8> {
        match leaves {
            [] => digest(&SHA256, b"").as_ref().to_vec(),
            [leaf] => digest(&SHA256, &[&[0], leaf.as_slice()].concat()).as_ref().to_vec(),
            _ => {
                let half = leaves.len().next_power_of_two() / 2;
                let (left, right) = leaves.split_at(half);
                digest(&SHA256, &[&[1], tree(left).as_slice(), tree(right).as_slice()].concat()).as_ref().to_vec()
            }
        }
    }
    let (file, heads) = log(1);
    let leaves: Vec<Vec<u8>> = lines(&file)
        .iter()
        .map(|line| {
            let raw = line.strip_prefix("{\"entry\":").unwrap().rsplit_once(",\"signature\"").unwrap().0;
            digest(&SHA256, raw.as_bytes()).as_ref().to_vec()
        })
        .collect();
    for (count, head) in (1..).zip(&heads) {
        assert_eq!(Head::open(head, &key().public_key()).unwrap().root.0.to_vec(), tree(&leaves[..count]));
    }
}
