//! Rules by subject: each gives the right answer for every command that it applies to.

use domain::{
    Change, Changeable, GroupId, Question, Role, Source, Timestamp, UserId, Words, message::Kind,
};
use policies::{Known, Outcome, Policies};
use protocol::Codes;
use serde_json::{Value, json};

const SINGLE: &str = "callbackBeforeSendSingleMsgCommand";
const GROUP: &str = "callbackBeforeSendGroupMsgCommand";
const MODIFY: &str = "callbackBeforeMsgModifyCommand";
const CREATE: &str = "callbackBeforeCreateGroupCommand";
const INVITE: &str = "callbackBeforeInviteJoinGroupCommand";
const APPLY: &str = "callbackBeforeJoinGroupCommand";
const JOIN: &str = "callbackBeforeMembersJoinGroupCommand";
const GROUP_INFO: &str = "callbackBeforeSetGroupInfoExCommand";
const MEMBER_INFO: &str = "callbackBeforeSetGroupMemberInfoCommand";
const OFFLINE: &str = "callbackBeforeOfflinePushCommand";
const REGISTER: &str = "callbackBeforeUserRegisterCommand";
const PROFILE: &str = "callbackBeforeUpdateUserInfoExCommand";

/// Ids that live as long as the tests.
fn user(id: &str) -> &'static UserId {
    Box::leak(Box::new(UserId::new(id).unwrap()))
}

fn group(id: &str) -> &'static GroupId {
    Box::leak(Box::new(GroupId::new(id).unwrap()))
}

/// On 2026-11-26.
fn at(time: &str) -> Timestamp {
    const MIDNIGHT: i64 = 1_795_651_200_000;
    let (hours, minutes) = time.split_once(':').unwrap();
    let minutes = hours.parse::<i64>().unwrap() * 60 + minutes.parse::<i64>().unwrap();
    Timestamp::from_unix_millis(MIDNIGHT + minutes * 60_000).unwrap()
}

/// A message of ana.
fn message(text: &str, change: Changeable) -> Question<'_> {
    let question = Question::new(user("ana"), []).kind(Kind::Text);
    question.text(Role::Message, text, change)
}

/// A message of ana to leo.
fn to_leo(text: &str) -> Question<'_> {
    let mut question = message(text, Changeable::Later);
    question.others.push(user("leo"));
    question
}

/// A message of ana in a group.
fn in_group<'a>(id: &str, text: &'a str) -> Question<'a> {
    message(text, Changeable::Later).group(group(id))
}

/// `allow`, `at once`, `unreadable`, the changes, or the rule that refused.
fn judged(document: &Value, command: &str, question: &Question<'_>, now: Timestamp) -> String {
    let policies = Policies::from_json(&document.to_string()).unwrap();
    match policies.rules(command).judge(question, now) {
        Outcome::Allow => "allow".to_owned(),
        Outcome::AllowAtOnce => "at once".to_owned(),
        Outcome::Unreadable => "unreadable".to_owned(),
        Outcome::Refuse(refusal) => refusal.rule.clone(),
        Outcome::Amend(changes) => {
            let changes = changes.iter().map(|change| match change {
                Change::Name(text) => format!("name {text}"),
                Change::NewNames(names) => format!("names {names:?}"),
                Change::Message(text) => format!("message {text}"),
                Change::Notice(text) => format!("notice {text}"),
                Change::Introduction(text) => format!("introduction {text}"),
                Change::Push { title, text } => format!("push {title}: {text}"),
                other => format!("{other:?}"),
            });
            changes.collect::<Vec<_>>().join(", ")
        }
    }
}

/// Asserts the outcome at noon.
#[track_caller]
fn check(document: &Value, command: &str, question: &Question<'_>, expected: &str) {
    let outcome = judged(document, command, question, at("12:00"));
    assert_eq!(outcome, expected, "{document} {command} {question:?}");
}

#[test]
fn senders_recipients_and_groups_are_lists() {
    let senders = json!({"messages": {"senders": {"deny": ["ana"]}}});
    check(&senders, SINGLE, &to_leo(""), "messages.senders");
    check(&senders, GROUP, &in_group("g", ""), "messages.senders");
    let modify = message("", Changeable::Now);
    check(&senders, MODIFY, &modify, "messages.senders");
    let only = json!({"messages": {"senders": {"allow": ["ana"]}}});
    check(&only, SINGLE, &to_leo(""), "allow");

    let recipients = json!({"messages": {"recipients": {"deny": ["leo"]}}});
    check(&recipients, SINGLE, &to_leo(""), "messages.recipients");
    check(&recipients, GROUP, &in_group("leo", ""), "allow");

    let muted = json!({"messages": {"groups": {"deny": ["g"]}}});
    check(&muted, GROUP, &in_group("g", ""), "messages.groups");
    check(&muted, GROUP, &in_group("h", ""), "allow");
    check(&muted, SINGLE, &to_leo(""), "allow");
    let only = json!({"messages": {"groups": {"allow": ["g"]}}});
    check(&only, GROUP, &in_group("g", ""), "allow");
    check(&only, GROUP, &in_group("h", ""), "messages.groups");
}

#[test]
fn messages_of_bots_are_allowed_at_once_and_known() {
    let document = json!({
        "messages": {"bots": ["ana"], "senders": {"deny": ["ana", "bob"]}},
        SINGLE: {"actingUser": {"deny": ["ana"]}},
    });
    check(&document, SINGLE, &to_leo("x"), "at once");
    check(&document, MODIFY, &message("x", Changeable::Now), "at once");
    let by_bob = Question::new(user("bob"), [user("ana")]);
    check(&document, SINGLE, &by_bob, "messages.senders");
    // The rule is about messages only.
    let policies = Policies::from_json(&document.to_string()).unwrap();
    assert!(!policies.rules(PROFILE).exempts(user("ana")));
    assert!(policies.is_bot(user("ana")) && !policies.is_bot(user("leo")));
}

#[test]
fn hours_are_of_a_day_somewhere() {
    let hours = |from: &str, to: &str, offset: &str, groups: Value| {
        let mut hours = json!({"from": from, "to": to, "utcOffset": offset});
        if !groups.is_null() {
            hours["groups"] = groups;
        }
        json!({"messages": {"hours": [hours]}})
    };
    let refused = "messages.hours[0]";
    for (from, to, offset, now, expected) in [
        ("22:00", "07:00", "+00:00", "21:59", "allow"),
        ("22:00", "07:00", "+00:00", "22:00", refused),
        ("22:00", "07:00", "+00:00", "00:00", refused),
        ("22:00", "07:00", "+00:00", "06:59", refused),
        ("22:00", "07:00", "+00:00", "07:00", "allow"),
        ("12:00", "13:00", "+00:00", "12:30", refused),
        ("12:00", "13:00", "+00:00", "13:00", "allow"),
        ("12:00", "13:00", "+08:00", "04:30", refused),
        ("12:00", "13:00", "+08:00", "12:30", "allow"),
        ("23:00", "01:00", "-05:30", "05:00", refused),
        ("23:00", "01:00", "-05:30", "06:29", refused),
        ("23:00", "01:00", "-05:30", "06:30", "allow"),
    ] {
        let document = hours(from, to, offset, Value::Null);
        let outcome = judged(&document, SINGLE, &to_leo(""), at(now));
        assert_eq!(outcome, expected, "{from} {to} {offset} {now}");
    }
    let school = hours("11:00", "13:00", "+00:00", json!(["school"]));
    check(&school, GROUP, &in_group("school", ""), refused);
    check(&school, GROUP, &in_group("hobby", ""), "allow");
    check(&school, SINGLE, &to_leo(""), "allow");
    check(&school, MODIFY, &message("", Changeable::Now), "allow");
}

#[test]
fn kinds_of_content_are_a_list() {
    let document = json!({"messages": {"contentTypes": {"allow": ["text", "picture"]}}});
    check(&document, SINGLE, &to_leo(""), "allow");
    let file = to_leo("").kind(Kind::File);
    check(&document, SINGLE, &file, "messages.contentTypes");
    let document = json!({"messages": {"contentTypes": {"deny": ["file"]}}});
    check(&document, SINGLE, &file, "messages.contentTypes");
    check(&document, SINGLE, &to_leo("").kind(Kind::Custom), "allow");
}

#[test]
fn each_element_of_a_message_counts_unless_the_list_names_several() {
    let of = |parts: &[Kind]| to_leo("").kind(Kind::Several).parts(parts);
    let good = of(&[Kind::Text, Kind::Picture]);
    let bad = of(&[Kind::Text, Kind::File]);
    for (rule, of_good, of_bad) in [
        (json!({"deny": ["file"]}), "allow", "messages.contentTypes"),
        (
            json!({"allow": ["text", "picture"]}),
            "allow",
            "messages.contentTypes",
        ),
        (json!({"allow": ["text", "several"]}), "allow", "allow"),
        (
            json!({"deny": ["several"]}),
            "messages.contentTypes",
            "messages.contentTypes",
        ),
    ] {
        let document = json!({"messages": {"contentTypes": rule}});
        check(&document, SINGLE, &good, of_good);
        check(&document, SINGLE, &bad, of_bad);
    }
}

#[test]
fn links_are_found_by_their_domains() {
    let links = |rule: Value| json!({"messages": {"links": rule}});
    let refused = "messages.links";
    for (text, deny, allow, none) in [
        ("hello", "allow", "allow", "allow"),
        ("see https://evil.com/x", refused, refused, refused),
        ("see HTTPS://EVIL.COM", refused, refused, refused),
        ("ＷＷＷ．ｅｖｉｌ．ｃｏｍ", refused, refused, refused),
        ("a.b.evil.com", refused, refused, refused),
        ("evil.\u{200B}com", refused, refused, refused),
        ("https://good.com@evil.com", refused, refused, refused),
        ("https://evil.com.good.com", "allow", "allow", refused),
        ("https://notevil.com", "allow", refused, refused),
        ("https://good.com", "allow", "allow", refused),
        ("good.com/a", "allow", "allow", refused),
        ("你好good.com你好", "allow", "allow", refused),
        ("你好evil.com你好", refused, refused, refused),
        ("evil.com你good.com", refused, refused, refused),
        ("你好。", "allow", "allow", "allow"),
        ("weixin://dl", "allow", refused, refused),
        ("I came.Then I went. 3.5", "allow", "allow", "allow"),
        ("ana@evil.com", "allow", "allow", "allow"),
    ] {
        for (rule, expected) in [
            (json!({"deny": ["evil.com"]}), deny),
            (json!({"allow": ["good.com"]}), allow),
            (json!({"none": true}), none),
        ] {
            check(&links(rule), SINGLE, &to_leo(text), expected);
        }
    }
    // A name with any ending is found if it is denied.
    let denied = links(json!({"deny": ["evil.example"]}));
    check(&denied, SINGLE, &to_leo("go to evil.example"), refused);
}

#[test]
fn a_text_that_a_later_answer_can_change_passes_until_then() {
    let words = json!([{"list": ["spam"], "replaceWith": "***"}]);
    let document = json!({"messages": {"text": {"maxChars": {"limit": 20}, "words": words}}});
    check(&document, SINGLE, &to_leo("no spam"), "allow");
    check(&document, GROUP, &in_group("g", "no spam"), "allow");
    let now = message("no Spam, ｓｐａｍ", Changeable::Now);
    check(&document, MODIFY, &now, "message no ***, ***");
    // A text that no answer can change is refused.
    let never = message("no spam", Changeable::Never);
    check(&document, SINGLE, &never, "messages.text.words[0]");
    check(&document, MODIFY, &never, "messages.text.words[0]");
    let long = "x".repeat(21);
    check(&document, SINGLE, &to_leo(&long), "messages.text.maxChars");

    let words = json!([{"list": ["spam"]}]);
    let document = json!({"messages": {"text": {"words": words}}});
    for question in [to_leo("no spam"), message("SPAM", Changeable::Now)] {
        for command in [SINGLE, MODIFY] {
            check(&document, command, &question, "messages.text.words[0]");
        }
    }
    let odd = Question::new(user("ana"), [user("leo")]);
    let odd = odd.text(Role::Message, Words::Unreadable, Changeable::Later);
    check(&document, SINGLE, &odd, "unreadable");
    let both = odd.text(Role::Message, "spam", Changeable::Later);
    check(&document, SINGLE, &both, "messages.text.words[0]");
}

#[test]
fn words_are_found_whatever_they_look_like() {
    let document = |whole: bool, replacement: Option<&str>| {
        let mut list = json!({"list": ["spam", "bad word", "бот", "坏", "Straße", "spa"]});
        list["wholeWords"] = whole.into();
        if let Some(replacement) = replacement {
            list["replaceWith"] = replacement.into();
        }
        json!({"messages": {"text": {"words": [list]}}})
    };
    let none = "allow";
    for (text, anywhere, whole) in [
        ("all fine", none, none),
        ("SPAM!", "message *!", "message *!"),
        ("s\u{200B}p\u{AD}a\u{2060}m", "message *", "message *"),
        ("𝓈𝓅𝒶𝓂 ⓢⓟⓐⓜ", "message * *", "message * *"),
        ("spammer", "message *mer", none),
        ("antispam", "message anti*", none),
        ("spam2", "message *2", none),
        ("spam_", "message *_", "message *_"),
        ("Bad Word", "message *", "message *"),
        ("badword", none, none),
        ("БОТЫ", "message *Ы", none),
        ("好坏好", "message 好*好", "message 好*好"),
        ("STRASSE", "message *", "message *"),
        ("spa", "message *", "message *"),
        ("spa spam", "message * *", "message * *"),
    ] {
        let now = message(text, Changeable::Now);
        check(&document(false, Some("*")), MODIFY, &now, anywhere);
        check(&document(true, Some("*")), MODIFY, &now, whole);
        let refuses = |expected: &str| match expected == none {
            true => none,
            false => "messages.text.words[0]",
        };
        check(&document(false, None), MODIFY, &now, refuses(anywhere));
        check(&document(true, None), MODIFY, &now, refuses(whole));
    }
}

#[test]
fn a_replacement_that_makes_another_word_is_refused() {
    let words = json!([{"list": ["ab", "x"], "replaceWith": ""}]);
    let document = json!({"messages": {"text": {"words": words}}});
    let judge = |text: &str, expected: &str| {
        check(&document, MODIFY, &message(text, Changeable::Now), expected);
    };
    judge("1ab2", "message 12");
    judge("aabb", "messages.text.words[0]");
    judge("ab", "messages.text.words[0]");
    judge(&"x".repeat(1000), "messages.text.words[0]");
    judge(&format!("{}y", "x".repeat(1000)), "message y");
    judge(&format!("{}y", "x".repeat(1001)), "messages.text.words[0]");
    // Each list, and each pattern, reads what the ones before it left.
    let text = json!({
        "maxChars": {"limit": 9, "cut": true},
        "words": [{"list": ["one"], "replaceWith": "two"}, {"list": ["two"], "replaceWith": "2"}],
        "forbidden": [{"pattern": "2", "replaceWith": "II"}],
    });
    let document = json!({"messages": {"text": text}});
    let question = message("one three", Changeable::Now);
    check(&document, MODIFY, &question, "message II three");
}

#[test]
fn friends_and_blocks_are_what_the_table_says() {
    let contacts = |document: &Value, known: Option<Known>| {
        let policies = Policies::from_json(&document.to_string()).unwrap();
        assert!(policies.rules(GROUP).contacts().is_none());
        let contacts = policies.rules(SINGLE).contacts().unwrap();
        match contacts.judge(known) {
            Outcome::Allow => "allow".to_owned(),
            Outcome::Refuse(refusal) => refusal.rule.clone(),
            other => panic!("{other:?}"),
        }
    };
    let known = |friend, blocked| Some(Known { friend, blocked });
    let (friends, blocked) = ("messages.friendsOnly", "messages.notWhenBlocked");
    for (rules, expected) in [
        // Friend, not a friend, nothing known, a friend who is blocked, not readable.
        (
            json!({"friendsOnly": {}}),
            ["allow", friends, friends, "allow", "allow"],
        ),
        (
            json!({"friendsOnly": {"withoutRecord": "allow", "whenUnknown": "refuse"}}),
            ["allow", friends, "allow", "allow", friends],
        ),
        (
            json!({"notWhenBlocked": {}}),
            ["allow", "allow", "allow", blocked, "allow"],
        ),
        (
            json!({"notWhenBlocked": {"whenUnknown": "refuse"}}),
            ["allow", "allow", "allow", blocked, blocked],
        ),
        (
            json!({"notWhenBlocked": {}, "friendsOnly": {}}),
            ["allow", friends, friends, blocked, "allow"],
        ),
    ] {
        let document = json!({ "messages": rules });
        let rows = [
            known(Some(true), false),
            known(Some(false), false),
            known(None, false),
            known(Some(true), true),
            None,
        ];
        assert_eq!(
            rows.map(|row| contacts(&document, row)),
            expected,
            "{document}"
        );
    }
    let none = Policies::from_json(r#"{"messages": {"bots": ["a"]}}"#).unwrap();
    assert!(none.rules(SINGLE).contacts().is_none());
}

#[test]
fn messages_to_users_and_in_groups_have_one_counter() {
    let document = json!({"messages": {"limit": {"limit": 2, "windowSeconds": 60}}});
    let policies = Policies::from_json(&document.to_string()).unwrap();
    let [single, group] = [SINGLE, GROUP].map(|it| policies.rules(it).limit().unwrap());
    let now = at("12:00");
    let window = single.window(user("ana"), now);
    assert_eq!(window, group.window(user("ana"), now));
    assert_eq!(window.key, "messages#60#1795694400#ana");
    assert_eq!(single.judge(Some(2)), Outcome::Allow);
    assert!(
        matches!(single.judge(Some(3)), Outcome::Refuse(it) if it.code(Codes::OpenIm) == 28016)
    );
    // A change of a message does not count it again.
    assert!(policies.rules(MODIFY).limit().is_none());
}

#[test]
fn groups_have_rules_for_those_who_make_invite_and_join() {
    let owner = |id: &str| {
        let owner = user(id);
        Question::new(owner, [owner, user("leo"), user("bob")])
    };
    let document = json!({"groups": {"creators": {"deny": ["ana"]}, "maxMembers": {"limit": 3}}});
    check(&document, CREATE, &owner("ana"), "groups.creators");
    check(&document, CREATE, &owner("max"), "allow");
    let mut large = owner("max");
    large.others.push(user("eva"));
    check(&document, CREATE, &large, "groups.maxMembers");
    let odd = Question::about([user("leo")]).and_unreadable_others(true);
    check(&document, CREATE, &odd, "unreadable");

    let invitation = |id: &str| Question::about([user("leo"), user("bob")]).group(group(id));
    let document = json!({"groups": {
        "invitations": {"users": {"deny": ["bob"]}, "groups": {"deny": ["board"]}},
        "maxMembers": {"limit": 2},
    }});
    check(
        &document,
        INVITE,
        &invitation("board"),
        "groups.invitations.groups",
    );
    check(
        &document,
        INVITE,
        &invitation("team"),
        "groups.invitations.users",
    );
    let allowed = Question::about([user("leo")]).group(group("team"));
    check(&document, INVITE, &allowed, "allow");
    let mut large = invitation("team");
    large.others.push(user("eva"));
    check(&document, INVITE, &large, "groups.maxMembers");

    let document = json!({"groups": {"joins": {
        "users": {"deny": ["leo"]}, "groups": {"allow": ["team"]},
    }}});
    let apply = |id: &str, to: &str| Question::new(user(id), []).group(group(to));
    check(
        &document,
        APPLY,
        &apply("leo", "team"),
        "groups.joins.users",
    );
    check(
        &document,
        APPLY,
        &apply("ana", "board"),
        "groups.joins.groups",
    );
    check(&document, APPLY, &apply("ana", "team"), "allow");
    check(&document, JOIN, &invitation("team"), "groups.joins.users");
    check(&document, JOIN, &invitation("board"), "groups.joins.groups");
    let odd = Question::unreadable().group(group("team"));
    check(&document, JOIN, &odd, "unreadable");
}

#[test]
fn names_and_notices_of_groups_are_changed_where_the_answer_can() {
    let words = json!([{"list": ["spam"], "replaceWith": "***"}]);
    let document = json!({"groups": {
        "names": {"maxChars": {"limit": 8, "cut": true}},
        "notices": {"words": words},
    }});
    let new = Question::new(user("ana"), [user("ana")])
        .text(Role::Name, "The Longest Name", Changeable::Now)
        .text(Role::Notice, "spam", Changeable::Now)
        .text(Role::Introduction, "no spam", Changeable::Now);
    let changes = "name The Long, notice ***, introduction no ***";
    check(&document, CREATE, &new, changes);
    let change = |notice| {
        Question::default()
            .group(group("g"))
            .text(Role::Name, "Name", Changeable::Now)
            .text(Role::Notice, notice, Changeable::Never)
    };
    check(&document, GROUP_INFO, &change("fine"), "allow");
    check(
        &document,
        GROUP_INFO,
        &change("spam"),
        "groups.notices.words[0]",
    );
}

#[test]
fn nicknames_are_judged_wherever_they_are_set() {
    let words = json!([{"list": ["admin"], "replaceWith": "***"}]);
    let document = json!({"users": {
        "nicknames": {"words": words},
        "reservedNames": {"names": ["Support", "admin"]},
    }});
    let name = |text| Question::new(user("ana"), []).name(Some(text));
    for command in [PROFILE, MEMBER_INFO] {
        check(&document, command, &name("The Admin"), "name The ***");
        check(
            &document,
            command,
            &name(" ｓｕｐｐｏｒｔ "),
            "users.reservedNames",
        );
        check(&document, command, &name("Supporter"), "allow");
        check(&document, command, &name("Admin"), "name ***");
    }
    let register = |names: &'static [&'static str]| {
        let users = names.iter().map(|name| user(name));
        let question = Question::about(users);
        names.iter().fold(question, |question, name| {
            question.text(Role::NewName, *name, Changeable::Now)
        })
    };
    let changed = r#"names [(1, "Mr ***"), (2, "***2")]"#;
    let names = register(&["ana", "Mr Admin", "admin2"]);
    check(&document, REGISTER, &names, changed);
    let names = register(&["ana", "support"]);
    check(&document, REGISTER, &names, "users.reservedNames");
    // A name that nobody can read could be any.
    let names = register(&["ana"]).and_unreadable_others(true);
    check(&document, REGISTER, &names, "unreadable");
}

#[test]
fn registration_can_be_closed() {
    let register = Question::about([user("ana")]);
    for (open, expected) in [(true, "allow"), (false, "users.registration")] {
        let document = json!({"users": {"registration": {"open": open}}});
        check(&document, REGISTER, &register, expected);
        check(&document, PROFILE, &Question::new(user("ana"), []), "allow");
    }
}

#[test]
fn pictures_come_from_known_domains() {
    let picture = |url: &'static str| Question::new(user("ana"), []).picture(Some(url));
    let refused = "users.avatars";
    for (url, deny, allow) in [
        ("", "allow", "allow"),
        ("https://cdn.good.com/a.png", "allow", "allow"),
        ("//cdn.good.com/a.png", "allow", "allow"),
        ("https://evil.com/a.png", refused, refused),
        ("HTTPS://EVIL.COM:443/a.png", refused, refused),
        ("https://good.com@evil.com/", refused, refused),
        ("a.png", "allow", refused),
        ("data:image/png;base64,AAAA", "allow", refused),
    ] {
        let document = json!({"users": {"avatars": {"deny": ["evil.com"]}}});
        check(&document, PROFILE, &picture(url), deny);
        let document = json!({"users": {"avatars": {"allow": ["good.com"]}}});
        for command in [PROFILE, MEMBER_INFO, REGISTER] {
            check(&document, command, &picture(url), allow);
        }
    }
    let odd = Question::new(user("ana"), []).picture(Some(Words::Unreadable));
    let document = json!({"users": {"avatars": {"deny": ["evil.com"]}}});
    check(&document, PROFILE, &odd, "unreadable");
}

#[test]
fn pushes_are_quiet_at_some_hours_and_can_hide_what_was_written() {
    let document = json!({"push": {
        "quietHours": {"from": "22:00", "to": "07:00", "utcOffset": "+01:00"},
        "hideContent": {"title": "My app", "text": "new message"},
    }});
    let push = Question::about([user("leo")]).by(Some(user("ana")));
    for (now, expected) in [
        ("20:59", "push My app: new message"),
        ("21:00", "push.quietHours"),
        ("05:59", "push.quietHours"),
        ("06:00", "push My app: new message"),
    ] {
        assert_eq!(
            judged(&document, OFFLINE, &push, at(now)),
            expected,
            "{now}"
        );
    }
}

/// The mistakes of a document that can name the file `policies.words.txt` with this text.
fn mistakes(document: &Value, file: Result<&str, &str>) -> Vec<String> {
    let read = |name: &str| {
        assert_eq!(name, "policies.words.txt");
        file.map(str::to_owned).map_err(str::to_owned)
    };
    let policies = Policies::with_files(&document.to_string(), &read);
    let mistakes = policies.err().map_or_else(Vec::new, |mistakes| mistakes.0);
    mistakes.iter().map(ToString::to_string).collect()
}

#[test]
fn words_can_be_in_a_file() {
    let words = json!([{"file": "policies.words.txt", "list": ["eggs"]}]);
    let document = json!({"messages": {"text": {"words": words}}});
    let read = |_: &str| Ok("\u{feff}spam\r\n\n  ham \n".to_owned());
    let policies = Policies::with_files(&document.to_string(), &read).unwrap();
    for (text, refuses) in [("SPAM", true), ("hams", true), ("eggs", true), ("", false)] {
        let outcome = policies.rules(SINGLE).judge(&to_leo(text), at("12:00"));
        assert_eq!(matches!(outcome, Outcome::Refuse(_)), refuses, "{text}");
    }
    let path = "$.messages.text.words[0]";
    let long = "x".repeat(101);
    for (file, expected) in [
        (
            Ok("fine\n\u{200B}\n"),
            format!("{path}.file, line 2: is empty"),
        ),
        (
            Ok(&*long),
            format!("{path}.file, line 1: is longer than 100 characters"),
        ),
        (
            Err("no such file"),
            format!("{path}.file: cannot be read: no such file"),
        ),
    ] {
        assert_eq!(mistakes(&document, file), [expected]);
    }
    for name in [
        "words.txt",
        "../policies.words.txt",
        "policies..txt",
        "policies.a/b.txt",
    ] {
        let document = json!({"messages": {"text": {"words": [{"file": name}]}}});
        let mistakes = mistakes(&document, Ok(""));
        assert!(mistakes[0].contains("is not a name like"), "{mistakes:?}");
    }
    let many: Vec<String> = (0..50_001).map(|n| format!("word{n}")).collect();
    let file = json!({"messages": {"text": {"words": [{"file": "policies.words.txt"}]}}});
    let found = mistakes(&file, Ok(&many.join("\n")));
    assert_eq!(found, [format!("{path}: has more than 50000 words")]);
    assert!(mistakes(&file, Ok(&many[1..].join("\n"))).is_empty());
    assert_eq!(mistakes(&file, Ok("\n")), [format!("{path}: has no words")]);
}

#[test]
fn ten_thousand_words_cost_a_message_about_as_much_as_ten() {
    let word = |n: usize| -> String {
        let letter =
            |place: u32| char::from(b'a' + u8::try_from(n / 26_usize.pow(place) % 26).unwrap());
        format!("q{}", (0..4).map(letter).collect::<String>())
    };
    let policies = |count: usize| {
        let words: Vec<String> = (0..count).map(word).collect();
        let words = json!([{"list": words}]);
        Policies::from_json(&json!({"messages": {"text": {"words": words}}}).to_string()).unwrap()
    };
    let [few, many] = [10, 10_000].map(policies);
    let text = "The quick brown fox asks for a quote about quartz. ".repeat(4);
    let question = to_leo(&text);
    // The least of many, because other programs can only make it longer.
    let least = |policies: &Policies| {
        let rules = policies.rules(SINGLE);
        let times = (0..500).map(|_| {
            let start = std::time::Instant::now();
            assert_eq!(rules.judge(&question, at("12:00")), Outcome::Allow);
            start.elapsed()
        });
        times.min().unwrap()
    };
    let (few, many) = (least(&few), least(&many));
    assert!(many < few * 4, "{many:?} and {few:?}");
}

#[test]
fn mistakes_in_rules_by_subject_are_named_with_their_places() {
    for (document, expected) in [
        (
            json!({"messages": {"sender": {}}}),
            "$.messages.sender: is not known here; known are bots, senders, recipients, groups, hours, contentTypes, text, \
             links, notWhenBlocked, friendsOnly, limit",
        ),
        (
            json!({"groups": {"joins": {"user": {}}}}),
            "$.groups.joins.user: is not known here; known are users, groups",
        ),
        (json!({"push": []}), "$.push: is a list, not an object"),
        (
            json!({"messages": {"bots": ["a", "a"]}}),
            "$.messages.bots[1]: is the same user as [0]",
        ),
        (
            json!({"messages": {"groups": {"deny": [7]}}}),
            "$.messages.groups.deny[0]: is a number, not a group id, which is a text",
        ),
        (
            json!({"messages": {"contentTypes": {"deny": ["sticker"]}}}),
            "$.messages.contentTypes.deny[0]: is not a kind of content; known are text, picture, sound, video, file, mention, \
             location, card, quote, merged, custom, face, markdown, several, typing, notification, other",
        ),
        (
            json!({"messages": {"links": {"none": false}}}),
            "$.messages.links.none: is not true",
        ),
        (
            json!({"messages": {"links": {"none": true, "deny": ["a"]}}}),
            "$.messages.links: needs exactly one of deny, allow, none",
        ),
        (
            json!({"messages": {"links": {"deny": ["https://a"]}}}),
            "$.messages.links.deny[0]: is not the name of a domain, such as example.com",
        ),
        (
            json!({"users": {"avatars": {"allow": []}}}),
            "$.users.avatars.allow: is empty, which refuses everything",
        ),
        (
            json!({"messages": {"friendsOnly": {"withoutRecord": "maybe"}}}),
            "$.messages.friendsOnly.withoutRecord: is neither \"allow\" nor \"refuse\"",
        ),
        (
            json!({"messages": {"notWhenBlocked": {"withoutRecord": "allow"}}}),
            "$.messages.notWhenBlocked.withoutRecord: is not known here; known are whenUnknown, code, message, detail",
        ),
        (
            json!({"messages": {"hours": [{"from": "7:00", "to": "08:00", "utcOffset": "+00:00"}]}}),
            "$.messages.hours[0].from: is not a time like 22:00",
        ),
        (
            json!({"messages": {"hours": [{"from": "07:00", "to": "07:00", "utcOffset": "+00:00"}]}}),
            "$.messages.hours[0]: begins and ends at the same time",
        ),
        (
            json!({"push": {"quietHours": {"from": "24:00", "to": "07:00", "utcOffset": "+00:00"}}}),
            "$.push.quietHours.from: is not a time like 22:00",
        ),
        (
            json!({"push": {"quietHours": {"from": "23:00", "to": "07:00", "utcOffset": "+15:00"}}}),
            "$.push.quietHours.utcOffset: is not a time like +08:00",
        ),
        (
            json!({"push": {"hideContent": {"title": "x"}}}),
            "$.push.hideContent: lacks text",
        ),
        (
            json!({"users": {"registration": {}}}),
            "$.users.registration: lacks open",
        ),
        (
            json!({"users": {"reservedNames": {"names": ["a", "A"]}}}),
            "$.users.reservedNames.names[1]: is the same name as [0]",
        ),
        (
            json!({"messages": {"text": {"words": [{}]}}}),
            "$.messages.text.words[0]: lacks list or file",
        ),
        (
            json!({"messages": {"text": {"words": [{"list": ["ab"], "replaceWith": "xABx"}]}}}),
            "$.messages.text.words[0].replaceWith: contains one of its own words",
        ),
        (
            json!({SINGLE: {"content": {"words": [{"list": ["a"], "replaceWith": "b"}]}}}),
            "$.callbackBeforeSendSingleMsgCommand.content.words[0].replaceWith: the answer to this command cannot change the \
             text; without this, the text is refused",
        ),
        (
            json!({"messages": {"senders": {"deny": ["a"], "code": 38001}}}),
            "$.messages.senders.code: is not a whole number from 20001 to 29000 or from 10100 to 10199 or from 120001 to 129999",
        ),
    ] {
        let found = mistakes(&document, Ok(""));
        assert_eq!(found[0], expected, "{found:?}");
    }
}

#[test]
fn a_rule_has_its_own_code_where_it_fits_and_each_servers_default_elsewhere() {
    let code = |rule: Value| {
        let document = json!({"messages": {"senders": rule}}).to_string();
        let policies = Policies::from_json(&document).unwrap();
        let send = [
            "callbackBeforeSendSingleMsgCommand",
            "C2C.CallbackBeforeSendMsg",
            "Group.CallbackBeforeSendMsg",
            "OfficialAccount.CallbackBeforeSendMsg",
        ];
        send.map(|name| {
            let source = match name.contains('.') {
                true => Source::Tencent,
                false => Source::OpenIm,
            };
            let codes = protocol::command(source, name).unwrap().codes();
            let refusal = policies.rules(name).refusals().next().unwrap();
            refusal.code(codes)
        })
    };
    let denied = json!({"deny": ["ana"]});
    assert_eq!(code(denied.clone()), [28008, 129_908, 10158, 129_908]);
    for (own, codes) in [
        (20001, [20001, 129_908, 10158, 129_908]),
        (129_999, [28008, 129_999, 10158, 129_999]),
        (10100, [28008, 129_908, 10100, 129_908]),
    ] {
        let mut rule = denied.clone();
        rule["code"] = json!(own);
        assert_eq!(code(rule), codes, "{own}");
    }
}
