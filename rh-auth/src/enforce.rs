//! What the sharer's side does with a decision: the protocol's mode table ∧ ticket ∧ consent ∧ policy, at every message.
//!
//! Pure functions of what each of the four says now. None can give what another withholds, so a message is acted on only while all four agree, and a mode
//! ends when the first of them does.

mod shield;
mod unattended;

use rh_proto::frame::Flags;
use rh_proto::mode::{Action, Direction, Gates, Mode, ModeSet, State, Subject, action};
use rh_proto::msg::MessageType;
use rh_proto::msg::mode::DeclineReason;

pub use shield::{Masking, Prompt, Shield};
pub use unattended::{NoReason, Phase, Unattended};

use crate::identity::UnixTime;

/// What a ticket carries: the modes of the authority's decision, until it must be renewed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    /// The modes that the authority allowed.
    pub modes: ModeSet,
    /// When it ends if it is not renewed.
    pub until: UnixTime,
}

/// Who has agreed at the device, and to what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Agreement {
    /// Nobody to anything.
    None,
    /// The person to this mode, and so to every lower one.
    Person(Mode),
    /// The device's own policy to Unattended, nobody being present: [`Unattended::agreement`].
    Device,
}

impl Agreement {
    fn covers(self, mode: Mode) -> bool {
        match (self, mode) {
            (Self::None, _) => false,
            (Self::Device, mode) => mode == Mode::Unattended,
            (Self::Person(_), Mode::Unattended) => false,
            (Self::Person(agreed), mode) => mode <= agreed,
        }
    }
}

/// What is in force at the sharer beside the mode table. Rebuilt whenever a part changes; it holds no state of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Authority {
    /// The ticket's lease; `None` without a ticket.
    pub lease: Option<Lease>,
    /// Consent, or what stands for it.
    pub agreement: Agreement,
    /// What the device's own policy and its state allow, such as no Elevation where remote prompts are forbidden.
    pub policy: ModeSet,
}

impl Authority {
    /// Nothing.
    pub const NONE: Self = Self { lease: None, agreement: Agreement::None, policy: ModeSet::NONE };

    fn ticket_allows(&self, now: UnixTime, mode: Mode) -> bool {
        // The end itself is outside: a lease of no length allows nothing.
        self.lease.is_some_and(|lease| now < lease.until && lease.modes.contains(mode))
    }

    /// Whether the person may be asked for `mode`, or the countdown begin: all but the agreement is there.
    ///
    /// # Errors
    /// What the helper is told.
    pub fn may_ask(&self, now: UnixTime, mode: Mode) -> Result<(), DeclineReason> {
        if self.ticket_allows(now, mode) && self.policy.contains(mode) { Ok(()) } else { Err(DeclineReason::NOT_ALLOWED) }
    }

    /// What is left of the mode that was granted: the highest that is not above it and that ticket, agreement and policy all allow.
    #[must_use]
    pub fn mode(&self, now: UnixTime, granted: Option<Mode>) -> Option<Mode> {
        let granted = granted?;
        let left = Mode::ALL.into_iter().rev().filter(|mode| *mode <= granted);
        left.into_iter().find(|mode| self.may_ask(now, *mode).is_ok() && self.agreement.covers(*mode))
    }

    /// What is done with a message: what the table says in the session's `state`, and what it says in the mode that is left.
    ///
    /// `granted` is the session's mode, which a pause or a freeze hides in `state`. While ticket, agreement and policy still allow it, this is
    /// [`rh_proto::mode::action`]; otherwise it accepts less, never more.
    #[must_use]
    pub fn action(
        &self,
        now: UnixTime,
        state: State,
        granted: Option<Mode>,
        direction: Direction,
        subject: Subject,
        gates: Gates,
    ) -> Action {
        let at_state = action(state, direction, subject, gates);
        match (at_state, state) {
            (Action::Accept, State::ViewOnly | State::FullControl | State::Elevation | State::Unattended)
            | (Action::Accept, State::Paused | State::Frozen | State::Yielding) => {
                action(self.mode(now, granted).map_or(State::Ready, State::from), direction, subject, gates)
            }
            // Without a mode, what is accepted gives no authority: greeting, proving, asking, leaving.
            (Action::Accept, State::Greeting | State::Authenticating | State::Ready | State::Closed)
            | (Action::Deny(_) | Action::Ignore | Action::Close(_), _) => at_state,
        }
    }

    /// Whether a frame of the screen may leave.
    #[must_use]
    pub fn lets_frames_out(&self, now: UnixTime, state: State, granted: Option<Mode>) -> bool {
        let frame = Subject::of(MessageType::FRAGMENT, Flags(0));
        let shown = matches!(state, State::ViewOnly | State::FullControl | State::Elevation | State::Unattended | State::Yielding);
        shown && self.action(now, state, granted, Direction::ToHelper, frame, Gates::default()) == Action::Accept
    }
}
