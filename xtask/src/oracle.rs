//! The oracle: FreeRDP and IronRDP look at our streams, and we at theirs (`benches/src/oracle`, `benches/oracle`).

use std::{fs, path::Path};

use crate::{
    run::{Outcome, step},
    setup,
};

const FOLDER: &str = "target/oracle";
const PROGRAM: &str = "target/oracle/freerdp";
const SOURCES: &[&str] = &["benches/oracle/freerdp.c", "benches/oracle/graphics.c"];

/// Builds the C side over Debian's libfreerdp, then runs every check whose name contains `filter`; fails at any disagreement.
pub(crate) fn run(corpus: Option<&Path>, filter: &str) -> Outcome {
    setup::for_tests()?;
    fs::create_dir_all(FOLDER).map_err(|e| format!("{FOLDER}: {e}"))?;
    let flags = step("pkg-config --cflags --libs freerdp2 winpr2").output()?;
    let mut compile = step("cc -std=c11 -D_GNU_SOURCE -O2 -Wall -Wextra -Werror -o").arg(PROGRAM);
    for word in SOURCES.iter().copied().chain(flags.split_whitespace()) {
        compile = compile.arg(word);
    }
    compile.run()?;
    let mut check = step("cargo run --release -p rh-benches --features oracle --bin oracle --").arg(&format!("--freerdp={PROGRAM}"));
    if let Some(folder) = corpus {
        check = check.arg("--corpus").arg(&folder.to_string_lossy());
    }
    if !filter.is_empty() {
        check = check.arg(filter);
    }
    check.run()
}
