//! Recorded clips: what is written is read, and what is damaged is refused.

use std::{io::Cursor, path::Path};

use rh_benches::clip::{Format, Reader, Writer};

const FORMAT: Format = Format { width: 96, height: 40, fps: 8 };

/// Letters, a photograph's light and grain, noise, and a picture twice.
fn pictures() -> Vec<Vec<u8>> {
    let mut seed = 7u32;
    let mut random = move || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        seed >> 24
    };
    let mut draw = |colour: &mut dyn FnMut(u32, u32, u32) -> [u32; 3]| {
        let places = (0..FORMAT.height).flat_map(|y| (0..FORMAT.width).map(move |x| (x, y)));
        places.flat_map(|(x, y)| colour(x, y, random()).map(|c| c as u8).into_iter().chain([255])).collect::<Vec<u8>>()
    };
    let text = draw(&mut |x, y, _| if (x / 3 + y / 5 * 7).is_multiple_of(4) { [20; 3] } else { [255; 3] });
    let photo = draw(&mut |x, y, r| [x + y + r % 4, 2 * x + r % 5, 250 - y + r % 3]);
    let noise = draw(&mut |_, _, r| [r, r * 7, r * 13]);
    vec![text.clone(), text.clone(), photo, noise.clone(), noise, text]
}

fn written(pictures: &[Vec<u8>]) -> Vec<u8> {
    let mut writer = Writer::new(Vec::new(), FORMAT, 3).unwrap();
    for picture in pictures {
        writer.picture(picture).unwrap();
    }
    writer.finish().unwrap()
}

/// All pictures, or the error's words.
fn read(bytes: Vec<u8>) -> Result<Vec<Vec<u8>>, String> {
    let mut reader = Reader::new(Cursor::new(bytes)).map_err(|e| e.to_string())?;
    let mut pictures = Vec::new();
    while let Some(picture) = reader.next_picture().map_err(|e| e.to_string())? {
        pictures.push(picture.to_vec());
    }
    Ok(pictures)
}

#[test]
fn every_pixel_comes_back() {
    let pictures = pictures();
    let bytes = written(&pictures);
    assert!(bytes.starts_with(b"rh-clip 1 96x40 8\n"), "a person can read what it is");
    assert!(read(bytes).unwrap() == pictures);
}

#[test]
fn a_picture_of_another_size_is_refused() {
    let mut writer = Writer::new(Vec::new(), FORMAT, 1).unwrap();
    assert!(writer.picture(&[0; 12]).is_err());
}

#[test]
fn a_cut_or_changed_file_is_an_error_and_never_other_pictures() {
    let pictures = pictures();
    let whole = written(&pictures);
    for cut in (0..whole.len()).step_by(whole.len() / 60) {
        assert!(read(whole[..cut].to_vec()).is_err(), "cut at {cut}");
    }
    for at in (0..whole.len()).step_by(whole.len() / 60) {
        let mut changed = whole.clone();
        changed[at] ^= 0x55;
        // zstd's checksum stands behind the last picture; what a changed frame header does not use may change nothing.
        assert!(read(changed).map_or(true, |read| read == pictures), "changed at {at}");
    }
}

#[test]
fn what_is_no_clip_is_told_by_its_first_line() {
    for line in [
        "",
        "\n",
        "P6 1 1\n",
        "rh-clip 2 4x4 8\n",
        "rh-clip 1 0x4 8\n",
        "rh-clip 1 99999x99999 8\n",
        "rh-clip 1 4x4 0\n",
        "rh-clip 1 4x4 8 9\n",
    ] {
        let error = read(line.as_bytes().to_vec()).unwrap_err();
        assert!(error.contains("no clip"), "{line:?}: {error}");
    }
    assert!(read(vec![b'a'; 1 << 20]).is_err(), "a first line without an end");
    let missing = Reader::open(Path::new("/nonexistent/some.clip")).unwrap_err();
    assert!(missing.to_string().contains("some.clip"), "{missing}");
}

#[test]
fn there_is_a_clip_of_every_class_and_all_of_them_are_small() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("data");
    let mut total = 0;
    for class in ["terminal", "office", "web-scroll", "windows", "idle-type", "photo", "video"] {
        let path = folder.join(format!("{class}.clip"));
        total += path.metadata().unwrap().len();
        let mut reader = Reader::open(&path).unwrap();
        let (mut count, mut changed, mut before) = (0, 0, Vec::new());
        while let Some(picture) = reader.next_picture().unwrap() {
            count += 1;
            changed += u32::from(before != picture);
            before = picture.to_vec();
        }
        assert!(count >= 10 && changed >= 2, "{class}: {changed} of {count} pictures changed");
    }
    assert!(total <= 5_000_000, "{total} bytes");
}
