//! The session: two state machines, [`Helper`] and [`Sharer`], without sockets and without a clock.
//!
//! ```text
//!            handle_bytes / handle_timeout / handle_closed          poll_transmit   bytes for the peer
//!  what ──▶  request_mode, send_input, consent, send_frame, …  ──▶  poll_event      what the app shows or does
//! happened                  (the only things that change state)     poll_timeout    when to call handle_timeout
//! ```
//!
//! After every call that changes state, drain in this order: [`poll_event`](Helper::poll_event) until `None`, acting on each; then
//! [`poll_transmit`](Helper::poll_transmit) until `None`, or until the transport takes no more; then set one timer to
//! [`poll_timeout`](Helper::poll_timeout). `now` never goes back. Every call with `now` first lets the time-outs before it happen, so that a late timer can
//! delay an effect but never lets something through that should have been stopped.
//!
//! The bytes go through the inner TLS channel (`io::tls`); the session relies on it for order, integrity and secrecy, and on nothing else. How the bytes are
//! cut into pieces has no effect on what happens.
//!
//! After `Closed` everything is inert: input is ignored, and what was queued for the peer, ending in `Close`, can still be taken.

mod event;
mod flow;
mod helper;
mod link;
mod outbox;
mod sharer;
mod timer;
mod transcript;

use std::time::Duration;

pub use self::event::{HelperEvent, SharerEvent};
pub use self::helper::Helper;
pub use self::sharer::Sharer;

use crate::error::CloseCode;
use crate::limits::Limits;
use crate::mode::ModeSet;
use crate::msg::hello::{AppVersion, Capabilities, Profile, Version, Window};
use crate::wire::Text;

/// What the other side is told about this app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppInfo {
    /// Shown to the person at the other side.
    pub name: String,
    /// Compared with the other side's minimum.
    pub version: AppVersion,
}

/// How long things may take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timers {
    /// From construction to `Authenticated`.
    pub handshake: Duration,
    /// Between pings.
    pub keep_alive: Duration,
    /// Without a byte from the peer. Several times `keep_alive` of the *other* side.
    pub dead: Duration,
    /// For the person to answer a request; silence declines.
    pub consent: Duration,
    /// Without a [`beat`](Sharer::beat) of the indicator until frames and input stop.
    pub interlock: Duration,
    /// How long the helper's input is dropped after the person at the device used it.
    pub local_input_pause: Duration,
}

impl Default for Timers {
    fn default() -> Self {
        Self {
            handshake: Duration::from_secs(10),
            keep_alive: Duration::from_secs(2),
            dead: Duration::from_secs(10),
            consent: Duration::from_secs(300),
            interlock: Duration::from_secs(1),
            local_input_pause: Duration::from_secs(1),
        }
    }
}

/// What a side is ready to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// What the peer may cost.
    pub limits: Limits,
    /// This app.
    pub app: AppInfo,
    /// The oldest app that this side talks to.
    pub min_peer: AppVersion,
    /// What this side can do. [`Capabilities::CLIPBOARD`] is taken out when `clipboard` is off.
    pub capabilities: Capabilities,
    /// Helper: what it decodes, best first. Sharer: what it encodes.
    pub profiles: Vec<Profile>,
    /// How long things may take.
    pub timers: Timers,
    /// Whether chat is taken.
    pub chat: bool,
    /// Whether clipboard text is taken and given. Off by default: it may hold passwords.
    pub clipboard: bool,
    /// Sharer: the modes that policy and platform allow. Others are declined without asking.
    pub modes: ModeSet,
    /// Helper: how many frames it is ready to hold before it has decoded the first.
    pub window: Window,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            limits: Limits::DEFAULT,
            app: AppInfo { name: String::from("rh-proto"), version: AppVersion::default() },
            min_peer: AppVersion::default(),
            capabilities: Capabilities::ANNOTATION.union(Capabilities::CLIPBOARD),
            profiles: vec![Profile::NATIVE],
            timers: Timers::default(),
            chat: true,
            clipboard: false,
            modes: ModeSet::ATTENDED,
            window: Window::default(),
        }
    }
}

/// What the other side's hello says, and what holds between the two.
///
/// Not authenticated before `Authenticated`. The name is the other side's word: show it as such, with control characters taken out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeerInfo {
    /// The other side's app.
    pub name: Text,
    /// Its version.
    pub version: AppVersion,
    /// The protocol version in use.
    pub protocol: Version,
    /// What both can do.
    pub capabilities: Capabilities,
    /// How frames are coded.
    pub profile: Profile,
}

/// How the session ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Close {
    /// Stable code.
    pub code: CloseCode,
    /// One sentence for the person at this side. From the peer when `by_peer`: show it as such.
    pub text: String,
    /// Whether the peer ended it.
    pub by_peer: bool,
    /// Whether a side left on purpose, rather than a fault, a refusal or a dead link ending it.
    pub clean: bool,
}
