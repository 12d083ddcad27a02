//! What `test`, `ci` and `soak` consist of.

use std::time::Instant;

use crate::{
    arrows, fuzz, oracle, purity,
    run::{Outcome, step},
    setup,
    tally::Tally,
};

const LIBRARIES: &[&str] = &["rh-proto", "rh-codec", "rh-capture", "rh-input", "rh-auth"];

/// The features of each library that a user may combine; `__` ones are ours.
const FEATURES: &[(&str, &[&str])] = &[
    ("rh-proto", &["codec", "tls", "__fuzzing"]),
    ("rh-codec", &["h264", "__fuzzing"]),
    ("rh-capture", &["x11"]),
    ("rh-input", &["x11"]),
    ("rh-auth", &["policy-files", "tokens", "http"]),
];

/// Everything that tests behaviour; the last line says how many tests ran.
pub(crate) fn test() -> Outcome {
    counted(testing)
}

/// `test`, and everything about the shape of the code; the last line says how many tests ran.
pub(crate) fn ci() -> Outcome {
    counted(checking)
}

/// What takes over two minutes: the same tests over their full ranges.
pub(crate) fn soak() -> Outcome {
    counted(soaking)
}

/// Runs a suite and ends with the sum of its tests, green or not.
fn counted(suite: fn(&mut Tally) -> Outcome) -> Outcome {
    let mut tally = Tally::default();
    let outcome = suite(&mut tally);
    println!("{}", tally.summary(outcome.is_ok()));
    outcome
}

fn testing(tally: &mut Tally) -> Outcome {
    let start = Instant::now();
    setup::for_tests()?;
    let all = LIBRARIES.iter().map(|l| format!("-p {l}")).collect::<Vec<_>>().join(" ");
    // The libraries with everything on, then the pure ones as an embedder gets them by default.
    step(&format!("cargo test {all} --all-features")).run_counting(tally)?;
    for library in LIBRARIES {
        step(&format!("cargo test -p {library}")).run_counting(tally)?;
    }
    step("cargo test -p xtask -p rh-benches -p rh-model").run_counting(tally)?;
    oracle::run(None, "")?;
    // The end-to-end tests run the real programs, optimised as a user runs them.
    step("cargo build --release -p rh-examples --bins").run()?;
    step("cargo test --release -p rh-idp -p rh-examples").run_counting(tally)?;
    // The first command of the README.
    step("cargo run --release --bin demo -- --headless --json --png target/session.png").run()?;
    println!("\ntest: all green in {:.0} s", start.elapsed().as_secs_f64());
    Ok(())
}

fn checking(tally: &mut Tally) -> Outcome {
    let start = Instant::now();
    setup::all()?;
    lint()?;
    arrows::check()?;
    testing(tally)?;
    features()?;
    purity::check()?;
    deny()?;
    fuzz::smoke(10, "")?;
    bench_smoke()?;
    println!("\nci: all green in {:.0} s", start.elapsed().as_secs_f64());
    Ok(())
}

fn soaking(tally: &mut Tally) -> Outcome {
    setup::for_tests()?;
    step("cargo test --release --workspace --exclude rh-benches --features rh-proto/codec,rh-proto/__fuzzing,rh-codec/__fuzzing,rh-auth/http,rh-auth/policy-files -- --ignored --test-threads 1 soak").run_counting(tally)
}

/// Formatting, lints, documentation.
pub(crate) fn lint() -> Outcome {
    step("cargo fmt --all --check").run()?;
    for library in LIBRARIES {
        step(&format!("cargo clippy -p {library} --all-targets --all-features -- -D warnings")).run()?;
    }
    step("cargo clippy -p rh-idp -p rh-model -p rh-examples -p xtask --all-targets -- -D warnings").run()?;
    step("cargo clippy -p rh-benches --all-targets --features peers,oracle -- -D warnings").run()?;
    step("cargo doc --workspace --no-deps --exclude rh-benches --features rh-proto/codec,rh-proto/__fuzzing,rh-codec/__fuzzing,rh-auth/http,rh-auth/policy-files")
        .env("RUSTDOCFLAGS", "-D warnings")
        .run()
}

/// Every set of at most two features of every library compiles, without warnings.
pub(crate) fn features() -> Outcome {
    for (library, features) in FEATURES {
        let mut sets = vec![String::new()];
        for (i, a) in features.iter().enumerate() {
            sets.push((*a).to_owned());
            sets.extend(features.iter().skip(i + 1).map(|b| format!("{a},{b}")));
        }
        for set in sets {
            step(&format!("cargo clippy -p {library} --no-default-features"))
                .arg(&format!("--features={set}"))
                .arg("--")
                .arg("-Dwarnings")
                .run()?;
        }
    }
    Ok(())
}

/// Licences, bans and sources always; advisories where their database can be reached.
pub(crate) fn deny() -> Outcome {
    setup::cargo_tool("cargo-deny")?;
    step("cargo deny --all-features check bans licenses sources").run()?;
    if step("cargo deny --all-features fetch db").succeeds() {
        step("cargo deny --all-features check advisories").run()
    } else {
        println!("deny: the advisory database cannot be reached from here, so advisories were NOT checked");
        Ok(())
    }
}

/// Every benchmark once, so that none rots.
pub(crate) fn bench_smoke() -> Outcome {
    step("cargo bench -p rh-benches --features peers -- --test").run()
}
