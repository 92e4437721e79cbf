use std::borrow::Cow;

/// A body as text that serde_json can read.
///
/// serde_json does not accept a byte order mark, which RFC 8259 lets a parser ignore (section 8.1). It also does not
/// accept an escaped surrogate without its other half, which JavaScript can write.
#[must_use]
pub fn text(body: &[u8]) -> Cow<'_, str> {
    let body = body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(body);
    let end = body
        .iter()
        .rposition(|byte| *byte != 0)
        .map_or(0, |n| n + 1);
    match String::from_utf8_lossy(&body[..end]) {
        Cow::Borrowed(text) => whole_characters(text),
        Cow::Owned(text) => Cow::Owned(whole_characters(&text).into_owned()),
    }
}

/// Replaces each escaped surrogate without its other half by `\ufffd`.
fn whole_characters(json: &str) -> Cow<'_, str> {
    let mut changed: Option<String> = None;
    let mut copied = 0;
    let mut at = 0;
    while let Some(found) = json.as_bytes()[at..].iter().position(|byte| *byte == b'\\') {
        let escape = at + found;
        at = match escaped_unit(json, escape) {
            Some(0xD800..=0xDBFF)
                if matches!(escaped_unit(json, escape + 6), Some(0xDC00..=0xDFFF)) =>
            {
                escape + 12
            }
            Some(0xD800..=0xDFFF) => {
                let changed = changed.get_or_insert_default();
                changed.push_str(&json[copied..escape]);
                changed.push_str("\\ufffd");
                copied = escape + 6;
                copied
            }
            // Skips what is escaped: it can be a backslash, and it can be the first of several bytes.
            _ => (escape + 2).min(json.len()),
        };
    }
    match changed {
        Some(mut changed) => {
            changed.push_str(&json[copied..]);
            Cow::Owned(changed)
        }
        None => Cow::Borrowed(json),
    }
}

/// The UTF-16 unit that is escaped at this place.
fn escaped_unit(json: &str, at: usize) -> Option<u16> {
    let digits = json.as_bytes().get(at..at + 6)?.strip_prefix(b"\\u")?;
    let digits = std::str::from_utf8(digits).ok()?;
    // from_str_radix would accept a sign.
    let all_hex = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    all_hex.then(|| u16::from_str_radix(digits, 16).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_character_becomes_ufffd_and_a_whole_one_stays() {
        for (from, to) in [
            (r#""\ud83d""#, r#""\ufffd""#),
            (r#""\uD83D""#, r#""\ufffd""#),
            (r#""a\udfffb""#, r#""a\ufffdb""#),
            (r#""\ud83d\ud83d\ude00""#, r#""\ufffd\ud83d\ude00""#),
            (r#""\ude00\ud83d""#, r#""\ufffd\ufffd""#),
            (r#"{"\ud83d":1}"#, r#"{"\ufffd":1}"#),
            (r#""\ud83d"#, r#""\ufffd"#),
        ] {
            assert_eq!(text(from.as_bytes()), to);
        }
        for same in [
            r#""\ud83d\ude00""#,
            r#""\\ud83d""#,
            r#""\u00e9 \n \\""#,
            r#""\ud8""#,
            r#""\u+123""#,
            "\\",
            "\\é",
            "é\\",
            "",
        ] {
            assert!(
                matches!(text(same.as_bytes()), Cow::Borrowed(text) if text == same),
                "{same}"
            );
        }
    }

    #[test]
    fn a_byte_order_mark_nuls_at_the_end_and_foreign_bytes_are_accepted() {
        assert_eq!(text(b"\xef\xbb\xbf{}\0\0"), "{}");
        assert_eq!(
            text(b"{\"a\":\"caf\xe9\\ud83d\"}"),
            "{\"a\":\"caf\u{fffd}\\ufffd\"}"
        );
        assert_eq!(text(b"\0"), "");
    }
}
