//! NSCodec: streams made by hand from [MS-RDPNSC], and rubbish.

use proptest::prelude::*;
use rh_codec::{Error, Limits, Rect, Surface, nsc::Decoder};

/// A stream (2.2.2) of luma, orange, green and alpha planes.
fn stream(planes: [&[u8]; 4], loss: u8, subsampling: u8) -> Vec<u8> {
    let lens = planes.map(|plane| u32::try_from(plane.len()).unwrap().to_le_bytes());
    [lens.as_flattened(), &[loss, subsampling, 0, 0], &planes.concat()].concat()
}

fn shown(data: &[u8], width: u32, height: u32) -> Result<Vec<[u8; 4]>, Error> {
    let mut surface = Surface::default();
    surface.resize(width, height);
    Decoder::new(&Limits::default()).decode(data, Rect::new(0, 0, width, height), &mut surface)?;
    Ok(surface.view().unwrap().pixels().as_chunks().0.to_vec())
}

#[test]
fn grey_is_luma_alone() {
    let pixels = shown(&stream([&[10, 20, 30], &[0; 3], &[0; 3], &[]], 1, 0), 3, 1).unwrap();
    assert_eq!(pixels, [10, 20, 30].map(|v| [v, v, v, 255]));
}

#[test]
fn runs_cover_planes_and_their_last_four_stand_alone() {
    // Twelve values: seven of 50, then 51, then the last four.
    let luma = [50, 50, 5, 51, 1, 2, 3, 4];
    let zeros = [0, 0, 6, 0, 0, 0, 0];
    let pixels = shown(&stream([&luma, &zeros, &zeros, &[]], 3, 0), 4, 3).unwrap();
    let luma: Vec<u8> = pixels.iter().map(|pixel| pixel[0]).collect();
    assert_eq!(luma, [50, 50, 50, 50, 50, 50, 50, 51, 1, 2, 3, 4]);
}

#[test]
fn halved_chroma_has_padded_planes() {
    // 3 × 3: luma rows of 8, chroma 4 × 2.
    let luma = [100; 24];
    let orange = [10, 20, 0, 0, 30, 40, 0, 0];
    let pixels = shown(&stream([&luma, &orange, &[0; 8], &[]], 1, 1), 3, 3).unwrap();
    let reds: Vec<u8> = pixels.iter().map(|pixel| pixel[2]).collect();
    assert_eq!(reds, [110, 110, 120, 110, 110, 120, 130, 130, 140]);
}

#[test]
fn an_alpha_plane_is_passed_over() {
    let pixels = shown(&stream([&[9], &[0], &[0], &[77]], 1, 0), 1, 1).unwrap();
    assert_eq!(pixels, [[9, 9, 9, 255]]);
}

#[test]
fn wrong_streams_are_refused() {
    let cases = [
        ("no header", vec![0; 19]),
        ("loss 0", stream([&[0], &[0], &[0], &[]], 0, 0)),
        ("loss 8", stream([&[0], &[0], &[0], &[]], 8, 0)),
        ("subsampling 2", stream([&[0], &[0], &[0], &[]], 1, 2)),
        ("no luma", stream([&[], &[0], &[0], &[]], 1, 0)),
        ("too much luma", stream([&[0, 0], &[0], &[0], &[]], 1, 0)),
        ("lengths beyond the stream", stream([&[0], &[0], &[0], &[]], 1, 0)[..22].to_vec()),
    ];
    for (name, data) in cases {
        assert!(matches!(shown(&data, 1, 1), Err(Error::Malformed(_))), "{name}");
    }
    // Runs that leave their plane, or eat into its last four, or have no length.
    for luma in [&[5, 5, 20, 1, 2, 3, 4][..], &[5, 5, 8, 1, 2, 3, 4], &[5, 5, 255, 0, 0, 0, 0, 1, 2, 3, 4]] {
        let refused = shown(&stream([luma, &[0; 12], &[0; 12], &[]], 1, 0), 4, 3);
        assert!(matches!(refused, Err(Error::Malformed(_))), "{luma:?}");
    }
}

#[test]
fn the_bitmap_lies_in_its_surface_and_limits() {
    let mut surface = Surface::default();
    surface.resize(4, 4);
    let data = stream([&[0; 4], &[0; 4], &[0; 4], &[]], 1, 0);
    let limits = Limits { max_width: 2, ..Limits::default() };
    let mut decode = |rect| Decoder::new(&limits).decode(&data, rect, &mut surface);
    assert_eq!(decode(Rect::new(2, 2, 2, 2)), Ok(()));
    assert!(matches!(decode(Rect::new(3, 2, 2, 2)), Err(Error::Malformed(_))));
    assert!(matches!(decode(Rect::new(0, 2, 2, 0)), Err(Error::Malformed(_))));
    assert!(matches!(decode(Rect::new(0, 0, 4, 1)), Err(Error::LimitExceeded { limit: 2, .. })));
}

proptest! {
    #[test]
    fn rubbish_does_no_harm(
        planes in prop::collection::vec(any::<u8>(), 0..200),
        cuts in any::<[u8; 3]>(),
        loss in 1u8..8,
        halved in 0u8..2,
        width in 1u32..20,
        height in 1u32..20,
    ) {
        let mut rest = &planes[..];
        let mut take = |cut: u8| {
            let (taken, left) = rest.split_at(usize::from(cut).min(rest.len()));
            rest = left;
            taken
        };
        let data = stream([take(cuts[0]), take(cuts[1]), take(cuts[2]), &[]], loss, halved);
        let _ = shown(&data, width, height);
    }
}
