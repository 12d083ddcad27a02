//! Who agrees with whom.

use std::fmt;

/// How alike pictures have to be.
#[derive(Clone, Copy, Debug)]
enum Bar {
    /// Bit for bit.
    Exact,
    /// No further from either oracle than these are from each other, plus 1, in any channel of any pixel of a frame.
    Near,
    /// At most this far from either.
    Within(u8),
}

/// One line of the table.
#[derive(Debug)]
pub(crate) struct Tally {
    name: String,
    bar: Bar,
    frames: u32,
    /// Frames that FreeRDP and IronRDP looked at, and of these the ones within the bar.
    freerdp: (u32, u32),
    ironrdp: (u32, u32),
    worst: u8,
    /// The first thing that went wrong.
    fault: Option<String>,
}

#[allow(dead_code, reason = "every kind of bar; checks use what they need")]
impl Tally {
    /// For operators that lose nothing.
    pub(crate) fn exact(name: impl Into<String>) -> Self {
        Self::new(name, Bar::Exact)
    }

    /// For transforms in which decoders may round differently.
    pub(crate) fn near(name: impl Into<String>) -> Self {
        Self::new(name, Bar::Near)
    }

    /// For operators whose bar is a number.
    pub(crate) fn within(name: impl Into<String>, levels: u8) -> Self {
        Self::new(name, Bar::Within(levels))
    }

    fn new(name: impl Into<String>, bar: Bar) -> Self {
        Self { name: name.into(), bar, frames: 0, freerdp: (0, 0), ironrdp: (0, 0), worst: 0, fault: None }
    }

    /// Enters one frame: what we have, and what those have that decode such a thing. Pictures are BGRX, the fourth byte ignored.
    pub(crate) fn frame(&mut self, ours: &[u8], freerdp: Option<&[u8]>, ironrdp: Option<&[u8]>) {
        let apart = match (freerdp, ironrdp) {
            (Some(a), Some(b)) => distance(a, b).unwrap_or(0),
            _ => 0,
        };
        let most = match self.bar {
            Bar::Exact => 0,
            Bar::Near => apart.saturating_add(1),
            Bar::Within(most) => most,
        };
        for (name, theirs, count) in [("FreeRDP", freerdp, &mut self.freerdp), ("IronRDP", ironrdp, &mut self.ironrdp)] {
            let Some(theirs) = theirs else { continue };
            count.0 += 1;
            let distance = distance(ours, theirs);
            self.worst = self.worst.max(distance.unwrap_or(255));
            match distance {
                Some(distance) if distance <= most => count.1 += 1,
                Some(distance) => {
                    self.fault.get_or_insert(format!("frame {}: {distance} from {name}, {most} allowed", self.frames));
                }
                None => {
                    self.fault.get_or_insert(format!("frame {}: another size than {name}'s", self.frames));
                }
            }
        }
        self.frames += 1;
    }

    /// Enters bytes that must be equal, whatever they are.
    pub(crate) fn bytes(&mut self, ours: &[u8], freerdp: Option<&[u8]>, ironrdp: Option<&[u8]>) {
        for (name, theirs, count) in [("FreeRDP", freerdp, &mut self.freerdp), ("IronRDP", ironrdp, &mut self.ironrdp)] {
            let Some(theirs) = theirs else { continue };
            count.0 += 1;
            if ours == theirs {
                count.1 += 1;
            } else {
                self.worst = 255;
                self.fault.get_or_insert(format!("message {}: other bytes than {name}'s", self.frames));
            }
        }
        self.frames += 1;
    }

    /// Somebody refuses what another wrote.
    pub(crate) fn refused(&mut self, by: &str, why: impl fmt::Display) {
        self.fault.get_or_insert(format!("frame {}: {by} refuses: {why}", self.frames));
    }

    fn agrees(&self) -> bool {
        self.fault.is_none() && self.frames > 0
    }
}

/// The largest difference in a colour channel; `None` if the sizes differ.
fn distance(a: &[u8], b: &[u8]) -> Option<u8> {
    let (a, b) = (a.as_chunks::<4>().0, b.as_chunks::<4>().0);
    (a.len() == b.len())
        .then(|| a.iter().zip(b).map(|(a, b)| a[0].abs_diff(b[0]).max(a[1].abs_diff(b[1])).max(a[2].abs_diff(b[2]))).max().unwrap_or(0))
}

/// The table.
#[derive(Debug, Default)]
pub(crate) struct Report(Vec<Tally>);

impl Report {
    pub(crate) fn add(&mut self, tally: Tally) {
        self.0.push(tally);
    }

    /// Whether every line does, and there is one.
    pub(crate) fn agrees(&self) -> bool {
        !self.0.is_empty() && self.0.iter().all(Tally::agrees)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let side = |(seen, same): (u32, u32)| if seen == 0 { "-".to_owned() } else { format!("{same} of {seen}") };
        writeln!(f, "{:<40} {:>6}  {:>14}  {:>14}  {:>5}", "operator", "frames", "ours = FreeRDP", "ours = IronRDP", "worst")?;
        for tally in &self.0 {
            let (freerdp, ironrdp) = (side(tally.freerdp), side(tally.ironrdp));
            write!(f, "{:<40} {:>6}  {freerdp:>14}  {ironrdp:>14}  {:>5}", tally.name, tally.frames, tally.worst)?;
            match &tally.fault {
                Some(fault) => writeln!(f, "  DISAGREES: {fault}")?,
                None => writeln!(f)?,
            }
        }
        Ok(())
    }
}
