//! The helper's hand at the sharer: one thread that injects, so that an application that reads its keyboard slowly never holds up the session.

use std::{
    collections::VecDeque,
    fmt,
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
        mpsc,
    },
    thread,
    time::Duration,
};

use rh_input::{Inject, Input, Layout};
use tokio::sync::mpsc as to_session;

/// Acts that may wait, and bytes of text among them. A person never gets near; a peer that floods is told by [`Hand::inject`].
const MOST_ACTS: usize = 4096;
/// See [`MOST_ACTS`].
const MOST_TEXT: usize = 256 * 1024;

/// Characters that are injected in one go. A desktop may need a second for a few dozen that its keyboard does not have; between two goes the person's
/// withdrawal of consent is looked at.
const PIECE: usize = 16;

/// How long letting go may take at the end. Key codes that were lent to characters are given back a second after their last use.
const LAST: Duration = Duration::from_secs(3);

/// What the hand reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Slip {
    /// So many characters cannot be typed on this screen. Which ones is the helper's secret.
    Untypable(usize),
    /// The screen takes no more input, and why.
    Gone(String),
}

/// What waits for the thread.
#[derive(Default)]
struct Waiting {
    /// Invariant: `acts.len() <= MOST_ACTS` and `text <= MOST_TEXT`.
    acts: VecDeque<Input>,
    /// Bytes of text in `acts`.
    text: usize,
    layout: Option<Arc<Layout>>,
    release: bool,
    beat: bool,
    over: bool,
}

#[derive(Default)]
struct Shared {
    waiting: Mutex<Waiting>,
    wake: Condvar,
    /// Counts releases: what was taken out before one is not injected any more.
    epoch: AtomicU64,
}

impl Shared {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut Waiting)) {
        change(&mut self.waiting());
        self.wake.notify_one();
    }
}

/// The session's end of the hand. Whatever is held is up when it has been dropped: a program that ended before could take with it what the display has not
/// read yet.
pub struct Hand {
    shared: Arc<Shared>,
    /// Ends when the thread does.
    over: mpsc::Receiver<()>,
}

impl Hand {
    /// Starts the hand's thread.
    ///
    /// # Errors
    /// When the system has no thread left.
    pub fn start(inject: Box<dyn Inject>) -> std::io::Result<(Self, to_session::UnboundedReceiver<Slip>)> {
        let (slips, reports) = to_session::unbounded_channel();
        let shared = Arc::<Shared>::default();
        let theirs = Arc::clone(&shared);
        let (until_over, over) = mpsc::channel();
        thread::Builder::new().name("hand".to_owned()).spawn(move || {
            let _until_over: mpsc::Sender<()> = until_over;
            if let Err(error) = work(inject, &theirs, &slips) {
                let _ = slips.send(Slip::Gone(error.to_string()));
            }
        })?;
        Ok((Self { shared, over }, reports))
    }

    /// Injects acts, in order with those before. `false` when so much waits that these are dropped: release and complain.
    #[must_use]
    pub fn inject(&self, batch: impl IntoIterator<Item = Input>) -> bool {
        let mut waiting = self.shared.waiting();
        for act in batch {
            // Only the last of several positions is of interest, unless something happens at the others: a pointer is never too fast.
            if matches!((&act, waiting.acts.back()), (Input::MoveTo { .. }, Some(Input::MoveTo { .. }))) {
                waiting.acts.pop_back();
            }
            if let Input::Text(text) = &act {
                waiting.text += text.len();
            }
            waiting.acts.push_back(act);
            if waiting.acts.len() > MOST_ACTS || waiting.text > MOST_TEXT {
                waiting.acts.clear();
                waiting.text = 0;
                return false;
            }
        }
        drop(waiting);
        self.shared.wake.notify_one();
        true
    }

    /// Lets go of everything, and forgets what waits.
    pub fn release(&self) {
        self.shared.change(|waiting| {
            // Under the lock: nothing that waited before can be taken out as if it had come after.
            self.shared.epoch.fetch_add(1, Ordering::AcqRel);
            waiting.acts.clear();
            waiting.text = 0;
            waiting.release = true;
        });
    }

    /// Positions mean this layout from now on.
    pub fn set_layout(&self, layout: Arc<Layout>) {
        self.shared.change(|waiting| waiting.layout = Some(layout));
    }

    /// The session lives: to be called about every second. Without it a watchdog lets go of what is held.
    pub fn beat(&self) {
        self.shared.change(|waiting| waiting.beat = true);
    }
}

impl Drop for Hand {
    fn drop(&mut self) {
        self.release();
        self.shared.change(|waiting| waiting.over = true);
        // A display that hangs is not waited for.
        let _ = self.over.recv_timeout(LAST);
    }
}

impl fmt::Debug for Hand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hand").field("epoch", &self.shared.epoch).finish_non_exhaustive()
    }
}

/// What the thread does next.
enum Turn {
    Acts(u64, Vec<Input>),
    Layout(Arc<Layout>),
    Release,
    Beat,
    Over,
}

impl Shared {
    /// Waits for something to do; what undoes comes before what does.
    fn next(&self) -> Turn {
        let mut waiting = self.waiting();
        loop {
            if std::mem::take(&mut waiting.release) {
                return Turn::Release;
            }
            if waiting.over {
                return Turn::Over;
            }
            if std::mem::take(&mut waiting.beat) {
                return Turn::Beat;
            }
            if let Some(layout) = waiting.layout.take() {
                return Turn::Layout(layout);
            }
            if !waiting.acts.is_empty() {
                waiting.text = 0;
                return Turn::Acts(self.epoch.load(Ordering::Acquire), waiting.acts.drain(..).collect());
            }
            waiting = self.wake.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

fn work(mut inject: Box<dyn Inject>, shared: &Shared, slips: &to_session::UnboundedSender<Slip>) -> Result<(), rh_input::Error> {
    loop {
        match shared.next() {
            Turn::Acts(epoch, acts) => {
                let is_void = || shared.epoch.load(Ordering::Acquire) != epoch;
                let untypable = perform(&mut *inject, &acts, is_void)?;
                if untypable > 0 {
                    let _ = slips.send(Slip::Untypable(untypable));
                }
            }
            Turn::Layout(layout) => inject.set_layout(layout),
            Turn::Release => inject.release_all()?,
            Turn::Beat => inject.beat()?,
            // Dropping the injector lets go of what is held.
            Turn::Over => return Ok(()),
        }
    }
}

/// Injects acts until they are void: all that need no waiting at once, text piece by piece. Says how many characters could not be typed.
fn perform(inject: &mut dyn Inject, acts: &[Input], is_void: impl Fn() -> bool) -> Result<usize, rh_input::Error> {
    let mut untypable = 0;
    for run in acts.chunk_by(|a, b| !matches!(a, Input::Text(_)) && !matches!(b, Input::Text(_))) {
        if let [Input::Text(text)] = run {
            let mut rest = &**text;
            while !rest.is_empty() {
                if is_void() {
                    return Ok(untypable);
                }
                let end = rest.char_indices().nth(PIECE).map_or(rest.len(), |(at, _)| at);
                let (piece, after) = rest.split_at(end);
                untypable += inject.inject(&[Input::Text(piece.into())])?.unsupported_chars.len();
                inject.beat()?;
                rest = after;
            }
        } else {
            if is_void() {
                return Ok(untypable);
            }
            untypable += inject.inject(run)?.unsupported_chars.len();
        }
    }
    Ok(untypable)
}

#[cfg(test)]
mod tests {
    use rh_input::{HidUsage, backend::Record};

    use super::*;

    #[test]
    fn text_stops_at_the_piece_in_which_it_becomes_void() {
        let mut record = Record::new();
        let log = record.log();
        let pieces = std::cell::Cell::new(0);
        let is_void = || {
            pieces.set(pieces.get() + 1);
            pieces.get() > 3
        };
        let text = "日".repeat(1000);
        assert_eq!(perform(&mut record, &[Input::Text(text.into())], is_void), Ok(0));
        assert_eq!(log.text().chars().count(), 3 * PIECE);
    }

    #[test]
    fn order_is_kept_around_text() {
        let mut record = Record::new();
        let log = record.log();
        let key = |down| Input::Key { usage: HidUsage::A, down, text: None };
        let acts = [key(true), key(false), Input::Text("é".into()), key(true), key(false)];
        assert_eq!(perform(&mut record, &acts, || false), Ok(0));
        assert_eq!(log.inputs(), acts);
    }

    #[test]
    fn a_flood_is_refused_and_a_fast_pointer_is_not() {
        let hand = Hand { shared: Arc::default(), over: mpsc::channel().1 };
        let to = |x| Input::MoveTo { display: rh_input::DisplayId(0), generation: 0, x, y: 0 };
        assert!(hand.inject((0..100_000).map(to)));
        assert!(!hand.inject((0..100_000).map(|_| Input::MoveBy { dx: 1, dy: 0 })));
        assert!(!hand.inject((0..1000).map(|_| Input::Text("x".repeat(1000).into()))));
    }
}
