use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    ops::RangeInclusive,
};

use domain::{Source, UserId};
use protocol::{Command, Text, catalogue};
use regex_lite::{Regex, RegexBuilder};

use crate::{
    Mistake, Mistakes, Refusal, RequestLimit, Rules,
    codes::{codes, default_codes, has_detail},
    json::Json,
    rules::{MaxItems, UserRule},
    text::{Forbidden, MaxChars, TextRules},
};

const MAX_CHARS: i32 = 1000;
const MAX_PATTERNS: usize = 100;
/// The largest size of one compiled pattern.
const MAX_PATTERN_BYTES: usize = 32 * 1024;
/// What the patterns of one text may [cost](TextRules::cost). The slowest patterns that were found take about half a
/// nanosecond per unit, so a text takes at most about 10 ms of a whole CPU.
const MAX_COST: usize = 20_000_000;
const MAX_REPLACEMENT_CHARS: usize = 100;
/// OpenIM imports at most this many at once.
const MAX_ITEMS: i32 = 1000;
const MAX_REQUESTS: i32 = 1_000_000;
/// 31 days.
const MAX_WINDOW_SECONDS: i32 = 31 * 24 * 60 * 60;

const CANNOT_AMEND: &str =
    "the answer to this command cannot change the text; without this, the text is refused";

/// The code and the message of a refusal if the document does not set them. The code is counted from the server's
/// [first](crate::codes::default_codes).
type DefaultRefusal = (i32, &'static str);
const ACTING_USER: DefaultRefusal = (1, "you may not do this");
const OTHER_USER: DefaultRefusal = (2, "this cannot be done with this user");
const REQUEST_LIMIT: DefaultRefusal = (3, "too many friend requests, try again later");
const TOO_LONG: DefaultRefusal = (4, "the text is too long");
const FORBIDDEN: DefaultRefusal = (5, "the text contains something that is not allowed");
const TOO_MANY: DefaultRefusal = (6, "too many friends at once");

/// A whole document. The default is an empty document, which allows everything.
#[derive(Debug, Default)]
pub struct Policies {
    /// Only the commands with at least one rule.
    rules: BTreeMap<&'static str, Rules>,
    none: Rules,
}

impl Policies {
    /// Reads a document.
    ///
    /// # Errors
    ///
    /// Lists everything that is wrong in it. If it is not JSON, names only the first place.
    pub fn from_json(text: &str) -> Result<Self, Mistakes> {
        let json: Json = serde_json::from_str(text).map_err(|error| {
            Mistakes(vec![Mistake {
                path: "$".to_owned(),
                problem: format!("this is not JSON: {error}"),
            }])
        })?;
        let mut reader = Reader::default();
        let rules = reader.document(&json);
        if reader.mistakes.is_empty() {
            let none = Rules::default();
            Ok(Self { rules, none })
        } else {
            Err(Mistakes(reader.mistakes))
        }
    }

    /// The rules of a command, named as on the wire. A command without rules gets empty rules, which allow everything.
    #[must_use]
    pub fn rules(&self, command: &str) -> &Rules {
        self.rules.get(command).unwrap_or(&self.none)
    }

    /// The commands that have at least one rule, and their rules.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &Rules)> {
        self.rules.iter().map(|(command, rules)| (*command, rules))
    }

    /// The commands with rules that the server can bypass, each with a sentence that names the route. If that route asks
    /// with another command, and that command has the same rules, it is not a bypass.
    pub fn bypasses(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        asking().filter_map(|command| {
            let bypass = command.rules()?.bypass?;
            let rules = self.rules.get(command.name)?;
            let same = |other: &str| {
                let other = self.rules(other);
                let has = |rule: &str| other.refusals().any(|refusal| refusal.rule == rule);
                rules.refusals().all(|refusal| has(&refusal.rule))
            };
            let closed = bypass.asks_with.is_some_and(same);
            (!closed).then_some((command.name, bypass.sentence))
        })
    }
}

/// Reads a document and collects its mistakes. It reads a wrong value as any valid one, because a document with mistakes
/// is refused in the end.
#[derive(Default)]
struct Reader {
    mistakes: Vec<Mistake>,
}

/// A value and its place.
struct Place<'a> {
    path: String,
    json: &'a Json,
}

struct Object<'a> {
    path: String,
    entries: &'a [(String, Json)],
}

impl<'a> Object<'a> {
    fn get(&self, key: &str) -> Option<Place<'a>> {
        let (_, json) = self.entries.iter().find(|(name, _)| name == key)?;
        Some(Place {
            path: member(&self.path, key),
            json,
        })
    }
}

/// The path of a member. Long keys are cut, because they can be any text.
fn member(path: &str, key: &str) -> String {
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

impl Reader {
    fn wrong(&mut self, path: impl Into<String>, problem: impl fmt::Display) {
        self.mistakes.push(Mistake {
            path: path.into(),
            problem: problem.to_string(),
        });
    }

    fn document(&mut self, json: &Json) -> BTreeMap<&'static str, Rules> {
        let place = Place {
            path: "$".to_owned(),
            json,
        };
        let keys: Vec<&str> = ["$schema"].into_iter().chain(commands()).collect();
        let Some(document) = self.object(place, &keys) else {
            return BTreeMap::new();
        };
        if let Some(schema) = document.get("$schema") {
            self.text(&schema);
        }
        let mut read = BTreeMap::new();
        for command in asking() {
            let place = document.get(command.name);
            let rules = place.and_then(|place| self.rules(place, command));
            if let Some(rules) = rules.filter(|rules| rules.refusals().next().is_some()) {
                read.insert(command.name, rules);
            }
        }
        read
    }

    fn rules(&mut self, place: Place<'_>, command: &Command) -> Option<Rules> {
        let known = command.rules()?;
        let mut keys = Vec::new();
        keys.extend(known.acting_user.then_some("actingUser"));
        keys.extend(known.other_user.then_some("otherUser"));
        keys.extend(known.is_request.then_some("requestLimit"));
        keys.extend(known.list);
        keys.extend(known.message.map(|field| field.key));
        keys.extend(known.name.map(|field| field.key));
        let object = self.object(place, &keys)?;
        let source = command.source;
        let acting_user = object.get("actingUser").filter(|_| known.acting_user);
        let other_user = object.get("otherUser").filter(|_| known.other_user);
        let list = known.list.and_then(|key| Some((key, object.get(key)?)));
        let request_limit = object.get("requestLimit").filter(|_| known.is_request);
        Some(Rules {
            acting_user: acting_user
                .and_then(|at| self.users(at, source, "actingUser", ACTING_USER)),
            max_items: list.and_then(|(key, at)| self.list(at, source, key)),
            other_user: other_user.and_then(|at| self.users(at, source, "otherUser", OTHER_USER)),
            message: self.text_rules(&object, source, known.message.as_ref()),
            name: self.text_rules(&object, source, known.name.as_ref()),
            request_limit: request_limit.and_then(|at| self.request_limit(at, command)),
        })
    }

    fn users(
        &mut self,
        place: Place<'_>,
        source: Source,
        rule: &str,
        default: DefaultRefusal,
    ) -> Option<UserRule> {
        let object = self.rule(place, source, &["deny", "allow"])?;
        let [deny, allow] = ["deny", "allow"].map(|key| object.get(key));
        match (&deny, &allow) {
            (Some(_), Some(_)) => self.wrong(
                &object.path,
                "has both deny and allow, but allow alone refuses everybody who is not named",
            ),
            (None, None) => self.wrong(&object.path, "lacks deny or allow"),
            _ => {}
        }
        let allows = allow.is_some();
        let denied = deny.map(|at| self.user_list(&at)).unwrap_or_default();
        let allowed = allow.map(|at| {
            let users = self.user_list(&at);
            if matches!(at.json, Json::Array(items) if items.is_empty()) {
                self.wrong(at.path, "is empty, which refuses everybody");
            }
            users
        });
        Some(UserRule {
            allows,
            users: allowed.unwrap_or(denied),
            refusal: self.refusal(&object, source, rule.to_owned(), default),
        })
    }

    fn user_list(&mut self, list: &Place<'_>) -> BTreeSet<UserId> {
        let mut users = BTreeMap::new();
        for (i, place) in self.items(list).into_iter().enumerate() {
            let Json::String(id) = place.json else {
                self.wrong_kind(&place, "a user id, which is a text");
                continue;
            };
            match UserId::new(id.as_str()) {
                Ok(user) => {
                    let first = *users.entry(user).or_insert(i);
                    if first != i {
                        self.wrong(place.path, format!("is the same user as [{first}]"));
                    }
                }
                Err(error) => self.wrong(place.path, error),
            }
        }
        users.into_keys().collect()
    }

    fn list(&mut self, place: Place<'_>, source: Source, key: &str) -> Option<MaxItems> {
        let object = self.object(place, &["maxItems"])?;
        let object = self.rule(object.get("maxItems")?, source, &["limit", "cut"])?;
        Some(MaxItems {
            limit: self.natural(&object, "limit", MAX_ITEMS) as usize,
            cut: self.flag(&object, "cut"),
            refusal: self.refusal(&object, source, format!("{key}.maxItems"), TOO_MANY),
        })
    }

    fn request_limit(&mut self, place: Place<'_>, command: &Command) -> Option<RequestLimit> {
        let source = command.source;
        let object = self.rule(place, source, &["limit", "windowSeconds", "whenUnknown"])?;
        let limit = self.natural(&object, "limit", MAX_REQUESTS);
        let window_seconds = self.natural(&object, "windowSeconds", MAX_WINDOW_SECONDS);
        if let Some(place) = object.get("whenUnknown")
            && !matches!(place.json, Json::String(word) if word == "allow" || word == "refuse")
        {
            self.wrong(place.path, "is neither \"allow\" nor \"refuse\"");
        }
        Some(RequestLimit {
            command: command.name,
            limit,
            window_seconds,
            allow_when_unknown: !matches!(
                object.get("whenUnknown"),
                Some(Place { json: Json::String(word), .. }) if word == "refuse"
            ),
            refusal: self.refusal(&object, source, "requestLimit".to_owned(), REQUEST_LIMIT),
        })
    }

    fn text_rules(
        &mut self,
        rules: &Object<'_>,
        source: Source,
        field: Option<&Text>,
    ) -> TextRules {
        let place = field.and_then(|field| Some((field, rules.get(field.key)?)));
        let object = place.and_then(|(field, place)| {
            let object = self.object(place, &["maxChars", "forbidden"])?;
            Some((field, object))
        });
        let Some((field, object)) = object else {
            return TextRules::default();
        };
        let max_chars = object.get("maxChars");
        let bounded = max_chars.is_some();
        let max_chars = max_chars.and_then(|place| self.max_chars(place, source, field));
        let Some(list) = object.get("forbidden") else {
            let forbidden = Vec::new();
            return TextRules {
                max_chars,
                forbidden,
            };
        };
        if !bounded {
            self.wrong(
                &object.path,
                "lacks maxChars, which forbidden needs: patterns read texts of a bounded length only",
            );
        }
        let mut places = self.items(&list);
        let list_path = list.path.clone();
        if places.len() > MAX_PATTERNS {
            self.wrong(list.path, format!("has more than {MAX_PATTERNS} patterns"));
            places.truncate(MAX_PATTERNS);
        }
        let mut forbidden: Vec<(String, Forbidden)> = Vec::new();
        for (i, place) in places.into_iter().enumerate() {
            let path = place.path.clone();
            let rule = format!("{}.forbidden[{i}]", field.key);
            if let Some(read) = self.forbidden(place, source, field, rule) {
                forbidden.push((path, read));
            }
        }
        self.compare(&forbidden);
        let forbidden = forbidden.into_iter().map(|(_, read)| read).collect();
        let rules = TextRules {
            max_chars,
            forbidden,
        };
        if rules.cost() > MAX_COST {
            let percent = rules.cost().div_ceil(MAX_COST / 100);
            let problem = format!(
                "can take too long for one text, {percent} % of what is allowed: \
                 lower maxChars, or have fewer or smaller patterns or replace less"
            );
            self.wrong(list_path, problem);
        }
        rules
    }

    fn max_chars(&mut self, place: Place<'_>, source: Source, field: &Text) -> Option<MaxChars> {
        let object = self.rule(place, source, &["limit", "cut"])?;
        let cut = self.flag(&object, "cut");
        if cut && !field.can_amend {
            self.wrong(member(&object.path, "cut"), CANNOT_AMEND);
        }
        Some(MaxChars {
            limit: self.natural(&object, "limit", MAX_CHARS) as usize,
            cut,
            refusal: self.refusal(&object, source, format!("{}.maxChars", field.key), TOO_LONG),
        })
    }

    fn forbidden(
        &mut self,
        place: Place<'_>,
        source: Source,
        field: &Text,
        rule: String,
    ) -> Option<Forbidden> {
        let object = self.rule(place, source, &["pattern", "replaceWith"])?;
        let pattern = self.need(&object, "pattern");
        let pattern = pattern.and_then(|place| self.pattern(&place));
        let replace_with = object.get("replaceWith").and_then(|place| {
            if !field.can_amend {
                self.wrong(place.path, CANNOT_AMEND);
                return None;
            }
            let text = self.string(&place)?;
            if text.chars().count() > MAX_REPLACEMENT_CHARS {
                let problem = format!("is longer than {MAX_REPLACEMENT_CHARS} characters");
                self.wrong(place.path, problem);
            }
            Some(text.to_owned())
        });
        let refusal = self.refusal(&object, source, rule, FORBIDDEN);
        let (pattern, bytes) = pattern?;
        // An empty replacement means "remove". It is not checked here, because a text is refused if nothing is left of it.
        if let Some(text) = &replace_with
            && !text.is_empty()
            && pattern.is_match(text)
        {
            let path = member(&object.path, "replaceWith");
            self.wrong(path, "is matched by its own pattern");
        }
        Some(Forbidden {
            pattern,
            bytes,
            replace_with,
            refusal,
        })
    }

    /// A compiled pattern and its size.
    fn pattern(&mut self, place: &Place<'_>) -> Option<(Regex, usize)> {
        let text = self.string(place)?;
        let within = |bytes| RegexBuilder::new(text).size_limit(bytes).build();
        let pattern = match within(MAX_PATTERN_BYTES) {
            Ok(pattern) => pattern,
            Err(error) => {
                self.wrong(&place.path, format!("is not a pattern: {error}"));
                return None;
            }
        };
        // `a*`, `$` and `(a|)` match every text, so they are surely a mistake. `^$` is not: it matches only an empty text.
        let anything = pattern.find("\u{10FFFF}");
        if anything.is_some_and(|found| found.is_empty()) {
            self.wrong(&place.path, "matches the empty text in every text");
        }
        // regex-lite does not report the size of a pattern. This finds it, or up to an eighth more.
        let mut bytes = 128;
        while bytes < MAX_PATTERN_BYTES && within(bytes).is_err() {
            bytes += bytes / 8;
        }
        Some((pattern, bytes))
    }

    /// Finds equal patterns.
    fn compare(&mut self, forbidden: &[(String, Forbidden)]) {
        for (i, (path, rule)) in forbidden.iter().enumerate() {
            let mut before = forbidden[..i].iter();
            let same = before.find(|(_, other)| other.pattern.as_str() == rule.pattern.as_str());
            if let Some((first, _)) = same {
                let problem = format!("is the same as {first}.pattern");
                self.wrong(member(path, "pattern"), problem);
            }
        }
    }

    /// The refusal of a rule. If the document does not set the code or a text, the default is used.
    fn refusal(
        &mut self,
        rule: &Object<'_>,
        source: Source,
        name: String,
        default: DefaultRefusal,
    ) -> Refusal {
        let (number, message) = default;
        let code = match rule.get("code") {
            Some(place) => self.integer(&place, codes(source)),
            None => default_codes(source) + number,
        };
        let mut text = |key| {
            let place = rule.get(key)?;
            self.text(&place).map(str::to_owned)
        };
        Refusal {
            rule: name,
            code,
            message: text("message").unwrap_or_else(|| message.to_owned()),
            detail: text("detail").unwrap_or_default(),
        }
    }

    /// A number that the rule needs, from 1 to `most`.
    fn natural(&mut self, rule: &Object<'_>, key: &str, most: i32) -> u32 {
        let number = self
            .need(rule, key)
            .map(|place| self.integer(&place, 1..=most));
        number.map_or(1, i32::unsigned_abs)
    }

    fn integer(&mut self, place: &Place<'_>, range: RangeInclusive<i32>) -> i32 {
        if let Json::Integer(number) = place.json
            && let Ok(number) = i32::try_from(*number)
            && range.contains(&number)
        {
            return number;
        }
        let (least, most) = range.into_inner();
        let problem = format!("is not a whole number from {least} to {most}");
        self.wrong(&place.path, problem);
        least
    }

    /// True or false; false if it is missing.
    fn flag(&mut self, rule: &Object<'_>, key: &str) -> bool {
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
    fn text<'a>(&mut self, place: &Place<'a>) -> Option<&'a str> {
        let text = self.string(place)?;
        if text.trim().is_empty() {
            self.wrong(&place.path, "is empty");
        }
        Some(text)
    }

    fn string<'a>(&mut self, place: &Place<'a>) -> Option<&'a str> {
        if let Json::String(text) = place.json {
            return Some(text);
        }
        self.wrong_kind(place, "a text");
        None
    }

    fn items<'a>(&mut self, list: &Place<'a>) -> Vec<Place<'a>> {
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

    fn need<'a>(&mut self, object: &Object<'a>, key: &str) -> Option<Place<'a>> {
        let place = object.get(key);
        if place.is_none() {
            self.wrong(&object.path, format!("lacks {key}"));
        }
        place
    }

    /// An object that can have these keys and those of a refusal.
    fn rule<'a>(&mut self, place: Place<'a>, source: Source, keys: &[&str]) -> Option<Object<'a>> {
        let detail = has_detail(source).then_some("detail");
        let refusal = ["code", "message"].into_iter().chain(detail);
        let keys: Vec<&str> = keys.iter().copied().chain(refusal).collect();
        self.object(place, &keys)
    }

    /// An object that can have each of these keys at most once, and no other keys.
    fn object<'a>(&mut self, place: Place<'a>, keys: &[&str]) -> Option<Object<'a>> {
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

    fn wrong_kind(&mut self, place: &Place<'_>, expected: &str) {
        let problem = format!("is {}, not {expected}", place.json.kind());
        self.wrong(&place.path, problem);
    }
}

/// The commands that a document can have rules for.
fn asking() -> impl Iterator<Item = &'static Command> {
    catalogue().filter(|command| command.rules().is_some())
}

/// The names of the commands that a document can have rules for, as on the wire.
pub fn commands() -> impl Iterator<Item = &'static str> {
    asking().map(|command| command.name)
}
