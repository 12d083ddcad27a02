//! The way into a window: a bounded queue that any thread fills and that wakes the window's event loop.

use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Updates that wait at most; a window takes them out at every turn of its loop.
const CAPACITY: usize = 1024;

/// An update that may make the one before it needless.
pub trait Supersede {
    /// Whether `self`, sent right after `earlier`, makes `earlier` needless: two positions of one pointer, say.
    fn supersedes(&self, earlier: &Self) -> bool;

    /// Whether a window that does not keep up can do without it: a line of chat among a thousand, say. What changes who may do what, and what ends, cannot.
    fn may_be_lost(&self) -> bool;
}

/// Why an update did not get in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// The window is gone for good.
    #[error("the window is closed")]
    Closed,
    /// The window is not taking updates and the queue is full: the update was dropped, for it [may be lost](Supersede::may_be_lost). Only a peer that floods gets
    /// here.
    #[error("the window does not keep up")]
    Full,
}

/// Makes a channel into a window; the sending half works before the window exists and after it is gone.
pub fn channel<T: Supersede>() -> (UiSender<T>, UiInbox<T>) {
    let shared = Arc::new(Mutex::new(Shared { queue: VecDeque::new(), wake: None, woken: false, open: true }));
    (UiSender { shared: Arc::clone(&shared) }, UiInbox { shared })
}

struct Shared<T> {
    /// Invariant: `queue.len() <= CAPACITY`.
    queue: VecDeque<T>,
    wake: Option<Box<dyn Fn() + Send>>,
    /// Whether the loop was woken since it last looked: one wake-up is enough for any number of updates.
    woken: bool,
    open: bool,
}

/// The sending half; clones send into the same window.
pub struct UiSender<T> {
    shared: Arc<Mutex<Shared<T>>>,
}

impl<T: Supersede> UiSender<T> {
    /// Hands an update to the window and wakes it. Never blocks.
    ///
    /// In a queue that is full, what must arrive takes the place of the oldest update that [may be lost](Supersede::may_be_lost); in one that is full of what
    /// must arrive, that of the oldest at all: then what came after has changed the same things again.
    ///
    /// # Errors
    /// [`SendError`], when the update was not taken.
    pub fn send(&self, update: T) -> Result<(), SendError> {
        let mut shared = lock(&self.shared);
        if !shared.open {
            return Err(SendError::Closed);
        }
        let full = shared.queue.len() >= CAPACITY;
        match shared.queue.back_mut() {
            Some(last) if update.supersedes(last) => *last = update,
            _ if full && update.may_be_lost() => return Err(SendError::Full),
            _ => {
                if full {
                    let oldest = shared.queue.iter().position(T::may_be_lost).unwrap_or(0);
                    shared.queue.remove(oldest);
                }
                shared.queue.push_back(update);
            }
        }
        if !shared.woken {
            shared.woken = true;
            if let Some(wake) = &shared.wake {
                wake();
            }
        }
        Ok(())
    }
}

impl<T> Clone for UiSender<T> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<T> fmt::Debug for UiSender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UiSender").finish_non_exhaustive()
    }
}

/// The receiving half, for [`helper::run`](super::helper::run) or [`sharer::run`](super::sharer::run). Closed when dropped.
pub struct UiInbox<T> {
    shared: Arc<Mutex<Shared<T>>>,
}

impl<T> UiInbox<T> {
    /// Says how to wake the loop that reads this inbox; wakes it at once if something is here already.
    pub(super) fn on_wake(&self, wake: impl Fn() + Send + 'static) {
        let mut shared = lock(&self.shared);
        if !shared.queue.is_empty() {
            shared.woken = true;
            wake();
        }
        shared.wake = Some(Box::new(wake));
    }

    /// The next update, if one waits.
    pub(super) fn try_next(&self) -> Option<T> {
        let mut shared = lock(&self.shared);
        let next = shared.queue.pop_front();
        if next.is_none() {
            shared.woken = false;
        }
        next
    }
}

impl<T> Drop for UiInbox<T> {
    fn drop(&mut self) {
        let mut shared = lock(&self.shared);
        shared.open = false;
        shared.queue.clear();
        shared.wake = None;
    }
}

impl<T> fmt::Debug for UiInbox<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UiInbox").finish_non_exhaustive()
    }
}

/// A sender that panicked elsewhere leaves the queue whole: every change to it is one step.
fn lock<T>(shared: &Mutex<Shared<T>>) -> MutexGuard<'_, Shared<T>> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[derive(Debug, PartialEq)]
    enum Update {
        Line(usize),
        Position(usize),
        State(usize),
    }

    impl Supersede for Update {
        fn supersedes(&self, earlier: &Self) -> bool {
            matches!((self, earlier), (Self::Position(_), Self::Position(_)))
        }

        fn may_be_lost(&self) -> bool {
            !matches!(self, Self::State(_))
        }
    }

    #[test]
    fn keeps_order_and_only_the_last_of_what_supersedes() {
        let (sender, inbox) = channel();
        for update in [Update::Position(1), Update::Position(2), Update::Line(3), Update::Position(4)] {
            sender.send(update).unwrap();
        }
        let got: Vec<_> = std::iter::from_fn(|| inbox.try_next()).collect();
        assert_eq!(got, [Update::Position(2), Update::Line(3), Update::Position(4)]);
    }

    #[test]
    fn one_wake_for_what_comes_before_the_loop_looks() {
        let (sender, inbox) = channel();
        let woken = Arc::new(AtomicUsize::new(0));
        sender.send(Update::Line(0)).unwrap();
        let counter = Arc::clone(&woken);
        inbox.on_wake(move || {
            counter.fetch_add(1, Ordering::Relaxed);
        });
        sender.send(Update::Line(1)).unwrap();
        assert_eq!(woken.load(Ordering::Relaxed), 1);
        while inbox.try_next().is_some() {}
        sender.send(Update::Line(2)).unwrap();
        assert_eq!(woken.load(Ordering::Relaxed), 2);
    }

    #[test]
    fn a_flood_is_refused_and_a_closed_window_says_so() {
        let (sender, inbox) = channel();
        for n in 0..CAPACITY {
            sender.send(Update::Line(n)).unwrap();
        }
        assert_eq!(sender.send(Update::Line(0)), Err(SendError::Full));
        drop(inbox);
        assert_eq!(sender.send(Update::Line(0)), Err(SendError::Closed));
    }

    #[test]
    fn what_must_arrive_arrives_in_a_full_queue_and_costs_no_more_room() {
        let (sender, inbox) = channel();
        sender.send(Update::State(0)).unwrap();
        while sender.send(Update::Line(0)).is_ok() {}
        sender.send(Update::State(1)).unwrap();
        assert_eq!(sender.send(Update::Line(0)), Err(SendError::Full));
        let got: Vec<_> = std::iter::from_fn(|| inbox.try_next()).collect();
        assert_eq!((got.len(), &got[0], &got[CAPACITY - 1]), (CAPACITY, &Update::State(0), &Update::State(1)));
        for n in 0..3 * CAPACITY {
            sender.send(Update::State(n)).unwrap();
        }
        let got: Vec<_> = std::iter::from_fn(|| inbox.try_next()).collect();
        assert_eq!((got.len(), got.last()), (CAPACITY, Some(&Update::State(3 * CAPACITY - 1))));
    }
}
