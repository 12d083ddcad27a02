//! Commands of the bitmap cache (2.2.2.6 to 2.2.2.8, 2.2.2.16, 2.2.2.17).

use super::field::{CacheEntries, Points, Rect16, Slots, layout};

layout! {
    /// `RDPGFX_SURFACE_TO_CACHE_PDU` (2.2.2.6): keeps a part of a surface.
    SurfaceToCache {
        /// From where.
        surface: u16,
        /// What a cache that outlives the connection knows it by.
        key: u64,
        /// Which place, from 1; what was there is replaced.
        slot: u16,
        /// Which part.
        rect: Rect16,
    }
}

layout! {
    /// `RDPGFX_CACHE_TO_SURFACE_PDU` (2.2.2.7): shows what was kept.
    CacheToSurface<'a> {
        /// Which place.
        slot: u16,
        /// Where to.
        surface: u16,
        /// Upper left corners.
        points: Points<'a>,
    }
}

layout! {
    /// `RDPGFX_EVICT_CACHE_ENTRY_PDU` (2.2.2.8): forgets what was kept.
    EvictCacheEntry {
        /// Which place.
        slot: u16,
    }
}

layout! {
    /// `RDPGFX_CACHE_IMPORT_OFFER_PDU` (2.2.2.16): a client has a cache from before.
    CacheImportOffer<'a> {
        /// What is in it; at most 5,462 entries.
        entries: CacheEntries<'a>,
    }
}

layout! {
    /// `RDPGFX_CACHE_IMPORT_REPLY_PDU` (2.2.2.17): which of that the server uses.
    CacheImportReply<'a> {
        /// The slots of the first entries that were offered, 0 for one that is not wanted.
        slots: Slots<'a>,
    }
}
