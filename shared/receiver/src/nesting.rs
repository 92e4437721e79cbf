/// How deep objects and arrays may stand in each other. The deepest known callback has about six levels;
/// serde_json itself stops at 128, in what it reads.
pub(crate) const MAX_NESTING: usize = 32;

/// How deep objects and arrays stand in each other, in a text that may be JSON. Looks at every byte once,
/// before a parser sees the text.
pub(crate) fn nesting(text: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    let (mut in_string, mut escaped) = (false, false);
    for byte in text.bytes() {
        if in_string {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_string = false,
                _ => {}
            }
        } else {
            match byte {
                b'"' => in_string = true,
                b'{' | b'[' => {
                    depth += 1;
                    deepest = deepest.max(depth);
                }
                b'}' | b']' => depth = depth.saturating_sub(1),
                _ => {}
            }
        }
    }
    deepest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_brackets_outside_of_strings_nest() {
        for (text, depth) in [
            ("", 0),
            ("1", 0),
            ("{}", 1),
            ("[[],[[]]]", 3),
            (r#"{"a":[{"b":1}],"c":{}}"#, 3),
            (r#"{"a":"[[[[{{{{"}"#, 1),
            (r#"{"a":"\"[[\\"}"#, 1),
            (r#"{"a":"\\","b":[[]]}"#, 3),
            ("]]]}}}[", 1),
            ("[[[", 3),
        ] {
            assert_eq!(nesting(text), depth, "{text}");
        }
        assert_eq!(nesting(&"[".repeat(100_000)), 100_000);
    }
}
