//! Files that an administrator might hand in.

use crate::decision::{Helper, Input, Sharer, decide};
use crate::device::{Device, HelperDevice};
use crate::identity::{DeviceId, PersonId, Principal, TenantId, UnixTime};
use crate::policy::files::graph::{Import, managed_devices};
use crate::policy::files::{Directory, FileError};
use crate::policy::{Draft, Policy};
use rh_proto::mode::{Mode, ModeSet};

/// A file, its kind in the first byte: refused with a line that it has, or read to the same thing each time; and nobody may do anything by it of whom nothing
/// is known.
pub fn policy_file(data: &[u8]) {
    let Some((kind, text)) = data.split_first() else { return };
    let Ok(text) = std::str::from_utf8(text) else { return };
    let ours = TenantId::new("contoso").expect("printable and not empty");
    let import = || Import::new(Draft::new(ours.clone(), "Contoso"));
    let policy: fn(Import) -> Result<Policy, FileError> = Import::policy;
    let read = || -> Result<Option<Policy>, FileError> {
        let mut graph = import();
        match kind {
            b'P' => return Policy::from_toml(text).map(Some),
            b'D' => return Directory::from_toml(text).map(|_| None),
            b'M' => return managed_devices(&ours, text).map(|_| None),
            b'S' => graph.settings(text)?,
            b'R' => drop(graph.role_definitions(text)?),
            b'A' => drop(graph.role_assignments(text)?),
            _ => return Ok(None),
        }
        policy(graph).map(Some)
    };
    match read() {
        Ok(Some(policy)) => {
            assert_eq!(read().map(|again| again.map(|again| again.digest())), Ok(Some(policy.digest())), "read otherwise a second time");
            nothing_without_facts(&policy);
        }
        Ok(None) => {}
        Err(error) => {
            let lines = text.bytes().filter(|byte| *byte == b'\n').count() + 1;
            assert!((1..=lines).contains(&error.line), "{error}, in a file of {lines} lines");
            assert!(!error.reason.is_empty() && !error.reason.contains('\n'), "{error}");
        }
    }
}

fn nothing_without_facts(policy: &Policy) {
    let person = Principal::unknown(PersonId::new("somebody").expect("printable and not empty"));
    let device = Device::unknown(DeviceId::new("something").expect("printable and not empty"));
    let decision = decide(&Input {
        now: UnixTime(1_800_000_000),
        policy,
        session: None,
        start: None,
        helper: Helper { person: &person, device: &HelperDevice::default(), app: None, address: None },
        sharer: Sharer { person: Some(&person), device: &device, app: None },
    });
    assert_eq!(decision.allowed(), ModeSet::NONE, "{decision:?}");
    assert!(Mode::ALL.iter().all(|mode| decision.reasons(*mode).next().is_some()), "a refusal without a reason: {decision:?}");
}
