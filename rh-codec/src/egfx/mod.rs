//! The graphics pipeline of RDP, [MS-RDPEGFX].
