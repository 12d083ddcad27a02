//! What sits between the two ends.

/// One of the two connections that a relay joins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Leg {
    /// To the helper.
    Helper,
    /// To the sharer.
    Sharer,
}

impl Leg {
    pub(crate) const BOTH: [Self; 2] = [Self::Helper, Self::Sharer];

    pub(crate) fn other(self) -> Self {
        match self {
            Self::Helper => Self::Sharer,
            Self::Sharer => Self::Helper,
        }
    }

    pub(crate) fn index(self) -> usize {
        match self {
            Self::Helper => 0,
            Self::Sharer => 1,
        }
    }
}

/// Something the relay sends.
#[derive(Debug, Clone)]
pub(crate) struct Packet {
    pub(crate) to: Leg,
    /// `None`: the transport ends.
    pub(crate) bytes: Option<Vec<u8>>,
}

impl Packet {
    pub(crate) fn new(to: Leg, bytes: &[u8]) -> Self {
        Self { to, bytes: Some(bytes.to_vec()) }
    }

    pub(crate) fn end(to: Leg) -> Self {
        Self { to, bytes: None }
    }

    /// What an honest relay does.
    pub(crate) fn pass(from: Leg, bytes: Option<&[u8]>) -> Self {
        Self { to: from.other(), bytes: bytes.map(<[u8]>::to_vec) }
    }
}

/// Takes what comes from one end (`None`: its transport ended), and says what goes where.
pub(crate) trait Relay {
    fn forward(&mut self, from: Leg, bytes: Option<&[u8]>, out: &mut Vec<Packet>);
}

impl<F: FnMut(Leg, Option<&[u8]>, &mut Vec<Packet>)> Relay for F {
    fn forward(&mut self, from: Leg, bytes: Option<&[u8]>, out: &mut Vec<Packet>) {
        self(from, bytes, out);
    }
}

/// A relay that knows where TLS records begin: `meddle` gets each of them with its number in its direction.
pub(crate) struct Records<F> {
    pending: [Vec<u8>; 2],
    count: [usize; 2],
    meddle: F,
}

impl<F: FnMut(Leg, usize, &[u8], &mut Vec<Packet>)> Records<F> {
    pub(crate) fn new(meddle: F) -> Self {
        Self { pending: [Vec::new(), Vec::new()], count: [0; 2], meddle }
    }
}

impl<F: FnMut(Leg, usize, &[u8], &mut Vec<Packet>)> Relay for Records<F> {
    fn forward(&mut self, from: Leg, bytes: Option<&[u8]>, out: &mut Vec<Packet>) {
        let Some(bytes) = bytes else {
            out.push(Packet::pass(from, None));
            return;
        };
        let pending = &mut self.pending[from.index()];
        pending.extend_from_slice(bytes);
        while let Some(header) = pending.first_chunk::<5>() {
            let length = 5 + usize::from(u16::from_be_bytes([header[3], header[4]]));
            if pending.len() < length {
                break;
            }
            let record: Vec<u8> = pending.drain(..length).collect();
            let number = self.count[from.index()];
            self.count[from.index()] += 1;
            (self.meddle)(from, number, &record, out);
        }
    }
}
