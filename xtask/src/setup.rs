//! What the tests need beside Rust: installed when we may, listed when we may not.

use std::{fs, path::Path};

use crate::run::{Outcome, step};

/// What a package brings, and the program or file whose presence shows that it is there.
struct Package {
    name: &'static str,
    shows: &'static str,
    why: &'static str,
}

const TEST: &[Package] = &[
    Package { name: "gcc", shows: "/usr/bin/gcc", why: "C parts of ring" },
    Package { name: "g++", shows: "/usr/bin/g++", why: "openh264" },
    Package { name: "nasm", shows: "/usr/bin/nasm", why: "its vector code" },
    Package { name: "xvfb", shows: "/usr/bin/Xvfb", why: "private X displays" },
    Package { name: "xserver-xorg-core", shows: "/usr/bin/Xorg", why: "an X server with real RandR" },
    Package { name: "xserver-xorg-video-dummy", shows: "/usr/share/doc/xserver-xorg-video-dummy", why: "its monitors" },
    Package { name: "xterm", shows: "/usr/bin/xterm", why: "a real program to type into" },
    Package { name: "x11-xserver-utils", shows: "/usr/bin/xrandr", why: "changing the layout" },
    Package { name: "x11-xkb-utils", shows: "/usr/bin/setxkbmap", why: "keyboard layouts" },
    Package { name: "x11-apps", shows: "/usr/bin/xwd", why: "an independent grab of the screen" },
    Package { name: "x11-utils", shows: "/usr/bin/xwininfo", why: "finding windows" },
    Package { name: "openbox", shows: "/usr/bin/openbox", why: "a window manager, to drag a window by its title bar" },
    Package { name: "xdotool", shows: "/usr/bin/xdotool", why: "another client that holds keys" },
    Package { name: "procps", shows: "/usr/bin/pkill", why: "sending signals" },
    Package { name: "imagemagick", shows: "/usr/bin/import", why: "reading that grab" },
    Package { name: "fonts-dejavu-core", shows: "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf", why: "text in the windows" },
    Package { name: "pkg-config", shows: "/usr/bin/pkg-config", why: "finding libfreerdp" },
    Package { name: "freerdp2-dev", shows: "/usr/include/freerdp2/freerdp/codec/zgfx.h", why: "an independent decoder of our streams" },
    Package { name: "libxkbcommon0", shows: "/usr/share/doc/libxkbcommon0", why: "the keyboard in the windows" },
    Package { name: "libxkbcommon-x11-0", shows: "/usr/share/doc/libxkbcommon-x11-0", why: "the same, on X11" },
    Package { name: "nodejs", shows: "/usr/bin/node", why: "an identity provider to sign in at" },
    Package { name: "npm", shows: "/usr/bin/npm", why: "fetching it" },
    Package { name: "glewlwyd", shows: "/usr/bin/glewlwyd", why: "a second identity provider" },
    Package { name: "sqlite3", shows: "/usr/bin/sqlite3", why: "its database" },
];

const CI: &[Package] = &[
    Package { name: "clang", shows: "/usr/bin/clang", why: "C parts for wasm32" },
    Package { name: "lld", shows: "/usr/bin/wasm-ld", why: "linking wasm32" },
    Package { name: "libxcb1-dev", shows: "/usr/include/xcb/xcb.h", why: "scrap, a peer in the benchmarks" },
    Package { name: "libxcb-shm0-dev", shows: "/usr/include/xcb/shm.h", why: "scrap" },
    Package { name: "libxcb-randr0-dev", shows: "/usr/include/xcb/randr.h", why: "scrap" },
];

/// Libraries that `cargo xtask peers` measures; what is missing is left out of its tables.
const PEERS: &[Package] = &[
    Package { name: "libx264-dev", shows: "/usr/include/x264.h", why: "x264" },
    Package { name: "libopenh264-dev", shows: "/usr/include/wels/codec_api.h", why: "openh264" },
    Package { name: "libvpx-dev", shows: "/usr/include/vpx/vp8cx.h", why: "VP9" },
    Package { name: "libaom-dev", shows: "/usr/include/aom/aomcx.h", why: "AV1" },
    Package { name: "libavcodec-dev", shows: "/usr/share/doc/libavcodec-dev", why: "decoding these" },
    Package { name: "libavutil-dev", shows: "/usr/share/doc/libavutil-dev", why: "the same" },
    Package { name: "libyuv-dev", shows: "/usr/include/libyuv.h", why: "their conversion of colours" },
    Package { name: "libturbojpeg0-dev", shows: "/usr/include/turbojpeg.h", why: "JPEG" },
    Package { name: "libzstd-dev", shows: "/usr/include/zstd.h", why: "zstd" },
    Package { name: "freerdp2-dev", shows: "/usr/include/freerdp2/freerdp/codec/zgfx.h", why: "FreeRDP's codecs" },
    Package { name: "pkg-config", shows: "/usr/bin/pkg-config", why: "finding them" },
    Package { name: "g++", shows: "/usr/bin/g++", why: "C parts of IronRDP's dependencies" },
    Package { name: "ffmpeg", shows: "/usr/bin/ffmpeg", why: "reading recordings in other formats" },
];

/// Debian's own toolchain with the library's source: used only where rustup cannot bring the wasm32 target.
const WASM_FALLBACK: &[Package] = &[
    Package { name: "rustc-web", shows: "/usr/bin/rustc", why: "a compiler that knows wasm32" },
    Package { name: "cargo-web", shows: "/usr/bin/cargo", why: "its cargo" },
    Package { name: "rust-web-src", shows: "/usr/share/doc/rust-web-src", why: "the standard library's source" },
];

/// Everything that `cargo xtask ci` needs.
pub(crate) fn all() -> Outcome {
    for_tests()?;
    packages(CI)?;
    cargo_tool("cargo-fuzz")?;
    cargo_tool("cargo-deny")
}

/// What `cargo xtask test` needs.
pub(crate) fn for_tests() -> Outcome {
    packages(TEST)?;
    npm()
}

/// The packages of `rh-auth/tests/npm`, in the versions of its lock file, below `target/npm`.
fn npm() -> Outcome {
    const FOLDER: &str = "target/npm";
    let io = |what: &str, error: std::io::Error| format!("{what}: {error}");
    let (wanted, installed) = ("rh-auth/tests/npm/package-lock.json", format!("{FOLDER}/package-lock.json"));
    let lock = fs::read(wanted).map_err(|e| io(wanted, e))?;
    let entry = format!("{FOLDER}/node_modules/oidc-provider/package.json");
    if fs::read(&installed).is_ok_and(|there| there == lock) && Path::new(&entry).exists() {
        return Ok(());
    }
    fs::create_dir_all(FOLDER).map_err(|e| io(FOLDER, e))?;
    fs::copy("rh-auth/tests/npm/package.json", format!("{FOLDER}/package.json")).map_err(|e| io("package.json", e))?;
    fs::write(&installed, lock).map_err(|e| io(&installed, e))?;
    step(&format!("npm ci --prefix {FOLDER} --ignore-scripts --no-audit --no-fund")).run()
}

/// What `cargo xtask peers` can use. Nothing of it is needed: what cannot be installed is said, and goes without.
pub(crate) fn for_peers() {
    if packages(PEERS).is_ok() {
        return;
    }
    // One that this release of Debian does not have keeps none of the others away.
    for package in PEERS {
        if let Err(why) = packages(std::slice::from_ref(package)) {
            println!("setup: {}, for {}, cannot be had: {why}", package.name, package.why);
        }
    }
}

/// What the wasm32 check needs when rustup has no such target.
pub(crate) fn for_wasm_fallback() -> Outcome {
    packages(WASM_FALLBACK)
}

/// A program from crates.io, built when it is missing.
pub(crate) fn cargo_tool(name: &str) -> Outcome {
    if step(&format!("{name} --version")).succeeds() {
        return Ok(());
    }
    step("cargo install --locked").arg(name).run()
}

fn packages(wanted: &[Package]) -> Outcome {
    let missing: Vec<&Package> = wanted.iter().filter(|p| !Path::new(p.shows).exists()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let names = missing.iter().map(|p| p.name).collect::<Vec<_>>().join(" ");
    let Some(prefix) = privilege() else {
        let list: String = missing.iter().map(|p| format!("\n  {:28} {}", p.name, p.why)).collect();
        return Err(format!(
            "these Debian packages are missing, and neither root nor sudo is there to install them:{list}\n\nas root: apt-get install {names}"
        ));
    };
    // The lists may be old or absent; without them nothing can be found.
    step(&format!("{prefix}apt-get update -qq")).run()?;
    step(&format!("{prefix}apt-get install -y -qq --no-install-recommends {names}")).env("DEBIAN_FRONTEND", "noninteractive").run()?;
    let still: Vec<&str> = missing.iter().filter(|p| !Path::new(p.shows).exists()).map(|p| p.shows).collect();
    if still.is_empty() { Ok(()) } else { Err(format!("installed {names}, but these are still missing: {}", still.join(" "))) }
}

/// What to put before a command that needs root, or `None` where there is no way.
fn privilege() -> Option<&'static str> {
    if !step("apt-get --version").succeeds() {
        return None;
    }
    if step("id -u").output().is_ok_and(|id| id.trim() == "0") {
        Some("")
    } else if step("sudo -n true").succeeds() {
        Some("sudo -n ")
    } else {
        None
    }
}
