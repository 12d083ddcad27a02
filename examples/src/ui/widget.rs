//! What a window consists of: a flat list of widgets in tab order, made anew from the program's state whenever it changes.
//!
//! One list serves all: it is painted, compared with the list before (only what differs is drawn again), hit by the pointer,
//! walked by Tab and told to screen readers.

use accesskit::{Action, Live, Node, Rect, Role, Toggled};

use super::{
    canvas::Brush,
    picture::Area,
    text::{Fonts, Style},
    theme::{Colour, Theme},
};

/// Names a widget in its window. 0 is the window itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Id(pub(super) u16);

/// What a button stands out by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tone {
    Plain,
    Accent,
    Danger,
}

/// How much a text matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Weight {
    Dim,
    Normal,
    Title,
    /// As large as what has to be read out over a telephone.
    Code,
    /// Something went wrong.
    Alert,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    /// A plain ground that holds others: not told to screen readers.
    Ground(Colour),
    Text {
        weight: Weight,
        centred: bool,
        /// Told to screen readers whenever it changes.
        live: bool,
    },
    Button(Tone),
    /// A button that stays in.
    Toggle(bool),
    /// A line of text to type in; the window holds the text itself.
    Entry {
        invalid: bool,
    },
    /// Painted by the window's owner. `revision` changes when all of it has to be painted again.
    Own {
        role: Role,
        revision: u64,
        /// What it contains, for screen readers.
        items: Vec<String>,
        focusable: bool,
    },
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Widget {
    pub(super) id: Id,
    pub(super) kind: Kind,
    pub(super) area: Area,
    /// What is read on it; the name for screen readers.
    pub(super) label: String,
    /// More about it, for screen readers: a key, a state.
    pub(super) hint: String,
    pub(super) enabled: bool,
}

/// What about a widget is the window's and changes without its owner.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Touch {
    pub(super) focused: bool,
    pub(super) hovered: bool,
    pub(super) held: bool,
}

impl Widget {
    pub(super) fn new(id: Id, kind: Kind, area: Area, label: impl Into<String>) -> Self {
        Self { id, kind, area, label: label.into(), hint: String::new(), enabled: true }
    }

    /// Whether Tab stops here.
    pub(super) fn focusable(&self) -> bool {
        self.enabled
            && match &self.kind {
                Kind::Button(_) | Kind::Toggle(_) | Kind::Entry { .. } => true,
                Kind::Own { focusable, .. } => *focusable,
                Kind::Ground(_) | Kind::Text { .. } => false,
            }
    }

    /// Whether Enter, Space or a click activates it.
    pub(super) fn presses(&self) -> bool {
        self.enabled && matches!(self.kind, Kind::Button(_) | Kind::Toggle(_))
    }

    /// The text's style at a scale.
    pub(super) fn style(&self, scale: f32) -> Style {
        style(&self.kind, scale)
    }

    /// Paints everything but entries' text and what owners paint.
    pub(super) fn paint(&self, brush: &mut Brush<'_>, fonts: &mut Fonts, theme: &Theme, touch: Touch, scale: f32) {
        let stroke = line(theme.stroke, scale);
        let radius = line(5.0, scale);
        match &self.kind {
            Kind::Ground(colour) => brush.fill(self.area, *colour),
            Kind::Text { weight, .. } => {
                let colour = match weight {
                    Weight::Dim => theme.dim,
                    Weight::Alert => theme.danger.0,
                    Weight::Normal | Weight::Title | Weight::Code => theme.text,
                };
                fonts.draw(brush, self.area, &self.label, self.style(scale), colour);
            }
            Kind::Button(_) | Kind::Toggle(_) => {
                let (mut inside, text) = match self.kind {
                    Kind::Button(Tone::Accent) | Kind::Toggle(true) => theme.accent,
                    Kind::Button(Tone::Danger) => theme.danger,
                    _ => (theme.button, theme.text),
                };
                let text = if self.enabled { text } else { theme.dim };
                if self.enabled && (touch.held || touch.hovered) {
                    inside = super::canvas::mix(inside, text, if touch.held { 60 } else { 28 });
                }
                let outline = if matches!(self.kind, Kind::Toggle(true)) { theme.text } else { theme.outline };
                brush.outlined(self.area, radius, stroke, inside, outline);
                let label = Area::new(self.area.x + radius, self.area.y, self.area.w - 2 * radius, self.area.h);
                fonts.draw(brush, label, &self.label, self.style(scale), text);
            }
            Kind::Entry { invalid } => {
                let outline = if *invalid { theme.danger.0 } else { theme.outline };
                brush.outlined(self.area, radius, if *invalid { stroke * 2 } else { stroke }, theme.field, outline);
            }
            Kind::Own { .. } => {}
        }
        if touch.focused && !matches!(self.kind, Kind::Own { .. }) {
            self.paint_ring(brush, theme, scale);
        }
    }

    /// The ring that says where the keyboard is.
    pub(super) fn paint_ring(&self, brush: &mut Brush<'_>, theme: &Theme, scale: f32) {
        let gap = line(2.0, scale);
        brush.ring(self.area.inset(-gap - line(2.0, scale)), line(2.0, scale), theme.ring);
    }

    /// The area that painting may touch, ring included.
    pub(super) fn reach(&self, scale: f32) -> Area {
        self.area.inset(-2 * line(2.0, scale))
    }

    /// This widget for screen readers; `None` for what only looks.
    pub(super) fn node(&self, value: Option<&str>) -> Option<Node> {
        let role = match &self.kind {
            Kind::Ground(_) => return None,
            Kind::Text { weight: Weight::Title, .. } => Role::Heading,
            Kind::Text { weight: Weight::Alert, .. } => Role::Alert,
            Kind::Text { live: true, .. } => Role::Status,
            Kind::Text { .. } => Role::Label,
            Kind::Button(_) | Kind::Toggle(_) => Role::Button,
            Kind::Entry { .. } => Role::TextInput,
            Kind::Own { role, .. } => *role,
        };
        let mut node = Node::new(role);
        let Area { x, y, .. } = self.area;
        node.set_bounds(Rect::new(f64::from(x), f64::from(y), f64::from(self.area.right()), f64::from(self.area.bottom())));
        if role == Role::Label {
            node.set_value(self.label.as_str());
        } else {
            node.set_label(self.label.as_str());
        }
        if let Some(value) = value {
            node.set_value(value);
            node.add_action(Action::SetValue);
        }
        if !self.hint.is_empty() {
            node.set_description(self.hint.as_str());
        }
        if let Kind::Toggle(on) = self.kind {
            node.set_toggled(if on { Toggled::True } else { Toggled::False });
        }
        if let Kind::Entry { invalid: true } = self.kind {
            node.set_invalid(accesskit::Invalid::True);
        }
        if matches!(self.kind, Kind::Text { live: true, .. }) || role == Role::Log {
            node.set_live(Live::Polite);
        }
        if role == Role::Alert {
            node.set_live(Live::Assertive);
        }
        if !self.enabled {
            node.set_disabled();
        }
        if self.focusable() {
            node.add_action(Action::Focus);
        }
        if self.presses() {
            node.add_action(Action::Click);
        }
        Some(node)
    }
}

fn style(kind: &Kind, scale: f32) -> Style {
    let (size, bold, wrap, centred) = match kind {
        Kind::Text { weight: Weight::Title, centred, .. } => (19.0, true, true, *centred),
        Kind::Text { weight: Weight::Code, centred, .. } => (44.0, true, true, *centred),
        Kind::Text { centred, .. } => (14.0, false, true, *centred),
        Kind::Button(_) | Kind::Toggle(_) => (14.0, false, false, true),
        Kind::Entry { .. } | Kind::Ground(_) | Kind::Own { .. } => (15.0, false, false, false),
    };
    Style { size: size * scale, bold, wrap, centred }
}

/// A length at a scale, in whole pixels and at least one.
pub(super) fn line(length: f32, scale: f32) -> i32 {
    super::text::ceil((length * scale).floor()).max(1)
}

/// Puts widgets into an area, from the top down, and measures their texts on the way.
#[derive(Debug)]
pub(super) struct Layout<'a> {
    fonts: &'a mut Fonts,
    pub(super) scale: f32,
    /// What is left to fill.
    pub(super) rest: Area,
    pub(super) widgets: Vec<Widget>,
}

impl<'a> Layout<'a> {
    pub(super) fn new(fonts: &'a mut Fonts, scale: f32, area: Area) -> Self {
        Self { fonts, scale, rest: area, widgets: Vec::new() }
    }

    /// A length in whole pixels.
    pub(super) fn px(&self, length: f32) -> i32 {
        line(length, self.scale)
    }

    /// Leaves a margin on all sides.
    pub(super) fn pad(&mut self, length: f32) {
        self.rest = self.rest.inset(self.px(length));
    }

    /// Leaves room above what comes next.
    pub(super) fn gap(&mut self, length: f32) {
        let gap = self.px(length);
        self.take(gap);
    }

    /// Takes a strip off the top.
    pub(super) fn take(&mut self, height: i32) -> Area {
        let strip = Area { h: height, ..self.rest };
        self.rest.y += height;
        self.rest.h -= height;
        strip
    }

    /// Takes a strip off the bottom.
    pub(super) fn take_bottom(&mut self, height: i32) -> Area {
        self.rest.h -= height;
        Area { y: self.rest.bottom(), h: height, ..self.rest }
    }

    /// A text over the whole width, as high as it needs.
    pub(super) fn text(&mut self, id: Id, weight: Weight, centred: bool, label: impl Into<String>) -> &mut Widget {
        let kind = Kind::Text { weight, centred, live: false };
        let label = label.into();
        let (_, height) = self.fonts.measure(&label, style(&kind, self.scale), Some(self.rest.w));
        let area = self.take(height);
        self.push(Widget::new(id, kind, area, label))
    }

    /// How large a text of normal weight is, broken at a width if one is given.
    pub(super) fn text_size(&mut self, text: &str, width: Option<i32>) -> (i32, i32) {
        let style = style(&Kind::Text { weight: Weight::Normal, centred: false, live: false }, self.scale);
        self.fonts.measure(text, style, width)
    }

    pub(super) fn push(&mut self, widget: Widget) -> &mut Widget {
        let index = self.widgets.len();
        self.widgets.push(widget);
        &mut self.widgets[index]
    }

    /// The height of buttons and entries.
    pub(super) fn control(&self) -> i32 {
        Fonts::line_height(15.0 * self.scale) + 2 * self.px(6.0)
    }

    /// The width a button takes.
    pub(super) fn button_width(&mut self, label: &str) -> i32 {
        let style = style(&Kind::Button(Tone::Plain), self.scale);
        self.fonts.measure(label, style, None).0 + 2 * self.px(13.0)
    }

    /// Puts buttons beside each other from the left, into further rows where the width ends. Returns the height used.
    pub(super) fn flow(&mut self, within: Area, buttons: Vec<(Id, Kind, &str)>) -> i32 {
        let (gap, height) = (self.px(8.0), self.control());
        let (mut x, mut y) = (within.x, within.y);
        for (id, kind, label) in buttons {
            let width = self.button_width(label).min(within.w);
            if x > within.x && x + width > within.right() {
                x = within.x;
                y += height + gap;
            }
            self.push(Widget::new(id, kind, Area::new(x, y, width, height), label));
            x += width + gap;
        }
        y + height - within.y
    }
}

/// What holds for every window, however large its text: asserted by the tests of the layouts.
#[cfg(test)]
pub(super) fn check(widgets: &[Widget], window: Area) {
    let mut ids = std::collections::HashSet::new();
    for widget in widgets {
        assert!(ids.insert(widget.id) && widget.id != Id(0), "{:?} is there twice", widget.id);
        let Some(node) = widget.node(None) else { continue };
        let name = node.label().or(node.value()).unwrap_or_default();
        assert!(!name.is_empty(), "{widget:?} has no name");
        assert_eq!(widget.area.intersect(&window), widget.area, "{name} is not all inside of {window:?}");
        assert_eq!(node.supports_action(Action::Focus), widget.focusable(), "{name}");
        assert_eq!(node.supports_action(Action::Click), widget.presses(), "{name}");
    }
    let stops: Vec<&Widget> = widgets.iter().filter(|w| w.focusable()).collect();
    for (n, one) in stops.iter().enumerate() {
        for other in &stops[n + 1..] {
            assert!(one.area.intersect(&other.area).is_empty(), "{} lies over {}", one.label, other.label);
        }
    }
}
