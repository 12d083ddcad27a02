//! `tokio_util::codec` over the frame layer.
