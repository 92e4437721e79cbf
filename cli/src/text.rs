//! Makes texts of other people safe to show: a terminal never obeys anything in them.

use std::{borrow::Cow, fmt::Write as _};

/// A text without anything that a terminal obeys. Control characters, ends of lines and marks of direction are written as
/// in Rust's strings: `\n` or `\u{1b}`.
pub(crate) fn shown(text: &str) -> Cow<'_, str> {
    if !text.contains(is_obeyed) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        push(&mut shown, c);
    }
    Cow::Owned(shown)
}

/// A text without anything that a terminal obeys, cut to `width` characters. If it was cut, the last one is an ellipsis.
pub(crate) fn cut(text: &str, width: usize) -> String {
    let mut cut = String::new();
    let mut count = 0;
    // The bytes that leave room for the ellipsis.
    let mut kept = 0;
    for c in text.chars() {
        count += push(&mut cut, c);
        if count > width {
            cut.truncate(kept);
            cut.push('…');
            break;
        }
        if count < width {
            kept = cut.len();
        }
    }
    cut
}

/// The same JSON value without anything that a terminal obeys. `serde_json` escapes only the control characters of ASCII.
pub(crate) fn json(json: &str) -> Cow<'_, str> {
    if !json.contains(is_obeyed) {
        return Cow::Borrowed(json);
    }
    let mut escaped = String::with_capacity(json.len() + 16);
    for c in json.chars() {
        if is_obeyed(c) {
            // Four digits are enough for all of them, and they appear only in strings.
            let _ = write!(escaped, "\\u{:04x}", u32::from(c));
        } else {
            escaped.push(c);
        }
    }
    Cow::Owned(escaped)
}

/// Adds a character, escaped if a terminal obeys it. Gives the number of characters that it added.
fn push(shown: &mut String, c: char) -> usize {
    if is_obeyed(c) {
        let escaped = c.escape_default();
        let count = escaped.len();
        shown.extend(escaped);
        count
    } else {
        shown.push(c);
        1
    }
}

fn is_obeyed(c: char) -> bool {
    c.is_control()
        || matches!(c,
            // Ends of a line and of a paragraph.
            '\u{2028}' | '\u{2029}'
            // Marks of direction that the bidirectional algorithm obeys: <https://www.unicode.org/reports/tr9/#Directional_Formatting_Characters>
            | '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// All characters for which `is_obeyed` must be true.
    fn obeyed() -> BTreeSet<char> {
        let marks = [
            0x061C, 0x200E, 0x200F, 0x2028, 0x2029, 0x202A, 0x202B, 0x202C, 0x202D, 0x202E, 0x2066,
            0x2067, 0x2068, 0x2069,
        ];
        let codes = (0..0x20).chain(0x7F..0xA0).chain(marks);
        codes.map(|code| char::from_u32(code).unwrap()).collect()
    }

    #[test]
    fn only_characters_that_a_terminal_obeys_are_escaped() {
        for c in obeyed() {
            let text = format!("a{c}b");
            for safe in [shown(&text), cut(&text, 100).into(), json(&text)] {
                assert!(!safe.contains(c) && safe.is_ascii(), "{c:?}: {safe}");
                assert!(safe.starts_with("a\\") && safe.ends_with('b'), "{safe}");
            }
        }
        let obeyed = obeyed();
        let harmless: String = (0..=0x10_FFFF)
            .filter_map(char::from_u32)
            .filter(|c| !obeyed.contains(c))
            .collect();
        assert!(matches!(shown(&harmless), Cow::Borrowed(same) if same == harmless));
        assert!(matches!(json(&harmless), Cow::Borrowed(same) if same == harmless));
        assert_eq!(
            shown("\u{1b}[2J\ttab\r\n\u{85}\u{202e}evil"),
            "\\u{1b}[2J\\ttab\\r\\n\\u{85}\\u{202e}evil"
        );
    }

    #[test]
    fn safe_json_has_the_same_value() {
        let value: String = obeyed().into_iter().chain("\"\\ é 👨‍👩‍👧".chars()).collect();
        let text = serde_json::to_string(&value).unwrap();
        let safe = json(&text);
        assert_ne!(safe, text);
        assert_eq!(serde_json::from_str::<String>(&safe).unwrap(), value);
    }

    #[test]
    fn a_cut_text_has_its_width_and_ends_in_an_ellipsis() {
        assert_eq!(cut("", 3), "");
        assert_eq!(cut("abc", 3), "abc");
        assert_eq!(cut("abcd", 3), "ab…");
        assert_eq!(cut("ЖЖЖЖ", 3), "ЖЖ…");
        assert_eq!(cut(&"x".repeat(400_000), 80).chars().count(), 80);
    }

    #[test]
    fn an_escape_is_not_cut_in_two() {
        assert_eq!(cut("a\u{1b}", 7), "a\\u{1b}");
        assert_eq!(cut("a\u{1b}b", 7), "a…");
        assert_eq!(cut("\u{1b}\u{1b}\u{1b}", 8), "\\u{1b}…");
    }
}
