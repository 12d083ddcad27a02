//! zstd as one long stream, flushed at the end of a message.
//!
//! A flush every frame keeps the history: measured, it compresses like a dictionary of everything sent before, at constant cost.

use zstd::zstd_safe::{CCtx, CParameter, DCtx, DParameter, InBuffer, OutBuffer, ResetDirective, zstd_sys::ZSTD_EndDirective};

use crate::Error;

/// zstd reports errors as negated numbers in a `size_t`.
fn backend(op: &'static str) -> impl Fn(usize) -> Error {
    move |code| Error::Backend { op, code: i32::try_from(code.wrapping_neg()).unwrap_or(i32::MAX) }
}

pub(super) struct Compressor {
    context: CCtx<'static>,
}

impl Compressor {
    pub(super) fn new(level: i32, window_log: u32) -> Result<Self, Error> {
        let op = "creating a zstd compressor";
        let mut context = CCtx::try_create().ok_or(Error::Backend { op, code: 0 })?;
        for parameter in [CParameter::CompressionLevel(level), CParameter::WindowLog(window_log), CParameter::ChecksumFlag(false)] {
            context.set_parameter(parameter).map_err(backend(op))?;
        }
        Ok(Self { context })
    }

    /// Forgets the history; the next byte begins a new zstd frame.
    pub(super) fn reset(&mut self) -> Result<(), Error> {
        self.context.reset(ResetDirective::SessionOnly).map_err(backend("resetting a zstd compressor"))?;
        Ok(())
    }

    /// Takes in `plain` whole; what zstd has ready goes to the end of `out`.
    pub(super) fn write(&mut self, plain: &[u8], out: &mut Vec<u8>) -> Result<(), Error> {
        self.run(plain, out, ZSTD_EndDirective::ZSTD_e_continue)
    }

    /// Puts everything taken in so far into `out`, such that the other side can read it.
    pub(super) fn flush(&mut self, out: &mut Vec<u8>) -> Result<(), Error> {
        self.run(&[], out, ZSTD_EndDirective::ZSTD_e_flush)
    }

    fn run(&mut self, plain: &[u8], out: &mut Vec<u8>, end: ZSTD_EndDirective) -> Result<(), Error> {
        let flush = end == ZSTD_EndDirective::ZSTD_e_flush;
        let mut input = InBuffer::around(plain);
        loop {
            out.reserve(4096);
            let filled = out.len();
            let mut output = OutBuffer::around_pos(out, filled);
            let left = self.context.compress_stream2(&mut output, &mut input, end).map_err(backend("compressing"))?;
            if input.pos() == plain.len() && (!flush || left == 0) {
                return Ok(());
            }
        }
    }
}

pub(super) struct Decompressor {
    context: DCtx<'static>,
}

impl Decompressor {
    pub(super) fn new(max_window_log: u32) -> Result<Self, Error> {
        let op = "creating a zstd decompressor";
        let mut context = DCtx::try_create().ok_or(Error::Backend { op, code: 0 })?;
        context.set_parameter(DParameter::WindowLogMax(max_window_log)).map_err(backend(op))?;
        Ok(Self { context })
    }

    pub(super) fn reset(&mut self) -> Result<(), Error> {
        self.context.reset(ResetDirective::SessionOnly).map_err(backend("resetting a zstd decompressor"))?;
        Ok(())
    }

    /// Fills `plain` as far as `wire`, whose read part is cut off, allows; returns the number of bytes written.
    pub(super) fn read(&mut self, wire: &mut &[u8], plain: &mut [u8]) -> Result<usize, Error> {
        let mut input = InBuffer::around(wire);
        let mut output = OutBuffer::around(plain);
        loop {
            let (taken, made) = (input.pos(), output.pos());
            // Whether damage or too large a window: it came from the peer.
            let hint = self
                .context
                .decompress_stream(&mut output, &mut input)
                .map_err(|_| Error::Malformed("not a zstd stream within the limits"))?;
            if hint == 0 {
                return Err(Error::Malformed("the zstd stream ends inside the session"));
            }
            if output.pos() == output.capacity() || (input.pos(), output.pos()) == (taken, made) {
                break;
            }
        }
        let (taken, made) = (input.pos(), output.pos());
        *wire = &wire[taken..];
        Ok(made)
    }
}
