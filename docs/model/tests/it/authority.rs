//! The authority: opens sessions, decides on claims, signs tickets. And who may ask it for what.

use crate::controls::Control;
use crate::terms::{Key, Mode, Person, Role, Sid, Ticket, Token};
use crate::world::{Action, Handshake, Session, Stage, World};

impl Handshake {
    /// What can happen at the authority, and between people.
    pub fn at_authority(&self, world: &World, actions: &mut Vec<Action>) {
        self.adversary_opens(world, actions);
        if self.scenario.corrupt_authority {
            self.corrupt_authority_signs(world, actions);
        } else {
            self.adversary_claims(world, actions);
        }
        if self.scenario.reduction && !world.reduced {
            actions.push(Action::Reduce);
        }
        for (end, app) in world.ends.iter().enumerate() {
            if app.role == Role::Sharer && app.stage == Stage::Idle && app.asked.is_none() {
                let open = |sid: &Sid| world.sessions[*sid].ticket.is_none() || self.scenario.corrupt_authority;
                actions.extend((0..world.sessions.len()).filter(open).map(|sid| Action::Type { end, sid }));
            }
        }
    }

    /// Whether the authority takes a caller for whom the token names.
    fn signs_in(&self, token: &Token, role: Role, key: Key) -> bool {
        let held = matches!(key, Key::Managed | Key::Unmanaged);
        (token.ours || !self.has(Control::Issuer))
            && (token.role == role || !self.has(Control::NonceRole))
            && (token.key == key || !self.has(Control::NonceKey))
            && (held || !self.has(Control::Possession))
    }

    /// Keys to call with: those that are held, and, where the authority asks for no proof, the token's own.
    fn keys_for(&self, token: &Token) -> Vec<Key> {
        let mut keys = self.own_keys();
        if !keys.contains(&token.key) {
            keys.push(token.key);
        }
        keys
    }

    fn adversary_opens(&self, world: &World, actions: &mut Vec<Action>) {
        let opened = world.sessions.iter().filter(|session| session.by_adversary).count();
        if opened >= self.scenario.sessions {
            return;
        }
        for token in self.tokens(world) {
            for key in self.keys_for(&token) {
                if self.signs_in(&token, Role::Helper, key) {
                    actions.push(Action::Open { token, key });
                }
            }
        }
    }

    fn adversary_claims(&self, world: &World, actions: &mut Vec<Action>) {
        for (sid, session) in world.sessions.iter().enumerate() {
            if session.ticket.is_some() || session.by_adversary {
                continue;
            }
            for token in self.tokens(world) {
                for key in self.keys_for(&token) {
                    if self.signs_in(&token, Role::Sharer, key) {
                        actions.push(Action::Claim { sid, token, key });
                    }
                }
            }
        }
    }

    /// A ticket for an honest helper's app, with whomever the adversary likes in it.
    fn corrupt_authority_signs(&self, world: &World, actions: &mut Vec<Action>) {
        for (sid, session) in world.sessions.iter().enumerate() {
            if session.by_adversary || session.ticket.is_some() {
                continue;
            }
            for sharer in [(Person::Bob, Key::Of(Person::Bob)), (Person::Bob, Key::Managed), (Person::Mallory, Key::Managed)] {
                let ticket = Ticket { sid, helper: session.helper, sharer, mode: Mode::FullControl, issued: world.now, decided: false };
                actions.push(Action::Hand { ticket });
            }
        }
    }
}

impl World {
    pub fn open(&mut self, token: Token, key: Key) {
        self.sessions.push(Session { helper: (token.person, key), by_adversary: true, ticket: None });
    }

    /// Decides, writes it down, signs. Everybody here may help with full control until Mallory's role is reduced.
    pub fn decide(&mut self, sid: Sid, sharer: (Person, Key)) {
        let (reduced, issued) = (self.reduced, self.now);
        let session = &mut self.sessions[sid];
        let mode = if reduced && session.helper.0 == Person::Mallory { Mode::ViewOnly } else { Mode::FullControl };
        session.ticket = Some(Ticket { sid, helper: session.helper, sharer, mode, issued, decided: true });
    }
}
