//! NSCodec, [MS-RDPNSC]: luma and chroma planes with run lengths; here as a subcodec of ClearCodec.
