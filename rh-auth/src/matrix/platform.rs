//! What platforms must fulfil for a mode, as data.
//!
//! Sources: Microsoft's "Plan for Remote Help with Microsoft Intune" (2025-10-01), sections "Supported platforms", "Limitations" and "Role based access control".
//!
//! The web app's operating system is not asked for: browsers do not tell it (macOS has been 10.15.7 to every site since 2020), and the oldest browsers
//! that are taken do not run on older systems than those that are supported.

use std::fmt;

use rh_proto::mode::{Mode, ModeSet};
use rh_proto::msg::hello::AppVersion;

use crate::device::{AndroidControl, App, Browser, Device, Form, Host, ManagementKind, Platform, Version};
use crate::modes;

/// Which end of a session a condition is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// Who helps.
    Helper,
    /// Who is helped.
    Sharer,
    /// Both.
    Either,
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Helper => "the helper",
            Self::Sharer => "the sharer",
            Self::Either => "each side",
        })
    }
}

/// How a session begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Start {
    /// The sharer types a code.
    Code,
    /// An administrator launches it to a device.
    Launch,
}

/// Where an organisation's directory is hosted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cloud {
    /// Anywhere ordinary, also outside Microsoft's clouds.
    Commercial,
    /// Microsoft's Government Community Cloud.
    Gcc,
    /// GCC High.
    GccHigh,
    /// The United States Department of Defense's.
    Dod,
}

impl fmt::Display for Cloud {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Commercial => "commercial",
            Self::Gcc => "GCC",
            Self::GccHigh => "GCC High",
            Self::Dod => "DoD",
        })
    }
}

/// What must hold on a side for modes. It applies where every `Option` is `None` or is what the side has; to a side of which that is not known, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlatformCondition {
    /// Whose device or app.
    pub side: Side,
    /// Only on this operating system.
    pub platform: Option<Platform>,
    /// Only for this app.
    pub form: Option<Form>,
    /// Only for sessions that begin so.
    pub start: Option<Start>,
    /// Only for organisations in this cloud.
    pub cloud: Option<Cloud>,
    /// The modes that depend on it.
    pub modes: ModeSet,
    /// What must hold.
    pub demand: Demand,
}

impl PlatformCondition {
    pub(super) const fn of(side: Side, modes: ModeSet, demand: Demand) -> Self {
        Self { side, platform: None, form: None, start: None, cloud: None, modes, demand }
    }

    /// Whether it is asked of this end.
    pub(crate) fn applies(&self, end: &Surface<'_>) -> bool {
        fn may_be<T: PartialEq>(asked: Option<T>, known: Option<T>) -> bool {
            match (asked, known) {
                (Some(asked), Some(known)) => asked == known,
                (None, _) | (_, None) => true,
            }
        }
        (self.side == Side::Either || self.side == end.side)
            && may_be(self.platform, end.platform)
            && may_be(self.form, end.app.as_ref().map(App::form))
            && may_be(self.start, end.start)
            && may_be(self.cloud, Some(end.cloud))
    }
}

/// What a platform must fulfil.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Demand {
    /// The operating system is at least this version.
    Os(Version),
    /// The system's build is one of these, patched at least so far, or it is a later build than all of them.
    OsPatched(&'static [Version]),
    /// On this version of the operating system and later, the app is at least this version.
    AppOnOs {
        /// The operating system.
        os: Version,
        /// The app.
        app: AppVersion,
    },
    /// The browser is one of these, at least in this version.
    Browser(&'static [(Browser, Version)]),
    /// The device runs on one of these.
    Host(&'static [Host]),
    /// The organisation is in one of these clouds.
    Cloud(&'static [Cloud]),
    /// No policy blocks capturing the screen.
    Capture,
    /// No policy keeps the administrator prompt from somebody remote.
    RemotePrompts,
    /// The device's owner has a policy that lets it be controlled with nobody present.
    UnattendedPolicy,
    /// Samsung with Knox, or Zebra with at least this MX.
    AndroidControl {
        /// The oldest MX that can do it.
        mx: Version,
    },
    /// The device is managed in one of these ways.
    Management(&'static [ManagementKind]),
}

impl Demand {
    /// Stable, for logs and translation.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Os(_) => "R11.os-version",
            Self::OsPatched(_) => "R11.os-patch",
            Self::AppOnOs { .. } => "R11.app-on-os",
            Self::Browser(_) => "R11.browser",
            Self::Host(_) => "R11.host",
            Self::Cloud(_) => "R11.cloud",
            Self::Capture => "R11.screen-capture",
            Self::RemotePrompts => "R11.remote-prompts",
            Self::UnattendedPolicy => "R11.unattended-policy",
            Self::AndroidControl { .. } => "R11.android-control",
            Self::Management(_) => "R11.management",
        }
    }

    /// Whether it holds. What is not known does not.
    pub(crate) fn holds(&self, end: &Surface<'_>) -> bool {
        match self {
            Self::Os(least) => end.os.is_some_and(|os| os >= *least),
            Self::OsPatched(builds) => end.os.is_some_and(|os| patched(os, builds)),
            Self::AppOnOs { os: from, app: least } => {
                let version = match end.app {
                    Some(App::Native { version }) => version,
                    Some(App::Web { .. }) | None => None,
                };
                end.os.is_some_and(|os| os < *from) || (end.os.is_some() && version.is_some_and(|version| version >= *least))
            }
            Self::Browser(least) => match end.app {
                Some(App::Web { browser: Some((browser, version)) }) => {
                    least.iter().any(|(maker, least)| *maker == browser && version >= *least)
                }
                _ => false,
            },
            Self::Host(hosts) => end.device.and_then(|device| device.host).is_some_and(|host| hosts.contains(&host)),
            Self::Cloud(clouds) => clouds.contains(&end.cloud),
            Self::Capture => end.device.is_some_and(|device| device.capture_allowed == Some(true)),
            Self::RemotePrompts => end.device.is_some_and(|device| device.remote_prompts_allowed == Some(true)),
            Self::UnattendedPolicy => end.device.and_then(Device::managed).is_some_and(|managed| managed.unattended_allowed == Some(true)),
            Self::AndroidControl { mx: least } => match end.device.and_then(|device| device.android) {
                Some(AndroidControl::Knox) => true,
                Some(AndroidControl::ZebraMx(mx)) => mx >= *least,
                Some(AndroidControl::Neither) | None => false,
            },
            Self::Management(kinds) => {
                end.device.and_then(Device::managed).and_then(|managed| managed.kind).is_some_and(|kind| kinds.contains(&kind))
            }
        }
    }
}

fn patched(os: Version, builds: &[Version]) -> bool {
    let build = |version: Version| {
        let [major, minor, build, _] = version.0;
        [major, minor, build]
    };
    builds.iter().any(|least| build(*least) == build(os) && os >= *least) || builds.iter().all(|least| build(os) > build(*least))
}

/// In words, to follow "the sharer's …".
impl fmt::Display for Demand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Os(least) => write!(f, "operating system must be at least version {least}"),
            Self::OsPatched(builds) => {
                f.write_str("Windows must be newer than, or one of,")?;
                builds.iter().try_for_each(|build| write!(f, " {build}"))
            }
            Self::AppOnOs { os, app } => write!(f, "app must be at least version {app} where the operating system is {os} or later"),
            Self::Browser(least) => {
                f.write_str("browser must be one of")?;
                least.iter().try_for_each(|(browser, version)| write!(f, " {browser} {version}"))?;
                f.write_str(" or later")
            }
            Self::Host(hosts) if hosts.contains(&Host::VirtualMachine) => {
                f.write_str("device must not be a session on a virtual desktop host")
            }
            Self::Host(_) => f.write_str("device must not be a virtual machine"),
            Self::Cloud(_) => f.write_str("organisation must not be in a government cloud beyond GCC"),
            Self::Capture => f.write_str("device must not have a policy that blocks capturing the screen"),
            Self::RemotePrompts => f.write_str("device must not have a policy that keeps the administrator prompt from remote helpers"),
            Self::UnattendedPolicy => f.write_str("device must have a policy of its owner that allows unattended control"),
            Self::AndroidControl { mx } => write!(f, "Android device must be a Samsung with Knox, or a Zebra with MX {mx} or later"),
            Self::Management(kinds) => {
                f.write_str("device must be managed as")?;
                kinds.iter().enumerate().try_for_each(|(index, kind)| write!(f, "{} {kind}", if index == 0 { "" } else { " or" }))
            }
        }
    }
}

/// One end of a session, as the conditions see it.
#[derive(Debug)]
pub(crate) struct Surface<'a> {
    pub(crate) side: Side,
    pub(crate) platform: Option<Platform>,
    pub(crate) os: Option<Version>,
    pub(crate) app: Option<App>,
    pub(crate) start: Option<Start>,
    pub(crate) cloud: Cloud,
    /// The device that is helped; none on the helper's end.
    pub(crate) device: Option<&'a Device>,
}

const CONTROL: ModeSet = modes::of(&[Mode::FullControl]);
const ELEVATION: ModeSet = modes::of(&[Mode::Elevation]);

/// What every matrix asks.
pub(super) const COMMON: &[PlatformCondition] = &[
    PlatformCondition {
        platform: Some(Platform::Windows),
        form: Some(Form::Native),
        ..PlatformCondition::of(Side::Either, modes::ALL, Demand::Os(Version([10, 0, 0, 0])))
    },
    PlatformCondition {
        platform: Some(Platform::MacOs),
        form: Some(Form::Native),
        ..PlatformCondition::of(Side::Either, modes::ALL, Demand::Os(Version([13, 0, 0, 0])))
    },
    PlatformCondition {
        form: Some(Form::Web),
        ..PlatformCondition::of(
            Side::Either,
            modes::ALL,
            Demand::Browser(&[
                (Browser::Safari, Version([16, 4, 1, 0])),
                (Browser::Chrome, Version([109, 0, 0, 0])),
                (Browser::Edge, Version([109, 0, 0, 0])),
                (Browser::Firefox, Version([122, 0, 0, 0])),
            ]),
        )
    },
    PlatformCondition {
        platform: Some(Platform::Windows),
        start: Some(Start::Launch),
        ..PlatformCondition::of(
            Side::Sharer,
            modes::ALL,
            Demand::OsPatched(&[Version([10, 0, 19042, 2075]), Version([10, 0, 19043, 2075]), Version([10, 0, 19044, 2075])]),
        )
    },
    PlatformCondition::of(Side::Sharer, modes::ALL, Demand::Capture),
    PlatformCondition::of(Side::Sharer, ELEVATION, Demand::RemotePrompts),
    PlatformCondition::of(Side::Sharer, modes::UNATTENDED, Demand::UnattendedPolicy),
    PlatformCondition {
        platform: Some(Platform::Android),
        ..PlatformCondition::of(Side::Sharer, CONTROL, Demand::AndroidControl { mx: Version([8, 3, 0, 0]) })
    },
    PlatformCondition {
        platform: Some(Platform::Android),
        ..PlatformCondition::of(Side::Sharer, modes::UNATTENDED, Demand::AndroidControl { mx: Version([9, 3, 0, 0]) })
    },
    PlatformCondition {
        platform: Some(Platform::Android),
        ..PlatformCondition::of(
            Side::Sharer,
            modes::UNATTENDED,
            Demand::Management(&[ManagementKind::Dedicated, ManagementKind::FullyManaged]),
        )
    },
    PlatformCondition::of(Side::Sharer, modes::ALL, Demand::Cloud(&[Cloud::Commercial, Cloud::Gcc])),
    PlatformCondition {
        cloud: Some(Cloud::Gcc),
        ..PlatformCondition::of(Side::Sharer, modes::ALL, Demand::Host(&[Host::Physical, Host::VirtualMachine]))
    },
];
