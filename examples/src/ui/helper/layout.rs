//! Where everything is in the helper's window.

use accesskit::Role;

use super::{
    super::{
        canvas::Brush,
        face,
        picture::Area,
        plain,
        theme::Theme,
        widget::{Id, Kind, Layout, Tone, Weight, Widget, line},
    },
    state::State,
    view::{View, Zoom},
};
use crate::trust::Card;

pub(super) const VIEW: Id = Id(1);
pub(super) const CONTROL: Id = Id(2);
pub(super) const LASER: Id = Id(3);
pub(super) const PAUSE: Id = Id(4);
pub(super) const FIT: Id = Id(5);
pub(super) const CHAT: Id = Id(6);
pub(super) const LEAVE: Id = Id(7);
pub(super) const PICTURE: Id = Id(8);
/// The scroll bars.
pub(super) const ACROSS: Id = Id(9);
pub(super) const ALONG: Id = Id(10);
/// Goes on to the sharer's next display.
pub(super) const DISPLAY: Id = Id(11);
const TITLE: Id = Id(20);
const CODE: Id = Id(21);
const FIRST: Id = Id(22);
const SECOND: Id = Id(23);
const STATUS: Id = Id(24);
const NOTICE: Id = Id(25);
const BAR: Id = Id(26);
const FOOT: Id = Id(27);
const PANEL: Id = Id(28);
/// The warnings take the numbers from here on.
const WARNING: u16 = 60;

/// Before a sharer comes: the code, large, and what to do with it.
pub(super) fn waiting(layout: &mut Layout<'_>, code: Option<&(String, String)>) {
    layout.pad(28.0);
    let top = (layout.rest.h / 8).max(0);
    layout.take(top);
    let Some((code, address)) = code else {
        layout.text(TITLE, Weight::Title, true, "Getting ready…");
        return;
    };
    layout.text(TITLE, Weight::Title, true, "Tell the person you are helping this code");
    layout.gap(18.0);
    let code = plain::grouped(code);
    let spoken = code.chars().map(|c| if c == ' ' { ", ".to_owned() } else { format!("{c} ") }).collect::<String>();
    layout.text(CODE, Weight::Code, true, code).hint = spoken;
    layout.gap(18.0);
    if !address.is_empty() {
        layout.text(FIRST, Weight::Normal, true, format!("and this address:  {}", plain::sentence(address)));
        layout.gap(10.0);
    }
    layout.text(SECOND, Weight::Dim, true, "The code works once, for 10 minutes. Waiting for the other side…");
}

/// After the session.
pub(super) fn closed(layout: &mut Layout<'_>, reason: &str) {
    layout.pad(28.0);
    let top = (layout.rest.h / 6).max(0);
    layout.take(top);
    layout.text(TITLE, Weight::Title, true, "The session is over");
    layout.gap(10.0);
    layout.text(FIRST, Weight::Normal, true, reason);
    layout.gap(20.0);
    let (width, height) = (layout.button_width("Close"), layout.control());
    let area = layout.take(height);
    let area = Area::new(area.x + (area.w - width) / 2, area.y, width, height);
    layout.push(Widget::new(LEAVE, Kind::Button(Tone::Accent), area, "Close"));
}

/// In session: tools above, status below, the chat beside the picture.
pub(super) fn session(layout: &mut Layout<'_>, state: &mut State, theme: &Theme) {
    let pad = layout.px(8.0);
    toolbar(layout, state, theme, pad);
    status(layout, state, theme, pad);
    let whole = layout.rest;
    let mut picture = whole;
    let mut panel = None;
    if state.chat_open {
        let narrow = whole.w < layout.px(640.0);
        let mut beside = whole;
        if narrow {
            beside.h = whole.h / 2;
            beside.y = whole.bottom() - beside.h;
            picture.h -= beside.h;
        } else {
            beside.w = layout.px(320.0).min(whole.w / 2);
            beside.x = whole.right() - beside.w;
            picture.w -= beside.w;
        }
        panel = Some(beside);
    }
    // The ring of the focus goes around the picture, not over it.
    let ring = layout.px(2.0);
    // Bars take their room from the picture, and one may make the other necessary.
    let thick = layout.px(14.0);
    let (mut across, mut along) = (false, false);
    if state.zoom == Zoom::Actual {
        for _ in 0..2 {
            across = state.picture.0 > picture.w - 2 * ring - if along { thick } else { 0 };
            along = state.picture.1 > picture.h - 2 * ring - if across { thick } else { 0 };
        }
    }
    let mut place = picture;
    place.w -= if along { thick } else { 0 };
    place.h -= if across { thick } else { 0 };
    state.view = View::new(state.zoom, place.inset(ring), state.picture, state.view.scroll());
    let (w, h) = state.picture;
    let label = if state.picture == (0, 0) { "No picture yet".to_owned() } else { format!("Screen of {}, {w} by {h}", state.peer()) };
    let revision = revision(&state.view);
    let kind = Kind::Own { role: Role::Canvas, revision, items: Vec::new(), focusable: true };
    let hint = if state.control() { "Keys go to the other side. F8 goes to the toolbar." } else { "" };
    layout.push(Widget::new(PICTURE, kind, place, label)).hint = hint.to_owned();
    let bar = || Kind::Own { role: Role::ScrollBar, revision, items: Vec::new(), focusable: true };
    if across {
        let area = Area::new(picture.x, place.bottom(), place.w, thick);
        layout.push(Widget::new(ACROSS, bar(), area, "Scroll across"));
    }
    if along {
        let area = Area::new(place.right(), picture.y, thick, place.h);
        layout.push(Widget::new(ALONG, bar(), area, "Scroll down"));
    }
    if state.picture == (0, 0) {
        layout.rest = place.inset(2 * pad);
        let top = (layout.rest.h / 4).max(0);
        layout.take(top);
        let words = if state.pending { "Nothing is shared yet." } else { "Choose View or Control: the other side is asked." };
        match &state.card {
            Some(card) => trust(layout, card, words),
            None => drop(layout.text(SECOND, Weight::Title, true, words)),
        }
    }
    if let Some(panel) = panel {
        layout.push(Widget::new(PANEL, Kind::Ground(theme.ground), panel, ""));
        layout.rest = panel.inset(pad);
        let peer = state.peer();
        state.chat.lay_out(layout, &peer, true);
    }
}

/// Before anything is asked for: who is at the other side, and what to be warned of.
fn trust(layout: &mut Layout<'_>, card: &Card, words: &str) {
    let width = layout.px(460.0).min(layout.rest.w);
    layout.rest = Area { x: layout.rest.x + (layout.rest.w - width) / 2, w: width, ..layout.rest };
    layout.text(TITLE, Weight::Title, false, card.name());
    layout.gap(8.0);
    face::lay_out(layout, card);
    layout.gap(8.0);
    for (id, warning) in (WARNING..).zip(card.warnings()) {
        layout.text(Id(id), Weight::Alert, false, warning.as_str());
        layout.gap(4.0);
    }
    layout.gap(4.0);
    layout.text(SECOND, Weight::Normal, false, words);
}

fn toolbar(layout: &mut Layout<'_>, state: &State, theme: &Theme, pad: i32) {
    let within = Area::new(layout.rest.x + pad, layout.rest.y + pad, layout.rest.w - 2 * pad, layout.rest.h);
    let ground = layout.widgets.len();
    layout.push(Widget::new(BAR, Kind::Ground(theme.panel), Area::default(), ""));
    let control = state.control();
    let viewing = state.picture != (0, 0) && !control;
    let fit = state.zoom == Zoom::Fit;
    let chat = state.chat.button();
    let (shown, count) = state.displays;
    let display = format!("Display {shown} of {count}");
    let mut buttons = vec![
        (VIEW, Kind::Toggle(viewing), "View"),
        (CONTROL, Kind::Toggle(control), "Control"),
        (LASER, Kind::Toggle(state.laser), "Laser"),
        (PAUSE, Kind::Toggle(state.paused), "Pause"),
        (FIT, Kind::Toggle(fit), "Fit"),
        (CHAT, Kind::Toggle(state.chat_open), chat.as_str()),
        (LEAVE, Kind::Button(Tone::Danger), "Leave"),
    ];
    if count > 1 {
        let behind_fit = buttons.iter().position(|(id, ..)| *id == CHAT).unwrap_or_default();
        buttons.insert(behind_fit, (DISPLAY, Kind::Button(Tone::Plain), display.as_str()));
    }
    let height = layout.flow(within, buttons);
    for widget in &mut layout.widgets {
        widget.hint = match widget.id {
            VIEW => "See the screen only",
            CONTROL => "Ask to use keyboard and pointer",
            LASER => "Point at things without touching them",
            PAUSE => "Stop the picture for a while",
            FIT => "Whole screen in the window, or else pixel for pixel",
            DISPLAY => "Show the next one",
            _ => continue,
        }
        .to_owned();
    }
    let strip = layout.take(height + 2 * pad);
    layout.widgets[ground].area = strip;
}

fn status(layout: &mut Layout<'_>, state: &State, theme: &Theme, pad: i32) {
    let words = status_words(state);
    let pending = state.pending.then(|| format!("Waiting for {} to agree…", state.peer()));
    let notice = state.notice.as_ref().map(|(text, _)| text.clone()).or(pending);
    let inner = layout.rest.w - 2 * pad;
    let height = layout.text_size(&words, Some(inner)).1;
    let notice_height = notice.as_ref().map_or(0, |text| layout.text_size(text, Some(inner)).1 + pad);
    let foot = layout.take_bottom(height + pad + notice_height);
    layout.push(Widget::new(FOOT, Kind::Ground(theme.panel), foot, ""));
    let place = Area::new(foot.x + pad, foot.y + pad / 2, inner, height);
    if let Some(text) = notice {
        let kind = Kind::Text { weight: Weight::Normal, centred: false, live: true };
        let area = Area { h: notice_height - pad, ..place };
        layout.push(Widget::new(NOTICE, kind, area, text));
    }
    let area = Area { y: place.y + notice_height, ..place };
    let kind = Kind::Text { weight: Weight::Dim, centred: false, live: false };
    layout.push(Widget::new(STATUS, kind, area, words));
}

fn status_words(state: &State) -> String {
    let Some(status) = &state.status else { return "Connected".to_owned() };
    let mut words = format!("{}   ·   {}", plain::name(&status.peer), plain::sentence(&status.mode));
    if let Some(latency) = status.latency_ms {
        words.push_str(&format!("   ·   {latency} ms"));
    }
    words.push_str(&format!("   ·   {} kbit/s", status.kbit_s));
    if state.paused {
        words.push_str("   ·   paused");
    }
    if status.control {
        words.push_str("   ·   F8: toolbar");
    }
    words
}

/// A number that is another one whenever the picture is somewhere else.
fn revision(view: &View) -> u64 {
    let target = view.target();
    let mix = |sum: u64, n: i32| sum.wrapping_mul(0x0100_0000_01b3) ^ u64::from(n.cast_unsigned());
    [target.x, target.y, target.w, target.h].into_iter().fold(0xcbf2_9ce4_8422_2325, mix)
}

/// The scroll position that puts the thumb of a bar under a point.
pub(super) fn thumb_to(bar: &Widget, at: (i32, i32), view: &View) -> (i32, i32) {
    let (range, scroll, visible) = (view.scroll_range(), view.scroll(), view.visible());
    let part = |at: i32, start: i32, length: i32, range: i32, seen: i32| {
        let middle = i64::from(at - start) * i64::from(range + seen) / i64::from(length.max(1)) - i64::from(seen / 2);
        i32::try_from(middle.clamp(0, i64::from(range))).unwrap_or(range)
    };
    if bar.id == ACROSS {
        (part(at.0, bar.area.x, bar.area.w, range.0, visible.w), scroll.1)
    } else {
        (scroll.0, part(at.1, bar.area.y, bar.area.h, range.1, visible.h))
    }
}

pub(super) fn paint_bar(bar: &Widget, view: &View, brush: &mut Brush<'_>, theme: &Theme) {
    let (range, scroll, visible) = (view.scroll_range(), view.scroll(), view.visible());
    brush.fill(bar.area, theme.panel);
    let part =
        |length: i32, offset: i32, whole: i32| i32::try_from(i64::from(length) * i64::from(offset) / i64::from(whole.max(1))).unwrap_or(0);
    let Area { x, y, w, h } = bar.area;
    let thumb = if bar.id == ACROSS {
        let whole = range.0 + visible.w;
        Area::new(x + part(w, scroll.0, whole), y, part(w, visible.w, whole), h)
    } else {
        let whole = range.1 + visible.h;
        Area::new(x, y + part(h, scroll.1, whole), w, part(h, visible.h, whole))
    };
    let margin = line(1.0, 3.0);
    brush.rounded(thumb.inset(margin), thumb.w.min(thumb.h) / 2, theme.outline);
}

#[cfg(test)]
mod tests {
    use super::{
        super::{
            super::{Options, text::Fonts, theme::Look, widget::check},
            Status,
        },
        *,
    };

    const LONG: &str = "Wolfeschlegelsteinhausenbergerdorff-Müller-Łukasiewicz the Third";

    fn in_session(control: bool, chat_open: bool, zoom: Zoom) -> State {
        let mut state = State::new("Remote Help");
        let (peer, mode) = (LONG.to_owned(), "Full control".to_owned());
        state.status = Some(Status { peer, mode, control, latency_ms: Some(1234), kbit_s: 123_456 });
        state.notice = Some((format!("{LONG} did not allow control."), std::time::Instant::now()));
        (state.picture, state.chat_open, state.zoom) = ((1920, 1080), chat_open, zoom);
        state.chat.push(true, "Hello", chat_open);
        state
    }

    #[test]
    fn everything_fits_at_normal_and_double_text_and_the_picture_keeps_room() {
        let mut fonts = Fonts::new();
        let theme = Look::new(&Options::default()).theme(true);
        for (scale, w, h) in [(1.0, 1120, 780), (1.0, 800, 600), (2.0, 2240, 1560), (2.0, 1280, 1000)] {
            let area = Area::new(0, 0, w, h);
            for (control, chat_open, zoom) in [(false, false, Zoom::Fit), (true, true, Zoom::Fit), (true, true, Zoom::Actual)] {
                let mut state = in_session(control, chat_open, zoom);
                let mut layout = Layout::new(&mut fonts, scale, area);
                session(&mut layout, &mut state, &theme);
                check(&layout.widgets, area);
                let seen = state.view.visible();
                assert!(seen.w >= w / 4 && seen.h >= h / 8, "{seen:?} of {area:?}");
            }
            let mut layout = Layout::new(&mut fonts, scale, area);
            waiting(&mut layout, Some(&("7KQ2M9XB".to_owned(), "[2001:db8:1234:5678:9abc:def0:1234:5678]:65535".to_owned())));
            check(&layout.widgets, area);
            let mut layout = Layout::new(&mut fonts, scale, area);
            closed(&mut layout, &format!("{LONG} has ended the session."));
            check(&layout.widgets, area);
        }
    }

    #[test]
    fn a_window_without_room_is_no_danger() {
        let mut fonts = Fonts::new();
        let theme = Look::new(&Options::default()).theme(true);
        for (w, h) in [(1, 1), (50, 30), (3000, 20), (20, 3000)] {
            let mut state = in_session(true, true, Zoom::Actual);
            let mut layout = Layout::new(&mut fonts, 2.0, Area::new(0, 0, w, h));
            session(&mut layout, &mut state, &theme);
            let mut canvas = super::super::super::canvas::Canvas::default();
            canvas.resize(w.try_into().unwrap_or(1), h.try_into().unwrap_or(1));
            let (whole, widgets) = (canvas.area(), layout.widgets);
            for widget in &widgets {
                widget.paint(&mut canvas.brush(whole), &mut fonts, &theme, Default::default(), 2.0);
                state.chat.paint(widget.area, &mut canvas.brush(whole), &mut fonts, &theme, 2.0);
                paint_bar(widget, &state.view, &mut canvas.brush(whole), &theme);
            }
        }
    }
}
