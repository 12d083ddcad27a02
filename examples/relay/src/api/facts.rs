//! What an app says about itself and the device it runs on. What only the organisation can know, its directory says.
//!
//! Nothing here is believed further than an app can be: a lie can spare its own user a refusal (a device that claims to allow the capture of its screen), never
//! give somebody else more. Whether a device is enrolled and compliant is read from the directory by `device`; in unattended sessions the device proves who it is.

use std::fmt;

use rh_auth::device::{AndroidControl, App, Browser, Host, Platform, Version};
use rh_proto::msg::hello::AppVersion;
use serde::{Deserialize, Serialize};

/// The helper's end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HelperFacts {
    /// The app.
    pub app: AppFacts,
    /// The operating system.
    pub platform: PlatformName,
    /// Its version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub os: Option<VersionText>,
    /// The device's id in the organisation's directory, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
}

/// The sharer's end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SharerFacts {
    /// The app.
    pub app: AppFacts,
    /// The operating system.
    pub platform: PlatformName,
    /// Its version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub os: Option<VersionText>,
    /// The device's id in the organisation's directory. A device that is not in the directory counts as unenrolled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    /// What the operating system runs on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<HostName>,
    /// On Android, the vendor's way to control it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub android: Option<Android>,
    /// Whether the policies in force let the screen be captured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capture_allowed: Option<bool>,
    /// Whether they let somebody remote answer the administrator prompt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remote_prompts_allowed: Option<bool>,
}

impl HelperFacts {
    /// An installed app of this version on this operating system; the rest is not known.
    #[must_use]
    pub fn native(version: AppVersion, platform: PlatformName) -> Self {
        Self { app: AppFacts::native(version), platform, os: None, device: None }
    }
}

impl SharerFacts {
    /// An installed app of this version on this operating system; the rest is not known, which allows least.
    #[must_use]
    pub fn native(version: AppVersion, platform: PlatformName) -> Self {
        Self {
            app: AppFacts::native(version),
            platform,
            os: None,
            device: None,
            host: None,
            android: None,
            capture_allowed: None,
            remote_prompts_allowed: None,
        }
    }
}

/// An app.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum AppFacts {
    /// The installed one, and its version: `1.2.3`.
    Native(AppVersionText),
    /// The web app in this browser.
    Web {
        /// Its maker.
        browser: BrowserName,
        /// Its version.
        version: VersionText,
    },
}

impl AppFacts {
    /// The installed app.
    #[must_use]
    pub const fn native(version: AppVersion) -> Self {
        Self::Native(AppVersionText(version))
    }
}

impl From<&AppFacts> for App {
    fn from(facts: &AppFacts) -> Self {
        match facts {
            AppFacts::Native(AppVersionText(version)) => Self::Native { version: Some(*version) },
            AppFacts::Web { browser, version } => Self::Web { browser: Some(((*browser).into(), version.0)) },
        }
    }
}

macro_rules! text {
    ($(#[$doc:meta])* $name:ident of $inner:ty) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(pub $inner);

        impl From<$name> for String {
            fn from($name(value): $name) -> Self {
                value.to_string()
            }
        }

        impl TryFrom<String> for $name {
            type Error = String;

            fn try_from(text: String) -> Result<Self, String> {
                text.parse().map($name).map_err(|error: <$inner as std::str::FromStr>::Err| error.to_string())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

text! {
    /// One to four numbers with dots between, such as `10.0.22631`.
    VersionText of Version
}

text! {
    /// An app's version, `major.minor.patch`.
    AppVersionText of AppVersion
}

macro_rules! names {
    ($($(#[$doc:meta])* $name:ident of $inner:ident { $($(#[$variant_doc:meta])* $variant:ident),* $(,)? })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)*
        }

        impl From<$name> for $inner {
            fn from(name: $name) -> Self {
                match name {
                    $($name::$variant => Self::$variant,)*
                }
            }
        }

        impl From<$inner> for $name {
            fn from(value: $inner) -> Self {
                match value {
                    $($inner::$variant => Self::$variant,)*
                }
            }
        }
    )*};
}

names! {
    /// An operating system.
    PlatformName of Platform {
        /// Windows 10 and later.
        Windows,
        /// macOS.
        #[serde(rename = "macos")]
        MacOs,
        /// Linux on a desktop.
        Linux,
        /// Android.
        Android,
    }

    /// A browser's maker.
    BrowserName of Browser {
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

    /// What an operating system runs on.
    HostName of Host {
        /// Its own hardware.
        Physical,
        /// A virtual machine.
        VirtualMachine,
        /// A session on a shared virtual desktop host.
        VirtualDesktop,
    }
}

impl PlatformName {
    /// What this program was built for; `None` on a system that nobody can help from or with.
    #[must_use]
    pub const fn of_this_program() -> Option<Self> {
        if cfg!(target_os = "windows") {
            Some(Self::Windows)
        } else if cfg!(target_os = "macos") {
            Some(Self::MacOs)
        } else if cfg!(target_os = "android") {
            Some(Self::Android)
        } else if cfg!(target_os = "linux") {
            Some(Self::Linux)
        } else {
            None
        }
    }
}

/// What lets an app put input into Android.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Android {
    /// Samsung Knox.
    Knox,
    /// Zebra's Mobility Extensions, and their version.
    Mx(VersionText),
    /// Neither.
    Neither,
}

impl From<Android> for AndroidControl {
    fn from(android: Android) -> Self {
        match android {
            Android::Knox => Self::Knox,
            Android::Mx(VersionText(version)) => Self::ZebraMx(version),
            Android::Neither => Self::Neither,
        }
    }
}
