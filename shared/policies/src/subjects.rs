//! The rules by subject: each is written once, and applies to every command that the catalogue names for it.

use std::{collections::BTreeSet, sync::Arc};

use domain::{GroupId, Role, message::Kind};
use protocol::{Codes, Command};

use crate::{
    contacts::ContactRule,
    document::{Member, USER, asking},
    domains::{Domains, Which},
    fold::fold,
    hours::Hours,
    json::Json,
    reader::{DefaultRefusal, Object, Place, Reader},
    rules::{Rule, Who},
};

const MAX_HOURS: usize = 20;
const MAX_SHOWN_CHARS: usize = 200;

const SENDERS: DefaultRefusal = (8, "you may not send messages");
const RECIPIENTS: DefaultRefusal = (9, "this user takes no messages");
const GROUPS: DefaultRefusal = (10, "nobody may write in this group now");
const HOURS: DefaultRefusal = (11, "nobody may write at this hour");
const CONTENT_TYPES: DefaultRefusal = (12, "messages of this kind are not allowed");
const LINKS: DefaultRefusal = (13, "the message has a link that is not allowed");
const NOT_WHEN_BLOCKED: DefaultRefusal = (14, "this user does not take your messages");
const FRIENDS_ONLY: DefaultRefusal = (15, "only friends can write to this user");
const LIMIT: DefaultRefusal = (16, "too many messages, try again later");
const CREATORS: DefaultRefusal = (17, "you may not create groups");
const MAX_MEMBERS: DefaultRefusal = (18, "too many members at once");
const INVITED_USERS: DefaultRefusal = (19, "this user cannot be invited");
const INVITED_GROUPS: DefaultRefusal = (20, "nobody can be invited into this group");
const JOINING_USERS: DefaultRefusal = (21, "this user may not join groups");
const JOINED_GROUPS: DefaultRefusal = (22, "nobody can join this group");
const REGISTRATION: DefaultRefusal = (23, "registration is closed");
const RESERVED: DefaultRefusal = (24, "this name is reserved");
const AVATARS: DefaultRefusal = (25, "pictures from this address are not allowed");
const QUIET_HOURS: DefaultRefusal = (26, "nothing is pushed at this hour");

/// All paths. The catalogue says which commands each applies to.
pub(crate) const PATHS: &[&str] = &[
    "messages.bots",
    "messages.senders",
    "messages.recipients",
    "messages.groups",
    "messages.hours",
    "messages.contentTypes",
    "messages.text",
    "messages.links",
    "messages.notWhenBlocked",
    "messages.friendsOnly",
    "messages.limit",
    "groups.creators",
    "groups.names",
    "groups.notices",
    "groups.maxMembers",
    "groups.invitations.users",
    "groups.invitations.groups",
    "groups.joins.users",
    "groups.joins.groups",
    "users.registration",
    "users.nicknames",
    "users.reservedNames",
    "users.avatars",
    "push.quietHours",
    "push.hideContent",
];

/// What a rule cannot do, or needs besides its switches.
pub(crate) const NOTES: &[(&str, &str)] = &[
    (
        "messages.bots",
        "The account's own messages are meant, not those to it; events of messages need the callbacks after a message.",
    ),
    (
        "messages.text",
        "Only plain text is changed; in OpenIM only beforeMsgModify can change a message: with that switch off, a message that should be changed passes as it is.",
    ),
    (
        "messages.contentTypes",
        "Each element of a message of Tencent Chat counts, unless the list names several.",
    ),
    ("messages.groups", "Only messages in groups are judged."),
    (
        "messages.notWhenBlocked",
        "Blocks are known from OpenIM's beforeAddBlack and afterRemoveBlack, and from Tencent Chat's Sns.CallbackBlackListAdd and Sns.CallbackBlackListDelete.",
    ),
    (
        "messages.friendsOnly",
        "Friends are known from OpenIM's afterAddFriendAgree, afterImportFriends, afterSetFriendRemark and afterDeleteFriend, and from Tencent Chat's Sns.CallbackFriendAdd and Sns.CallbackFriendDelete.",
    ),
    (
        "groups.creators",
        "The owner of the new group is judged, whoever sends the request.",
    ),
    (
        "groups.maxMembers",
        "It counts the users in one request, not those who are in the group; for Tencent Chat it judges only new groups.",
    ),
    (
        "groups.invitations.users",
        "OpenIM does not say who invites, so no rule can judge that user.",
    ),
    (
        "push.quietHours",
        "Connected devices get their messages all the same.",
    ),
    (
        "push.hideContent",
        "Connected devices get the message itself; this changes only what Apple, Google and others show.",
    ),
];

/// The commands that the rule at a path applies to.
pub(crate) fn commands_of(path: &str) -> impl Iterator<Item = &'static Command> {
    asking().filter(move |command| {
        let rules = command.rules();
        rules.is_some_and(|rules| rules.by_subject.contains(&path))
    })
}

/// The codes of these commands, each once.
pub(crate) fn codes_of(path: &str) -> BTreeSet<Codes> {
    commands_of(path).map(Command::codes).collect()
}

/// The subjects, which are keys of the document.
pub(crate) fn subjects() -> impl Iterator<Item = &'static str> {
    below("").into_iter()
}

/// The next keys of all paths below this one.
fn below(path: &str) -> Vec<&'static str> {
    let mut keys = Vec::new();
    for known in PATHS {
        let rest = match path {
            "" => Some(*known),
            _ => known.strip_prefix(path).and_then(|it| it.strip_prefix('.')),
        };
        let key = rest.map(|rest| rest.split_once('.').map_or(rest, |(key, _)| key));
        if let Some(key) = key
            && !keys.contains(&key)
        {
            keys.push(key);
        }
    }
    keys
}

impl Reader<'_> {
    /// The rules by subject, with their paths.
    pub(crate) fn subjects(&mut self, document: &Object<'_>) -> Vec<(&'static str, Arc<Rule>)> {
        let mut rules = Vec::new();
        for subject in subjects() {
            if let Some(place) = document.get(subject) {
                self.subject(subject, place, &mut rules);
            }
        }
        rules
    }

    fn subject(
        &mut self,
        path: &str,
        place: Place<'_>,
        rules: &mut Vec<(&'static str, Arc<Rule>)>,
    ) {
        if let Some(path) = PATHS.iter().find(|known| **known == path) {
            if let Some(rule) = self.by_subject(path, place) {
                rules.push((path, Arc::new(rule)));
            }
            return;
        }
        let keys = below(path);
        let Some(object) = self.object(place, &keys) else {
            return;
        };
        for key in keys {
            if let Some(place) = object.get(key) {
                self.subject(&format!("{path}.{key}"), place, rules);
            }
        }
    }

    /// The rule at a path.
    fn by_subject(&mut self, path: &'static str, at: Place<'_>) -> Option<Rule> {
        let codes = &Vec::from_iter(codes_of(path))[..];
        let users = |who| move |users| Rule::Users(who, users);
        match path {
            "messages.bots" => {
                let bots = self.members(&at, USER);
                (!bots.is_empty()).then_some(Rule::Bots(bots))
            }
            "messages.senders" => self.users(at, codes, path, SENDERS).map(users(Who::Actor)),
            "messages.recipients" => self
                .users(at, codes, path, RECIPIENTS)
                .map(users(Who::Others)),
            "messages.groups" => self.groups(at, codes, path, GROUPS),
            "messages.hours" => {
                let places = self.at_most(&at, MAX_HOURS, "entries");
                let hours = places.into_iter().enumerate().filter_map(|(i, place)| {
                    self.hours(place, codes, format!("{path}[{i}]"), HOURS, &["groups"])
                });
                let hours: Vec<Hours> = hours.collect();
                (!hours.is_empty()).then_some(Rule::Hours(hours))
            }
            "messages.contentTypes" => self
                .listed(at, codes, path, CONTENT_TYPES, KIND)
                .map(Rule::Kinds),
            "messages.text" => self.texts(at, codes, path, &[Role::Message]),
            "messages.links" => self.domains(at, codes, path, LINKS, true).map(Rule::Links),
            "messages.notWhenBlocked" => self
                .contacts(at, codes, path, NOT_WHEN_BLOCKED, false)
                .map(Rule::NotWhenBlocked),
            "messages.friendsOnly" => self
                .contacts(at, codes, path, FRIENDS_ONLY, true)
                .map(Rule::FriendsOnly),
            "messages.limit" => self
                .limit(at, codes, path, "messages".to_owned(), LIMIT)
                .map(Rule::Limit),
            "groups.creators" => self.users(at, codes, path, CREATORS).map(users(Who::Actor)),
            "groups.names" => self.texts(at, codes, path, &[Role::Name]),
            "groups.notices" => self.texts(at, codes, path, &[Role::Notice, Role::Introduction]),
            "groups.maxMembers" => self
                .max_items(at, codes, path, MAX_MEMBERS)
                .map(Rule::MaxItems),
            "groups.invitations.users" => self
                .users(at, codes, path, INVITED_USERS)
                .map(users(Who::Others)),
            "groups.invitations.groups" => self.groups(at, codes, path, INVITED_GROUPS),
            "groups.joins.users" => self
                .users(at, codes, path, JOINING_USERS)
                .map(users(Who::Anybody)),
            "groups.joins.groups" => self.groups(at, codes, path, JOINED_GROUPS),
            "users.registration" => {
                let object = self.rule(at, codes, &["open"])?;
                self.need(&object, "open")?;
                let open = self.flag(&object, "open");
                let refusal = self.refusal(&object, codes, path.to_owned(), REGISTRATION);
                (!open).then_some(Rule::Closed(refusal))
            }
            "users.nicknames" => self.texts(at, codes, path, &[Role::Name, Role::NewName]),
            "users.reservedNames" => {
                let object = self.rule(at, codes, &["names"])?;
                let names = self.need(&object, "names")?;
                let names = self.members(&names, NAME);
                let refusal = self.refusal(&object, codes, path.to_owned(), RESERVED);
                Some(Rule::Reserved(names, refusal))
            }
            "users.avatars" => self
                .domains(at, codes, path, AVATARS, false)
                .map(Rule::Pictures),
            "push.quietHours" => {
                let hours = self.hours(at, codes, path.to_owned(), QUIET_HOURS, &[])?;
                Some(Rule::Hours(vec![hours]))
            }
            _ => {
                debug_assert_eq!(path, "push.hideContent");
                self.hide(at)
            }
        }
    }

    fn texts(
        &mut self,
        at: Place<'_>,
        codes: &[Codes],
        path: &str,
        roles: &[Role],
    ) -> Option<Rule> {
        let rules = self.text_rules(at, codes, path, true)?;
        Some(Rule::Texts(roles.to_vec(), rules))
    }

    fn groups(
        &mut self,
        at: Place<'_>,
        codes: &[Codes],
        path: &str,
        default: DefaultRefusal,
    ) -> Option<Rule> {
        self.listed(at, codes, path, default, GROUP)
            .map(Rule::Groups)
    }

    fn contacts(
        &mut self,
        at: Place<'_>,
        codes: &[Codes],
        path: &str,
        default: DefaultRefusal,
        has_records: bool,
    ) -> Option<ContactRule> {
        let keys = ["whenUnknown", "withoutRecord"];
        let object = self.rule(at, codes, &keys[..1 + usize::from(has_records)])?;
        Some(ContactRule {
            allow_when_unknown: self.allows(&object, "whenUnknown", true),
            allow_without_record: has_records && self.allows(&object, "withoutRecord", false),
            refusal: self.refusal(&object, codes, path.to_owned(), default),
        })
    }

    fn domains(
        &mut self,
        at: Place<'_>,
        codes: &[Codes],
        path: &str,
        default: DefaultRefusal,
        can_be_none: bool,
    ) -> Option<Domains> {
        let keys = ["deny", "allow", "none"];
        let keys = &keys[..2 + usize::from(can_be_none)];
        let object = self.rule(at, codes, keys)?;
        let given: Vec<(&str, Place<'_>)> = keys
            .iter()
            .filter_map(|key| Some((*key, object.get(key)?)))
            .collect();
        let [(key, place)] = &given[..] else {
            let problem = format!("needs exactly one of {}", keys.join(", "));
            self.wrong(&object.path, problem);
            return None;
        };
        let which = match *key {
            "none" => {
                if !matches!(place.json, Json::Bool(true)) {
                    self.wrong(&place.path, "is not true");
                }
                Which::None
            }
            key => {
                let domains = self.members(place, DOMAIN);
                if key == "deny" {
                    Which::Deny(domains)
                } else {
                    if matches!(place.json, Json::Array(items) if items.is_empty()) {
                        self.wrong(&place.path, "is empty, which refuses everything");
                    }
                    Which::Allow(domains)
                }
            }
        };
        Some(Domains {
            which,
            refusal: self.refusal(&object, codes, path.to_owned(), default),
        })
    }

    fn hours(
        &mut self,
        at: Place<'_>,
        codes: &[Codes],
        rule: String,
        default: DefaultRefusal,
        more: &[&str],
    ) -> Option<Hours> {
        let keys = [&["from", "to", "utcOffset"], more].concat();
        let object = self.rule(at, codes, &keys)?;
        let mut time = |key, read: fn(&str) -> Option<i64>, example| {
            let place = self.need(&object, key)?;
            let text = self.string(&place)?;
            let time = read(text);
            if time.is_none() {
                self.wrong(place.path, format!("is not a time like {example}"));
            }
            time
        };
        let from = time("from", clock, "22:00");
        let to = time("to", clock, "07:30");
        let offset = time("utcOffset", offset, "+08:00");
        if from.is_some() && from == to {
            self.wrong(&object.path, "begins and ends at the same time");
        }
        let groups = object.get("groups").filter(|_| keys.contains(&"groups"));
        let groups = groups.map(|place| self.members(&place, GROUP));
        let refusal = self.refusal(&object, codes, rule, default);
        Some(Hours {
            from: from?,
            to: to?,
            offset: offset?,
            groups,
            refusal,
        })
    }

    fn hide(&mut self, at: Place<'_>) -> Option<Rule> {
        let object = self.object(at, &["title", "text"])?;
        let [title, text] = ["title", "text"].map(|key| {
            let place = self.need(&object, key)?;
            let text = self.text(&place)?;
            if text.chars().count() > MAX_SHOWN_CHARS {
                let problem = format!("is longer than {MAX_SHOWN_CHARS} characters");
                self.wrong(place.path, problem);
            }
            Some(text.to_owned())
        });
        Some(Rule::Hide(title?, text?))
    }

    /// A setting that says `allow` or `refuse`.
    pub(crate) fn allows(&mut self, rule: &Object<'_>, key: &str, default: bool) -> bool {
        let Some(place) = rule.get(key) else {
            return default;
        };
        match place.json {
            Json::String(word) if word == "allow" => true,
            Json::String(word) if word == "refuse" => false,
            _ => {
                self.wrong(place.path, "is neither \"allow\" nor \"refuse\"");
                default
            }
        }
    }
}

const GROUP: Member = Member {
    what: "group",
    kind: "a group id, which is a text",
    read: |id| match GroupId::new(id) {
        Ok(id) => Ok(id.to_string()),
        Err(error) => Err(error.to_string()),
    },
};

const KIND: Member = Member {
    what: "kind",
    kind: "a text",
    read: |word| {
        if Kind::ALL.iter().any(|kind| kind.word() == word) {
            return Ok(word.to_owned());
        }
        let words: Vec<&str> = Kind::ALL.iter().map(|kind| kind.word()).collect();
        let words = words.join(", ");
        Err(format!("is not a kind of content; known are {words}"))
    },
};

/// A name that nobody may have.
const NAME: Member = Member {
    what: "name",
    kind: "a text",
    read: |name| match fold(name).trim() {
        "" => Err("is empty".to_owned()),
        name => Ok(name.to_owned()),
    },
};

const DOMAIN: Member = Member {
    what: "domain",
    kind: "a text",
    read: |name| {
        let is_part = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
        let mut parts = name.split('.');
        match parts.all(|part| !part.is_empty() && part.chars().all(is_part)) {
            true => Ok(fold(name)),
            false => Err("is not the name of a domain, such as example.com".to_owned()),
        }
    },
};

/// The minute of a day.
fn clock(text: &str) -> Option<i64> {
    let (hours, minutes) = text.split_once(':')?;
    let number = |text: &str, below: i64| {
        let is_number = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        let number = text.parse::<i64>().ok().filter(|_| is_number);
        number.filter(|number| *number < below)
    };
    Some(number(hours, 24)? * 60 + number(minutes, 60)?)
}

/// How many minutes a clock is ahead of UTC, at most 14 hours.
fn offset(text: &str) -> Option<i64> {
    let sign = match text.chars().next()? {
        '+' => 1,
        '-' => -1,
        _ => return None,
    };
    let minutes = clock(&text[1..]).filter(|minutes| *minutes <= 14 * 60)?;
    Some(sign * minutes)
}
