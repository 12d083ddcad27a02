//! The trust screen's words and faces: who the other side is, on whose word, and what is asked.
//!
//! Windows and consoles show [`Card::lines`] and [`Card::question`] as they are here, and the record of a consent holds the digest of exactly that text: what the
//! person saw can be shown later to be what was agreed to.

use std::sync::Arc;

use bytes::Bytes;
use rh_auth::{
    decision::Warning,
    ticket::{self, Ticket},
    value::{Digest, StableCode},
};
use rh_proto::mode::Mode;

use crate::{
    png,
    ui::{Picture, plain},
    windows::wish,
};

/// Pixels along a side of a portrait at most: a trust screen shows it small, and a larger one is a burden that a peer chooses.
const MOST_PIXELS: u32 = 1024;

/// The person, or the device, at the other side.
#[derive(Debug, Clone)]
pub struct Card {
    name: String,
    /// Empty where nobody vouches.
    about: Vec<String>,
    /// Sentences that the helper reads before it asks for anything.
    warnings: Vec<String>,
    /// The digest that the portrait must have.
    expected: Option<Digest>,
    portrait: Option<Arc<Picture>>,
    vouched: bool,
}

/// Why a portrait is not shown.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PortraitError {
    /// The ticket names none, or there is no ticket.
    #[error("nobody vouches for a picture of the other side")]
    Unvouched,
    /// Another picture than the authority has signed.
    #[error("the other side's picture is not the one that the authority vouches for; it is not shown")]
    Digest,
    /// The right one, and not to be read.
    #[error("the other side's picture cannot be read: {0}")]
    Unreadable(String),
}

impl Card {
    /// The other side of a session by code alone.
    #[must_use]
    pub fn unvouched(name: &str) -> Self {
        Self { name: plain::name(name), about: Vec::new(), warnings: Vec::new(), expected: None, portrait: None, vouched: false }
    }

    /// The helper, as a ticket names it, for the sharer's screen.
    #[must_use]
    pub fn of_helper(ticket: &Ticket) -> Self {
        Self::of_person(&ticket.helper)
    }

    /// The sharer, or the device, as a ticket names it, for the helper's screen; with what the helper is warned of.
    #[must_use]
    pub fn of_sharer(ticket: &Ticket) -> Self {
        let warnings = ticket.warnings.iter().map(warning).collect();
        match &ticket.sharer {
            ticket::Sharer::Person(person) => Self { warnings, ..Self::of_person(person) },
            ticket::Sharer::Device(device) => Self {
                name: plain::name(device.name.as_str()),
                about: vec![
                    format!("Device {} of {}", plain::name(device.id.as_str()), plain::name(ticket.tid.as_str())),
                    "Nobody needs to be there.".to_owned(),
                ],
                warnings,
                expected: None,
                portrait: None,
                vouched: true,
            },
        }
    }

    /// A person as an authority describes them.
    #[must_use]
    pub fn of_person(person: &ticket::Person) -> Self {
        let role = [&person.title, &person.company].map(|part| part.as_str().trim());
        let role: Vec<String> = role.into_iter().filter(|part| !part.is_empty()).map(plain::name).collect();
        let mut about = Vec::new();
        if !role.is_empty() {
            about.push(role.join(", "));
        }
        about.push(format!("{}, verified by the organisation", plain::name(person.domain.as_str())));
        Self {
            name: plain::name(person.name.as_str()),
            about,
            warnings: Vec::new(),
            expected: person.picture,
            portrait: None,
            vouched: true,
        }
    }

    /// Full name; for one that nobody vouches for, what the other side calls itself.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether an authority vouches for all of it.
    #[must_use]
    pub const fn is_vouched(&self) -> bool {
        self.vouched
    }

    /// What stands below the name: title and company, verified domain; or that nobody vouches.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        if self.vouched {
            return self.about.clone();
        }
        vec!["Nobody vouches for this name: it is what the other side calls itself.".to_owned()]
    }

    /// Sentences that the helper reads before it asks for anything. They never bar.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// The face, once it has come and is the right one.
    #[must_use]
    pub fn portrait(&self) -> Option<&Arc<Picture>> {
        self.portrait.as_ref()
    }

    /// Takes the picture that came over the session.
    ///
    /// # Errors
    /// [`PortraitError`]; the card is as before.
    pub fn set_portrait(&mut self, file: &Bytes) -> Result<(), PortraitError> {
        let expected = self.expected.ok_or(PortraitError::Unvouched)?;
        if Digest::of(file) != expected {
            return Err(PortraitError::Digest);
        }
        let picture = png::read(file, MOST_PIXELS).map_err(PortraitError::Unreadable)?;
        self.portrait = Some(Arc::new(picture));
        Ok(())
    }

    /// What is asked, in one sentence: the trust screen's first.
    #[must_use]
    pub fn question(&self, mode: Mode) -> String {
        format!("{} asks to {}", self.name, wish(mode))
    }

    /// What the person must know about saying yes to `mode`.
    #[must_use]
    pub fn advice(&self, mode: Mode) -> String {
        let known = if self.vouched {
            "Allow it only if you asked for help. You can stop at any time."
        } else {
            "Allow it only if you know this person and asked for help. You can stop at any time."
        };
        match mode {
            Mode::Elevation => format!("{known} If you end the session yourself afterwards, you are signed out of this device."),
            Mode::ViewOnly | Mode::FullControl | Mode::Unattended => known.to_owned(),
        }
    }

    /// All that the person is shown for `mode`, line by line.
    #[must_use]
    pub fn shown(&self, mode: Mode) -> String {
        let mut shown = self.question(mode);
        for line in self.lines().iter().chain([&self.advice(mode)]) {
            shown.push('\n');
            shown.push_str(line);
        }
        shown
    }

    /// For the record of a consent: names the text without holding it.
    #[must_use]
    pub fn digest(&self, mode: Mode) -> Digest {
        Digest::of(self.shown(mode).as_bytes())
    }
}

/// A warning's sentence. A code that is not known here is shown as it is: better than nothing said.
fn warning(code: &StableCode) -> String {
    let known = Warning::ALL.into_iter().find(|warning| warning.code() == code.as_str());
    let sentence = known.map_or_else(|| format!("the organisation warns: {code}"), |warning| warning.to_string());
    let mut letters = sentence.chars();
    let first = letters.next().map(char::to_uppercase);
    first.into_iter().flatten().chain(letters).chain(['.']).collect()
}
