#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| rh_auth::fuzzing::jws(data));
