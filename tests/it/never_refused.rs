//! OpenIM's two commands that must never be refused: whatever fails, the answer allows.

use std::collections::BTreeMap;

use models::{Outcome, Verdict, openim_makes_records, openim_proceeds, payloads, read_as_openim};
use protocol::{Callback, openim};
use serde_json::{Value, json};
use support::{Dynamodb, Fault, FaultProxy, Function, Request, nowhere};

use crate::before::{DECIDES, deny_lists, open, with_policies};

const SINGLE: &str = openim::BeforeCreateSingleChatConversations::COMMAND.name;
const GROUP: &str = openim::BeforeCreateGroupChatConversations::COMMAND.name;

/// Both commands.
pub(crate) const NEVER_REFUSED: [&str; 2] = [SINGLE, GROUP];

/// A recorded body about this owner or group.
fn body(command: &str, who: &str) -> Value {
    let payloads = payloads().into_iter();
    let mut recorded = payloads.filter(|payload| payload.command == command);
    let payload = recorded.next_back().unwrap();
    let mut body: Value = serde_json::from_slice(&payload.body).unwrap();
    let subject = if command == SINGLE {
        "ownerUserId"
    } else {
        "groupId"
    };
    body[subject] = json!(who);
    body
}

#[tokio::test]
async fn what_a_handler_amends_is_in_the_new_records() {
    let function = Function::start(DECIDES, open(&[])).await;
    for command in NEVER_REFUSED {
        for who in ["anybody", "amended"] {
            let asked = body(command, who);
            let mut expected = asked.clone();
            if who == "amended" {
                (expected["isPinned"], expected["ex"]) = (json!(true), json!("app"));
                assert_ne!(expected, asked);
            }
            let request = Request::post(&format!("/{command}"), asked.to_string());
            let answer = function.send(&request).await;
            let happens = openim_proceeds(command, &asked, &answer.body);
            assert_eq!(happens, Outcome::Proceeds(expected.clone()), "{answer:?}");
            if command == SINGLE {
                let records = openim_makes_records(&asked, [&answer.body, &answer.body]);
                let of = |record: &Value| (record["isPinned"].clone(), record["ex"].clone());
                let found: Vec<_> = records.iter().map(of).collect();
                assert_eq!(found, [of(&expected), of(&expected)]);
            }
        }
    }
}

/// Bodies that OpenIM does not send. The last one does not name the command of the path.
const ODD: &[&str] = &[
    "",
    "no JSON",
    "null",
    "[]",
    "{}",
    r#"{"ownerUserId":7,"userId":"","groupId":[]}"#,
    r#"{"ownerUserId":null,"userId":null,"groupId":null,"recvMsgOpt":"x","isPinned":3}"#,
    r#"{"callbackCommand":"callbackBeforeAddFriendCommand"}"#,
];

/// Sends every body, and asserts that no answer is a refusal.
async fn assert_allows(function: &Function, command: &str, at: &str) {
    let mut bodies: Vec<String> = ODD.iter().map(|body| (*body).to_owned()).collect();
    for who in ["ana", "mallory", "panics", "hangs"] {
        bodies.push(body(command, who).to_string());
    }
    for body in bodies {
        let request = Request::post(&format!("/{command}"), body.clone());
        let answer = function.send(&request).await;
        let verdict = read_as_openim(&answer.body);
        assert_eq!(
            verdict,
            Verdict::Allowed,
            "{at} {command} {body}: {answer:?}"
        );
    }
}

#[tokio::test]
async fn whatever_fails_the_answer_allows() {
    let dynamodb = Dynamodb::dynoxide().await;
    let table = dynamodb.events_table().await;
    let hanging = FaultProxy::start(&dynamodb.endpoint, Fault::Hang, 100).await;
    let nowhere = format!("http://{}", nowhere());
    let with = |endpoint: &str, more: &[(&str, &str)]| {
        let mut environment = table.environment();
        environment.insert("AWS_ENDPOINT_URL_DYNAMODB".to_owned(), endpoint.to_owned());
        environment.extend(open(more));
        environment
    };
    let unchecked = [
        ("OPENIM_VERIFIER", "basic"),
        ("OPENIM_BASIC_USER", "openim"),
        ("OPENIM_SECRET_ID", "secret"),
        ("AWS_ENDPOINT_URL_SECRETS_MANAGER", nowhere.as_str()),
    ];
    let mistake = json!({ SINGLE: {"actingUser": {"deny": ["ana"]}}, GROUP: 7 });
    let environments: Vec<(&str, BTreeMap<String, String>)> = vec![
        ("policies", with_policies("never-refused", &deny_lists())),
        (
            "mistakes in policies",
            with_policies("never-refused-mistakes", &mistake),
        ),
        ("no table", with(&nowhere, &[])),
        ("a hanging table", with(&hanging.endpoint, &[])),
        ("no secret", with(&nowhere, &unchecked)),
        ("no verifier", BTreeMap::new()),
        ("small bodies", open(&[("MAX_BODY_BYTES", "10")])),
        (
            "a mistake in a setting",
            open(&[("MAX_BODY_BYTES", "many")]),
        ),
    ];
    for (at, environment) in environments {
        for on_failure in ["refuse", "allow"] {
            let mut environment = environment.clone();
            for (name, value) in [
                ("ON_FAILURE", on_failure),
                ("UNKNOWN_COMMAND", "refuse"),
                ("BEFORE_DEADLINE_MS", "200"),
            ] {
                environment.insert(name.to_owned(), value.to_owned());
            }
            for (command, own) in [
                (SINGLE, "before-create-single-chat-conversations"),
                (GROUP, "before-create-group-chat-conversations"),
            ] {
                for name in [own, "any-command", DECIDES] {
                    let function = Function::start(name, &environment).await;
                    assert_allows(&function, command, &format!("{at}, {on_failure}, {name}")).await;
                }
            }
        }
    }
}

#[tokio::test]
async fn a_caller_without_the_right_password_is_refused() {
    let environment = open(&[
        ("OPENIM_VERIFIER", "basic"),
        ("OPENIM_BASIC_USER", "openim"),
        ("OPENIM_BASIC_PASSWORD", "right"),
        ("ON_FAILURE", "allow"),
    ]);
    let function = Function::start("any-command", environment).await;
    for command in NEVER_REFUSED {
        let request = Request::post(&format!("/{command}"), body(command, "ana").to_string());
        function.send(&request).await.assert_refused(29001, 401);
    }
}
