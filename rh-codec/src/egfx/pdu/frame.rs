//! Commands around frames (2.2.2.11 to 2.2.2.13, 2.2.2.21).

use super::field::layout;

layout! {
    /// `RDPGFX_START_FRAME_PDU` (2.2.2.11): what follows belongs together.
    StartFrame {
        /// Time of day: milliseconds, seconds << 10, minutes << 16, hours << 22; 0 if the server tells none.
        timestamp: u32,
        /// Number of the frame.
        frame: u32,
    }
}

layout! {
    /// `RDPGFX_END_FRAME_PDU` (2.2.2.12): the frame is to be seen, and acknowledged.
    EndFrame {
        /// Number of the frame.
        frame: u32,
    }
}

layout! {
    /// `RDPGFX_FRAME_ACKNOWLEDGE_PDU` (2.2.2.13), from the client.
    FrameAcknowledge {
        /// Bytes that wait to be decoded; see the constants.
        queue_depth: u32,
        /// Number of the frame.
        frame: u32,
        /// Frames decoded so far.
        decoded: u32,
    }
}

impl FrameAcknowledge {
    /// [`queue_depth`](Self::queue_depth): the client cannot say.
    pub const UNKNOWN: u32 = 0;
    /// [`queue_depth`](Self::queue_depth): the client will acknowledge nothing more until it does again.
    pub const SUSPEND: u32 = 0xffff_ffff;
}

layout! {
    /// `RDPGFX_QOE_FRAME_ACKNOWLEDGE_PDU` (2.2.2.21), from the client: how long it took.
    QoeFrameAcknowledge {
        /// Number of the frame.
        frame: u32,
        /// The client's clock at the start of the frame, in milliseconds.
        timestamp: u32,
        /// Milliseconds from the start to the end of decoding.
        decoding: u16,
        /// Milliseconds from then until the frame was shown.
        showing: u16,
    }
}
