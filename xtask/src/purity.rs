//! The I/O line: the pure crates build for wasm32-unknown-unknown, and what they build into imports nothing.
//!
//! A WebAssembly module can reach a clock, a socket, a file or a source of randomness only through an import. So a module that holds the crates' entry
//! points and has no import section shows that they need none of these, whatever their dependencies do inside.

use std::{fs, path::Path};

use crate::{
    run::{Outcome, Step, step},
    setup,
};

const FOLDER: &str = "target/purity";
const TARGET: &str = "wasm32-unknown-unknown";

const MANIFEST: &str = r#"[package]
name = "purity"
version = "0.0.0"
edition = "2024"
[lib]
crate-type = ["cdylib"]
[dependencies]
rh-proto = { path = "../../rh-proto", features = ["__fuzzing"] }
rh-codec = { path = "../../rh-codec", features = ["__fuzzing"] }
rh-auth = { path = "../../rh-auth", features = ["__fuzzing"] }
# ring's source of randomness, which this target lacks: registered below, and failing.
getrandom = { version = "0.2", features = ["custom"] }
[profile.release]
panic = "abort"
[workspace]
"#;

/// The fuzz oracles reach every parser and state machine; the credentials are reached by themselves.
const SOURCE: &str = r#"
#[unsafe(no_mangle)]
pub extern "C" fn reach(data: *const u8, len: usize) {
    let data = unsafe { std::slice::from_raw_parts(data, len) };
    rh_proto::fuzzing::frame(data);
    rh_proto::fuzzing::chunking(data);
    rh_proto::fuzzing::message(data);
    rh_proto::fuzzing::session(data);
    rh_codec::fuzzing::decode(data);
    rh_codec::fuzzing::roundtrip(data);
    rh_auth::fuzzing::jws(data);
    rh_auth::fuzzing::jwks(data);
    rh_auth::fuzzing::ticket(data);
    rh_auth::fuzzing::audit_file(data);
    rh_auth::fuzzing::policy_file(data);
    pair(data);
}

/// Both credentials, from the typed text to the last step.
fn pair(data: &[u8]) {
    use rh_auth::code::{Code, LiveCode, TypedCode};
    use rh_proto::credential::{Binding, Role};
    // `Instant::now` compiles here and fails when called: the caller's clock is out of this check's reach.
    let Ok(now) = std::panic::catch_unwind(std::time::Instant::now) else { return };
    let Ok(code) = Code::parse(&String::from_utf8_lossy(data)) else { return };
    let mut sides = [LiveCode::new(code.clone(), now).credential([1; 32]), TypedCode::new(code).credential([2; 32])];
    for (side, role) in sides.iter_mut().zip([Role::Helper, Role::Sharer]) {
        let _ = side.start(now, &Binding { role, exporter: [3; 32], session_id: [4; 16] });
    }
    for turn in 0..4 {
        while let Some((step, body)) = sides[turn % 2].poll() {
            let _ = sides[(turn + 1) % 2].handle(now, step, &body);
        }
    }
}

getrandom::register_custom_getrandom!(no_randomness);

/// In place of what would be an import. Nothing reached here asks for it: signing and checking by Ed25519 draw nothing.
fn no_randomness(_: &mut [u8]) -> Result<(), getrandom::Error> {
    Err(getrandom::Error::UNSUPPORTED)
}
"#;

pub(crate) fn check() -> Outcome {
    fs::create_dir_all(format!("{FOLDER}/src")).map_err(|e| format!("{FOLDER}: {e}"))?;
    for (file, text) in [("Cargo.toml", MANIFEST), ("src/lib.rs", SOURCE)] {
        fs::write(format!("{FOLDER}/{file}"), text).map_err(|e| format!("{FOLDER}/{file}: {e}"))?;
    }
    // The versions that the workspace has settled on.
    fs::copy("Cargo.lock", format!("{FOLDER}/Cargo.lock")).map_err(|e| format!("Cargo.lock: {e}"))?;
    builder()?.run()?;
    let module = format!("{FOLDER}/target/{TARGET}/release/purity.wasm");
    let bytes = fs::read(&module).map_err(|e| format!("{module}: {e}"))?;
    let imports = imports(&bytes).ok_or_else(|| format!("{module} is no WebAssembly module that this check can read"))?;
    if imports.is_empty() {
        println!("purity: rh-proto, rh-codec, rh-auth: {} bytes of wasm32, no import", bytes.len());
        Ok(())
    } else {
        Err(format!("the pure crates reach outside (docs/ARCHITECTURE.md, The I/O line): wasm32 imports {}", imports.join(", ")))
    }
}

/// The build with rustup's own target where it is, or can be had; else with Debian's compiler and the standard library's source.
fn builder() -> Result<Step, String> {
    let installed = || step("rustup target list --installed").output().is_ok_and(|list| list.lines().any(|l| l.trim() == TARGET));
    let build = format!("build --release --manifest-path {FOLDER}/Cargo.toml --target-dir {FOLDER}/target --target {TARGET}");
    if installed() || (step(&format!("rustup target add {TARGET}")).succeeds() && installed()) {
        return Ok(with_clang(step(&format!("cargo {build}"))));
    }
    setup::for_wasm_fallback()?;
    if !Path::new("/usr/bin/wasm-ld").exists() {
        return Err("wasm-ld is missing: apt-get install lld".to_owned());
    }
    Ok(with_clang(step(&format!("/usr/bin/cargo {build} -Zbuild-std=std,panic_abort")))
        .env("RUSTC", "/usr/bin/rustc")
        .env("RUSTC_BOOTSTRAP", "1")
        .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", "/usr/bin/wasm-ld")
        // rustup's wrapper would put another compiler's variables before Debian's.
        .env("RUSTUP_TOOLCHAIN", ""))
}

/// C parts of dependencies compile for wasm32 with clang only.
fn with_clang(build: Step) -> Step {
    build.env("CC_wasm32_unknown_unknown", "clang").env("AR_wasm32_unknown_unknown", "llvm-ar")
}

/// The `module.name` of every import of a WebAssembly module (core specification, 5.5.5); `None` if it cannot be read.
fn imports(module: &[u8]) -> Option<Vec<String>> {
    let mut rest = module.strip_prefix(b"\0asm\x01\0\0\0")?;
    while let Some((&id, after)) = rest.split_first() {
        let (size, body) = leb(after)?;
        let (section, next) = body.split_at_checked(size)?;
        if id == 2 {
            let (count, mut entries) = leb(section)?;
            let mut names = Vec::new();
            for _ in 0..count {
                let (space, after) = name(entries)?;
                let (item, after) = name(after)?;
                names.push(format!("{space}.{item}"));
                // What an import's type is does not matter here, but the next one begins behind it.
                entries = match after.split_first()? {
                    (0, t) => leb(t)?.1,
                    (1, t) => limits(t.get(1..)?)?,
                    (2, t) => limits(t)?,
                    (3, t) => t.get(2..)?,
                    _ => return None,
                };
            }
            return Some(names);
        }
        rest = next;
    }
    Some(Vec::new())
}

fn limits(bytes: &[u8]) -> Option<&[u8]> {
    let (&flag, rest) = bytes.split_first()?;
    let (_, rest) = leb(rest)?;
    if flag & 1 == 1 { leb(rest).map(|(_, rest)| rest) } else { Some(rest) }
}

fn name(bytes: &[u8]) -> Option<(String, &[u8])> {
    let (len, rest) = leb(bytes)?;
    let (name, rest) = rest.split_at_checked(len)?;
    Some((String::from_utf8_lossy(name).into_owned(), rest))
}

/// An unsigned LEB128 number of at most 32 bits, and what follows it.
fn leb(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let mut value = 0usize;
    for (i, &byte) in bytes.iter().enumerate().take(5) {
        value |= usize::from(byte & 0x7f) << (7 * i);
        if byte & 0x80 == 0 {
            return Some((value, bytes.get(i + 1..)?));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::imports;

    #[test]
    fn finds_every_import_and_only_imports() {
        let empty = b"\0asm\x01\0\0\0";
        assert_eq!(imports(empty), Some(vec![]));
        // One type section, then an import section with a function and a memory with a maximum.
        let mut module = empty.to_vec();
        module.extend([1, 4, 1, 0x60, 0, 0]);
        let entries = [2, 3, b'e', b'n', b'v', 3, b'n', b'o', b'w', 0, 0, 1, b'j', 1, b'm', 2, 1, 1, 2];
        module.push(2);
        module.push(u8::try_from(entries.len()).expect("a short section"));
        module.extend(entries);
        assert_eq!(imports(&module), Some(vec!["env.now".to_owned(), "j.m".to_owned()]));
        module.pop();
        assert_eq!(imports(&module), None, "a cut module is not taken for a pure one");
    }
}
