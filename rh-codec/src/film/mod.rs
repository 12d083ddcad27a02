//! Films on a screen: found by [`Watch`], coded by [`Stream`].

mod stream;
mod watch;

pub(crate) use stream::Stream;
pub(crate) use watch::Watch;
