//! A bounded set of changed areas.

use crate::Rect;

/// Areas that changed since a consumer last took a frame.
///
/// Invariant: `rects.len() <= MAX`, none empty, and together they cover everything that was ever added since `clear`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Damage {
    rects: Vec<Rect>,
}

impl Damage {
    /// More areas than this are merged, least waste first: each costs a request, so very many small ones are slower than one large.
    pub(crate) const MAX: usize = 32;

    /// Pixels that may be covered needlessly to save an area. A request for pixels costs about as much as copying this many.
    const SLACK: u64 = 2048;

    pub(crate) fn new() -> Self {
        Self { rects: Vec::with_capacity(Self::MAX + 1) }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rects.is_empty()
    }

    pub(crate) fn rects(&self) -> &[Rect] {
        &self.rects
    }

    pub(crate) fn clear(&mut self) {
        self.rects.clear();
    }

    pub(crate) fn add(&mut self, rect: Rect) {
        if rect.is_empty() {
            return;
        }
        let mut rect = rect;
        // Each round removes an element, so it ends.
        while let Some(index) = self.rects.iter().position(|other| waste(&rect, other) <= Self::SLACK) {
            rect = rect.union(&self.rects.swap_remove(index));
        }
        self.rects.push(rect);
        if self.rects.len() > Self::MAX {
            self.merge_cheapest();
        }
    }

    /// Merges the two areas whose union covers the fewest pixels needlessly.
    fn merge_cheapest(&mut self) {
        let mut best = (u64::MAX, 0, 1);
        for (a, first) in self.rects.iter().enumerate() {
            for (b, second) in self.rects.iter().enumerate().skip(a + 1) {
                let cost = waste(first, second);
                if cost < best.0 {
                    best = (cost, a, b);
                }
            }
        }
        // `b > a`, so taking `b` first leaves `a` in place.
        let merged = self.rects.swap_remove(best.2).union(&self.rects.swap_remove(best.1));
        self.rects.push(merged);
    }
}

/// Pixels that the union of two areas covers and neither of them does.
fn waste(a: &Rect, b: &Rect) -> u64 {
    let covered = a.area() + b.area() - a.intersection(b).area();
    a.union(b).area().saturating_sub(covered)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rects() -> impl Strategy<Value = Vec<Rect>> {
        let rect = (0u32..1000, 0u32..1000, 0u32..200, 0u32..200).prop_map(|(x, y, w, h)| Rect::new(x, y, w, h));
        proptest::collection::vec(rect, 0..200)
    }

    proptest! {
        #[test]
        fn covers_everything_added_and_stays_small(rects in rects()) {
            let mut damage = Damage::new();
            for rect in &rects {
                damage.add(*rect);
            }
            prop_assert!(damage.rects().len() <= Damage::MAX);
            for rect in &rects {
                for (x, y) in [(rect.x, rect.y), (rect.x + rect.width / 2, rect.y + rect.height / 2), (rect.right().max(1) - 1, rect.bottom().max(1) - 1)] {
                    prop_assert!(!rect.contains(x, y) || damage.rects().iter().any(|d| d.contains(x, y)));
                }
            }
        }
    }

    #[test]
    fn what_is_far_apart_stays_apart() {
        let mut damage = Damage::new();
        damage.add(Rect::new(0, 0, 10, 10));
        damage.add(Rect::new(1000, 1000, 10, 10));
        damage.add(Rect::new(2, 2, 4, 4));
        assert_eq!(damage.rects().len(), 2);
    }
}
