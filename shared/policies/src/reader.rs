//! Reads values of a document and collects its mistakes.

use std::{fmt, ops::RangeInclusive};

use protocol::Codes;

use crate::{Mistake, Refusal, json::Json};

/// The [number](Codes::of_rule) of a rule, and the message of its refusal if the document does not set it.
pub(crate) type DefaultRefusal = (i32, &'static str);

/// Reads a document and collects its mistakes. It reads a wrong value as any valid one, because a document with mistakes
/// is refused in the end.
pub(crate) struct Reader<'f> {
    pub(crate) mistakes: Vec<Mistake>,
    /// Gives the text of a file beside the document.
    pub(crate) file: &'f dyn Fn(&str) -> Result<String, String>,
}

/// A value and its place.
pub(crate) struct Place<'a> {
    pub(crate) path: String,
    pub(crate) json: &'a Json,
}

pub(crate) struct Object<'a> {
    pub(crate) path: String,
    entries: &'a [(String, Json)],
}

impl<'a> Object<'a> {
    pub(crate) fn get(&self, key: &str) -> Option<Place<'a>> {
        let (_, json) = self.entries.iter().find(|(name, _)| name == key)?;
        Some(Place {
            path: member(&self.path, key),
            json,
        })
    }
}

/// The path of a member. Long keys are cut, because they can be any text.
pub(crate) fn member(path: &str, key: &str) -> String {
    const SHOWN: usize = 40;
    let mut shown: String = key.chars().take(SHOWN).collect();
    if shown.len() < key.len() {
        shown.push('…');
    }
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '$' | '…');
    if !shown.is_empty() && shown.chars().all(is_name) {
        format!("{path}.{shown}")
    } else {
        format!("{path}[{shown:?}]")
    }
}

impl Reader<'_> {
    pub(crate) fn wrong(&mut self, path: impl Into<String>, problem: impl fmt::Display) {
        self.mistakes.push(Mistake {
            path: path.into(),
            problem: problem.to_string(),
        });
    }

    /// The refusal of a rule. If the document does not set the code or a text, the default is used.
    pub(crate) fn refusal(
        &mut self,
        rule: &Object<'_>,
        codes: &[Codes],
        name: String,
        default: DefaultRefusal,
    ) -> Refusal {
        let (number, message) = default;
        let own_code = rule.get("code").map(|place| self.code(&place, codes));
        let mut text = |key| {
            let place = rule.get(key)?;
            self.text(&place).map(str::to_owned)
        };
        Refusal {
            rule: name,
            number,
            own_code,
            message: text("message").unwrap_or_else(|| message.to_owned()),
            detail: text("detail").unwrap_or_default(),
        }
    }

    /// A number that the rule needs, from 1 to `most`.
    pub(crate) fn natural(&mut self, rule: &Object<'_>, key: &str, most: i32) -> u32 {
        let number = self
            .need(rule, key)
            .map(|place| self.integer(&place, 1..=most));
        number.map_or(1, i32::unsigned_abs)
    }

    pub(crate) fn integer(&mut self, place: &Place<'_>, range: RangeInclusive<i32>) -> i32 {
        self.integer_in(place, &[range])
    }

    /// A code of a refusal, in one of these ranges.
    fn code(&mut self, place: &Place<'_>, codes: &[Codes]) -> i32 {
        let ranges: Vec<_> = codes.iter().map(|codes| codes.own()).collect();
        self.integer_in(place, &ranges)
    }

    fn integer_in(&mut self, place: &Place<'_>, ranges: &[RangeInclusive<i32>]) -> i32 {
        if let Json::Integer(number) = place.json
            && let Ok(number) = i32::try_from(*number)
            && ranges.iter().any(|range| range.contains(&number))
        {
            return number;
        }
        let ranges_in_words = ranges
            .iter()
            .map(|range| format!("from {} to {}", range.start(), range.end()));
        let problem = format!(
            "is not a whole number {}",
            ranges_in_words.collect::<Vec<_>>().join(" or ")
        );
        self.wrong(&place.path, problem);
        ranges.first().map_or(0, |range| *range.start())
    }

    /// True or false; false if it is missing.
    pub(crate) fn flag(&mut self, rule: &Object<'_>, key: &str) -> bool {
        match rule.get(key) {
            Some(Place {
                json: Json::Bool(flag),
                ..
            }) => *flag,
            Some(place) => {
                self.wrong_kind(&place, "true or false");
                false
            }
            None => false,
        }
    }

    /// A text that is not empty.
    pub(crate) fn text<'a>(&mut self, place: &Place<'a>) -> Option<&'a str> {
        let text = self.string(place)?;
        if text.trim().is_empty() {
            self.wrong(&place.path, "is empty");
        }
        Some(text)
    }

    pub(crate) fn string<'a>(&mut self, place: &Place<'a>) -> Option<&'a str> {
        if let Json::String(text) = place.json {
            return Some(text);
        }
        self.wrong_kind(place, "a text");
        None
    }

    pub(crate) fn items<'a>(&mut self, list: &Place<'a>) -> Vec<Place<'a>> {
        let Json::Array(items) = list.json else {
            self.wrong_kind(list, "a list");
            return Vec::new();
        };
        let items = items.iter().enumerate().map(|(i, json)| Place {
            path: format!("{}[{i}]", list.path),
            json,
        });
        items.collect()
    }

    pub(crate) fn need<'a>(&mut self, object: &Object<'a>, key: &str) -> Option<Place<'a>> {
        let place = object.get(key);
        if place.is_none() {
            self.wrong(&object.path, format!("lacks {key}"));
        }
        place
    }

    /// An object that can have these keys and those of a refusal.
    pub(crate) fn rule<'a>(
        &mut self,
        place: Place<'a>,
        codes: &[Codes],
        keys: &[&str],
    ) -> Option<Object<'a>> {
        let has_detail = codes.iter().any(|codes| codes.have_detail());
        let detail = has_detail.then_some("detail");
        let refusal = ["code", "message"].into_iter().chain(detail);
        let keys: Vec<&str> = keys.iter().copied().chain(refusal).collect();
        self.object(place, &keys)
    }

    /// An object that can have each of these keys at most once, and no other keys.
    pub(crate) fn object<'a>(&mut self, place: Place<'a>, keys: &[&str]) -> Option<Object<'a>> {
        let Json::Object(entries) = place.json else {
            self.wrong_kind(&place, "an object");
            return None;
        };
        for (i, (key, _)) in entries.iter().enumerate() {
            if !keys.contains(&key.as_str()) {
                let problem = format!("is not known here; known are {}", keys.join(", "));
                self.wrong(member(&place.path, key), problem);
            } else if entries[..i].iter().any(|(other, _)| other == key) {
                self.wrong(member(&place.path, key), "appears more than once");
            }
        }
        let path = place.path;
        Some(Object { path, entries })
    }

    pub(crate) fn wrong_kind(&mut self, place: &Place<'_>, expected: &str) {
        let problem = format!("is {}, not {expected}", place.json.kind());
        self.wrong(&place.path, problem);
    }
}
