/// Why an injector could not do as told; the same variants on every operating system, one for each thing a caller can do about it.
///
/// What a backend *cannot* do is no error: it stands in [`Info`](crate::Info) before, and in [`Report`](crate::Report) after.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is no desktop of this kind to reach. Tell the person what is named, and try another backend.
    #[error("no desktop to send input to: {what}")]
    Missing {
        /// What was looked for and not found, in words.
        what: String,
    },
    /// The desktop is there but does not offer what input needs. Tell the person to install or enable it.
    #[error("the desktop does not offer {what}")]
    Unsupported {
        /// The extension or permission that is missing.
        what: &'static str,
    },
    /// A batch is larger than this crate accepts, and nothing of it was sent. Split it, or treat its sender as faulty.
    #[error("{what} is larger than {limit}")]
    LimitExceeded {
        /// What was too large.
        what: &'static str,
        /// The largest accepted, in the unit that `what` is counted in.
        limit: usize,
    },
    /// The desktop ended, or stopped answering. Drop the injector and open another when the desktop is back.
    #[error("the desktop is gone or does not answer ({op}: {detail})")]
    Closed {
        /// What was being done.
        op: &'static str,
        /// The system's own words.
        detail: String,
    },
    /// The process that releases held keys if ours dies has itself ended. Keys are released; open anew with a new one.
    #[error("the watchdog process is gone; input is refused because nobody would release held keys")]
    WatchdogGone,
    /// A call that should not fail did. Report it as a bug, with the text; the injector may be used further.
    #[error("{op} failed: {detail}")]
    Backend {
        /// What was being done.
        op: &'static str,
        /// The system's own words.
        detail: String,
    },
}
