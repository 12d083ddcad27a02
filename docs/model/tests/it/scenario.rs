//! Who works with the relay, and what was stolen beforehand.

use crate::queries::Query;
use crate::terms::{Person, Role};

/// What the adversary has besides the network. It always has the network: it drops, replays, reorders, substitutes, and answers calls itself.
#[derive(Clone, Debug, Default)]
pub struct Scenario {
    pub name: &'static str,
    /// The apps of honest people. A person who appears twice tries twice.
    pub honest: &'static [(Person, Role)],
    /// Mallory is in it: her account, her devices, and people who take her call and type her code.
    pub insider: bool,
    /// The codes of honest helpers are known.
    pub stolen_codes: bool,
    /// The ID tokens of honest people are known.
    pub stolen_tokens: bool,
    /// The authority signs what it is asked to.
    pub corrupt_authority: bool,
    /// The identity provider signs what it is asked to.
    pub corrupt_provider: bool,
    /// She has a second device, which is not managed.
    pub second_device: bool,
    /// Sessions that the adversary may open.
    pub sessions: usize,
    /// Mallory's role may be reduced on the way.
    pub reduction: bool,
    /// Ticks of the clock. Without one nothing ends by time, which only helps the adversary.
    pub ticks: u8,
}

const PAIR: &[(Person, Role)] = &[(Person::Alice, Role::Helper), (Person::Bob, Role::Sharer)];
const PAIRS: &[(Person, Role)] =
    &[(Person::Alice, Role::Helper), (Person::Carol, Role::Helper), (Person::Bob, Role::Sharer), (Person::Dave, Role::Sharer)];
const TWICE: &[(Person, Role)] = &[(Person::Bob, Role::Sharer), (Person::Bob, Role::Sharer)];

impl Scenario {
    /// A corrupt relay between two pairs of honest people.
    pub fn relay() -> Self {
        Self { name: "relay", honest: PAIRS, ..Self::default() }
    }

    /// The same around one pair, with a clock.
    pub fn relay_in_time() -> Self {
        Self { name: "relay, in time", honest: PAIR, ticks: 3, ..Self::default() }
    }

    /// Relay and insider.
    pub fn insider() -> Self {
        Self { name: "relay + insider", honest: PAIR, insider: true, second_device: true, sessions: 1, ..Self::default() }
    }

    /// An insider whom the same person lets try twice, with a role that is reduced in between, and time that passes.
    pub fn insider_twice() -> Self {
        Self { name: "relay + insider, twice", honest: TWICE, insider: true, sessions: 2, reduction: true, ticks: 2, ..Self::default() }
    }

    /// Relay, insider, and the helper's code.
    pub fn stolen_code() -> Self {
        Self { name: "relay + stolen code", stolen_codes: true, ..Self::insider() }
    }

    /// Relay, insider, and everybody's tokens.
    pub fn stolen_token() -> Self {
        Self { name: "relay + stolen token", stolen_tokens: true, ..Self::insider() }
    }

    /// Relay, insider and authority.
    pub fn authority() -> Self {
        Self { name: "relay + authority", corrupt_authority: true, ..Self::insider() }
    }

    /// Relay, insider and identity provider.
    pub fn provider() -> Self {
        Self { name: "relay + provider", corrupt_provider: true, ..Self::insider() }
    }

    /// What this adversary gets all the same: the price of what it has. Shown like everything else, and told in `docs/SECURITY.md`.
    pub fn conceded(&self) -> &'static [Query] {
        if self.stolen_codes {
            &[Query::Code]
        } else if self.corrupt_authority {
            &[Query::Decision, Query::Session, Query::SharersToken, Query::Asked]
        } else if self.corrupt_provider {
            &[Query::Names, Query::SharersToken, Query::Asked]
        } else {
            &[]
        }
    }

    pub fn all() -> [Self; 8] {
        [
            Self::relay(),
            Self::relay_in_time(),
            Self::insider(),
            Self::insider_twice(),
            Self::stolen_code(),
            Self::stolen_token(),
            Self::authority(),
            Self::provider(),
        ]
    }
}
