//! [`tokio_util::codec`] over the frame layer, for embedders that would rather have a stream of frames than drive a session.

use std::io;

use bytes::BytesMut;

use crate::error::Error;
use crate::frame::{Decoder, Frame};
use crate::limits::{Limits, charge};

/// Wire frames over any byte stream: `Framed::new(io, FrameCodec::new(&limits))`.
#[derive(Debug, Clone)]
pub struct FrameCodec {
    decoder: Decoder,
    max_body: usize,
}

impl FrameCodec {
    /// With bodies of at most [`Limits::frame`] bytes, both ways.
    #[must_use]
    pub fn new(limits: &Limits) -> Self {
        Self { decoder: Decoder::new(limits), max_body: limits.frame }
    }
}

/// What ends a stream of frames.
#[derive(Debug, thiserror::Error)]
pub enum CodecError {
    /// The transport failed, or ended within a frame.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The peer's bytes are no frames, or too long.
    #[error(transparent)]
    Protocol(#[from] Error),
}

impl tokio_util::codec::Decoder for FrameCodec {
    type Item = Frame;
    type Error = CodecError;

    fn decode(&mut self, input: &mut BytesMut) -> Result<Option<Frame>, CodecError> {
        Ok(self.decoder.decode(input)?)
    }
}

impl tokio_util::codec::Encoder<Frame> for FrameCodec {
    type Error = CodecError;

    fn encode(&mut self, frame: Frame, out: &mut BytesMut) -> Result<(), CodecError> {
        charge("wire frame", frame.body.len(), self.max_body)?;
        Ok(frame.write(out)?)
    }
}
