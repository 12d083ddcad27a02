//! The helper's hand at the sharer: one thread that injects, so that an application that reads its keyboard slowly never holds up the session.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel},
    },
    thread,
    time::{Duration, Instant},
};

use rh_input::{Inject, Input, Layout};
use tokio::sync::mpsc as to_session;

/// Batches that may wait. A person never gets near; a peer that floods is told by [`Hand::inject`].
const QUEUE: usize = 256;

/// How often the watchdog hears that we live.
const BEAT: Duration = Duration::from_secs(1);

/// What the hand reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Slip {
    /// Characters that this screen cannot be made to type.
    Untypable(String),
    /// The screen takes no more input, and why.
    Gone(String),
}

enum Order {
    Inject {
        epoch: u64,
        batch: Vec<Input>,
    },
    Layout(Arc<Layout>),
    /// Everything that is held goes up.
    Release,
}

/// The session's end of the hand. Whatever is held goes up when it is dropped.
pub struct Hand {
    orders: SyncSender<Order>,
    /// Counts releases: a batch of an earlier epoch is not injected any more, even if it waits already.
    epoch: Arc<AtomicU64>,
}

impl Hand {
    /// Starts the hand's thread.
    ///
    /// # Errors
    /// When the system has no thread left.
    pub fn start(inject: Box<dyn Inject>) -> std::io::Result<(Self, to_session::UnboundedReceiver<Slip>)> {
        let (orders, inbox) = sync_channel(QUEUE);
        let (slips, reports) = to_session::unbounded_channel();
        let epoch = Arc::new(AtomicU64::new(0));
        let shared = Arc::clone(&epoch);
        thread::Builder::new().name("hand".to_owned()).spawn(move || {
            if let Err(error) = work(inject, &inbox, &shared, &slips) {
                let _ = slips.send(Slip::Gone(error.to_string()));
            }
        })?;
        Ok((Self { orders, epoch }, reports))
    }

    /// Injects a batch, in order with those before. `false` when so many wait that this one is dropped: release and complain.
    #[must_use]
    pub fn inject(&self, batch: Vec<Input>) -> bool {
        let order = Order::Inject { epoch: self.epoch.load(Ordering::Acquire), batch };
        !matches!(self.orders.try_send(order), Err(TrySendError::Full(_)))
    }

    /// Lets go of everything, and forgets what waits.
    pub fn release(&self) {
        self.epoch.fetch_add(1, Ordering::AcqRel);
        // A full queue holds only batches that the new epoch makes void; the release is done when the first of them is met.
        let _ = self.orders.try_send(Order::Release);
    }

    /// Positions mean this layout from now on.
    pub fn set_layout(&self, layout: Arc<Layout>) {
        let _ = self.orders.send(Order::Layout(layout));
    }
}

impl fmt::Debug for Hand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hand").field("epoch", &self.epoch).finish_non_exhaustive()
    }
}

fn work(
    mut inject: Box<dyn Inject>,
    orders: &Receiver<Order>,
    epoch: &AtomicU64,
    slips: &to_session::UnboundedSender<Slip>,
) -> Result<(), rh_input::Error> {
    let mut beaten = Instant::now();
    loop {
        match orders.recv_timeout(BEAT) {
            Ok(Order::Inject { epoch: at, batch }) => {
                if at != epoch.load(Ordering::Acquire) {
                    inject.release_all()?;
                    continue;
                }
                let report = inject.inject(&batch)?;
                if !report.unsupported_chars.is_empty() {
                    let _ = slips.send(Slip::Untypable(report.unsupported_chars.iter().collect()));
                }
            }
            Ok(Order::Layout(layout)) => inject.set_layout(layout),
            Ok(Order::Release) => inject.release_all()?,
            Err(RecvTimeoutError::Timeout) => {}
            // Dropping the injector lets go of what is held.
            Err(RecvTimeoutError::Disconnected) => return Ok(()),
        }
        if beaten.elapsed() >= BEAT {
            beaten = Instant::now();
            inject.beat()?;
        }
    }
}
