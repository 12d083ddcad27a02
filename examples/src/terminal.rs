//! Standard output as what it is: something that may be gone.

use std::{
    fmt::Arguments,
    io::Write,
    sync::atomic::{AtomicBool, Ordering},
};

static GONE: AtomicBool = AtomicBool::new(false);

/// Writes a line. A terminal that is gone is noted, and nothing else happens: a session does not end by a panic because nobody reads what it says.
pub fn write(line: Arguments<'_>) {
    let mut out = std::io::stdout().lock();
    if out.write_fmt(line).and_then(|()| out.write_all(b"\n")).and_then(|()| out.flush()).is_err() {
        GONE.store(true, Ordering::Release);
    }
}

/// Whether everything could be written so far.
pub fn is_there() -> bool {
    !GONE.load(Ordering::Acquire)
}

/// `println!` that survives a closed standard output.
#[macro_export]
macro_rules! say {
    ($($what:tt)*) => { $crate::terminal::write(format_args!($($what)*)) };
}
