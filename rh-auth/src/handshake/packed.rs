//! How a signed document crosses: without what the other end knows anyway.
//!
//! A compact JWS spends a third more bytes than it says (base64url), and most of what a ticket or an ID token says both ends know by then: the claims' names,
//! the keys, the session, the organisation. So base64url is undone, and known phrases are replaced by a byte each, one that JSON cannot hold as it stands:
//!
//! ```text
//! body  = length of the signature (u16) ‖ signature ‖ phrased(header ‖ 01 ‖ payload)
//! 00 b    the byte b itself, where it is below 20
//! 01      between header and payload
//! 02 … 1f the phrase of that number
//! ```
//!
//! The receiver puts the phrases back and has the document byte for byte as it was signed; a phrase that the two ends do not share breaks the signature and
//! nothing else. Nothing is matched against anything but these phrases, so no length tells how a secret compares with what somebody in between has chosen:
//! the reason why this is a list and no compression.

use crate::jws::MAX_TOKEN;
use crate::value::{base64url, from_base64url};

const LITERAL: u8 = 0x00;
const DOT: u8 = 0x01;
const FIRST: u8 = 0x02;
/// Bytes from here on stand for themselves.
const END: u8 = 0x20;

/// Phrases that both ends know, in the order of their numbers. At most thirty count; none is empty.
pub(super) struct Phrases<'a> {
    list: Vec<&'a str>,
}

/// Phrases of every ticket (`ticket::Ticket`, as its members are ordered).
const TICKET: [&str; 27] = [
    r#"{"alg":"EdDSA","typ":"rh-ticket"}"#,
    r#"{"sid":""#,
    r#"","jti":""#,
    r#"","tid":""#,
    r#"","helper":{"oid":""#,
    r#"","spki":""#,
    r#"","name":""#,
    r#"","title":""#,
    r#"","company":""#,
    r#"","domain":""#,
    r#"","picture":""#,
    r#""},"sharer":{"person":{"oid":""#,
    r#""},"sharer":{"device":{"id":""#,
    r#"","key":""#,
    r#""}},"modes":[""#,
    r#"ViewOnly"#,
    r#"","FullControl"#,
    r#"","Elevation"#,
    r#""],"warnings":["#,
    r#"],"obligations":["#,
    r#"],"policy":""#,
    r#"","matrix":""#,
    // The header of a `rh-audit-head`, too.
    r#"","audit":"eyJhbGciOiJFZERTQSIsInR5cCI6InJoLWF1ZGl0LWhlYWQifQ."#,
    r#"","iat":"#,
    r#","exp":"#,
    r#","lease":"#,
    r#""R13."#,
];

/// Phrases of ID tokens as providers write them: Entra ID's claims first of all.
const ID_TOKEN: [&str; 24] = [
    r#""typ":"JWT""#,
    r#""alg":"RS256""#,
    r#""alg":"ES256""#,
    r#""alg":"EdDSA""#,
    r#""kid":""#,
    r#","iss":""#,
    r#"{"aud":""#,
    r#","iat":"#,
    r#","nbf":"#,
    r#","exp":"#,
    r#","nonce":""#,
    r#","oid":""#,
    r#","sub":""#,
    r#","tid":""#,
    r#","name":""#,
    r#","preferred_username":""#,
    r#","auth_time":"#,
    r#","acrs":[""#,
    r#","amr":[""#,
    r#","acct":0"#,
    r#","ver":"2.0""#,
    r#","sid":""#,
    r#","uti":""#,
    r#","rh":"1."#,
];

impl<'a> Phrases<'a> {
    /// Those of a ticket for this connection: the session, and the helper's and the sharer's key by their fingerprints.
    pub(super) fn ticket(connection: [&'a str; 3]) -> Self {
        Self::new(connection, &TICKET)
    }

    /// Those of an ID token: what the ticket, the provider's settings and the commitment say of the person whose it is.
    pub(super) fn id_token(person: [&'a str; 6]) -> Self {
        Self::new(person, &ID_TOKEN)
    }

    fn new<const N: usize>(values: [&'a str; N], fixed: &'static [&'static str]) -> Self {
        // An empty value keeps its number and matches nothing: both ends count alike.
        Self { list: values.into_iter().chain(fixed.iter().copied()).take(usize::from(END - FIRST)).collect() }
    }

    /// The longest phrase that `text` begins with, and its number.
    fn longest(&self, text: &[u8]) -> Option<(u8, usize)> {
        let numbered = (FIRST..END).zip(&self.list).filter(|(_, phrase)| !phrase.is_empty() && text.starts_with(phrase.as_bytes()));
        numbered.map(|(number, phrase)| (number, phrase.len())).max_by_key(|(_, length)| *length)
    }

    fn phrase(&self, number: u8) -> Option<&str> {
        number.checked_sub(FIRST).and_then(|index| self.list.get(usize::from(index))).copied()
    }

    /// A compact JWS in the form in which it crosses; `None` for what is none.
    pub(super) fn pack(&self, token: &str) -> Option<Vec<u8>> {
        let (signed, signature) = token.rsplit_once('.')?;
        let (header, payload) = signed.split_once('.')?;
        let [header, payload, signature] = [header, payload, signature].map(|part| from_base64url(part.as_bytes()));
        let signature = signature?;
        let mut body = Vec::with_capacity(token.len());
        body.extend_from_slice(&u16::try_from(signature.len()).ok()?.to_be_bytes());
        body.extend_from_slice(&signature);
        self.write(&header?, &mut body);
        body.push(DOT);
        self.write(&payload?, &mut body);
        Some(body)
    }

    fn write(&self, mut text: &[u8], body: &mut Vec<u8>) {
        while let Some((&byte, rest)) = text.split_first() {
            text = match self.longest(text) {
                Some((number, length)) => {
                    body.push(number);
                    &text[length..]
                }
                None => {
                    if byte < END {
                        body.push(LITERAL);
                    }
                    body.push(byte);
                    rest
                }
            };
        }
    }

    /// The compact JWS that `body` stands for; `None` where it stands for nothing, or for more than any document has.
    pub(super) fn unpack(&self, body: &[u8]) -> Option<String> {
        let (length, rest) = body.split_first_chunk::<2>()?;
        let (signature, text) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
        let mut parts = [Vec::new(), Vec::new()];
        let (mut part, mut bytes) = (0, text.iter());
        while let Some(&byte) = bytes.next() {
            match byte {
                LITERAL => parts[part].push(*bytes.next().filter(|byte| **byte < END)?),
                DOT if part == 0 => part = 1,
                FIRST..END => parts[part].extend_from_slice(self.phrase(byte)?.as_bytes()),
                END.. => parts[part].push(byte),
                DOT => return None,
            }
            if parts[part].len() > MAX_TOKEN {
                return None;
            }
        }
        let [header, payload] = parts.map(|part| base64url(&part));
        (part == 1).then(|| format!("{header}.{payload}.{}", base64url(signature)))
    }
}
