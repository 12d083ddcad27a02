//! H.264 on a surface (2.2.4.4 to 2.2.4.6).

use super::pdu::{CodecId, Rect16};
use crate::{
    Error, Limits, Rect,
    avc::{Avc420, Avc444, Decoders, Layout, Planes, Rows, Video, Views, check_size, paint_420, paint_444},
    image::Surface,
};

/// What a command with H.264 holds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame<'a> {
    layout: Layout,
    views: Views<'a>,
    /// Where it paints, if it does not say itself.
    rect: Rect,
}

impl<'a> Frame<'a> {
    pub(super) fn parse(codec: CodecId, data: &'a [u8], rect: Rect, limits: &Limits) -> Result<Self, Error> {
        let (layout, views) = match codec {
            CodecId::AVC420 => (Layout::V1, Views::Main(Avc420::parse(data, limits)?)),
            CodecId::AVC444 => (Layout::V1, Avc444::parse(data, limits)?),
            _ => (Layout::V2, Avc444::parse(data, limits)?),
        };
        Ok(Self { layout, views, rect })
    }

    /// Access units.
    pub(super) fn units(&self) -> u64 {
        if matches!(self.views, Views::Both(..)) { 2 } else { 1 }
    }

    /// What is painted: as the stream says, where that says anything.
    pub(super) fn rects(&self) -> impl Iterator<Item = Result<Rect, Error>> + use<'a> {
        let (first, second) = match self.views {
            Views::Both(main, auxiliary) => (main, Some(auxiliary)),
            Views::Main(view) | Views::Auxiliary(view) => (view, None),
        };
        let said = move || first.rects().chain(second.into_iter().flat_map(|view| view.rects()));
        let whole = if said().next().is_none() { Some(Ok(self.rect)) } else { None };
        said().map(Rect16::rect).chain(whole)
    }
}

/// The video of a surface, from its first frame on.
///
/// A picture covers the surface from its upper left corner: what a command paints lies in both at the same place.
pub(super) struct SurfaceVideo {
    video: Video,
    main: Planes,
    auxiliary: Planes,
    rows: Rows,
}

impl std::fmt::Debug for SurfaceVideo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SurfaceVideo").field("size", &self.main.size()).finish_non_exhaustive()
    }
}

impl SurfaceVideo {
    pub(super) fn new(decoders: &mut Decoders) -> Result<Self, Error> {
        Ok(Self { video: Video::new(decoders)?, main: Planes::default(), auxiliary: Planes::default(), rows: Rows::default() })
    }

    /// Decodes a frame and paints it. The caller has seen to it that its rectangles lie on the surface.
    pub(super) fn show(&mut self, frame: &Frame<'_>, surface: &mut Surface, limits: &Limits) -> Result<(), Error> {
        let size = surface.size();
        let needed = frame
            .rects()
            .try_fold((0, 0), |(width, height): (u32, u32), rect| rect.map(|rect| (width.max(rect.right()), height.max(rect.bottom()))))?;
        let whole = match frame.views {
            Views::Both(main, auxiliary) => {
                self.video.decode(main.unit, size, needed, limits)?;
                self.video.exchange(&mut self.main);
                self.video.decode(auxiliary.unit, size, needed, limits)?;
                self.video.exchange(&mut self.auxiliary);
                true
            }
            Views::Main(main) => {
                self.video.decode(main.unit, size, needed, limits)?;
                self.video.exchange(&mut self.main);
                false
            }
            Views::Auxiliary(auxiliary) => {
                check_size(&self.main, needed)?;
                self.video.decode(auxiliary.unit, size, needed, limits)?;
                self.video.exchange(&mut self.auxiliary);
                true
            }
        };
        if whole && self.main.size() != self.auxiliary.size() {
            return Err(Error::Malformed("two views of different sizes"));
        }
        for rect in frame.rects() {
            let rect = rect?;
            if whole {
                paint_444(frame.layout, [&self.main, &self.auxiliary], &mut self.rows, rect, surface, (rect.x, rect.y));
            } else {
                paint_420(&self.main, rect, surface, rect.x, rect.y);
            }
        }
        Ok(())
    }
}
