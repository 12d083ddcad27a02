//! Oracles of the fuzz targets: each takes any bytes and panics if a promise is broken.

mod policy;

pub use policy::policy_file;
