//! `docs/TOKENS.md` against the code: its vectors, and its close codes.

use rh_auth::key::SigningKey;
use rh_auth::oidc::Commitment;
use rh_auth::ticket::Ticket;
use rh_auth::value::UnixTime;
use rh_proto::credential::Role;
use rh_proto::error::CloseCode;

fn page() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/TOKENS.md");
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("docs/TOKENS.md: {error}"))
}

/// The block that opens with these words.
fn block(opening: &str) -> String {
    let page = page();
    let (_, rest) = page.split_once(&format!("```{opening}\n")).unwrap_or_else(|| panic!("no block {opening}"));
    rest.split_once("\n```").unwrap().0.to_owned()
}

#[test]
fn the_nonce_is_that_of_the_page() {
    let commitment = Commitment::new(Role::Helper, [1; 32], SigningKey::from_seed(&[2; 32]).public_key());
    assert_eq!(block("text nonce"), commitment.nonce());
}

#[test]
fn the_ticket_of_the_page_is_one() {
    let authority = SigningKey::from_seed(&[0xa; 32]);
    let written: Ticket = serde_json::from_str(&block("json ticket")).unwrap();
    let read = Ticket::open(&written.issue(&authority), &authority.public_key(), UnixTime(1_800_000_000)).unwrap();
    assert_eq!(serde_json::to_string(&read).unwrap(), block("json ticket").replace('\n', ""));
}

#[test]
fn the_codes_of_the_page_are_those_of_the_wire() {
    let page = page();
    for (code, name) in [
        (CloseCode::TICKET_REFUSED, "TICKET_REFUSED"),
        (CloseCode::TICKET_EXPIRED, "TICKET_EXPIRED"),
        (CloseCode::TICKET_USED, "TICKET_USED"),
        (CloseCode::WRONG_KEY, "WRONG_KEY"),
        (CloseCode::TOKEN_REFUSED, "TOKEN_REFUSED"),
        (CloseCode::TOKEN_EXPIRED, "TOKEN_EXPIRED"),
        (CloseCode::NOT_A_MEMBER, "NOT_A_MEMBER"),
        (CloseCode::WRONG_PERSON, "WRONG_PERSON"),
        (CloseCode::DEVICE_REFUSED, "DEVICE_REFUSED"),
        (CloseCode::RESUME_REFUSED, "RESUME_REFUSED"),
    ] {
        assert!(page.contains(&format!("`{:#06x}` `{name}`", code.0)), "{name}");
    }
}
