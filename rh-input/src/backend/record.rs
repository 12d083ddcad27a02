use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use crate::{Error, Held, HidUsage, Info, Inject, Input, Kind, Layout, Locks, Report, inject};

/// An injector that does nothing but remember, for tests of whatever sends input.
///
/// It applies the rules of every backend: only known keys, only positions on the current layout, nothing pressed twice, everything
/// released on drop. What it remembers is what a desktop would have been made to do.
#[derive(Debug)]
pub struct Record {
    info: Info,
    log: RecordLog,
    held: Held,
    layout: Option<Arc<Layout>>,
}

/// A view of what a [`Record`] was told; clones show the same, also after the injector is gone.
#[derive(Debug, Clone, Default)]
pub struct RecordLog(Arc<Mutex<Log>>);

#[derive(Debug, Default)]
struct Log {
    /// Invariant: `inputs.len() <= RecordLog::CAPACITY`.
    inputs: VecDeque<Input>,
    held: Held,
    locks: Locks,
}

impl RecordLog {
    /// Inputs that are kept; the oldest go first, so that a long session does not fill the memory.
    pub const CAPACITY: usize = 65_536;

    /// Everything injected so far, releases on drop included.
    pub fn inputs(&self) -> Vec<Input> {
        self.lock().inputs.iter().cloned().collect()
    }

    /// The characters injected so far, by text and by keys that carried one.
    pub fn text(&self) -> String {
        let log = self.lock();
        let mut text = String::new();
        for input in &log.inputs {
            match input {
                Input::Text(t) => text.push_str(t),
                Input::Key { down: true, text: Some(c), .. } => text.push(*c),
                _ => {}
            }
        }
        text
    }

    /// What is held now.
    pub fn held(&self) -> Held {
        self.lock().held.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Log> {
        // Every change is one push or one assignment, so the log is whole also after a panic elsewhere.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Record {
    /// An injector with an empty log.
    pub fn new() -> Self {
        Self { info: Info::new(Kind::Record), log: RecordLog::default(), held: Held::default(), layout: None }
    }

    /// A handle to read what is injected, for before this injector is given away.
    pub fn log(&self) -> RecordLog {
        self.log.clone()
    }

    fn push(&self, input: Input) {
        let mut log = self.log.lock();
        if log.inputs.len() == RecordLog::CAPACITY {
            log.inputs.pop_front();
        }
        log.inputs.push_back(input);
        log.held.clone_from(&self.held);
    }

    fn release(&mut self) {
        while let Some(usage) = self.held.pop_key() {
            self.push(Input::Key { usage, down: false, text: None });
        }
        while let Some(button) = self.held.pop_button() {
            self.push(Input::Button { button, down: false });
        }
    }

    fn key(&mut self, usage: HidUsage, down: bool) -> bool {
        if down { self.held.press(usage) } else { self.held.release(usage) }
    }
}

impl Default for Record {
    fn default() -> Self {
        Self::new()
    }
}

impl Inject for Record {
    fn info(&self) -> &Info {
        &self.info
    }

    fn ready(&mut self, _until: Instant) -> Result<bool, Error> {
        Ok(true)
    }

    fn inject(&mut self, batch: &[Input]) -> Result<Report, Error> {
        inject::check(batch)?;
        let mut report = Report::default();
        for input in batch {
            let effective = match *input {
                Input::Key { usage, .. } if usage.evdev().is_none() => {
                    report.unsupported += 1;
                    continue;
                }
                Input::Key { usage, down, .. } => self.key(usage, down),
                Input::Button { button, down } => self.held.button(button, down),
                Input::MoveTo { display, generation, x, y } | Input::Touch { display, generation, x, y, .. } => {
                    if let Err(why) = super::locate(self.layout.as_deref(), display, generation, x, y) {
                        report.refuse(why);
                        continue;
                    }
                    true
                }
                Input::Locks(locks) => {
                    self.log.lock().locks = locks;
                    true
                }
                Input::ReleaseAll => {
                    self.release();
                    false
                }
                _ => true,
            };
            report.accepted += 1;
            if effective {
                self.push(input.clone());
            }
        }
        Ok(report)
    }

    fn set_layout(&mut self, layout: Arc<Layout>) {
        self.layout = Some(layout);
    }

    fn locks(&mut self) -> Result<Locks, Error> {
        Ok(self.log.lock().locks)
    }

    fn release_all(&mut self) -> Result<(), Error> {
        self.release();
        Ok(())
    }

    fn held(&self) -> &Held {
        &self.held
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        self.release();
    }
}
