//! What rh-proto's [`ModeSet`] lacks for deciding over several modes at once.

use rh_proto::mode::{Mode, ModeSet};

/// Every mode.
pub(crate) const ALL: ModeSet = of(&Mode::ALL);
/// The modes that somebody at the device agrees to.
pub(crate) const ATTENDED: ModeSet = of(&[Mode::ViewOnly, Mode::FullControl, Mode::Elevation]);
/// The mode that nobody is present for.
pub(crate) const UNATTENDED: ModeSet = of(&[Mode::Unattended]);

/// Those listed.
pub(crate) const fn of(listed: &[Mode]) -> ModeSet {
    let mut set = ModeSet::NONE;
    let mut rest = listed;
    while let [first, tail @ ..] = rest {
        set = set.with(*first);
        rest = tail;
    }
    set
}

pub(crate) fn iter(set: ModeSet) -> impl Iterator<Item = Mode> {
    Mode::ALL.into_iter().filter(move |mode| set.contains(*mode))
}

pub(crate) fn union(a: ModeSet, b: ModeSet) -> ModeSet {
    iter(b).fold(a, ModeSet::with)
}

pub(crate) fn without(a: ModeSet, b: ModeSet) -> ModeSet {
    iter(a).filter(|mode| !b.contains(*mode)).fold(ModeSet::NONE, ModeSet::with)
}

/// The word for a mode in policy files.
#[cfg(feature = "policy-files")]
pub(crate) const fn name(mode: Mode) -> &'static str {
    match mode {
        Mode::ViewOnly => "ViewOnly",
        Mode::FullControl => "FullControl",
        Mode::Elevation => "Elevation",
        Mode::Unattended => "Unattended",
    }
}
