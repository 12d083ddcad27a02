//! The mode table, walked exhaustively against rules that were written down independently of it: from the product's words, not from the table's rows.

use rh_proto::error::{CloseCode, DenyCode};
use rh_proto::mode::{Action, Direction, Gates, Mode, ModeSet, State, Subject, TABLE, action, lower, request, table_json};
use rh_proto::msg::MessageType as M;
use rh_proto::msg::mode::{DeclineReason, ModeId};

const OPEN: Gates = Gates { chat: true, clipboard: true, annotation: true };

const FROM_HELPER_ONLY: [M; 10] =
    [M::MODE_REQUEST, M::MODE_CANCEL, M::MODE_DOWNGRADE, M::FRAME_ACK, M::REFRESH, M::INPUT, M::LASER, M::LASER_OFF, M::STROKE, M::ERASE];
const FROM_SHARER_ONLY: [M; 9] = [
    M::CONSENT_PENDING,
    M::MODE_GRANT,
    M::MODE_DECLINE,
    M::MODE_REVOKE,
    M::FRAGMENT,
    M::LAYOUT,
    M::CURSOR_SHAPE,
    M::CURSOR_POSITION,
    M::CURSOR_HIDDEN,
];

/// What the rules say, the first that applies.
fn expected(state: State, direction: Direction, message: M, gates: Gates) -> Action {
    let unexpected = Action::Close(CloseCode::UNEXPECTED);
    // Everything after the end is inert.
    if state == State::Closed {
        return Action::Ignore;
    }
    // Each side has its own part to play.
    let wrong_way = match direction {
        Direction::ToSharer => FROM_SHARER_ONLY.contains(&message),
        Direction::ToHelper => FROM_HELPER_ONLY.contains(&message),
    };
    if wrong_way {
        return unexpected;
    }
    // One may leave at any time.
    if message == M::CLOSE {
        return Action::Accept;
    }
    // A hello first and only first; then authentication and nothing else; then everything else.
    let handshake = [M::HELLO, M::AUTH, M::AUTH_OK].contains(&message);
    match state {
        State::Greeting => return if message == M::HELLO { Action::Accept } else { unexpected },
        State::Authenticating => return if handshake && message != M::HELLO { Action::Accept } else { unexpected },
        _ if handshake => return unexpected,
        _ => {}
    }
    // Without a mode nothing of the screen, the hands or the mouth of the other side is taken; what may have been on its way is dropped in silence.
    let on_its_way = [
        M::FRAGMENT,
        M::FRAME_ACK,
        M::REFRESH,
        M::LAYOUT,
        M::CURSOR_SHAPE,
        M::CURSOR_POSITION,
        M::CURSOR_HIDDEN,
        M::LASER_OFF,
        M::ERASE,
        M::MODE_DOWNGRADE,
        M::MODE_REVOKE,
    ];
    let needs_mode = [M::INPUT, M::LASER, M::STROKE, M::CHAT, M::CLIPBOARD];
    if state == State::Ready && on_its_way.contains(&message) {
        return Action::Ignore;
    }
    if state == State::Ready && needs_mode.contains(&message) {
        return Action::Deny(DenyCode::NO_MODE);
    }
    // View only means: no keys, no pointer, no clipboard.
    if state == State::ViewOnly && [M::INPUT, M::CLIPBOARD].contains(&message) {
        return Action::Deny(DenyCode::VIEW_ONLY);
    }
    // A pause, or a dead indicator, stops hands; not words.
    let hands = [M::INPUT, M::LASER, M::STROKE, M::CLIPBOARD].contains(&message);
    if state == State::Paused && hands {
        return Action::Deny(DenyCode::PAUSED);
    }
    if state == State::Frozen && hands {
        return Action::Deny(DenyCode::NO_INDICATOR);
    }
    // The person at the device wins over keys and pointer.
    if state == State::Yielding && message == M::INPUT {
        return Action::Deny(DenyCode::LOCAL_INPUT);
    }
    // Settings.
    if message == M::CHAT && !gates.chat {
        return Action::Deny(DenyCode::CHAT_OFF);
    }
    if message == M::CLIPBOARD && !gates.clipboard {
        return Action::Deny(DenyCode::CLIPBOARD_OFF);
    }
    if [M::LASER, M::LASER_OFF, M::STROKE, M::ERASE].contains(&message) && !gates.annotation {
        return Action::Deny(DenyCode::ANNOTATION_OFF);
    }
    Action::Accept
}

#[test]
fn every_cell_says_what_the_rules_say() {
    let mut cells = 0;
    for state in State::ALL {
        for direction in [Direction::ToSharer, Direction::ToHelper] {
            for &message in M::ALL {
                for bits in 0..8 {
                    let gates = Gates { chat: bits & 1 != 0, clipboard: bits & 2 != 0, annotation: bits & 4 != 0 };
                    let found = action(state, direction, Subject::Known(message), gates);
                    let expected = expected(state, direction, message, gates);
                    assert_eq!(found, expected, "{state:?} {direction:?} {:?} {gates:?}", message.name());
                    cells += 1;
                }
            }
        }
    }
    assert_eq!(cells, 11 * 2 * M::ALL.len() * 8);
}

#[test]
fn unknown_messages_are_skipped_when_they_may_be_and_end_the_session_otherwise() {
    for state in State::ALL {
        for direction in [Direction::ToSharer, Direction::ToHelper] {
            let (ignorable, other) = match state {
                State::Closed => (Action::Ignore, Action::Ignore),
                State::Greeting | State::Authenticating => (Action::Close(CloseCode::UNEXPECTED), Action::Close(CloseCode::UNEXPECTED)),
                _ => (Action::Ignore, Action::Close(CloseCode::UNSUPPORTED)),
            };
            assert_eq!(action(state, direction, Subject::UnknownIgnorable, OPEN), ignorable, "{state:?} {direction:?}");
            assert_eq!(action(state, direction, Subject::Unknown, OPEN), other, "{state:?} {direction:?}");
        }
    }
}

#[test]
fn the_table_has_exactly_one_row_for_each_message_and_direction() {
    for direction in [Direction::ToSharer, Direction::ToHelper] {
        for subject in M::ALL.iter().copied().map(Subject::Known).chain([Subject::Unknown, Subject::UnknownIgnorable]) {
            let rows = TABLE.iter().filter(|row| row.subject == subject && row.direction == direction).count();
            assert_eq!(rows, 1, "{} {direction:?}", subject.name());
        }
    }
    assert_eq!(TABLE.len(), 2 * (M::ALL.len() + 2));
}

#[test]
fn input_is_injected_in_exactly_three_states() {
    let injected: Vec<State> = State::ALL
        .into_iter()
        .filter(|&state| action(state, Direction::ToSharer, Subject::Known(M::INPUT), OPEN) == Action::Accept)
        .collect();
    assert_eq!(injected, [State::FullControl, State::Elevation, State::Unattended]);
}

#[test]
fn the_export_holds_every_cell() {
    let json = table_json();
    assert_eq!(json.matches("\"message\"").count(), TABLE.len());
    assert_eq!(json.matches("\"Yielding\": ").count(), TABLE.len());
    let view_only = json.lines().find(|line| line.contains("\"message\": \"INPUT\"") && line.contains("\"ToSharer\"")).unwrap();
    assert!(view_only.contains("\"type\": 64") && view_only.contains("\"ViewOnly\": \"deny:2\""), "{view_only}");
    assert!(view_only.contains("\"FullControl\": \"accept\"") && view_only.contains("\"Greeting\": \"close:19\""), "{view_only}");
    // Balanced and without trailing commas, so that any JSON reader takes it.
    assert_eq!(json.matches('{').count(), json.matches('}').count());
    assert!(!json.contains(",}") && !json.contains(",\n ]") && !json.contains(", }"));
}

/// Every request from every mode, against the product's words.
#[test]
fn a_mode_is_reached_only_upwards_and_unattended_only_at_the_start() {
    let all = Mode::ALL.into_iter().fold(ModeSet::NONE, ModeSet::with);
    let rank = |mode| match mode {
        None => Some(0),
        Some(Mode::ViewOnly) => Some(1),
        Some(Mode::FullControl) => Some(2),
        Some(Mode::Elevation) => Some(3),
        Some(Mode::Unattended) => None,
    };
    for current in [None].into_iter().chain(Mode::ALL.map(Some)) {
        for wanted in Mode::ALL {
            for started in [false, true] {
                let reachable = match wanted {
                    Mode::Unattended => current.is_none() && !started,
                    _ => rank(current).is_some_and(|from| from < rank(Some(wanted)).unwrap()),
                };
                let expected = if reachable { Ok(wanted) } else { Err(DeclineReason::NOT_POSSIBLE) };
                assert_eq!(request(current, started, all, wanted.id()), expected, "{current:?} -> {wanted:?}, started {started}");
                let without = Mode::ALL.into_iter().filter(|mode| *mode != wanted).fold(ModeSet::NONE, ModeSet::with);
                assert!(request(current, started, without, wanted.id()).is_err(), "policy does not allow {wanted:?}");
            }
        }
        for unknown in [0, 5, 255] {
            assert_eq!(request(current, false, all, ModeId(unknown)), Err(DeclineReason::NOT_POSSIBLE));
        }
    }
}

#[test]
fn lowering_never_raises() {
    for current in [None].into_iter().chain(Mode::ALL.map(Some)) {
        for most in [None].into_iter().chain(Mode::ALL.map(Some)) {
            let left = lower(current, most);
            assert!(left.is_none() || left <= current && left <= most, "{current:?} {most:?} {left:?}");
            if most == current {
                assert_eq!(left, current);
            }
        }
    }
    assert_eq!(lower(Some(Mode::Elevation), Some(Mode::ViewOnly)), Some(Mode::ViewOnly));
    assert_eq!(lower(Some(Mode::ViewOnly), Some(Mode::Elevation)), Some(Mode::ViewOnly));
    assert_eq!(lower(Some(Mode::Unattended), Some(Mode::ViewOnly)), None, "what cannot be compared is nothing");
}
