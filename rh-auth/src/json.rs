//! JSON as security needs it: no member of any object may appear twice. RFC 8259 leaves open which one counts, and two readers that choose differently can
//! be told two stories by one signature.

use std::collections::HashSet;
use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// Why bytes are not the JSON that was expected. Says where, never what: the bytes may be somebody's secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {what}")]
pub struct JsonError {
    /// From 1.
    pub line: usize,
    /// From 1; 0 at a line's very start.
    pub column: usize,
    /// The kind of fault.
    pub what: &'static str,
}

impl From<serde_json::Error> for JsonError {
    fn from(error: serde_json::Error) -> Self {
        use serde_json::error::Category;
        let what = match error.classify() {
            Category::Data if error.to_string().starts_with(DUPLICATE) => DUPLICATE,
            Category::Data => "a member is missing, appears twice, or has a value that it cannot have",
            Category::Eof => "it ends too early",
            Category::Syntax | Category::Io => "no JSON",
        };
        Self { line: error.line(), column: error.column(), what }
    }
}

const DUPLICATE: &str = "an object has the same member twice";

/// Reads one value that fills `bytes`. The caller has bounded their length; nesting deeper than 128 is refused.
pub(crate) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, JsonError> {
    let _: Unambiguous = serde_json::from_slice(bytes)?;
    Ok(serde_json::from_slice(bytes)?)
}

/// Any JSON value without duplicate members, at any depth. Holds nothing: it is the walk that counts.
struct Unambiguous;

impl<'de> Deserialize<'de> for Unambiguous {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Walk)
    }
}

struct Walk;

impl<'de> Visitor<'de> for Walk {
    type Value = Unambiguous;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Unambiguous, E> {
        Ok(Unambiguous)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Unambiguous, E> {
        Ok(Unambiguous)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Unambiguous, E> {
        Ok(Unambiguous)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Unambiguous, E> {
        Ok(Unambiguous)
    }

    fn visit_str<E>(self, _: &str) -> Result<Unambiguous, E> {
        Ok(Unambiguous)
    }

    fn visit_unit<E>(self) -> Result<Unambiguous, E> {
        Ok(Unambiguous)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Unambiguous, A::Error> {
        while seq.next_element::<Unambiguous>()?.is_some() {}
        Ok(Unambiguous)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Unambiguous, A::Error> {
        let mut members = HashSet::new();
        // Names are compared after their escapes are resolved: `"a"` and `"\u0061"` are one.
        while let Some(name) = map.next_key::<String>()? {
            if !members.insert(name) {
                return Err(A::Error::custom(DUPLICATE));
            }
            let Unambiguous = map.next_value()?;
        }
        Ok(Unambiguous)
    }
}

/// Whether a member is there at all, whatever its value.
#[derive(Default)]
pub(crate) struct Present(pub(crate) bool);

impl<'de> Deserialize<'de> for Present {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(deserializer).map(|_| Self(true))
    }
}
