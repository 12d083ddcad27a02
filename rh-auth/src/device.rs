//! Devices and the apps on them: what a helper comes from, and what it would be let into.

use std::fmt;
use std::str::FromStr;

use rh_proto::msg::hello::AppVersion;

use crate::identity::{DeviceId, Groups, TenantId, UnixTime};

/// An operating system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Platform {
    /// Windows 10 and later.
    Windows,
    /// macOS.
    MacOs,
    /// Linux on a desktop.
    Linux,
    /// Android.
    Android,
}

impl Platform {
    /// Every platform.
    pub const ALL: [Self; 4] = [Self::Windows, Self::MacOs, Self::Linux, Self::Android];
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Windows => "Windows",
            Self::MacOs => "macOS",
            Self::Linux => "Linux",
            Self::Android => "Android",
        })
    }
}

/// Up to four numbers, as operating systems, browsers and Zebra's MX count; missing ones are zero.
///
/// ```
/// use rh_auth::device::Version;
///
/// let windows: Version = "10.0.19045.3393".parse()?;
/// assert!(windows > "10.0.19042".parse()?);
/// assert_eq!("13".parse::<Version>()?, Version([13, 0, 0, 0]));
/// # Ok::<(), rh_auth::device::ParseVersionError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Version(pub [u32; 4]);

/// The text is not one to four numbers with dots between.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a version is one to four numbers with dots between, such as 10.0.19045")]
pub struct ParseVersionError;

impl FromStr for Version {
    type Err = ParseVersionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut numbers = [0; 4];
        let mut slots = numbers.iter_mut();
        for part in text.split('.') {
            let slot = slots.next().ok_or(ParseVersionError)?;
            // `u32::from_str` would take a sign.
            if !part.bytes().all(|byte| byte.is_ascii_digit()) {
                return Err(ParseVersionError);
            }
            *slot = part.parse().map_err(|_| ParseVersionError)?;
        }
        Ok(Self(numbers))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [first, rest @ ..] = self.0;
        write!(f, "{first}")?;
        let shown = rest.iter().rposition(|number| *number != 0).map_or(0, |last| last + 1);
        rest.iter().take(shown).try_for_each(|number| write!(f, ".{number}"))
    }
}

/// A browser's maker; what is not listed has no known minimum version and is refused where one is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Browser {
    /// Apple Safari.
    Safari,
    /// Google Chrome.
    Chrome,
    /// Microsoft Edge.
    Edge,
    /// Mozilla Firefox.
    Firefox,
    /// Any other.
    Other,
}

impl fmt::Display for Browser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Safari => "Safari",
            Self::Chrome => "Chrome",
            Self::Edge => "Edge",
            Self::Firefox => "Firefox",
            Self::Other => "this browser",
        })
    }
}

/// What somebody runs to help or to be helped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum App {
    /// The installed app.
    Native {
        /// Its version.
        version: Option<AppVersion>,
    },
    /// The web app; its version is the service's, so what counts is the browser.
    Web {
        /// The browser and its version.
        browser: Option<(Browser, Version)>,
    },
}

impl App {
    /// Whether it is the installed one or the web app.
    #[must_use]
    pub const fn form(&self) -> Form {
        match self {
            Self::Native { .. } => Form::Native,
            Self::Web { .. } => Form::Web,
        }
    }
}

/// An app without its versions: what a matrix knows of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Form {
    /// The installed app.
    Native,
    /// The web app.
    Web,
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Native => "native",
            Self::Web => "web",
        })
    }
}

/// What the operating system runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Host {
    /// Its own hardware.
    Physical,
    /// A virtual machine, a cloud PC included.
    VirtualMachine,
    /// A session on a shared virtual desktop host (Azure Virtual Desktop).
    VirtualDesktop,
}

/// What lets an app put input into Android.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AndroidControl {
    /// Samsung Knox.
    Knox,
    /// Zebra's Mobility Extensions, and their version.
    ZebraMx(Version),
    /// Neither.
    Neither,
}

/// The helper's own device. Whether it is enrolled is not asked; whether it belongs to the organisation is, where somebody manages it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HelperDevice {
    /// Its operating system.
    pub platform: Option<Platform>,
    /// That system's version.
    pub os: Option<Version>,
    /// Whether any organisation manages it; `Some(false)` is a private device.
    pub managed: Option<bool>,
    /// The organisation that manages it.
    pub tid: Option<TenantId>,
    /// Whether that organisation calls it compliant.
    pub compliant: Option<bool>,
}

/// The device that is to be seen or controlled.
///
/// What the app on it reports stands here; what only a management service can know stands in [`Managed`], so that an unenrolled device has no such facts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// Names it in tickets, reports and the log.
    pub id: DeviceId,
    /// Its operating system.
    pub platform: Option<Platform>,
    /// That system's version.
    pub os: Option<Version>,
    /// What that system runs on.
    pub host: Option<Host>,
    /// Android only: the vendor's way to control it.
    pub android: Option<AndroidControl>,
    /// Whether the policies in force let its screen be captured.
    pub capture_allowed: Option<bool>,
    /// Whether they let somebody remote answer the administrator prompt.
    pub remote_prompts_allowed: Option<bool>,
    /// Who manages it.
    pub enrollment: Option<Enrollment>,
}

impl Device {
    /// A device of which nothing but the id is known; it cannot be helped.
    #[must_use]
    pub fn unknown(id: DeviceId) -> Self {
        Self {
            id,
            platform: None,
            os: None,
            host: None,
            android: None,
            capture_allowed: None,
            remote_prompts_allowed: None,
            enrollment: None,
        }
    }

    /// Whether it counts as enrolled: managed, registered with the identity provider and, on macOS, enrolled for a person. `None` where that is not known.
    #[must_use]
    pub fn enrolled(&self) -> Option<bool> {
        match self.enrollment.as_ref()? {
            Enrollment::Unenrolled => Some(false),
            Enrollment::Enrolled(managed) => {
                let affinity = match self.platform {
                    Some(Platform::MacOs) => managed.user_affinity,
                    Some(_) => Some(true),
                    // It might be a Mac: what a Mac would need is needed.
                    None if managed.user_affinity == Some(true) => Some(true),
                    None => None,
                };
                match (managed.registered, affinity) {
                    (None, _) | (_, None) => None,
                    (Some(registered), Some(affinity)) => Some(registered && affinity),
                }
            }
        }
    }

    /// What its management service knows about it.
    #[must_use]
    pub fn managed(&self) -> Option<&Managed> {
        match &self.enrollment {
            Some(Enrollment::Enrolled(managed)) => Some(managed),
            Some(Enrollment::Unenrolled) | None => None,
        }
    }
}

/// Who manages a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Enrollment {
    /// A management service does.
    Enrolled(Managed),
    /// Nobody does.
    Unenrolled,
}

/// What a management service knows about a device.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Managed {
    /// The organisation it is enrolled with.
    pub tid: Option<TenantId>,
    /// Whether the identity provider has registered it (Graph's `azureADRegistered`).
    pub registered: Option<bool>,
    /// Whether it was enrolled for a person. Asked on macOS only.
    pub user_affinity: Option<bool>,
    /// Whether it meets the organisation's policies.
    pub compliance: Option<Compliance>,
    /// Who owns it. For records; nothing is decided by it.
    pub ownership: Option<Ownership>,
    /// How far it is managed.
    pub kind: Option<ManagementKind>,
    /// Whether the owner's policy lets it be controlled with nobody present.
    pub unattended_allowed: Option<bool>,
    /// Whether the device has proven its registered key, which stands for a person when nobody is present.
    pub proven: Option<bool>,
    /// The groups of devices it belongs to.
    pub groups: Option<Groups>,
    /// When it last told the management service about itself.
    pub as_of: Option<UnixTime>,
}

/// What a management service says about a device's compliance; the words are Graph's `complianceState`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Compliance {
    /// It meets all policies.
    Compliant,
    /// It does not, and is blocked elsewhere.
    NonCompliant,
    /// It does not, and is given time.
    InGracePeriod,
    /// Two policies contradict each other.
    Conflict,
    /// The check itself failed.
    Error,
    /// Another management service answers for it (Configuration Manager).
    ConfigManager,
}

/// Whose property a device is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ownership {
    /// The organisation's.
    Company,
    /// A person's.
    Personal,
}

/// How far a device is managed; the Android Enterprise kinds are told apart, because Unattended depends on them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ManagementKind {
    /// Android Enterprise: for one purpose, without a person.
    Dedicated,
    /// Android Enterprise: the organisation's as a whole.
    FullyManaged,
    /// Android Enterprise: a managed part of a device.
    WorkProfile,
    /// Any other.
    Other,
}

impl fmt::Display for ManagementKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Dedicated => "dedicated",
            Self::FullyManaged => "fully managed",
            Self::WorkProfile => "work profile",
            Self::Other => "otherwise managed",
        })
    }
}
