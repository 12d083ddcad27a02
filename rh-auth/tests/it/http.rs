//! Signing in at a real provider, through its own pages.

mod browser;
mod discovery;
mod glewlwyd;
mod loopback;
mod provider;
mod sign_in;
