//! A code works once and not for long, in the real programs: refused on both sides, and nothing is delivered.

use std::process::ExitStatus;

use crate::{
    pair::{Pair, helper, sharer},
    programs::Program,
};

const VIRTUAL: &[&str] = &["--virtual", "640x480"];

/// Both ends of a refusal: exit code 12, one sentence, and nothing of a session.
fn expect_refusal(end: &str, (status, said): (ExitStatus, Vec<String>), sentence: &str) {
    assert_eq!(status.code(), Some(12), "{said:#?}");
    let told: Vec<&String> = said.iter().filter(|line| line.starts_with(&format!("{end}: "))).collect();
    assert!(matches!(told[..], [one] if one.contains(sentence)), "one sentence, with {sentence:?}: {said:#?}");
    expect_nothing(&said);
}

/// Neither pairing, nor a question, nor a picture.
fn expect_nothing(said: &[String]) {
    let delivered = |line: &&String| ["paired", "asked", "asking", "granted", "layout", "frames"].iter().any(|word| line.starts_with(word));
    assert_eq!(said.iter().find(delivered), None, "{said:#?}");
}

#[test]
fn a_code_that_paired_a_session_pairs_no_second_and_the_session_goes_on() {
    let mut helper = Program::start(helper());
    let (address, code) = (helper.expect("address"), helper.expect("code"));
    let mut first = Program::start(sharer(&address, VIRTUAL));
    first.tell(&code);
    first.expect("asked");
    first.tell("y view");
    helper.expect("frames 1");

    for _ in 0..2 {
        let mut second = Program::start(sharer(&address, VIRTUAL));
        second.tell(&code);
        expect_refusal("sharer", second.end(), "the code has already been used; ask the helper for a new code");
        helper.expect("note another caller was refused: the code has already been used");
    }

    helper.tell("chat only you");
    first.expect("chat only you");
    Pair { helper, sharer: first }.leave();
}

#[test]
fn a_code_that_was_guessed_wrong_pairs_nobody_any_more() {
    let mut helper = Program::start(helper());
    let (address, code) = (helper.expect("address"), helper.expect("code"));
    let wrong: String = code.replace('-', "").chars().map(|c| if c == '0' { '1' } else { '0' }).collect();
    let mut guess = Program::start(sharer(&address, VIRTUAL));
    guess.tell(&wrong);
    expect_refusal("sharer", guess.end(), "the code does not match");
    expect_refusal("helper", helper.end(), "the code does not match");

    // The code was right, and is worth nothing: the helper is gone with it.
    let mut second = Program::start(sharer(&address, VIRTUAL));
    second.tell(&code);
    let (status, said) = second.end();
    assert_eq!(status.code(), Some(14), "{said:#?}");
    expect_nothing(&said);
}

#[test]
fn a_code_that_has_expired_pairs_nobody() {
    let mut command = helper();
    command.args(["--code-lifetime", "1"]);
    let mut helper = Program::start(command);
    let (address, code) = (helper.expect("address"), helper.expect("code"));
    helper.expect("note the code has expired");
    let mut late = Program::start(sharer(&address, VIRTUAL));
    late.tell(&code);
    expect_refusal("sharer", late.end(), "the code has expired; ask the helper for a new code");
    expect_refusal("helper", helper.end(), "the code has expired");
}

#[test]
fn no_code_lives_longer_than_ten_minutes() {
    for seconds in ["601", "0"] {
        let mut command = helper();
        command.args(["--code-lifetime", seconds]);
        let (status, said) = Program::start(command).end();
        assert_eq!(status.code(), Some(2), "{seconds}: {said:#?}");
    }
}
