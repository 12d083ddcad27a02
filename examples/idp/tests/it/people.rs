//! The people: built in, and from files that may be wrong.

use rh_auth::value::Digest;
use rh_idp::{People, PeopleError};

use crate::support::Scratch;

#[test]
fn hanna_and_sam_have_everything_that_a_trust_screen_shows() {
    let people = People::built_in();
    assert_eq!((people.tenant().as_str(), people.domain().as_str()), ("contoso", "contoso.example"));
    for id in ["hanna", "sam"] {
        let person = people.person(id).unwrap();
        assert!(!person.guest && !person.title.as_str().is_empty() && person.company.as_str() == "Contoso");
        let picture = person.picture.as_ref().unwrap();
        assert_eq!(picture.digest(), Digest::of(picture.bytes()));
    }
    assert!(people.person("gunther").unwrap().guest);
}

/// The error of a file with this content.
fn refused(content: &str) -> String {
    let folder = Scratch::new();
    std::fs::write(folder.path().join("big.png"), [&b"\x89PNG\r\n\x1a\n"[..], &[0; 65_536]].concat()).unwrap();
    std::fs::write(folder.path().join("text.png"), "no picture").unwrap();
    let path = folder.path().join("people.toml");
    std::fs::write(&path, content).unwrap();
    People::from_file(&path).unwrap_err().to_string()
}

#[test]
fn a_file_names_people_and_their_pictures() {
    let folder = Scratch::new();
    std::fs::write(folder.path().join("p.png"), b"\x89PNG\r\n\x1a\nrest").unwrap();
    let path = folder.path().join("people.toml");
    let text = "tenant = 't'\ndomain = 'd.example'\n[[person]]\nid = 'ä b'\nname = 'Ä'\npicture = 'p.png'\ncompany = 'C'\n";
    std::fs::write(&path, text).unwrap();
    let people = People::from_file(&path).unwrap();
    let person = people.person("ä b").unwrap();
    assert_eq!((person.name.as_str(), person.company.as_str()), ("Ä", "C"));
    assert_eq!(person.picture.as_ref().unwrap().bytes(), b"\x89PNG\r\n\x1a\nrest");
}

#[test]
fn a_wrong_file_is_refused_with_the_place() {
    let head = "tenant = 't'\ndomain = 'd'\n";
    for (content, part) in [
        (String::new(), "tenant"),
        ("tenant = 't'\n".to_owned(), "domain"),
        (format!("{head}person = []\n"), "lists nobody"),
        (format!("{head}[[person]]\nid = 'a'\nname = 'A'\nshoe = 43\n"), "shoe"),
        (format!("{head}[[person]]\nid = ''\nname = 'A'\n"), "line 4"),
        (format!("{head}[[person]]\nid = 'a'\nname = ' '\n"), "person a: has no name"),
        (format!("{head}[[person]]\nid = 'a'\nname = \"A\\u202eB\"\n"), "line 5"),
        (format!("{head}[[person]]\nid = 'a'\nname = 'A'\n[[person]]\nid = 'a'\nname = 'B'\n"), "listed twice"),
        (format!("{head}[[person]]\nid = 'a'\nname = 'A'\npicture = 'big.png'\n"), "64 KiB"),
        (format!("{head}[[person]]\nid = 'a'\nname = 'A'\npicture = 'text.png'\n"), "PNG"),
        (format!("{head}[[person]]\nid = 'a'\nname = 'A'\npicture = 'none.png'\n"), "none.png"),
        (format!("{head}[[person]]\nid = 'a'\nname = 'A'\ncontexts = ['']\n"), "empty"),
    ] {
        let error = refused(&content);
        assert!(error.contains(part), "{part:?} is not in {error:?}");
    }
    let none = People::from_file(std::path::Path::new("/nowhere/people.toml")).unwrap_err();
    assert!(matches!(none, PeopleError::Io { .. }) && none.to_string().contains("/nowhere/people.toml"), "{none}");
}
