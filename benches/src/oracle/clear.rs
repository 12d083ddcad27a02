//! ClearCodec and NSCodec.
//!
//! Nobody else encodes bands, V-bars and RLEX, so there are two kinds of streams: our encoder's, over frames and over what fills
//! its storages until they come round; and messages made at random from all that the format allows, which show that decoders
//! read it alike.

use ironrdp_graphics::clearcodec::ClearCodecDecoder;
use rh_codec::{
    FrameView, Limits, PixelFormat, Rect, Surface,
    clear::{Decoder, Encoder},
};

use crate::{
    Oracles,
    frames::Picture,
    freerdp::{Area, FreeRdp},
    report::{Report, Tally},
};

pub(crate) fn run(oracles: &mut Oracles, report: &mut Report) -> Result<(), String> {
    whole_frames(oracles, report)?;
    pieces(oracles, report)?;
    coming_round(oracles, report)?;
    glyphs(oracles, report)?;
    random_messages(oracles, report)?;
    nscodec(oracles, report)
}

/// One stream, three decoders, each with a surface of its own.
struct Link<'a> {
    freerdp: &'a mut FreeRdp,
    ironrdp: ClearCodecDecoder,
    ironrdp_shows: Vec<u8>,
    ours: Decoder,
    shows: Surface,
    width: u32,
    tally: Tally,
}

impl<'a> Link<'a> {
    fn new(freerdp: &'a mut FreeRdp, name: &str, (width, height): (u32, u32)) -> Result<Self, String> {
        freerdp.reset(width, height)?;
        let mut shows = Surface::default();
        shows.resize(width, height);
        Ok(Self {
            freerdp,
            ironrdp: ClearCodecDecoder::new(),
            ironrdp_shows: [0, 0, 0, 255].repeat(width as usize * height as usize),
            ours: Decoder::new(&Limits::default()),
            shows,
            width,
            tally: Tally::exact(name),
        })
    }

    fn send(&mut self, message: &[u8], rect: Rect) -> Result<(), String> {
        if let Err(error) = self.ours.decode(message, rect, &mut self.shows) {
            self.tally.refused("our decoder", error);
        }
        let area = Area { x: rect.x, y: rect.y, width: rect.width, height: rect.height };
        if let Err(status) = self.freerdp.clear_decode(message, area)? {
            self.tally.refused("FreeRDP", status);
        }
        let (width, height) = (u16::try_from(rect.width), u16::try_from(rect.height));
        let (Ok(width), Ok(height)) = (width, height) else { return Err("a bitmap of more than 65535 columns or rows".into()) };
        match self.ironrdp.decode(message, width, height) {
            Ok(pixels) => {
                for (row, y) in pixels.chunks_exact(rect.width as usize * 4).zip(rect.y..) {
                    let at = (y as usize * self.width as usize + rect.x as usize) * 4;
                    self.ironrdp_shows[at..at + row.len()].copy_from_slice(row);
                }
            }
            Err(error) => self.tally.refused("IronRDP", error),
        }
        Ok(())
    }

    /// Compares what all of them show, with `frame` as well if what they ought to show is known.
    fn compare(&mut self, frame: Option<&Picture>) -> Result<(), String> {
        let freerdp = self.freerdp.read()?;
        let ours = self.shows.view().ok_or("a surface without size")?.pixels();
        if frame.is_some_and(|frame| frame.pixels != ours) {
            self.tally.refused("the source", "our decoder shows something else");
        }
        self.tally.frame(ours, Some(&freerdp), Some(&self.ironrdp_shows));
        Ok(())
    }
}

fn view(picture: &Picture) -> Result<FrameView<'_>, String> {
    FrameView::new(picture.width, picture.height, picture.width as usize * 4, PixelFormat::Bgrx, &picture.pixels).map_err(|e| e.to_string())
}

fn encode(encoder: &mut Encoder, picture: &Picture, rect: Rect) -> Result<Vec<u8>, String> {
    let mut message = Vec::new();
    encoder.encode(&view(picture)?, rect, &mut message).map_err(|e| e.to_string())?;
    Ok(message)
}

fn hash(value: u32) -> u32 {
    let value = (value ^ value >> 16).wrapping_mul(0x7feb_352d);
    let value = (value ^ value >> 15).wrapping_mul(0x846c_a68b);
    value ^ value >> 16
}

/// Numbers that are the same in every run.
struct Noise(u32);

impl Noise {
    fn below(&mut self, limit: u32) -> u32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9);
        hash(self.0) % limit
    }

    fn byte(&mut self) -> u8 {
        self.below(256).to_le_bytes()[0]
    }
}

/// Every frame in one message, by encoders and decoders that have seen nothing.
fn whole_frames(oracles: &mut Oracles, report: &mut Report) -> Result<(), String> {
    let mut total = None;
    for frame in &oracles.frames {
        let mut link = Link::new(&mut oracles.freerdp, "clear: whole frames", (frame.width, frame.height))?;
        if let Some(tally) = total.take() {
            link.tally = tally;
        }
        let rect = Rect::new(0, 0, frame.width, frame.height);
        link.send(&encode(&mut Encoder::new(), frame, rect)?, rect)?;
        link.compare(Some(frame))?;
        total = Some(link.tally);
    }
    total.into_iter().for_each(|tally| report.add(tally));
    Ok(())
}

/// All frames through one session, cut into pieces of all sizes, down to glyphs; some come twice, and now and then storages begin anew.
fn pieces(oracles: &mut Oracles, report: &mut Report) -> Result<(), String> {
    let size = |side: fn(&Picture) -> u32| oracles.frames.iter().map(side).max().unwrap_or(1);
    let mut link = Link::new(&mut oracles.freerdp, "clear: pieces, one session", (size(|f| f.width), size(|f| f.height)))?;
    let mut encoder = Encoder::new();
    let mut noise = Noise(1);
    for frame in &oracles.frames {
        // Whole first, for what no piece may cover.
        let whole = Rect::new(0, 0, frame.width, frame.height);
        link.send(&encode(&mut encoder, frame, whole)?, whole)?;
        for number in 0..20 {
            let (x, y) = (noise.below(frame.width), noise.below(frame.height));
            let (most_wide, most_high) = if number % 2 == 0 { (40, 25) } else { (700, 60) };
            let rect = Rect::new(x, y, 1 + noise.below(most_wide), 1 + noise.below(most_high)).intersection(&whole);
            for _ in 0..=noise.below(2) {
                link.send(&encode(&mut encoder, frame, rect)?, rect)?;
            }
        }
        if noise.below(4) == 0 {
            encoder.restart_storages();
        }
        link.compare(None)?;
    }
    report.add(link.tally);
    Ok(())
}

/// Lines of letters, and of columns that are never seen again, at every height, until both storages have come round twice.
fn coming_round(oracles: &mut Oracles, report: &mut Report) -> Result<(), String> {
    const WIDTH: u32 = 600;
    let mut link = Link::new(&mut oracles.freerdp, "clear: storages come round", (WIDTH, 52))?;
    let mut encoder = Encoder::new();
    for round in 0..180u32 {
        let height = 1 + round % 52;
        let colour = |x: u32, y: u32| match round % 3 {
            0 => hash(x / 8 % 40 * 64 + x % 8 / 2 + y / 2 * 7919) % 3 * 0x40_4040,
            // One new pixel a column, so that columns stay the cheapest.
            _ if y == height / 2 => ((x + round * WIDTH) * 77) & 0xff_ffff,
            _ => 0x30_3030,
        };
        let pixels = (0..52).flat_map(|y| (0..WIDTH).map(move |x| (x, y)));
        let frame = Picture::new(WIDTH, 52, pixels.flat_map(|(x, y)| (colour(x, y) | 0xff00_0000).to_le_bytes()).collect());
        let rect = Rect::new(0, 0, WIDTH, height);
        link.send(&encode(&mut encoder, &frame, rect)?, rect)?;
        link.compare(None)?;
    }
    report.add(link.tally);
    Ok(())
}

/// More glyphs than there are places, the newest and the oldest again and again.
fn glyphs(oracles: &mut Oracles, report: &mut Report) -> Result<(), String> {
    let mut link = Link::new(&mut oracles.freerdp, "clear: glyphs", (32, 32))?;
    let mut encoder = Encoder::new();
    let glyph = |number: u32, width: u32, height: u32| {
        let pixels = (0..width * height).flat_map(|at| (hash(number * 1024 + at / 3) & 0x3f_3f3f | 0xff00_0000).to_le_bytes());
        Picture::new(width, height, pixels.collect())
    };
    for number in 0..4200u32 {
        let (width, height) = (1 + number % 32, 1 + number / 7 % 32);
        let rect = Rect::new(0, 0, width, height);
        let mut send = |number| link.send(&encode(&mut encoder, &glyph(number, width, height), rect)?, rect);
        send(number)?;
        if number % 5 == 0 {
            send(number)?;
            send(number.saturating_sub(3999))?;
        }
        if number % 40 == 0 {
            link.compare(None)?;
        }
    }
    report.add(link.tally);
    Ok(())
}

/// Writes messages that the format allows, whether or not an encoder would.
struct Writer {
    noise: Noise,
    sequence: u8,
    /// Lengths of the bars in both storages, and their cursors.
    full: Vec<Option<u8>>,
    short: Vec<Option<u8>>,
    cursors: (usize, usize),
}

impl Writer {
    fn new() -> Self {
        Self { noise: Noise(2), sequence: 0, full: vec![None; 32_768], short: vec![None; 16_384], cursors: (0, 0) }
    }

    fn colour(&mut self) -> [u8; 3] {
        [self.noise.byte(), self.noise.byte(), self.noise.byte()]
    }

    fn run(out: &mut Vec<u8>, run: u32, wider: u32) {
        // Any run may be written wider than it needs.
        match (run, wider) {
            (0..255, 1..) => out.push(run.to_le_bytes()[0]),
            (0..65_535, 0) | (255..65_535, 1..) => {
                out.push(255);
                out.extend_from_slice(&run.to_le_bytes()[..2]);
            }
            _ => {
                out.extend_from_slice(&[255; 3]);
                out.extend_from_slice(&run.to_le_bytes());
            }
        }
    }

    fn message(&mut self, width: u32, height: u32) -> Vec<u8> {
        let mut flags = 0;
        if self.noise.below(8) == 0 {
            flags = 4;
            self.cursors = (0, 0);
        }
        let residual = self.residual(width * height);
        let (mut bands, mut subcodecs) = (Vec::new(), Vec::new());
        for _ in 0..self.noise.below(4) {
            self.band(width, height, &mut bands);
        }
        // Overlaps are allowed, but ours bounds them.
        for _ in 0..self.noise.below(2) {
            self.region(width, height, &mut subcodecs);
        }
        let mut message = vec![flags, self.sequence];
        self.sequence = self.sequence.wrapping_add(1);
        for layer in [&residual, &bands, &subcodecs] {
            message.extend_from_slice(&u32::try_from(layer.len()).unwrap_or(u32::MAX).to_le_bytes());
        }
        [message, residual, bands, subcodecs].concat()
    }

    fn residual(&mut self, mut left: u32) -> Vec<u8> {
        let mut out = Vec::new();
        while left > 0 {
            let most = if self.noise.below(3) == 0 { left } else { left.min(300) };
            let run = 1 + self.noise.below(most);
            out.extend_from_slice(&self.colour());
            Self::run(&mut out, run, self.noise.below(4));
            left -= run;
        }
        out
    }

    fn band(&mut self, width: u32, height: u32, out: &mut Vec<u8>) {
        let (left, top) = (self.noise.below(width), self.noise.below(height));
        let (right, bottom) = (left + self.noise.below(width - left), top + self.noise.below((height - top).min(52)));
        for edge in [left, right, top, bottom] {
            out.extend_from_slice(&edge.to_le_bytes()[..2]);
        }
        out.extend_from_slice(&self.colour());
        let height = bottom - top + 1;
        let Ok(bar) = u8::try_from(height) else { return };
        for _ in left..=right {
            let number = self.noise.below(600);
            let slot = number as usize;
            match self.noise.below(3) {
                0 if self.full[slot] == Some(bar) => out.extend_from_slice(&(number | 0x8000).to_le_bytes()[..2]),
                1 if self.short[slot].is_some_and(|len| len <= bar) => {
                    let from = self.noise.below(height - u32::from(self.short[slot].unwrap_or(0)) + 1);
                    out.extend_from_slice(&(number | 0x4000).to_le_bytes()[..2]);
                    out.extend_from_slice(&from.to_le_bytes()[..1]);
                    self.inserted(bar);
                }
                _ => {
                    let from = self.noise.below(height + 1);
                    let to = from + self.noise.below(height - from + 1);
                    out.extend_from_slice(&[from.to_le_bytes()[0], to.to_le_bytes()[0]]);
                    for _ in from..to {
                        out.extend_from_slice(&self.colour());
                    }
                    self.short[self.cursors.1] = Some((to - from).to_le_bytes()[0]);
                    self.cursors.1 = (self.cursors.1 + 1) % self.short.len();
                    self.inserted(bar);
                }
            }
        }
    }

    fn inserted(&mut self, bar: u8) {
        self.full[self.cursors.0] = Some(bar);
        self.cursors.0 = (self.cursors.0 + 1) % self.full.len();
    }

    fn region(&mut self, width: u32, height: u32, out: &mut Vec<u8>) {
        let (x, y) = (self.noise.below(width), self.noise.below(height));
        let (width, height) = (1 + self.noise.below(width - x), 1 + self.noise.below(height - y));
        let rlex = self.rlex(width * height);
        // IronRDP holds encoders to the specification's bound of three bytes a pixel.
        let raw = rlex.len() as u64 > u64::from(width * height) * 3 || self.noise.below(4) == 0;
        let bitmap = if raw { (0..width * height).flat_map(|_| self.colour()).collect() } else { rlex };
        for side in [x, y, width, height] {
            out.extend_from_slice(&side.to_le_bytes()[..2]);
        }
        out.extend_from_slice(&u32::try_from(bitmap.len()).unwrap_or(u32::MAX).to_le_bytes());
        out.push(if raw { 0 } else { 2 });
        out.extend_from_slice(&bitmap);
    }

    fn rlex(&mut self, mut left: u32) -> Vec<u8> {
        let most = if self.noise.below(2) == 0 { 127 } else { 8 };
        let count = 1 + self.noise.below(most);
        let mut out = vec![count.to_le_bytes()[0]];
        for _ in 0..count {
            out.extend_from_slice(&self.colour());
        }
        let bits = (count - 1).max(1).ilog2() + 1;
        while left > 0 {
            let stop = self.noise.below(count);
            let depth = self.noise.below(stop.min((1 << (8 - bits)) - 1).min(left - 1) + 1);
            let most = if self.noise.below(5) == 0 { u32::MAX } else { 20 };
            let run = self.noise.below((left - depth).min(most));
            out.push((stop | depth << bits).to_le_bytes()[0]);
            Self::run(&mut out, run, self.noise.below(4));
            left -= run + depth + 1;
        }
        out
    }
}

fn random_messages(oracles: &mut Oracles, report: &mut Report) -> Result<(), String> {
    let mut link = Link::new(&mut oracles.freerdp, "clear: messages made at random", (400, 300))?;
    let mut writer = Writer::new();
    for _ in 0..2000 {
        let (width, height) = (1 + writer.noise.below(120), 1 + writer.noise.below(90));
        let rect = Rect::new(writer.noise.below(400 - width), writer.noise.below(300 - height), width, height);
        link.send(&writer.message(width, height), rect)?;
        link.compare(None)?;
    }
    report.add(link.tally);
    Ok(())
}

/// FreeRDP's encoder of NSCodec, as ClearCodec carries it, at every loss level.
fn nscodec(oracles: &mut Oracles, report: &mut Report) -> Result<(), String> {
    for subsampling in [false, true] {
        let name = if subsampling { "nsc: FreeRDP's stream, halved chroma" } else { "nsc: FreeRDP's stream" };
        let mut total = None;
        for (frame, loss) in oracles.frames.iter().zip((1..=7).cycle()) {
            let stream = match oracles.freerdp.nsc_encode(frame, loss, subsampling)? {
                Ok(stream) => stream,
                Err(status) => return Err(format!("no NSCodec stream: {status}")),
            };
            // The specification bounds a region's bytes; a header alone takes more than a few pixels are worth.
            if stream.len() as u64 > u64::from(frame.width) * u64::from(frame.height) * 3 {
                continue;
            }
            let mut link = Link::new(&mut oracles.freerdp, name, (frame.width, frame.height))?;
            if let Some(tally) = total.take() {
                link.tally = tally;
            }
            let mut region = Vec::new();
            for side in [0, 0, frame.width, frame.height] {
                region.extend_from_slice(&side.to_le_bytes()[..2]);
            }
            region.extend_from_slice(&u32::try_from(stream.len()).unwrap_or(u32::MAX).to_le_bytes());
            region.push(1);
            region.extend_from_slice(&stream);
            let mut message = vec![0; 10];
            message.extend_from_slice(&u32::try_from(region.len()).unwrap_or(u32::MAX).to_le_bytes());
            message.extend_from_slice(&region);
            link.send(&message, Rect::new(0, 0, frame.width, frame.height))?;
            link.compare(None)?;
            total = Some(link.tally);
        }
        total.into_iter().for_each(|tally| report.add(tally));
    }
    Ok(())
}
