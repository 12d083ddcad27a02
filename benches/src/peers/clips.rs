//! Clips of both kinds as frames: ours, and films that ffmpeg reads.

use std::{
    fs,
    io::Read,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use rh_benches::clip::{Format, Reader};

/// A recording, not opened.
#[derive(Debug)]
pub(crate) struct Clip {
    /// The file's name without its ending: the class of what it shows.
    pub(crate) name: String,
    pub(crate) format: Format,
    path: PathBuf,
}

/// All clips of a folder, by name.
pub(crate) fn in_folder(folder: &Path) -> Result<Vec<Clip>, String> {
    let entries = fs::read_dir(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    let mut clips = Vec::new();
    for path in paths {
        let format = match path.extension().and_then(|e| e.to_str()) {
            Some("clip") => Reader::open(&path).map_err(|e| e.to_string())?.format(),
            Some("mkv") => film_format(&path)?,
            _ => continue,
        };
        let name = path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
        clips.push(Clip { name, format, path });
    }
    if clips.is_empty() { Err(format!("no clips (*.clip, *.mkv) in {}", folder.display())) } else { Ok(clips) }
}

fn film_format(path: &Path) -> Result<Format, String> {
    let output = Command::new("ffprobe")
        .args(["-v", "error", "-select_streams", "v:0", "-show_entries", "stream=width,height,r_frame_rate", "-of", "csv=p=0"])
        .arg(path)
        .output()
        .map_err(|e| format!("ffprobe, which reads *.mkv, does not start: {e}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let numbers: Vec<u32> = text.trim().split([',', '/']).map_while(|n| n.parse().ok()).collect();
    match numbers[..] {
        [width, height, frames, seconds, ..] if seconds > 0 => Format::new(width, height, frames.div_ceil(seconds)),
        _ => Err("no picture in it".into()),
    }
    .map_err(|e| format!("{}: {e}", path.display()))
}

/// Frames of a clip, one at a time.
pub(crate) enum Frames {
    Ours(Box<Reader>),
    Film(Child),
}

impl Clip {
    pub(crate) fn open(&self) -> Result<Frames, String> {
        if self.path.extension().is_some_and(|e| e == "clip") {
            return Ok(Frames::Ours(Box::new(Reader::open(&self.path).map_err(|e| e.to_string())?)));
        }
        let child = Command::new("ffmpeg")
            .args(["-nostdin", "-v", "error", "-threads", "1", "-i"])
            .arg(&self.path)
            .args(["-f", "rawvideo", "-pix_fmt", "bgra", "-"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|e| format!("ffmpeg does not start: {e}"))?;
        Ok(Frames::Film(child))
    }
}

impl Frames {
    /// Fills `frame`, which is as large as the clip's frames; false at the end.
    pub(crate) fn next(&mut self, frame: &mut [u8]) -> Result<bool, String> {
        match self {
            Self::Ours(reader) => {
                let picture = reader.next_picture().map_err(|e| e.to_string())?;
                picture.map(|picture| frame.copy_from_slice(picture)).map_or(Ok(false), |()| Ok(true))
            }
            Self::Film(child) => {
                let output = child.stdout.as_mut().ok_or("ffmpeg has no output")?;
                match output.read_exact(frame) {
                    Ok(()) => Ok(true),
                    Err(e) if e.kind() == std::io::ErrorKind::UnexpectedEof => Ok(false),
                    Err(e) => Err(format!("ffmpeg: {e}")),
                }
            }
        }
    }
}

impl Drop for Frames {
    fn drop(&mut self) {
        if let Self::Film(child) = self {
            // It may have ended by itself.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
