//! The fuzz targets, with AddressSanitizer, on the stable compiler.

use std::{fs, path::Path};

use crate::{
    run::{Outcome, step},
    setup,
};

/// Builds every target and runs each from its seeds for `seconds`.
///
/// cargo-fuzz asks for unstable compiler flags (sanitizer, coverage); `RUSTC_BOOTSTRAP` lets the stable compiler take them, so that nobody needs a second
/// toolchain to fuzz.
pub(crate) fn smoke(seconds: u32, filter: &str) -> Outcome {
    setup::cargo_tool("cargo-fuzz")?;
    cargo_fuzz("build").run()?;
    let listed = cargo_fuzz("list").output()?;
    let targets: Vec<&str> = listed.lines().map(str::trim).filter(|t| !t.is_empty() && t.contains(filter)).collect();
    if targets.is_empty() {
        return Err(format!(
            "no fuzz target's name contains {filter:?}; there are: {}",
            listed.split_whitespace().collect::<Vec<_>>().join(" ")
        ));
    }
    for target in &targets {
        let corpus = format!("fuzz/corpus/{target}");
        fs::create_dir_all(&corpus).map_err(|e| format!("{corpus}: {e}"))?;
        // libFuzzer writes what it finds to the first folder; seeds and regressions are only read.
        let mut run = cargo_fuzz("run").arg(target).arg(&corpus);
        for folder in [format!("fuzz/seeds/{target}"), format!("fuzz/regressions/{target}")] {
            if Path::new(&folder).is_dir() {
                run = run.arg(&folder);
            }
        }
        run.arg("--")
            .arg(&format!("-max_total_time={seconds}"))
            .arg("-rss_limit_mb=2048")
            .arg("-timeout=10")
            .arg("-print_final_stats=1")
            .run()?;
    }
    println!("fuzz: {} targets, {seconds} s each, no finding", targets.len());
    Ok(())
}

fn cargo_fuzz(what: &str) -> crate::run::Step {
    step("cargo fuzz").arg(what).env("RUSTC_BOOTSTRAP", "1")
}
