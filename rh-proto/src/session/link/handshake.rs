//! From the first byte to `Authenticated`.

use std::time::Instant;

use super::{Link, Phase, Received, Shared};
use crate::credential::Role;
use crate::error::{CloseCode, Error};
use crate::frame::Frame;
use crate::msg::auth::{Auth, AuthOk};
use crate::msg::hello::{Hello, Prefix, Versions};
use crate::msg::{MessageType, body};
use crate::nego;
use crate::session::PeerInfo;
use crate::session::timer::Timer;
use crate::session::transcript::{Transcript, is_equal};
use crate::wire::{Decode as _, Reader};

impl Link {
    fn peer_role(&self) -> Role {
        match self.role {
            Role::Helper => Role::Sharer,
            Role::Sharer => Role::Helper,
        }
    }

    pub(super) fn handle_hello(&mut self, now: Instant, frame: Frame) -> Result<Received, Error> {
        let limits = &self.settings.limits;
        self.transcript.push_frame(self.peer_role(), &frame, limits.handshake)?;

        // The versions first: what follows them may look different in another one.
        let prefix = Prefix::decode(&mut Reader::new(frame.body.clone(), limits))?;
        nego::version(Prefix { role: self.hello.role, versions: self.hello.versions }, prefix)?;
        let theirs = body::<Hello>(frame, limits)?;

        let agreed = match self.role {
            Role::Helper => nego::confirm(&self.hello, &theirs)?,
            Role::Sharer => {
                let agreed = nego::answer(&self.hello, &theirs)?;
                self.binding.session_id = theirs.session_id;
                self.hello.session_id = theirs.session_id;
                self.hello.versions = Versions { min: agreed.version, max: agreed.version };
                self.hello.window = agreed.window;
                self.hello.profiles = vec![agreed.profile];
                self.greet()?;
                agreed
            }
        };
        self.agreed = Some(agreed);
        self.phase = Phase::Authenticating;
        if let Some(credential) = &mut self.credential {
            credential.start(now, &self.binding)?;
        }
        self.send_steps()?;
        Ok(Received::Event(Shared::Hello(PeerInfo {
            name: theirs.name,
            version: theirs.version,
            protocol: agreed.version,
            capabilities: agreed.capabilities,
            profile: agreed.profile,
        })))
    }

    pub(super) fn handle_auth(&mut self, now: Instant, frame: Frame) -> Result<Received, Error> {
        match (frame.message, self.confirmed) {
            (MessageType::AUTH, None) => {
                self.transcript.push_frame(self.peer_role(), &frame, self.settings.limits.handshake)?;
                let auth = body::<Auth>(frame, &self.settings.limits)?;
                if let Some(credential) = &mut self.credential {
                    credential.handle(now, auth.step, &auth.body)?;
                }
                self.send_steps()?;
                Ok(Received::Nothing)
            }
            (MessageType::AUTH_OK, Some(ours)) => {
                let theirs = body::<AuthOk>(frame, &self.settings.limits)?;
                if !is_equal(&ours, &theirs.transcript) {
                    let text = "the two sides did not see the same messages: somebody may be in between";
                    return Err(Error::Refused { code: CloseCode::TRANSCRIPT, here: text.into(), there: text.into() });
                }
                self.open(now);
                Ok(Received::Event(Shared::Authenticated))
            }
            // A step after all was said, or a confirmation before.
            _ => Err(Error::PeerViolation { code: CloseCode::UNEXPECTED, what: "authentication out of order" }),
        }
    }

    /// Sends what the credential has to say, and the confirmation once it is content.
    fn send_steps(&mut self) -> Result<(), Error> {
        let Some(credential) = &mut self.credential else { return Ok(()) };
        while let Some((step, body)) = credential.poll() {
            let frame = self.outbox.insist(&Auth { step, body })?;
            self.transcript.push(self.role, &frame, self.settings.limits.handshake)?;
        }
        if credential.is_complete() && self.confirmed.is_none() {
            let transcript = self.transcript.hash();
            self.outbox.insist(&AuthOk { transcript })?;
            self.confirmed = Some(transcript);
        }
        Ok(())
    }

    fn open(&mut self, now: Instant) {
        self.phase = Phase::Open;
        self.credential = None;
        self.transcript = Transcript::default();
        self.decoder.set_max_body(self.settings.limits.frame);
        self.timers.stop(Timer::Handshake);
        self.timers.set(Timer::Dead, now, self.settings.timers.dead);
        self.send_ping(now);
    }
}
