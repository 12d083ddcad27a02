//! What must hold in every state.

use stateright::Property;

use crate::terms::{Key, Message, Person, Role};
use crate::world::{End, EndId, Handshake, Link, Stage, World};

/// One claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Query {
    /// Who has success is connected with whoever gave it the code, or took it.
    Code,
    /// The name reported is that of whoever holds the key at the other end, and that person signed in for this role.
    Names,
    /// The authority decided on these two people with these two keys.
    Decision,
    /// It is the decision that was asked for: this session's, with its mode.
    Session,
    /// Nobody had a session on it before.
    Once,
    /// A session starts while its ticket is young.
    Fresh,
    /// Two honest ends that have success agree on ticket, mode and version.
    Agreement,
    /// The helper's ticket and token go to nobody who has not the code.
    HelpersToken,
    /// The sharer's token goes to nobody but the helper of a decision.
    SharersToken,
    /// Nobody has two guesses at a code.
    Guesses,
    /// The authority acts in a person's name when that person's app asked.
    Asked,
    /// Who has success holds the other's confirmation.
    HalfAccept,
    /// Pictures and input pass when both have success.
    Passed,
    /// Who has success alone closes in time.
    Bound,
}

impl Query {
    pub const ALL: [Self; 14] = [
        Self::Code,
        Self::Names,
        Self::Decision,
        Self::Session,
        Self::Once,
        Self::Fresh,
        Self::Agreement,
        Self::HelpersToken,
        Self::SharersToken,
        Self::Guesses,
        Self::Asked,
        Self::HalfAccept,
        Self::Passed,
        Self::Bound,
    ];

    pub fn property(self) -> Property<Handshake> {
        let (name, holds): (_, fn(&Handshake, &World) -> bool) = match self {
            Self::Code => ("Code", |_, world| successes(world).all(|(_, end)| code(world, end))),
            Self::Names => ("Names", |_, world| successes(world).all(|(_, end)| name(world, end))),
            Self::Decision => ("Decision", |_, world| successes(world).all(|(id, end)| decision(world, id, end))),
            Self::Session => ("Session", |_, world| successes(world).all(|(_, end)| session(world, end))),
            Self::Once => ("Once", |_, world| successes(world).all(|(id, end)| once(world, id, end))),
            Self::Fresh => ("Fresh", |_, world| successes(world).all(|(_, end)| end.age <= World::WINDOW)),
            Self::Agreement => ("Agreement", |_, world| successes(world).all(|(_, end)| agreement(world, end))),
            Self::HelpersToken => ("HelpersToken", helpers_token),
            Self::SharersToken => ("SharersToken", sharers_token),
            Self::Guesses => ("Guesses", |_, world| world.ends.iter().all(|end| end.guesses <= 1)),
            Self::Asked => ("Asked", |_, world| asked(world)),
            Self::HalfAccept => ("HalfAccept", |_, world| successes(world).all(|(_, end)| half_accept(world, end))),
            Self::Passed => ("Passed", |_, world| world.ends.iter().all(|end| passed(world, end))),
            Self::Bound => ("Bound", |_, world| successes(world).all(|(_, end)| bound(world, end))),
        };
        Property::always(name, holds)
    }
}

fn successes(world: &World) -> impl Iterator<Item = (EndId, &End)> {
    world.ends.iter().enumerate().filter(|(_, end)| end.stage == Stage::Done)
}

/// The honest end that this one is connected with.
fn peer<'a>(world: &'a World, end: &End) -> Option<&'a End> {
    match end.link {
        Link::End(peer) => world.ends.get(peer),
        Link::None | Link::Relay(_) => None,
    }
}

fn code(world: &World, end: &End) -> bool {
    let Some(sid) = end.asked else { return false };
    match end.role {
        // Who typed the adversary's code talks with the adversary: that is what names are for.
        Role::Sharer if world.sessions[sid].by_adversary => true,
        Role::Sharer | Role::Helper => peer(world, end).is_some_and(|peer| peer.asked == Some(sid) && peer.role != end.role),
    }
}

fn name(world: &World, end: &End) -> bool {
    let place = end.role.other();
    let shown = end.ticket.map(|ticket| ticket.party(place).0).or(end.token.map(|token| token.person));
    let right = match (shown, peer(world, end)) {
        (Some(Person::Mallory), None) => true,
        (Some(person), Some(peer)) => peer.person == person && peer.role == place,
        _ => false,
    };
    right && end.token.is_none_or(|token| token.role == place)
}

fn decision(world: &World, id: EndId, end: &End) -> bool {
    let own = (end.person, Key::Of(end.person));
    let mut tickets = world.sessions.iter().filter_map(|session| session.ticket);
    tickets.any(|ticket| ticket.decided && ticket.party(end.role) == own && Some(ticket.party(end.role.other()).1) == world.peer_key(id))
}

fn session(world: &World, end: &End) -> bool {
    let asked_for = end.asked.and_then(|sid| world.sessions[sid].ticket);
    asked_for.is_some() && asked_for == end.ticket
}

fn once(world: &World, id: EndId, end: &End) -> bool {
    let had = |(other, at): (EndId, &End)| other != id && at.person == end.person && at.succeeded && at.ticket == end.ticket;
    !world.ends.iter().enumerate().any(had)
}

fn agreement(world: &World, end: &End) -> bool {
    let both = peer(world, end).filter(|peer| peer.stage == Stage::Done);
    both.is_none_or(|peer| peer.ticket == end.ticket && peer.version == World::VERSION && end.version == World::VERSION)
}

/// Honest people's tokens that the adversary was shown, not those that it had stolen before.
fn shown<'a>(model: &Handshake, world: &'a World, role: Role) -> impl Iterator<Item = &'a End> {
    let stolen = model.scenario.stolen_tokens;
    let heard = move |end: &&End| !stolen && end.role == role && world.heard.contains(&Message::Identity(end.own_token()));
    world.ends.iter().filter(heard)
}

fn helpers_token(model: &Handshake, world: &World) -> bool {
    shown(model, world, Role::Helper).all(|end| end.asked.is_some_and(|sid| model.knows_code(world, sid)))
}

fn sharers_token(model: &Handshake, world: &World) -> bool {
    let decided = |sharer: &End| {
        let mut tickets = world.sessions.iter().filter_map(|session| session.ticket);
        tickets.any(|ticket| ticket.decided && ticket.sharer.0 == sharer.person && ticket.helper.0 == Person::Mallory)
    };
    shown(model, world, Role::Sharer).all(decided)
}

fn asked(world: &World) -> bool {
    world.sessions.iter().all(|session| {
        let opened = !session.by_adversary || session.helper.0 == Person::Mallory;
        let sharer = session.ticket.map(|ticket| ticket.sharer);
        opened && sharer.is_none_or(|(person, key)| person == Person::Mallory || key == Key::Of(person))
    })
}

fn half_accept(world: &World, end: &End) -> bool {
    peer(world, end).is_none_or(|peer| peer.confirmed)
}

fn passed(world: &World, end: &End) -> bool {
    !end.shown || peer(world, end).is_none_or(|peer| peer.succeeded)
}

fn bound(world: &World, end: &End) -> bool {
    let alone = peer(world, end).is_some_and(|peer| !peer.succeeded);
    !alone || world.now - end.done <= World::LIMIT
}
