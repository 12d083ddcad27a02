//! Pictures to compare: the helper's, and what ImageMagick's `import` sees of the same X server.

use std::{fs, path::Path, process::Output};

use crate::{
    programs::{Program, until},
    xserver::XServer,
};

/// Width, height and RGB bytes.
#[derive(PartialEq, Eq)]
pub struct Rgb {
    pub width: usize,
    pub height: usize,
    pub bytes: Vec<u8>,
}

impl Rgb {
    /// Reads a PNG file of the helper's.
    pub fn png(path: &Path) -> Self {
        let file = fs::File::open(path).expect("the helper wrote it");
        let mut reader = png::Decoder::new(std::io::BufReader::new(file)).read_info().expect("a PNG");
        let mut bytes = vec![0; reader.output_buffer_size().expect("of a sane size")];
        let info = reader.next_frame(&mut bytes).expect("a whole PNG");
        assert_eq!(info.color_type, png::ColorType::Rgb);
        bytes.truncate(info.buffer_size());
        Self { width: info.width as usize, height: info.height as usize, bytes }
    }

    /// What an independent program sees on the display.
    pub fn grab(server: &XServer) -> Self {
        let Output { status, stdout, stderr } = server
            .command("import")
            .args(["-silent", "-window", "root", "-depth", "8", "ppm:-"])
            .output()
            .expect("ImageMagick is installed");
        assert!(status.success(), "{}", String::from_utf8_lossy(&stderr));
        Self::ppm(&stdout)
    }

    /// Binary PPM: `P6`, width, height, 255, then the bytes.
    fn ppm(data: &[u8]) -> Self {
        let mut fields = Vec::new();
        let mut at = 0;
        while fields.len() < 4 {
            let end = at + data[at..].iter().position(u8::is_ascii_whitespace).expect("a header");
            fields.push(std::str::from_utf8(&data[at..end]).expect("ASCII").to_owned());
            at = end + 1;
        }
        assert_eq!((fields[0].as_str(), fields[3].as_str()), ("P6", "255"));
        Self { width: fields[1].parse().expect("a width"), height: fields[2].parse().expect("a height"), bytes: data[at..].to_vec() }
    }

    /// A part of it.
    pub fn crop(&self, x: usize, y: usize, width: usize, height: usize) -> Self {
        assert!(x + width <= self.width && y + height <= self.height, "{}x{}", self.width, self.height);
        let row = |y: usize| &self.bytes[(y * self.width + x) * 3..][..width * 3];
        Self { width, height, bytes: (y..y + height).flat_map(row).copied().collect() }
    }

    /// How many pixels differ; all of them if the sizes do.
    pub fn differing(&self, other: &Self) -> usize {
        if (self.width, self.height) != (other.width, other.height) {
            return self.width * self.height;
        }
        self.bytes.chunks(3).zip(other.bytes.chunks(3)).filter(|(a, b)| a != b).count()
    }
}

/// Waits until the helper's picture equals an independent grab, pixel for pixel.
pub fn expect_equal(what: &str, helper: &mut Program, server: &XServer, scratch: &Path) {
    expect_equal_to(what, helper, scratch, || Rgb::grab(server));
}

/// Waits until the helper's picture equals another, pixel for pixel.
pub fn expect_equal_to(what: &str, helper: &mut Program, scratch: &Path, truth: impl Fn() -> Rgb) {
    let file = scratch.join("helper.png");
    until(&format!("{what}: the pictures are equal"), || {
        helper.tell(&format!("png {}", file.display()));
        helper.expect("wrote");
        let differing = Rgb::png(&file).differing(&truth());
        if differing > 0 {
            println!("{what}: {differing} pixels differ still");
        }
        (differing == 0).then_some(())
    });
}
