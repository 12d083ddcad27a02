//! A policy's digest: SHA-256 over an encoding in which no two policies that decide differently look alike.
//!
//! Every text and list is preceded by its length, every choice by its number, all fields come in one order. Version the first line when that changes.

use rh_proto::mode::{Mode, ModeSet};
use sha2::{Digest as _, Sha256};

use super::{Grant, RemoteHelp, Tenant};
use crate::conditions::{Condition, Requirement};
use crate::device::Platform;
use crate::identity::Groups;
use crate::matrix::Cloud;
use crate::rbac::{Cover, Permission, Permissions};

struct Canon(Sha256);

impl Canon {
    fn number(&mut self, number: u64) {
        self.0.update(number.to_be_bytes());
    }

    fn flag(&mut self, flag: bool) {
        self.number(flag.into());
    }

    fn text(&mut self, text: &str) {
        self.length(text.len());
        self.0.update(text);
    }

    /// A list's or a text's length. `usize` has at most 64 bits on every target.
    fn length(&mut self, length: usize) {
        self.number(u64::try_from(length).unwrap_or(u64::MAX));
    }

    fn groups(&mut self, groups: &Groups) {
        self.length(groups.iter().count());
        groups.iter().for_each(|group| self.text(group.as_str()));
    }

    fn cover(&mut self, cover: &Cover) {
        match cover {
            Cover::All => self.number(0),
            Cover::Groups(groups) => {
                self.number(1);
                self.groups(groups);
            }
        }
    }

    fn permissions(&mut self, permissions: Permissions) {
        Permission::ALL.iter().for_each(|permission| self.flag(permissions.contains(*permission)));
    }

    fn modes(&mut self, modes: ModeSet) {
        Mode::ALL.iter().for_each(|mode| self.flag(modes.contains(*mode)));
    }

    fn tenant(&mut self, tenant: &Tenant) {
        let settings = &tenant.settings;
        self.text(tenant.id.as_str());
        match &settings.remote_help {
            RemoteHelp::Off => self.number(0),
            RemoteHelp::On(cover) => {
                self.number(1);
                self.cover(cover);
            }
        }
        self.cover(&settings.entitled);
        self.flag(settings.unenrolled);
        self.flag(settings.chat);
        self.flag(settings.clipboard);
        self.text(settings.matrix.name);
        self.number(match settings.cloud {
            Cloud::Commercial => 0,
            Cloud::Gcc => 1,
            Cloud::GccHigh => 2,
            Cloud::Dod => 3,
        });
        self.number(settings.fact_age);
        self.number(settings.idle_limit);
        self.number(settings.length_limit);
        for platform in Platform::ALL {
            match settings.min_app.get(&platform) {
                None => self.number(0),
                Some(version) => {
                    self.number(1);
                    self.number(version.major.into());
                    self.number(version.minor.into());
                    self.number(version.patch.into());
                }
            }
        }
    }

    fn requirement(&mut self, requirement: &Requirement) {
        match requirement {
            Requirement::Context(context) => {
                self.number(0);
                self.text(context.as_str());
            }
            Requirement::Method(method) => {
                self.number(1);
                self.text(method.as_str());
            }
            Requirement::SignInAge(most) => {
                self.number(2);
                self.number(*most);
            }
            Requirement::Networks(networks) => {
                self.number(3);
                self.length(networks.len());
                networks.iter().for_each(|network| self.text(&network.to_string()));
            }
            Requirement::CompliantDevice => self.number(4),
        }
    }
}

/// The digest of a policy's parts, lists in their final order.
pub(super) fn digest(tenant: &Tenant, grants: &[(Groups, Grant)], conditions: &[Condition]) -> [u8; 32] {
    let mut canon = Canon(Sha256::new());
    canon.text("rh-policy-v1");
    canon.tenant(tenant);
    canon.length(grants.len());
    for (members, grant) in grants {
        canon.text(grant.assignment.as_str());
        canon.groups(members);
        canon.permissions(grant.permissions);
        canon.cover(&grant.scope.users);
        canon.cover(&grant.scope.devices);
        canon.flag(grant.scope.unenrolled);
    }
    canon.length(conditions.len());
    for condition in conditions {
        canon.text(condition.name.as_str());
        canon.modes(condition.modes);
        canon.length(condition.requires.len());
        condition.requires.iter().for_each(|requirement| canon.requirement(requirement));
    }
    canon.0.finalize().into()
}
