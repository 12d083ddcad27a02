//! The programs at the organisation's service, as far as it goes without one: what a person reads when it is not there, or not the right one.

use std::process::Command;

use crate::programs::Program;

fn sharer(options: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sharer"));
    command
        .args(["--console", "--virtual", "640x480"])
        .args(options)
        .env_remove("DISPLAY")
        .env_remove("HTTPS_PROXY")
        .env_remove("ALL_PROXY");
    let output = command.output().unwrap();
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn a_service_that_is_not_there_is_said_to_be() {
    for program in [env!("CARGO_BIN_EXE_sharer"), env!("CARGO_BIN_EXE_helper")] {
        let mut command = Command::new(program);
        let screen: &[&str] =
            if program == env!("CARGO_BIN_EXE_sharer") { &["--console", "--virtual", "640x480"] } else { &["--headless"] };
        command.args(screen).args(["--service", "https://127.0.0.1:9"]).env_remove("DISPLAY");
        let (status, said) = Program::start(command).end();
        assert_eq!(status.code(), Some(14), "{said:#?}");
        assert!(!said.iter().any(|line| line.starts_with("code") || line.starts_with("type")), "nobody is asked for anything: {said:#?}");
    }
}

#[test]
fn an_address_that_cannot_be_one_is_a_bad_command_line() {
    for (options, part) in [
        (&["--service", "http://help.contoso.example"][..], "https"),
        (&["--service", "https://127.0.0.1:9/path"], "nothing behind"),
        (&["--service", "https://127.0.0.1:9", "--service-certificate", "abc"], "64 hexadecimal digits"),
        (&["--service", "https://127.0.0.1:9", "--tenant", ""], "--tenant"),
        (&["--service", "https://127.0.0.1:9", "--connect", "127.0.0.1:9"], "cannot be used with"),
    ] {
        let (status, said) = sharer(options);
        assert_eq!(status, Some(2), "{options:?}: {said}");
        assert!(said.contains(part), "{options:?}: {said}");
    }
}
