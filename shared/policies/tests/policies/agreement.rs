//! The reader, the schema, the documentation and the shipped document agree.

use std::{collections::BTreeSet, fs, path::PathBuf, sync::LazyLock};

use boon::{Compiler, SchemaIndex, Schemas};
use policies::Policies;
use proptest::{prelude::*, sample::select, test_runner::TestRunner};
use protocol::{catalogue, openim::RefusalCode};
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
    let text = json!({"maxChars": {"limit": 100}, "forbidden": [{"pattern": "bad"}]});
    let list = json!({"maxItems": {"limit": 100}});
    json!({
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
        "Sns.CallbackPrevFriendAdd": {
            "actingUser": users, "otherUser": users, "requestLimit": limit,
            "AddWording": text, "Remark": text,
        },
        "Sns.CallbackPrevFriendResponse": {"actingUser": users, "otherUser": users, "Remark": text},
    })
}

/// A place in the schema below a command. Follows references and the items of lists.
fn in_schema<'a>(schema: &'a Value, command: &str, rule: &str) -> &'a Value {
    let mut at = &schema["properties"][command];
    for key in rule.split('.') {
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
    assert_eq!(
        commands.len(),
        policies::commands().count(),
        "every command has rules"
    );
    let (schema, documentation) = (schema(), file("docs/policies.md"));
    let [mut openim, mut tencent] = [0, 0];
    for (command, rules) in policies.iter() {
        for refusal in rules.refusals() {
            let at = in_schema(&schema, command, &refusal.rule);
            let of_schema = &at["properties"];
            assert_eq!(
                of_schema["code"]["default"], refusal.code,
                "{command} {}",
                refusal.rule
            );
            assert_eq!(of_schema["message"]["default"], refusal.message);
            let documented = if command.starts_with("Sns.") {
                tencent += 1;
                format!("| {} | {} |", refusal.code, refusal.message)
            } else {
                openim += 1;
                assert!(RefusalCode::new(refusal.code).is_ok());
                // Tencent Chat has no before callback for imports.
                let tencent = if refusal.rule.ends_with("maxItems") {
                    String::new()
                } else {
                    format!("{} ", refusal.code + 10_900)
                };
                format!("| {} | {tencent}| {} |", refusal.code, refusal.message)
            };
            assert!(
                documentation.contains(&documented),
                "docs/policies.md lacks {documented}"
            );
        }
    }
    assert_eq!((openim, tencent), (25, 11), "none was left out");
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
        assert_eq!(
            names(&schema["properties"][command]["properties"]),
            names(rules),
            "{command}"
        );
    }
}

#[test]
fn the_documentation_lists_the_rules_of_every_command_in_the_order_of_the_checks() {
    let documentation = file("docs/policies.md");
    let policies = Policies::from_json(&every_rule().to_string()).unwrap();
    for (command, rules) in policies.iter() {
        let mut lines = documentation.lines();
        let row = lines.find(|line| line.starts_with(&format!("| `{command}` |")));
        let row = row.unwrap_or_else(|| panic!("docs/policies.md lacks a row of {command}"));
        let cell = row.trim_end_matches(" |").rsplit(" | ").next().unwrap();
        let mut asked: Vec<String> = rules
            .refusals()
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
    let limit = mostly(json!([1, 7, 100]), json!([0, -1, 1001, "5", 2.5, null]));
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
    some_of(vec![
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

/// Documents without the mistakes that JSON Schema cannot express, such as an invalid pattern.
fn documents() -> BoxedStrategy<Value> {
    let commands: Vec<&'static str> = policies::commands().chain(["unknown"]).collect();
    let rules = catalogue().filter_map(|command| command.rules());
    let texts = rules.flat_map(|rules| rules.message.into_iter().chain(rules.name));
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
    document.boxed()
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
