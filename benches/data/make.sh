#!/usr/bin/env bash
# Records the clips in this folder anew: real programs under Xvfb, driven by xdotool, recorded by `cargo xtask record`.
#
#   benches/data/make.sh [CLASS ...]      terminal office web-scroll windows idle-type photo video; all of them if none is named
#
# Debian packages: xvfb openbox xterm vim less xdotool x11-utils feh chromium ffmpeg imagemagick fonts-dejavu-core.
# Nothing on the screen has others' rights in it: the documents, the theme of the windows, photographs and film are ours (`make/`,
# `examples/scenery.rs`), the source shown in the terminal is this project's, the font is DejaVu, as pixels.
# Timing is the machine's, so that no two runs give the same bytes; figures in docs/ name the clips that are checked in.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd); repo=$(cd "$here/../.." && pwd)
size=1280x720
work=$(mktemp -d)
trap 'trap - EXIT; [ -z "$(jobs -p)" ] || kill $(jobs -p) 2>/dev/null; wait 2>/dev/null; rm -rf "$work"' EXIT

missing=$(for p in Xvfb openbox xterm vim less xdotool xprop feh chromium ffmpeg ffplay convert; do command -v $p >/dev/null || echo $p; done)
[ -z "$missing" ] || { echo "make.sh: these programs are missing:" $missing "(the packages are named in this script's head)" >&2; exit 1; }

cargo build --quiet --release --manifest-path "$repo/Cargo.toml" -p rh-benches --bin record --example scenery
target=${CARGO_TARGET_DIR:-$repo/target}/release
"$target/examples/scenery" "$work"
cp "$here"/make/*.html "$work"
# Wallpapers are smooth: a photograph's grain belongs into the clip of photographs.
convert "$work/photo-1.png" -blur 0x7 "$work/wallpaper.png"
ffmpeg -v error -framerate 24 -i "$work/film-%03d.png" -c:v libx264 -crf 24 -pix_fmt yuv420p "$work/film.mp4"

export HOME=$work XDG_CONFIG_HOME=$work/config XDG_DATA_HOME=$work/data LC_ALL=C.UTF-8
mkdir -p "$work/data/themes/clips/openbox-3"; cp "$here/make/themerc" "$work/data/themes/clips/openbox-3/"
printf 'set nocompatible number hlsearch noswapfile t_Co=256\nsyntax on\n' >"$work/.vimrc"

Xvfb -displayfd 3 -screen 0 ${size}x24 -nolisten tcp -noreset -ac 3>"$work/number" 2>/dev/null &
until [ -s "$work/number" ]; do sleep 0.1; done
DISPLAY=:$(cat "$work/number"); export DISPLAY

programs=()
run() { "$@" >/dev/null 2>&1 & programs+=($!); }                  # a program of the scene
shown() { until xdotool search --onlyvisible --name "$1" >/dev/null 2>&1; do sleep 0.2; done; sleep "${2:-1}"; }
record() { "$target/record" --display "$DISPLAY" --size $size --fps "$2" --seconds "$3" "$here/$1.clip" & recorder=$!; sleep 0.4; }
finish() { wait $recorder; kill "${programs[@]}" 2>/dev/null || true; wait "${programs[@]}" 2>/dev/null || true; programs=(); }
manager() { run openbox --config-file "$here/make/openbox.xml"; until xprop -root _NET_SUPPORTING_WM_CHECK 2>/dev/null | grep -q window; do sleep 0.1; done; }
browser() { run chromium --no-sandbox --test-type --disable-gpu --no-first-run --user-data-dir="$work/browser" --app="file://$work/$1" --window-size=$2 --window-position=$3; }
# A fast scroll on a slow machine skips frames: wheel clicks come one by one.
wheel() { for _ in $(seq "$2"); do xdotool click "$1"; sleep "${3:-0.12}"; done; }

terminal() {
  run xterm -title shell -fa "DejaVu Sans Mono" -fs 11 -bg '#10151c' -fg '#d5dae0' -geometry 150x42+0+0 -e \
    bash -c "cd '$repo'; PS1='repo\$ ' exec bash --norc --noprofile"
  shown shell
  record terminal 8 4
  xdotool type --delay 25 $'grep -n "pub fn" rh-codec/src/*.rs | head -80\n'; sleep 0.5
  xdotool type --delay 25 $'vim +60 rh-codec/src/motion.rs\n'; sleep 0.6
  for _ in 1 2 3; do xdotool key ctrl+f; sleep 0.15; done
  xdotool type --delay 40 "ofor (x, row) in rows { sum += row[x]; }"
}
office() {
  browser office.html 1280,720 0,0; shown Report 3; xdotool key F8
  record office 8 4
  xdotool type --delay 45 "All sessions are encrypted end to end. "; xdotool key F9; sleep 0.6; xdotool key F9; sleep 0.3
  xdotool mousemove 640 500; wheel 5 6
}
web-scroll() {
  browser article.html 1280,720 0,0; shown Walks 3; xdotool mousemove 500 400
  record web-scroll 10 3
  wheel 5 12; xdotool key Prior; sleep 0.3; wheel 5 4
}
windows() {
  manager; feh --bg-fill "$work/wallpaper.png"
  browser article.html 760,480 40,40; shown Walks 2
  run xterm -title source -fa "DejaVu Sans Mono" -fs 10 -geometry 80x24+420+200 -e \
    bash -c "cd '$repo' && exec less rh-codec/src/motion.rs"; shown source
  record windows 8 4
  xdotool mousemove 600 210 mousedown 1
  for n in $(seq 12); do xdotool mousemove_relative -- 18 9; sleep 0.06; done
  for n in $(seq 10); do xdotool mousemove_relative -- -26 -4; sleep 0.06; done
  xdotool mouseup 1; xdotool key alt+Tab; sleep 0.4; xdotool key alt+Tab; sleep 0.4; xdotool key alt+F4
}
idle-type() {
  manager; feh --bg-fill "$work/wallpaper.png"
  run xterm -title notes -bc -fa "DejaVu Sans Mono" -fs 11 -geometry 90x24+200+120 -e bash -c "cd '$repo'; PS1='repo\$ ' exec bash --norc --noprofile"; shown notes
  record idle-type 8 4
  xdotool type --delay 130 "wc -l rh-codec/src/*.rs"; sleep 0.7; xdotool type $'\n'
}
photo() {
  run feh --fullscreen --slideshow-delay 1.6 "$work/photo-0.png" "$work/photo-2.png"; shown feh 0.2
  record photo 4 3
}
video() {
  manager; feh --bg-fill "$work/wallpaper.png"
  run xterm -title source -fa "DejaVu Sans Mono" -fs 10 -geometry 80x24+40+300 -e \
    bash -c "cd '$repo' && exec less rh-codec/src/pace.rs"; shown source
  run ffplay -loglevel quiet -noborder -loop 0 -left 700 -top 100 -x 336 -y 189 -window_title film "$work/film.mp4"; shown film
  record video 7 2
}

[ $# -gt 0 ] || set -- terminal office web-scroll windows idle-type photo video
for class in "$@"; do
  case $class in terminal|office|web-scroll|windows|idle-type|photo|video) ;; *) echo "make.sh: no class is called $class" >&2; exit 2 ;; esac
  xsetroot -solid '#3b4652' 2>/dev/null || true
  $class; finish
done
