//! Our codec beside others (`benches/peers`, `benches/src/peers`), and recording what they are measured on.

use std::{fs, path::Path};

use crate::{
    run::{Outcome, step},
    setup,
};

const PROGRAMS: &str = "target/peers";
const SOURCES: &str = "benches/peers";
/// IronRDP's program: `benches/peers/ironrdp`, a workspace of its own.
const IRONRDP: &str = "rh-peer-ironrdp";
const IRONRDP_TARGET: &str = "target/peers-ironrdp";

/// A program in C: its name, which is its source's, and what pkg-config calls the library.
struct Program {
    name: &'static str,
    library: &'static str,
    /// Whether it converts and decodes by `video.c`.
    video: bool,
}

const C_PROGRAMS: &[Program] = &[
    Program { name: "x264", library: "x264", video: true },
    Program { name: "openh264", library: "openh264", video: true },
    Program { name: "vp9", library: "vpx", video: true },
    Program { name: "av1", library: "aom", video: true },
    Program { name: "freerdp", library: "freerdp2 winpr2", video: false },
    Program { name: "jpeg", library: "libturbojpeg", video: false },
    Program { name: "zstd", library: "libzstd", video: false },
];

/// Builds what can be had, measures all of it, prints the tables, and writes page and chart: into `docs` for the project's own clips, into `target/peers`
/// for others'. With a filter nothing is written: half a table is none.
pub(crate) fn run(corpus: Option<&Path>, filter: &str) -> Outcome {
    setup::for_peers();
    fs::create_dir_all(PROGRAMS).map_err(|e| format!("{PROGRAMS}: {e}"))?;
    for program in C_PROGRAMS {
        if let Err(why) = compile(program) {
            println!("peers: {} is left out: {why}", program.name);
        }
    }
    if let Err(why) = ironrdp() {
        println!("peers: IronRDP is left out: {why}");
    }
    step("cargo build --release -p rh-benches --bin replay --bin peers").run()?;
    let mut measure = step("cargo run --quiet --release -p rh-benches --bin peers --").arg("--programs").arg(PROGRAMS);
    if let Some(folder) = corpus {
        measure = measure.arg("--clips").arg(&folder.to_string_lossy());
    }
    measure =
        if filter.is_empty() { measure.arg("--out").arg(if corpus.is_some() { PROGRAMS } else { "docs" }) } else { measure.arg(filter) };
    measure.run()
}

fn compile(program: &Program) -> Outcome {
    let path = format!("{PROGRAMS}/{}", program.name);
    // One of an earlier run may be older than its source.
    if Path::new(&path).exists() {
        fs::remove_file(&path).map_err(|e| format!("{path}: {e}"))?;
    }
    let mut libraries = format!("--cflags --libs {}", program.library);
    let mut compile = step("cc -std=c11 -D_GNU_SOURCE -O2 -Wall -Wextra -Werror -o").arg(&path).arg(&format!("{SOURCES}/main.c"));
    compile = compile.arg(&format!("{SOURCES}/{}.c", program.name));
    if program.video {
        libraries.push_str(" libavcodec libavutil");
        compile = compile.arg(&format!("{SOURCES}/video.c"));
    }
    let flags = step(&format!("pkg-config {libraries}")).output()?;
    for flag in flags.split_whitespace() {
        compile = compile.arg(flag);
    }
    // libyuv has no pkg-config file.
    if program.video { compile.arg("-lyuv").run() } else { compile.run() }
}

fn ironrdp() -> Outcome {
    step(&format!("cargo build --release --locked --manifest-path {SOURCES}/ironrdp/Cargo.toml --target-dir {IRONRDP_TARGET}")).run()?;
    let (built, path) = (format!("{IRONRDP_TARGET}/release/{IRONRDP}"), format!("{PROGRAMS}/{IRONRDP}"));
    fs::copy(&built, &path).map(drop).map_err(|e| format!("{built}: {e}"))
}

/// Calls `record` with the words that follow `cargo xtask record`.
pub(crate) fn record(words: &[String]) -> Outcome {
    let mut record = step("cargo run --quiet --release -p rh-benches --bin record --");
    for word in words {
        record = record.arg(word);
    }
    record.run()
}
