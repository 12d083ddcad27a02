//! Threads that the embedder lends.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Runs parts of a call at once.
///
/// The codec starts no threads. Given this, it cuts long work into parts: a large image into slices of half a megapixel, a large
/// piece of text into finding out what is likely and writing that down. The bytes and pictures are the same without it, and with any number of threads.
///
/// ```
/// struct TwoThreads;
///
/// impl rh_codec::Workers for TwoThreads {
///     fn each(&self, count: usize, job: &(dyn Fn(usize) + Sync)) {
///         std::thread::scope(|scope| {
///             scope.spawn(|| (1..count).step_by(2).for_each(job));
///             (0..count).step_by(2).for_each(job);
///         });
///     }
/// }
/// # let settings = rh_codec::Settings::default();
/// let encoder = rh_codec::Encoder::new(settings)?.with_workers(std::sync::Arc::new(TwoThreads));
/// # Ok::<(), rh_codec::Error>(())
/// ```
///
/// A pool that keeps its threads (with rayon, `(0..count).into_par_iter().for_each(job)`) is worth it: a part takes a millisecond or a few.
pub trait Workers: Send + Sync {
    /// Calls `job` with every number below `count`, each once, in any order and on any threads, and returns when all calls have
    /// returned.
    fn each(&self, count: usize, job: &(dyn Fn(usize) + Sync));
}

/// Something that one of several parts takes for itself.
pub(crate) struct Slot<T>(Mutex<Option<T>>);

impl<T> Slot<T> {
    pub(crate) fn new(content: Option<T>) -> Self {
        Self(Mutex::new(content))
    }

    pub(crate) fn is_full(&self) -> bool {
        lock(&self.0).is_some()
    }

    pub(crate) fn take(&self) -> Option<T> {
        lock(&self.0).take()
    }
}

/// What a part that panicked left behind is as good as nothing: everything in here is written before it is read.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Calls `job` with every number below `count`. A second call with the same number must do nothing, as a [`Slot`] sees to: what the
/// embedder's threads have left undone, whatever they promised, is done here.
pub(crate) fn each(workers: Option<&dyn Workers>, count: usize, job: &(dyn Fn(usize) + Sync)) {
    if let Some(workers) = workers
        && count > 1
    {
        workers.each(count, job);
    }
    (0..count).for_each(job);
}
