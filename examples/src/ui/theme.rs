//! Colours and sizes.

use super::{Options, Scheme};

/// A colour, `0x00RRGGBB`.
pub(super) type Colour = u32;

/// What a window draws with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Theme {
    /// Behind everything.
    pub(super) ground: Colour,
    /// Behind bars, panels and what the peer said.
    pub(super) panel: Colour,
    /// Behind buttons.
    pub(super) button: Colour,
    /// Behind the text that is being typed.
    pub(super) field: Colour,
    pub(super) text: Colour,
    /// Text of less weight.
    pub(super) dim: Colour,
    pub(super) outline: Colour,
    /// Behind what is chosen or proposed, with the text on it.
    pub(super) accent: (Colour, Colour),
    /// Behind what warns or ends, with the text on it.
    pub(super) danger: (Colour, Colour),
    /// The ring around the control that has the keyboard.
    pub(super) ring: Colour,
    /// Thickness of outlines, in unscaled pixels.
    pub(super) stroke: f32,
}

const LIGHT: Theme = Theme {
    ground: 0x00fa_fafa,
    panel: 0x00ec_eef1,
    button: 0x00ff_ffff,
    field: 0x00ff_ffff,
    text: 0x001b_1e23,
    dim: 0x0051_5862,
    outline: 0x0080_8894,
    accent: (0x0015_5bb5, 0x00ff_ffff),
    danger: (0x00b3_261e, 0x00ff_ffff),
    ring: 0x00b8_4a00,
    stroke: 1.0,
};

const DARK: Theme = Theme {
    ground: 0x0017_191d,
    panel: 0x0024_272d,
    button: 0x0031_353d,
    field: 0x000f_1114,
    text: 0x00ee_f0f3,
    dim: 0x00b0_b7c2,
    outline: 0x0078_808d,
    accent: (0x008a_b8ff, 0x0008_1a33),
    danger: (0x00ff_b0a8, 0x0040_0804),
    ring: 0x00ff_c266,
    stroke: 1.0,
};

const CONTRAST_LIGHT: Theme = Theme {
    ground: 0x00ff_ffff,
    panel: 0x00ff_ffff,
    button: 0x00ff_ffff,
    field: 0x00ff_ffff,
    text: 0x0000_0000,
    dim: 0x0000_0000,
    outline: 0x0000_0000,
    accent: (0x0000_0000, 0x00ff_ffff),
    danger: (0x0080_0000, 0x00ff_ffff),
    ring: 0x0000_32c8,
    stroke: 2.0,
};

const CONTRAST_DARK: Theme = Theme {
    ground: 0x0000_0000,
    panel: 0x0000_0000,
    button: 0x0000_0000,
    field: 0x0000_0000,
    text: 0x00ff_ffff,
    dim: 0x00ff_ffff,
    outline: 0x00ff_ffff,
    accent: (0x00ff_ffff, 0x0000_0000),
    danger: (0x00ff_b4b4, 0x0000_0000),
    ring: 0x00ff_ff00,
    stroke: 2.0,
};

/// How windows look now: the options, and what was changed while they are open.
#[derive(Clone, Debug)]
pub(super) struct Look {
    scheme: Scheme,
    high_contrast: bool,
    percent: u16,
}

impl Look {
    /// Steps of Ctrl + and Ctrl -, in percent.
    const STEP: u16 = 25;

    pub(super) fn new(options: &Options) -> Self {
        Self { scheme: options.scheme, high_contrast: options.high_contrast, percent: options.text_percent.clamp(100, 200) }
    }

    /// The colours, given what the desktop asks for.
    pub(super) fn theme(&self, desktop_is_dark: bool) -> Theme {
        let dark = match self.scheme {
            Scheme::Auto => desktop_is_dark,
            Scheme::Light => false,
            Scheme::Dark => true,
        };
        match (dark, self.high_contrast) {
            (false, false) => LIGHT,
            (true, false) => DARK,
            (false, true) => CONTRAST_LIGHT,
            (true, true) => CONTRAST_DARK,
        }
    }

    /// What sizes are multiplied with, beside the desktop's scale.
    pub(super) fn factor(&self) -> f32 {
        f32::from(self.percent) / 100.0
    }

    pub(super) fn larger(&mut self) {
        self.percent = (self.percent + Self::STEP).min(200);
    }

    pub(super) fn smaller(&mut self) {
        self.percent = (self.percent - Self::STEP).max(100);
    }

    pub(super) fn normal(&mut self) {
        self.percent = 100;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// WCAG 2.2, "relative luminance".
    fn luminance(colour: Colour) -> f64 {
        let [_, channels @ ..] = colour.to_be_bytes();
        let linear = channels.map(|c| {
            let c = f64::from(c) / 255.0;
            if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
        });
        0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    }

    fn contrast(a: Colour, b: Colour) -> f64 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn every_text_and_outline_has_the_contrast_that_wcag_asks_for() {
        for (theme, text, line) in [(LIGHT, 4.5, 3.0), (DARK, 4.5, 3.0), (CONTRAST_LIGHT, 7.0, 4.5), (CONTRAST_DARK, 7.0, 4.5)] {
            for ground in [theme.ground, theme.panel, theme.button, theme.field] {
                assert!(contrast(theme.text, ground) >= text, "text on {ground:06x}");
                assert!(contrast(theme.dim, ground) >= text, "dim on {ground:06x}");
                assert!(contrast(theme.outline, ground) >= line, "outline on {ground:06x}: {}", contrast(theme.outline, ground));
                assert!(contrast(theme.ring, ground) >= line, "ring on {ground:06x}");
                assert!(contrast(theme.danger.0, ground) >= text, "danger on {ground:06x}");
            }
            for (ground, on) in [theme.accent, theme.danger] {
                assert!(contrast(on, ground) >= text, "{on:06x} on {ground:06x}");
            }
        }
    }

    #[test]
    fn the_text_stays_between_normal_and_double() {
        let mut look = Look::new(&Options { text_percent: 900, ..Options::default() });
        assert!((look.factor() - 2.0).abs() < f32::EPSILON);
        look.larger();
        assert!((look.factor() - 2.0).abs() < f32::EPSILON);
        (0..9).for_each(|_| look.smaller());
        assert!((look.factor() - 1.0).abs() < f32::EPSILON);
    }
}
