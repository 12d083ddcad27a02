//! The state, and what can happen in it.

use std::collections::BTreeSet;
use std::fmt;

use stateright::{Model, Property};

use crate::controls::{Control, Controls};
use crate::queries::Query;
use crate::scenario::Scenario;
use crate::terms::{Exporter, Key, Message, Person, Role, Sid, Ticket, Token};

/// An app's place in [`World::ends`]; a person who tries twice has two.
pub type EndId = usize;

/// Where an end's TLS connection leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Link {
    None,
    /// To another honest end; the relay only carries it.
    End(EndId),
    /// To the relay, which shows this key.
    Relay(Key),
}

/// How far an honest app has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Stage {
    Idle,
    Greeting,
    Pairing,
    /// Sharer: the own confirmation is sent, the helper's awaited.
    Confirming,
    AwaitingTicket,
    AwaitingIdentity,
    /// `AuthOk` is sent.
    Convinced,
    /// Success is reported.
    Done,
    Closed,
}

/// An honest app in one attempt.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct End {
    pub person: Person,
    pub role: Role,
    /// The session that the helper opened, or that the sharer claimed with the code that it typed.
    pub asked: Option<Sid>,
    pub link: Link,
    pub stage: Stage,
    /// On the way, in order. The relay can keep it from arriving, not change it, unless there is no TLS.
    pub inbox: Vec<Message>,
    /// The relay lets nothing more through.
    pub cut: bool,
    pub said: Vec<Message>,
    pub heard: Vec<Message>,
    /// Of the hellos.
    pub version: u8,
    pub sid: Option<Sid>,
    pub ticket: Option<Ticket>,
    /// How old the ticket was when it was taken.
    pub age: u8,
    /// The peer's.
    pub token: Option<Token>,
    /// Whether it has sent `AuthOk`, and whether it has reported success: kept after the end, for the queries.
    pub confirmed: bool,
    pub succeeded: bool,
    /// A mode was asked for and given: pictures and input pass.
    pub shown: bool,
    /// Wrong codes that were tried on it.
    pub guesses: u8,
    /// When the attempt began, and when it succeeded.
    pub began: u8,
    pub done: u8,
}

impl End {
    pub fn new(person: Person, role: Role, asked: Option<Sid>) -> Self {
        Self {
            person,
            role,
            asked,
            link: Link::None,
            stage: Stage::Idle,
            inbox: Vec::new(),
            cut: false,
            said: Vec::new(),
            heard: Vec::new(),
            version: World::VERSION,
            sid: None,
            ticket: None,
            age: 0,
            token: None,
            confirmed: false,
            succeeded: false,
            shown: false,
            guesses: 0,
            began: 0,
            done: 0,
        }
    }

    pub fn own_token(&self) -> Token {
        Token { person: self.person, ours: true, role: self.role, key: Key::Of(self.person) }
    }
}

/// A session at the authority.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Session {
    pub helper: (Person, Key),
    /// The adversary opened it, so it has the code.
    pub by_adversary: bool,
    /// What came of the claim; one that a corrupt authority signed stands here too.
    pub ticket: Option<Ticket>,
}

/// Everything.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct World {
    pub now: u8,
    pub reduced: bool,
    pub sessions: Vec<Session>,
    pub ends: Vec<End>,
    /// What the adversary has been told by honest apps.
    pub heard: BTreeSet<Message>,
}

impl World {
    /// The newest version of the protocol.
    pub const VERSION: u8 = 2;

    /// Ticks in which a ticket starts a session.
    pub const WINDOW: u8 = 1;

    /// Ticks after which a hand-shake is given up, and after which a session is that hears nothing.
    pub const LIMIT: u8 = 1;

    /// The key at the other end of `end`'s connection.
    pub fn peer_key(&self, end: EndId) -> Option<Key> {
        match self.ends[end].link {
            Link::None => None,
            Link::End(peer) => Some(Key::Of(self.ends[peer].person)),
            Link::Relay(key) => Some(key),
        }
    }

    pub fn exporter(&self, end: EndId) -> Exporter {
        match self.ends[end].link {
            Link::End(peer) => Exporter::Joined(end.min(peer), end.max(peer)),
            Link::None | Link::Relay(_) => Exporter::Leg(end),
        }
    }
}

/// What can happen next.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// The adversary opens a session at the authority.
    Open { token: Token, key: Key },
    /// The adversary claims a session.
    Claim { sid: Sid, token: Token, key: Key },
    /// A corrupt authority gives a helper's app this ticket.
    Hand { ticket: Ticket },
    /// Mallory's role is reduced.
    Reduce,
    /// An honest sharer types the code of a session.
    Type { end: EndId, sid: Sid },
    /// The relay joins two honest ends.
    Join { helper: EndId, sharer: EndId },
    /// The relay answers a call itself.
    Answer { end: EndId, key: Key },
    /// The next message on the way to `end` arrives.
    Deliver { end: EndId },
    /// The relay keeps the next message to `end`, and all that follow, from arriving.
    Cut { end: EndId },
    /// Without TLS, the relay takes one message out.
    Drop { end: EndId },
    /// The relay sends a message of its own making, or one that it has heard.
    Send { end: EndId, message: Message },
    /// The relay tries a code that it does not know, and is wrong.
    Guess { end: EndId },
    /// Time passes.
    Tick,
    /// `end`'s time is over.
    GiveUp { end: EndId },
}

/// The handshake under some controls, against some adversary, with what must hold.
#[derive(Clone, Debug)]
pub struct Handshake {
    pub controls: Controls,
    pub scenario: Scenario,
    pub queries: Vec<Query>,
}

impl Handshake {
    pub fn has(&self, control: Control) -> bool {
        self.controls.has(control)
    }
}

impl Model for Handshake {
    type State = World;
    type Action = Action;

    fn init_states(&self) -> Vec<World> {
        let mut sessions = Vec::new();
        let mut ends = Vec::new();
        for (person, role) in self.scenario.honest {
            let asked = (*role == Role::Helper).then_some(sessions.len());
            if asked.is_some() {
                sessions.push(Session { helper: (*person, Key::Of(*person)), by_adversary: false, ticket: None });
            }
            ends.push(End::new(*person, *role, asked));
        }
        let stolen = ends.iter().filter(|_| self.scenario.stolen_tokens);
        let heard = stolen.map(|end| Message::Identity(end.own_token())).collect();
        vec![World { now: 0, reduced: false, sessions, ends, heard }]
    }

    fn actions(&self, world: &World, actions: &mut Vec<Action>) {
        self.at_authority(world, actions);
        self.by_relay(world, actions);
        self.in_time(world, actions);
    }

    fn next_state(&self, world: &World, action: Action) -> Option<World> {
        let mut next = world.clone();
        match action {
            Action::Open { token, key } => next.open(token, key),
            Action::Claim { sid, token, key } => next.decide(sid, (token.person, key)),
            Action::Hand { ticket } => next.sessions[ticket.sid].ticket = Some(ticket),
            Action::Reduce => next.reduced = true,
            Action::Type { end, sid } => {
                next.ends[end].asked = Some(sid);
                if !self.scenario.corrupt_authority {
                    let person = next.ends[end].person;
                    next.decide(sid, (person, Key::Of(person)));
                }
            }
            Action::Join { helper, sharer } => {
                next.ends[helper].link = Link::End(sharer);
                next.ends[sharer].link = Link::End(helper);
                self.begin(&mut next, sharer);
                self.begin(&mut next, helper);
            }
            Action::Answer { end, key } => {
                next.ends[end].link = Link::Relay(key);
                self.begin(&mut next, end);
            }
            Action::Deliver { end } => {
                let message = next.ends[end].inbox.remove(0);
                self.receive(&mut next, end, message);
            }
            Action::Cut { end } => {
                next.ends[end].cut = true;
                next.ends[end].inbox = Vec::new();
            }
            Action::Drop { end } => drop(next.ends[end].inbox.remove(0)),
            Action::Send { end, message } => self.receive(&mut next, end, message),
            Action::Guess { end } => {
                next.ends[end].guesses += 1;
                if self.has(Control::OneAttempt) {
                    next.close(end);
                } else {
                    let End { person, role, asked, guesses, .. } = next.ends[end];
                    next.ends[end] = End { guesses, ..End::new(person, role, asked) };
                }
            }
            Action::Tick => next.now += 1,
            Action::GiveUp { end } => next.close(end),
        }
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        self.queries.iter().map(|query| query.property()).collect()
    }
}

impl Handshake {
    /// Time passes only when nobody is late, unless nobody looks at the clock.
    fn in_time(&self, world: &World, actions: &mut Vec<Action>) {
        if self.scenario.ticks == 0 {
            return;
        }
        let late: Vec<EndId> = (0..world.ends.len()).filter(|end| world.is_late(*end)).collect();
        if self.has(Control::TimeOut) && !late.is_empty() {
            actions.extend(late.into_iter().map(|end| Action::GiveUp { end }));
        } else if world.now < self.scenario.ticks {
            actions.push(Action::Tick);
        }
    }
}

impl World {
    fn is_late(&self, end: EndId) -> bool {
        let End { stage, began, done, link, .. } = self.ends[end];
        match (stage, link) {
            (Stage::Idle | Stage::Closed, _) => false,
            // A session that lives hears pings.
            (Stage::Done, Link::End(peer)) => self.ends[peer].stage != Stage::Done && self.now >= done + Self::LIMIT,
            (Stage::Done, _) => false,
            _ => self.now >= began + Self::LIMIT,
        }
    }
}

impl Action {
    /// In words; `world` is the state that it happens in.
    pub fn told(&self, world: &World) -> impl fmt::Display {
        let who = |end: &EndId| format!("{:?}", world.ends[*end].person);
        match self {
            Self::Open { token, key } => format!("The adversary, with {key}, opens session {} by {token}.", world.sessions.len()),
            Self::Claim { sid, token, key } => format!("The adversary, with {key}, claims session {sid} by {token}."),
            Self::Hand { ticket } => format!("The authority gives {:?}'s app {ticket}.", ticket.helper.0),
            Self::Reduce => "Mallory's role is reduced.".into(),
            Self::Type { end, sid } => format!("{} types the code of session {sid}.", who(end)),
            Self::Join { helper, sharer } => format!("The relay joins {} and {}.", who(helper), who(sharer)),
            Self::Answer { end, key } => format!("The relay answers {} itself, showing {key}.", who(end)),
            Self::Deliver { end } => match world.ends[*end].inbox.first() {
                Some(message) => format!("{} receives: {message}.", who(end)),
                None => format!("{} receives nothing.", who(end)),
            },
            Self::Cut { end } => format!("The relay lets nothing more through to {}.", who(end)),
            Self::Drop { end } => format!("The relay takes out a message to {}.", who(end)),
            Self::Send { end, message } => format!("The relay sends {}: {message}.", who(end)),
            Self::Guess { end } => format!("The relay tries a wrong code on {}.", who(end)),
            Self::Tick => "Time passes.".into(),
            Self::GiveUp { end } => format!("{} gives up.", who(end)),
        }
    }
}
