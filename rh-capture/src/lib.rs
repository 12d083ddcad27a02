#![doc = include_str!("../README.md")]

mod backend;
mod capture;
mod damage;
mod error;
mod event;
mod frame;
mod layout;
mod local_input;

pub use backend::r#virtual::{Act, Axis, Button, Picture, VirtualDesktop, Widgets};
pub use backend::{Config, Kind, Probe, Select, Status, Transfer, open, probe};
pub use capture::{Capture, CursorSource, DamageSource, Info, Options, Stats, Waker};
pub use error::Error;
pub use event::{Event, Position, Reason, SecureKind, Shape, State, Why};
pub use frame::{Frame, Move, PixelFormat, Rect};
pub use layout::{Display, DisplayId, Layout, Placement, Rotation, Size};
pub use local_input::LocalInputWatch;
