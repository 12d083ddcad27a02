//! Where everything is in the sharer's windows.

use rh_proto::mode::Mode;

use super::{
    super::{
        face,
        picture::Area,
        theme::Theme,
        widget::{Id, Kind, Layout, Tone, Weight, Widget},
    },
    windows::Start,
};
use crate::trust::Card;

pub(super) const CODE: Id = Id(1);
pub(super) const CONNECT: Id = Id(2);
pub(super) const CANCEL: Id = Id(3);
pub(super) const CLOSE: Id = Id(4);
pub(super) const ALLOW: Id = Id(5);
pub(super) const DECLINE: Id = Id(6);
pub(super) const STOP: Id = Id(7);
pub(super) const CHAT: Id = Id(8);
pub(super) const PAUSE: Id = Id(9);
const TITLE: Id = Id(20);
const FIRST: Id = Id(21);
const SECOND: Id = Id(22);
const ERROR: Id = Id(23);
const GROUND: Id = Id(24);
const MARK: Id = Id(25);

/// Sizes of the windows, before scaling.
pub(super) const START: (f32, f32) = (500.0, 320.0);
pub(super) const CONSENT: (f32, f32) = (540.0, 410.0);

/// One button at the right end of a strip.
fn button(layout: &mut Layout<'_>, id: Id, tone: Tone, label: &str) {
    let (width, height) = (layout.button_width(label), layout.control());
    let strip = layout.take(height);
    layout.push(Widget::new(id, Kind::Button(tone), Area { x: strip.right() - width, w: width, ..strip }, label));
}

/// The start window.
pub(super) fn start(layout: &mut Layout<'_>, start: &Start) {
    layout.pad(22.0);
    match start {
        Start::Ask { error } => {
            layout.text(TITLE, Weight::Title, false, "Get help");
            layout.gap(6.0);
            layout.text(FIRST, Weight::Normal, false, "Type the code that your helper reads to you.");
            layout.gap(12.0);
            let (width, height) = (layout.button_width("Connect"), layout.control());
            let strip = layout.take(height);
            let gap = layout.px(8.0);
            let entry = Area { w: strip.w - width - gap, ..strip };
            let kind = Kind::Entry { invalid: error.is_some() };
            layout.push(Widget::new(CODE, kind, entry, "Code")).hint = "8 characters, in two groups of four".to_owned();
            let area = Area { x: strip.right() - width, w: width, ..strip };
            layout.push(Widget::new(CONNECT, Kind::Button(Tone::Accent), area, "Connect"));
            layout.gap(10.0);
            match error {
                Some(error) => layout.text(ERROR, Weight::Alert, false, error.as_str()),
                None => layout.text(SECOND, Weight::Dim, false, "Give your screen only to somebody you know or called yourself."),
            };
        }
        Start::Connecting => {
            layout.text(TITLE, Weight::Title, false, "Connecting…");
            layout.gap(20.0);
            button(layout, CANCEL, Tone::Plain, "Cancel");
        }
        Start::Connected { card } => {
            layout.text(TITLE, Weight::Title, false, format!("{} is connected", card.name()));
            layout.gap(8.0);
            face::lay_out(layout, card);
            layout.gap(8.0);
            layout.text(FIRST, Weight::Normal, false, "Nothing of your screen is seen yet. You will be asked first.");
            layout.gap(20.0);
            button(layout, CANCEL, Tone::Plain, "Disconnect");
        }
        Start::Closed { reason } => {
            layout.text(TITLE, Weight::Title, false, "The session is over");
            layout.gap(6.0);
            layout.text(FIRST, Weight::Normal, false, reason.as_str());
            layout.gap(20.0);
            button(layout, CLOSE, Tone::Accent, "Close");
        }
    }
}

/// The question, which is [`Card::shown`] line by line. `left`: seconds until it is declined; the buttons work once it is `armed`.
pub(super) fn consent(layout: &mut Layout<'_>, card: &Card, mode: Mode, left: u64, armed: bool) {
    layout.pad(22.0);
    layout.text(TITLE, Weight::Title, false, card.question(mode));
    layout.gap(10.0);
    face::lay_out(layout, card);
    layout.gap(10.0);
    layout.text(FIRST, Weight::Normal, false, card.advice(mode));
    layout.gap(8.0);
    layout.text(SECOND, Weight::Dim, false, format!("Declined by itself in {}:{:02}.", left / 60, left % 60));
    layout.gap(18.0);
    let (height, gap) = (layout.control(), layout.px(10.0));
    let strip = layout.take(height);
    let width = layout.button_width("Decline").max(layout.button_width("Allow")).max(layout.px(110.0)).min((strip.w - gap) / 2);
    let decline = Area { x: strip.right() - width, w: width, ..strip };
    let allow = Area { x: decline.x - gap - width, ..decline };
    layout.push(Widget::new(ALLOW, Kind::Button(Tone::Plain), allow, "Allow")).enabled = armed;
    layout.push(Widget::new(DECLINE, Kind::Button(Tone::Accent), decline, "Decline")).enabled = armed;
}

/// What the bar says.
pub(super) fn bar_words(who: &str, mode: &str, paused: bool, notice: Option<&str>) -> String {
    let paused = if paused { " (paused)" } else { "" };
    let notice = notice.map(|sentence| format!("  ·  {sentence}")).unwrap_or_default();
    format!("{who} {mode}{paused}{notice}")
}

fn bar_buttons(chat: &str, paused: bool) -> [(Id, Kind, &str); 3] {
    let pause = if paused { "Go on" } else { "Pause" };
    [(CHAT, Kind::Button(Tone::Plain), chat), (PAUSE, Kind::Toggle(paused), pause), (STOP, Kind::Button(Tone::Danger), "Stop")]
}

/// The size the bar needs for what it says, in a screen of a width.
pub(super) fn bar_size(layout: &mut Layout<'_>, words: &str, chat: &str, paused: bool, room: i32) -> (i32, i32) {
    let (gap, mark) = (layout.px(8.0), layout.px(26.0));
    let buttons: i32 = bar_buttons(chat, paused).iter().map(|(_, _, label)| layout.button_width(label) + gap).sum();
    let (wanted, _) = layout.text_size(words, None);
    let text = (wanted + 1).min(room - buttons - mark - 2 * gap).max(1);
    let (_, lines) = layout.text_size(words, Some(text));
    ((text + buttons + mark + 2 * gap).min(room), lines.max(layout.control()) + 2 * layout.px(5.0))
}

/// The bar: a mark, who does what, and the buttons at the right end.
pub(super) fn bar(layout: &mut Layout<'_>, words: &str, chat: &str, paused: bool, theme: &Theme) {
    let whole = layout.rest;
    let gap = layout.px(8.0);
    layout.push(Widget::new(GROUND, Kind::Ground(theme.outline), whole, ""));
    layout.push(Widget::new(TITLE, Kind::Ground(theme.panel), whole.inset(layout.px(2.0)), ""));
    let side = layout.px(12.0);
    let mark = Area::new(whole.x + gap + side / 2, whole.y + (whole.h - side) / 2, side, side);
    layout.push(Widget::new(MARK, Kind::Ground(theme.danger.0), mark, ""));
    let height = layout.control();
    let top = whole.y + (whole.h - height) / 2;
    let mut right = whole.right() - gap;
    let mut placed = Vec::new();
    for (id, kind, label) in bar_buttons(chat, paused).into_iter().rev() {
        let width = layout.button_width(label);
        placed.push(Widget::new(id, kind, Area::new(right - width, top, width, height), label));
        right -= width + gap;
    }
    let left = mark.right() + gap;
    let kind = Kind::Text { weight: Weight::Normal, centred: false, live: true };
    layout.push(Widget::new(FIRST, kind, Area::new(left, whole.y, right - left, whole.h), words));
    layout.widgets.extend(placed.into_iter().rev());
}

#[cfg(test)]
mod tests {
    use rh_auth::{
        identity::PersonId,
        ticket::Person,
        value::{Digest, Line},
    };

    use super::{
        super::super::{
            Options,
            text::Fonts,
            theme::Look,
            widget::{check, line},
        },
        *,
    };

    /// Somebody with a face and long lines.
    fn card(name: &str) -> Card {
        let file = include_bytes!("../../../idp/assets/hanna.png");
        let line = |text: &str| Line::new(text).unwrap_or_default();
        let mut card = Card::of_person(&Person {
            oid: PersonId::new("long").unwrap_or_else(|_| unreachable!("it is short")),
            spki: Digest([0; 32]),
            name: line(name),
            title: line("Senior support engineer for workplaces and meeting rooms"),
            company: line("Contoso Deutschland Verwaltungsgesellschaft mbH & Co. KG"),
            domain: line("verwaltung.deutschland.contoso.example"),
            picture: Some(Digest::of(file)),
        });
        assert_eq!(card.set_portrait(&file.as_slice().into()), Ok(()));
        card
    }

    const LONG: &str = "Wolfeschlegelsteinhausenbergerdorff-Müller-Łukasiewicz the Third";

    #[test]
    fn every_window_fits_what_it_says_at_normal_and_double_text() {
        let mut fonts = Fonts::new();
        for scale in [1.0, 1.5, 2.0] {
            let mut window = |size: (f32, f32), lay_out: &dyn Fn(&mut Layout<'_>)| {
                let area = Area::new(0, 0, line(size.0, scale), line(size.1, scale));
                let mut layout = Layout::new(&mut fonts, scale, area);
                lay_out(&mut layout);
                check(&layout.widgets, area);
            };
            let error = Some("This code is not known: it was used already, or is older than 10 minutes.".to_owned());
            for state in [
                Start::Ask { error: None },
                Start::Ask { error },
                Start::Connecting,
                Start::Connected { card: Box::new(Card::unvouched(LONG)) },
                Start::Connected { card: Box::new(card(LONG)) },
                Start::Closed { reason: format!("{LONG} has left.") },
            ] {
                window(START, &|layout| start(layout, &state));
            }
            for card in [Card::unvouched(LONG), card(LONG)] {
                for mode in Mode::ALL {
                    window(CONSENT, &|layout| consent(layout, &card, mode, 300, true));
                }
            }
        }
    }

    #[test]
    fn the_bar_is_as_wide_as_it_has_to_be_and_no_wider_than_the_screen() {
        let mut fonts = Fonts::new();
        let theme = Look::new(&Options::default()).theme(false);
        for (scale, room) in [(1.0, 1920), (2.0, 1920), (2.0, 800), (1.0, 640)] {
            let notice =
                "the helper may only look: your own input cannot be seen here, and so would not pause theirs (the display is gone)";
            let words = bar_words(LONG, "sees your screen", true, Some(notice));
            let mut layout = Layout::new(&mut fonts, scale, Area::default());
            let (w, h) = bar_size(&mut layout, &words, "Chat (12 new)", true, room);
            assert!(w <= room);
            layout.rest = Area::new(0, 0, w, h);
            bar(&mut layout, &words, "Chat (12 new)", true, &theme);
            check(&layout.widgets, Area::new(0, 0, w, h));
            // All of who it is can be read: the text is not higher than its place.
            let place = layout.widgets.iter().find(|w| w.id == FIRST).map(|w| w.area).unwrap_or_default();
            assert!(layout.text_size(&words, Some(place.w)).1 <= place.h, "at {scale} in {room}");
        }
    }
}
