//! The demo in a window: the helper's own, with somebody at the sharer who allows everything.
#![allow(clippy::print_stdout, reason = "the steps are the demo's output")]

use rh_proto::session::{HelperEvent, SharerEvent};
use tokio::sync::mpsc::unbounded_channel;

use super::{Fronts, beat, join, start, target::Target};
use crate::{
    contoso::Contoso,
    failure::{Failure, Kind},
    helper, sharer,
    ui::{
        self,
        helper::{HelperAction, RequestedMode},
        sharer::SharerAction,
    },
    windows::{helper_front, state, wish},
};

/// Whether there is a display to open a window on.
pub(super) fn is_possible() -> bool {
    ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
}

/// Shows the session until the window is closed.
pub(super) fn run(mut target: Target) -> Result<(), Failure> {
    let (window, inbox) = ui::channel();
    let (helper, helper_asked) = unbounded_channel();
    let (sharer, sharer_asked) = unbounded_channel();
    beat(sharer.clone())?;
    let sam = move |update: sharer::Update<'_>| match update {
        sharer::Update::Event(SharerEvent::ConsentRequested { id, mode }) => {
            println!("Hanna asks to {}; Sam allows it", wish(*mode));
            // A session that is over asks nothing.
            let _ = sharer.send(SharerAction::Consent { id: u64::from(id.0), allow: true }.into());
        }
        sharer::Update::Event(SharerEvent::ModeChanged(Some(mode))) => println!("Hanna {}", state(*mode)),
        sharer::Update::Event(SharerEvent::Chat { text, .. }) => {
            println!("Hanna says {:?}", &**text);
            let _ = sharer.send(SharerAction::Chat(format!("Sam read: {}", &**text)).into());
        }
        sharer::Update::Event(SharerEvent::Closed(close)) => println!("ended: {}", close.text),
        sharer::Update::Notice(text) => println!("note: {text}"),
        sharer::Update::Trust(card) => println!("Sam's trust screen: {} · {}", card.name(), card.lines().join(" · ")),
        sharer::Update::SignOut => println!("Sam is to be signed out of the device"),
        sharer::Update::Event(_) | sharer::Update::Said(_) => {}
    };
    let (mut show, asks) = (helper_front(window), helper.clone());
    let hanna = move |update: helper::Update<'_>| {
        // A demo shows something at once; control is for whoever tries it to ask for.
        if matches!(update, helper::Update::Event(HelperEvent::Authenticated)) {
            let _ = asks.send(HelperAction::RequestMode(RequestedMode::View));
        }
        show(update);
    };
    let fronts = Fronts { helper: Box::new(hanna), helper_asked, sharer: Box::new(sam), sharer_asked };
    let ends = start(&mut target, Contoso::open()?, fronts)?;
    println!("{} is shared; Hanna and Sam have signed in, and paired by the code {}", target.description(), ends.code);
    let options = ui::Options { title: "Remote Help demo".to_owned(), ..ui::Options::default() };
    ui::helper::run(&options, inbox, move |action| drop(helper.send(action)))
        .map_err(|e| Failure::new(Kind::NoDisplay, format!("no window: {e}; run the demo with --headless")))?;
    join(ends.helper)?;
    join(ends.sharer)?;
    Ok(())
}
