//! Which app can help which, against the tables of the source documents, cell by cell.

use rh_auth::device::{Form, Platform};
use rh_auth::matrix::{Endpoint, INTUNE_2025_10, MATRICES, Matrix, OPEN};
use rh_proto::mode::{Mode, ModeSet};

const fn end(platform: Platform, form: Form) -> Endpoint {
    Endpoint { platform, form }
}

fn letters(modes: ModeSet) -> String {
    Mode::ALL.into_iter().zip("VFEU".chars()).filter(|(mode, _)| modes.contains(*mode)).map(|(_, letter)| letter).collect()
}

/// Microsoft's table of 2025-10-01, in its own order and words.
const SOURCE: [(&str, [&str; 5]); 3] =
    [("Windows native", ["VFE", "", "", "", ""]), ("Windows web", ["", "VF", "VFU", "V", "V"]), ("macOS web", ["", "VF", "VFU", "V", "V"])];
const COLUMNS: [&str; 5] = ["Windows native", "macOS native", "Android native", "macOS web", "Windows web"];

fn by_name(name: &str) -> Endpoint {
    let found = Platform::ALL.into_iter().flat_map(|platform| [end(platform, Form::Native), end(platform, Form::Web)]);
    found.into_iter().find(|end| end.to_string() == name).unwrap()
}

#[test]
fn intune_2025_10_is_the_source_in_60_of_60_pairs() {
    let (mut agree, mut supported, mut allowed) = (0, 0, 0);
    for (helper, row) in SOURCE {
        for (sharer, cell) in COLUMNS.into_iter().zip(row) {
            let modes = INTUNE_2025_10.modes(by_name(helper), by_name(sharer));
            supported += u32::from(!cell.is_empty());
            for (mode, letter) in Mode::ALL.into_iter().zip("VFEU".chars()) {
                assert_eq!(modes.contains(mode), cell.contains(letter), "{helper} helps {sharer}: {mode:?}");
                agree += 1;
                allowed += u32::from(modes.contains(mode));
            }
        }
    }
    assert_eq!((agree, supported, allowed), (60, 9, 17));
}

#[test]
fn a_pair_that_is_not_in_the_table_has_no_mode() {
    for helper in every_end() {
        for sharer in every_end() {
            let listed = SOURCE.iter().any(|(name, _)| *name == helper.to_string()) && COLUMNS.contains(&sharer.to_string().as_str());
            let modes = INTUNE_2025_10.modes(helper, sharer);
            assert!(listed || modes == ModeSet::NONE, "{helper} helps {sharer}");
        }
    }
}

fn every_end() -> impl Iterator<Item = Endpoint> {
    Platform::ALL.into_iter().flat_map(|platform| [end(platform, Form::Native), end(platform, Form::Web)])
}

#[test]
fn open_has_every_helper_and_every_sharer() {
    for helper in every_end() {
        for sharer in every_end() {
            let native = match sharer.platform {
                Platform::Windows | Platform::Linux => "VFEU",
                Platform::MacOs => "VF",
                Platform::Android => "VFU",
            };
            let expected = match (helper.form, sharer.form) {
                (_, Form::Web) => "V".to_owned(),
                (Form::Native, Form::Native) => native.to_owned(),
                (Form::Web, Form::Native) => native.replace('E', ""),
            };
            assert_eq!(letters(OPEN.modes(helper, sharer)), expected, "{helper} helps {sharer}");
        }
    }
}

#[test]
fn in_every_matrix_rows_are_full_and_a_web_sharer_is_view_only() {
    for matrix in MATRICES {
        assert_eq!(Matrix::by_name(matrix.name), Some(matrix), "found by its name");
        for row in matrix.rows {
            assert_eq!(row.cells.len(), matrix.sharers.len(), "{} {}", matrix.name, row.helper);
        }
        for (helper, sharer) in every_end().flat_map(|helper| every_end().map(move |sharer| (helper, sharer))) {
            let modes = letters(matrix.modes(helper, sharer));
            assert!(sharer.form == Form::Native || modes.is_empty() || modes == "V", "{} {helper} helps {sharer}", matrix.name);
            assert!(helper.form == Form::Native || !modes.contains('E'), "{} {helper} helps {sharer}", matrix.name);
        }
    }
}
