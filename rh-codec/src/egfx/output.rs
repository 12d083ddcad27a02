//! Surfaces, and the output that shows them.

use super::{pdu::CreateSurface, video::SurfaceVideo};
use crate::{Error, Limits, Rect, Surface, progressive};

/// Surfaces that a client holds at a time; servers have one a monitor, and a few beside.
const MOST_SURFACES: usize = 256;

/// Where a surface is seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Nowhere,
    /// A rectangle of the output, into which it is stretched.
    Output(Rect),
}

/// One surface.
#[derive(Debug)]
pub(super) struct Target {
    id: u16,
    /// Columns and rows.
    pub(super) size: (u32, u32),
    /// Its pixels, unless they are lent to the embedder's picture.
    pub(super) surface: Surface,
    pub(super) place: Place,
    /// What has changed since it was last composed.
    pub(super) dirty: Vec<Rect>,
    /// Made with the first data that want it.
    pub(super) progressive: Option<Box<progressive::Decoder>>,
    /// The same of H.264.
    pub(super) video: Option<Box<SurfaceVideo>>,
}

impl Target {
    pub(super) fn whole(&self) -> Rect {
        Rect::new(0, 0, self.size.0, self.size.1)
    }

    pub(super) fn check(&self, rect: Rect) -> Result<(), Error> {
        if rect.fits(self.size.0, self.size.1) { Ok(()) } else { Err(Error::Malformed("a rectangle outside its surface")) }
    }

    /// A rectangle is to be composed again, if it is one of the surface.
    pub(super) fn touch(&mut self, rect: Rect, limits: &Limits) -> Result<(), Error> {
        self.check(rect)?;
        self.dirty.push(rect);
        self.tidy(limits);
        Ok(())
    }

    /// Keeps the list of rectangles short, however long a frame lasts.
    pub(super) fn tidy(&mut self, limits: &Limits) {
        if self.dirty.len() > limits.max_operations as usize {
            self.spoil();
        }
    }

    /// Everything is to be composed again.
    pub(super) fn spoil(&mut self) {
        self.dirty.clear();
        self.dirty.push(self.whole());
    }
}

/// All surfaces of a connection.
#[derive(Debug, Default)]
pub(super) struct Targets {
    targets: Vec<Target>,
    /// Pixels of all. Invariant: at most [`Targets::most_pixels`].
    pixels: u64,
}

impl Targets {
    /// Twice the largest surface: what is shown, and as much again beside it.
    fn most_pixels(limits: &Limits) -> u64 {
        limits.max_area * 2
    }

    pub(super) fn create(&mut self, limits: &Limits, create: &CreateSurface) -> Result<(), Error> {
        if self.position(create.surface).is_some() {
            return Err(Error::Malformed("a surface that exists is created"));
        }
        let (width, height) = (u32::from(create.width), u32::from(create.height));
        if width == 0 || height == 0 {
            return Err(Error::Malformed("a surface without pixels"));
        }
        limits.check_size(width, height)?;
        if self.targets.len() == MOST_SURFACES {
            return Err(Error::LimitExceeded { what: "the number of surfaces", limit: MOST_SURFACES as u64 });
        }
        let limit = Self::most_pixels(limits);
        let area = u64::from(width) * u64::from(height);
        if self.pixels + area > limit {
            return Err(Error::LimitExceeded { what: "the area of all surfaces", limit });
        }
        self.pixels += area;
        let mut surface = Surface::default();
        surface.resize(width, height);
        self.targets.push(Target {
            id: create.surface,
            size: (width, height),
            surface,
            place: Place::Nowhere,
            dirty: Vec::new(),
            progressive: None,
            video: None,
        });
        Ok(())
    }

    pub(super) fn delete(&mut self, id: u16) -> Result<(), Error> {
        let at = self.position(id).ok_or(Error::Malformed("a surface that does not exist is deleted"))?;
        self.pixels -= self.targets.remove(at).whole().area();
        Ok(())
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    fn position(&self, id: u16) -> Option<usize> {
        self.targets.iter().position(|target| target.id == id)
    }

    pub(super) fn of(&mut self, id: u16) -> Result<&mut Target, Error> {
        self.targets.iter_mut().find(|target| target.id == id).ok_or(Error::Malformed("a surface that does not exist"))
    }

    /// Shows a surface in a rectangle of the output, above those that were mapped before it.
    ///
    /// `None` means: pixel for pixel, at that point.
    pub(super) fn map(&mut self, id: u16, (x, y): (u32, u32), size: Option<(u32, u32)>) -> Result<(), Error> {
        let at = self.position(id).ok_or(Error::Malformed("a surface that does not exist"))?;
        let (width, height) = size.unwrap_or(self.targets[at].size);
        if width == 0 || height == 0 {
            return Err(Error::Malformed("a surface that is shown in no pixel"));
        }
        self.targets[at..].rotate_left(1);
        let target = self.targets.last_mut().expect("the one just moved there");
        target.place = Place::Output(Rect::new(x, y, width, height));
        target.spoil();
        Ok(())
    }

    /// Two surfaces that are not the same.
    pub(super) fn pair(&mut self, source: u16, target: u16) -> Result<(&Target, &mut Target), Error> {
        let missing = || Error::Malformed("a surface that does not exist");
        let places = [self.position(source).ok_or(missing())?, self.position(target).ok_or(missing())?];
        let [source, target] = self.targets.get_disjoint_mut(places).map_err(|_| missing())?;
        Ok((source, target))
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Target> {
        self.targets.iter_mut()
    }

    /// The surface that is all there is to see, pixel for pixel, if there is one.
    pub(super) fn sole(&mut self, output: (u32, u32)) -> Option<&mut Target> {
        let whole = Rect::new(0, 0, output.0, output.1);
        let mut seen = self.targets.iter_mut().filter(|target| target.place != Place::Nowhere);
        let sole = seen.next().filter(|target| target.place == Place::Output(whole) && target.size == output);
        if seen.next().is_some() { None } else { sole }
    }

    /// Shows what has changed, and adds it to `damage`.
    pub(super) fn compose(&mut self, output: &mut Surface, damage: &mut Vec<Rect>) {
        for target in &mut self.targets {
            if let Place::Output(place) = target.place {
                damage
                    .extend(target.dirty.iter().map(|dirty| show(&target.surface, place, *dirty, output)).filter(|rect| !rect.is_empty()));
            }
            target.dirty.clear();
        }
    }
}

/// Paints the part `dirty` of a surface that fills `place` of the output; returns what was painted.
fn show(surface: &Surface, place: Rect, dirty: Rect, output: &mut Surface) -> Rect {
    let (width, height) = output.size();
    let bounds = Rect::new(0, 0, width, height);
    let size = surface.size();
    if size == (place.width, place.height) {
        let rect = Rect { x: place.x.saturating_add(dirty.x), y: place.y.saturating_add(dirty.y), ..dirty }.intersection(&bounds);
        for y in rect.y..rect.bottom() {
            let from = surface.span(rect.x - place.x, y - place.y, rect.width);
            output.span_mut(rect.x, y, rect.width).copy_from_slice(from);
        }
        return rect;
    }
    // Every pixel of the output shows the one that its upper left corner lies in.
    let column = Axis { from: size.0, to: place.width };
    let row = Axis { from: size.1, to: place.height };
    let ((x, width), (y, height)) = (column.span(dirty.x, dirty.width), row.span(dirty.y, dirty.height));
    let rect = Rect::new(place.x.saturating_add(x), place.y.saturating_add(y), width, height).intersection(&bounds);
    for y in rect.y..rect.bottom() {
        let from = surface.row_pixels(row.source(y - place.y));
        let to = output.span_mut(rect.x, y, rect.width);
        for (x, pixel) in (rect.x..).zip(to) {
            *pixel = from[column.source(x - place.x) as usize];
        }
    }
    rect
}

/// Stretches `from` pixels to `to`; neither is 0.
#[derive(Clone, Copy)]
struct Axis {
    from: u32,
    to: u32,
}

impl Axis {
    fn scale(value: u64, by: u32, of: u32) -> u32 {
        u32::try_from(value * u64::from(by) / u64::from(of)).unwrap_or(u32::MAX)
    }

    /// The pixel that is seen at `at`, which is below `to`.
    fn source(self, at: u32) -> u32 {
        Self::scale(at.into(), self.from, self.to)
    }

    /// First pixel and number of pixels in which `start..start + len` is seen.
    fn span(self, start: u32, len: u32) -> (u32, u32) {
        // The first one whose source is not before: rounded up.
        let first = |at: u32| Self::scale(u64::from(at) * u64::from(self.to) + u64::from(self.from) - 1, 1, self.from);
        let (start, end) = (first(start), first(start.saturating_add(len)));
        (start, end.saturating_sub(start))
    }
}
