//! Threads for the codec.

use rayon::{
    ThreadPool, ThreadPoolBuilder,
    iter::{IntoParallelIterator, ParallelIterator},
};
use rh_codec::Workers;

use crate::Failure;

/// Threads that stay.
pub(crate) struct Pool(ThreadPool);

impl Pool {
    /// So many threads, of which the caller's waits.
    pub(crate) fn new(threads: u8) -> Result<Self, Failure> {
        let pool = ThreadPoolBuilder::new().num_threads(threads.into()).build();
        Ok(Self(pool.map_err(|e| Failure::Run(format!("cannot start {threads} threads: {e}")))?))
    }
}

impl Workers for Pool {
    fn each(&self, count: usize, job: &(dyn Fn(usize) + Sync)) {
        self.0.install(|| (0..count).into_par_iter().for_each(job));
    }
}
