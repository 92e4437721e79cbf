//! Every function in this process, with a table that only keeps what it gets. A body needs only a millisecond, so tests
//! can try thousands.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
};

use axum::{Router, body::Bytes, extract::State};
use models::{
    Payload,
    odd::{Json, Mistake, Place},
    payloads,
};
use receiver::Function;
use serde_json::{Map, Value, json};
use support::{Request, SDK_APP_ID};

/// The user that the rules of [`write_policies`] refuse.
pub(crate) const DENIED: &str = "denied";
/// The longest text that the rules allow.
pub(crate) const LONGEST: usize = 150;

pub(crate) struct Laboratory {
    function: Function,
    items: Arc<Mutex<Vec<Value>>>,
}

/// The decision, and the items that are stored.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Outcome {
    pub(crate) status: u64,
    pub(crate) answer: Value,
    pub(crate) stored: Vec<Value>,
}

impl Laboratory {
    pub(crate) async fn start() -> Self {
        let items = Arc::default();
        let table = Router::new().fallback(keep).with_state(Arc::clone(&items));
        let (endpoint, _) = support::serve(table).await;
        let policies = write_policies();
        let function = Function::new(any_command::handlers(), move |name| {
            let value = match name {
                "AWS_ENDPOINT_URL_DYNAMODB" => &endpoint,
                "AWS_REGION" => "eu-central-1",
                "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" => "local",
                "EVENTS_TABLE" => "events",
                "OPENIM_VERIFIER" | "TENCENT_VERIFIER" => "none",
                "TENCENT_SDK_APP_ID" => SDK_APP_ID,
                "POLICIES_FILE" => &policies,
                // These tests are not about the speed of the machine.
                "DEADLINE_MS" | "BEFORE_DEADLINE_MS" => "2500",
                _ => return None,
            };
            Some(value.to_owned())
        });
        Self { function, items }
    }

    /// The outcome when the server sends this body as the payload's command.
    pub(crate) async fn outcome(&self, payload: &Payload, body: &[u8]) -> Outcome {
        self.items.lock().unwrap().clear();
        let request = Request::post(&url_of(payload, &payload.command), body);
        let event = request.to_rest_api_event("reception-1", 1_795_264_496_789);
        let response = self.function.answer(&event.to_string(), "1").await;
        let response = serde_json::to_value(response).unwrap();
        let answer = response["body"].as_str().unwrap();
        Outcome {
            status: response["statusCode"].as_u64().unwrap(),
            answer: serde_json::from_str(answer).unwrap(),
            stored: std::mem::take(&mut self.items.lock().unwrap()),
        }
    }
}

async fn keep(State(items): State<Arc<Mutex<Vec<Value>>>>, request: Bytes) -> &'static str {
    let request: Value = serde_json::from_slice(&request).unwrap();
    // The item of a reception. The write that opens the connection has none.
    if request["Item"]["id"].is_object() {
        items.lock().unwrap().push(request["Item"].clone());
    }
    "{}"
}

/// The URL to which the server sends this command.
pub(crate) fn url_of(payload: &Payload, command: &str) -> String {
    match payload.server() {
        "openim" => format!("/{command}"),
        _ => format!("/tencent?SdkAppid={SDK_APP_ID}&CallbackCommand={command}"),
    }
}

/// Writes a policies file with every rule that a command can have, so every field that can decide does so. No rule
/// refuses a body of `tests/payloads`. Returns the file's name.
pub(crate) fn write_policies() -> String {
    let deny = json!({ "deny": [DENIED] });
    let short = json!({ "maxChars": { "limit": LONGEST } });
    let mut policies = Map::new();
    for command in protocol::catalogue() {
        let Some(rules) = command.rules().filter(|rules| rules.has_own()) else {
            continue;
        };
        let mut of_command = Map::new();
        let mut set = |exists: bool, name: &str, rule: &Value| {
            if exists {
                of_command.insert(name.to_owned(), rule.clone());
            }
        };
        set(rules.acting_user, "actingUser", &deny);
        set(rules.other_user, "otherUser", &deny);
        for text in rules.texts {
            set(true, text.key, &short);
        }
        if let Some(list) = rules.list {
            set(true, list, &json!({ "maxItems": { "limit": 20 } }));
        }
        policies.insert(command.name.to_owned(), of_command.into());
    }
    let file = format!(
        "{}/every-rule.{}.json",
        env!("CARGO_TARGET_TMPDIR"),
        support::free_port()
    );
    std::fs::write(&file, Value::from(policies).to_string()).unwrap();
    file
}

/// Ids and lists that a body must have, although no policy and no event needs them: an app's own handler decides by them.
const SUBJECTS: &[(&str, &str)] = &[
    ("callbackBeforeCreateGroupCommand", "$.initMemberList"),
    ("callbackBeforeInviteJoinGroupCommand", "$.invitedUserIDs"),
    ("callbackBeforeInviteJoinGroupCommand", "$.groupID"),
    ("callbackBeforeSendGroupMsgCommand", "$.groupID"),
    ("callbackBeforeSetGroupMemberInfoCommand", "$.groupID"),
    ("callbackBeforeSetGroupMemberInfoCommand", "$.userID"),
    ("C2C.CallbackBeforeSendMsg", "$.From_Account"),
    ("C2C.CallbackBeforeSendMsg", "$.To_Account"),
    ("Group.CallbackBeforeSendMsg", "$.From_Account"),
    ("Group.CallbackBeforeSendMsg", "$.GroupId"),
    ("Group.CallbackBeforeCreateGroup", "$.MemberList"),
    ("Group.CallbackBeforeCreateGroup", "$.Operator_Account"),
    ("Group.CallbackBeforeCreateTopic", "$.Operator_Account"),
    ("Group.CallbackBeforeInviteJoinGroup", "$.Operator_Account"),
    ("Group.CallbackBeforeInviteJoinGroup", "$.GroupId"),
    (
        "Group.CallbackBeforeInviteJoinGroup",
        "$.DestinationMembers",
    ),
    (
        "Group.CallbackBeforeInviteJoinGroup",
        "$.DestinationMembers[].Member_Account",
    ),
    (
        "OfficialAccount.CallbackBeforeSendMsg",
        "$.Official_Account",
    ),
    (
        "OfficialAccount.CallbackBeforeCreateOfficialAccount",
        "$.Owner_Account",
    ),
    (
        "OfficialAccount.CallbackBeforeAddSubscriber",
        "$.Official_Account",
    ),
    (
        "OfficialAccount.CallbackBeforeAddSubscriber",
        "$.SubscribeAccountList",
    ),
    (
        "OfficialAccount.CallbackBeforeAddSubscriber",
        "$.SubscribeAccountList[].Subscriber_Account",
    ),
];

/// Fields that are there if they changed, whatever their value is. Null is the same as a field that is not there.
const CHANGED: &[(&str, &str)] = &[
    ("Group.CallbackAfterGroupInfoChanged", "$.Name"),
    ("Group.CallbackAfterGroupInfoChanged", "$.Introduction"),
    ("Group.CallbackAfterGroupInfoChanged", "$.Notification"),
    ("Group.CallbackAfterGroupInfoChanged", "$.FaceUrl"),
    ("Group.CallbackAfterGroupInfoChanged", "$.ShutUpAllMember"),
    ("Group.CallbackAfterMemberFieldChanged", "$.NameCard"),
    ("Group.CallbackAfterTopicInfoChanged", "$.Name"),
    ("Group.CallbackAfterTopicInfoChanged", "$.Introduction"),
    ("Group.CallbackAfterTopicInfoChanged", "$.Notification"),
    ("Group.CallbackAfterTopicInfoChanged", "$.FaceUrl"),
    (
        "OfficialAccount.CallbackAfterOfficialAccountInfoChanged",
        "$.Name",
    ),
    (
        "OfficialAccount.CallbackAfterOfficialAccountInfoChanged",
        "$.Introduction",
    ),
    (
        "OfficialAccount.CallbackAfterOfficialAccountInfoChanged",
        "$.FaceUrl",
    ),
    (
        "OfficialAccount.CallbackAfterOfficialAccountInfoChanged",
        "$.Organization",
    ),
];

/// A recorded body, with the fields that a decision or an event needs.
pub(crate) struct Recorded {
    pub(crate) payload: Payload,
    pub(crate) body: Json,
    /// The outcome of the body itself.
    pub(crate) outcome: Outcome,
    /// The places where another valid value, in some body of this command, changes the outcome. The places around them
    /// are included.
    pub(crate) needed: BTreeSet<Place>,
}

impl Recorded {
    /// Every recorded body of a server.
    pub(crate) async fn all(laboratory: &Laboratory, server: &str) -> Vec<Self> {
        let payloads = payloads().into_iter().filter(|it| it.server() == server);
        let bodies: Vec<_> = payloads
            .map(|payload| (Json::read(&payload.body), payload))
            .collect();
        // A value of the same field in another body of the command is valid, too.
        let elsewhere = |command: &str, field: &str| -> Vec<Json> {
            let same = bodies.iter().filter(|(_, it)| it.command == command);
            same.flat_map(|(body, _)| {
                let places = body.places().into_iter();
                places
                    .filter(|place| field_name(body, place) == field)
                    .filter_map(|place| body.at(&place).cloned())
                    .collect::<Vec<_>>()
            })
            .collect()
        };
        let mut outcomes = Vec::new();
        let subjects = SUBJECTS.iter().chain(CHANGED);
        let subjects = subjects.map(|(command, field)| ((*command).into(), (*field).into()));
        let mut needed: BTreeSet<(String, String)> = subjects.collect();
        for (body, payload) in &bodies {
            let outcome = laboratory.outcome(payload, &body.write()).await;
            for place in body.places() {
                let field = field_name(body, &place);
                let mut others = others_like(body.at(&place).unwrap());
                others.extend(elsewhere(&payload.command, &field).iter().map(text_of));
                for other in others {
                    let mut changed = body.clone();
                    changed.make(Mistake::Value(&other), &place);
                    if laboratory.outcome(payload, &changed.write()).await != outcome {
                        // The places around it are needed, too.
                        let around =
                            (1..=place.len()).map(|depth| field_name(body, &place[..depth]));
                        needed.extend(around.map(|field| (payload.command.clone(), field)));
                        break;
                    }
                }
            }
            outcomes.push(outcome);
        }
        let all = bodies.into_iter().zip(outcomes);
        all.map(|((body, payload), outcome)| {
            let is_needed = |place: &Place| {
                needed.contains(&(payload.command.clone(), field_name(&body, place)))
            };
            Self {
                needed: body.places().into_iter().filter(is_needed).collect(),
                payload,
                body,
                outcome,
            }
        })
        .collect()
    }

    /// The value at a place.
    pub(crate) fn part(&self, place: &[usize]) -> Json {
        self.body.at(place).unwrap().clone()
    }

    /// Every place that nothing needs. A member of a list that is needed is not among them, because it has no name.
    pub(crate) fn unneeded(&self) -> Vec<Place> {
        let mut places = self.body.places();
        places.retain(|place| {
            let around = &place[..place.len() - 1];
            let in_a_list = matches!(self.body.at(around), Some(Json::List(_)));
            let around_is_needed = in_a_list && self.needed.contains(around);
            !around_is_needed && !self.needed.contains(place)
        });
        places
    }
}

/// The name of a place without positions in lists.
pub(crate) fn field_name(body: &Json, place: &[usize]) -> String {
    let name = body.name_of(place);
    name.split(['[', ']'])
        .step_by(2)
        .collect::<Vec<_>>()
        .join("[]")
}

fn text_of(json: &Json) -> String {
    String::from_utf8(json.write()).unwrap()
}

/// Other values of the same type, with another meaning.
fn others_like(json: &Json) -> Vec<String> {
    let quoted = |text: &str| Value::from(text).to_string();
    match json {
        Json::List(members) => {
            let first = members.first().map_or_else(|| quoted("x"), text_of);
            let longer = vec![first.clone(); 30].join(",");
            vec!["[]".to_owned(), format!("[{first}]"), format!("[{longer}]")]
        }
        Json::Object(_) => Vec::new(),
        Json::Leaf(leaf) => match serde_json::from_slice(leaf).unwrap() {
            Value::String(text) => {
                vec![
                    quoted(DENIED),
                    quoted(&"x".repeat(LONGEST + 1)),
                    quoted(&format!("{text}2")),
                ]
            }
            Value::Number(number) => {
                let number = number.as_i64().unwrap_or_default();
                [number + 1, 0, 1, -1]
                    .iter()
                    .map(ToString::to_string)
                    .collect()
            }
            Value::Bool(is) => vec![(!is).to_string()],
            // The right type is not known here.
            _ => vec![
                quoted(DENIED),
                quoted(&"x".repeat(LONGEST + 1)),
                "7".to_owned(),
            ],
        },
    }
}
