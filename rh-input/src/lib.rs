#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

pub mod backend;
mod error;
mod event;
mod heartbeat;
mod held;
mod inject;
pub mod keymap;
mod layout;

pub use backend::{Act, Kind, Record, RecordLog, Settings, Virtual, open};
pub use error::Error;
pub use event::{Axis, Button, Input, Locks, MAX_TEXT, Phase};
pub use heartbeat::Heartbeat;
pub use held::Held;
pub use inject::{Info, Inject, Report};
pub use keymap::HidUsage;
pub use layout::{Display, DisplayId, Layout, Rect, Refusal};
