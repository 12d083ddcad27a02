//! Frames and their acknowledgements (3.2.5.13), on the server's side.

use super::pdu::FrameAcknowledge;
use crate::{Budget, Error};

/// Frames on their way at most, to a client that acknowledges: a third of a second at 50 frames a second, which covers a round trip between continents.
/// More would only queue what newer frames replace.
const MOST_ON_THEIR_WAY: u32 = 16;

/// Which frames were sent, and which of them the client has shown.
#[derive(Clone, Copy, Debug, Default)]
pub struct Flow {
    sent: u32,
    acknowledged: u32,
    /// The client has acknowledged something: one that never does is not waited for.
    acknowledging: bool,
    /// As the client said last; [`FrameAcknowledge::UNKNOWN`] at first.
    queue_depth: u32,
}

impl Flow {
    /// The number of a new frame, from 1 on.
    pub(super) fn next(&mut self) -> u32 {
        self.sent = self.sent.wrapping_add(1);
        self.sent
    }

    /// The number of the last frame; 0 before the first.
    pub const fn sent(&self) -> u32 {
        self.sent
    }

    /// The client has shown a frame, and with it all before it.
    ///
    /// # Errors
    /// `PeerViolation` if that frame was never sent, or one after it has been acknowledged.
    pub fn handle_ack(&mut self, ack: &FrameAcknowledge) -> Result<(), Error> {
        // Numbers wrap around: what is less than half the circle ahead is later.
        if self.sent.wrapping_sub(ack.frame) > u32::MAX / 2 {
            return Err(Error::PeerViolation("acknowledges a frame that was never sent"));
        }
        if ack.frame.wrapping_sub(self.acknowledged) > u32::MAX / 2 {
            return Err(Error::PeerViolation("takes an acknowledgement back"));
        }
        (self.acknowledged, self.acknowledging) = (ack.frame, true);
        self.queue_depth = ack.queue_depth;
        Ok(())
    }

    /// Frames that the client has not acknowledged; `None` if it has said that it will not.
    pub fn unacknowledged(&self) -> Option<u32> {
        (self.queue_depth != FrameAcknowledge::SUSPEND).then(|| self.sent.wrapping_sub(self.acknowledged))
    }

    /// What of a budget a frame may use: nothing while 16 frames are on their way, and less by what waits to be decoded already. All of it if the client has
    /// suspended acknowledgements or has not begun with them.
    pub fn budget(&self, budget: Budget) -> Budget {
        let late = self.acknowledging && self.unacknowledged().is_some_and(|frames| frames >= MOST_ON_THEIR_WAY);
        let waiting = self.queue_depth().map_or(0, |bytes| usize::try_from(bytes).unwrap_or(usize::MAX));
        match (late, budget) {
            (true, _) => Budget::bytes(0),
            // What is unlimited stays so.
            (false, Budget::UNLIMITED) => budget,
            (false, _) => Budget::bytes(budget.most_bytes().saturating_sub(waiting)),
        }
    }

    /// Bytes that waited to be decoded when the client last said so; `None` if it does not say.
    pub fn queue_depth(&self) -> Option<u32> {
        Some(self.queue_depth).filter(|depth| ![FrameAcknowledge::UNKNOWN, FrameAcknowledge::SUSPEND].contains(depth))
    }
}
