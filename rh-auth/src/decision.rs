//! The decision: which modes a helper may use with a sharer, and for each that it may not, every reason.
//!
//! [`decide`] is a pure function of what is known and of the [`Policy`]; time is a part of its input. Thirteen rules are asked one after another, and none
//! can give what another takes: a mode is allowed when no rule bars it. So the order of the rules means nothing, and every reason is there.
//!
//! *Monotone*: taking away a role, an assignment or a fact, failing a condition that held, or making any value unknown, never allows more than before. The
//! tests show that by going through all of them.

mod obligation;
mod reason;
mod rules;

use std::net::IpAddr;

use rh_proto::mode::{Mode, ModeSet};

pub use obligation::{Obligation, Obligations, Warning, Warnings};
pub use reason::{Party, Reason, StepUp, Unmet};

use crate::device::{App, Device, HelperDevice};
use crate::identity::{Principal, TenantId, UnixTime};
use crate::matrix::Start;
use crate::modes;
use crate::policy::Policy;

/// All that a decision depends on.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    /// The moment that ages are counted to.
    pub now: UnixTime,
    /// The organisation's policy.
    pub policy: &'a Policy,
    /// The organisation that the session was opened in.
    pub session: Option<&'a TenantId>,
    /// How it begins.
    pub start: Option<Start>,
    /// Who wants to help.
    pub helper: Helper<'a>,
    /// Who, or what, is to be helped.
    pub sharer: Sharer<'a>,
}

/// The helper's end.
#[derive(Debug, Clone, Copy)]
pub struct Helper<'a> {
    /// The person.
    pub person: &'a Principal,
    /// The device that the person uses.
    pub device: &'a HelperDevice,
    /// The app.
    pub app: Option<App>,
    /// Where the service sees the helper come from.
    pub address: Option<IpAddr>,
}

/// The sharer's end.
#[derive(Debug, Clone, Copy)]
pub struct Sharer<'a> {
    /// Who is signed in there. Unattended is decided without looking at this person.
    pub person: Option<&'a Principal>,
    /// The device.
    pub device: &'a Device,
    /// The app.
    pub app: Option<App>,
}

/// What may be done about a mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// The mode may be asked for.
    Allowed,
    /// It may once the helper has signed in anew as [`Decision::step_up`] says; nothing else is missing.
    StepUp,
    /// It may not.
    Refused,
}

/// A reason, and the modes that it bars.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bar {
    /// Why.
    pub reason: Reason,
    /// The modes. Never none.
    pub modes: ModeSet,
}

/// What the session may be like, whatever the mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// Whether the two people may write to each other.
    pub chat: bool,
    /// Whether clipboard text crosses.
    pub clipboard: bool,
    /// Seconds without input or chat after which the session ends.
    pub idle_limit: u64,
    /// Seconds after which it ends.
    pub length_limit: u64,
}

/// What was decided, and by what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    bars: Vec<Bar>,
    allowed: ModeSet,
    /// What the helper must be shown before it asks for a mode. Warnings never bar.
    pub warnings: Warnings,
    /// What holds in every mode.
    pub terms: Terms,
    /// [`Policy::digest`]
    pub policy_digest: [u8; 32],
    /// [`Matrix::name`](crate::matrix::Matrix::name)
    pub matrix: &'static str,
}

impl Decision {
    /// The modes that may be asked for.
    #[must_use]
    pub fn allowed(&self) -> ModeSet {
        self.allowed
    }

    /// What may be done about `mode`.
    #[must_use]
    pub fn outcome(&self, mode: Mode) -> Outcome {
        if self.allowed.contains(mode) {
            Outcome::Allowed
        } else if self.reasons(mode).all(Reason::can_step_up) {
            Outcome::StepUp
        } else {
            Outcome::Refused
        }
    }

    /// Every reason against `mode`, in the order of the rules; none when it is allowed.
    pub fn reasons(&self, mode: Mode) -> impl Iterator<Item = &Reason> {
        self.bars.iter().filter(move |bar| bar.modes.contains(mode)).map(|bar| &bar.reason)
    }

    /// Every reason against any mode, each once.
    #[must_use]
    pub fn bars(&self) -> &[Bar] {
        &self.bars
    }

    /// What a new sign-in of the helper must bring for `mode`; `None` when that would not be enough, or nothing is missing.
    #[must_use]
    pub fn step_up(&self, mode: Mode) -> Option<StepUp> {
        (self.outcome(mode) == Outcome::StepUp).then(|| self.reasons(mode).collect())
    }

    /// What must be done whenever `mode` is used.
    #[must_use]
    pub fn obligations(&self, mode: Mode) -> Obligations {
        Obligations::of(mode)
    }
}

/// Decides over all modes at once. Total: whatever the input, there is a decision, and each mode is either allowed or has a reason against it.
#[must_use]
pub fn decide(input: &Input<'_>) -> Decision {
    let mut bars = Vec::new();
    rules::bar(input, &mut bars);
    let barred = bars.iter().fold(ModeSet::NONE, |barred, bar| modes::union(barred, bar.modes));
    let settings = &input.policy.tenant().settings;
    Decision {
        allowed: modes::without(modes::ALL, barred),
        bars,
        warnings: rules::warnings(input),
        terms: Terms {
            chat: settings.chat,
            clipboard: settings.clipboard,
            idle_limit: settings.idle_limit,
            length_limit: settings.length_limit,
        },
        policy_digest: input.policy.digest(),
        matrix: settings.matrix.name,
    }
}
