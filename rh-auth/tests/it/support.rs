//! A pairing without a session around it: two credentials and the steps between them.

use std::time::{Duration, Instant};

use bytes::Bytes;
use rh_auth::code::{Code, LiveCode, TypedCode};
use rh_proto::credential::{AuthStep, Binding, Credential, Refusal, Role};

pub(crate) const CODE: &str = "7K3M-X9QF";

pub(crate) fn code() -> Code {
    Code::parse(CODE).unwrap()
}

pub(crate) fn binding(role: Role) -> Binding {
    Binding { role, exporter: [0xe0; 32], session_id: [0x51; 16] }
}

/// A moment to count from: the crate has no clock, so any will do.
pub(crate) fn epoch() -> Instant {
    Instant::now()
}

pub(crate) fn after(start: Instant, seconds: u64) -> Instant {
    start + Duration::from_secs(seconds)
}

/// Both ends of one pairing.
pub(crate) struct Pair {
    pub(crate) now: Instant,
    pub(crate) helper: Box<dyn Credential>,
    pub(crate) sharer: Box<dyn Credential>,
}

impl Pair {
    /// Both ends started, over the same connection.
    pub(crate) fn new(live: &LiveCode, typed: Code, now: Instant) -> Self {
        let mut pair = Self { now, helper: live.credential([1; 32]), sharer: TypedCode::new(typed).credential([2; 32]) };
        pair.helper.start(now, &binding(Role::Helper)).unwrap();
        pair.sharer.start(now, &binding(Role::Sharer)).unwrap();
        pair
    }

    /// Runs to the end with `meddle` between the two, which may change the *n*-th step (from 0). Gives what each side thinks of it.
    pub(crate) fn run(&mut self, mut meddle: impl FnMut(usize, &mut AuthStep, &mut Vec<u8>)) -> Outcome {
        let mut outcome = Outcome { helper: Ok(()), sharer: Ok(()), steps: Vec::new() };
        loop {
            let (from_helper, (mut step, body)) = match (self.helper.poll(), self.sharer.poll()) {
                (Some(step), None) => (true, step),
                (None, Some(step)) => (false, step),
                (None, None) => return outcome,
                (Some(_), Some(_)) => panic!("the exchange takes turns"),
            };
            outcome.steps.push((step, body.clone()));
            let mut body = body.to_vec();
            meddle(outcome.steps.len() - 1, &mut step, &mut body);
            let (receiver, verdict) =
                if from_helper { (&mut self.sharer, &mut outcome.sharer) } else { (&mut self.helper, &mut outcome.helper) };
            *verdict = receiver.handle(self.now, step, &body);
        }
    }
}

pub(crate) struct Outcome {
    pub(crate) helper: Result<(), Refusal>,
    pub(crate) sharer: Result<(), Refusal>,
    /// As sent, before meddling.
    pub(crate) steps: Vec<(AuthStep, Bytes)>,
}
