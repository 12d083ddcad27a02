//! The graphics pipeline of RDP, [MS-RDPEGFX]: commands on surfaces, caches, and the compressor around them.
//!
//! [`pdu`] holds the commands, [`caps`] the negotiation, [`zgfx`] the compressor. [`Reader`] shows what a server sends, [`Writer`] is the
//! other side. Each message on the channel is one `RDP_SEGMENTED_DATA` (2.2.5.1) that holds whole commands.
//!
//! [MS-RDPEGFX]: https://learn.microsoft.com/openspecs/windows_protocols/ms-rdpegfx/

pub mod alpha;
mod apply;
mod cache;
pub mod caps;
mod flow;
mod images;
mod kept;
mod output;
pub mod pdu;
mod reader;
mod video;
mod writer;
pub mod zgfx;

pub use flow::Flow;
pub use reader::Reader;
pub use writer::Writer;
