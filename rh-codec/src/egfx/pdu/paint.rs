//! Commands that paint (2.2.2.1 to 2.2.2.5).

use super::field::{Colour32, Data, Point16, Points, Rect16, Rects, layout, named};

named! {
    /// How pixels are coded (2.2.2.1, 2.2.2.2).
    CodecId(u16) {
        /// Pixels as they are.
        UNCOMPRESSED = 0,
        /// RemoteFX, [MS-RDPRFX].
        REMOTE_FX = 3,
        /// ClearCodec.
        CLEAR = 8,
        /// RemoteFX Progressive; in [`WireToSurface2`] only.
        PROGRESSIVE = 9,
        /// Planar, [MS-RDPEGDI] 2.2.2.5.1.
        PLANAR = 10,
        /// H.264 at 4:2:0.
        AVC420 = 11,
        /// The alpha of a surface.
        ALPHA = 12,
        /// H.264 at 4:4:4 in two views, first version.
        AVC444 = 14,
        /// H.264 at 4:4:4 in two views, second version.
        AVC444_V2 = 15,
    }
}

named! {
    /// `RDPGFX_PIXELFORMAT` (2.2.1.4).
    PixelFormat(u8) {
        /// Blue, green, red, a byte without meaning.
        XRGB = 0x20,
        /// Blue, green, red, alpha.
        ARGB = 0x21,
    }
}

layout! {
    /// `RDPGFX_WIRE_TO_SURFACE_PDU_1` (2.2.2.1): a codec's data for one rectangle.
    WireToSurface1<'a> {
        /// Where to.
        surface: u16,
        /// How it is coded.
        codec: CodecId,
        /// What the codec's pixels are.
        format: PixelFormat,
        /// Which part of the surface.
        rect: Rect16,
        /// The codec's bytes.
        data: Data<'a>,
    }
}

layout! {
    /// `RDPGFX_WIRE_TO_SURFACE_PDU_2` (2.2.2.2): data of a codec that keeps a context for the surface and says itself where it paints.
    WireToSurface2<'a> {
        /// Where to.
        surface: u16,
        /// How it is coded.
        codec: CodecId,
        /// Which context of that surface.
        context: u32,
        /// What the codec's pixels are.
        format: PixelFormat,
        /// The codec's bytes.
        data: Data<'a>,
    }
}

layout! {
    /// `RDPGFX_DELETE_ENCODING_CONTEXT_PDU` (2.2.2.3).
    DeleteEncodingContext {
        /// The context's surface.
        surface: u16,
        /// Which.
        context: u32,
    }
}

layout! {
    /// `RDPGFX_SOLIDFILL_PDU` (2.2.2.4).
    SolidFill<'a> {
        /// Where.
        surface: u16,
        /// With what.
        colour: Colour32,
        /// Which parts.
        rects: Rects<'a>,
    }
}

layout! {
    /// `RDPGFX_SURFACE_TO_SURFACE_PDU` (2.2.2.5): a rectangle copied to one or more places.
    ///
    /// With several points of which an earlier one overlaps the source, decoders differ in what the later ones show.
    SurfaceToSurface<'a> {
        /// From where.
        source: u16,
        /// Where to; may be the same.
        target: u16,
        /// Which part.
        rect: Rect16,
        /// Upper left corners of the copies.
        points: Points<'a>,
    }
}

/// One corner, as [`Points`] has it.
pub const fn point(x: u16, y: u16) -> [u8; 4] {
    Point16 { x, y }.to_bytes()
}
