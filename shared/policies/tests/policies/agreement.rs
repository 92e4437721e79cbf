//! The reader, the schema, the documentation and the shipped document agree.

use std::{collections::BTreeSet, fs, path::PathBuf, sync::LazyLock};

use boon::{Compiler, SchemaIndex, Schemas};
use policies::{Policies, Refusal};
use proptest::{prelude::*, sample::select, test_runner::TestRunner};
use protocol::{Codes, catalogue, openim::RefusalCode};
use serde_json::{Map, Value, json};

fn file(path: &str) -> String {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    fs::read_to_string(root.join(path)).unwrap()
}

fn schema() -> Value {
    serde_json::from_str(&file("policies.schema.json")).unwrap()
}

pub(crate) fn schema_allows(document: &str) -> bool {
    static SCHEMA: LazyLock<(Schemas, SchemaIndex)> = LazyLock::new(|| {
        let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
        compiler
            .add_resource("policies.schema.json", schema())
            .unwrap();
        let index = compiler
            .compile("policies.schema.json", &mut schemas)
            .unwrap();
        (schemas, index)
    });
    let document = serde_json::from_str(document).unwrap();
    SCHEMA.0.validate(&document, SCHEMA.1).is_ok()
}

pub(crate) fn reads(document: &str) -> bool {
    Policies::from_json(document).is_ok()
}

/// Every rule of every command, each with only what it needs.
fn every_rule() -> Value {
    let users = json!({"deny": ["ana"]});
    let limit = json!({"limit": 20, "windowSeconds": 3600});
    let text = json!({
        "maxChars": {"limit": 100}, "words": [{"list": ["spam"]}], "forbidden": [{"pattern": "bad"}],
    });
    let list = json!({"maxItems": {"limit": 100}});
    let groups = json!({"deny": ["g"]});
    let hours = json!({"from": "22:00", "to": "07:00", "utcOffset": "+01:00"});
    let domains = json!({"deny": ["example.com"]});
    json!({
        "messages": {
            "bots": ["helper"], "senders": users, "recipients": users, "groups": groups,
            "hours": [hours], "contentTypes": {"deny": ["file"]}, "text": text, "links": domains,
            "notWhenBlocked": {}, "friendsOnly": {}, "limit": limit,
        },
        "groups": {
            "creators": users, "names": text, "notices": text, "maxMembers": {"limit": 100},
            "invitations": {"users": users, "groups": groups},
            "joins": {"users": users, "groups": groups},
        },
        "users": {
            "registration": {"open": false}, "nicknames": text,
            "reservedNames": {"names": ["admin"]}, "avatars": domains,
        },
        "push": {"quietHours": hours, "hideContent": {"title": "App", "text": "new message"}},
        "callbackBeforeAddFriendCommand":
            {"actingUser": users, "otherUser": users, "requestLimit": limit, "reqMsg": text},
        "callbackBeforeAddFriendAgreeCommand":
            {"actingUser": users, "otherUser": users, "HandleMsg": text},
        "callbackBeforeImportFriendsCommand":
            {"actingUser": users, "otherUser": users, "friendUserIDs": list},
        "callbackBeforeSetFriendRemarkCommand":
            {"actingUser": users, "otherUser": users, "remark": text},
        "callbackBeforeAddBlackCommand": {"actingUser": users, "otherUser": users},
        "callbackBeforeUserRegisterCommand": {"otherUser": users},
        "callbackBeforeUpdateUserInfoCommand": {"actingUser": users, "nickName": text},
        "callbackBeforeUpdateUserInfoExCommand": {"actingUser": users, "nickName": text},
        "callbackBeforeCreateGroupCommand": {
            "actingUser": users, "otherUser": users, "groupName": text, "notification": text,
            "introduction": text,
        },
        "callbackBeforeInviteJoinGroupCommand": {"otherUser": users, "reason": text},
        "callbackBeforeJoinGroupCommand": {"actingUser": users, "reqMessage": text},
        "callbackBeforeMembersJoinGroupCommand": {"otherUser": users},
        "callbackBeforeSetGroupInfoCommand":
            {"groupName": text, "notification": text, "introduction": text},
        "callbackBeforeSetGroupInfoExCommand":
            {"groupName": text, "notification": text, "introduction": text},
        "callbackBeforeSetGroupMemberInfoCommand": {"actingUser": users, "nickName": text},
        "callbackBeforeMsgModifyCommand": {"actingUser": users, "content": text},
        "callbackBeforeSendGroupMsgCommand": {"actingUser": users, "content": text},
        "callbackBeforeSendSingleMsgCommand":
            {"actingUser": users, "otherUser": users, "content": text},
        "Sns.CallbackPrevFriendAdd": {
            "actingUser": users, "otherUser": users, "requestLimit": limit,
            "AddWording": text, "Remark": text,
        },
        "Sns.CallbackPrevFriendResponse": {"actingUser": users, "otherUser": users, "Remark": text},
    })
}

/// A place in the schema. Follows references and the items of lists.
fn in_schema<'a>(schema: &'a Value, place: &str) -> &'a Value {
    let mut at = schema;
    for key in place.split('/') {
        let (key, index) = key
            .split_once('[')
            .map_or((key, false), |(key, _)| (key, true));
        at = &at["properties"][key];
        if let Some(reference) = at["$ref"].as_str() {
            at = schema
                .pointer(reference.strip_prefix('#').unwrap())
                .unwrap();
        }
        if index {
            at = &at["items"];
        }
    }
    at
}

#[test]
fn defaults_are_those_of_the_schema_and_the_documentation() {
    let policies = Policies::from_json(&every_rule().to_string()).unwrap();
    let commands: Vec<_> = policies.iter().map(|(command, _)| command).collect();
    for command in policies::commands() {
        assert!(commands.contains(&command), "{command} has rules");
    }
    let (schema, documentation) = (schema(), file("docs/policies.md"));
    let check = |at: &Value, refusal: &Refusal, code: i32| {
        let properties = &at["properties"];
        assert_eq!(properties["code"]["default"], code, "{}", refusal.rule);
        assert_eq!(properties["message"]["default"], refusal.message);
    };
    let [mut openim, mut tencent, mut subjects] = [0, 0, 0];
    for (command, rules) in policies.iter() {
        let is_own = |refusal: &&Refusal| !is_by_subject(&refusal.rule);
        for refusal in rules.refusals().filter(is_own) {
            let place = format!("{command}/{}", refusal.rule.replace('.', "/"));
            let is_tencent = command.starts_with("Sns.");
            let code = refusal.code(match is_tencent {
                true => Codes::Person,
                false => Codes::OpenIm,
            });
            check(in_schema(&schema, &place), refusal, code);
            let documented = if is_tencent {
                tencent += 1;
                format!("| {code} | {} |", refusal.message)
            } else {
                openim += 1;
                assert!(RefusalCode::new(code).is_ok());
                // Tencent Chat has no before callback for imports.
                let tencent = if refusal.rule.ends_with("maxItems") {
                    String::new()
                } else {
                    format!("{} ", refusal.code(Codes::Person))
                };
                format!("| {code} | {tencent}| {} |", refusal.message)
            };
            assert!(
                documentation.contains(&documented),
                "docs/policies.md lacks {documented}"
            );
        }
    }
    let documentation = file("docs/policies-subjects.md");
    for rule in policies.by_subject() {
        if let Some(note) = rule.note() {
            assert!(
                documentation.contains(note),
                "docs/policies-subjects.md lacks {note}"
            );
        }
        for refusal in rule.refusals() {
            subjects += 1;
            let code = refusal.code(Codes::OpenIm);
            let place = refusal.rule.replace('.', "/");
            check(in_schema(&schema, &place), refusal, code);
            // The page of the commands' own rules has the codes of rules for texts.
            if refusal.rule != rule.path && !refusal.rule.ends_with("hours[0]") {
                continue;
            }
            let documented = format!("| {code} | {} |", refusal.message);
            let rule = format!("| `{}` |", rule.path.split_once('.').unwrap().1);
            let mut lines = documentation.lines();
            assert!(
                lines.any(|line| line.contains(&rule) && line.ends_with(&documented)),
                "docs/policies-subjects.md lacks a line of {rule} with {documented}"
            );
        }
    }
    assert_eq!(
        (openim, tencent, subjects),
        (85, 14, 31),
        "none was left out"
    );
}

/// Whether the name of a rule is that of a rule by subject.
fn is_by_subject(rule: &str) -> bool {
    let subject = rule.split('.').next().unwrap();
    ["messages", "groups", "users", "push"].contains(&subject)
}

#[test]
fn every_rule_by_subject_applies_to_a_command() {
    let policies = Policies::from_json(&every_rule().to_string()).unwrap();
    let known: BTreeSet<&str> = policies.by_subject().map(|rule| rule.path).collect();
    let rules = catalogue().filter_map(|command| command.rules());
    let named: BTreeSet<&str> = rules.flat_map(|rules| rules.by_subject).copied().collect();
    assert_eq!(named, known);
}

#[test]
fn the_schema_knows_every_command_and_no_other_rule() {
    let schema = schema();
    let every_rule = every_rule();
    let names = |value: &Value| -> BTreeSet<String> {
        let names = value.as_object().unwrap().keys().cloned();
        names.filter(|name| name != "$schema").collect()
    };
    assert_eq!(names(&schema["properties"]), names(&every_rule));
    for (command, rules) in every_rule.as_object().unwrap() {
        let of_schema = in_schema(&schema, command);
        assert_eq!(names(&of_schema["properties"]), names(rules), "{command}");
    }
    for part in ["invitations", "joins"] {
        let of_schema = in_schema(&schema, &format!("groups/{part}"));
        assert_eq!(
            names(&of_schema["properties"]),
            names(&every_rule["groups"][part])
        );
    }
}

#[test]
fn the_documentation_lists_the_rules_of_every_command_in_the_order_of_the_checks() {
    let documentation = file("docs/policies.md");
    let policies = Policies::from_json(&every_rule().to_string()).unwrap();
    for (command, rules) in policies.iter() {
        if !policies::commands().any(|own| own == command) {
            continue;
        }
        let mut lines = documentation.lines();
        let row = lines.find(|line| line.starts_with(&format!("| `{command}` |")));
        let row = row.unwrap_or_else(|| panic!("docs/policies.md lacks a row of {command}"));
        let cell = row.trim_end_matches(" |").rsplit(" | ").next().unwrap();
        let mut asked: Vec<String> = rules
            .refusals()
            .filter(|refusal| !is_by_subject(&refusal.rule))
            .map(|refusal| format!("`{}`", refusal.rule.split('.').next().unwrap()))
            .collect();
        asked.dedup();
        assert_eq!(cell, asked.join(", "), "{command}");
    }
}

#[test]
fn the_shipped_document_switches_nothing_on() {
    let document = file("policies.json");
    assert_eq!(Policies::from_json(&document).unwrap().iter().count(), 0);
    assert!(schema_allows(&document));
    let document: Value = serde_json::from_str(&document).unwrap();
    let schema = document["$schema"].as_str().unwrap();
    assert!(!file(schema).is_empty(), "an editor finds the schema");
}

#[test]
fn the_examples_in_the_documentation_are_valid() {
    let documentation = file("docs/policies.md");
    let examples: Vec<&str> = documentation
        .split("```json\n")
        .skip(1)
        .map(|rest| rest.split_once("```").unwrap().0)
        .collect();
    assert!(!examples.is_empty());
    for example in examples {
        let policies = Policies::from_json(example).unwrap_or_else(|error| panic!("{error}"));
        assert!(policies.iter().count() > 0);
        assert!(schema_allows(example), "{example}");
    }
}

/// Mostly a right value, sometimes a wrong one.
#[allow(clippy::needless_pass_by_value, reason = "json!() makes values")]
fn mostly(right: Value, wrong: Value) -> BoxedStrategy<Value> {
    let [right, wrong] = [right, wrong].map(|values| select(values.as_array().unwrap().clone()));
    prop_oneof![30 => right, 1 => wrong].boxed()
}

/// An object with some of the members.
fn some_of(members: Vec<(&'static str, BoxedStrategy<Value>)>) -> BoxedStrategy<Value> {
    let members: Vec<_> = members
        .into_iter()
        .map(|(key, value)| (Just(key), prop::option::weighted(0.7, value)))
        .collect();
    let object = members.prop_map(|members| {
        let present = members.into_iter();
        let present = present.filter_map(|(key, value)| Some((key.to_owned(), value?)));
        Value::Object(present.collect::<Map<_, _>>())
    });
    let other = vec![
        json!(7),
        json!([]),
        json!("x"),
        json!(null),
        json!({"unknown": 1}),
    ];
    prop_oneof![60 => object, 1 => select(other)].boxed()
}

fn rule(codes: &Value, own: Vec<(&'static str, BoxedStrategy<Value>)>) -> BoxedStrategy<Value> {
    let mut members = own;
    members.push((
        "code",
        mostly(codes.clone(), json!([0, 20000, 30000, 39000, "20001"])),
    ));
    members.push((
        "message",
        mostly(json!(["no", "日"]), json!(["", " \t", 5])),
    ));
    some_of(members)
}

fn users(codes: &Value) -> BoxedStrategy<Value> {
    let ids = || {
        mostly(
            json!([["a"], ["a", "b"]]),
            json!([["a", "a"], [""], "a", [1], []]),
        )
    };
    let detail = || mostly(json!(["x"]), json!([""]));
    prop_oneof![
        4 => rule(codes, vec![("deny", ids())]),
        4 => rule(codes, vec![("allow", ids())]),
        1 => rule(codes, vec![("deny", ids()), ("allow", ids()), ("detail", detail())]),
    ]
    .boxed()
}

fn limit(codes: &Value) -> BoxedStrategy<Value> {
    let limit = mostly(json!([1, 7, 100]), json!([0, -1, 100_001, "5", 2.5, null]));
    let cut = mostly(json!([false, true]), json!(["yes", 1, null]));
    rule(codes, vec![("limit", limit), ("cut", cut)])
}

fn text(codes: &Value) -> BoxedStrategy<Value> {
    let too_long = "*".repeat(101);
    let pattern = mostly(json!(["bad", "[0-9]+"]), json!(["", 3]));
    let replace_with = mostly(json!(["", "*"]), json!([too_long, 7]));
    let pattern = rule(
        codes,
        vec![("pattern", pattern), ("replaceWith", replace_with)],
    );
    let patterns = prop::collection::vec(pattern, 0..2).prop_map(Value::from);
    let words = mostly(
        json!([["spam"], ["a", "A"]]),
        json!([[], [""], [7], "spam"]),
    );
    let whole = mostly(json!([true, false]), json!([1, null]));
    // No word is in its replacement: JSON Schema could not see that.
    let replace_with = mostly(json!(["", "*"]), json!([7]));
    let members = vec![
        ("list", words),
        ("wholeWords", whole),
        ("replaceWith", replace_with),
    ];
    let words = prop::collection::vec(rule(codes, members), 0..2).prop_map(Value::from);
    some_of(vec![
        ("words", words.boxed()),
        ("maxChars", limit(codes)),
        ("forbidden", patterns.boxed()),
    ])
}

fn request_limit(codes: &Value) -> BoxedStrategy<Value> {
    let limit = mostly(json!([1, 1_000_000]), json!([0, 1_000_001, "5"]));
    let seconds = mostly(json!([1, 2_678_400]), json!([0, 2_678_401, "60"]));
    let unknown = mostly(json!(["allow", "refuse"]), json!(["maybe", true]));
    let members = vec![
        ("limit", limit),
        ("windowSeconds", seconds),
        ("whenUnknown", unknown),
    ];
    rule(codes, members)
}

fn hours(codes: &Value) -> BoxedStrategy<Value> {
    let time = |right: [&str; 2]| mostly(json!(right), json!(["7:00", "24:00", "12:60", 7, null]));
    let members = vec![
        ("from", time(["22:00", "00:00"])),
        // Hours that begin and end at the same time are a mistake that JSON Schema cannot see.
        ("to", time(["07:30", "23:59"])),
        (
            "utcOffset",
            mostly(json!(["+08:00", "-14:00"]), json!(["8", "+14:01", "+1:00"])),
        ),
        (
            "groups",
            mostly(json!([["g"], []]), json!([["g", "g"], [""], "g"])),
        ),
    ];
    rule(codes, members)
}

/// A rule with a list of what is denied or allowed.
fn listed(codes: &Value, right: Value, wrong: Value) -> BoxedStrategy<Value> {
    let list = mostly(right, wrong);
    let both = vec![("deny", list.clone()), ("allow", list.clone())];
    prop_oneof![
        4 => rule(codes, vec![("deny", list.clone())]),
        4 => rule(codes, vec![("allow", list)]),
        1 => rule(codes, both),
    ]
    .boxed()
}

/// Documents with rules by subject.
fn by_subject() -> BoxedStrategy<Value> {
    let in_groups = &json!([20001, 29000, 10100, 10199]);
    let between_users = &json!([20001, 29000, 120_001, 129_999]);
    let codes = &json!([20001, 29000, 10100, 129_999]);
    let unknown = || mostly(json!(["allow", "refuse"]), json!(["maybe", true]));
    let contacts = vec![("whenUnknown", unknown()), ("withoutRecord", unknown())];
    let domains = || {
        let right = json!([["example.com"], ["a", "b.c"]]);
        listed(
            codes,
            right,
            json!([["https://a"], ["a."], ["a", "a"], [""], []]),
        )
    };
    let ids = || {
        mostly(
            json!([["a"], ["a", "b"], []]),
            json!([["a", "a"], [""], [1]]),
        )
    };
    let none = mostly(json!([true]), json!([false, 1]));
    let hidden = vec![
        ("title", mostly(json!(["x"]), json!(["", 7]))),
        ("text", mostly(json!(["new message"]), json!(["", " ", 7]))),
    ];
    let messages = vec![
        ("bots", ids()),
        ("senders", users(codes)),
        (
            "groups",
            listed(in_groups, json!([["g"]]), json!([["g", "g"], [""]])),
        ),
        (
            "hours",
            prop::collection::vec(hours(codes), 0..2)
                .prop_map(Value::from)
                .boxed(),
        ),
        (
            "contentTypes",
            listed(
                codes,
                json!([["file"], ["text", "other"]]),
                json!([["sticker"], [7]]),
            ),
        ),
        ("text", text(codes)),
        ("links", domains()),
        ("links", rule(codes, vec![("none", none)])),
        (
            "notWhenBlocked",
            rule(between_users, vec![("whenUnknown", unknown())]),
        ),
        ("friendsOnly", rule(between_users, contacts)),
        ("limit", request_limit(codes)),
    ];
    let codes = in_groups;
    let groups = vec![
        ("creators", users(codes)),
        ("names", text(codes)),
        (
            "maxMembers",
            rule(
                codes,
                vec![("limit", mostly(json!([1, 100_000]), json!([0, "5"])))],
            ),
        ),
        ("invitations", some_of(vec![("users", users(codes))])),
    ];
    let codes = &json!([20001, 28000, 29000]);
    let open = mostly(json!([true, false]), json!(["no", null]));
    let names = mostly(json!([["admin"], []]), json!([["a", "a"], [""], [1]]));
    let users = vec![
        ("registration", rule(codes, vec![("open", open)])),
        ("reservedNames", rule(codes, vec![("names", names)])),
        ("avatars", domains()),
    ];
    let push = vec![
        ("quietHours", hours(codes)),
        ("hideContent", some_of(hidden)),
    ];
    let subjects = [
        ("messages", messages),
        ("groups", groups),
        ("users", users),
        ("push", push),
    ];
    let subjects = subjects.map(|(subject, rules)| {
        let count = 0..=2;
        let rules = prop::sample::subsequence(rules, count).prop_flat_map(some_of);
        rules
            .prop_map(move |rules| json!({ subject: rules }))
            .boxed()
    });
    prop::strategy::Union::new(subjects).boxed()
}

/// Documents without the mistakes that JSON Schema cannot express, such as an invalid pattern.
fn documents() -> BoxedStrategy<Value> {
    let commands: Vec<&'static str> = policies::commands().chain(["unknown"]).collect();
    let rules = catalogue().filter_map(|command| command.rules());
    let texts = rules.flat_map(|rules| rules.texts);
    let fields: BTreeSet<&'static str> = texts.map(|text| text.key).collect();
    let document = select(commands).prop_flat_map(move |command| {
        let codes = if command.starts_with("Sns.") {
            json!([38000, 38500, 38999])
        } else {
            json!([20001, 28000, 29000])
        };
        let mut rules = vec![
            ("actingUser", users(&codes)),
            ("otherUser", users(&codes)),
            ("requestLimit", request_limit(&codes)),
            ("friendUserIDs", some_of(vec![("maxItems", limit(&codes))])),
        ];
        rules.extend(fields.iter().map(|field| (*field, text(&codes))));
        // At most two rules, because with more hardly any document would be valid.
        let rules = prop::sample::subsequence(rules, 0..=2).prop_flat_map(some_of);
        rules.prop_map(move |rules| json!({ command: rules }))
    });
    prop_oneof![2 => document, 1 => by_subject()].boxed()
}

#[test]
fn the_schema_and_the_reader_accept_the_same_documents() {
    let (mut accepted, mut refused) = (0, 0);
    let mut runner = TestRunner::new(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let documents = documents();
    for _ in 0..3000 {
        let document = documents.new_tree(&mut runner).unwrap().current();
        let text = document.to_string();
        let read = Policies::from_json(&text);
        assert_eq!(read.is_ok(), schema_allows(&text), "{text}: {read:?}");
        if read.is_ok() {
            accepted += 1;
        } else {
            refused += 1;
        }
    }
    assert!(
        accepted > 300 && refused > 300,
        "{accepted} accepted, {refused} refused"
    );
}
