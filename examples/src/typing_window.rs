//! A small X11 window of the demo that takes the text typed in a session.
