//! The protocol: frame parsing, messages, and a pair of sessions joined in memory.

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use rh_proto::bytes::{Bytes, BytesMut};
use rh_proto::credential::{AuthStep, Binding, Credential, Refusal, Role};
use rh_proto::frame::{Decoder, Flags, Frame};
use rh_proto::limits::Limits;
use rh_proto::mode::Mode;
use rh_proto::msg::input::{HidUsage, Input, InputBatch};
use rh_proto::msg::layout::{DisplayId, Generation};
use rh_proto::msg::{Message, MessageType};
use rh_proto::session::{Helper, HelperEvent, Settings, Sharer, SharerEvent};

/// Convinced without a word: what is measured is the session, not the pairing.
struct Nothing;

impl Credential for Nothing {
    fn start(&mut self, _: Instant, _: &Binding) -> Result<(), Refusal> {
        Ok(())
    }

    fn handle(&mut self, _: Instant, _: AuthStep, _: &[u8]) -> Result<(), Refusal> {
        Ok(())
    }

    fn poll(&mut self) -> Option<(AuthStep, Bytes)> {
        None
    }

    fn is_complete(&self) -> bool {
        true
    }

    fn abandon(&mut self, _: Instant) {}
}

struct Pair {
    now: Instant,
    helper: Helper,
    sharer: Sharer,
}

impl Pair {
    /// Two ends that have not exchanged a byte.
    fn new() -> Self {
        let now = Instant::now();
        let binding = |role| Binding { role, exporter: [0; 32], session_id: [1; 16] };
        Self {
            now,
            helper: Helper::new(Settings::default(), Box::new(Nothing), binding(Role::Helper), now),
            sharer: Sharer::new(Settings::default(), Box::new(Nothing), binding(Role::Sharer), now),
        }
    }

    /// Authenticated, in full control, with a living indicator.
    fn in_control() -> Self {
        let mut pair = Self::new();
        pair.exchange();
        let id = pair.helper.request_mode(pair.now, Mode::FullControl).expect("authenticated");
        pair.exchange();
        pair.sharer.consent(pair.now, id, true).expect("asked");
        pair.sharer.beat(pair.now);
        pair.exchange();
        pair
    }

    /// Moves bytes until neither side has any; gives how many acts arrived.
    fn exchange(&mut self) -> usize {
        let mut acts = 0;
        loop {
            let mut moved = false;
            while let Some(bytes) = self.sharer.poll_transmit() {
                self.helper.handle_bytes(self.now, &bytes).expect("the sharer keeps the rules");
                moved = true;
            }
            while let Some(event) = self.helper.poll_event() {
                if let HelperEvent::Frame { id, .. } = event {
                    self.helper.ack_frame(self.now, id, Duration::ZERO).expect("it came");
                }
            }
            while let Some(bytes) = self.helper.poll_transmit() {
                self.sharer.handle_bytes(self.now, &bytes).expect("the helper keeps the rules");
                moved = true;
            }
            while let Some(event) = self.sharer.poll_event() {
                if let SharerEvent::Input(batch) = event {
                    acts += batch.iter().count();
                }
            }
            if !moved {
                return acts;
            }
        }
    }

    /// Time passes, so that no rate is exceeded, and the indicator lives.
    fn tick(&mut self) {
        self.now += Duration::from_millis(1);
        self.sharer.beat(self.now);
    }
}

fn acts() -> [Input; 3] {
    [
        Input::MoveTo { display: DisplayId(0), generation: Generation(1), x: 640, y: 400 },
        Input::Key { usage: HidUsage::keyboard(4), down: true, text: Some('a') },
        Input::Key { usage: HidUsage::keyboard(4), down: false, text: None },
    ]
}

fn frames(c: &mut Criterion) {
    let mut group = c.benchmark_group("proto/frames");
    let limits = Limits::default();
    for (name, body, count) in [("16 B", 16, 4096), ("32 KiB", 32 * 1024, 64)] {
        let mut stream = BytesMut::new();
        let frame = Frame { message: MessageType(0xee), flags: Flags::default(), body: Bytes::from(vec![0; body]) };
        for _ in 0..count {
            frame.write(&mut stream).expect("within the header");
        }
        // Frames, not bytes: a body is not looked at, so its size should not matter.
        group.throughput(Throughput::Elements(count));
        let decoder = Decoder::new(&limits);
        group.bench_function(format!("parse, bodies of {name}"), |b| {
            b.iter_batched_ref(
                || stream.clone(),
                |input| {
                    while let Some(frame) = black_box(decoder.decode(input).expect("valid")) {
                        black_box(frame);
                    }
                },
                BatchSize::LargeInput,
            );
        });
    }
    group.finish();
}

fn messages(c: &mut Criterion) {
    let mut group = c.benchmark_group("proto/messages");
    let limits = Limits::default();
    let message = Message::from(InputBatch::new(1, &acts(), &limits).expect("three acts"));
    let mut wire = BytesMut::new();
    message.encode(&mut wire).expect("three acts");
    let frame = Decoder::new(&limits).decode(&mut wire.clone()).expect("valid").expect("whole");
    let mut out = BytesMut::with_capacity(4096);
    group.bench_function("encode a batch of 3 acts", |b| {
        b.iter(|| {
            out.clear();
            message.encode(&mut out).expect("three acts");
        });
    });
    group.bench_function("decode a batch of 3 acts", |b| {
        b.iter(|| match Message::decode(frame.clone(), &limits) {
            Ok(Message::Input(batch)) => batch.iter().map(black_box).count(),
            _ => 0,
        });
    });
    group.finish();
}

fn sessions(c: &mut Criterion) {
    let mut group = c.benchmark_group("proto/session");
    group.bench_function("hello to authenticated, without pairing", |b| {
        b.iter_batched_ref(Pair::new, Pair::exchange, BatchSize::SmallInput);
    });

    let mut pair = Pair::in_control();
    group.bench_function("a batch of 3 acts, sent to polled", |b| {
        b.iter(|| {
            pair.tick();
            pair.helper.send_input(pair.now, &acts()).expect("in control");
            assert_eq!(pair.exchange(), 3);
        });
    });

    let mut pair = Pair::in_control();
    let payload = Bytes::from(vec![7; 100_000]);
    group.throughput(Throughput::Bytes(100_000));
    group.bench_function("a frame of 100 kB, sent to acknowledged", |b| {
        b.iter(|| {
            pair.tick();
            pair.sharer.send_frame(pair.now, DisplayId(0), payload.clone()).expect("acknowledged");
            pair.exchange();
            assert!(pair.sharer.can_send_frame(pair.now));
        });
    });
    group.finish();
}

criterion_group!(benches, frames, messages, sessions);
criterion_main!(benches);
