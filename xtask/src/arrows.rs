//! Who may know whom: `docs/ARCHITECTURE.md`, "Arrows", as data.

use crate::run::{Outcome, step};

/// The edges that must not exist: the first may not reach the second, by any path, with any feature.
const FORBIDDEN: &[(&str, &[&str])] = &[
    ("rh-proto", &["rh-codec", "rh-capture", "rh-input", "rh-auth", "rh-examples", "rh-relay", "rh-idp", "rh-benches"]),
    ("rh-codec", &["rh-proto", "rh-capture", "rh-input", "rh-auth", "rh-examples", "rh-relay", "rh-idp", "rh-benches"]),
    ("rh-capture", &["rh-proto", "rh-codec", "rh-input", "rh-auth", "rh-examples", "rh-relay", "rh-idp", "rh-benches"]),
    ("rh-input", &["rh-proto", "rh-codec", "rh-capture", "rh-auth", "rh-examples", "rh-relay", "rh-idp", "rh-benches"]),
    ("rh-auth", &["rh-codec", "rh-capture", "rh-input", "rh-examples", "rh-relay", "rh-idp", "rh-benches"]),
    ("rh-relay", &["rh-codec", "rh-capture", "rh-input", "rh-examples", "rh-benches"]),
    ("rh-idp", &["rh-codec", "rh-capture", "rh-input", "rh-examples", "rh-relay", "rh-benches"]),
    ("rh-examples", &["rh-benches"]),
];

/// What no crate may bring in its default features.
const NOT_BY_DEFAULT: &[&str] = &["tokio", "rustls", "hyper", "reqwest", "ureq", "ring", "x11rb"];

/// What only programs may use.
const PROGRAMS_ONLY: &[&str] = &["anyhow", "clap", "tracing-subscriber"];

const LIBRARIES: &[&str] = &["rh-proto", "rh-codec", "rh-capture", "rh-input", "rh-auth"];

pub(crate) fn check() -> Outcome {
    let mut broken = Vec::new();
    for (from, targets) in FORBIDDEN {
        let reached = reaches(from, "--all-features")?;
        broken.extend(targets.iter().filter(|t| has(&reached, t)).map(|t| format!("{from} must not know {t}")));
    }
    for from in LIBRARIES {
        let by_default = reaches(from, "--edges=no-dev")?;
        broken.extend(NOT_BY_DEFAULT.iter().filter(|t| has(&by_default, t)).map(|t| format!("{from} must not bring {t} by default")));
        let at_all = reaches(from, "--all-features")?;
        broken.extend(PROGRAMS_ONLY.iter().filter(|t| has(&at_all, t)).map(|t| format!("{from} must not use {t}: programs only")));
    }
    // rh-auth takes words from rh-proto and nothing else of it.
    let auth = step("cargo tree --offline -p rh-auth -e no-dev,features --prefix none").output()?;
    broken.extend(
        ["tls", "codec"]
            .iter()
            .filter(|f| auth.contains(&format!("rh-proto feature \"{f}\"")))
            .map(|f| format!("rh-auth must take rh-proto without feature {f}")),
    );
    if broken.is_empty() {
        println!("arrows: {} crates, no forbidden edge", FORBIDDEN.len());
        Ok(())
    } else {
        Err(format!("forbidden edges (docs/ARCHITECTURE.md, Arrows):\n  {}", broken.join("\n  ")))
    }
}

/// The names of all packages below `from`, without development dependencies.
fn reaches(from: &str, flag: &str) -> Result<Vec<String>, String> {
    let tree = step(&format!("cargo tree -p {from} -e no-dev --target all --prefix none --format {{p}} {flag}")).output()?;
    Ok(tree.lines().skip(1).filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect())
}

fn has(reached: &[String], name: &str) -> bool {
    reached.iter().any(|r| r == name)
}
