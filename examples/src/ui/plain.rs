//! What strangers wrote, made fit for a label.

/// Characters of a name that are shown at most; what is longer ends in an ellipsis.
const NAME: usize = 64;
/// Characters of a sentence that are shown at most.
const SENTENCE: usize = 600;
/// Characters of a chat message that are shown at most; it travels whole.
const MESSAGE: usize = 8000;

/// Whether a character steers the text instead of being part of it: control characters, direction marks, overrides and
/// isolates, invisible joiners that no script needs, tags, interlinear annotation.
///
/// The zero-width joiner and non-joiner stay: Arabic, Indic scripts and emoji are spelt with them.
fn steers(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(c, '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

/// One line: every run of white space and of characters that steer becomes one space.
fn line(text: &str, most: usize) -> String {
    let mut out = String::new();
    let mut count = 0;
    let mut gap = false;
    for c in text.chars() {
        if c.is_whitespace() || c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') {
            gap = true;
        } else if !steers(c) {
            if count >= most {
                out.push('…');
                break;
            }
            if gap && count > 0 {
                out.push(' ');
                count += 1;
            }
            gap = false;
            out.push(c);
            count += 1;
        }
    }
    out
}

/// A person's or device's name; never empty.
pub(crate) fn name(text: &str) -> String {
    let name = line(text, NAME);
    if name.is_empty() { "Somebody without a name".to_owned() } else { name }
}

/// A sentence for a status line or notice.
pub(super) fn sentence(text: &str) -> String {
    line(text, SENTENCE)
}

/// A chat message: its own line breaks stay; overrides that make text read otherwise than it was written do not.
pub(super) fn message(text: &str) -> String {
    let mut out = String::new();
    for (n, c) in text.chars().filter(|c| *c == '\n' || !steers(*c) || matches!(*c, '\u{200e}' | '\u{200f}' | '\u{61c}')).enumerate() {
        if n == MESSAGE {
            out.push('…');
            break;
        }
        out.push(c);
    }
    out.truncate(out.trim_end().len());
    out
}

/// A code in groups of four, for reading out.
pub(super) fn grouped(code: &str) -> String {
    let mut out = String::new();
    for (n, c) in code.chars().filter(|c| !c.is_whitespace() && !steers(*c)).take(SENTENCE).enumerate() {
        if n > 0 && n % 4 == 0 {
            out.push(' ');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_pretend_to_be_more_than_a_name() {
        assert_eq!(name("Eve\n\nYour bank\tasks"), "Eve Your bank asks");
        assert_eq!(name("Eve \u{202e}nimda\u{202c}"), "Eve nimda");
        assert_eq!(name("\u{2067}\u{200f}\u{0007}\u{1b}[31m Eve\u{2028}"), "[31m Eve");
        assert_eq!(name(" \u{200b}\u{feff}\r\n"), "Somebody without a name");
        let long = name(&"x".repeat(10_000));
        assert_eq!(long.chars().count(), NAME + 1);
        assert!(long.ends_with('…'));
    }

    #[test]
    fn names_of_all_scripts_stay_as_they_are() {
        for ordinary in ["Zoë Müller-Łukasiewicz", "محمد الفاتح", "שָׁלוֹם", "山田 太郎", "नी\u{200d}ल", "👩\u{200d}💻 Ada", "می\u{200c}خواهم"]
        {
            assert_eq!(name(ordinary), ordinary);
        }
    }

    #[test]
    fn a_message_keeps_its_lines_and_loses_overrides() {
        assert_eq!(message("a\nb\r\u{202e}c\n\n"), "a\nbc");
        assert_eq!(message("\u{200f}שלום!"), "\u{200f}שלום!");
        assert_eq!(message(&"y".repeat(20_000)).chars().count(), MESSAGE + 1);
    }

    #[test]
    fn codes_are_read_in_groups_of_four() {
        assert_eq!(grouped("7KQ2M9XB"), "7KQ2 M9XB");
        assert_eq!(grouped("7KQ2 M9XB"), "7KQ2 M9XB");
        assert_eq!(grouped(""), "");
    }
}
