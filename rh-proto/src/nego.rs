//! Negotiation: two hellos in, what holds between them out. Pure: no side has a say that is not in its hello.

use crate::credential::Role;
use crate::error::CloseCode;
use crate::msg::hello::{AppVersion, Capabilities, Hello, Prefix, Profile, Version, Versions, Window};

/// What both sides have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Agreed {
    /// The newest version that both speak.
    pub version: Version,
    /// The first profile of the helper's list that the sharer has.
    pub profile: Profile,
    /// What both can do.
    pub capabilities: Capabilities,
    /// What the helper is ready to hold.
    pub window: Window,
}

/// Why two apps cannot talk, for both people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// Stable code for the wire.
    pub code: CloseCode,
    /// The sentence for the person at this side.
    pub here: String,
    /// The sentence for the person at the other side.
    pub there: String,
}

fn range(versions: Versions) -> String {
    if versions.min == versions.max { format!("{}", versions.max.0) } else { format!("{} to {}", versions.min.0, versions.max.0) }
}

/// The newest version that both speak. Needs nothing but the part of the hello that every version can read.
///
/// # Errors
/// [`CloseCode::SAME_ROLE`] or [`CloseCode::VERSION`].
pub fn version(ours: Prefix, theirs: Prefix) -> Result<Version, Mismatch> {
    if ours.role == theirs.role {
        let text = match ours.role {
            Role::Helper => "both sides are helpers: one of them must be started as sharer",
            Role::Sharer => "both sides are sharers: one of them must be started as helper",
        };
        return Err(Mismatch { code: CloseCode::SAME_ROLE, here: text.into(), there: text.into() });
    }
    let newest = ours.versions.max.min(theirs.versions.max);
    if newest < ours.versions.min.max(theirs.versions.min) {
        let sentence = |ours: Versions, theirs: Versions| {
            let update = if ours.max < theirs.max { "update this app" } else { "the other side's app must be updated" };
            format!("this app speaks version {} of the protocol, the other side {}: {update}", range(ours), range(theirs))
        };
        return Err(Mismatch {
            code: CloseCode::VERSION,
            here: sentence(ours.versions, theirs.versions),
            there: sentence(theirs.versions, ours.versions),
        });
    }
    Ok(newest)
}

/// Whether the other side's app is new enough for this side.
///
/// # Errors
/// [`CloseCode::APP_TOO_OLD`]
pub fn app(theirs: AppVersion, min: AppVersion) -> Result<(), Mismatch> {
    if theirs >= min {
        return Ok(());
    }
    Err(Mismatch {
        code: CloseCode::APP_TOO_OLD,
        here: format!("the other side's app {theirs} is too old: at least {min} is asked for here; it must be updated"),
        there: format!("this app {theirs} is too old: the other side asks for at least {min}; update it"),
    })
}

/// The sharer's choice from the helper's `offer`.
///
/// # Errors
/// Any of [`version`] and [`app`], or [`CloseCode::NO_COMMON_PROFILE`].
pub fn answer(ours: &Hello, offer: &Hello) -> Result<Agreed, Mismatch> {
    let version = version(prefix(ours), prefix(offer))?;
    app(offer.version, ours.min_peer)?;
    let Some(&profile) = offer.profiles.iter().find(|profile| ours.profiles.contains(profile)) else {
        let text = "the two apps have no picture format in common: update both";
        return Err(Mismatch { code: CloseCode::NO_COMMON_PROFILE, here: text.into(), there: text.into() });
    };
    // A window of no frames would never show anything.
    let window = Window { frames: offer.window.frames.max(1), ..offer.window };
    Ok(Agreed { version, profile, capabilities: ours.capabilities.intersection(offer.capabilities), window })
}

/// What the helper makes of the sharer's `answer` to its own `offer`.
///
/// # Errors
/// Any of [`version`] and [`app`]; [`CloseCode::VIOLATION`] when the answer is none: another session id or window, not one version, not one profile of the
/// offer.
pub fn confirm(offer: &Hello, answer: &Hello) -> Result<Agreed, Mismatch> {
    let version = version(prefix(offer), prefix(answer))?;
    app(answer.version, offer.min_peer)?;
    let violation = |what: &str| Mismatch { code: CloseCode::VIOLATION, here: what.into(), there: what.into() };
    if answer.versions.min != answer.versions.max {
        return Err(violation("the sharer's hello does not choose a version"));
    }
    if answer.session_id != offer.session_id {
        return Err(violation("the sharer's hello belongs to another session"));
    }
    let window = Window { frames: offer.window.frames.max(1), ..offer.window };
    if answer.window != window {
        return Err(violation("the sharer's hello changes the window"));
    }
    match answer.profiles.as_slice() {
        &[profile] if offer.profiles.contains(&profile) => {
            Ok(Agreed { version, profile, capabilities: offer.capabilities.intersection(answer.capabilities), window })
        }
        _ => Err(violation("the sharer's hello does not choose a picture format of the offer")),
    }
}

fn prefix(hello: &Hello) -> Prefix {
    Prefix { role: hello.role, versions: hello.versions }
}
