//! The administrator's prompt: hidden from the helper, and out of its reach, unless Elevation is granted.

use rh_proto::mode::Mode;

/// What capture reports of the system's secure prompt, such as UAC's.
///
/// `R` is the embedder's rectangle; what it measures does not matter here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prompt<'a, R> {
    /// None is on the screen.
    Absent,
    /// It covers these regions.
    Shown(&'a [R]),
    /// The system does not say, or could not be asked.
    Unknown,
}

/// What of the picture is hidden, before the encoder sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Masking<'a, R> {
    /// Nothing.
    Nothing,
    /// These regions.
    Regions(&'a [R]),
    /// All of it.
    Everything,
}

/// What stands between the helper and a prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shield<'a, R> {
    /// Hidden in the picture. The pointer does not act in there either.
    pub masking: Masking<'a, R>,
    /// Whether keys may reach the device, as far as the mode lets them: a prompt has the keyboard wherever it is drawn.
    pub keys: bool,
}

impl<'a, R> Shield<'a, R> {
    /// Decides by the mode that is left ([`Authority::mode`](super::Authority::mode)) and by what capture reports.
    ///
    /// What is not known is treated as a prompt that covers everything, and so is a prompt that is said to be shown nowhere.
    #[must_use]
    pub fn new(mode: Option<Mode>, prompt: Prompt<'a, R>) -> Self {
        match (mode, prompt) {
            (None, _) => Self { masking: Masking::Everything, keys: false },
            (Some(Mode::Elevation), _) | (Some(_), Prompt::Absent) => Self { masking: Masking::Nothing, keys: true },
            (Some(_), Prompt::Unknown | Prompt::Shown([])) => Self { masking: Masking::Everything, keys: false },
            (Some(_), Prompt::Shown(regions)) => Self { masking: Masking::Regions(regions), keys: false },
        }
    }
}
