//! Streams that no encoder writes, word by word.
#![allow(clippy::unwrap_used, reason = "tests")]

use super::{
    START, VERSION,
    coder::{Coder, Write},
    range::RangeEncoder,
    reader::Reader,
    syntax::{Syntax, op},
};
use crate::{Error, Limits, Rect, Surface};

/// Small, so that limits are reached.
const LIMITS: Limits = Limits { max_width: 256, max_height: 256, max_area: 128 * 128, max_operations: 64, max_cached_tiles: 8 };

/// A message of these operations.
fn message(operations: impl FnOnce(&mut Syntax, &mut Write<'_>)) -> Vec<u8> {
    let (mut range, mut out, mut syntax) = (RangeEncoder::new(), vec![VERSION | START], Syntax::new());
    operations(&mut syntax, &mut Write { range: &mut range, out: &mut out });
    syntax.code(&mut Write { range: &mut range, out: &mut out }, op::END);
    range.finish(&mut out);
    out
}

fn size(syntax: &mut Syntax, coder: &mut Write<'_>, width: u32, height: u32) {
    syntax.code(coder, op::SIZE);
    syntax.number(coder, width);
    syntax.number(coder, height);
}

fn fill(syntax: &mut Syntax, coder: &mut Write<'_>, rect: Rect) {
    syntax.code(coder, op::FILL);
    let _ = syntax.rect(coder, rect);
    coder.plain(0x040, 12);
    coder.plain(0x404, 12);
}

fn copy(syntax: &mut Syntax, coder: &mut Write<'_>, rect: Rect, x: u32, y: u32) {
    syntax.code(coder, op::COPY);
    let _ = syntax.rect(coder, rect);
    let _ = syntax.near(coder, x, rect.x);
    let _ = syntax.near(coder, y, rect.y);
}

/// Size 64×64, then what follows.
fn sized(operations: impl FnOnce(&mut Syntax, &mut Write<'_>)) -> Vec<u8> {
    message(|syntax, coder| {
        size(syntax, coder, 64, 64);
        operations(syntax, coder);
    })
}

fn read(message: &[u8], limits: Limits) -> Result<Surface, Error> {
    let (mut surface, mut damage) = (Surface::default(), Vec::new());
    Reader::new(limits, crate::avc::Decoders::default()).read(message, None, &mut surface, &mut damage)?;
    Ok(surface)
}

#[test]
fn refusals_name_what_is_wrong() {
    let whole = Rect::new(0, 0, 64, 64);
    for (name, bytes, expected) in [
        ("nothing in it", message(|_, _| ()), "without operations"),
        ("no size first", message(|syntax, coder| fill(syntax, coder, whole)), "starts with a size"),
        ("size of nothing", message(|syntax, coder| size(syntax, coder, 0, 5)), "without pixels"),
        ("two sizes", sized(|syntax, coder| size(syntax, coder, 64, 64)), "a size after"),
        ("too wide", message(|syntax, coder| size(syntax, coder, 257, 1)), "exceeds the limit"),
        ("too many pixels", message(|syntax, coder| size(syntax, coder, 256, 256)), "exceeds the limit"),
        (
            "unknown operation",
            sized(|syntax, coder| {
                syntax.code(coder, 15);
                let _ = syntax.rect(coder, whole);
            }),
            "unknown operation",
        ),
        ("rectangle of nothing", sized(|syntax, coder| fill(syntax, coder, Rect::new(0, 0, 0, 1))), "outside the picture"),
        ("rectangle too far right", sized(|syntax, coder| fill(syntax, coder, Rect::new(63, 0, 2, 1))), "outside the picture"),
        ("copy from outside", sized(|syntax, coder| copy(syntax, coder, Rect::new(0, 0, 2, 2), 0, 63)), "from outside"),
        (
            "recall from an empty slot",
            sized(|syntax, coder| {
                syntax.code(coder, op::RECALL);
                let _ = syntax.rect(coder, Rect::new(0, 0, 8, 8));
                syntax.number(coder, 0);
            }),
            "empty slot",
        ),
        (
            "slot out of turn",
            sized(|syntax, coder| {
                syntax.code(coder, op::KEEP);
                let _ = syntax.keep(coder, 1, 0);
            }),
            "out of turn",
        ),
        (
            "slot beyond the limit",
            sized(|syntax, coder| {
                syntax.code(coder, op::KEEP);
                let _ = syntax.keep(coder, 8, 0);
            }),
            "exceeds the limit",
        ),
        (
            "a tile that is not there",
            sized(|syntax, coder| {
                syntax.code(coder, op::KEEP);
                let _ = syntax.keep(coder, 0, 1);
            }),
            "outside the picture",
        ),
    ] {
        let error = read(&bytes, LIMITS).map(|_| ()).unwrap_err();
        assert!(error.to_string().contains(expected), "{name}: {error}");
    }
}

#[test]
fn too_many_operations_and_too_much_work_are_cut_short() {
    let small = sized(|syntax, coder| (0..65).for_each(|_| fill(syntax, coder, Rect::new(0, 0, 1, 1))));
    assert!(matches!(read(&small, LIMITS), Err(Error::LimitExceeded { what: "the number of operations in a message", .. })));

    // The same again and again: a byte each on the wire, 4096 pixels of work each.
    let bytes = sized(|syntax, coder| (0..30_000).for_each(|_| copy(syntax, coder, Rect::new(0, 0, 64, 64), 0, 0)));
    assert!(bytes.len() < 30_000, "{} bytes", bytes.len());
    let error = read(&bytes, Limits { max_operations: 1 << 20, ..LIMITS }).map(|_| ()).unwrap_err();
    assert!(matches!(error, Error::LimitExceeded { what: "the number of pixels that a message touches", .. }), "{error}");
}

#[test]
fn the_example_of_the_wire_format_decodes() {
    let bytes = message(|syntax, coder| {
        size(syntax, coder, 2, 1);
        fill(syntax, coder, Rect::new(0, 0, 2, 1));
    });
    assert_eq!(read(&bytes, LIMITS).unwrap().view().unwrap().pixels(), [0x40, 0x40, 0x40, 255, 0x40, 0x40, 0x40, 255]);
    assert_eq!(bytes, [0x21, 0xe6, 0xba, 0xf3, 0x95, 0xb1, 0x82, 0x3f]);
}
