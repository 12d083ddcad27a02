//! Shows each of the programs' windows with made-up content, and prints what is done in them.
//!
//! ```console
//! $ cargo run -p rh-examples --example ui_preview -- helper-control --dark
//! $ cargo run -p rh-examples --example ui_preview -- consent --contrast --text 200
//! ```
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program for the terminal")]

use std::{
    process::ExitCode,
    sync::{Arc, Mutex},
};

use rh_auth::{
    identity::PersonId,
    ticket::Person,
    value::{Digest, Line},
};
use rh_examples::{
    trust::Card,
    ui::{
        Options, Picture, Scheme, UiError, UiSender, channel,
        helper::{self, CursorShape, HelperUpdate, Status},
        sharer::{self, SharerUpdate},
    },
};
use rh_proto::mode::Mode;

const USAGE: &str = "usage: ui_preview SCREEN [--dark] [--contrast] [--text PERCENT]
SCREEN: start, start-error, connected, consent, consent-unvouched, bar, bar-notice, closed, helper-code, helper-choose, helper-view, helper-control, helper-chat, helper-closed";

fn main() -> ExitCode {
    let mut options = Options { title: "Remote Help".to_owned(), scheme: Scheme::Light, ..Options::default() };
    let mut screen = None;
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--dark" => options.scheme = Scheme::Dark,
            "--contrast" => options.high_contrast = true,
            "--text" => match args.next().and_then(|percent| percent.parse().ok()) {
                Some(percent) => options.text_percent = percent,
                None => return usage(),
            },
            _ if screen.is_none() => screen = Some(arg),
            _ => return usage(),
        }
    }
    let Some(screen) = screen else { return usage() };
    let shown = match screen.strip_prefix("helper-") {
        Some(screen) => show_helper(&options, screen),
        None => show_sharer(&options, &screen),
    };
    match shown {
        Some(Ok(())) => ExitCode::SUCCESS,
        Some(Err(error)) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
        None => usage(),
    }
}

fn usage() -> ExitCode {
    eprintln!("{USAGE}");
    ExitCode::from(2)
}

fn show_sharer(options: &Options, screen: &str) -> Option<Result<(), UiError>> {
    let (sender, inbox) = channel();
    let who = "Ana Ruiz".to_owned();
    let updates = match screen {
        "start" => vec![SharerUpdate::AskCode { error: None }],
        "start-error" => vec![SharerUpdate::AskCode {
            error: Some("This code is not known: it was used already, or is older than 10 minutes.".to_owned()),
        }],
        "connected" => vec![SharerUpdate::Connected { card: Box::new(hanna()) }],
        "consent" => vec![SharerUpdate::ConsentRequest { id: 7, card: Box::new(hanna()), mode: Mode::FullControl, seconds: 300 }],
        "consent-unvouched" => {
            vec![SharerUpdate::ConsentRequest { id: 7, card: Box::new(Card::unvouched(&who)), mode: Mode::ViewOnly, seconds: 300 }]
        }
        "bar" => vec![
            SharerUpdate::Session { who, mode_text: "sees your screen".to_owned() },
            SharerUpdate::Chat { from_peer: true, text: "Hello! I can see your screen now.".to_owned() },
            SharerUpdate::Laser(Some((400, 300))),
        ],
        "bar-notice" => vec![
            SharerUpdate::Notice(
                "the helper may only look: your own input cannot be seen here, and so would not pause theirs (the display is gone)"
                    .to_owned(),
            ),
            SharerUpdate::Session { who, mode_text: "sees your screen".to_owned() },
        ],
        "closed" => vec![SharerUpdate::Closed("Ana Ruiz has left.".to_owned())],
        _ => return None,
    };
    send(&sender, updates);
    Some(sharer::run(options, inbox, |action| println!("{action:?}")))
}

/// Somebody for whom an authority vouches.
fn hanna() -> Card {
    let file = include_bytes!("../idp/assets/hanna.png");
    let line = |text: &str| Line::new(text).expect("short and plain");
    let mut card = Card::of_person(&Person {
        oid: PersonId::new("hanna").expect("short and plain"),
        spki: Digest::of(b"key"),
        name: line("Hanna Virtanen"),
        title: line("Support engineer"),
        company: line("Contoso"),
        domain: line("contoso.example"),
        picture: Some(Digest::of(file)),
    });
    card.set_portrait(&file.as_slice().into()).expect("the digest is its own");
    card
}

fn show_helper(options: &Options, screen: &str) -> Option<Result<(), UiError>> {
    let (sender, inbox) = channel();
    let status = |control| {
        let mode = if control { "Control" } else { "View" };
        HelperUpdate::Status(Status {
            peer: "José Łukasiewicz".to_owned(),
            mode: mode.to_owned(),
            control,
            latency_ms: Some(24),
            kbit_s: 812,
        })
    };
    let mut updates = vec![];
    match screen {
        "code" => updates.push(HelperUpdate::Code { code: "7KQ2M9XB".to_owned(), address: "192.0.2.17:7800".to_owned() }),
        "choose" => updates.extend([HelperUpdate::Trust(Box::new(hanna())), status(false)]),
        "closed" => updates.push(HelperUpdate::Closed("José Łukasiewicz has ended the session.".to_owned())),
        "view" | "control" | "chat" => {
            updates.push(HelperUpdate::Displays { shown: 1, count: 2 });
            updates.extend([status(screen == "control"), HelperUpdate::Picture(Arc::new(Mutex::new(desktop())))]);
            updates.extend([HelperUpdate::CursorShape(arrow()), HelperUpdate::CursorPosition(Some((700, 420)))]);
        }
        _ => return None,
    }
    if screen == "view" {
        updates.push(HelperUpdate::Notice("José Łukasiewicz did not allow control.".to_owned()));
    }
    let lines = [
        (true, "Hi, the printer does not print."),
        (false, "Let me see. Could you open the settings?"),
        (true, "مرحبا! هل يمكنك مساعدتي في الطابعة؟"),
        (true, "הטקסט הזה כתוב בעברית, עם English באמצע."),
        (false, "日本語のメッセージも届きます 🙂"),
        (true, "A longer message that has to be broken into lines, because it does not fit the panel in one."),
    ];
    updates.extend(lines.map(|(from_peer, text)| HelperUpdate::Chat { from_peer, text: text.to_owned() }));
    send(&sender, updates);
    Some(helper::run(options, inbox, |action| println!("{action:?}")))
}

fn send<T: rh_examples::ui::Supersede>(sender: &UiSender<T>, updates: Vec<T>) {
    for update in updates {
        if let Err(error) = sender.send(update) {
            eprintln!("{error}");
        }
    }
}

/// A picture that shows how sharp it is: fine lines, a grid, a gradient.
fn desktop() -> Picture {
    let (width, height) = (1600, 900);
    let mut picture = Picture::new(width, height);
    for (index, pixel) in picture.pixels_mut().iter_mut().enumerate() {
        let (x, y) = (index % width, index / width);
        let shade = |part: usize, whole: usize| u32::try_from(part * 255 / whole).unwrap_or(255);
        *pixel = match (x, y) {
            (200..800, 150..500) if x % 2 == 0 => 0x00ff_ffff,
            (200..800, 150..500) => 0x0000_0000,
            (900..1400, 150..500) if x % 10 == 0 || y % 10 == 0 => 0x0000_0000,
            (900..1400, 150..500) => 0x00ff_ffff,
            _ => (shade(x, width) << 16) | (shade(y, height) << 8) | 0x60,
        };
    }
    picture
}

/// A small arrow, white on a black edge.
fn arrow() -> CursorShape {
    let side = 20u16;
    let pixels = (0..side).flat_map(|y| (0..side).map(move |x| (x, y)));
    let bgra = pixels.flat_map(|(x, y)| match (x, y) {
        _ if x > y || x + y > 24 => [0; 4],
        _ if x == 0 || x == y || x + y > 22 => [0, 0, 0, 255],
        _ => [255; 4],
    });
    CursorShape { width: side, height: side, hot_x: 0, hot_y: 0, bgra: bgra.collect() }
}
