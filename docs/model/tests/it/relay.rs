//! The adversary: the relay, and whoever works with it. It answers calls, carries, cuts, and says whatever it can make of what it has and has heard.
//!
//! A message that the receiver refuses is no branch of the exploration: a refusal closes the receiver, and a closed end is worth no more to the adversary than
//! one that is left waiting. Wrong guesses of a code are a step of their own ([`Action::Guess`]), since they are counted.

use crate::controls::Control;
use crate::terms::{Key, Message, Mode, Person, Role, Share, Sid, Ticket, Token};
use crate::world::{Action, EndId, Handshake, Link, Stage, World};

impl Handshake {
    pub fn by_relay(&self, world: &World, actions: &mut Vec<Action>) {
        // What is on the way comes first, so that the shortest attacks are told with the least that is out of the ordinary.
        for (id, end) in world.ends.iter().enumerate() {
            if !end.inbox.is_empty() {
                actions.push(Action::Deliver { end: id });
                if self.scenario.ticks > 0 {
                    actions.push(Action::Cut { end: id });
                }
                if !self.has(Control::InnerTls) {
                    actions.push(Action::Drop { end: id });
                }
            }
        }
        for (id, end) in world.ends.iter().enumerate() {
            match end.link {
                Link::None => self.connect(world, id, actions),
                Link::End(_) if self.has(Control::InnerTls) => {}
                Link::End(_) => self.send(world, id, actions),
                Link::Relay(_) => {
                    self.send(world, id, actions);
                    if matches!(end.stage, Stage::Pairing | Stage::Confirming) && end.guesses < 2 {
                        actions.push(Action::Guess { end: id });
                    }
                }
            }
        }
    }

    fn connect(&self, world: &World, id: EndId, actions: &mut Vec<Action>) {
        if !world.is_ready(id) {
            return;
        }
        for key in self.keys(world) {
            actions.push(Action::Answer { end: id, key });
        }
        if world.ends[id].role == Role::Helper {
            let free =
                |peer: &EndId| world.ends[*peer].role == Role::Sharer && world.ends[*peer].link == Link::None && world.is_ready(*peer);
            actions.extend((0..world.ends.len()).filter(free).map(|sharer| Action::Join { helper: id, sharer }));
        }
    }

    pub fn own_keys(&self) -> Vec<Key> {
        if self.scenario.second_device { vec![Key::Managed, Key::Unmanaged] } else { vec![Key::Managed] }
    }

    /// Keys that the relay can show in TLS: its own, and anybody's where TLS asks for no proof.
    fn keys(&self, world: &World) -> Vec<Key> {
        let mut keys = self.own_keys();
        if !self.has(Control::KeyProof) {
            keys.extend(world.ends.iter().map(|end| Key::Of(end.person)));
            keys.dedup();
        }
        keys
    }

    /// Every message that `id` would accept now and that the adversary has or can make.
    fn send(&self, world: &World, id: EndId, actions: &mut Vec<Action>) {
        let end = &world.ends[id];
        let messages = match (end.role, end.stage) {
            (_, Stage::Greeting) => self.hellos(world, id),
            (Role::Sharer, Stage::Pairing) => self.helper_shares(world, id),
            (Role::Helper, Stage::Pairing) => self.sharer_shares(world, id),
            (Role::Sharer, Stage::Confirming) => self.confirmations(world, id),
            (Role::Sharer, Stage::AwaitingTicket) => self.tickets(world, id),
            (_, Stage::AwaitingIdentity) => self.tokens(world).into_iter().map(Message::Identity).collect(),
            // It knows all that it has said and heard over its own leg.
            (_, Stage::Convinced) => vec![world.transcript(id)],
            (Role::Sharer, Stage::Done) if !end.shown => vec![Message::ModeRequest],
            _ => Vec::new(),
        };
        for message in messages {
            let mut after = world.clone();
            self.receive(&mut after, id, message.clone());
            if after.ends[id].stage != Stage::Closed {
                actions.push(Action::Send { end: id, message });
            }
        }
    }

    fn hellos(&self, world: &World, id: EndId) -> Vec<Message> {
        // Over a leg of its own the relay may speak any version it likes: that is between it and this end.
        let oldest = if self.has(Control::InnerTls) { World::VERSION } else { 1 };
        let sids: Vec<Sid> = match world.ends[id].role {
            Role::Helper => world.ends[id].asked.into_iter().collect(),
            Role::Sharer => (0..world.sessions.len()).collect(),
        };
        let versions = oldest..=World::VERSION;
        versions.flat_map(|version| sids.iter().map(move |sid| Message::Hello { version, sid: *sid })).collect()
    }

    /// Whether the adversary knows a session's code.
    pub fn knows_code(&self, world: &World, sid: Sid) -> bool {
        let told_authority = self.scenario.corrupt_authority && !self.has(Control::SecretHalf);
        world.sessions[sid].by_adversary || self.scenario.stolen_codes || told_authority
    }

    fn own_shares(&self, world: &World, id: EndId) -> Vec<Share> {
        let known = (0..world.sessions.len()).filter(|sid| self.knows_code(world, *sid));
        known.map(|code| Share { code, exporter: world.exporter(id), by: None }).collect()
    }

    fn helper_shares(&self, world: &World, id: EndId) -> Vec<Message> {
        // A wrong code is a guess: only the one that the sharer typed is worth a branch here.
        let own = self.own_shares(world, id).into_iter().filter(|share| Some(share.code) == world.ends[id].asked).map(Message::PakeA);
        let heard = world.heard.iter().filter(|message| matches!(message, Message::PakeA(_))).cloned();
        own.chain(heard).collect()
    }

    fn sharer_shares(&self, world: &World, id: EndId) -> Vec<Message> {
        let share = Share { code: world.ends[id].asked.unwrap_or_default(), exporter: world.exporter(id), by: Some(id) };
        let own = self.own_shares(world, id).into_iter().map(|ours| Message::PakeB { ours, theirs: share });
        let heard = world.heard.iter().filter(|message| matches!(message, Message::PakeB { .. })).cloned();
        own.chain(heard).collect()
    }

    /// The relay can confirm a key that one of its own shares went into; anybody else's confirmation it can only repeat.
    fn confirmations(&self, world: &World, id: EndId) -> Vec<Message> {
        let last = world.ends[id].said.iter().rev().find_map(|message| match message {
            Message::PakeB { ours, theirs } => Some((*ours, *theirs)),
            _ => None,
        });
        let own = last.filter(|(_, theirs)| theirs.by.is_none()).map(|(ours, theirs)| Message::ConfirmA { ours: theirs, theirs: ours });
        let heard = world.heard.iter().filter(|message| matches!(message, Message::ConfirmA { .. })).cloned();
        own.into_iter().chain(heard).collect()
    }

    fn tickets(&self, world: &World, id: EndId) -> Vec<Message> {
        let heard = world.heard.iter().filter(|message| matches!(message, Message::Ticket(_))).cloned();
        let own = world.sessions.iter().filter_map(|session| session.ticket.filter(is_mallorys));
        let mut forged = Vec::new();
        let end = &world.ends[id];
        if self.scenario.corrupt_authority
            && let (Some(sid), Some(key)) = (end.sid, world.peer_key(id))
        {
            let sharer = (end.person, Key::Of(end.person));
            forged.extend([Person::Alice, Person::Mallory].map(|person| Ticket {
                sid,
                helper: (person, key),
                sharer,
                mode: Mode::FullControl,
                issued: world.now,
                decided: false,
            }));
        }
        if !self.has(Control::Ticket) {
            // Nobody looks at it: any will do.
            let sharer = (end.person, Key::Of(end.person));
            let helper = (Person::Mallory, Key::Managed);
            forged.push(Ticket { sid: end.sid.unwrap_or_default(), helper, sharer, mode: Mode::FullControl, issued: 0, decided: false });
        }
        heard.chain(own.chain(forged).map(Message::Ticket)).collect()
    }

    /// Tokens that the adversary holds, or has made for it.
    pub fn tokens(&self, world: &World) -> Vec<Token> {
        let mut tokens: Vec<Token> = Vec::new();
        let mut add = |person, ours| {
            for role in [Role::Helper, Role::Sharer] {
                for key in self.own_keys() {
                    tokens.push(Token { person, ours, role, key });
                }
            }
        };
        if self.scenario.insider {
            add(Person::Mallory, true);
        }
        for person in [Person::Alice, Person::Bob] {
            add(person, false);
            if self.scenario.corrupt_provider {
                add(person, true);
            }
        }
        tokens.extend(world.heard.iter().filter_map(|message| match message {
            Message::Identity(token) => Some(*token),
            _ => None,
        }));
        tokens
    }
}

/// The authority gives a ticket to the two apps that it is for.
fn is_mallorys(ticket: &Ticket) -> bool {
    [ticket.helper.1, ticket.sharer.1].iter().any(|key| matches!(key, Key::Managed | Key::Unmanaged))
}

impl World {
    /// Whether the app dials: a helper once its session is claimed, a sharer once a code is typed.
    fn is_ready(&self, id: EndId) -> bool {
        let end = &self.ends[id];
        end.stage == Stage::Idle
            && match end.role {
                Role::Helper => end.asked.is_some_and(|sid| self.sessions[sid].ticket.is_some()),
                Role::Sharer => end.asked.is_some(),
            }
    }
}
