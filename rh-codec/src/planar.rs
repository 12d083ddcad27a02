//! The planar codec, [MS-RDPEGDI] 2.2.2.5.1: colour planes with run lengths.
