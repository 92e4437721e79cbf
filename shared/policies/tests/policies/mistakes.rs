//! Every kind of mistake is found, is named with its place, and hides no other.

use policies::Policies;
use serde_json::{Value, json};

use crate::agreement::{reads, schema_allows};

/// Whether an editor with the schema shows the mistake, too.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Schema {
    Sees,
    /// JSON Schema cannot express it.
    Cannot,
}
use Schema::{Cannot, Sees};

/// All mistakes of a document.
fn mistakes(document: &str) -> Vec<String> {
    let mistakes = Policies::from_json(document).unwrap_err().0;
    mistakes.iter().map(ToString::to_string).collect()
}

/// Asserts the mistakes in the rules of one command. `expected` has their paths without the command.
fn check(command: &str, rules: &str, schema: Schema, expected: &[&str]) {
    let document = format!(r#"{{"{command}": {rules}}}"#);
    let path = if command.contains('.') {
        format!("$[{command:?}]")
    } else {
        format!("$.{command}")
    };
    let expected: Vec<String> = expected
        .iter()
        .map(|rest| format!("{path}{rest}"))
        .collect();
    assert_eq!(mistakes(&document), expected, "{document}");
    assert_eq!(schema_allows(&document), schema == Cannot, "{document}");
}

const REQUEST: &str = "callbackBeforeAddFriendCommand";
const IMPORT: &str = "callbackBeforeImportFriendsCommand";
const REMARK: &str = "callbackBeforeSetFriendRemarkCommand";
const REGISTER: &str = "callbackBeforeUserRegisterCommand";
const PROFILE: &str = "callbackBeforeUpdateUserInfoCommand";
const BLOCK: &str = "callbackBeforeAddBlackCommand";
const TENCENT: &str = "Sns.CallbackPrevFriendAdd";

#[test]
fn a_text_that_is_not_json_is_named_with_line_and_column() {
    for document in ["", "{", "{\"a\": 1,}", "{} {}", "\u{feff}{}"] {
        let [mistake] = mistakes(document).try_into().unwrap();
        assert!(mistake.starts_with("$: this is not JSON: "), "{mistake}");
        assert!(mistake.contains("line 1 column "), "{mistake}");
    }
    let deep = "[".repeat(10_000);
    assert!(mistakes(&deep)[0].contains("recursion limit"));
}

#[test]
fn a_document_and_its_commands_are_objects() {
    for (document, kind) in [
        ("null", "null"),
        ("true", "true or false"),
        ("1", "a number"),
        ("1.5", "a number"),
        ("\"x\"", "a text"),
        ("[]", "a list"),
    ] {
        assert_eq!(mistakes(document), [format!("$: is {kind}, not an object")]);
        assert!(!schema_allows(document));
        check(
            BLOCK,
            document,
            Sees,
            &[&format!(": is {kind}, not an object")],
        );
    }
    assert_eq!(
        mistakes(r#"{"$schema": 1}"#),
        ["$.$schema: is a number, not a text"]
    );
}

#[test]
fn an_unknown_command_is_named_with_the_known_ones() {
    let commands: Vec<&str> = policies::commands().collect();
    let known = format!(
        "is not known here; known are $schema, messages, groups, users, push, {}",
        commands.join(", ")
    );
    for (key, path) in [
        (
            "callbackAfterAddFriendCommand",
            "$.callbackAfterAddFriendCommand",
        ),
        ("Sns.CallbackFriendAdd", "$[\"Sns.CallbackFriendAdd\"]"),
        ("", "$[\"\"]"),
    ] {
        let document = json!({ key: {} }).to_string();
        assert_eq!(mistakes(&document), [format!("{path}: {known}")]);
        assert!(!schema_allows(&document));
    }
}

#[test]
fn an_unknown_key_is_named_with_the_known_ones() {
    check(
        REQUEST,
        r#"{"reqMessage": {}}"#,
        Sees,
        &[".reqMessage: is not known here; known are actingUser, otherUser, requestLimit, reqMsg"],
    );
    check(
        REQUEST,
        r#"{"reqMsg": {"maxBytes": {}}}"#,
        Sees,
        &[".reqMsg.maxBytes: is not known here; known are maxChars, words, forbidden"],
    );
    check(
        REQUEST,
        r#"{"reqMsg": {"maxChars": {"limit": 1, "Code": 20001}}}"#,
        Sees,
        &[".reqMsg.maxChars.Code: is not known here; known are limit, cut, code, message, detail"],
    );
}

#[test]
fn a_rule_that_a_command_cannot_have_is_not_known() {
    check(
        BLOCK,
        r#"{"reqMsg": {}, "requestLimit": {}}"#,
        Sees,
        &[
            ".reqMsg: is not known here; known are actingUser, otherUser",
            ".requestLimit: is not known here; known are actingUser, otherUser",
        ],
    );
    // A registration names only the users who are registered, not who acts.
    check(
        REGISTER,
        r#"{"actingUser": {}, "nickName": {}}"#,
        Sees,
        &[
            ".actingUser: is not known here; known are otherUser",
            ".nickName: is not known here; known are otherUser",
        ],
    );
    check(
        PROFILE,
        r#"{"otherUser": {}}"#,
        Sees,
        &[".otherUser: is not known here; known are actingUser, nickName"],
    );
    check(
        IMPORT,
        r#"{"remark": {}}"#,
        Sees,
        &[".remark: is not known here; known are actingUser, otherUser, friendUserIDs"],
    );
    check(
        TENCENT,
        r#"{"actingUser": {"deny": ["a"], "detail": "x"}}"#,
        Sees,
        &[".actingUser.detail: is not known here; known are deny, allow, code, message"],
    );
}

#[test]
fn a_text_that_the_answer_cannot_change_can_only_be_refused() {
    let cannot =
        "the answer to this command cannot change the text; without this, the text is refused";
    let rules = r#"{"maxChars": {"limit": 1, "cut": true}, "forbidden": [{"pattern": "a", "replaceWith": "b"}]}"#;
    for (command, field) in [
        (REQUEST, "reqMsg"),
        ("callbackBeforeAddFriendAgreeCommand", "HandleMsg"),
        (TENCENT, "AddWording"),
        (TENCENT, "Remark"),
        ("Sns.CallbackPrevFriendResponse", "Remark"),
    ] {
        check(
            command,
            &format!(r#"{{"{field}": {rules}}}"#),
            Sees,
            &[
                &format!(".{field}.maxChars.cut: {cannot}"),
                &format!(".{field}.forbidden[0].replaceWith: {cannot}"),
            ],
        );
    }
}

#[test]
fn a_repeated_key_is_a_mistake() {
    // The schema does not see it, because `serde_json::Value` keeps only the last.
    check(
        BLOCK,
        r#"{"actingUser": {"deny": []}, "actingUser": {"deny": []}}"#,
        Cannot,
        &[".actingUser: appears more than once"],
    );
    assert_eq!(
        mistakes(&format!(r#"{{"{BLOCK}": {{}}, "{BLOCK}": {{}}}}"#)),
        [format!("$.{BLOCK}: appears more than once")]
    );
}

#[test]
fn lists_of_users_are_lists_of_different_ids() {
    check(
        BLOCK,
        r#"{"actingUser": {}}"#,
        Sees,
        &[".actingUser: lacks deny or allow"],
    );
    check(
        BLOCK,
        r#"{"actingUser": {"deny": "a"}}"#,
        Sees,
        &[".actingUser.deny: is a text, not a list"],
    );
    check(
        BLOCK,
        r#"{"otherUser": {"allow": []}}"#,
        Sees,
        &[".otherUser.allow: is empty, which refuses everybody"],
    );
    check(
        BLOCK,
        r#"{"otherUser": {"deny": ["a", 7, "", null, "b", "a", "b", "a"]}}"#,
        Sees,
        &[
            ".otherUser.deny[1]: is a number, not a user id, which is a text",
            ".otherUser.deny[2]: a user id is empty",
            ".otherUser.deny[3]: is null, not a user id, which is a text",
            ".otherUser.deny[5]: is the same user as [0]",
            ".otherUser.deny[6]: is the same user as [4]",
            ".otherUser.deny[7]: is the same user as [0]",
        ],
    );
    let long = "日".repeat(400);
    check(
        BLOCK,
        &json!({"otherUser": {"deny": [long]}}).to_string(),
        Cannot,
        &[".otherUser.deny[0]: a user id is longer than 1000 bytes"],
    );
}

#[test]
fn a_rule_cannot_have_both_an_allow_list_and_a_deny_list() {
    check(
        BLOCK,
        r#"{"actingUser": {"deny": ["a"], "allow": ["b", "b"]}}"#,
        Sees,
        &[
            ".actingUser: has both deny and allow, but allow alone refuses everybody who is not named",
            ".actingUser.allow[1]: is the same user as [0]",
        ],
    );
}

#[test]
fn numbers_are_whole_and_in_their_range() {
    for (number, schema) in [
        ("0", Sees),
        ("-1", Sees),
        ("20001", Sees),
        ("1.5", Sees),
        ("99999999999999999999", Sees),
        ("\"5\"", Sees),
        ("null", Sees),
        // To JSON Schema, this is a whole number.
        ("5.0", Cannot),
    ] {
        check(
            REQUEST,
            &format!(r#"{{"reqMsg": {{"maxChars": {{"limit": {number}}}}}}}"#),
            schema,
            &[".reqMsg.maxChars.limit: is not a whole number from 1 to 20000"],
        );
    }
    check(
        IMPORT,
        r#"{"friendUserIDs": {"maxItems": {"limit": 100001, "cut": 1}}}"#,
        Sees,
        &[
            ".friendUserIDs.maxItems.limit: is not a whole number from 1 to 100000",
            ".friendUserIDs.maxItems.cut: is a number, not true or false",
        ],
    );
    check(
        REQUEST,
        r#"{"requestLimit": {"limit": 0, "windowSeconds": 2678401, "whenUnknown": "deny"}}"#,
        Sees,
        &[
            ".requestLimit.limit: is not a whole number from 1 to 1000000",
            ".requestLimit.windowSeconds: is not a whole number from 1 to 2678400",
            ".requestLimit.whenUnknown: is neither \"allow\" nor \"refuse\"",
        ],
    );
}

#[test]
fn a_missing_key_is_a_mistake() {
    check(
        REQUEST,
        r#"{"reqMsg": {"maxChars": {}, "forbidden": [{}]}, "requestLimit": {}}"#,
        Sees,
        &[
            ".reqMsg.maxChars: lacks limit",
            ".reqMsg.forbidden[0]: lacks pattern",
            ".requestLimit: lacks limit",
            ".requestLimit: lacks windowSeconds",
        ],
    );
    check(
        IMPORT,
        r#"{"friendUserIDs": {"maxItems": {}}}"#,
        Sees,
        &[".friendUserIDs.maxItems: lacks limit"],
    );
    check(
        REQUEST,
        r#"{"reqMsg": {"forbidden": []}}"#,
        Sees,
        &[
            ".reqMsg: lacks maxChars, which forbidden needs: patterns read texts of a bounded length only",
        ],
    );
}

#[test]
fn a_rule_of_the_wrong_type_is_one_mistake() {
    check(
        REQUEST,
        r#"{"actingUser": 1, "otherUser": [], "reqMsg": "x", "requestLimit": 20}"#,
        Sees,
        &[
            ".actingUser: is a number, not an object",
            ".otherUser: is a list, not an object",
            ".reqMsg: is a text, not an object",
            ".requestLimit: is a number, not an object",
        ],
    );
    check(
        REQUEST,
        r#"{"reqMsg": {"maxChars": 100, "forbidden": {}}}"#,
        Sees,
        &[
            ".reqMsg.maxChars: is a number, not an object",
            ".reqMsg.forbidden: is an object, not a list",
        ],
    );
    check(
        REQUEST,
        r#"{"reqMsg": {"maxChars": {"limit": 1}, "forbidden": ["bad"]}}"#,
        Sees,
        &[".reqMsg.forbidden[0]: is a text, not an object"],
    );
    check(
        IMPORT,
        r#"{"friendUserIDs": {"maxItems": 5}}"#,
        Sees,
        &[".friendUserIDs.maxItems: is a number, not an object"],
    );
    check(
        IMPORT,
        r#"{"friendUserIDs": 5}"#,
        Sees,
        &[".friendUserIDs: is a number, not an object"],
    );
}

#[test]
fn a_code_must_be_one_that_the_server_leaves_to_the_app() {
    for (command, range, wrong) in [
        (
            BLOCK,
            "20001 to 29000",
            ["0", "20000", "29001", "38000", "\"20001\""],
        ),
        (
            TENCENT,
            "38000 to 38999",
            ["0", "37999", "39000", "20001", "\"38000\""],
        ),
    ] {
        for code in wrong {
            check(
                command,
                &format!(r#"{{"actingUser": {{"deny": [], "code": {code}}}}}"#),
                Sees,
                &[&format!(
                    ".actingUser.code: is not a whole number from {range}"
                )],
            );
        }
        for code in range.split(" to ") {
            assert!(reads(&format!(
                r#"{{"{command}": {{"actingUser": {{"deny": [], "code": {code}}}}}}}"#
            )));
        }
    }
}

#[test]
fn the_text_of_a_refusal_must_not_be_empty() {
    check(
        BLOCK,
        r#"{"actingUser": {"deny": [], "message": "", "detail": " \n"}}"#,
        Sees,
        &[
            ".actingUser.message: is empty",
            ".actingUser.detail: is empty",
        ],
    );
    check(
        BLOCK,
        r#"{"actingUser": {"deny": [], "message": 1, "detail": null}}"#,
        Sees,
        &[
            ".actingUser.message: is a number, not a text",
            ".actingUser.detail: is null, not a text",
        ],
    );
}

fn patterns(schema: Schema, list: &str, expected: &[&str]) {
    let rules = format!(r#"{{"remark": {{"maxChars": {{"limit": 9}}, "forbidden": {list}}}}}"#);
    check(REMARK, &rules, schema, expected);
}

#[test]
fn a_pattern_must_be_searchable_in_linear_time() {
    for (pattern, problem) in [
        ("(", "is not a pattern: "),
        ("a{2,1}", "is not a pattern: "),
        ("(?=a)", "is not a pattern: "),
        (r"(a)\\1", "is not a pattern: "),
        (r"\\p{L}", "is not a pattern: "),
        (
            "[a-z]{5000}",
            "is not a pattern: compiled regex exceeded size limit",
        ),
    ] {
        let document = format!(
            r#"{{"{REMARK}": {{"remark": {{"maxChars": {{"limit": 9}}, "forbidden": [{{"pattern": "{pattern}"}}]}}}}}}"#
        );
        let [mistake] = mistakes(&document).try_into().unwrap();
        let expected = format!("$.{REMARK}.remark.forbidden[0].pattern: {problem}");
        assert!(mistake.starts_with(&expected), "{mistake}");
        assert!(
            schema_allows(&document),
            "the schema checks no pattern syntax"
        );
    }
    patterns(
        Sees,
        r#"[{"pattern": 7}]"#,
        &[".remark.forbidden[0].pattern: is a number, not a text"],
    );
    let many: Vec<_> = (0..101)
        .map(|i| json!({"pattern": format!("w{i}")}))
        .collect();
    patterns(
        Sees,
        &json!(many).to_string(),
        &[".remark.forbidden: has more than 100 patterns"],
    );
}

#[test]
fn a_pattern_that_matches_every_text_is_a_mistake() {
    patterns(
        Sees,
        r#"[{"pattern": ""}]"#,
        &[".remark.forbidden[0].pattern: matches the empty text in every text"],
    );
    for pattern in ["a*", "$", "^", "(bad|)", r"\\s*$"] {
        patterns(
            Cannot,
            &format!(r#"[{{"pattern": "{pattern}"}}]"#),
            &[".remark.forbidden[0].pattern: matches the empty text in every text"],
        );
    }
    for pattern in ["^$", r"^\\s*$", " ", "^[^a]*$", r"\\bbad\\b"] {
        let list = format!(r#"[{{"pattern": "{pattern}"}}]"#);
        assert!(
            reads(&format!(
                r#"{{"{REMARK}": {{"remark": {{"maxChars": {{"limit": 9}}, "forbidden": {list}}}}}}}"#
            )),
            "{pattern}"
        );
    }
}

#[test]
fn the_same_pattern_twice_is_a_mistake() {
    patterns(
        Cannot,
        r#"[{"pattern": "a"}, {"pattern": "b"}, {"pattern": "a", "code": 20001}]"#,
        &[".remark.forbidden[2].pattern: is the same as \
         $.callbackBeforeSetFriendRemarkCommand.remark.forbidden[0].pattern"],
    );
}

#[test]
fn a_replacement_must_be_short_and_must_not_match_its_pattern() {
    patterns(
        Cannot,
        r#"[{"pattern": "(?i)bad", "replaceWith": "not BAD"}]"#,
        &[".remark.forbidden[0].replaceWith: is matched by its own pattern"],
    );
    let long = "*".repeat(101);
    patterns(
        Sees,
        &json!([{"pattern": "bad", "replaceWith": long}]).to_string(),
        &[".remark.forbidden[0].replaceWith: is longer than 100 characters"],
    );
    patterns(
        Sees,
        r#"[{"pattern": "bad", "replaceWith": null}]"#,
        &[".remark.forbidden[0].replaceWith: is null, not a text"],
    );
    // The pattern matches the empty replacement, too, but that means "remove".
    assert!(reads(
        &json!({REMARK: {"remark": {
            "maxChars": {"limit": 9},
            "forbidden": [{"pattern": "^b*$", "replaceWith": ""}],
        }}})
        .to_string()
    ));
}

fn text_with(max_chars: usize, patterns: &[Value]) -> String {
    let text = json!({"maxChars": {"limit": max_chars}, "forbidden": patterns});
    json!({REMARK: {"remark": text}}).to_string()
}

#[test]
fn patterns_that_can_take_too_long_for_one_text_are_a_mistake() {
    let nested = |i| json!({"pattern": format!("f.{{0,30}}r.{{0,30}}e.{{0,30}}{i}")});
    let word = |i| json!({"pattern": format!("(?i)password{i:02}")});
    let replaced = |i| json!({"pattern": format!("(?i)password{i:02}"), "replaceWith": "*"});
    let quadratic = json!({"pattern": "[^x]*x0|a", "replaceWith": "b"});
    let many = |count: u32, pattern: &dyn Fn(u32) -> Value| -> Vec<Value> {
        (0..count).map(pattern).collect()
    };
    for (accepted, refused, patterns) in [
        (20, 1000, many(100, &nested)),
        (300, 1000, many(100, &word)),
        (100, 250, many(100, &replaced)),
        (250, 1000, many(20, &replaced)),
        (500, 1000, vec![quadratic]),
    ] {
        let fits = text_with(accepted, &patterns);
        assert!(reads(&fits), "{accepted}: {:?}", mistakes(&fits));
        let document = text_with(refused, &patterns);
        let [mistake] = mistakes(&document).try_into().unwrap();
        assert!(
            mistake.starts_with(&format!(
                "$.{REMARK}.remark.forbidden: can take too long for one text, "
            )),
            "{mistake}"
        );
        assert!(schema_allows(&document), "the schema cannot see it");
    }
}

#[test]
fn the_largest_allowed_values_are_accepted() {
    let patterns: Vec<_> = (0..100)
        .map(|i| json!({"pattern": format!("w{i}"), "replaceWith": "日".repeat(100)}))
        .collect();
    let words: Vec<_> = (0..30)
        .map(|i| json!({"pattern": format!("(?i)password{i:02}")}))
        .collect();
    let text = json!({"maxChars": {"limit": 1000}, "forbidden": words});
    let most = json!({
        REQUEST: {
            "requestLimit": {"limit": 1_000_000, "windowSeconds": 2_678_400},
            "reqMsg": text,
        },
        REMARK: {"remark": {"maxChars": {"limit": 20}, "forbidden": patterns}},
        IMPORT: {"friendUserIDs": {"maxItems": {"limit": 100_000}}},
        BLOCK: {"actingUser": {"deny": ["u".repeat(1000)]}},
    });
    assert!(reads(&most.to_string()));
    assert!(schema_allows(&most.to_string()));
}

#[test]
fn all_mistakes_are_listed_at_once() {
    let document = json!({
        "callbackAfterAddFriendCommand": {},
        REQUEST: {
            "actingUser": {"deny": ["ana", "ana"]},
            "reqMsg": {"maxChars": {"limit": 0, "code": 1}, "forbidden": [{"pattern": "("}]},
        },
        TENCENT: {"requestLimit": {"limit": 1, "windowSeconds": 0, "message": ""}},
    });
    let mistakes = Policies::from_json(&document.to_string()).unwrap_err();
    let paths: Vec<&str> = mistakes
        .0
        .iter()
        .map(|mistake| mistake.path.as_str())
        .collect();
    assert_eq!(
        paths,
        [
            "$.callbackAfterAddFriendCommand",
            "$.callbackBeforeAddFriendCommand.actingUser.deny[1]",
            "$.callbackBeforeAddFriendCommand.reqMsg.maxChars.limit",
            "$.callbackBeforeAddFriendCommand.reqMsg.maxChars.code",
            "$.callbackBeforeAddFriendCommand.reqMsg.forbidden[0].pattern",
            "$[\"Sns.CallbackPrevFriendAdd\"].requestLimit.windowSeconds",
            "$[\"Sns.CallbackPrevFriendAdd\"].requestLimit.message",
        ]
    );
    assert_eq!(mistakes.to_string().matches("; $").count(), paths.len() - 1);
}

#[test]
fn mistakes_show_no_user_ids_and_only_the_beginning_of_long_keys() {
    let secret = "4801153207";
    let long = format!("{}{secret}", "k".repeat(40));
    let document = json!({
        BLOCK: {
            "actingUser": {"deny": [secret, secret], "message": {secret: 1}},
            "otherUser": {"deny": secret},
        },
        REMARK: {"remark": {"maxChars": {"limit": 9}, "forbidden": [{"pattern": format!("({secret}")}]}},
        long: {},
    });
    let mistakes = mistakes(&document.to_string());
    assert_eq!(mistakes.len(), 5);
    assert!(
        mistakes.iter().all(|mistake| !mistake.contains(secret)),
        "{mistakes:?}"
    );
    assert!(
        mistakes[0].starts_with(&format!("$.{}…: ", "k".repeat(40))),
        "{mistakes:?}"
    );
}
