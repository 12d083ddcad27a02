//! ClearCodec: lossless text and controls, [MS-RDPEGFX] 2.2.4.1 and 3.3.8.1.
