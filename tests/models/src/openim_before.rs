use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::Value;

use crate::{Verdict, read_as_openim};

/// What OpenIM does with a user's request after the answer to a "before" callback.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// OpenIM continues with this request: the callback's body with the changes of the answer.
    Proceeds(Value),
    /// OpenIM stops, and the user's client gets these values.
    Stops {
        /// `errCode`.
        code: i64,
        /// `errMsg`.
        message: String,
        /// `errDlt`.
        detail: String,
    },
    /// OpenIM stops with its own error, because it cannot read the answer.
    Fails,
    /// OpenIM stops, because its handler panics when it applies the answer. The client gets an empty body with status
    /// 500, or Go's stack trace as a message.
    Crashes,
}

/// What an answer to a command can change. The file describes the server's source (`main` at 7848d7c) and its behaviour
/// in trials; it was never written from our types.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rules {
    command: String,
    answer: Vec<Field>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Field {
    name: String,
    #[serde(rename = "type")]
    kind: Kind,
    /// When this value replaces the request's field of the same name.
    replaces: Replaces,
    /// What happens when it replaces null. By default, nothing special.
    null_in_request: Option<NullInRequest>,
    #[serde(rename = "effect")]
    _effect: String,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Replaces {
    WhenNotEmpty,
    WhenNotNull,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
enum NullInRequest {
    Crashes,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Kind {
    Plain(Plain),
    /// A list of pointers to structures of these fields.
    Structures(Vec<Member>),
}

#[derive(Clone, Copy, Deserialize)]
enum Plain {
    #[serde(rename = "string")]
    Text,
    #[serde(rename = "string[]")]
    Texts,
    #[serde(rename = "int32")]
    Int32,
    #[serde(rename = "int64")]
    Int64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Member {
    name: String,
    #[serde(rename = "type")]
    kind: Plain,
}

static RULES: LazyLock<Vec<Rules>> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../openim-before.json"))
        .expect("openim-before.json has the expected form")
});

fn rules(command: &str) -> &'static [Field] {
    let found = RULES.iter().find(|rules| rules.command == command);
    &found
        .unwrap_or_else(|| {
            panic!("openim-before.json does not say what an answer to {command} changes")
        })
        .answer
}

/// The field as Go finds it, whatever the case of its name. Null counts as missing.
fn field<'a>(object: &'a Value, name: &str) -> Option<&'a Value> {
    let mut fields = object.as_object().into_iter().flatten();
    let same_name = fields.rfind(|(key, _)| key.eq_ignore_ascii_case(name));
    same_name.map(|(_, value)| value).filter(|it| !it.is_null())
}

impl Plain {
    /// The value that Go reads; `None` if Go returns an error. A missing value and null are read as empty.
    fn read(self, value: Option<&Value>) -> Option<Value> {
        match (self, value) {
            (Self::Text, None) => Some("".into()),
            (Self::Text, Some(text)) => text.is_string().then(|| text.clone()),
            (Self::Texts, None) => Some(Value::Array(Vec::new())),
            (Self::Texts, Some(list)) => {
                let texts = list.as_array()?.iter();
                let texts = texts.map(|it| Self::Text.read(Some(it).filter(|it| !it.is_null())));
                texts.collect()
            }
            (Self::Int32 | Self::Int64, None) => Some(0.into()),
            (Self::Int32, Some(number)) => i32::try_from(number.as_i64()?).ok().map(Into::into),
            (Self::Int64, Some(number)) => number.as_i64().map(Into::into),
        }
    }
}

impl Kind {
    /// The value that Go reads; `None` if Go returns an error. A structure that is null stays null.
    fn read(&self, value: &Value) -> Option<Value> {
        let members = match self {
            Self::Plain(plain) => return plain.read(Some(value)),
            Self::Structures(members) => members,
        };
        let structure = |value: &Value| {
            if value.is_null() {
                return Some(Value::Null);
            }
            value.as_object()?;
            let fields = members.iter().map(|member| {
                let read = member.kind.read(field(value, &member.name))?;
                Some((member.name.clone(), read))
            });
            fields.collect()
        };
        value.as_array()?.iter().map(structure).collect()
    }
}

/// Reads the answer to a "before" callback as OpenIM does, and applies it to the request. A field of a wrong type makes
/// the whole answer unreadable, even a refusal.
pub fn openim_proceeds(command: &str, request: &Value, answer: &str) -> Outcome {
    let verdict = read_as_openim(answer);
    if verdict == Verdict::Unreadable {
        return Outcome::Fails;
    }
    // `null` is a readable answer, too.
    let answer: Value = serde_json::from_str(answer).unwrap();
    let asked = request;
    let mut request = asked.clone();
    let mut crashes = false;
    for rule in rules(command) {
        let Some(value) = field(&answer, &rule.name) else {
            continue;
        };
        let Some(value) = rule.kind.read(value) else {
            return Outcome::Fails;
        };
        let list = value.as_array();
        let empty = list.is_some_and(Vec::is_empty) || value == "";
        if empty && rule.replaces == Replaces::WhenNotEmpty {
            continue;
        }
        // The server's handler dereferences the pointers of the request, and those in a list.
        crashes |= rule.null_in_request == Some(NullInRequest::Crashes)
            && asked[&rule.name].is_null()
            || list.is_some_and(|list| list.contains(&Value::Null));
        request[&rule.name] = value;
    }
    match verdict {
        Verdict::Refused {
            code,
            message,
            detail,
        } => stops(code, message, detail),
        _ if crashes => Outcome::Crashes,
        _ => Outcome::Proceeds(request),
    }
}

/// Fills the gaps of a refusal as OpenIM does before the client gets it.
fn stops(code: i64, message: String, detail: String) -> Outcome {
    let code = if code > 0 { code } else { 500 };
    let message = if message.is_empty() {
        format!("{code}  {detail}")
    } else {
        message
    };
    let detail = if detail.is_empty() {
        message.clone()
    } else {
        detail
    };
    Outcome::Stops {
        code,
        message,
        detail,
    }
}

#[test]
fn every_before_command_of_the_catalogue_has_its_rules() {
    use std::collections::BTreeSet;

    use domain::Source;

    let known: BTreeSet<&str> = RULES.iter().map(|rules| rules.command.as_str()).collect();
    let asked = protocol::catalogue().filter(|it| it.source == Source::OpenIm && it.is_before());
    assert_eq!(known, asked.map(|it| it.name).collect());
}

#[test]
fn this_model_changes_the_same_fields_as_the_server() {
    use serde_json::json;

    let remark = "callbackBeforeSetFriendRemarkCommand";
    let import = "callbackBeforeImportFriendsCommand";
    let request = json!({"remark": "Lenny", "friendUserIDs": ["leo", "bob"]});
    let proceeds = |field: &str, value: Value| {
        let mut request = request.clone();
        request[field] = value;
        Outcome::Proceeds(request)
    };
    let unchanged = Outcome::Proceeds(request.clone());
    for (command, answer, outcome) in [
        (remark, "{}", unchanged.clone()),
        (remark, "null", unchanged.clone()),
        (remark, r#"{"remark":""}"#, unchanged.clone()),
        (remark, r#"{"remark":null}"#, unchanged.clone()),
        (remark, r#"{"friendUserIDs":["x"]}"#, unchanged.clone()),
        (remark, r#"{"Remark":"x"}"#, proceeds("remark", json!("x"))),
        (remark, r#"{"remark":1}"#, Outcome::Fails),
        (remark, "ok", Outcome::Fails),
        (import, r#"{"friendUserIDs":[]}"#, unchanged.clone()),
        (import, r#"{"remark":"x"}"#, unchanged.clone()),
        (
            import,
            r#"{"friendUserIDs":["x",null]}"#,
            proceeds("friendUserIDs", json!(["x", ""])),
        ),
        (import, r#"{"friendUserIDs":"x"}"#, Outcome::Fails),
        (
            import,
            r#"{"friendUserIDs":[1],"nextCode":1}"#,
            Outcome::Fails,
        ),
        (
            import,
            r#"{"friendUserIDs":["x"],"actionCode":1,"nextCode":1}"#,
            proceeds("friendUserIDs", json!(["x"])),
        ),
        (
            import,
            r#"{"friendUserIDs":["x"],"nextCode":1,"errDlt":"why"}"#,
            Outcome::Stops {
                code: 500,
                message: "500  why".into(),
                detail: "why".into(),
            },
        ),
        (
            remark,
            r#"{"nextCode":1,"errCode":20001,"errMsg":"no"}"#,
            Outcome::Stops {
                code: 20001,
                message: "no".into(),
                detail: "no".into(),
            },
        ),
    ] {
        assert_eq!(
            openim_proceeds(command, &request, answer),
            outcome,
            "{answer}"
        );
    }
}

#[test]
fn users_of_an_answer_replace_the_users_of_the_request() {
    use serde_json::json;

    let command = "callbackBeforeUserRegisterCommand";
    let user = |id: &str, nickname: &str, level: i32| {
        json!({
            "userID": id, "nickname": nickname, "faceURL": "", "ex": "", "createTime": 0,
            "appMangerLevel": level, "globalRecvMsgOpt": 0,
        })
    };
    let request = json!({"users": [user("ana", "Ana", 1), user("leo", "Leo", 1)]});
    let unchanged = Outcome::Proceeds(request.clone());
    let registered = |users: Value| Outcome::Proceeds(json!({"users": users}));
    for (answer, outcome) in [
        ("{}", unchanged.clone()),
        (r#"{"users":null}"#, unchanged.clone()),
        (r#"{"users":[]}"#, unchanged),
        // What an element leaves out is empty; it is not taken from the request.
        (
            r#"{"users":[{"userID":"ana"}]}"#,
            registered(json!([user("ana", "", 0)])),
        ),
        (
            r#"{"users":[{"userid":"ana","nickName":"A","appMangerLevel":2,"more":1},{}]}"#,
            registered(json!([user("ana", "A", 2), user("", "", 0)])),
        ),
        (r#"{"users":[null]}"#, Outcome::Crashes),
        (r#"{"users":{"userID":"ana"}}"#, Outcome::Fails),
        (r#"{"users":["ana"]}"#, Outcome::Fails),
        (r#"{"users":[{"appMangerLevel":"1"}]}"#, Outcome::Fails),
        (
            r#"{"users":[{"appMangerLevel":2147483648}]}"#,
            Outcome::Fails,
        ),
    ] {
        assert_eq!(
            openim_proceeds(command, &request, answer),
            outcome,
            "{answer}"
        );
    }
}

#[test]
fn an_answer_changes_a_profile_and_the_newer_command_crashes_on_a_field_that_is_null() {
    use serde_json::json;

    let (older, newer) = (
        "callbackBeforeUpdateUserInfoCommand",
        "callbackBeforeUpdateUserInfoExCommand",
    );
    let asked = |command| {
        let nothing = if command == older {
            json!("")
        } else {
            Value::Null
        };
        json!({"userID": "ana", "nickName": "Ana", "faceURL": nothing, "ex": null})
    };
    let with = |command, field: &str, value: Value| {
        let mut request = asked(command);
        request[field] = value;
        Outcome::Proceeds(request)
    };
    for command in [older, newer] {
        for (answer, outcome) in [
            ("{}", Outcome::Proceeds(asked(command))),
            (
                r#"{"nickName":null,"ex":null}"#,
                Outcome::Proceeds(asked(command)),
            ),
            (r#"{"nickName":"A"}"#, with(command, "nickName", json!("A"))),
            (r#"{"nickName":""}"#, with(command, "nickName", json!(""))),
            (r#"{"nickName":{"value":"A"}}"#, Outcome::Fails),
            (r#"{"ex":1}"#, Outcome::Fails),
        ] {
            let outcome_of = openim_proceeds(command, &asked(command), answer);
            assert_eq!(outcome_of, outcome, "{command}: {answer}");
        }
    }
    for (answer, field) in [(r#"{"faceURL":"f"}"#, "faceURL"), (r#"{"ex":"f"}"#, "ex")] {
        assert_eq!(
            openim_proceeds(older, &asked(older), answer),
            with(older, field, json!("f"))
        );
        let crashes = openim_proceeds(newer, &asked(newer), answer);
        assert_eq!(crashes, Outcome::Crashes, "{answer}");
    }
    // OpenIM reads nothing more of a refusal.
    let refused = r#"{"nextCode":1,"errCode":20001,"errMsg":"no","faceURL":"f"}"#;
    assert!(matches!(
        openim_proceeds(newer, &asked(newer), refused),
        Outcome::Stops { code: 20001, .. }
    ));
}
