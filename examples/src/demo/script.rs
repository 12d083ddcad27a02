//! The short scripted session: view, ask for control, consent, point, click, type, see it, chat, leave. Each step is printed as it happens.
use std::time::{Duration, Instant};

use rh_proto::{
    mode::Mode,
    session::{HelperEvent, SharerEvent},
};

use super::{
    stage::{Happening, Stage},
    target::Target,
};
use crate::{
    contoso::Contoso,
    failure::{Failure, Kind},
    helper, sharer,
    stats::Samples,
    trust::Card,
    ui::{
        Picture,
        helper::{HelperAction, PointerButton, RequestedMode, WheelAxis},
        sharer::SharerAction,
    },
};

/// What is typed: ASCII, a letter outside of it, one that needs three bytes, one that needs four.
pub(super) const LINE: &str = "Hello, Sam! é日🙂 from Hanna.";

/// How long the screen may take to come to rest, exactly equal, at the end.
const SETTLE: Duration = Duration::from_secs(5);

/// A click of the main button.
const CLICK: [HelperAction; 2] =
    [HelperAction::Button { button: PointerButton::Left, down: true }, HelperAction::Button { button: PointerButton::Left, down: false }];

/// What the session came to.
pub(super) struct Outcome {
    pub(super) picture: Picture,
    pub(super) pixel_exact: bool,
    pub(super) typed_text_seen: bool,
    pub(super) latency: Samples,
    pub(super) lasted: Duration,
    pub(super) helper: helper::Report,
    pub(super) sharer: sharer::Report,
}

impl Outcome {
    /// Whether the demo showed what it is there to show.
    pub(super) fn verdict(&self) -> Result<(), Failure> {
        match (self.pixel_exact, self.typed_text_seen) {
            (true, true) => Ok(()),
            (false, _) => Err(Failure::new(Kind::Other, "the helper's last picture differs from the sharer's screen")),
            (true, false) => Err(Failure::new(Kind::Other, "the typed text did not arrive on the sharer's screen")),
        }
    }
}

/// Runs the session to its end.
pub(super) fn run(mut target: Target) -> Result<Outcome, Failure> {
    let begin = Instant::now();
    let say = |text: &str| crate::say!("{:9.1} ms  {text}", begin.elapsed().as_secs_f64() * 1e3);
    let contoso = Contoso::open()?;
    say("Hanna and Sam signed in at the development identity provider, each with a session key of their own");
    let stage = Stage::open(&mut target, contoso)?;
    say(&format!("a sharer shows {}; the helper reads out the code {}", target.description(), stage.code()));
    say("Sam typed it; the organisation's authority decided, and signed a ticket for the two");

    stage.wait("pairing", |h| matches!(h, Happening::Helper(HelperEvent::Authenticated)).then_some(()))?;
    say("proven, inside a TLS 1.3 connection that only they can read: the code, the ticket, both sign-ins");
    let sees = |card: &Card| card.portrait().is_some().then(|| described(card));
    let (mut sams, mut hannas) = (None, None);
    let (sams, hannas) = stage.wait("the two trust screens", |h| {
        match h {
            Happening::SharerTrusts(card) => sams = sees(card),
            Happening::HelperTrusts(card) => hannas = sees(card),
            _ => {}
        }
        sams.clone().zip(hannas.clone())
    })?;
    say(&format!("Sam's trust screen: {sams}"));
    say(&format!("Hanna's trust screen: {hannas}"));

    grant(&stage, RequestedMode::View, Mode::ViewOnly)?;
    say("Hanna asks to view; Sam allows it");
    stage.wait("the first picture", |h| matches!(h, Happening::Frame(_)).then_some(()))?;
    say("Hanna sees the screen");

    grant(&stage, RequestedMode::Control, Mode::FullControl)?;
    say("Hanna asks for control; Sam is asked again, and allows it");

    let mut latency = Samples::default();
    target.check_focus()?;
    point_and(&stage, target.field(), &CLICK);
    target.await_click(&stage)?;
    say("the pointer moved into the text field, and clicked");

    type_line(&stage, &target, &mut latency)?;
    let typed_text_seen = target.typed_text() == LINE;
    say(&format!("typed {LINE:?}; the screen's own text field holds {:?}", target.typed_text()));

    if let Some((list, button)) = target.list_and_button() {
        point_and(&stage, list, &[HelperAction::Wheel { axis: WheelAxis::Vertical, v120: -360 }]);
        point_and(&stage, button, &CLICK);
        stage.wait("the list scrolled and the button clicked", |_| {
            let (scrolled, clicked) = target.scrolled_and_clicked();
            (scrolled > 0 && clicked == 1).then_some(())
        })?;
        say("the wheel scrolled the list down; the button counts one click");
    }

    stage.helper(HelperAction::Chat("Is this the window you meant? 👀".to_owned()));
    let heard = stage.wait("chat", |h| match h {
        Happening::Sharer(SharerEvent::Chat { text, .. }) => Some(text.to_string()),
        _ => None,
    })?;
    say(&format!("Hanna says {heard:?}"));
    stage.sharer(SharerAction::Chat("Yes – merci, ça marche!".to_owned()));
    let heard = stage.wait("chat", |h| match h {
        Happening::Helper(HelperEvent::Chat { text, .. }) => Some(text.to_string()),
        _ => None,
    })?;
    say(&format!("Sam says {heard:?}"));

    target.rest();
    let (picture, pixel_exact) = compare(&stage, &mut target)?;
    say(if pixel_exact { "the helper's picture equals the sharer's screen, pixel for pixel" } else { "the pictures DIFFER" });

    stage.helper(HelperAction::Leave);
    stage.wait("the sharer learns of it", |h| match h {
        Happening::Sharer(SharerEvent::Closed(close)) if close.clean => Some(()),
        _ => None,
    })?;
    say("Hanna left; Sam knows");
    let lasted = begin.elapsed();
    let (helper, sharer) = stage.reports()?;
    Ok(Outcome { picture, pixel_exact, typed_text_seen, latency, lasted, helper, sharer })
}

/// A trust screen in one line.
fn described(card: &Card) -> String {
    let face = card.portrait().map_or(String::new(), |face| format!(" · picture, {} × {}, as signed", face.width(), face.height()));
    format!("{} · {}{face}", card.name(), card.lines().join(" · "))
}

/// The helper points at something, and does something there.
fn point_and(stage: &Stage, (x, y): (i32, i32), acts: &[HelperAction]) {
    stage.helper(HelperAction::PointerMove { x, y });
    acts.iter().cloned().for_each(|act| stage.helper(act));
}

/// The helper asks for a mode, the sharer's person is asked, and allows it.
fn grant(stage: &Stage, wish: RequestedMode, mode: Mode) -> Result<(), Failure> {
    stage.helper(HelperAction::RequestMode(wish));
    let id = stage.wait("the question to the sharer", |h| match h {
        Happening::Sharer(SharerEvent::ConsentRequested { id, mode: asked }) if *asked == mode => Some(u64::from(id.0)),
        _ => None,
    })?;
    stage.sharer(SharerAction::Consent { id, allow: true });
    stage.wait("the grant", |h| matches!(h, Happening::Helper(HelperEvent::ModeGranted(granted)) if *granted == mode).then_some(()))
}

/// Types one character at a time and waits until each is in the helper's picture: that is the time that a person feels.
fn type_line(stage: &Stage, target: &Target, latency: &mut Samples) -> Result<(), Failure> {
    let field = target.field_area();
    for character in LINE.chars() {
        target.check_focus()?;
        let sent = Instant::now();
        stage.helper(HelperAction::Text(character.to_string()));
        stage.wait("the typed character in the picture", |h| match h {
            Happening::Frame(damage) if damage.iter().any(|rect| !rect.intersection(&field).is_empty()) => Some(()),
            _ => None,
        })?;
        latency.add(sent.elapsed());
    }
    Ok(())
}

/// Waits until the helper's picture equals an independent grab of the screen; says whether it did.
fn compare(stage: &Stage, target: &mut Target) -> Result<(Picture, bool), Failure> {
    let until = Instant::now() + SETTLE;
    loop {
        let truth = target.grab()?;
        let picture = stage.picture().unwrap_or_default();
        if picture.width() == truth.width() && picture.pixels() == truth.pixels() {
            return Ok((picture, true));
        }
        if stage.wait_until(until, |h| matches!(h, Happening::Frame(_)).then_some(()))?.is_none() {
            return Ok((picture, false));
        }
    }
}
