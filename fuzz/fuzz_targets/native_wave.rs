#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| rh_codec::fuzzing::image::wave(data));
