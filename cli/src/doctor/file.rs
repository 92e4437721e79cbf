//! OpenIM's `webhooks.yml`: its values, and where each key is.
//!
//! A YAML parser gives the values. The places come from a small reader of lines with `key: value`, because the file has
//! nothing else in any version of OpenIM. A key in another form, such as `{enable: true}`, has the line of the key around it.

use std::{collections::BTreeSet, ops::Range};

use serde_yaml_ng::Value;

/// A line with a key.
#[derive(Debug)]
pub(super) struct Entry {
    /// The keys around it and its own, in small letters: OpenIM reads them in any case.
    path: Vec<String>,
    /// From 1.
    pub(super) line: usize,
    pub(super) indent: usize,
    /// In the line.
    key: Range<usize>,
    /// In the line, without a comment. Empty if the value is below.
    value: Range<usize>,
}

/// The text with its keys.
#[derive(Debug, Default)]
pub(super) struct File {
    pub(super) lines: Vec<String>,
    entries: Vec<Entry>,
}

/// A change of the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Edit {
    /// Other bytes at a place of a line.
    Replace(usize, Range<usize>, String),
    /// Remove a line, and indent what is below it less.
    Unwrap(usize),
}

impl File {
    pub(super) fn read(text: &str) -> Self {
        let lines: Vec<String> = text.lines().map(ToOwned::to_owned).collect();
        let mut entries: Vec<Entry> = Vec::new();
        // The keys around the current line.
        let mut around: Vec<(usize, String)> = Vec::new();
        for (number, line) in lines.iter().enumerate() {
            let Some((key, value)) = key_and_value(line) else {
                continue;
            };
            let indent = key.start;
            while around.last().is_some_and(|(outer, _)| *outer >= indent) {
                around.pop();
            }
            let name = line[key.clone()].trim_matches(['"', '\'']);
            around.push((indent, name.to_lowercase()));
            entries.push(Entry {
                path: around.iter().map(|(_, name)| name.clone()).collect(),
                line: number + 1,
                indent,
                key,
                value,
            });
        }
        Self { lines, entries }
    }

    /// The line of a key, or of the nearest key around it.
    pub(super) fn line(&self, path: &[&str]) -> Option<usize> {
        (1..=path.len())
            .rev()
            .find_map(|length| self.entry(&path[..length]))
            .map(|entry| entry.line)
    }

    fn entry(&self, path: &[&str]) -> Option<&Entry> {
        let lower: Vec<String> = path.iter().map(|it| it.to_lowercase()).collect();
        self.entries.iter().find(|entry| entry.path == lower)
    }

    /// The keys that are there twice: each second line, and the key.
    pub(super) fn twice(&self) -> Vec<(usize, String)> {
        let mut seen = BTreeSet::new();
        self.entries
            .iter()
            .filter(|entry| !seen.insert(&entry.path))
            .map(|entry| (entry.line, entry.path.join(".")))
            .collect()
    }

    /// Another value for a key, if the value is in the key's line.
    pub(super) fn set(&self, path: &[&str], value: &str) -> Option<Edit> {
        let entry = self.entry(path)?;
        (!entry.value.is_empty())
            .then(|| Edit::Replace(entry.line, entry.value.clone(), value.to_owned()))
    }

    /// Another name for a key.
    pub(super) fn rename(&self, path: &[&str], name: &str) -> Option<Edit> {
        let entry = self.entry(path)?;
        Some(Edit::Replace(
            entry.line,
            entry.key.clone(),
            name.to_owned(),
        ))
    }

    pub(super) fn unwrap(&self, path: &[&str]) -> Option<Edit> {
        Some(Edit::Unwrap(self.entry(path)?.line))
    }

    /// The text with these changes. Of two at the same place, the first counts.
    pub(super) fn edited(&self, edits: &[Edit]) -> String {
        let mut lines: Vec<Option<String>> = self.lines.iter().cloned().map(Some).collect();
        for (index, line) in lines.iter_mut().enumerate() {
            let mut of_line: Vec<(&Range<usize>, &str)> = Vec::new();
            for edit in edits {
                if let Edit::Replace(number, place, text) = edit
                    && *number == index + 1
                    && of_line
                        .iter()
                        .all(|(it, _)| it.end <= place.start || place.end <= it.start)
                {
                    of_line.push((place, text));
                }
            }
            of_line.sort_by_key(|(place, _)| std::cmp::Reverse(place.start));
            for (place, text) in of_line {
                if let Some(line) = line {
                    line.replace_range(place.clone(), text);
                }
            }
        }
        for edit in edits {
            if let Edit::Unwrap(number) = edit {
                self.unwrap_at(*number, &mut lines);
            }
        }
        lines
            .into_iter()
            .flatten()
            .map(|line| line + "\n")
            .collect()
    }

    fn unwrap_at(&self, number: usize, lines: &mut [Option<String>]) {
        let Some(position) = self.entries.iter().position(|it| it.line == number) else {
            return;
        };
        let outer = self.entries[position].indent;
        let below = &self.entries[position + 1..];
        let Some(first) = below.first().filter(|it| it.indent > outer) else {
            return;
        };
        let less = first.indent - outer;
        let end = below.iter().find(|it| it.indent <= outer);
        let end = end.map_or(lines.len(), |it| it.line - 1);
        lines[number - 1] = None;
        for line in lines[number..end].iter_mut().flatten() {
            let spaces = line.len() - line.trim_start_matches(' ').len();
            line.replace_range(..spaces.min(less), "");
        }
    }
}

/// The places of key and value in a line.
fn key_and_value(line: &str) -> Option<(Range<usize>, Range<usize>)> {
    let start = line.len() - line.trim_start_matches(' ').len();
    let rest = &line[start..];
    if rest.is_empty() || rest.starts_with(['#', '-', '{', '[', '%', '\t']) {
        return None;
    }
    let colon = rest
        .match_indices(':')
        .map(|(at, _)| at)
        .find(|at| rest[at + 1..].is_empty() || rest[at + 1..].starts_with(' '))?;
    let key = start..start + rest[..colon].trim_end().len();
    let after = start + colon + 1;
    let value = &line[after..];
    let begin = after + value.len() - value.trim_start().len();
    Some((key, begin..begin + scalar(&line[begin..])))
}

/// How long the value at the beginning of a text is, without a comment.
fn scalar(text: &str) -> usize {
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\''));
    if let Some(quote) = quote {
        return text[1..].find(quote).map_or(text.len(), |end| end + 2);
    }
    if text.starts_with('#') {
        return 0;
    }
    let end = text.find(" #").unwrap_or(text.len());
    text[..end].trim_end().len()
}

/// A member of a map, whatever the case of its key is.
pub(super) fn member<'a>(map: &'a Value, name: &str) -> Option<&'a Value> {
    let mut members = map.as_mapping()?.iter();
    let found =
        members.find(|(key, _)| key.as_str().is_some_and(|it| it.eq_ignore_ascii_case(name)));
    found.map(|(_, value)| value)
}

/// What OpenIM makes of a value where it wants true or false. `None` if it does not start.
///
/// Source: OpenIM reads the file with viper, whose decoder converts weakly, and Go's `strconv.ParseBool`.
pub(super) fn as_bool(value: &Value) -> Option<bool> {
    match value {
        Value::Null => Some(false),
        Value::Bool(value) => Some(*value),
        Value::Number(number) => number.as_f64().map(|it| it != 0.0),
        Value::String(text) => match text.as_str() {
            "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
            "" | "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

/// What OpenIM makes of a value where it wants a whole number, and whether it cuts a fraction off.
pub(super) fn as_number(value: &Value) -> Option<(i64, bool)> {
    match value {
        Value::Null => Some((0, false)),
        Value::Bool(value) => Some((i64::from(*value), false)),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => Some((whole, false)),
            #[allow(clippy::cast_possible_truncation)]
            None => number.as_f64().map(|it| (it as i64, it.fract() != 0.0)),
        },
        Value::String(text) if text.is_empty() => Some((0, false)),
        Value::String(text) => text.parse().ok().map(|it| (it, false)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
# A comment: with a colon
url: \"http://h:1/a\" # theirs
beforeAddFriend:
    enable: true   # on
    timeout: 5
Other: { enable: true }
";

    #[test]
    fn a_key_has_its_line_and_a_key_in_braces_that_of_the_key_around_it() {
        let file = File::read(TEXT);
        assert_eq!(file.line(&["url"]), Some(2));
        assert_eq!(file.line(&["beforeAddFriend", "Enable"]), Some(4));
        assert_eq!(file.line(&["other", "enable"]), Some(6));
        assert_eq!(file.line(&["none"]), None);
        assert!(file.twice().is_empty());
        let twice = File::read("a: 1\nb:\n  a: 2\nA: 3\n").twice();
        assert_eq!(twice, [(4, "a".to_owned())]);
    }

    #[test]
    fn an_edit_keeps_comments_order_and_all_other_lines() {
        let file = File::read(TEXT);
        let edits = [
            file.set(&["url"], "https://h/b").unwrap(),
            file.set(&["url"], "https://second").unwrap(),
            file.set(&["beforeAddFriend", "enable"], "false").unwrap(),
            file.rename(&["other"], "afterAddFriend").unwrap(),
        ];
        let expected = TEXT
            .replace("\"http://h:1/a\"", "https://h/b")
            .replace("enable: true   # on", "enable: false   # on")
            .replace("Other:", "afterAddFriend:");
        assert_eq!(file.edited(&edits), expected);
        assert_eq!(file.set(&["beforeAddFriend"], "x"), None);
    }

    #[test]
    fn an_outer_key_is_removed_with_its_indentation() {
        let file = File::read("a: 1\ncallback:\n  # why\n  url: x\n  b:\n    c: 2\nz: 3\n");
        let edits = [file.unwrap(&["callback"]).unwrap()];
        assert_eq!(
            file.edited(&edits),
            "a: 1\n# why\nurl: x\nb:\n  c: 2\nz: 3\n"
        );
    }

    #[test]
    fn values_are_converted_as_openim_converts_them() {
        let value = |text: &str| serde_yaml_ng::from_str::<Value>(text).unwrap();
        for (text, expected) in [
            ("true", Some(true)),
            ("\"T\"", Some(true)),
            ("1", Some(true)),
            ("0", Some(false)),
            ("", Some(false)),
            ("yes", None),
            ("on", None),
            ("[]", None),
        ] {
            assert_eq!(as_bool(&value(text)), expected, "{text}");
        }
        for (text, expected) in [
            ("5", Some((5, false))),
            ("\"5\"", Some((5, false))),
            ("0.5", Some((0, true))),
            ("5s", None),
            ("", Some((0, false))),
        ] {
            assert_eq!(as_number(&value(text)), expected, "{text}");
        }
    }
}
