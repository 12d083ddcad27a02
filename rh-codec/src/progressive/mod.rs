//! RemoteFX Progressive, [MS-RDPEGFX] 2.2.4.2 and 3.1.8.1: wavelets that sharpen in passes.
