//! Who can sign in: built in, or from a file.

use std::{collections::BTreeMap, io::Read as _, path::Path, sync::Arc};

use rh_auth::{
    identity::{Claim, PersonId, TenantId},
    value::{Digest, Line},
};
use serde::Deserialize;

/// Bytes of a file of people at most.
const MAX_FILE: u64 = 1024 * 1024;

/// People of one organisation.
///
/// ```toml
/// tenant = "contoso"
/// company = "Contoso"            # for all who have none of their own
/// domain = "contoso.example"     # the organisation's verified domain
///
/// [[person]]
/// id = "hanna"                   # `oid` of the tokens
/// name = "Hanna Virtanen"
/// title = "Support engineer"     # may be missing, as may everything below
/// company = "Contoso Finland"
/// picture = "hanna.png"          # beside this file: PNG, 64 KiB at most
/// guest = false                  # `acct`: 0 for members, 1 for guests
/// contexts = ["c1"]              # `acrs` of every token
/// step_up = ["c2"]               # `acrs` when the app asks for it (`acr_values`)
/// ```
#[derive(Debug, Clone)]
pub struct People {
    tenant: TenantId,
    domain: Line,
    people: Arc<BTreeMap<PersonId, Person>>,
}

/// Somebody who can sign in, and what a trust screen shows of them.
#[derive(Debug, Clone)]
pub struct Person {
    /// `oid` and `sub` of the tokens.
    pub id: PersonId,
    /// Full name.
    pub name: Line,
    /// Job title; may be empty.
    pub title: Line,
    /// May be empty.
    pub company: Line,
    /// A face.
    pub picture: Option<Picture>,
    /// A guest of the organisation, who is to be refused.
    pub guest: bool,
    /// Authentication contexts of every sign-in.
    pub contexts: Vec<Claim>,
    /// Authentication contexts that are proven when an app asks for them.
    pub step_up: Vec<Claim>,
}

/// A profile picture: PNG, at most [`Picture::MAX`] bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture(Arc<[u8]>);

impl Picture {
    /// Bytes at most.
    pub const MAX: usize = 64 * 1024;

    fn new(bytes: &[u8]) -> Result<Self, String> {
        let is_png = bytes.starts_with(b"\x89PNG\r\n\x1a\n");
        if !is_png || bytes.len() > Self::MAX {
            return Err(format!("a picture is a PNG of at most {} KiB", Self::MAX / 1024));
        }
        Ok(Self(bytes.into()))
    }

    /// The file.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// What tickets name it by.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::of(&self.0)
    }
}

/// Why a file names nobody.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PeopleError {
    /// The file, or a picture, cannot be read.
    #[error("cannot read {path}: {cause}")]
    Io {
        /// Which.
        path: String,
        /// Why.
        cause: std::io::Error,
    },
    /// Not TOML, or not what was expected; with the place.
    #[error("{path}: {reason}")]
    Toml {
        /// The file.
        path: String,
        /// Line, column and reason.
        reason: String,
    },
    /// Well-formed, and makes no sense.
    #[error("{path}: {reason}")]
    Content {
        /// The file.
        path: String,
        /// Who, and what is wrong.
        reason: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    tenant: TenantId,
    #[serde(default)]
    company: Line,
    domain: Line,
    person: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    id: PersonId,
    name: Line,
    #[serde(default)]
    title: Line,
    company: Option<Line>,
    picture: Option<String>,
    #[serde(default)]
    guest: bool,
    #[serde(default)]
    contexts: Vec<String>,
    #[serde(default)]
    step_up: Vec<String>,
}

impl People {
    /// Hanna, who helps, Sam, who shares, and Gunther, who is a guest, of Contoso.
    ///
    /// # Panics
    /// Never: a test reads the built-in file.
    #[must_use]
    pub fn built_in() -> Self {
        let picture = |name: &str| match name {
            "hanna.png" => Ok(include_bytes!("../assets/hanna.png").to_vec()),
            _ => Ok(include_bytes!("../assets/sam.png").to_vec()),
        };
        Self::parse(include_str!("../assets/people.toml"), "the built-in people", picture).expect("the built-in file is read by a test")
    }

    /// Reads a file; pictures are looked for beside it.
    ///
    /// # Errors
    /// [`PeopleError`], with the place.
    pub fn from_file(path: &Path) -> Result<Self, PeopleError> {
        let read = |path: &Path, limit: u64| {
            let failed = |cause| PeopleError::Io { path: path.display().to_string(), cause };
            let mut bytes = Vec::new();
            std::fs::File::open(path).and_then(|file| file.take(limit + 1).read_to_end(&mut bytes)).map_err(failed)?;
            Ok(bytes)
        };
        let shown = path.display().to_string();
        let bytes = read(path, MAX_FILE)?;
        if bytes.len() as u64 > MAX_FILE {
            return Err(PeopleError::Content { path: shown, reason: "it is longer than 1 MiB".into() });
        }
        let text = String::from_utf8(bytes).map_err(|_| PeopleError::Content { path: shown.clone(), reason: "it is not UTF-8".into() })?;
        Self::parse(&text, &shown, |name| read(&path.with_file_name(name), Picture::MAX as u64))
    }

    fn parse(text: &str, path: &str, picture: impl Fn(&str) -> Result<Vec<u8>, PeopleError>) -> Result<Self, PeopleError> {
        let file: File = toml::from_str(text).map_err(|error| PeopleError::Toml { path: path.into(), reason: error.to_string() })?;
        let wrong = |id: &PersonId, reason: String| PeopleError::Content { path: path.into(), reason: format!("person {id}: {reason}") };
        let mut people = BTreeMap::new();
        for entry in file.person {
            let id = entry.id;
            let read = |name: String| picture(&name).and_then(|bytes| Picture::new(&bytes).map_err(|reason| wrong(&id, reason)));
            let claims = |list: Vec<String>| {
                list.iter().map(|text| Claim::new(text).map_err(|error| wrong(&id, format!("{text:?}: {error}")))).collect::<Result<_, _>>()
            };
            if entry.name.as_str().trim().is_empty() {
                return Err(wrong(&id, "has no name".into()));
            }
            let person = Person {
                id: id.clone(),
                name: entry.name,
                title: entry.title,
                company: entry.company.unwrap_or_else(|| file.company.clone()),
                picture: entry.picture.map(read).transpose()?,
                guest: entry.guest,
                contexts: claims(entry.contexts)?,
                step_up: claims(entry.step_up)?,
            };
            if people.insert(id.clone(), person).is_some() {
                return Err(wrong(&id, "is listed twice".into()));
            }
        }
        if people.is_empty() {
            return Err(PeopleError::Content { path: path.into(), reason: "it lists nobody".into() });
        }
        Ok(Self { tenant: file.tenant, domain: file.domain, people: Arc::new(people) })
    }

    /// Their organisation: `tid` of the tokens.
    #[must_use]
    pub const fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    /// The organisation's verified domain.
    #[must_use]
    pub const fn domain(&self) -> &Line {
        &self.domain
    }

    /// One of them.
    #[must_use]
    pub fn person(&self, id: &str) -> Option<&Person> {
        self.people.get(id)
    }

    /// All of them, by id.
    pub fn iter(&self) -> impl Iterator<Item = &Person> {
        self.people.values()
    }
}
