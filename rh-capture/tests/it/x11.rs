//! The X11 backend against real servers.

mod cursor;
mod environment;
mod life;
mod local_input;
mod monitors;
mod pixels;
mod screen;
