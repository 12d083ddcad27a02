//! RemoteFX, [MS-RDPRFX]: wavelets in one pass, for thin clients.
