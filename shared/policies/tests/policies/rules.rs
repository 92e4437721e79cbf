//! Each rule gives the right answer, alone and together with others.

use domain::{Change, Question, Timestamp, UserId};
use policies::{Limit, Outcome, Policies};
use proptest::prelude::*;
use protocol::Codes;
use regex_lite::Regex;
use serde_json::{Value, json};

const REQUEST: &str = "callbackBeforeAddFriendCommand";
const IMPORT: &str = "callbackBeforeImportFriendsCommand";
const REMARK: &str = "callbackBeforeSetFriendRemarkCommand";
const REGISTER: &str = "callbackBeforeUserRegisterCommand";
const PROFILES: [&str; 2] = [
    "callbackBeforeUpdateUserInfoCommand",
    "callbackBeforeUpdateUserInfoExCommand",
];

fn user(id: &str) -> UserId {
    UserId::new(id).unwrap()
}

/// 2026-11-26T12:45:57Z.
fn now() -> Timestamp {
    at(1_795_697_157_000)
}

fn users(ids: &[&str]) -> Vec<UserId> {
    ids.iter().map(|id| user(id)).collect()
}

fn policies(command: &str, rules: &Value) -> Policies {
    Policies::from_json(&json!({ command: rules }).to_string()).unwrap()
}

/// `allow`, `name <text>`, `keep <n>`, or the rule that refused.
fn words(outcome: &Outcome<'_>) -> String {
    match outcome {
        Outcome::Allow => "allow".to_owned(),
        Outcome::AllowAtOnce => "at once".to_owned(),
        Outcome::Amend(changes) => {
            let changes = changes.iter().map(|change| match change {
                Change::Name(text) => format!("name {text}"),
                Change::KeepFirst(count) => format!("keep {count}"),
                other => format!("{other:?}"),
            });
            changes.collect::<Vec<_>>().join(", ")
        }
        Outcome::Refuse(refusal) => refusal.rule.clone(),
        Outcome::Unreadable => "unreadable".to_owned(),
    }
}

/// The outcome for a request with this text from ana to leo.
fn message(rules: &Value, message: &str) -> String {
    let policies = policies(REQUEST, &json!({ "reqMsg": rules }));
    let (ana, leo) = (user("ana"), users(&["leo"]));
    words(
        &policies
            .rules(REQUEST)
            .judge(&Question::new(&ana, &leo).message(message), now()),
    )
}

/// The outcome when ana gives leo this name.
fn remark(rules: &Value, remark: &str) -> String {
    let policies = policies(REMARK, &json!({ "remark": rules }));
    let (ana, leo) = (user("ana"), users(&["leo"]));
    words(
        &policies
            .rules(REMARK)
            .judge(&Question::new(&ana, &leo).name(Some(remark)), now()),
    )
}

#[test]
fn an_empty_document_and_a_command_without_rules_allow_everything() {
    let (ana, leo) = (user("ana"), users(&["leo"]));
    let long = "x".repeat(10_000);
    for document in [
        "{}",
        r#"{"callbackBeforeAddFriendCommand": {"reqMsg": {}}}"#,
    ] {
        let policies = Policies::from_json(document).unwrap();
        assert_eq!(policies.iter().count(), 0);
        for command in policies::commands().chain(["callbackAfterAddFriendCommand"]) {
            let rules = policies.rules(command);
            let question = Question::new(&ana, &leo)
                .message(long.as_str())
                .name(Some(long.as_str()));
            assert_eq!(rules.judge(&question, now()), Outcome::Allow);
            assert!(rules.limit().is_none());
            assert_eq!(rules.refusals().count(), 0);
        }
    }
}

#[test]
fn rules_of_one_command_do_not_apply_to_another() {
    let policies = policies(REQUEST, &json!({"actingUser": {"deny": ["ana"]}}));
    let (ana, leo) = (user("ana"), users(&["leo"]));
    let question = Question::new(&ana, &leo);
    assert_eq!(
        words(&policies.rules(REQUEST).judge(&question, now())),
        "actingUser"
    );
    assert_eq!(
        words(&policies.rules(REMARK).judge(&question, now())),
        "allow"
    );
    assert_eq!(
        policies
            .iter()
            .map(|(command, _)| command)
            .collect::<Vec<_>>(),
        [REQUEST]
    );
}

#[test]
fn lists_of_users_say_who_may_act_and_with_whom() {
    let ana_to_leo = |rules: Value| {
        let policies = policies(REQUEST, &rules);
        let (ana, leo) = (user("ana"), users(&["leo"]));
        words(
            &policies
                .rules(REQUEST)
                .judge(&Question::new(&ana, &leo), now()),
        )
    };
    for (rules, expected) in [
        (json!({"actingUser": {"deny": ["ana"]}}), "actingUser"),
        (json!({"actingUser": {"deny": ["leo"]}}), "allow"),
        (
            json!({"actingUser": {"deny": ["Ana", "an", "ana "]}}),
            "allow",
        ),
        (json!({"actingUser": {"deny": []}}), "allow"),
        (json!({"actingUser": {"allow": ["ana"]}}), "allow"),
        (json!({"actingUser": {"allow": ["leo"]}}), "actingUser"),
        (json!({"otherUser": {"deny": ["leo"]}}), "otherUser"),
        (json!({"otherUser": {"deny": ["ana"]}}), "allow"),
        (json!({"otherUser": {"allow": ["leo", "max"]}}), "allow"),
        (json!({"otherUser": {"allow": ["max"]}}), "otherUser"),
        (
            json!({"actingUser": {"allow": ["ana"]}, "otherUser": {"deny": ["leo"]}}),
            "otherUser",
        ),
        (
            json!({"actingUser": {"deny": ["ana"]}, "otherUser": {"deny": ["leo"]}}),
            "actingUser",
        ),
    ] {
        assert_eq!(ana_to_leo(rules.clone()), expected, "{rules}");
    }
}

#[test]
fn an_import_is_refused_or_cut_and_then_its_users_are_judged() {
    let import = |rules: &Value, friends: &[&str]| {
        let policies = policies(IMPORT, rules);
        let (ana, friends) = (user("ana"), users(friends));
        words(
            &policies
                .rules(IMPORT)
                .judge(&Question::new(&ana, &friends), now()),
        )
    };
    let refuse = json!({"friendUserIDs": {"maxItems": {"limit": 2}}});
    let cut = json!({"friendUserIDs": {"maxItems": {"limit": 2, "cut": true}}});
    for rules in [&refuse, &cut] {
        assert_eq!(import(rules, &[]), "allow");
        assert_eq!(import(rules, &["a", "b"]), "allow");
    }
    assert_eq!(import(&refuse, &["a", "b", "c"]), "friendUserIDs.maxItems");
    assert_eq!(import(&cut, &["a", "b", "c", "d"]), "keep 2");

    let denied = json!({
        "friendUserIDs": {"maxItems": {"limit": 2, "cut": true}},
        "otherUser": {"deny": ["x"]},
    });
    assert_eq!(import(&denied, &["a", "x", "c"]), "otherUser");
    assert_eq!(import(&denied, &["a", "b", "x"]), "keep 2", "x is cut off");
    let allowed = json!({"otherUser": {"allow": ["a", "b"]}});
    assert_eq!(import(&allowed, &["a", "b"]), "allow");
    assert_eq!(
        import(&allowed, &["a", "c"]),
        "otherUser",
        "each of them counts"
    );
}

#[test]
fn a_registration_is_judged_only_by_the_new_users() {
    let register = |rules: &Value, ids: &[&str]| {
        let policies = policies(REGISTER, rules);
        let new = users(ids);
        words(
            &policies
                .rules(REGISTER)
                .judge(&Question::about(&new), now()),
        )
    };
    let denied = json!({"otherUser": {"deny": ["root", "admin"]}});
    assert_eq!(register(&denied, &["ana", "leo"]), "allow");
    assert_eq!(register(&denied, &["ana", "admin"]), "otherUser");
    assert_eq!(register(&denied, &[]), "allow");
    let allowed = json!({"otherUser": {"allow": ["ana", "leo"]}});
    assert_eq!(register(&allowed, &["leo"]), "allow");
    assert_eq!(register(&allowed, &["ana", "max"]), "otherUser");
    // A rule about the acting user refuses nothing if there is none.
    let acting = json!({"actingUser": {"allow": ["ana"]}});
    let policies = policies(REQUEST, &acting);
    let leo = users(&["leo"]);
    let outcome = policies.rules(REQUEST).judge(&Question::about(&leo), now());
    assert_eq!(words(&outcome), "allow");
}

#[test]
fn a_name_that_does_not_change_is_not_judged() {
    let update = "callbackBeforeUpdateUserInfoCommand";
    let forbidden = json!([{"pattern": "^\\s*$"}]);
    let rules = json!({"nickName": {"maxChars": {"limit": 9}, "forbidden": forbidden}});
    let policies = policies(update, &rules);
    let (rules, ana) = (policies.rules(update), user("ana"));
    let judged =
        |name: Option<&str>| words(&rules.judge(&Question::new(&ana, []).name(name), now()));
    assert_eq!(judged(None), "allow");
    assert_eq!(judged(Some(" ")), "nickName.forbidden[0]");
    assert_eq!(judged(Some("Ana")), "allow");
}

#[test]
fn a_nickname_is_refused_or_amended_after_the_acting_user_is_checked() {
    for command in PROFILES {
        let change = |rules: &Value, nickname: &str| {
            let policies = policies(command, rules);
            let ana = user("ana");
            let question = Question::new(&ana, []).name(Some(nickname));
            words(&policies.rules(command).judge(&question, now()))
        };
        let refuse = json!({"nickName": {
            "maxChars": {"limit": 5},
            "forbidden": [{"pattern": "(?i)admin"}],
        }});
        assert_eq!(change(&refuse, "Ana"), "allow");
        assert_eq!(change(&refuse, ""), "allow", "it does not change");
        assert_eq!(change(&refuse, "Anabel"), "nickName.maxChars");
        assert_eq!(change(&refuse, "ADMIN"), "nickName.forbidden[0]");
        let amend = json!({"nickName": {
            "maxChars": {"limit": 5, "cut": true},
            "forbidden": [{"pattern": "(?i)admin", "replaceWith": "***"}],
        }});
        assert_eq!(change(&amend, "Ana"), "allow");
        assert_eq!(change(&amend, "Anabel"), "name Anabe");
        assert_eq!(change(&amend, "Admin"), "name ***");
        let denied = json!({
            "actingUser": {"deny": ["ana"]},
            "nickName": {"maxChars": {"limit": 1}},
        });
        assert_eq!(change(&denied, "Ana"), "actingUser");
        let other = json!({
            "actingUser": {"deny": ["leo"]},
            "nickName": {"maxChars": {"limit": 1}},
        });
        assert_eq!(change(&other, "Ana"), "nickName.maxChars");
    }
}

#[test]
fn the_characters_of_a_text_are_its_code_points() {
    for (text, chars) in [
        ("", 0),
        ("abc", 3),
        ("日本語", 3),
        ("é", 1),
        // The same letter as e and a combining accent.
        ("e\u{301}", 2),
        ("😀", 1),
        // A family: four persons, three joiners. A flag: two letters.
        ("👨‍👩‍👧‍👦", 7),
        ("🇩🇪", 2),
    ] {
        if chars > 0 {
            let fits = json!({"maxChars": {"limit": chars}});
            assert_eq!(message(&fits, text), "allow", "{text}");
        }
        if chars > 1 {
            let too_long = json!({"maxChars": {"limit": chars - 1}});
            assert_eq!(message(&too_long, text), "reqMsg.maxChars", "{text}");
        }
    }
}

#[test]
fn a_remark_is_cut_between_code_points_even_inside_a_visible_letter() {
    let cut = |limit| json!({"maxChars": {"limit": limit, "cut": true}});
    assert_eq!(remark(&cut(2), "日本語"), "name 日本");
    assert_eq!(remark(&cut(3), "日本語"), "allow");
    assert_eq!(remark(&cut(1), "e\u{301}"), "name e");
    assert_eq!(remark(&cut(1), "👨‍👩‍👧‍👦"), "name 👨");
    assert_eq!(remark(&cut(1), ""), "allow", "that clears it");
}

#[test]
fn a_pattern_that_matches_anywhere_refuses_the_text() {
    let rules = json!({
        "maxChars": {"limit": 100},
        "forbidden": [{"pattern": "(?i)https?://"}, {"pattern": "[0-9]{6,}"}],
    });
    for (text, expected) in [
        ("hello", "allow"),
        ("see HTTPS://example.com", "reqMsg.forbidden[0]"),
        ("call 0123456", "reqMsg.forbidden[1]"),
        ("call 0123456 or http://x", "reqMsg.forbidden[0]"),
        ("12345", "allow"),
    ] {
        assert_eq!(message(&rules, text), expected, "{text}");
    }
    let long = format!("{}http://x", "x".repeat(100));
    assert_eq!(
        message(&rules, &long),
        "reqMsg.maxChars",
        "length comes first"
    );
    let no_greeting = json!({
        "maxChars": {"limit": 100},
        "forbidden": [{"pattern": r"^\s*$"}, {"pattern": "^[^a-z]*$"}],
    });
    assert_eq!(message(&no_greeting, " \n"), "reqMsg.forbidden[0]");
    assert_eq!(message(&no_greeting, "12"), "reqMsg.forbidden[1]");
    assert_eq!(message(&no_greeting, "hi"), "allow");
}

#[test]
fn ignoring_case_works_for_ascii_only() {
    let rules =
        |pattern: &str| json!({"maxChars": {"limit": 9}, "forbidden": [{"pattern": pattern}]});
    assert_eq!(message(&rules("(?i)spam"), "SPAM"), "reqMsg.forbidden[0]");
    assert_eq!(message(&rules("(?i)спам"), "СПАМ"), "allow");
    assert_eq!(
        message(&rules("[Сс][Пп][Аа][Мм]"), "СПАМ"),
        "reqMsg.forbidden[0]"
    );
}

#[test]
fn a_match_in_a_remark_is_replaced_and_the_result_is_judged_again() {
    let rules = json!({
        "maxChars": {"limit": 10, "cut": true},
        "forbidden": [
            {"pattern": "bad", "replaceWith": "***"},
            {"pattern": "ab", "replaceWith": ""},
            {"pattern": "never"},
            {"pattern": "x", "replaceWith": "$0$1 \\"},
        ],
    });
    for (text, expected) in [
        ("good", "allow"),
        ("bad bad", "name *** ***"),
        ("cab", "name c"),
        // Cut first: what is beyond the limit does not count.
        ("0123456789never", "name 0123456789"),
        // The replacement lengthens it: cut again.
        ("x12345678", "name $0$1 \\1234"),
        ("never bad", "remark.forbidden[2]"),
        // "ab" is removed, and the text around it becomes "bad".
        ("baabd", "remark.forbidden[0]"),
        // The text around the match becomes "ab" again.
        ("aabb", "remark.forbidden[1]"),
        // Nothing is left, and the server would read an empty text as "no change".
        ("ab", "remark.forbidden[1]"),
        ("", "allow"),
    ] {
        assert_eq!(remark(&rules, text), expected, "{text}");
    }
    let not_cut = json!({
        "maxChars": {"limit": 4},
        "forbidden": [{"pattern": "x", "replaceWith": "***"}],
    });
    assert_eq!(remark(&not_cut, "x"), "name ***");
    assert_eq!(
        remark(&not_cut, "xab"),
        "remark.maxChars",
        "it is too long now"
    );
}

#[test]
fn a_text_with_more_than_twenty_places_to_replace_is_refused() {
    let rules = json!({
        "maxChars": {"limit": 100},
        "forbidden": [
            {"pattern": "a", "replaceWith": "x"},
            {"pattern": "[^c]*c0|b", "replaceWith": "y"},
        ],
    });
    let text = |a, b| format!("{}-{}", "a".repeat(a), "b".repeat(b));
    for (a, b) in [(20, 0), (0, 20), (7, 13)] {
        let amended = format!("name {}-{}", "x".repeat(a), "y".repeat(b));
        assert_eq!(remark(&rules, &text(a, b)), amended);
    }
    for (a, b, refusing) in [(21, 0, 0), (0, 21, 1), (7, 14, 1)] {
        let rule = format!("remark.forbidden[{refusing}]");
        assert_eq!(remark(&rules, &text(a, b)), rule);
    }
}

#[test]
fn a_command_with_two_texts_judges_the_message_first() {
    let command = "Sns.CallbackPrevFriendAdd";
    let policies = policies(
        command,
        &json!({"AddWording": {"maxChars": {"limit": 2}}, "Remark": {"maxChars": {"limit": 1}}}),
    );
    let (ana, leo) = (user("ana"), users(&["leo"]));
    let rules = policies.rules(command);
    let judge = |message, remark| {
        let question = Question::new(&ana, &leo)
            .message(message)
            .name(Some(remark));
        words(&rules.judge(&question, now()))
    };
    assert_eq!(judge("12", "1"), "allow");
    assert_eq!(judge("12", "12"), "Remark.maxChars");
    assert_eq!(judge("123", "12"), "AddWording.maxChars");
}

#[test]
fn the_rules_are_checked_in_the_order_of_their_list() {
    let order = [
        "actingUser",
        "otherUser",
        "AddWording.maxChars",
        "AddWording.forbidden[0]",
        "Remark.maxChars",
        "Remark.forbidden[0]",
        "requestLimit",
    ];
    let text = json!({"maxChars": {"limit": 3}, "forbidden": [{"pattern": "x"}]});
    let command = "Sns.CallbackPrevFriendAdd";
    let policies = policies(
        command,
        &json!({
            "requestLimit": {"limit": 1, "windowSeconds": 60},
            "Remark": text,
            "AddWording": text,
            "otherUser": {"deny": ["leo"]},
            "actingUser": {"deny": ["ana"]},
        }),
    );
    let rules = policies.rules(command);
    let listed: Vec<_> = rules
        .refusals()
        .map(|refusal| refusal.rule.as_str())
        .collect();
    assert_eq!(listed, order);
    // The first question breaks all rules, and each further one breaks one rule less.
    let (denied, fine) = (user("ana"), user("max"));
    let [leo, max] = [users(&["leo"]), users(&["max"])];
    let questions = [
        (&denied, &leo, "xxxx", "xxxx"),
        (&fine, &leo, "xxxx", "xxxx"),
        (&fine, &max, "xxxx", "xxxx"),
        (&fine, &max, "x", "xxxx"),
        (&fine, &max, "", "xxxx"),
        (&fine, &max, "", "x"),
    ];
    for ((actor, others, message, remark), rule) in questions.into_iter().zip(order) {
        let question = Question::new(actor, others)
            .message(message)
            .name(Some(remark));
        assert_eq!(words(&rules.judge(&question, now())), rule);
    }
}

#[test]
fn a_rule_refuses_with_its_own_code_and_texts_or_the_defaults() {
    let policies = policies(
        REQUEST,
        &json!({
            "actingUser": {"deny": ["ana"], "code": 20007, "message": "no", "detail": "ask us"},
            "otherUser": {"deny": ["leo"], "code": 29000},
            "reqMsg": {"maxChars": {"limit": 1, "message": "shorter, please"}},
        }),
    );
    let refusals = policies.rules(REQUEST).refusals();
    let refusals: Vec<_> = refusals
        .map(|it| {
            let code = it.code(Codes::OpenIm);
            (
                it.rule.as_str(),
                code,
                it.message.as_str(),
                it.detail.as_str(),
            )
        })
        .collect();
    assert_eq!(
        refusals,
        [
            ("actingUser", 20007, "no", "ask us"),
            ("otherUser", 29000, "this cannot be done with this user", ""),
            ("reqMsg.maxChars", 28004, "shorter, please", ""),
        ]
    );
}

fn limited(rule: &Value) -> Policies {
    policies(REQUEST, &json!({ "requestLimit": rule }))
}

fn limit(policies: &Policies) -> &Limit {
    policies.rules(REQUEST).limit().unwrap()
}

#[test]
fn requests_up_to_the_limit_are_allowed_and_an_unknown_count_is_judged_as_configured() {
    for (when_unknown, unknown) in [
        (None, "allow"),
        (Some("allow"), "allow"),
        (Some("refuse"), "requestLimit"),
    ] {
        let mut rule = json!({"limit": 3, "windowSeconds": 60});
        if let Some(word) = when_unknown {
            rule["whenUnknown"] = word.into();
        }
        let policies = limited(&rule);
        for (count, expected) in [
            (Some(1), "allow"),
            (Some(3), "allow"),
            (Some(4), "requestLimit"),
            (Some(u64::MAX), "requestLimit"),
            (None, unknown),
        ] {
            assert_eq!(words(&limit(&policies).judge(count)), expected, "{count:?}");
        }
        let (ana, leo) = (user("ana"), users(&["leo"]));
        let question = Question::new(&ana, &leo);
        let outcome = policies.rules(REQUEST).judge(&question, now());
        assert_eq!(outcome, Outcome::Allow, "`judge` does not count");
    }
}

#[test]
fn a_window_has_one_counter_for_each_user_and_ends_when_the_next_begins() {
    let policies = limited(&json!({"limit": 3, "windowSeconds": 3600}));
    // 2023-11-14T22:13:20Z.
    let window = limit(&policies).window(&user("ana"), at(1_700_000_000_000));
    assert_eq!(
        window.key,
        "requests#callbackBeforeAddFriendCommand#3600#1699999200#ana"
    );
    assert_eq!(window.ends_at, 1_700_002_800);
    let longest = limit(&policies).window(&user(&"u".repeat(UserId::MAX_BYTES)), at(0));
    assert!(longest.key.len() <= 1100, "as documented");
}

fn at(millis: i64) -> Timestamp {
    Timestamp::from_unix_millis(millis).unwrap()
}

/// Texts that often match the patterns below, with characters of one to four bytes.
fn texts() -> impl Strategy<Value = String> {
    "[abé日😀 ]{0,12}"
}

/// Patterns with and without a replacement. Some of them undo each other.
fn forbidden() -> impl Strategy<Value = Vec<(&'static str, Option<&'static str>)>> {
    let patterns = [
        "a", "ab", "b+", "^é", "日$", "aa", "😀.", " {2,}", "[^a]b", "^.$",
    ];
    let replacements = [
        None,
        Some(""),
        Some("*"),
        Some("b"),
        Some("日a"),
        Some("   "),
    ];
    let one = (
        prop::sample::select(patterns.to_vec()),
        prop::sample::select(replacements.to_vec()),
    );
    prop::collection::vec(one, 0..4)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_amended_text_satisfies_every_rule_and_is_not_amended_again(
        text in texts(),
        length in 1_usize..8,
        cut: bool,
        forbidden in forbidden(),
    ) {
        let list: Vec<Value> = forbidden.iter().map(|(pattern, replacement)| {
            let mut rule = json!({"pattern": pattern});
            if let Some(replacement) = replacement {
                rule["replaceWith"] = (*replacement).into();
            }
            rule
        }).collect();
        let document = json!({REMARK: {"remark": {"maxChars": {"limit": length, "cut": cut}, "forbidden": list}}});
        // Some documents have mistakes: a repeated pattern, or a replacement that its own pattern matches.
        let policies = Policies::from_json(&document.to_string());
        prop_assume!(policies.is_ok());
        let policies = policies.unwrap();
        let rules = policies.rules(REMARK);
        let satisfied = |text: &str| {
            let mut patterns = forbidden.iter().map(|(pattern, _)| Regex::new(pattern).unwrap());
            text.chars().count() <= length && patterns.all(|pattern| !pattern.is_match(text))
        };
        let (ana, leo) = (user("ana"), users(&["leo"]));
        let ask = |remark: &str| words(&rules.judge(&Question::new(&ana, &leo).name(Some(remark)), now()));
        match rules.judge(&Question::new(&ana, &leo).name(Some(text.as_str())), now()) {
            outcome @ (Outcome::Unreadable | Outcome::AllowAtOnce) => panic!("{outcome:?}"),
            Outcome::Allow => prop_assert!(satisfied(&text)),
            Outcome::Refuse(_) => prop_assert!(!satisfied(&text)),
            Outcome::Amend(changes) => {
                let [Change::Name(amended)] = &changes[..] else {
                    panic!("{changes:?}");
                };
                prop_assert!(!satisfied(&text));
                prop_assert!(satisfied(amended), "{amended}");
                prop_assert!(!amended.is_empty());
                prop_assert_eq!(ask(amended), "allow");
            }
        }
    }

    #[test]
    fn a_text_that_is_only_cut_keeps_its_first_characters(text in any::<String>(), length in 1_usize..8) {
        let rules = json!({"maxChars": {"limit": length, "cut": true}});
        let kept: String = text.chars().take(length).collect();
        let expected = if kept == text { "allow".to_owned() } else { format!("name {kept}") };
        prop_assert_eq!(remark(&rules, &text), expected);
    }

    #[test]
    fn an_import_is_cut_exactly_to_the_limit(count in 0_usize..30, most in 1_usize..20) {
        let policies = policies(IMPORT, &json!({"friendUserIDs": {"maxItems": {"limit": most, "cut": true}}}));
        let ana = user("ana");
        let friends: Vec<UserId> = (0..count).map(|i| user(&format!("u{i}"))).collect();
        match policies.rules(IMPORT).judge(&Question::new(&ana, &friends), now()) {
            Outcome::Amend(changes) => {
                let [Change::KeepFirst(kept)] = changes[..] else {
                    panic!("{changes:?}");
                };
                prop_assert_eq!(kept, most);
                prop_assert!(kept < count);
                let again = policies.rules(IMPORT).judge(&Question::new(&ana, &friends[..kept]), now());
                prop_assert_eq!(again, Outcome::Allow);
            }
            outcome => {
                prop_assert_eq!(outcome, Outcome::Allow);
                prop_assert!(count <= most);
            }
        }
    }

    #[test]
    fn every_moment_of_a_window_has_the_same_counter_and_the_next_moment_has_another(
        seconds in -10_000_000_000_i64..10_000_000_000,
        length in 1_i64..=2_678_400,
    ) {
        let policies = limited(&json!({"limit": 3, "windowSeconds": length}));
        let of = |second: i64| limit(&policies).window(&user("ana"), at(second * 1000));
        let window = of(seconds);
        prop_assert!(seconds < window.ends_at && window.ends_at <= seconds + length);
        prop_assert_eq!(&of(window.ends_at - length), &window);
        prop_assert_eq!(&of(window.ends_at - 1), &window);
        prop_assert_ne!(&of(window.ends_at).key, &window.key);
        prop_assert_ne!(&of(window.ends_at - length - 1).key, &window.key);
        let leo = limit(&policies).window(&user("leo"), at(seconds * 1000));
        prop_assert_ne!(leo.key, window.key);
    }
}

#[test]
fn an_unreadable_field_matters_only_if_a_rule_needs_it() {
    let (ana, leo) = (user("ana"), users(&["leo"]));
    let judged = |rules: &Value, question: Question<'_>| {
        words(
            &policies(REQUEST, rules)
                .rules(REQUEST)
                .judge(&question, now()),
        )
    };
    let question = || Question::new(&ana, &leo);
    let odd_message = || question().message(domain::Words::Unreadable);
    let odd_others = || question().and_unreadable_others(true);
    let length = json!({"reqMsg": {"maxChars": {"limit": 9}}});
    let pattern = json!({"reqMsg": {"maxChars": {"limit": 9}, "forbidden": [{"pattern": "x"}]}});
    let denied = json!({"otherUser": {"deny": ["bob"]}});
    let actor = json!({"actingUser": {"deny": ["ana"]}});
    for (rules, message, others, nobody) in [
        (&json!({}), "allow", "allow", "unreadable"),
        (&length, "unreadable", "allow", "unreadable"),
        (&pattern, "unreadable", "allow", "unreadable"),
        (&denied, "allow", "unreadable", "unreadable"),
        (&actor, "actingUser", "actingUser", "unreadable"),
    ] {
        assert_eq!(judged(rules, odd_message()), message, "{rules}");
        assert_eq!(judged(rules, odd_others()), others, "{rules}");
        assert_eq!(judged(rules, Question::unreadable()), nobody, "{rules}");
    }
    let name = policies(REMARK, &json!({"remark": {"maxChars": {"limit": 9}}}));
    let odd_name = question().name(Some(domain::Words::Unreadable));
    let rules = name.rules(REMARK);
    assert_eq!(rules.judge(&odd_name, now()), Outcome::Unreadable);
    assert_eq!(rules.judge(&question(), now()), Outcome::Allow);
}
