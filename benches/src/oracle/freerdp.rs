//! FreeRDP, in a process of its own: the other side of `benches/oracle/freerdp.c`, which describes the protocol.

use std::{
    io::{BufReader, BufWriter, Read, Write},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use crate::frames::Picture;

/// FreeRDP's own refusal of a request, by its status.
pub(crate) type Answer = Result<Vec<u8>, i32>;

mod kind {
    pub(super) const RESET: u32 = 0;
    pub(super) const READ: u32 = 1;
    pub(super) const ZGFX_DECODE: u32 = 2;
    pub(super) const CLEAR_DECODE: u32 = 3;
    pub(super) const PLANAR_DECODE: u32 = 4;
    pub(super) const PROGRESSIVE_DECODE: u32 = 5;
    pub(super) const RFX_DECODE: u32 = 6;
    pub(super) const NSC_DECODE: u32 = 7;
    pub(super) const AVC420_DECODE: u32 = 8;
    pub(super) const AVC444_DECODE: u32 = 9;
    pub(super) const ZGFX_ENCODE: u32 = 16;
    pub(super) const PROGRESSIVE_ENCODE: u32 = 17;
    pub(super) const RFX_ENCODE: u32 = 18;
    pub(super) const PLANAR_ENCODE: u32 = 19;
    pub(super) const NSC_ENCODE: u32 = 20;
    pub(super) const AVC420_ENCODE: u32 = 21;
    pub(super) const GRAPHICS_RESET: u32 = 32;
    pub(super) const GRAPHICS_COMMAND: u32 = 33;
    pub(super) const GRAPHICS_READ: u32 = 34;
}

/// Where a command paints.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Area {
    pub(crate) x: u32,
    pub(crate) y: u32,
    pub(crate) width: u32,
    pub(crate) height: u32,
}

pub(crate) struct FreeRdp {
    child: Child,
    requests: BufWriter<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

#[allow(dead_code, reason = "the library's codecs, all of them; checks use what they need")]
impl FreeRdp {
    pub(crate) fn start(program: &Path) -> Result<Self, String> {
        let mut child = Command::new(program)
            .env("WLOG_LEVEL", "OFF")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|e| format!("{} does not start: {e}", program.display()))?;
        let (Some(requests), Some(answers)) = (child.stdin.take(), child.stdout.take()) else {
            return Err("a child without pipes".into());
        };
        Ok(Self { child, requests: BufWriter::new(requests), answers: BufReader::new(answers) })
    }

    /// One request, as `freerdp.c` documents them. `Err` outside: the oracle died; inside: FreeRDP refuses.
    fn ask(&mut self, kind: u32, area: Area, extra: u32, data: &[u8]) -> Result<Answer, String> {
        self.exchange(kind, area, extra, data).map_err(|e| match self.child.try_wait() {
            Ok(Some(status)) => format!("FreeRDP ended ({status}) at request {kind}"),
            _ => format!("FreeRDP does not answer: {e}"),
        })
    }

    fn exchange(&mut self, kind: u32, area: Area, extra: u32, data: &[u8]) -> std::io::Result<Answer> {
        let length = u32::try_from(data.len()).map_err(std::io::Error::other)?;
        for number in [kind, area.x, area.y, area.width, area.height, extra, 0, length] {
            self.requests.write_all(&number.to_le_bytes())?;
        }
        self.requests.write_all(data)?;
        self.requests.flush()?;
        let (mut status, mut length) = ([0; 4], [0; 4]);
        self.answers.read_exact(&mut status)?;
        self.answers.read_exact(&mut length)?;
        let mut data = vec![0; u32::from_le_bytes(length) as usize];
        self.answers.read_exact(&mut data)?;
        let status = i32::from_le_bytes(status);
        Ok(if status == 0 { Ok(data) } else { Err(status) })
    }

    /// A black surface of this size, and new contexts of every codec.
    pub(crate) fn reset(&mut self, width: u32, height: u32) -> Result<(), String> {
        self.ask(kind::RESET, Area { width, height, ..Area::default() }, 0, &[])?.map_err(|status| format!("no surface: {status}"))?;
        Ok(())
    }

    /// The surface.
    pub(crate) fn read(&mut self) -> Result<Vec<u8>, String> {
        self.ask(kind::READ, Area::default(), 0, &[])?.map_err(|status| format!("no picture: {status}"))
    }

    pub(crate) fn zgfx_decode(&mut self, message: &[u8]) -> Result<Answer, String> {
        self.ask(kind::ZGFX_DECODE, Area::default(), 0, message)
    }

    pub(crate) fn zgfx_encode(&mut self, plain: &[u8]) -> Result<Answer, String> {
        self.ask(kind::ZGFX_ENCODE, Area::default(), 0, plain)
    }

    pub(crate) fn planar_decode(&mut self, data: &[u8], area: Area) -> Result<Answer, String> {
        self.ask(kind::PLANAR_DECODE, area, 0, data)
    }

    /// `flags` are those of the stream's format header: 0x10 run lengths, 0x20 no alpha.
    pub(crate) fn planar_encode(&mut self, picture: &Picture, flags: u32) -> Result<Answer, String> {
        self.ask(kind::PLANAR_ENCODE, picture.area(), flags, &picture.pixels)
    }

    pub(crate) fn clear_decode(&mut self, data: &[u8], area: Area) -> Result<Answer, String> {
        self.ask(kind::CLEAR_DECODE, area, 0, data)
    }

    /// Of one NSCodec bitmap, as within ClearCodec.
    pub(crate) fn nsc_decode(&mut self, data: &[u8], area: Area) -> Result<Answer, String> {
        self.ask(kind::NSC_DECODE, area, 0, data)
    }

    /// `loss` is the colour loss level, 1 to 7.
    pub(crate) fn nsc_encode(&mut self, picture: &Picture, loss: u32, subsampling: bool) -> Result<Answer, String> {
        self.ask(kind::NSC_ENCODE, picture.area(), loss | u32::from(subsampling) << 8, &picture.pixels)
    }

    /// The data of one `WireToSurface2`; contexts last until the next reset. `frame` is the frame's id.
    pub(crate) fn progressive_decode(&mut self, data: &[u8], frame: u32) -> Result<Answer, String> {
        self.ask(kind::PROGRESSIVE_DECODE, Area::default(), frame, data)
    }

    pub(crate) fn progressive_encode(&mut self, picture: &Picture) -> Result<Answer, String> {
        self.ask(kind::PROGRESSIVE_ENCODE, picture.area(), 0, &picture.pixels)
    }

    /// The data of one `WireToSurface1` with RemoteFX, at `x`, `y` of the surface.
    pub(crate) fn rfx_decode(&mut self, data: &[u8], x: u32, y: u32) -> Result<Answer, String> {
        self.ask(kind::RFX_DECODE, Area { x, y, ..Area::default() }, 0, data)
    }

    /// `mode` is 1 or 3, the entropy coder's.
    pub(crate) fn rfx_encode(&mut self, picture: &Picture, mode: u32) -> Result<Answer, String> {
        self.ask(kind::RFX_ENCODE, picture.area(), mode, &picture.pixels)
    }

    /// An `RDPGFX_AVC420_BITMAP_STREAM`.
    pub(crate) fn avc420_decode(&mut self, data: &[u8]) -> Result<Answer, String> {
        self.ask(kind::AVC420_DECODE, Area::default(), 0, data)
    }

    /// An `RDPGFX_AVC444_BITMAP_STREAM`; `codec` is 14 or, for version 2, 15.
    pub(crate) fn avc444_decode(&mut self, data: &[u8], codec: u32) -> Result<Answer, String> {
        self.ask(kind::AVC444_DECODE, Area::default(), codec, data)
    }

    /// One access unit, if the library has an encoder.
    pub(crate) fn avc420_encode(&mut self, picture: &Picture, qp: u32) -> Result<Answer, String> {
        self.ask(kind::AVC420_ENCODE, picture.area(), qp, &picture.pixels)
    }

    /// FreeRDP's client of the whole pipeline begins anew.
    pub(crate) fn graphics_reset(&mut self) -> Result<(), String> {
        self.ask(kind::GRAPHICS_RESET, Area::default(), 0, &[])?.map_err(|status| format!("no pipeline: {status}"))?;
        Ok(())
    }

    /// One command of [MS-RDPEGFX] with its header, after ZGFX.
    pub(crate) fn graphics_command(&mut self, command: &[u8]) -> Result<Answer, String> {
        self.ask(kind::GRAPHICS_COMMAND, Area::default(), 0, command)
    }

    /// One `RDP_SEGMENTED_DATA`: unpacked by FreeRDP, then command by command. `Err` inside: what it refuses.
    pub(crate) fn graphics_message(&mut self, message: &[u8]) -> Result<Result<(), String>, String> {
        let plain = match self.zgfx_decode(message)? {
            Ok(plain) => plain,
            Err(status) => return Ok(Err(format!("zgfx: {status}"))),
        };
        let mut rest = &plain[..];
        while let Some((head, _)) = rest.split_first_chunk::<8>() {
            let length = u32::from_le_bytes([head[4], head[5], head[6], head[7]]) as usize;
            let (command, tail) = rest.split_at_checked(length.max(8)).ok_or("commands that are cut off")?;
            rest = tail;
            if let Err(status) = self.graphics_command(command)? {
                return Ok(Err(format!("command {}: {status}", head[0])));
            }
        }
        Ok(Ok(()))
    }

    /// The pipeline's output.
    pub(crate) fn graphics_read(&mut self) -> Result<Picture, String> {
        let data = self.ask(kind::GRAPHICS_READ, Area::default(), 0, &[])?.map_err(|status| format!("no output: {status}"))?;
        let (Some((width, rest)), true) = (data.split_first_chunk::<4>(), data.len() >= 8) else { return Err("a short answer".into()) };
        let (height, pixels) = rest.split_first_chunk::<4>().ok_or("a short answer")?;
        Ok(Picture::new(u32::from_le_bytes(*width), u32::from_le_bytes(*height), pixels.to_vec()))
    }
}

impl Drop for FreeRdp {
    fn drop(&mut self) {
        // It would end by itself at the end of its input; nothing is owed to it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
