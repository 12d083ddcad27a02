//! Glue shared by the programs `sharer`, `helper` and `demo`: what an embedder would copy.

pub mod typing_window;
pub mod ui;
