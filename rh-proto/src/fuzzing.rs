//! Oracles for the fuzz targets: each takes any bytes and panics when a promise of the crate is broken.

#![expect(clippy::missing_panics_doc, reason = "panicking is what an oracle is for")]

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};

use crate::credential::{AuthStep, Binding, Credential, Refusal, Role};
use crate::frame::{Decoder, Frame};
use crate::limits::Limits;
use crate::mode::{Mode, ModeSet};
use crate::msg::Message;
use crate::msg::input::{HidUsage, Input};
use crate::msg::layout::DisplayId;
use crate::msg::mode::RequestId;
use crate::session::{Helper, HelperEvent, Settings, Sharer, SharerEvent};

/// All frames at the front of `input`, and whether the framing was lost.
fn frames(decoder: &Decoder, input: &mut BytesMut, out: &mut Vec<Frame>) -> bool {
    loop {
        match decoder.decode(input) {
            Ok(Some(frame)) => out.push(frame),
            Ok(None) => return false,
            Err(_) => return true,
        }
    }
}

/// Frames that were decoded encode to the bytes they came from.
pub fn frame(data: &[u8]) {
    let mut input = BytesMut::from(data);
    let mut decoded = Vec::new();
    let lost = frames(&Decoder::new(&Limits::DEFAULT), &mut input, &mut decoded);
    let mut again = BytesMut::new();
    for frame in &decoded {
        assert!(frame.write(&mut again).is_ok(), "a decoded frame fits its header");
    }
    assert_eq!(data.get(..again.len()), Some(&*again));
    assert!(lost || again.len().checked_add(input.len()) == Some(data.len()), "nothing is lost");
}

/// The frames do not depend on how the bytes are cut: the first byte of `data` seeds the cuts.
pub fn chunking(data: &[u8]) {
    let Some((&seed, data)) = data.split_first() else { return };
    // Small enough that frames over the limit come up.
    let decoder = Decoder::new(&Limits { frame: 2000, ..Limits::DEFAULT });
    let mut whole = Vec::new();
    let lost_whole = frames(&decoder, &mut BytesMut::from(data), &mut whole);

    let mut cut = Vec::new();
    let (mut input, mut rest, mut lost, mut size) = (BytesMut::new(), data, false, seed);
    while !rest.is_empty() && !lost {
        size = size.wrapping_mul(5).wrapping_add(29);
        let (chunk, tail) = rest.split_at(usize::from(size % 37).saturating_add(1).min(rest.len()));
        input.extend_from_slice(chunk);
        lost = frames(&decoder, &mut input, &mut cut);
        rest = tail;
    }
    assert_eq!((whole, lost_whole), (cut, lost));
}

/// Any frame is refused, or is a message that encodes to the bytes it came from and decodes to itself again.
pub fn message(data: &[u8]) {
    let limits = Limits::DEFAULT;
    let mut decoded = Vec::new();
    frames(&Decoder::new(&limits), &mut BytesMut::from(data), &mut decoded);
    for frame in decoded {
        // A known type's flags are no part of the message.
        let flags = if frame.message.name().is_some() { crate::frame::Flags::default() } else { frame.flags };
        let frame = Frame { flags, ..frame };
        let mut original = BytesMut::new();
        assert!(frame.write(&mut original).is_ok());
        let Ok(message) = Message::decode(frame, &limits) else { continue };
        if let Message::Input(batch) = &message {
            assert_eq!(batch.iter().count(), batch.len(), "every act that was counted is there");
        }
        let mut again = BytesMut::new();
        assert!(message.encode(&mut again).is_ok(), "what was decoded fits");
        assert_eq!(original, again);
    }
}

/// Convinced by anything, after one step each way.
struct Any {
    to_send: Option<AuthStep>,
    received: bool,
}

impl Credential for Any {
    fn start(&mut self, _: Instant, _: &Binding) -> Result<(), Refusal> {
        Ok(())
    }

    fn handle(&mut self, _: Instant, _: AuthStep, _: &[u8]) -> Result<(), Refusal> {
        self.received = true;
        Ok(())
    }

    fn poll(&mut self) -> Option<(AuthStep, Bytes)> {
        self.to_send.take().map(|step| (step, Bytes::from_static(b"trust me")))
    }

    fn is_complete(&self) -> bool {
        self.to_send.is_none() && self.received
    }

    fn abandon(&mut self, _: Instant) {}
}

/// A pair whose link and people do what the bytes say, with what must hold at every step.
struct World {
    now: Instant,
    helper: Helper,
    sharer: Sharer,
    up: VecDeque<u8>,
    down: VecDeque<u8>,
    /// The newest question before the person.
    asked: Option<RequestId>,
    /// Whether input was let through since everything was last released.
    pressed: bool,
    helper_over: bool,
    sharer_over: bool,
}

impl World {
    fn new() -> Self {
        let now = epoch();
        let modes = Mode::ALL.into_iter().fold(ModeSet::NONE, ModeSet::with);
        let settings = || Settings { clipboard: true, modes, ..Settings::default() };
        let binding = |role| Binding { role, exporter: [0; 32], session_id: [1; 16] };
        let any = |step| Box::new(Any { to_send: Some(step), received: false });
        Self {
            now,
            helper: Helper::new(settings(), any(AuthStep::PAKE_A), binding(Role::Helper), now),
            sharer: Sharer::new(settings(), any(AuthStep::PAKE_B), binding(Role::Sharer), now),
            up: VecDeque::new(),
            down: VecDeque::new(),
            asked: None,
            pressed: false,
            helper_over: false,
            sharer_over: false,
        }
    }

    fn drain(&mut self) {
        while let Some(event) = self.helper.poll_event() {
            assert!(!self.helper_over, "nothing comes after the end: {event:?}");
            match event {
                HelperEvent::Frame { id, .. } => drop(self.helper.ack_frame(self.now, id, Duration::ZERO)),
                HelperEvent::Closed(_) => self.helper_over = true,
                _ => {}
            }
        }
        while let Some(event) = self.sharer.poll_event() {
            assert!(!self.sharer_over, "nothing comes after the end: {event:?}");
            match event {
                SharerEvent::ConsentRequested { id, .. } => self.asked = Some(id),
                SharerEvent::Input(_) => {
                    assert!(self.sharer.mode().is_some_and(Mode::has_input), "input is let through in {:?}", self.sharer.mode());
                    self.pressed = true;
                }
                SharerEvent::ReleaseAll => self.pressed = false,
                SharerEvent::Closed(_) => self.sharer_over = true,
                _ => {}
            }
        }
        assert!(!self.pressed || self.sharer.mode().is_some_and(Mode::has_input), "keys stay pressed");
        assert_eq!((self.helper_over, self.sharer_over), (self.helper.is_closed(), self.sharer.is_closed()));
        self.up.extend(std::iter::from_fn(|| self.helper.poll_transmit()).flatten());
        self.down.extend(std::iter::from_fn(|| self.sharer.poll_transmit()).flatten());
    }

    fn carry(&mut self, count: usize) {
        let up: Vec<u8> = self.up.drain(..count.min(self.up.len())).collect();
        let down: Vec<u8> = self.down.drain(..count.min(self.down.len())).collect();
        // What the other side sent is honest, but a foreign message may have ended this side.
        let _ = self.sharer.handle_bytes(self.now, &up);
        let _ = self.helper.handle_bytes(self.now, &down);
    }

    fn act(&mut self, op: u8, argument: u8) {
        let (now, wanted) = (self.now, Mode::ALL.get(usize::from(argument % 5)).copied());
        match op % 20 {
            0 => self.carry(usize::from(argument)),
            1 => self.carry(usize::MAX),
            2 => drop(self.helper.request_mode(now, wanted.unwrap_or(Mode::ViewOnly))),
            3 => drop(self.helper.cancel_request(now)),
            4 => drop(self.helper.downgrade(now, wanted)),
            5 => drop(self.sharer.consent(now, self.asked.unwrap_or(RequestId(argument.into())), !argument.is_multiple_of(4))),
            6 => drop(self.sharer.revoke(now, wanted)),
            7 => self.sharer.beat(now),
            8 => self.sharer.local_input(now),
            9 => {
                let key = Input::Key { usage: HidUsage::keyboard(argument.into()), down: true, text: None };
                drop(self.helper.send_input(now, &[key]));
            }
            10 => {
                let can = self.sharer.can_send_frame(now);
                let payload = Bytes::from(vec![argument; usize::from(argument).saturating_mul(400)]);
                let sent = self.sharer.send_frame(now, DisplayId(0), payload);
                assert_eq!(can, sent.is_ok(), "can_send_frame tells what send_frame does");
            }
            11 => drop(self.helper.send_chat(now, "é")),
            12 => drop(self.sharer.send_clipboard(now, "日")),
            13 => drop(self.helper.pause(now, argument.is_multiple_of(2))),
            14 => drop(self.sharer.pause(now, argument.is_multiple_of(2))),
            15 => drop(self.helper.request_refresh(now)),
            16 => {
                self.now = now.checked_add(Duration::from_millis(u64::from(argument).saturating_mul(10))).unwrap_or(now);
                self.helper.handle_timeout(self.now);
                self.sharer.handle_timeout(self.now);
            }
            17 if argument == 0 => self.helper.leave(now, "bye"),
            17 if argument == 1 => self.sharer.leave(now, "bye"),
            17 if argument == 2 => self.helper.handle_closed(now),
            _ => {}
        }
    }
}

/// Any sequence of acts, deliveries, pauses of the link and foreign bytes keeps the promises: no panic, nothing injected without a right to it, nothing left
/// pressed, nothing after the end.
///
/// `data` is a list of pairs (operation, argument); operations 18 and 19 take `argument` bytes as if they came from the peer.
pub fn session(data: &[u8]) {
    let mut world = World::new();
    let mut rest = data;
    world.drain();
    while let [op, argument, tail @ ..] = rest {
        rest = tail;
        match op % 20 {
            foreign @ (18 | 19) => {
                let (bytes, tail) = rest.split_at(usize::from(*argument).min(rest.len()));
                rest = tail;
                let _ = if foreign == 18 {
                    world.sharer.handle_bytes(world.now, bytes).map_err(|error| assert!(world.sharer.is_closed(), "{error}"))
                } else {
                    world.helper.handle_bytes(world.now, bytes).map_err(|error| assert!(world.helper.is_closed(), "{error}"))
                };
            }
            _ => world.act(*op, *argument),
        }
        world.drain();
    }
}

/// One point in time, for all runs: only differences matter.
fn epoch() -> Instant {
    static EPOCH: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    #[expect(clippy::disallowed_methods, reason = "an `Instant` comes from nowhere else; an oracle is its own embedder")]
    *EPOCH.get_or_init(Instant::now)
}
