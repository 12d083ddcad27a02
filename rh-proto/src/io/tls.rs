//! The inner TLS 1.3 channel with raw public keys (RFC 7250), without I/O.
