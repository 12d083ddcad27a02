//! Two sessions joined by a simulated link: virtual time, delay, bandwidth, loss of the link, any cutting of the bytes. Nothing here sleeps.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use rh_proto::credential::{AuthStep, Binding, Credential, Refusal, Role};
use rh_proto::error::CloseCode;
use rh_proto::frame::{Decoder, Frame};
use rh_proto::limits::Limits;
use rh_proto::mode::{Mode, ModeSet};
use rh_proto::msg::{Body, Message, write};
use rh_proto::session::{Close, Helper, HelperEvent, Settings, Sharer, SharerEvent};

pub(crate) const MS: Duration = Duration::from_millis(1);
pub(crate) const SECOND: Duration = Duration::from_secs(1);
pub(crate) const SESSION_ID: [u8; 16] = *b"sixteen bytes id";

/// What a credential saw, for the test to look at.
#[derive(Debug, Default, Clone)]
pub(crate) struct Seen {
    pub(crate) started: Option<[u8; 16]>,
    pub(crate) steps: Vec<(AuthStep, Vec<u8>)>,
    pub(crate) abandoned: bool,
}

/// Three messages in the order of the real pairing; convinced by whoever knows the word.
pub(crate) struct Word {
    role: Role,
    word: &'static [u8],
    outbox: VecDeque<(AuthStep, Bytes)>,
    received: usize,
    pub(crate) seen: Arc<Mutex<Seen>>,
}

impl Word {
    pub(crate) fn new(role: Role, word: &'static [u8]) -> Self {
        Self { role, word, outbox: VecDeque::new(), received: 0, seen: Arc::default() }
    }
}

impl Credential for Word {
    fn start(&mut self, _: Instant, binding: &Binding) -> Result<(), Refusal> {
        assert_eq!(binding.role, self.role);
        self.seen.lock().unwrap().started = Some(binding.session_id);
        if self.role == Role::Helper {
            self.outbox.push_back((AuthStep::PAKE_A, Bytes::from_static(b"hello")));
        }
        Ok(())
    }

    fn handle(&mut self, _: Instant, step: AuthStep, body: &[u8]) -> Result<(), Refusal> {
        self.seen.lock().unwrap().steps.push((step, body.to_vec()));
        let expected: &[AuthStep] = match self.role {
            Role::Helper => &[AuthStep::PAKE_B],
            Role::Sharer => &[AuthStep::PAKE_A, AuthStep::CONFIRM_A],
        };
        if expected.get(self.received) != Some(&step) {
            return Err(Refusal { code: CloseCode::AUTH_MALFORMED, text: "a step out of order" });
        }
        self.received += 1;
        if step != AuthStep::PAKE_A && body != self.word {
            return Err(Refusal { code: CloseCode::WRONG_CODE, text: "that is not the word" });
        }
        match step {
            AuthStep::PAKE_A => self.outbox.push_back((AuthStep::PAKE_B, Bytes::from_static(self.word))),
            AuthStep::PAKE_B => self.outbox.push_back((AuthStep::CONFIRM_A, Bytes::from_static(self.word))),
            _ => {}
        }
        Ok(())
    }

    fn poll(&mut self) -> Option<(AuthStep, Bytes)> {
        self.outbox.pop_front()
    }

    fn is_complete(&self) -> bool {
        self.outbox.is_empty()
            && match self.role {
                Role::Helper => self.received == 1,
                Role::Sharer => self.received == 2,
            }
    }

    fn abandon(&mut self, _: Instant) {
        self.seen.lock().unwrap().abandoned = true;
    }
}

pub(crate) fn binding(role: Role) -> Binding {
    let session_id = if role == Role::Helper { SESSION_ID } else { [0; 16] };
    Binding { role, exporter: [7; 32], session_id }
}

pub(crate) fn helper(settings: Settings, now: Instant) -> Helper {
    Helper::new(settings, Box::new(Word::new(Role::Helper, b"word")), binding(Role::Helper), now)
}

pub(crate) fn sharer(settings: Settings, now: Instant) -> Sharer {
    Sharer::new(settings, Box::new(Word::new(Role::Sharer, b"word")), binding(Role::Sharer), now)
}

/// Settings that leave nothing out.
pub(crate) fn open_settings() -> Settings {
    let modes = Mode::ALL.into_iter().fold(ModeSet::NONE, ModeSet::with);
    Settings { clipboard: true, modes, ..Settings::default() }
}

/// A message as a whole wire frame.
pub(crate) fn wire<B: Body>(body: &B) -> Vec<u8> {
    let mut out = BytesMut::new();
    write(body, &mut out).unwrap();
    out.to_vec()
}

/// The messages in `bytes`, which hold whole frames.
pub(crate) fn parse(bytes: &[u8]) -> Vec<Message> {
    let limits = Limits { frame: 1 << 24, ..Limits::default() };
    frames(bytes).into_iter().map(|frame| Message::decode(frame, &limits).unwrap()).collect()
}

pub(crate) fn frames(bytes: &[u8]) -> Vec<Frame> {
    let mut input = BytesMut::from(bytes);
    let decoder = Decoder::new(&Limits { frame: 1 << 24, ..Limits::default() });
    let frames = std::iter::from_fn(|| decoder.decode(&mut input).unwrap()).collect();
    assert!(input.is_empty(), "the bytes end within a frame");
    frames
}

/// A small deterministic generator (xorshift64*), so that a failing seed fails again.
#[derive(Debug, Clone)]
pub(crate) struct Rng(u64);

impl Rng {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    pub(crate) fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(bound).unwrap()).unwrap()
    }
}

/// One direction of the link.
#[derive(Debug, Default)]
struct Pipe {
    /// Bytes and when they arrive.
    flying: VecDeque<(Instant, Bytes)>,
    /// When the last byte has left, at the link's bandwidth.
    free: Option<Instant>,
    /// All that was ever sent.
    sent: Vec<u8>,
    /// Whatever is sent is lost.
    cut: bool,
}

pub(crate) struct Pair {
    pub(crate) now: Instant,
    pub(crate) helper: Helper,
    pub(crate) sharer: Sharer,
    pub(crate) helper_events: Vec<HelperEvent>,
    pub(crate) sharer_events: Vec<SharerEvent>,
    pub(crate) delay: Duration,
    /// Bytes per second each way; `None` for any.
    pub(crate) bandwidth: Option<u32>,
    /// The indicator beats every 250 ms.
    pub(crate) beating: bool,
    /// The helper acknowledges frames as they come.
    pub(crate) decoding: bool,
    /// Cuts what arrives at random.
    pub(crate) chunks: Option<Rng>,
    next_beat: Instant,
    up: Pipe,
    down: Pipe,
}

impl Pair {
    pub(crate) fn new(helper_settings: Settings, sharer_settings: Settings) -> Self {
        let now = Instant::now();
        Self::of(now, helper(helper_settings, now), sharer(sharer_settings, now))
    }

    pub(crate) fn of(now: Instant, helper: Helper, sharer: Sharer) -> Self {
        Self {
            now,
            helper,
            sharer,
            helper_events: Vec::new(),
            sharer_events: Vec::new(),
            delay: Duration::from_millis(20),
            bandwidth: None,
            beating: true,
            decoding: true,
            chunks: None,
            next_beat: now,
            up: Pipe::default(),
            down: Pipe::default(),
        }
    }

    /// Authenticated, no mode.
    pub(crate) fn ready() -> Self {
        Self::ready_with(open_settings(), open_settings())
    }

    pub(crate) fn ready_with(helper_settings: Settings, sharer_settings: Settings) -> Self {
        let mut pair = Self::new(helper_settings, sharer_settings);
        pair.run(SECOND);
        assert!(pair.helper_events.contains(&HelperEvent::Authenticated), "{:?}", pair.helper_events);
        assert!(pair.sharer_events.contains(&SharerEvent::Authenticated), "{:?}", pair.sharer_events);
        pair.forget();
        pair
    }

    /// In `mode`, with consent given.
    pub(crate) fn in_mode(mode: Mode) -> Self {
        let mut pair = Self::ready();
        pair.enter(mode);
        pair
    }

    /// Gets `mode` granted.
    pub(crate) fn enter(&mut self, mode: Mode) {
        let id = self.helper.request_mode(self.now, mode).unwrap();
        self.run(SECOND);
        self.sharer.consent(self.now, id, true).unwrap();
        self.run(SECOND);
        assert_eq!((self.helper.mode(), self.sharer.mode()), (Some(mode), Some(mode)));
        self.forget();
    }

    pub(crate) fn forget(&mut self) {
        self.helper_events.clear();
        self.sharer_events.clear();
    }

    /// Everything either side sends is lost from now on; nobody is told.
    pub(crate) fn cut(&mut self) {
        self.up.cut = true;
        self.down.cut = true;
        self.up.flying.clear();
        self.down.flying.clear();
    }

    /// All bytes ever sent: helper's, sharer's.
    pub(crate) fn sent(&self) -> (&[u8], &[u8]) {
        (&self.up.sent, &self.down.sent)
    }

    /// Collects what both sides have to say and to send.
    pub(crate) fn drain(&mut self) {
        while let Some(event) = self.helper.poll_event() {
            if let (HelperEvent::Frame { id, .. }, true) = (&event, self.decoding) {
                self.helper.ack_frame(self.now, *id, 3 * MS).unwrap();
            }
            self.helper_events.push(event);
        }
        while let Some(event) = self.sharer.poll_event() {
            self.sharer_events.push(event);
        }
        let (now, delay, bandwidth) = (self.now, self.delay, self.bandwidth);
        transmit(&mut self.up, now, delay, bandwidth, || self.helper.poll_transmit());
        transmit(&mut self.down, now, delay, bandwidth, || self.sharer.poll_transmit());
    }

    /// Lets `time` pass.
    pub(crate) fn run(&mut self, time: Duration) {
        let end = self.now + time;
        self.drain();
        while let Some(next) = self.next(end) {
            self.now = self.now.max(next);
            self.helper.handle_timeout(self.now);
            self.sharer.handle_timeout(self.now);
            if self.next_beat <= self.now {
                self.next_beat = self.now + 250 * MS;
                if self.beating {
                    self.sharer.beat(self.now);
                }
            }
            while self.up.flying.front().is_some_and(|(at, _)| *at <= self.now) {
                let (_, bytes) = self.up.flying.pop_front().unwrap();
                for chunk in cut(&bytes, &mut self.chunks) {
                    let _ = self.sharer.handle_bytes(self.now, chunk);
                }
            }
            while self.down.flying.front().is_some_and(|(at, _)| *at <= self.now) {
                let (_, bytes) = self.down.flying.pop_front().unwrap();
                for chunk in cut(&bytes, &mut self.chunks) {
                    let _ = self.helper.handle_bytes(self.now, chunk);
                }
            }
            self.drain();
        }
        self.now = end;
        self.helper.handle_timeout(self.now);
        self.sharer.handle_timeout(self.now);
        self.drain();
    }

    /// When the next thing happens, if it does until `end`.
    fn next(&self, end: Instant) -> Option<Instant> {
        let arrival = |pipe: &Pipe| pipe.flying.front().map(|(at, _)| *at);
        // A busy pipe takes the next bytes when it is free.
        let free = |pipe: &Pipe| pipe.free.filter(|free| *free > self.now);
        [
            self.helper.poll_timeout(),
            self.sharer.poll_timeout(),
            arrival(&self.up),
            arrival(&self.down),
            free(&self.up),
            free(&self.down),
            Some(self.next_beat),
        ]
        .into_iter()
        .flatten()
        .min()
        .filter(|at| *at <= end)
    }

    pub(crate) fn helper_closed(&self) -> Option<&Close> {
        self.helper_events.iter().find_map(|event| if let HelperEvent::Closed(close) = event { Some(close) } else { None })
    }

    pub(crate) fn sharer_closed(&self) -> Option<&Close> {
        self.sharer_events.iter().find_map(|event| if let SharerEvent::Closed(close) = event { Some(close) } else { None })
    }
}

fn transmit(pipe: &mut Pipe, now: Instant, delay: Duration, bandwidth: Option<u32>, mut poll: impl FnMut() -> Option<Bytes>) {
    while pipe.free.is_none_or(|free| free <= now) {
        let Some(bytes) = poll() else { return };
        pipe.sent.extend_from_slice(&bytes);
        let left = match bandwidth {
            Some(rate) => now + SECOND * u32::try_from(bytes.len()).unwrap() / rate,
            None => now,
        };
        pipe.free = bandwidth.map(|_| left);
        if !pipe.cut {
            pipe.flying.push_back((left + delay, bytes));
        }
    }
}

fn cut<'a>(bytes: &'a [u8], rng: &mut Option<Rng>) -> Vec<&'a [u8]> {
    let Some(rng) = rng else { return vec![bytes] };
    let mut chunks = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let longest = 1 + rng.below(4096);
        let (chunk, tail) = rest.split_at(1 + rng.below(rest.len().min(longest)));
        chunks.push(chunk);
        rest = tail;
    }
    chunks
}
