//! The table: state × message × direction, as data.

use std::fmt::Write as _;

use super::Mode;
use crate::error::{CloseCode, DenyCode};
use crate::frame::Flags;
use crate::msg::MessageType;

/// Where a session is, as far as the table goes. A column of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// No hello was received yet.
    Greeting,
    /// Credentials are proving themselves.
    Authenticating,
    /// Both know each other; no mode is granted.
    Ready,
    /// [`Mode::ViewOnly`]
    ViewOnly,
    /// [`Mode::FullControl`]
    FullControl,
    /// [`Mode::Elevation`]
    Elevation,
    /// [`Mode::Unattended`]
    Unattended,
    /// A mode is granted, but a side has paused.
    Paused,
    /// A mode is granted, but the sharer's indicator shows no life. Only at the sharer.
    Frozen,
    /// A mode with input is granted, but the person at the device is using it. Only at the sharer.
    Yielding,
    /// Over.
    Closed,
}

impl State {
    /// Every state, in the order of the table's columns.
    pub const ALL: [Self; 11] = [
        Self::Greeting,
        Self::Authenticating,
        Self::Ready,
        Self::ViewOnly,
        Self::FullControl,
        Self::Elevation,
        Self::Unattended,
        Self::Paused,
        Self::Frozen,
        Self::Yielding,
        Self::Closed,
    ];

    const fn column(self) -> usize {
        match self {
            Self::Greeting => 0,
            Self::Authenticating => 1,
            Self::Ready => 2,
            Self::ViewOnly => 3,
            Self::FullControl => 4,
            Self::Elevation => 5,
            Self::Unattended => 6,
            Self::Paused => 7,
            Self::Frozen => 8,
            Self::Yielding => 9,
            Self::Closed => 10,
        }
    }
}

impl From<Mode> for State {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::ViewOnly => Self::ViewOnly,
            Mode::FullControl => Self::FullControl,
            Mode::Elevation => Self::Elevation,
            Mode::Unattended => Self::Unattended,
        }
    }
}

/// Which way a message travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// From the helper.
    ToSharer,
    /// From the sharer.
    ToHelper,
}

/// What the receiver does with a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// Acts on it.
    Accept,
    /// Does not act on it and answers with `Denied`; the session goes on.
    Deny(DenyCode),
    /// Does not act on it and says nothing: it was in order when it was sent, or means nothing here.
    Ignore,
    /// Ends the session.
    Close(CloseCode),
}

/// A condition beside the state that [`Action::Accept`] depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Gate {
    /// The receiver's setting for chat.
    Chat,
    /// The receiver's setting for clipboard text, and the capability on both sides.
    Clipboard,
    /// The capability for annotations on both sides.
    Annotation,
}

impl Gate {
    /// What a closed gate answers.
    #[must_use]
    pub const fn deny_code(self) -> DenyCode {
        match self {
            Self::Chat => DenyCode::CHAT_OFF,
            Self::Clipboard => DenyCode::CLIPBOARD_OFF,
            Self::Annotation => DenyCode::ANNOTATION_OFF,
        }
    }
}

/// Which gates are open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Gates {
    /// See [`Gate::Chat`].
    pub chat: bool,
    /// See [`Gate::Clipboard`].
    pub clipboard: bool,
    /// See [`Gate::Annotation`].
    pub annotation: bool,
}

impl Gates {
    const fn is_open(self, gate: Gate) -> bool {
        match gate {
            Gate::Chat => self.chat,
            Gate::Clipboard => self.clipboard,
            Gate::Annotation => self.annotation,
        }
    }
}

/// Which messages a row of the table is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Subject {
    /// One that this version knows.
    Known(MessageType),
    /// All that this version does not know and that are flagged [`Flags::IGNORABLE`].
    UnknownIgnorable,
    /// All others that this version does not know.
    Unknown,
}

impl Subject {
    /// Of a frame with this type and these flags.
    #[must_use]
    pub const fn of(message: MessageType, flags: Flags) -> Self {
        match (message.name(), flags.0 & Flags::IGNORABLE.0) {
            (Some(_), _) => Self::Known(message),
            (None, 0) => Self::Unknown,
            (None, _) => Self::UnknownIgnorable,
        }
    }

    /// As the table's export names it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Known(message) => match message.name() {
                Some(name) => name,
                None => "UNKNOWN",
            },
            Self::UnknownIgnorable => "UNKNOWN_IGNORABLE",
            Self::Unknown => "UNKNOWN",
        }
    }
}

/// One row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// Which messages.
    pub subject: Subject,
    /// Which way.
    pub direction: Direction,
    /// What acceptance depends on beside the state.
    pub gate: Option<Gate>,
    /// What is done in each state, in the order of [`State::ALL`].
    pub actions: [Action; State::ALL.len()],
}

const A: Action = Action::Accept;
const I: Action = Action::Ignore;
/// No correct peer sends this here.
const X: Action = Action::Close(CloseCode::UNEXPECTED);
/// Nothing tells whether this may be skipped.
const U: Action = Action::Close(CloseCode::UNSUPPORTED);
const NO_MODE: Action = Action::Deny(DenyCode::NO_MODE);
const VIEW: Action = Action::Deny(DenyCode::VIEW_ONLY);
const PAUSED: Action = Action::Deny(DenyCode::PAUSED);
const FROZEN: Action = Action::Deny(DenyCode::NO_INDICATOR);
const LOCAL: Action = Action::Deny(DenyCode::LOCAL_INPUT);

use Direction::{ToHelper, ToSharer};

const fn row(subject: Subject, direction: Direction, actions: [Action; State::ALL.len()]) -> Row {
    Row { subject, direction, gate: None, actions }
}

const fn known(message: MessageType, direction: Direction, actions: [Action; State::ALL.len()]) -> Row {
    row(Subject::Known(message), direction, actions)
}

const fn gated(message: MessageType, direction: Direction, gate: Gate, actions: [Action; State::ALL.len()]) -> Row {
    Row { subject: Subject::Known(message), direction, gate: Some(gate), actions }
}

/// A message that the direction has no use for.
const fn never(message: MessageType, direction: Direction) -> Row {
    known(message, direction, [X, X, X, X, X, X, X, X, X, X, I])
}

/// The table: every message of every direction in every state.
///
/// `Ignore` in `Ready` marks what can be on its way while the mode is taken away; closing there would punish a peer that did nothing wrong.
#[rustfmt::skip]
pub const TABLE: &[Row] = &[
    //                                                      Greeting Auth. Ready    ViewOnly Full Elev. Unatt. Paused  Frozen  Yielding Closed
    known(MessageType::HELLO,           ToSharer,                  [A, X, X,       X,       X,   X,    X,     X,      X,      X,       I]),
    known(MessageType::HELLO,           ToHelper,                  [A, X, X,       X,       X,   X,    X,     X,      X,      X,       I]),
    known(MessageType::AUTH,            ToSharer,                  [X, A, X,       X,       X,   X,    X,     X,      X,      X,       I]),
    known(MessageType::AUTH,            ToHelper,                  [X, A, X,       X,       X,   X,    X,     X,      X,      X,       I]),
    known(MessageType::AUTH_OK,         ToSharer,                  [X, A, X,       X,       X,   X,    X,     X,      X,      X,       I]),
    known(MessageType::AUTH_OK,         ToHelper,                  [X, A, X,       X,       X,   X,    X,     X,      X,      X,       I]),
    known(MessageType::CLOSE,           ToSharer,                  [A, A, A,       A,       A,   A,    A,     A,      A,      A,       I]),
    known(MessageType::CLOSE,           ToHelper,                  [A, A, A,       A,       A,   A,    A,     A,      A,      A,       I]),
    known(MessageType::PING,            ToSharer,                  [X, X, A,       A,       A,   A,    A,     A,      A,      A,       I]),
    known(MessageType::PING,            ToHelper,                  [X, X, A,       A,       A,   A,    A,     A,      A,      A,       I]),
    known(MessageType::PONG,            ToSharer,                  [X, X, A,       A,       A,   A,    A,     A,      A,      A,       I]),
    known(MessageType::PONG,            ToHelper,                  [X, X, A,       A,       A,   A,    A,     A,      A,      A,       I]),
    known(MessageType::DENIED,          ToSharer,                  [X, X, A,       A,       A,   A,    A,     A,      A,      A,       I]),
    known(MessageType::DENIED,          ToHelper,                  [X, X, A,       A,       A,   A,    A,     A,      A,      A,       I]),
    known(MessageType::PAUSE,           ToSharer,                  [X, X, A,       A,       A,   A,    A,     A,      A,      A,       I]),
    known(MessageType::PAUSE,           ToHelper,                  [X, X, A,       A,       A,   A,    A,     A,      A,      A,       I]),

    known(MessageType::MODE_REQUEST,    ToSharer,                  [X, X, A,       A,       A,   A,    A,     A,      A,      A,       I]),
    never(MessageType::MODE_REQUEST,    ToHelper),
    known(MessageType::MODE_CANCEL,     ToSharer,                  [X, X, A,       A,       A,   A,    A,     A,      A,      A,       I]),
    never(MessageType::MODE_CANCEL,     ToHelper),
    never(MessageType::CONSENT_PENDING, ToSharer),
    known(MessageType::CONSENT_PENDING, ToHelper,                  [X, X, A,       A,       A,   A,    A,     A,      A,      A,       I]),
    never(MessageType::MODE_GRANT,      ToSharer),
    known(MessageType::MODE_GRANT,      ToHelper,                  [X, X, A,       A,       A,   A,    A,     A,      A,      A,       I]),
    never(MessageType::MODE_DECLINE,    ToSharer),
    known(MessageType::MODE_DECLINE,    ToHelper,                  [X, X, A,       A,       A,   A,    A,     A,      A,      A,       I]),
    known(MessageType::MODE_DOWNGRADE,  ToSharer,                  [X, X, I,       A,       A,   A,    A,     A,      A,      A,       I]),
    never(MessageType::MODE_DOWNGRADE,  ToHelper),
    never(MessageType::MODE_REVOKE,     ToSharer),
    known(MessageType::MODE_REVOKE,     ToHelper,                  [X, X, I,       A,       A,   A,    A,     A,      A,      A,       I]),

    never(MessageType::FRAGMENT,        ToSharer),
    known(MessageType::FRAGMENT,        ToHelper,                  [X, X, I,       A,       A,   A,    A,     A,      A,      A,       I]),
    known(MessageType::FRAME_ACK,       ToSharer,                  [X, X, I,       A,       A,   A,    A,     A,      A,      A,       I]),
    never(MessageType::FRAME_ACK,       ToHelper),
    known(MessageType::REFRESH,         ToSharer,                  [X, X, I,       A,       A,   A,    A,     A,      A,      A,       I]),
    never(MessageType::REFRESH,         ToHelper),
    never(MessageType::LAYOUT,          ToSharer),
    known(MessageType::LAYOUT,          ToHelper,                  [X, X, I,       A,       A,   A,    A,     A,      A,      A,       I]),
    never(MessageType::CURSOR_SHAPE,    ToSharer),
    known(MessageType::CURSOR_SHAPE,    ToHelper,                  [X, X, I,       A,       A,   A,    A,     A,      A,      A,       I]),
    never(MessageType::CURSOR_POSITION, ToSharer),
    known(MessageType::CURSOR_POSITION, ToHelper,                  [X, X, I,       A,       A,   A,    A,     A,      A,      A,       I]),
    never(MessageType::CURSOR_HIDDEN,   ToSharer),
    known(MessageType::CURSOR_HIDDEN,   ToHelper,                  [X, X, I,       A,       A,   A,    A,     A,      A,      A,       I]),

    known(MessageType::INPUT,           ToSharer,                  [X, X, NO_MODE, VIEW,    A,   A,    A,     PAUSED, FROZEN, LOCAL,   I]),
    never(MessageType::INPUT,           ToHelper),
    gated(MessageType::LASER,           ToSharer, Gate::Annotation, [X, X, NO_MODE, A,      A,   A,    A,     PAUSED, FROZEN, A,       I]),
    never(MessageType::LASER,           ToHelper),
    gated(MessageType::LASER_OFF,       ToSharer, Gate::Annotation, [X, X, I,       A,      A,   A,    A,     A,      A,      A,       I]),
    never(MessageType::LASER_OFF,       ToHelper),
    gated(MessageType::STROKE,          ToSharer, Gate::Annotation, [X, X, NO_MODE, A,      A,   A,    A,     PAUSED, FROZEN, A,       I]),
    never(MessageType::STROKE,          ToHelper),
    gated(MessageType::ERASE,           ToSharer, Gate::Annotation, [X, X, I,       A,      A,   A,    A,     A,      A,      A,       I]),
    never(MessageType::ERASE,           ToHelper),

    gated(MessageType::CHAT,            ToSharer, Gate::Chat,       [X, X, NO_MODE, A,      A,   A,    A,     A,      A,      A,       I]),
    gated(MessageType::CHAT,            ToHelper, Gate::Chat,       [X, X, NO_MODE, A,      A,   A,    A,     A,      A,      A,       I]),
    known(MessageType::CHAT_ACK,        ToSharer,                  [X, X, A,       A,       A,   A,    A,     A,      A,      A,       I]),
    known(MessageType::CHAT_ACK,        ToHelper,                  [X, X, A,       A,       A,   A,    A,     A,      A,      A,       I]),
    gated(MessageType::CLIPBOARD,       ToSharer, Gate::Clipboard,  [X, X, NO_MODE, VIEW,   A,   A,    A,     PAUSED, FROZEN, A,       I]),
    gated(MessageType::CLIPBOARD,       ToHelper, Gate::Clipboard,  [X, X, NO_MODE, VIEW,   A,   A,    A,     PAUSED, FROZEN, A,       I]),
    known(MessageType::PORTRAIT,        ToSharer,                  [X, X, A,       A,       A,   A,    A,     A,      A,      A,       I]),
    known(MessageType::PORTRAIT,        ToHelper,                  [X, X, A,       A,       A,   A,    A,     A,      A,      A,       I]),

    // Before authentication nothing unknown is let pass: it would not be in the transcript.
    row(Subject::UnknownIgnorable,      ToSharer,                  [X, X, I,       I,       I,   I,    I,     I,      I,      I,       I]),
    row(Subject::UnknownIgnorable,      ToHelper,                  [X, X, I,       I,       I,   I,    I,     I,      I,      I,       I]),
    row(Subject::Unknown,               ToSharer,                  [X, X, U,       U,       U,   U,    U,     U,      U,      U,       I]),
    row(Subject::Unknown,               ToHelper,                  [X, X, U,       U,       U,   U,    U,     U,      U,      U,       I]),
];

/// What to do with a message of kind `subject` that travels in `direction` and arrives in `state`.
#[must_use]
pub fn action(state: State, direction: Direction, subject: Subject, gates: Gates) -> Action {
    let row = TABLE.iter().find(|row| row.subject == subject && row.direction == direction);
    // A test shows that every subject has its rows; a message without one would be refused.
    let action = row.and_then(|row| row.actions.get(state.column())).copied().unwrap_or(X);
    match (action, row.and_then(|row| row.gate)) {
        (Action::Accept, Some(gate)) if !gates.is_open(gate) => Action::Deny(gate.deny_code()),
        (action, _) => action,
    }
}

/// The table as JSON: `{"states": […], "rows": [{"message", "type", "direction", "gate", "actions": {state: action}}]}`.
///
/// `type` is `null` for the rows of unknown messages; an action is `accept`, `ignore`, `deny:CODE` or `close:CODE`.
#[must_use]
pub fn table_json() -> String {
    let mut json = String::from("{\"states\": [");
    for (index, state) in State::ALL.iter().enumerate() {
        let comma = if index == 0 { "" } else { ", " };
        push(&mut json, format_args!("{comma}\"{state:?}\""));
    }
    json.push_str("],\n \"rows\": [");
    for (index, row) in TABLE.iter().enumerate() {
        let comma = if index == 0 { "" } else { "," };
        push(&mut json, format_args!("{comma}\n  {{\"message\": \"{}\", \"type\": ", row.subject.name()));
        match row.subject {
            Subject::Known(message) => push(&mut json, format_args!("{}", message.0)),
            Subject::Unknown | Subject::UnknownIgnorable => json.push_str("null"),
        }
        push(&mut json, format_args!(", \"direction\": \"{:?}\", \"gate\": ", row.direction));
        match row.gate {
            Some(gate) => push(&mut json, format_args!("\"{gate:?}\"")),
            None => json.push_str("null"),
        }
        json.push_str(", \"actions\": {");
        for (index, (state, action)) in State::ALL.iter().zip(row.actions).enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            push(&mut json, format_args!("{comma}\"{state:?}\": \""));
            match action {
                Action::Accept => json.push_str("accept"),
                Action::Ignore => json.push_str("ignore"),
                Action::Deny(code) => push(&mut json, format_args!("deny:{}", code.0)),
                Action::Close(code) => push(&mut json, format_args!("close:{}", code.0)),
            }
            json.push('"');
        }
        json.push_str("}}");
    }
    json.push_str("\n ]}\n");
    json
}

fn push(json: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to a `String` cannot fail.
    let _ = json.write_fmt(text);
}
