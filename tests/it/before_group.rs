//! Decisions about groups, and what OpenIM then does. A change of a group's data is special: OpenIM takes the group from
//! the answer, so every answer that allows it must have the group's fields.

use std::collections::BTreeMap;

use domain::{Events, group::Event};
use models::{Outcome, openim_proceeds, openim_unasked, payloads};
use serde_json::{Value, json};
use support::{Dynamodb, Fault, FaultProxy, Function, Request, Secret, function_at, nowhere};

use crate::before::{DECIDES, decided, decisions, in_time, open, stops};

const APPLY: &str = "callbackBeforeJoinGroupCommand";
const CREATE: &str = "callbackBeforeCreateGroupCommand";
const INVITE: &str = "callbackBeforeInviteJoinGroupCommand";
const JOIN: &str = "callbackBeforeMembersJoinGroupCommand";
const SET: &str = "callbackBeforeSetGroupInfoCommand";
const SET_EX: &str = "callbackBeforeSetGroupInfoExCommand";
const SET_MEMBER: &str = "callbackBeforeSetGroupMemberInfoCommand";

/// OpenIM's before commands about groups.
pub(crate) const COMMANDS: &[&str] = &[APPLY, CREATE, INVITE, JOIN, SET, SET_EX, SET_MEMBER];

/// The two commands that change a group's data.
const CHANGES: &[(&str, &str)] = &[
    (SET, "before-set-group-info"),
    (SET_EX, "before-set-group-info-ex"),
];

/// The recorded bodies of a command.
fn bodies(command: &str) -> Vec<Value> {
    let payloads = payloads().into_iter().filter(|it| it.command == command);
    let bodies = payloads.map(|payload| serde_json::from_slice(&payload.body).unwrap());
    bodies.collect()
}

/// The first recorded body of a command, about this group. The handlers of [`DECIDES`] decide by the group.
fn body(command: &str, group: &str) -> Value {
    let mut body = bodies(command).swap_remove(0);
    body["groupID"] = json!(group);
    body
}

fn post(command: &str, body: &Value) -> Request {
    Request::post(&format!("/{command}"), body.to_string())
}

/// What OpenIM does, and what it does if it asks nobody.
async fn answered(function: &Function, command: &str, body: &Value) -> (Outcome, Outcome) {
    let answer = function.send(&post(command, body)).await;
    let happens = openim_proceeds(command, body, &answer.body);
    (happens, openim_unasked(command, body))
}

/// The request with the field in capitals.
fn in_capitals(command: &str, body: &Value, field: &str) -> Outcome {
    let Outcome::Proceeds(mut request) = openim_unasked(command, body) else {
        panic!("{command} works");
    };
    let capitals = body[field].as_str().unwrap().to_uppercase();
    assert_ne!(request[field], capitals);
    request[field] = json!(capitals);
    Outcome::Proceeds(request)
}

#[tokio::test]
async fn openim_does_about_groups_what_a_handler_decides() {
    let dynamodb = Dynamodb::dynoxide().await;
    let table = dynamodb.events_table().await;
    let mut environment = table.environment();
    environment.insert("RECORD_DECISIONS".to_owned(), "none".to_owned());
    let function = Function::start(DECIDES, environment).await;
    let mut log = Vec::new();
    for command in COMMANDS {
        for group in ["any", "refused", "refused-shortly", "amended"] {
            let asked = body(command, group);
            let (happens, unasked) = answered(&function, command, &asked).await;
            let expected = match (group, *command) {
                ("refused", _) => stops(20001, "not allowed", "because \"so\""),
                ("refused-shortly", _) => stops(29999, "no", "no"),
                ("amended", SET | SET_EX | CREATE) => in_capitals(command, &asked, "groupName"),
                ("amended", SET_MEMBER) => in_capitals(command, &asked, "nickName"),
                ("amended", JOIN) => {
                    let mut request = asked.clone();
                    for member in request["memberList"].as_array_mut().unwrap() {
                        member["nickname"] = member["userID"].clone();
                        member["muteEndTime"] = json!(1_795_000_000_000_i64);
                    }
                    Outcome::Proceeds(request)
                }
                _ => unasked.clone(),
            };
            assert_eq!(happens, expected, "{command} {group}");
            log.push(match &happens {
                Outcome::Stops { code, .. } => decided("refused", "handler", *code),
                other if *other == unasked => decided("allowed", "handler", Value::Null),
                _ => decided("amended", "handler", Value::Null),
            });
        }
    }
    assert_eq!(decisions(&function), log);

    let mut intended: Vec<(String, String)> = Vec::new();
    for reception in table.receptions().await {
        let Events::Group(events) = reception.events else {
            panic!("{:?}", reception.events);
        };
        let [event] = &events[..] else {
            panic!("{events:?}");
        };
        let kind = match event {
            Event::JoinIntended { .. } => APPLY,
            Event::MembersJoinIntended { .. } => JOIN,
            other => panic!("{other:?}"),
        };
        assert_eq!(reception.command, kind);
        intended.push((kind.to_owned(), event.group().to_string()));
    }
    intended.sort();
    let expected = [
        (APPLY, "amended"),
        (APPLY, "any"),
        (JOIN, "amended"),
        (JOIN, "any"),
    ];
    let expected = expected.map(|(kind, group)| (kind.to_owned(), group.to_owned()));
    assert_eq!(intended, expected, "a refused intention is not recorded");
}

#[tokio::test]
async fn a_change_of_a_group_is_allowed_as_it_was_asked_for() {
    for (command, own) in CHANGES {
        for path in [format!("/{command}"), format!("/?command={command}")] {
            let function = Function::start(function_at(&path), open(&[])).await;
            for mut asked in bodies(command) {
                // Nothing here decides about these.
                for (field, odd) in [
                    ("notification", json!({"odd": [1, null]})),
                    ("operationID", json!(7)),
                    ("new", json!([[]])),
                ] {
                    let sent = Request::post(&path, asked.to_string());
                    let answer = function.send(&sent).await;
                    let happens = openim_proceeds(command, &asked, &answer.body);
                    assert_eq!(answer.status, 200, "{own}");
                    assert_eq!(happens, openim_unasked(command, &asked), "{own}");
                    asked[field] = odd;
                }
            }
            let logged = decisions(&function);
            let allowed = decided("allowed", "handler", Value::Null);
            assert!(logged.iter().all(|it| *it == allowed), "{logged:?}");
        }
    }
}

#[tokio::test]
async fn on_failure_allows_a_change_of_a_group_with_its_fields() {
    for (choice, word) in [("allow", "allowed"), ("refuse", "refused")] {
        let function = Function::start(DECIDES, open(&[("ON_FAILURE", choice)])).await;
        for command in COMMANDS {
            let asked = body(command, "panics");
            let (happens, unasked) = answered(&function, command, &asked).await;
            match choice {
                "allow" => assert_eq!(happens, unasked, "{command}"),
                _ => assert!(
                    matches!(happens, Outcome::Stops { code: 29013, .. }),
                    "{command}: {happens:?}"
                ),
            }
        }
        let logged = decisions(&function);
        assert_eq!(logged.len(), COMMANDS.len());
        for (decision, by, _) in logged {
            assert_eq!((decision.as_str(), by.as_str()), (word, "failure"));
        }
    }
}

#[tokio::test]
async fn on_failure_allows_a_change_of_a_group_whose_body_is_too_large_to_be_read() {
    for choice in ["allow", "refuse"] {
        let environment = open(&[("ON_FAILURE", choice), ("MAX_BODY_BYTES", "2000")]);
        for (command, own) in CHANGES {
            let function = Function::start(own, environment.clone()).await;
            let mut asked = body(command, "g");
            asked["introduction"] = json!("x".repeat(3000));
            let (happens, unasked) = answered(&function, command, &asked).await;
            match choice {
                "allow" => assert_eq!(happens, unasked, "{command}"),
                _ => assert!(
                    matches!(happens, Outcome::Stops { code: 29003, .. }),
                    "{command}: {happens:?}"
                ),
            }
        }
    }
}

#[tokio::test]
async fn a_change_of_an_unknown_group_is_refused_whatever_on_failure_says() {
    let mut unreadable: Vec<(String, i64)> = Vec::new();
    for group in [json!(""), json!(7), Value::Null] {
        unreadable.push((
            json!({"groupID": group, "groupName": "Hike"}).to_string(),
            29007,
        ));
    }
    unreadable.push((json!({"groupName": "Hike"}).to_string(), 29007));
    unreadable.push(("[]".to_owned(), 29007));
    unreadable.push(("no JSON".to_owned(), 29006));
    for choice in ["allow", "refuse"] {
        for (command, own) in CHANGES {
            let function = Function::start(own, open(&[("ON_FAILURE", choice)])).await;
            for (body, expected) in &unreadable {
                let answer = function
                    .send(&Request::post(&format!("/{command}"), body.clone()))
                    .await;
                let asked = json!({"groupID": "", "groupName": "Hike"});
                let happens = openim_proceeds(command, &asked, &answer.body);
                assert!(
                    matches!(happens, Outcome::Stops { code, .. } if code == *expected),
                    "{choice} {body}: {happens:?}"
                );
            }
            let words: Vec<String> = decisions(&function).into_iter().map(|it| it.0).collect();
            assert_eq!(words, vec!["refused"; unreadable.len()]);
        }
        // Other commands need no field back.
        let function = Function::start(
            "before-invite-user-to-group",
            open(&[("ON_FAILURE", choice)]),
        )
        .await;
        let answer = function.send(&post(INVITE, &json!({"groupID": ""}))).await;
        let happens = openim_proceeds(INVITE, &json!({}), &answer.body);
        assert_eq!(matches!(happens, Outcome::Proceeds(_)), choice == "allow");
    }
}

#[tokio::test]
async fn a_change_of_a_group_is_refused_if_callers_cannot_be_checked_or_the_function_cannot_start()
{
    let aws = Dynamodb::ministack().await;
    let secret = Secret::create(&aws, "groups", &json!({"OPENIM_BASIC_PASSWORD": "p"})).await;
    let hanging = FaultProxy::start(&aws.endpoint, Fault::Hang, 100).await;
    let no_secret = [
        (
            "AWS_ENDPOINT_URL_SECRETS_MANAGER",
            hanging.endpoint.as_str(),
        ),
        ("AWS_REGION", "eu-central-1"),
        ("AWS_ACCESS_KEY_ID", "local"),
        ("AWS_SECRET_ACCESS_KEY", "local"),
        ("OPENIM_VERIFIER", "basic"),
        ("OPENIM_BASIC_USER", "openim"),
        ("OPENIM_SECRET_ID", &secret.id),
    ];
    let misconfigured = [("OPENIM_VERIFIER", "none"), ("MAX_BODY_BYTES", "many")];
    for (settings, expected) in [(&no_secret[..], 29015), (&misconfigured[..], 29012)] {
        for (command, own) in CHANGES {
            let environment: BTreeMap<String, String> = settings
                .iter()
                .chain(&[("ON_FAILURE", "allow"), ("BEFORE_DEADLINE_MS", "2500")])
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect();
            for function in [*own, "any-command"] {
                let function = Function::start(function, environment.clone()).await;
                let asked = body(command, "g");
                let answer = in_time(&function, &post(command, &asked)).await;
                let happens = openim_proceeds(command, &asked, &answer.body);
                assert!(
                    matches!(happens, Outcome::Stops { code, .. } if code == expected),
                    "{command}: {happens:?}"
                );
                let last = decisions(&function).pop().unwrap();
                assert_eq!(last, decided("refused", "failure", expected), "{command}");
            }
        }
    }
}

#[tokio::test]
async fn on_failure_decides_when_an_intended_join_cannot_be_stored() {
    let dynamodb = Dynamodb::dynoxide().await;
    let table = dynamodb.events_table().await;
    for choice in ["allow", "refuse"] {
        for (command, own) in [
            (APPLY, "before-apply-join-group"),
            (JOIN, "before-member-join-group"),
        ] {
            let mut environment = table.environment();
            for (name, value) in [
                ("AWS_ENDPOINT_URL_DYNAMODB", format!("http://{}", nowhere())),
                ("ON_FAILURE", choice.to_owned()),
                ("BEFORE_DEADLINE_MS", "2500".to_owned()),
            ] {
                environment.insert(name.to_owned(), value);
            }
            let function = Function::start(own, environment).await;
            let asked = body(command, "g");
            let (happens, unasked) = answered(&function, command, &asked).await;
            match choice {
                "allow" => assert_eq!(happens, unasked, "{command}"),
                _ => assert!(
                    matches!(happens, Outcome::Stops { code: 29011, .. }),
                    "{command}: {happens:?}"
                ),
            }
        }
    }
}
