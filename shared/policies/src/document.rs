use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use domain::UserId;
use protocol::{Codes, Command, catalogue};
use regex_lite::{Regex, RegexBuilder};

use crate::{
    Limit, Mistake, Mistakes, Refusal, Rules,
    json::Json,
    reader::{DefaultRefusal, Object, Place, Reader, member},
    rules::{Listed, MaxItems, Rule, Who},
    subjects,
    text::{Forbidden, MaxChars, TextRules},
    words::WordList,
};

const MAX_CHARS: i32 = 20_000;
const MAX_PATTERNS: usize = 100;
/// The largest size of one compiled pattern.
const MAX_PATTERN_BYTES: usize = 32 * 1024;
/// What the patterns of one text may [cost](TextRules::cost). The slowest patterns that were found take about half a
/// nanosecond per unit, so a text takes at most about 10 ms of a whole CPU.
const MAX_COST: usize = 20_000_000;
const MAX_REPLACEMENT_CHARS: usize = 100;
const MAX_WORD_LISTS: usize = 10;
/// In one list.
const MAX_WORDS: usize = 50_000;
const MAX_WORD_CHARS: usize = 100;
/// More than a body of the largest size can name.
const MAX_ITEMS: i32 = 100_000;
const MAX_TIMES: i32 = 1_000_000;
/// 31 days.
const MAX_WINDOW_SECONDS: i32 = 31 * 24 * 60 * 60;

const CANNOT_AMEND: &str =
    "the answer to this command cannot change the text; without this, the text is refused";

const ACTING_USER: DefaultRefusal = (1, "you may not do this");
const OTHER_USER: DefaultRefusal = (2, "this cannot be done with this user");
const REQUEST_LIMIT: DefaultRefusal = (3, "too many friend requests, try again later");
const TOO_LONG: DefaultRefusal = (4, "the text is too long");
const FORBIDDEN: DefaultRefusal = (5, "the text contains something that is not allowed");
const TOO_MANY: DefaultRefusal = (6, "too many friends at once");
const WORD: DefaultRefusal = (7, "the text contains a word that is not allowed");

/// What a list of texts has.
#[derive(Clone, Copy)]
pub(crate) struct Member {
    /// The word for one of them.
    pub(crate) what: &'static str,
    /// What the value has to be.
    pub(crate) kind: &'static str,
    /// The text as it is compared.
    ///
    /// # Errors
    ///
    /// Says what is wrong with it.
    pub(crate) read: fn(&str) -> Result<String, String>,
}

/// A user's id.
pub(crate) const USER: Member = Member {
    what: "user",
    kind: "a user id, which is a text",
    read: |id| match UserId::new(id) {
        Ok(id) => Ok(id.to_string()),
        Err(error) => Err(error.to_string()),
    },
};

/// A whole document. The default is an empty document, which allows everything.
#[derive(Debug, Default)]
pub struct Policies {
    /// Only the commands with at least one rule.
    rules: BTreeMap<&'static str, Rules>,
    /// The rules by subject with their paths, in the order of the subjects.
    by_subject: Vec<(&'static str, Arc<Rule>)>,
    none: Rules,
}

/// A rule by subject in a document.
#[derive(Clone, Copy, Debug)]
pub struct BySubject<'a> {
    /// Its place, such as `messages.text`.
    pub path: &'static str,
    rule: &'a Rule,
}

impl<'a> BySubject<'a> {
    /// Its refusals.
    pub fn refusals(self) -> impl Iterator<Item = &'a Refusal> {
        self.rule.refusals().into_iter()
    }

    /// What it cannot do, or needs besides the switches of its commands.
    #[must_use]
    pub fn note(self) -> Option<&'static str> {
        // The note about messages is about changes.
        if matches!(self.rule, Rule::Texts(_, rules) if !rules.changes()) {
            return None;
        }
        let note = subjects::NOTES.iter().find(|(path, _)| *path == self.path);
        note.map(|(_, note)| *note)
    }

    /// The commands that it applies to.
    pub fn commands(self) -> impl Iterator<Item = &'static Command> {
        subjects::commands_of(self.path)
    }

    /// The kinds of codes that its refusals have: those of its commands.
    #[must_use]
    pub fn codes(self) -> BTreeSet<Codes> {
        subjects::codes_of(self.path)
    }
}

impl Policies {
    /// Reads a document that names no files.
    ///
    /// # Errors
    ///
    /// As [`with_files`](Self::with_files).
    pub fn from_json(text: &str) -> Result<Self, Mistakes> {
        Self::with_files(text, &|_| Err("no file is read here".to_owned()))
    }

    /// Reads a document. `file` gives the text of a file beside it, or says why it cannot be read.
    ///
    /// # Errors
    ///
    /// Lists everything that is wrong in it. If it is not JSON, names only the first place.
    pub fn with_files(
        text: &str,
        file: &dyn Fn(&str) -> Result<String, String>,
    ) -> Result<Self, Mistakes> {
        let json: Json = serde_json::from_str(text).map_err(|error| {
            Mistakes(vec![Mistake {
                path: "$".to_owned(),
                problem: format!("this is not JSON: {error}"),
            }])
        })?;
        let mistakes = Vec::new();
        let mut reader = Reader { mistakes, file };
        let policies = reader.document(&json);
        if reader.mistakes.is_empty() {
            Ok(policies)
        } else {
            Err(Mistakes(reader.mistakes))
        }
    }

    /// The rules of a command, named as on the wire. A command without rules gets empty rules, which allow everything.
    #[must_use]
    pub fn rules(&self, command: &str) -> &Rules {
        self.rules.get(command).unwrap_or(&self.none)
    }

    /// The commands that have at least one rule, and their rules: their own ones, and those by subject.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &Rules)> {
        self.rules.iter().map(|(command, rules)| (*command, rules))
    }

    /// The rules by subject, in the order in which the documentation lists them.
    pub fn by_subject(&self) -> impl Iterator<Item = BySubject<'_>> {
        let rules = self.by_subject.iter();
        rules.map(|(path, rule)| BySubject { path, rule })
    }

    /// Whether messages of this account are not passed on to the app, so that bots do not answer each other for ever.
    #[must_use]
    pub fn is_bot(&self, user: &UserId) -> bool {
        let mut rules = self.by_subject.iter();
        rules.any(|(_, rule)| matches!(&**rule, Rule::Bots(bots) if bots.contains(user.as_str())))
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

impl Reader<'_> {
    fn document(&mut self, json: &Json) -> Policies {
        let place = Place {
            path: "$".to_owned(),
            json,
        };
        let keys = ["$schema"].into_iter();
        let keys: Vec<&str> = keys.chain(subjects::subjects()).chain(commands()).collect();
        let Some(document) = self.object(place, &keys) else {
            return Policies::default();
        };
        if let Some(schema) = document.get("$schema") {
            self.text(&schema);
        }
        let by_subject = self.subjects(&document);
        let mut rules = BTreeMap::new();
        for command in asking() {
            let place = document.get(command.name);
            let own = place.and_then(|place| self.rules(place, command));
            let own = own.into_iter().flatten().map(Arc::new);
            let known = command.rules().into_iter().flat_map(|it| it.by_subject);
            let shared = known.filter_map(|path| {
                let mut rules = by_subject.iter();
                let (_, rule) = rules.find(|(of, _)| of == path)?;
                Some(rule.clone())
            });
            let all: Vec<Arc<Rule>> = own.chain(shared).collect();
            if !all.is_empty() {
                rules.insert(command.name, Rules { rules: all });
            }
        }
        Policies {
            rules,
            by_subject,
            none: Rules::default(),
        }
    }

    /// The rules of one command, in the order in which they are checked.
    fn rules(&mut self, place: Place<'_>, command: &Command) -> Option<Vec<Rule>> {
        let known = command.rules()?;
        let mut keys = Vec::new();
        keys.extend(known.acting_user.then_some("actingUser"));
        keys.extend(known.other_user.then_some("otherUser"));
        keys.extend(known.is_request.then_some("requestLimit"));
        keys.extend(known.list);
        keys.extend(known.texts.iter().map(|field| field.key));
        let object = self.object(place, &keys)?;
        let codes = &[command.codes()];
        let mut rules = Vec::new();
        if let Some(at) = object.get("actingUser").filter(|_| known.acting_user) {
            let users = self.users(at, codes, "actingUser", ACTING_USER);
            rules.extend(users.map(|users| Rule::Users(Who::Actor, users)));
        }
        if let Some((key, at)) = known.list.and_then(|key| Some((key, object.get(key)?))) {
            let list = self.list(at, codes, key);
            rules.extend(list.map(Rule::MaxItems));
        }
        if let Some(at) = object.get("otherUser").filter(|_| known.other_user) {
            let users = self.users(at, codes, "otherUser", OTHER_USER);
            rules.extend(users.map(|users| Rule::Users(Who::Others, users)));
        }
        for field in known.texts {
            if let Some(at) = object.get(field.key)
                && let Some(text) = self.text_rules(at, codes, field.key, field.can_amend)
            {
                rules.push(Rule::Texts(vec![field.role], text));
            }
        }
        if let Some(at) = object.get("requestLimit").filter(|_| known.is_request) {
            let counted = format!("requests#{}", command.name);
            let limit = self.limit(at, codes, "requestLimit", counted, REQUEST_LIMIT);
            rules.extend(limit.map(Rule::Limit));
        }
        Some(rules)
    }

    pub(crate) fn users(
        &mut self,
        place: Place<'_>,
        codes: &[Codes],
        rule: &str,
        default: DefaultRefusal,
    ) -> Option<Listed> {
        self.listed(place, codes, rule, default, USER)
    }

    /// A list of those who may, or who may not.
    pub(crate) fn listed(
        &mut self,
        place: Place<'_>,
        codes: &[Codes],
        rule: &str,
        default: DefaultRefusal,
        member: Member,
    ) -> Option<Listed> {
        let object = self.rule(place, codes, &["deny", "allow"])?;
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
        let denied = deny.map(|at| self.members(&at, member));
        let allowed = allow.map(|at| {
            let members = self.members(&at, member);
            if matches!(at.json, Json::Array(items) if items.is_empty()) {
                self.wrong(at.path, "is empty, which refuses everybody");
            }
            members
        });
        Some(Listed {
            allows,
            members: allowed.or(denied).unwrap_or_default(),
            refusal: self.refusal(&object, codes, rule.to_owned(), default),
        })
    }

    /// The members of a list of texts. Each may be there only once.
    pub(crate) fn members(&mut self, list: &Place<'_>, member: Member) -> BTreeSet<String> {
        let read = |json: &Json| match json {
            Json::String(text) => (member.read)(text),
            _ => Err(format!("is {}, not {}", json.kind(), member.kind)),
        };
        let items = self.items(list);
        let mut members = BTreeSet::new();
        for (i, place) in items.iter().enumerate() {
            match read(place.json) {
                Ok(text) if members.contains(&text) => {
                    let same = |other: &Place<'_>| read(other.json).as_ref() == Ok(&text);
                    let first = items[..i].iter().position(same).unwrap_or_default();
                    let problem = format!("is the same {} as [{first}]", member.what);
                    self.wrong(&place.path, problem);
                }
                Ok(text) => {
                    members.insert(text);
                }
                Err(problem) => self.wrong(&place.path, problem),
            }
        }
        members
    }

    fn list(&mut self, place: Place<'_>, codes: &[Codes], key: &str) -> Option<MaxItems> {
        let object = self.object(place, &["maxItems"])?;
        let object = self.rule(object.get("maxItems")?, codes, &["limit", "cut"])?;
        Some(MaxItems {
            limit: self.natural(&object, "limit", MAX_ITEMS) as usize,
            cut: self.flag(&object, "cut"),
            refusal: self.refusal(&object, codes, format!("{key}.maxItems"), TOO_MANY),
        })
    }

    /// A limit for the length of a list that cannot be cut.
    pub(crate) fn max_items(
        &mut self,
        place: Place<'_>,
        codes: &[Codes],
        rule: &str,
        default: DefaultRefusal,
    ) -> Option<MaxItems> {
        let object = self.rule(place, codes, &["limit"])?;
        Some(MaxItems {
            limit: self.natural(&object, "limit", MAX_ITEMS) as usize,
            cut: false,
            refusal: self.refusal(&object, codes, rule.to_owned(), default),
        })
    }

    pub(crate) fn limit(
        &mut self,
        place: Place<'_>,
        codes: &[Codes],
        rule: &str,
        counted: String,
        default: DefaultRefusal,
    ) -> Option<Limit> {
        let object = self.rule(place, codes, &["limit", "windowSeconds", "whenUnknown"])?;
        Some(Limit {
            counted,
            limit: self.natural(&object, "limit", MAX_TIMES),
            window_seconds: self.natural(&object, "windowSeconds", MAX_WINDOW_SECONDS),
            allow_when_unknown: self.allows(&object, "whenUnknown", true),
            refusal: self.refusal(&object, codes, rule.to_owned(), default),
        })
    }

    pub(crate) fn text_rules(
        &mut self,
        place: Place<'_>,
        codes: &[Codes],
        key: &str,
        can_amend: bool,
    ) -> Option<TextRules> {
        let object = self.object(place, &["maxChars", "words", "forbidden"])?;
        let max_chars = object.get("maxChars");
        let bounded = max_chars.is_some();
        let rules = TextRules {
            max_chars: max_chars.and_then(|place| self.max_chars(place, codes, key, can_amend)),
            words: match object.get("words") {
                Some(list) => self.word_lists(&list, codes, key, can_amend),
                None => Vec::new(),
            },
            forbidden: Vec::new(),
        };
        let Some(list) = object.get("forbidden") else {
            return (!rules.is_empty()).then_some(rules);
        };
        if !bounded {
            self.wrong(
                &object.path,
                "lacks maxChars, which forbidden needs: patterns read texts of a bounded length only",
            );
        }
        let places = self.at_most(&list, MAX_PATTERNS, "patterns");
        let mut forbidden: Vec<(String, Forbidden)> = Vec::new();
        for (i, place) in places.into_iter().enumerate() {
            let path = place.path.clone();
            let rule = format!("{key}.forbidden[{i}]");
            if let Some(read) = self.forbidden(place, codes, can_amend, rule) {
                forbidden.push((path, read));
            }
        }
        self.compare(&forbidden);
        let rules = TextRules {
            forbidden: forbidden.into_iter().map(|(_, read)| read).collect(),
            ..rules
        };
        if rules.cost() > MAX_COST {
            let percent = rules.cost().div_ceil(MAX_COST / 100);
            let problem = format!(
                "can take too long for one text, {percent} % of what is allowed: \
                 lower maxChars, or have fewer or smaller patterns or replace less"
            );
            self.wrong(list.path, problem);
        }
        (!rules.is_empty()).then_some(rules)
    }

    /// The items of a list, without those that are too many.
    pub(crate) fn at_most<'a>(
        &mut self,
        list: &Place<'a>,
        most: usize,
        what: &str,
    ) -> Vec<Place<'a>> {
        let mut places = self.items(list);
        if places.len() > most {
            self.wrong(&list.path, format!("has more than {most} {what}"));
            places.truncate(most);
        }
        places
    }

    fn max_chars(
        &mut self,
        place: Place<'_>,
        codes: &[Codes],
        key: &str,
        can_amend: bool,
    ) -> Option<MaxChars> {
        let object = self.rule(place, codes, &["limit", "cut"])?;
        let cut = self.flag(&object, "cut");
        if cut && !can_amend {
            self.wrong(member(&object.path, "cut"), CANNOT_AMEND);
        }
        Some(MaxChars {
            limit: self.natural(&object, "limit", MAX_CHARS) as usize,
            cut,
            refusal: self.refusal(&object, codes, format!("{key}.maxChars"), TOO_LONG),
        })
    }

    fn word_lists(
        &mut self,
        lists: &Place<'_>,
        codes: &[Codes],
        key: &str,
        can_amend: bool,
    ) -> Vec<WordList> {
        let places = self.at_most(lists, MAX_WORD_LISTS, "lists");
        let lists = places.into_iter().enumerate();
        lists
            .filter_map(|(i, place)| {
                self.words(place, codes, can_amend, format!("{key}.words[{i}]"))
            })
            .collect()
    }

    fn words(
        &mut self,
        place: Place<'_>,
        codes: &[Codes],
        can_amend: bool,
        rule: String,
    ) -> Option<WordList> {
        let object = self.rule(place, codes, &["list", "file", "wholeWords", "replaceWith"])?;
        let mistakes = self.mistakes.len();
        let mut words = Vec::new();
        let [list, file] = ["list", "file"].map(|key| object.get(key));
        if list.is_none() && file.is_none() {
            self.wrong(&object.path, "lacks list or file");
        }
        if let Some(list) = list {
            if matches!(list.json, Json::Array(items) if items.is_empty()) {
                self.wrong(&list.path, "is empty");
            }
            for place in self.items(&list) {
                if let Some(text) = self.string(&place) {
                    words.extend(self.word(text, || place.path.clone()));
                }
            }
        }
        if let Some(place) = file {
            for (i, line) in self.lines(&place).into_iter().enumerate() {
                if !line.trim().is_empty() {
                    let path = || format!("{}, line {}", place.path, i + 1);
                    words.extend(self.word(&line, path));
                }
            }
        }
        if words.is_empty() {
            if self.mistakes.len() == mistakes {
                self.wrong(&object.path, "has no words");
            }
            return None;
        }
        if words.len() > MAX_WORDS {
            self.wrong(&object.path, format!("has more than {MAX_WORDS} words"));
            return None;
        }
        let replacement = self.replacement(&object, can_amend);
        let whole_words = self.flag(&object, "wholeWords");
        let refusal = self.refusal(&object, codes, rule, WORD);
        let list = WordList::new(words, whole_words, replacement, refusal);
        if list
            .replace_with
            .as_ref()
            .is_some_and(|text| list.is_in(text))
        {
            let path = member(&object.path, "replaceWith");
            self.wrong(path, "contains one of its own words");
        }
        Some(list)
    }

    /// A word in folded form.
    fn word(&mut self, text: &str, path: impl Fn() -> String) -> Option<String> {
        let word = crate::fold::fold(text.trim());
        if word.is_empty() {
            self.wrong(path(), "is empty");
            return None;
        }
        if text.chars().count() > MAX_WORD_CHARS {
            self.wrong(
                path(),
                format!("is longer than {MAX_WORD_CHARS} characters"),
            );
            return None;
        }
        Some(word)
    }

    /// The lines of a file beside the document.
    fn lines(&mut self, place: &Place<'_>) -> Vec<String> {
        let Some(name) = self.string(place) else {
            return Vec::new();
        };
        // Make copies the files with such names next to the functions.
        let middle = name
            .strip_prefix("policies.")
            .and_then(|it| it.strip_suffix(".txt"));
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
        if !middle.is_some_and(|it| !it.is_empty() && it.chars().all(is_plain)) {
            let problem = "is not a name like policies.words.txt, with letters, digits, - and _";
            self.wrong(&place.path, problem);
            return Vec::new();
        }
        match (self.file)(name) {
            Ok(text) => {
                let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
                text.lines().map(str::to_owned).collect()
            }
            Err(error) => {
                self.wrong(&place.path, format!("cannot be read: {error}"));
                Vec::new()
            }
        }
    }

    /// What replaces a match, if anything.
    fn replacement(&mut self, rule: &Object<'_>, can_amend: bool) -> Option<String> {
        let place = rule.get("replaceWith")?;
        if !can_amend {
            self.wrong(place.path, CANNOT_AMEND);
            return None;
        }
        let text = self.string(&place)?;
        if text.chars().count() > MAX_REPLACEMENT_CHARS {
            let problem = format!("is longer than {MAX_REPLACEMENT_CHARS} characters");
            self.wrong(place.path, problem);
        }
        Some(text.to_owned())
    }

    fn forbidden(
        &mut self,
        place: Place<'_>,
        codes: &[Codes],
        can_amend: bool,
        rule: String,
    ) -> Option<Forbidden> {
        let object = self.rule(place, codes, &["pattern", "replaceWith"])?;
        let pattern = self.need(&object, "pattern");
        let pattern = pattern.and_then(|place| self.pattern(&place));
        let replace_with = self.replacement(&object, can_amend);
        let refusal = self.refusal(&object, codes, rule, FORBIDDEN);
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
}

/// The commands that a document can have rules for, of their own or by subject.
pub(crate) fn asking() -> impl Iterator<Item = &'static Command> {
    catalogue().filter(|command| command.rules().is_some())
}

/// The names of the commands that a document can have rules of their own for, as on the wire.
pub fn commands() -> impl Iterator<Item = &'static str> {
    let own = asking().filter(|command| command.rules().is_some_and(protocol::Rules::has_own));
    own.map(|command| command.name)
}
