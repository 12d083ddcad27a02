//! The X11 backend against real servers.

mod cursor;
mod life;
mod monitors;
mod pixels;
mod screen;
