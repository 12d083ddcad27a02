//! Words in files: each is read by one rule, and its error says what would have been right.

use std::fmt;
use std::marker::PhantomData;

use ipnet::IpNet;
use jiff::Timestamp;
use rh_proto::mode::Mode;
use rh_proto::msg::hello::AppVersion;
use serde::de::{Deserialize, Deserializer, Error as _, SeqAccess, Visitor};

use crate::device::{AndroidControl, Compliance, Host, ManagementKind, Ownership, Platform, Version};
use crate::identity::{AssignmentId, Claim, DeviceId, GroupId, Groups, PersonId, RoleId, TenantId, UnixTime};
use crate::matrix::{Cloud, MATRICES, Matrix};
use crate::modes;
use crate::rbac::{Cover, Permission};

/// Something that a file writes as a string.
pub(super) trait Read: Sized {
    fn read(text: &str) -> Result<Self, String>;
}

/// A string of a file, read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Word<T>(pub(super) T);

impl<'de, T: Read> Deserialize<'de> for Word<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader<T>(PhantomData<T>);
        impl<T: Read> Visitor<'_> for Reader<T> {
            type Value = Word<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Self::Value, E> {
                T::read(text).map(Word).map_err(E::custom)
            }
        }
        deserializer.deserialize_str(Reader(PhantomData))
    }
}

macro_rules! ids {
    ($($id:ident)*) => {$(
        impl Read for $id {
            fn read(text: &str) -> Result<Self, String> {
                Self::new(text).map_err(|error| format!("{text:?} is no id: {error}"))
            }
        }
    )*};
}

ids! { TenantId PersonId GroupId DeviceId RoleId AssignmentId Claim }

macro_rules! choices {
    ($($choice:ident { $($word:literal => $value:expr),* $(,)? })*) => {$(
        impl Read for $choice {
            fn read(text: &str) -> Result<Self, String> {
                match text {
                    $($word => Ok($value),)*
                    _ => Err(format!("{text:?} is none of {}", [$($word),*].join(", "))),
                }
            }
        }
    )*};
}

choices! {
    Platform { "windows" => Self::Windows, "macos" => Self::MacOs, "linux" => Self::Linux, "android" => Self::Android }
    Host { "physical" => Self::Physical, "virtual-machine" => Self::VirtualMachine, "virtual-desktop" => Self::VirtualDesktop }
    Cloud { "commercial" => Self::Commercial, "gcc" => Self::Gcc, "gcc-high" => Self::GccHigh, "dod" => Self::Dod }
    Compliance {
        "compliant" => Self::Compliant, "noncompliant" => Self::NonCompliant, "inGracePeriod" => Self::InGracePeriod, "conflict" => Self::Conflict,
        "error" => Self::Error, "configManager" => Self::ConfigManager,
    }
    Ownership { "company" => Self::Company, "personal" => Self::Personal }
    ManagementKind {
        "dedicated" => Self::Dedicated, "fully-managed" => Self::FullyManaged, "work-profile" => Self::WorkProfile, "other" => Self::Other,
    }
}

fn one_of<T: Copy>(text: &str, all: &[T], name: impl Fn(T) -> &'static str) -> Result<T, String> {
    all.iter().copied().find(|item| name(*item) == text).ok_or_else(|| {
        let names: Vec<&str> = all.iter().map(|item| name(*item)).collect();
        format!("{text:?} is none of {}", names.join(", "))
    })
}

impl Read for Mode {
    fn read(text: &str) -> Result<Self, String> {
        one_of(text, &Self::ALL, modes::name)
    }
}

impl Read for Permission {
    fn read(text: &str) -> Result<Self, String> {
        one_of(text, &Self::ALL, Self::name)
    }
}

impl Read for &'static Matrix {
    fn read(text: &str) -> Result<Self, String> {
        one_of(text, &MATRICES, |matrix| matrix.name)
    }
}

impl Read for AppVersion {
    fn read(text: &str) -> Result<Self, String> {
        text.parse().map_err(|_| format!("{text:?} is no app version, such as 1.2.3"))
    }
}

impl Read for Version {
    fn read(text: &str) -> Result<Self, String> {
        text.parse().map_err(|error| format!("{text:?}: {error}"))
    }
}

impl Read for AndroidControl {
    fn read(text: &str) -> Result<Self, String> {
        match text {
            "knox" => Ok(Self::Knox),
            "neither" => Ok(Self::Neither),
            _ => {
                let version = text.strip_prefix("mx ").and_then(|version| version.parse().ok());
                version.map(Self::ZebraMx).ok_or_else(|| format!("{text:?} is none of knox, mx with a version (mx 9.3), neither"))
            }
        }
    }
}

impl Read for IpNet {
    fn read(text: &str) -> Result<Self, String> {
        let network: Self = text.parse().map_err(|_| format!("{text:?} is no network, such as 192.0.2.0/24 or 2001:db8::/32"))?;
        // 10.1.2.3/8 is a slip of the pen: an address, or another length, is meant.
        if network.trunc() == network {
            Ok(network)
        } else {
            Err(format!("{text:?} has bits beyond its length; is {} meant?", network.trunc()))
        }
    }
}

impl Read for UnixTime {
    fn read(text: &str) -> Result<Self, String> {
        let time: Timestamp = text.parse().map_err(|_| format!("{text:?} is no time with an offset, such as 2026-01-31T08:00:00Z"))?;
        u64::try_from(time.as_second()).map(Self).map_err(|_| format!("{text:?} lies before 1970"))
    }
}

/// `"all"`, or a list of groups; where it may be switched off, also `"off"`.
#[derive(Debug, Clone)]
pub(super) enum Covered {
    Off,
    Some(Cover),
}

impl<'de> Deserialize<'de> for Covered {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Covered;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("\"all\" or a list of groups")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Covered, E> {
                match text {
                    "all" => Ok(Covered::Some(Cover::All)),
                    "off" => Ok(Covered::Off),
                    _ => Err(E::custom(format!("{text:?} is not \"all\"; groups are written as a list"))),
                }
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Covered, A::Error> {
                let mut groups = Vec::new();
                while let Some(Word(group)) = list.next_element()? {
                    groups.push(group);
                }
                Ok(Covered::Some(Cover::Groups(groups.into_iter().collect())))
            }
        }
        deserializer.deserialize_any(Reader)
    }
}

/// `"all"` or a list of groups, where nothing can be switched off.
#[derive(Debug, Clone)]
pub(super) struct Everyone(pub(super) Cover);

impl<'de> Deserialize<'de> for Everyone {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Covered::deserialize(deserializer)? {
            Covered::Some(cover) => Ok(Self(cover)),
            Covered::Off => Err(D::Error::custom("\"off\" is not possible here; an empty list covers nobody")),
        }
    }
}

/// The words of a list, without their wrapping.
pub(super) fn words<T, C: FromIterator<T>>(list: Vec<Word<T>>) -> C {
    list.into_iter().map(|Word(word)| word).collect()
}

pub(super) fn groups(list: Vec<Word<GroupId>>) -> Groups {
    words(list)
}
