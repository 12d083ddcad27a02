//! What the fuzzers once found, replayed on stable, and a sample of what they do.

use std::{fs, path::Path};

use crate::screen::Noise;

fn replay(target: &str, oracle: fn(&[u8])) {
    for kind in ["regressions", "seeds"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz").join(kind).join(target);
        // A target without a find has no folder.
        for file in fs::read_dir(folder).into_iter().flatten() {
            oracle(&fs::read(file.unwrap().path()).unwrap());
        }
    }
}

#[test]
fn found_inputs_of_decode() {
    replay("codec_decode", rh_codec::fuzzing::decode);
}

#[test]
fn found_inputs_of_roundtrip() {
    replay("codec_roundtrip", rh_codec::fuzzing::roundtrip);
}

#[test]
fn found_inputs_of_clear_decode() {
    replay("clear_decode", rh_codec::fuzzing::clear::decode);
}

#[test]
fn found_inputs_of_clear_roundtrip() {
    replay("clear_roundtrip", rh_codec::fuzzing::clear::roundtrip);
}

#[test]
fn random_programs_round_trip() {
    let mut noise = Noise(11);
    for _ in 0..200 {
        let len = noise.below(200);
        let bytes: Vec<u8> = (0..len).map(|_| noise.next() as u8).collect();
        rh_codec::fuzzing::roundtrip(&bytes);
        rh_codec::fuzzing::decode(&bytes);
    }
}

#[test]
fn found_inputs_of_wavelets() {
    use rh_codec::fuzzing::wavelets;
    replay("progressive_decode", wavelets::progressive_decode);
    replay("progressive_roundtrip", wavelets::progressive_roundtrip);
    replay("rfx_decode", wavelets::rfx_decode);
    replay("rfx_entropy", wavelets::entropy);
}

#[test]
fn random_bytes_through_wavelets() {
    use rh_codec::fuzzing::wavelets;
    let mut noise = Noise(12);
    for _ in 0..40 {
        let len = noise.below(120);
        let bytes: Vec<u8> = (0..len).map(|_| noise.next() as u8).collect();
        wavelets::progressive_decode(&bytes);
        wavelets::progressive_roundtrip(&bytes);
        wavelets::rfx_decode(&bytes);
        wavelets::entropy(&bytes);
    }
}

#[test]
fn found_inputs_of_the_pipeline() {
    use rh_codec::fuzzing::pdu;
    replay("zgfx", pdu::zgfx);
    replay("planar", pdu::planar);
    replay("egfx_commands", pdu::commands);
    replay("egfx_cache", pdu::cache);
}

#[test]
fn random_bytes_through_the_pipeline() {
    use rh_codec::fuzzing::pdu;
    let mut noise = Noise(13);
    for _ in 0..200 {
        let len = noise.below(300);
        let bytes: Vec<u8> = (0..len).map(|_| noise.next() as u8).collect();
        pdu::zgfx(&bytes);
        pdu::planar(&bytes);
        pdu::commands(&bytes);
        pdu::cache(&bytes);
    }
}

#[test]
fn found_inputs_of_the_image_coders() {
    use rh_codec::fuzzing::image;
    replay("native_wave", image::wave);
    replay("native_exact", image::exact);
}

#[test]
fn random_bytes_through_the_image_coders() {
    use rh_codec::fuzzing::image;
    let mut noise = Noise(17);
    for _ in 0..100 {
        let len = noise.below(200);
        let bytes: Vec<u8> = (0..len).map(|_| noise.next() as u8).collect();
        image::wave(&bytes);
        image::exact(&bytes);
    }
}
