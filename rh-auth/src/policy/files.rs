//! Policies and directories from files: TOML of this project's own, and what Microsoft Graph answers.
//!
//! A file is taken as a whole or refused with the line and the reason; what is not understood is never skipped in TOML. From Graph unknown properties are,
//! since there are many, and whatever a property that matters does not say is read as what allows least.
//!
//! The TOML is described, with worked examples, in `docs/POLICY.md`.

mod directory;
pub mod graph;
mod policy_toml;
mod words;

use std::fmt;

pub use directory::{Directory, Person};

/// Bytes in the largest file that is taken. The parsers' memory is proportional to it.
pub const MAX_BYTES: usize = 16 * 1024 * 1024;

/// Which file is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Source {
    /// A policy in TOML.
    Policy,
    /// A directory in TOML.
    Directory,
    /// Graph's `deviceManagement/remoteAssistanceSettings`.
    Settings,
    /// Graph's `deviceManagement/roleDefinitions`, the page counted from 1.
    RoleDefinitions(usize),
    /// Graph's `deviceManagement/roleAssignments`, the page counted from 1.
    RoleAssignments(usize),
    /// Graph's `deviceManagement/managedDevices`.
    ManagedDevices,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Policy => f.write_str("policy"),
            Self::Directory => f.write_str("directory"),
            Self::Settings => f.write_str("remote assistance settings"),
            Self::RoleDefinitions(page) => write!(f, "role definitions, page {page}"),
            Self::RoleAssignments(page) => write!(f, "role assignments, page {page}"),
            Self::ManagedDevices => f.write_str("managed devices"),
        }
    }
}

/// Why a file is refused. Whoever wrote it can put it right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{source_file}, line {line}: {reason}")]
pub struct FileError {
    /// The file.
    pub source_file: Source,
    /// Counted from 1; 1 for what is wrong with the file as a whole.
    pub line: usize,
    /// In one sentence.
    pub reason: String,
}

impl FileError {
    fn new(source_file: Source, line: usize, reason: impl fmt::Display) -> Self {
        // Parsers write several lines with the text quoted; the first says it.
        let reason = reason.to_string();
        Self { source_file, line, reason: reason.lines().next().unwrap_or_default().to_owned() }
    }
}

fn check_size(source: Source, text: &str) -> Result<(), FileError> {
    if text.len() > MAX_BYTES {
        return Err(FileError::new(source, 1, format_args!("the file is larger than {MAX_BYTES} bytes")));
    }
    Ok(())
}

/// The line, counted from 1, in which byte `offset` of `text` lies.
fn line_at(text: &str, offset: usize) -> usize {
    1 + text.bytes().take(offset).filter(|byte| *byte == b'\n').count()
}

/// Reads a TOML file.
fn from_toml<'a, T: serde::Deserialize<'a>>(source: Source, text: &'a str) -> Result<T, FileError> {
    check_size(source, text)?;
    toml::from_str(text).map_err(|error| {
        let line = error.span().map_or(1, |span| line_at(text, span.start));
        FileError::new(source, line, error.message())
    })
}
