//! Threads change how long it takes, and nothing else.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
    thread::{self, ThreadId},
};

use rh_codec::{Budget, Encoder, FirstPaint, Hints, Rect, Settings, Workers};

use crate::screen::{Noise, Screen};

/// So many threads, new ones at each call, and which of them were of use.
struct Threads {
    count: usize,
    seen: Mutex<BTreeSet<String>>,
}

impl Threads {
    fn new(count: usize) -> Arc<Self> {
        Arc::new(Self { count, seen: Mutex::default() })
    }
}

fn name(id: ThreadId) -> String {
    format!("{id:?}")
}

impl Workers for Threads {
    fn each(&self, count: usize, job: &(dyn Fn(usize) + Sync)) {
        thread::scope(|scope| {
            for first in 0..self.count {
                scope.spawn(move || {
                    for i in (first..count).step_by(self.count) {
                        self.seen.lock().unwrap().insert(name(thread::current().id()));
                        job(i);
                    }
                });
            }
        });
    }
}

/// Promises much, and does every second job twice and the others not at all.
struct Liar;

impl Workers for Liar {
    fn each(&self, count: usize, job: &(dyn Fn(usize) + Sync)) {
        (0..count).step_by(2).chain((0..count).step_by(2)).for_each(job);
    }
}

/// A page of text above a photograph, large enough to be worth several threads.
fn message(images: FirstPaint, workers: Option<Arc<dyn Workers>>) -> Vec<u8> {
    let mut encoder = Encoder::new(Settings { images, ..Settings::default() }).unwrap();
    if let Some(workers) = workers {
        encoder = encoder.with_workers(workers);
    }
    let mut noise = Noise(9);
    let mut screen = Screen::new(1024, 1000, 12);
    screen.text(Rect::new(0, 0, 1024, 192), &mut noise);
    screen.photo(Rect::new(0, 192, 1024, 808), &mut noise);
    let mut message = Vec::new();
    encoder.encode(&screen.view(), &Hints::default(), Budget::UNLIMITED, &mut message).unwrap();
    message
}

#[test]
fn any_number_of_threads_makes_the_same_bytes() {
    for images in [FirstPaint::Coarse, FirstPaint::Exact] {
        let alone = message(images, None);
        for count in [2, 5] {
            let threads = Threads::new(count);
            assert!(message(images, Some(Arc::clone(&threads) as _)) == alone, "{count} threads, {images:?}");
            assert!(threads.seen.lock().unwrap().len() >= 2, "{count} threads had nothing to do");
        }
    }
}

#[test]
fn threads_that_do_not_keep_their_promise_do_no_harm() {
    assert!(message(FirstPaint::Coarse, Some(Arc::new(Liar))) == message(FirstPaint::Coarse, None));
}
