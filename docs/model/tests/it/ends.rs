//! The honest apps: what `rh_auth::handshake` does with each message, and `rh_proto::session` around it.

use crate::controls::Control;
use crate::terms::{Exporter, Message, Role, Share, Ticket, Token};
use crate::world::{EndId, Handshake, Link, Stage, World};

impl Handshake {
    /// The connection stands.
    pub fn begin(&self, world: &mut World, id: EndId) {
        world.ends[id].stage = Stage::Greeting;
        world.ends[id].began = world.now;
        if let (Role::Helper, Some(sid)) = (world.ends[id].role, world.ends[id].asked) {
            self.say(world, id, Message::Hello { version: World::VERSION, sid });
        }
    }

    /// A message has arrived. Whatever has no place here, or does not convince, closes the end.
    pub fn receive(&self, world: &mut World, id: EndId, message: Message) {
        if !matches!(message, Message::AuthOk(..) | Message::ModeRequest) {
            world.ends[id].heard.push(message.clone());
        }
        let goes_on = match world.ends[id].role {
            Role::Helper => self.helper_receives(world, id, &message),
            Role::Sharer => self.sharer_receives(world, id, &message),
        };
        if !goes_on {
            world.close(id);
        }
    }

    fn helper_receives(&self, world: &mut World, id: EndId, message: &Message) -> bool {
        match (world.ends[id].stage, message) {
            (Stage::Greeting, Message::Hello { version, sid }) => {
                world.ends[id].sid = Some(*sid);
                let ticket = world.ends[id].asked.and_then(|sid| world.sessions[sid].ticket);
                if *version > World::VERSION || Some(*sid) != world.ends[id].asked || !self.takes_ticket(world, id, ticket) {
                    return false;
                }
                world.ends[id].version = *version;
                if self.has(Control::Code) {
                    let share = Share { code: *sid, exporter: world.exporter(id), by: Some(id) };
                    self.say(world, id, Message::PakeA(share));
                    world.ends[id].stage = Stage::Pairing;
                }
                if !self.has(Control::Code) || !self.has(Control::CodeFirst) {
                    self.show_tokens(world, id, ticket);
                }
                true
            }
            (Stage::Pairing, Message::PakeB { ours: theirs, theirs: ours }) => {
                let own = Share { code: world.ends[id].asked.unwrap_or_default(), exporter: world.exporter(id), by: Some(id) };
                if *ours != own || !self.agree(&own, theirs, own.exporter) {
                    return false;
                }
                self.say(world, id, Message::ConfirmA { ours: own, theirs: *theirs });
                if self.has(Control::CodeFirst) {
                    self.show_tokens(world, id, world.ends[id].ticket);
                }
                world.ends[id].stage = Stage::AwaitingIdentity;
                true
            }
            (Stage::AwaitingIdentity, Message::Identity(token)) => self.takes_token(world, id, *token) && self.confirm(world, id),
            (Stage::Convinced, Message::AuthOk(..)) => self.takes_confirmation(world, id, message),
            // Without the mutual confirmation, the other's comes when nobody waits for it.
            (Stage::Done, Message::AuthOk(..)) => !self.has(Control::Mutual),
            _ => false,
        }
    }

    fn sharer_receives(&self, world: &mut World, id: EndId, message: &Message) -> bool {
        match (world.ends[id].stage, message) {
            (Stage::Greeting, Message::Hello { version, sid }) => {
                if Some(*sid) != world.ends[id].asked && self.has(Control::Session) {
                    return false;
                }
                world.ends[id].version = *version.min(&World::VERSION);
                world.ends[id].sid = Some(*sid);
                self.say(world, id, Message::Hello { version: world.ends[id].version, sid: *sid });
                world.ends[id].stage = if self.has(Control::Code) { Stage::Pairing } else { Stage::AwaitingTicket };
                true
            }
            (Stage::Pairing, Message::PakeA(theirs)) => {
                let ours = Share { code: world.ends[id].asked.unwrap_or_default(), exporter: world.exporter(id), by: Some(id) };
                self.say(world, id, Message::PakeB { ours, theirs: *theirs });
                world.ends[id].stage = Stage::Confirming;
                true
            }
            (Stage::Confirming, Message::ConfirmA { ours: theirs, theirs: ours }) => {
                let own = Share { code: world.ends[id].asked.unwrap_or_default(), exporter: world.exporter(id), by: Some(id) };
                if *ours != own || !self.agree(&own, theirs, own.exporter) {
                    return false;
                }
                world.ends[id].stage = Stage::AwaitingTicket;
                if !self.has(Control::SharerLast) {
                    self.say(world, id, Message::Identity(world.ends[id].own_token()));
                }
                true
            }
            (Stage::AwaitingTicket, Message::Ticket(ticket)) => {
                let goes_on = self.takes_ticket(world, id, Some(*ticket));
                world.ends[id].stage = Stage::AwaitingIdentity;
                goes_on
            }
            (Stage::AwaitingIdentity, Message::Identity(token)) => {
                if !self.takes_token(world, id, *token) {
                    return false;
                }
                if self.has(Control::SharerLast) {
                    self.say(world, id, Message::Identity(world.ends[id].own_token()));
                }
                self.confirm(world, id)
            }
            (Stage::Convinced, Message::AuthOk(..)) => self.takes_confirmation(world, id, message),
            (Stage::Done, Message::AuthOk(..)) => !self.has(Control::Mutual),
            (Stage::Done, Message::ModeRequest) => {
                world.ends[id].shown = true;
                true
            }
            _ => false,
        }
    }

    /// The ideal exchange: two shares make one key if they were made with one code, over one connection.
    fn agree(&self, own: &Share, theirs: &Share, exporter: Exporter) -> bool {
        own.code == theirs.code && (theirs.exporter == exporter || !self.has(Control::Exporter))
    }

    fn show_tokens(&self, world: &mut World, id: EndId, ticket: Option<Ticket>) {
        if let Some(ticket) = ticket {
            self.say(world, id, Message::Ticket(ticket));
        }
        self.say(world, id, Message::Identity(world.ends[id].own_token()));
        world.ends[id].stage = Stage::AwaitingIdentity;
        if self.has(Control::Code) && !self.has(Control::CodeFirst) {
            world.ends[id].stage = Stage::Pairing;
        }
    }

    /// Whether a ticket convinces; it is taken then.
    fn takes_ticket(&self, world: &mut World, id: EndId, ticket: Option<Ticket>) -> bool {
        if !self.has(Control::Ticket) {
            return true;
        }
        let (Some(ticket), Some(peer)) = (ticket, world.peer_key(id)) else { return false };
        let end = &world.ends[id];
        let keys = (ticket.party(end.role).1, ticket.party(end.role.other()).1);
        let used = world.ends.iter().any(|other| other.person == end.person && other.ticket == Some(ticket));
        let age = world.now.saturating_sub(ticket.issued);
        let convinces = (keys == (end.own_token().key, peer) || !self.has(Control::TicketKeys))
            && Some(ticket.sid) == end.sid
            && (!used || !self.has(Control::OneUse))
            && (age <= World::WINDOW || !self.has(Control::StartWindow));
        if convinces {
            world.ends[id].ticket = Some(ticket);
            world.ends[id].age = age;
        }
        convinces
    }

    /// Whether a token convinces; it is taken then.
    fn takes_token(&self, world: &mut World, id: EndId, token: Token) -> bool {
        if !self.has(Control::IdToken) {
            return true;
        }
        let peer = world.ends[id].role.other();
        let named = world.ends[id].ticket.map(|ticket| ticket.party(peer).0);
        let convinces = (token.ours || !self.has(Control::Issuer))
            && (token.role == peer || !self.has(Control::NonceRole))
            && (Some(token.key) == world.peer_key(id) || !self.has(Control::NonceKey))
            && (named.is_none_or(|person| person == token.person) || !self.has(Control::SamePerson));
        if convinces {
            world.ends[id].token = Some(token);
        }
        convinces
    }

    /// Convinced: says so.
    fn confirm(&self, world: &mut World, id: EndId) -> bool {
        let transcript = world.transcript(id);
        world.ends[id].confirmed = true;
        self.say(world, id, transcript);
        world.ends[id].stage = Stage::Convinced;
        if !self.has(Control::Mutual) {
            self.succeed(world, id);
        }
        true
    }

    fn takes_confirmation(&self, world: &mut World, id: EndId, theirs: &Message) -> bool {
        let same = *theirs == world.transcript(id) || !self.has(Control::Transcript);
        if same {
            self.succeed(world, id);
        }
        same
    }

    fn succeed(&self, world: &mut World, id: EndId) {
        let now = world.now;
        let end = &mut world.ends[id];
        end.stage = Stage::Done;
        end.succeeded = true;
        end.done = now;
        if end.role == Role::Helper {
            self.say(world, id, Message::ModeRequest);
        }
    }

    /// Sends a message where the connection leads. The relay hears it where it ends there, and everywhere where there is no TLS.
    fn say(&self, world: &mut World, id: EndId, message: Message) {
        let closing = matches!(message, Message::AuthOk(..) | Message::ModeRequest);
        if !closing {
            world.ends[id].said.push(message.clone());
        }
        let link = world.ends[id].link;
        // What it could say itself teaches it nothing.
        let teaches = !closing && !matches!(message, Message::Hello { .. });
        if teaches && (matches!(link, Link::Relay(_)) || !self.has(Control::InnerTls)) {
            world.heard.insert(message.clone());
        }
        if let Link::End(peer) = link
            && world.ends[peer].stage != Stage::Closed
            && !world.ends[peer].cut
        {
            world.ends[peer].inbox.push(message);
        }
    }
}

impl World {
    /// What `id` takes for the transcript.
    pub fn transcript(&self, id: EndId) -> Message {
        let end = &self.ends[id];
        match end.role {
            Role::Helper => Message::AuthOk(end.said.clone(), end.heard.clone()),
            Role::Sharer => Message::AuthOk(end.heard.clone(), end.said.clone()),
        }
    }

    /// The end of an end. It keeps the ticket, which is used, and what the queries ask about.
    pub fn close(&mut self, id: EndId) {
        let end = &mut self.ends[id];
        end.stage = Stage::Closed;
        end.inbox = Vec::new();
        end.said = Vec::new();
        end.heard = Vec::new();
        end.token = None;
    }
}
