//! Permissions, the roles that hold them, and the assignments that give a role to helpers over people and devices.
//!
//! Names and meanings are Microsoft Intune's, so that an organisation's roles can be imported as they are.

use std::fmt;

use rh_proto::mode::Mode;

use crate::identity::{AssignmentId, Groups, RoleId};

/// One thing that a helper may be allowed to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Permission {
    /// See the screen.
    ViewScreen,
    /// Also control it. Includes [`ViewScreen`](Self::ViewScreen).
    TakeFullControl,
    /// Also answer the administrator prompt. Includes [`TakeFullControl`](Self::TakeFullControl).
    Elevation,
    /// Control a device with nobody present. Includes no other, and no other includes it.
    Unattended,
    /// Gate: start a session at all.
    OfferRemoteAssistance,
    /// Gate: read the settings of remote help.
    ConnectorRead,
}

impl Permission {
    /// Every permission.
    pub const ALL: [Self; 6] =
        [Self::ViewScreen, Self::TakeFullControl, Self::Elevation, Self::Unattended, Self::OfferRemoteAssistance, Self::ConnectorRead];

    /// The two that a helper needs whatever the mode.
    pub const GATES: [Self; 2] = [Self::OfferRemoteAssistance, Self::ConnectorRead];

    /// The one that `mode` needs beside the gates.
    #[must_use]
    pub const fn for_mode(mode: Mode) -> Self {
        match mode {
            Mode::ViewOnly => Self::ViewScreen,
            Mode::FullControl => Self::TakeFullControl,
            Mode::Elevation => Self::Elevation,
            Mode::Unattended => Self::Unattended,
        }
    }

    /// Its word in policy files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ViewScreen => "ViewScreen",
            Self::TakeFullControl => "TakeFullControl",
            Self::Elevation => "Elevation",
            Self::Unattended => "Unattended",
            Self::OfferRemoteAssistance => "OfferRemoteAssistance",
            Self::ConnectorRead => "ConnectorRead",
        }
    }

    /// The action that names it in Microsoft Graph's role definitions.
    #[must_use]
    pub const fn action(self) -> &'static str {
        match self {
            Self::ViewScreen => "Microsoft.Intune_RemoteAssistanceApp_ViewScreen",
            Self::TakeFullControl => "Microsoft.Intune_RemoteAssistanceApp_TakeFullControl",
            Self::Elevation => "Microsoft.Intune_RemoteAssistanceApp_Elevation",
            Self::Unattended => "Microsoft.Intune_RemoteAssistanceApp_Unattended",
            Self::OfferRemoteAssistance => "Microsoft.Intune_RemoteTasks_RequestRemoteAssistance",
            Self::ConnectorRead => "Microsoft.Intune_RemoteAssistance_Read",
        }
    }

    /// As the administrator's console calls it.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::ViewScreen => "Remote Help - View screen",
            Self::TakeFullControl => "Remote Help - Take full control",
            Self::Elevation => "Remote Help - Elevation",
            Self::Unattended => "Remote Help - Unattended",
            Self::OfferRemoteAssistance => "Remote tasks - Offer remote assistance",
            Self::ConnectorRead => "Remote assistance connectors - Read",
        }
    }

    /// Those that it brings with it, itself first.
    const fn included(self) -> Permissions {
        match self {
            Self::TakeFullControl => Permissions::of(&[self, Self::ViewScreen]),
            Self::Elevation => Permissions::of(&[self, Self::TakeFullControl, Self::ViewScreen]),
            _ => Permissions::of(&[self]),
        }
    }
}

/// A set of permissions.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Permissions(u8);

impl Permissions {
    /// None.
    pub const NONE: Self = Self(0);

    /// All six.
    pub const ALL: Self = Self::of(&Permission::ALL);

    /// Those listed.
    #[must_use]
    pub const fn of(listed: &[Permission]) -> Self {
        let mut set = Self::NONE;
        let mut rest = listed;
        while let [first, tail @ ..] = rest {
            set = Self(set.0 | 1 << *first as u8);
            rest = tail;
        }
        set
    }

    /// Whether `permission` is in it.
    #[must_use]
    pub const fn contains(self, permission: Permission) -> bool {
        self.0 & 1 << permission as u8 != 0
    }

    /// Whether all of `other` are in it.
    #[must_use]
    pub const fn contains_all(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Those in either.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// In the order of [`Permission::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Permission> {
        Permission::ALL.into_iter().filter(move |permission| self.contains(*permission))
    }

    /// With all that its members include.
    const fn closed(self) -> Self {
        let mut set = self;
        let mut rest = Permission::ALL.as_slice();
        while let [first, tail @ ..] = rest {
            if self.contains(*first) {
                set = set.union(first.included());
            }
            rest = tail;
        }
        set
    }

    /// Without `denied`, and without what includes any of it: who may not control may not elevate either.
    const fn without(self, denied: Self) -> Self {
        let mut set = Self::NONE;
        let mut rest = Permission::ALL.as_slice();
        while let [first, tail @ ..] = rest {
            if self.contains(*first) && first.included().0 & denied.0 == 0 {
                set = Self(set.0 | 1 << *first as u8);
            }
            rest = tail;
        }
        set
    }
}

impl FromIterator<Permission> for Permissions {
    fn from_iter<I: IntoIterator<Item = Permission>>(permissions: I) -> Self {
        permissions.into_iter().fold(Self::NONE, |set, permission| set.union(Self::of(&[permission])))
    }
}

impl fmt::Debug for Permissions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

/// A named set of permissions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// Names it in assignments.
    pub id: RoleId,
    /// For people.
    pub name: String,
    /// What it gives, and with it what each of these includes.
    pub allowed: Permissions,
    /// What it takes away again; deny wins. Only within the role: what another role gives stays given, so that taking a role away never widens.
    pub denied: Permissions,
}

impl Role {
    /// Whoever has the role may do this.
    #[must_use]
    pub const fn permissions(&self) -> Permissions {
        self.allowed.closed().without(self.denied)
    }
}

/// A role that every organisation has and none can widen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BuiltIn {
    /// Microsoft's id.
    pub id: &'static str,
    /// Microsoft's name.
    pub name: &'static str,
    /// What it gives.
    pub permissions: Permissions,
}

/// The built-in roles.
pub const BUILT_IN: [BuiltIn; 2] = [
    BuiltIn { id: "9e0cc482-82df-4ab2-a24c-0c23a3f52e1e", name: "Help Desk Operator", permissions: Permissions::ALL },
    BuiltIn {
        id: "2f9f4f7e-2d13-427b-adf2-361a1eef7ae8",
        name: "School Administrator",
        permissions: Permissions::of(&[
            Permission::ViewScreen,
            Permission::TakeFullControl,
            Permission::Elevation,
            Permission::OfferRemoteAssistance,
            Permission::ConnectorRead,
        ]),
    },
];

/// All of a kind, or those in named groups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cover {
    /// All.
    All,
    /// Those in any of these groups; none when there are no groups.
    Groups(Groups),
}

impl Cover {
    /// None.
    #[must_use]
    pub fn none() -> Self {
        Self::Groups(Groups::default())
    }

    /// Whether somebody, or a device, in `groups` is covered. Of whom the groups are not known is covered by [`All`](Self::All) only.
    #[must_use]
    pub fn holds(&self, groups: Option<&Groups>) -> bool {
        match self {
            Self::All => true,
            Self::Groups(covered) => groups.is_some_and(|groups| covered.intersects(groups)),
        }
    }
}

/// Over whom or what an assignment gives its role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// These people, when they are present at a device.
    pub users: Cover,
    /// These enrolled devices. Never an unenrolled one, not even [`Cover::All`].
    pub devices: Cover,
    /// Whether `users` counts for people at unenrolled devices, too.
    pub unenrolled: bool,
}

/// Gives a role to helpers over a scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// Names it in reports.
    pub id: AssignmentId,
    /// The role that is given.
    pub role: RoleId,
    /// The helpers: whoever is in any of these groups.
    pub members: Groups,
    /// Over whom or what.
    pub scope: Scope,
}
