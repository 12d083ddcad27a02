//! `rh-audit`, as an auditor runs it.

use std::process::{Command, Output};

use rh_auth::{
    audit::{Ender, Event, Log},
    identity::TenantId,
    key::SigningKey,
    value::{UnixTime, base64url},
};

fn run(log: &str, heads: &str, key: &str) -> Output {
    let folder = std::env::temp_dir().join(format!("rh-audit-{}-{}", std::process::id(), log.len() + heads.len() * 7 + key.len()));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("log"), log).unwrap();
    std::fs::write(folder.join("heads"), heads).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_rh-audit"))
        .args(["verify", "log", "--heads", "heads", "--key", key])
        .current_dir(&folder)
        .output()
        .unwrap();
    std::fs::remove_dir_all(folder).unwrap();
    output
}

#[test]
fn an_auditor_sees_what_is_wrong_and_where() {
    let key = SigningKey::from_seed(&[1; 32]);
    let public = base64url(key.public_key().as_bytes());
    let mut log = Log::new(key);
    let (mut file, mut head) = (String::new(), String::new());
    for index in 0..3 {
        let event = Event::End { code: 1, by: Ender::Helper };
        let appended = log.append(UnixTime(1_800_000_000 + index), TenantId::new("contoso").unwrap(), None, event).unwrap();
        file.push_str(&appended.lines);
        head = appended.head;
    }
    let words = |output: &Output| String::from_utf8(output.stdout.clone()).unwrap();

    let good = run(&file, &head, &public);
    assert_eq!(
        (good.status.code(), &*words(&good)),
        (Some(0), "3 entries, 0 days with a root (0 of them pruned), 1 heads agree (0 of pruned days), 0 faults\n")
    );

    let edited = run(&file.replacen("helper", "sharer", 1), &head, &public);
    assert_eq!(edited.status.code(), Some(1));
    assert!(words(&edited).starts_with("line 1: the entry's signature is wrong; it has been edited\n"), "{}", words(&edited));

    let cut: String = file.split_inclusive('\n').take(2).collect();
    assert_eq!(run(&cut, "", &public).status.code(), Some(0));
    let cut = run(&cut, &head, &public);
    assert_eq!(cut.status.code(), Some(1));
    assert!(words(&cut).starts_with("line 2: head 0 was handed out when day 20833 had 3 entries"), "{}", words(&cut));

    assert_eq!(run(&file, &head, "no key").status.code(), Some(2));
}
