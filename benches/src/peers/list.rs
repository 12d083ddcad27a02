//! Who is measured.

/// What a contender is, in the chart and in the order of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    Ours,
    /// Whole frames, predicted from frames before.
    Video,
    /// Pictures that know no frame before.
    Image,
    /// Every pixel exact.
    Lossless,
}

/// How it is run.
#[derive(Clone, Copy, Debug)]
pub(crate) enum How {
    /// `replay` with these arguments.
    Replay(&'static str),
    /// This program of `benches/peers`, which knows the contender by its name.
    Program(&'static str),
}

/// One line of each table.
#[derive(Debug)]
pub(crate) struct Contender {
    pub(crate) name: &'static str,
    pub(crate) family: Family,
    pub(crate) how: How,
}

const fn ours(name: &'static str, args: &'static str) -> Contender {
    Contender { name, family: Family::Ours, how: How::Replay(args) }
}

const fn peer(name: &'static str, family: Family, program: &'static str) -> Contender {
    Contender { name, family, how: How::Program(program) }
}

/// In the tables' order.
pub(crate) const CONTENDERS: &[Contender] = &[
    ours("rh native, live", "--refine off --budget 1250000"),
    ours("rh native, settled", "--settle 20"),
    ours("rh egfx, live", "--profile egfx --refine off --budget 1250000"),
    peer("av1-realtime", Family::Video, "av1"),
    peer("av1-realtime-444", Family::Video, "av1"),
    peer("openh264-screen", Family::Video, "openh264"),
    peer("vp9-realtime", Family::Video, "vp9"),
    peer("vp9-realtime-444", Family::Video, "vp9"),
    peer("x264-ultrafast", Family::Video, "x264"),
    peer("x264-ultrafast-444", Family::Video, "x264"),
    peer("x264-veryfast", Family::Video, "x264"),
    peer("freerdp-progressive", Family::Image, "freerdp"),
    peer("freerdp-rfx", Family::Image, "freerdp"),
    peer("freerdp-nsc", Family::Image, "freerdp"),
    peer("ironrdp-rfx", Family::Image, "rh-peer-ironrdp"),
    peer("jpeg-80", Family::Image, "jpeg"),
    peer("jpeg-80-444", Family::Image, "jpeg"),
    peer("freerdp-planar", Family::Lossless, "freerdp"),
    peer("ironrdp-qoi", Family::Lossless, "rh-peer-ironrdp"),
    peer("ironrdp-qoiz", Family::Lossless, "rh-peer-ironrdp"),
    peer("zstd-3", Family::Lossless, "zstd"),
    peer("zstd-3-stream", Family::Lossless, "zstd"),
];
