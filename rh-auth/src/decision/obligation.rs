//! What the helper must be shown (R12), and what must be done while a mode is in use (R13).

use std::fmt;

use rh_proto::mode::Mode;

/// Something that the helper must know before it asks for a mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Warning {
    /// The device does not meet the organisation's policies.
    NotCompliant,
    /// Whether it does is not known.
    ComplianceUnknown,
    /// Nobody manages the device.
    Unenrolled,
    /// The directory has not confirmed a person's or the device's facts for longer than the organisation wants.
    StaleFacts,
}

impl Warning {
    /// Every warning.
    pub const ALL: [Self; 4] = [Self::NotCompliant, Self::ComplianceUnknown, Self::Unenrolled, Self::StaleFacts];

    /// Stable, for tickets, logs and translation.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotCompliant => "R12.not-compliant",
            Self::ComplianceUnknown => "R12.compliance-unknown",
            Self::Unenrolled => "R12.unenrolled",
            Self::StaleFacts => "R12.stale-facts",
        }
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotCompliant => "the device does not meet the organisation's policies: do not enter an administrator's credentials on it",
            Self::ComplianceUnknown => {
                "it is not known whether the device meets the organisation's policies: do not enter an administrator's credentials on it"
            }
            Self::Unenrolled => "the device is not enrolled: the organisation knows nothing about its state",
            Self::StaleFacts => "what the organisation knows about the device or the people may be out of date",
        })
    }
}

/// Something that must be done whenever a mode is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Obligation {
    /// The person at the device agrees to this mode. Silence is a no.
    Consent,
    /// A bar on the device that cannot be hidden says who is connected and in which mode; without it no frames.
    Indicator,
    /// The device counts down before it is let go.
    Countdown,
    /// Both sides freeze when somebody touches the device.
    FreezeOnTouch,
    /// The helper gives a reason, which is written to the audit log.
    Reason,
    /// The sharer is signed out when it ends the session itself, after a warning.
    SignOut,
    /// The administrator prompt is not seen and not reached.
    MaskPrompts,
}

impl Obligation {
    /// Every obligation.
    pub const ALL: [Self; 7] =
        [Self::Consent, Self::Indicator, Self::Countdown, Self::FreezeOnTouch, Self::Reason, Self::SignOut, Self::MaskPrompts];

    /// Stable, for tickets and logs.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Consent => "R13.consent",
            Self::Indicator => "R13.indicator",
            Self::Countdown => "R13.countdown",
            Self::FreezeOnTouch => "R13.freeze-on-touch",
            Self::Reason => "R13.reason",
            Self::SignOut => "R13.sign-out",
            Self::MaskPrompts => "R13.mask-prompts",
        }
    }
}

macro_rules! set {
    ($(#[$doc:meta])* $set:ident of $item:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
        pub struct $set(u8);

        impl $set {
            /// None.
            pub const NONE: Self = Self(0);

            /// This set and `item`.
            #[must_use]
            pub const fn with(self, item: $item) -> Self {
                Self(self.0 | 1 << item as u8)
            }

            /// Whether `item` is in it.
            #[must_use]
            pub const fn contains(self, item: $item) -> bool {
                self.0 & 1 << item as u8 != 0
            }

            /// Its members, in the order of their `ALL`.
            pub fn iter(self) -> impl Iterator<Item = $item> {
                $item::ALL.into_iter().filter(move |item| self.contains(*item))
            }
        }

        impl fmt::Debug for $set {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_set().entries(self.iter()).finish()
            }
        }
    };
}

set! {
    /// A set of warnings.
    Warnings of Warning
}

set! {
    /// A set of obligations.
    Obligations of Obligation
}

impl Obligations {
    /// What `mode` obliges to.
    #[must_use]
    pub const fn of(mode: Mode) -> Self {
        let always = Self::NONE.with(Obligation::Indicator);
        match mode {
            Mode::ViewOnly | Mode::FullControl => always.with(Obligation::Consent).with(Obligation::MaskPrompts),
            Mode::Elevation => always.with(Obligation::Consent).with(Obligation::SignOut),
            Mode::Unattended => {
                always.with(Obligation::Countdown).with(Obligation::FreezeOnTouch).with(Obligation::Reason).with(Obligation::MaskPrompts)
            }
        }
    }
}
