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
    /// OpenIM stops with its own error, because it cannot read the answer, or cannot do what the answer says.
    Fails,
    /// OpenIM stops with its error 1001, because it cannot use a value of the answer.
    Objects,
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
    /// The name of the request's field, if it is another one.
    in_request: Option<String>,
    #[serde(rename = "type")]
    kind: Kind,
    /// When this value replaces the request's field.
    replaces: Replaces,
    /// What the value must be. Otherwise the server stops. Releases up to v3.8.3-patch.16 do not check it.
    must_be: Option<MustBe>,
    /// What happens when it replaces null. By default, nothing special.
    null_in_request: Option<NullInRequest>,
    /// What the callback's body has if the request has null.
    request_shows_null_as: Option<Value>,
    /// What happens if the field is then empty. By default, nothing special.
    emptied: Option<Emptied>,
    /// What happens if the field is then blank. By default, nothing special.
    blank: Option<Blank>,
    #[serde(rename = "effect")]
    _effect: String,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Replaces {
    WhenNotEmpty,
    WhenNotNull,
    /// Also when it is missing.
    Always,
    Never,
    /// It is a list of users, and each of its values replaces that of the user in the request's `memberList`.
    InMembers,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Emptied {
    Fails,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Blank {
    DropsEverything,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
enum NullInRequest {
    Crashes,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
enum MustBe {
    JsonObjectOrNull,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Kind {
    Plain(Plain),
    /// A list of pointers to structures of these fields.
    Structures(Vec<Member>),
    /// A structure whose fields the request has among its own. It replaces all of them.
    Inlined {
        fields: Vec<Member>,
    },
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
    #[serde(rename = "string?")]
    MaybeText,
    #[serde(rename = "int32?")]
    MaybeInt32,
    #[serde(rename = "int64?")]
    MaybeInt64,
    /// A map from names to true or false.
    #[serde(rename = "switches")]
    Switches,
    /// A structure. What is in it does not matter here.
    #[serde(rename = "object")]
    Object,
    #[serde(rename = "bool")]
    Bool,
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
    /// The value that Go reads; `None` if Go returns an error. A missing value and null are read as empty, or as null
    /// if the type has null.
    fn read(self, value: Option<&Value>) -> Option<Value> {
        match (self, value) {
            (Self::MaybeText | Self::MaybeInt32 | Self::MaybeInt64, None) => Some(Value::Null),
            (Self::MaybeText, some) => Self::Text.read(some),
            (Self::MaybeInt32, some) => Self::Int32.read(some),
            (Self::MaybeInt64, some) => Self::Int64.read(some),
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
            (Self::Switches | Self::Object, None) => Some(serde_json::json!({})),
            (Self::Switches, Some(map)) => {
                let mut values = map.as_object()?.values();
                values
                    .all(|it| it.is_boolean() || it.is_null())
                    .then(|| map.clone())
            }
            (Self::Object, Some(object)) => object.is_object().then(|| object.clone()),
            (Self::Bool, None) => Some(false.into()),
            (Self::Bool, Some(flag)) => flag.is_boolean().then(|| flag.clone()),
        }
    }
}

impl Kind {
    /// The value that Go reads; `None` if Go returns an error. A structure that is null stays null.
    fn read(&self, value: &Value) -> Option<Value> {
        match self {
            Self::Plain(plain) => plain.read(Some(value)),
            Self::Inlined { fields } => structure(fields, value),
            Self::Structures(members) => {
                let structures = value.as_array()?.iter().map(|value| match value {
                    Value::Null => Some(Value::Null),
                    _ => structure(members, value),
                });
                structures.collect()
            }
        }
    }
}

/// The structure that Go reads.
fn structure(members: &[Member], value: &Value) -> Option<Value> {
    value.as_object()?;
    let fields = members.iter().map(|member| {
        let read = member.kind.read(field(value, &member.name))?;
        Some((member.name.clone(), read))
    });
    fields.collect()
}

/// Reads the answer to a "before" callback as OpenIM does (`main`), and applies it to the request. A field of a wrong
/// type makes the whole answer unreadable, even a refusal.
pub fn openim_proceeds(command: &str, request: &Value, answer: &str) -> Outcome {
    proceeds(command, request, answer, true)
}

/// The same for the release v3.8.3-patch.16, which does not check the content of an amended message.
pub fn openim_release_proceeds(command: &str, request: &Value, answer: &str) -> Outcome {
    proceeds(command, request, answer, false)
}

fn proceeds(command: &str, request: &Value, answer: &str, checks: bool) -> Outcome {
    let verdict = read_as_openim(answer);
    if verdict == Verdict::Unreadable {
        return Outcome::Fails;
    }
    // `null` is a readable answer, too.
    let answer: Value = serde_json::from_str(answer).unwrap();
    let asked = meant(command, request);
    let mut request = asked.clone();
    let (mut crashes, mut objects) = (false, false);
    for rule in rules(command) {
        let value = match (field(&answer, &rule.name), &rule.kind) {
            (Some(value), kind) => kind.read(value),
            (None, Kind::Plain(plain)) if rule.replaces == Replaces::Always => plain.read(None),
            (None, _) => continue,
        };
        let Some(value) = value else {
            return Outcome::Fails;
        };
        let list = value.as_array();
        let empty = list.is_some_and(Vec::is_empty) || value == "";
        match rule.replaces {
            Replaces::Never => continue,
            Replaces::WhenNotEmpty if empty => continue,
            Replaces::InMembers => {
                crashes |= replace_in_members(&mut request, &value).is_none();
                continue;
            }
            Replaces::WhenNotEmpty | Replaces::WhenNotNull | Replaces::Always => {}
        }
        if let (Kind::Inlined { .. }, Value::Object(fields)) = (&rule.kind, &value) {
            for (name, value) in fields {
                request[name] = value.clone();
            }
            continue;
        }
        let name = rule.in_request.as_ref().unwrap_or(&rule.name);
        // The server's handler dereferences the pointers of the request, and those in a list.
        crashes |= rule.null_in_request == Some(NullInRequest::Crashes) && asked[name].is_null()
            || list.is_some_and(|list| list.contains(&Value::Null));
        objects |= checks && rule.must_be.is_some() && !is_json_object_or_null(&value);
        request[name] = value;
    }
    match verdict {
        Verdict::Refused {
            code,
            message,
            detail,
        } => stops(code, message, detail),
        _ if objects => Outcome::Objects,
        _ if crashes => Outcome::Crashes,
        _ => done(command, request),
    }
}

/// What OpenIM does with a request if it asks nobody.
pub fn openim_unasked(command: &str, request: &Value) -> Outcome {
    done(command, meant(command, request))
}

/// The request of the user. The body shows some fields as empty or 0 if the request does not have them.
fn meant(command: &str, body: &Value) -> Value {
    let mut request = body.clone();
    for rule in rules(command) {
        if rule.request_shows_null_as.as_ref() == Some(&body[&rule.name]) {
            request[&rule.name] = Value::Null;
        }
    }
    request
}

/// Does what a request says.
fn done(command: &str, mut request: Value) -> Outcome {
    let is = |rule: &Field, what: fn(&str) -> bool| request[&rule.name].as_str().is_some_and(what);
    let mut fields = rules(command).iter();
    if fields.any(|it| it.emptied == Some(Emptied::Fails) && is(it, str::is_empty)) {
        return Outcome::Fails;
    }
    let is_blank = |text: &str| text.trim().is_empty();
    let mut fields = rules(command).iter();
    if fields.any(|it| it.blank == Some(Blank::DropsEverything) && is(it, is_blank)) {
        for rule in rules(command).iter().filter(|it| it.emptied.is_none()) {
            request[&rule.name] = Value::Null;
        }
    }
    Outcome::Proceeds(request)
}

/// Replaces values of the request's members. `None` if an element has no user, which crashes the server's handler.
fn replace_in_members(request: &mut Value, changes: &Value) -> Option<()> {
    for change in changes.as_array()? {
        let user = change["userID"].as_str()?;
        let members = request["memberList"].as_array_mut()?.iter_mut();
        for member in members.filter(|member| member["userID"] == user) {
            for (name, value) in change.as_object()?.iter().filter(|(_, it)| !it.is_null()) {
                member[name] = value.clone();
            }
        }
    }
    Some(())
}

/// Whether Go reads a text as JSON into a structure.
fn is_json_object_or_null(text: &Value) -> bool {
    let json = serde_json::from_str::<Value>(text.as_str().unwrap_or_default());
    json.is_ok_and(|json| json.is_object() || json.is_null())
}

/// The records that OpenIM makes of a conversation between two users. It asks before each of the two, but the second time
/// again about the first user's record.
pub fn openim_makes_records(request: &Value, answers: [&str; 2]) -> Vec<Value> {
    let command = "callbackBeforeCreateSingleChatConversationsCommand";
    let [first, second] = answers;
    let Outcome::Proceeds(own) = openim_proceeds(command, request, first) else {
        return Vec::new();
    };
    let Outcome::Proceeds(_) = openim_proceeds(command, &own, second) else {
        return vec![own];
    };
    let mut others = own.clone();
    others["ownerUserId"] = own["userId"].clone();
    others["userId"] = own["ownerUserId"].clone();
    vec![own, others]
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

#[test]
fn a_change_of_a_group_takes_its_fields_from_the_answer() {
    use serde_json::json;

    let old = "callbackBeforeSetGroupInfoCommand";
    let body = json!({
        "groupID": "g", "groupName": "Name", "notification": "Note", "introduction": "", "faceURL": "f", "ex": "",
        "needVerification": 2, "lookMemberInfo": 0, "applyMemberFriend": 0,
    });
    let done = |group: &str, name: &str, face: &str, ex: Value, look: Value| {
        Outcome::Proceeds(json!({
            "groupID": group, "groupName": name, "notification": "Note", "introduction": "", "faceURL": face, "ex": ex,
            "needVerification": 2, "lookMemberInfo": look, "applyMemberFriend": null,
        }))
    };
    let null = Value::Null;
    let as_asked = done("g", "Name", "f", null.clone(), null.clone());
    assert_eq!(openim_unasked(old, &body), as_asked);
    for (answer, outcome) in [
        ("{}", Outcome::Fails),
        (r#"{"groupID":null}"#, Outcome::Fails),
        (
            r#"{"groupID":"g"}"#,
            done("g", "", "", null.clone(), null.clone()),
        ),
        (
            r#"{"groupID":"h","groupName":"Name","faceURL":"f"}"#,
            done("h", "Name", "f", null.clone(), null.clone()),
        ),
        (
            r#"{"groupID":"g","groupName":"Name","introduction":"","faceURL":"f","notification":"Other"}"#,
            as_asked,
        ),
        // What the body shows as empty or 0 would be stored.
        (
            r#"{"groupID":"g","groupName":"Name","faceURL":"f","ex":"","lookMemberInfo":0}"#,
            done("g", "Name", "f", json!(""), json!(0)),
        ),
        (r#"{"groupID":"g","groupName":1}"#, Outcome::Fails),
        (r#"{"groupID":"g","lookMemberInfo":"1"}"#, Outcome::Fails),
    ] {
        assert_eq!(openim_proceeds(old, &body, answer), outcome, "{answer}");
    }

    let new = "callbackBeforeSetGroupInfoExCommand";
    let body = json!({
        "groupID": "g", "groupName": "Name", "notification": "Note", "introduction": null, "faceURL": "", "ex": null,
        "needVerification": 0, "lookMemberInfo": null, "applyMemberFriend": null,
    });
    let done = |name: Value, notice: Value, face: Value, rule: Value| {
        Outcome::Proceeds(json!({
            "groupID": "g", "groupName": name, "notification": notice, "introduction": null, "faceURL": face, "ex": null,
            "needVerification": rule, "lookMemberInfo": null, "applyMemberFriend": null,
        }))
    };
    let as_asked = done(json!("Name"), json!("Note"), json!(""), json!(0));
    let nothing = done(null.clone(), null.clone(), null.clone(), null.clone());
    assert_eq!(openim_unasked(new, &body), as_asked);
    for (answer, outcome) in [
        ("{}", Outcome::Fails),
        (
            r#"{"groupID":"g"}"#,
            done(null.clone(), json!("Note"), null.clone(), null.clone()),
        ),
        (
            r#"{"groupID":"g","groupName":"Name","faceURL":"","needVerification":0,"ex":null}"#,
            as_asked,
        ),
        (
            r#"{"groupID":"g","groupName":"","faceURL":"f"}"#,
            nothing.clone(),
        ),
        (
            r#"{"groupID":"g","groupName":" \t","faceURL":"f"}"#,
            nothing.clone(),
        ),
        (
            r#"{"groupID":"g","groupName":{"value":"x"}}"#,
            Outcome::Fails,
        ),
        (r#"{"groupID":"g","needVerification":"1"}"#, Outcome::Fails),
    ] {
        assert_eq!(openim_proceeds(new, &body, answer), outcome, "{answer}");
    }
    let mut blank = body.clone();
    blank["groupName"] = json!(" ");
    assert_eq!(openim_unasked(new, &blank), nothing);
    assert!(matches!(
        openim_proceeds(old, &body, r#"{"nextCode":1,"errCode":20001}"#),
        Outcome::Stops { code: 20001, .. }
    ));
}

#[test]
fn an_answer_about_joining_members_changes_those_that_it_names_and_crashes_without_a_user() {
    use serde_json::json;

    let command = "callbackBeforeMembersJoinGroupCommand";
    let body = json!({
        "groupID": "g", "memberList": [{"userID": "ana", "ex": ""}, {"userID": "leo", "ex": ""}], "groupEx": "",
    });
    let with = |member: Value| {
        let mut request = body.clone();
        request["memberList"][1] = member;
        Outcome::Proceeds(request)
    };
    let unchanged = Outcome::Proceeds(body.clone());
    for (list, outcome) in [
        ("null", unchanged.clone()),
        ("[]", unchanged.clone()),
        (r#"[{"userID":"eva","roleLevel":100}]"#, unchanged.clone()),
        (r#"[{"userID":"leo","nickname":null}]"#, unchanged),
        (
            r#"[{"userID":"leo","nickname":"L","roleLevel":100}]"#,
            with(json!({"userID": "leo", "ex": "", "nickname": "L", "roleLevel": 100})),
        ),
        ("[null]", Outcome::Crashes),
        (r#"[{"nickname":"L"}]"#, Outcome::Crashes),
        (r#"[{"userID":null}]"#, Outcome::Crashes),
        (r#"[{"userID":1}]"#, Outcome::Fails),
        (r#"[{"userID":"leo","muteEndTime":"1"}]"#, Outcome::Fails),
    ] {
        let answer = format!(r#"{{"memberCallbackList":{list}}}"#);
        assert_eq!(openim_proceeds(command, &body, &answer), outcome, "{list}");
    }
}

#[test]
fn an_answer_about_a_push_replaces_recipients_and_all_texts_at_once() {
    use serde_json::json;

    let (offline, online, group) = (
        "callbackBeforeOfflinePushCommand",
        "callbackBeforeOnlinePushCommand",
        "callbackBeforeGroupOnlinePushCommand",
    );
    let request = json!({"userIDList": ["leo", "bob"], "title": "t", "desc": "d", "ex": "e",
        "iOSPushSound": "s", "iOSBadgeCount": true, "signalInfo": "i", "sendID": "ana"});
    let unchanged = Outcome::Proceeds(request.clone());
    let with = |changes: Value| {
        let mut request = request.clone();
        for (key, value) in changes.as_object().unwrap() {
            request[key] = value.clone();
        }
        Outcome::Proceeds(request)
    };
    let no_texts = json!({"title": "", "desc": "", "ex": "", "iOSPushSound": "",
        "iOSBadgeCount": false, "signalInfo": ""});
    let mut title = no_texts.clone();
    title["title"] = json!("x");
    for (command, answer, outcome) in [
        (offline, "{}", unchanged.clone()),
        (
            offline,
            r#"{"userIDList":[],"offlinePushInfo":null}"#,
            unchanged.clone(),
        ),
        (
            offline,
            r#"{"userIDList":["x"]}"#,
            with(json!({"userIDList": ["x"]})),
        ),
        (offline, r#"{"offlinePushInfo":{}}"#, with(no_texts)),
        (offline, r#"{"offlinePushInfo":{"title":"x"}}"#, with(title)),
        (offline, r#"{"offlinePushInfo":[]}"#, Outcome::Fails),
        (
            offline,
            r#"{"offlinePushInfo":{"iOSBadgeCount":1}}"#,
            Outcome::Fails,
        ),
        (
            online,
            r#"{"userIDList":["x"],"offlinePushInfo":{}}"#,
            unchanged.clone(),
        ),
        (online, r#"{"userIDList":"x"}"#, Outcome::Fails),
        (
            group,
            r#"{"userIDList":["x"]}"#,
            with(json!({"userIDList": ["x"]})),
        ),
        (
            group,
            r#"{"userIDList":[],"offlinePushInfo":{}}"#,
            unchanged,
        ),
    ] {
        let happens = openim_proceeds(command, &request, answer);
        assert_eq!(happens, outcome, "{command}: {answer}");
    }
}

#[test]
fn a_message_is_changed_under_the_names_of_the_answer_and_its_content_must_be_an_object() {
    use serde_json::json;

    let command = "callbackBeforeMsgModifyCommand";
    let request = json!({
        "sendID": "ana", "contentType": 101, "content": "{\"content\":\"hi\"}", "atUserList": null, "faceURL": "f", "ex": "",
    });
    let with = |field: &str, value: Value| {
        let mut request = request.clone();
        request[field] = value;
        Outcome::Proceeds(request)
    };
    let unchanged = Outcome::Proceeds(request.clone());
    for (answer, outcome) in [
        ("{}", unchanged.clone()),
        (r#"{"content":null,"atUserIDList":null}"#, unchanged.clone()),
        // The names of the request have no effect.
        (r#"{"atUserList":["leo"],"faceURL":"g"}"#, unchanged.clone()),
        (r#"{"content":"{}"}"#, with("content", json!("{}"))),
        (r#"{"content":"null"}"#, with("content", json!("null"))),
        (r#"{"content":{"content":"ho"}}"#, Outcome::Fails),
        (
            r#"{"atUserIDList":["leo"]}"#,
            with("atUserList", json!(["leo"])),
        ),
        (r#"{"atUserIDList":[]}"#, with("atUserList", json!([]))),
        (r#"{"senderFaceURL":"g"}"#, with("faceURL", json!("g"))),
        (r#"{"ex":""}"#, unchanged.clone()),
        (
            r#"{"options":{"history":false}}"#,
            with("options", json!({"history": false})),
        ),
        (r#"{"options":{"history":1}}"#, Outcome::Fails),
        (r#"{"offlinePushInfo":{"title":"t"}}"#, Outcome::Crashes),
        (r#"{"sessionType":"3"}"#, Outcome::Fails),
    ] {
        assert_eq!(
            openim_proceeds(command, &request, answer),
            outcome,
            "{answer}"
        );
        assert_eq!(
            openim_release_proceeds(command, &request, answer),
            outcome,
            "{answer}"
        );
    }
    for content in ["", "changed", "[1]", "7", "{\"content\":\"hi\"} x"] {
        let answer = json!({ "content": content }).to_string();
        assert_eq!(
            openim_proceeds(command, &request, &answer),
            Outcome::Objects,
            "{content}"
        );
        let sent = openim_release_proceeds(command, &request, &answer);
        assert_eq!(
            sent,
            with("content", json!(content)),
            "the release sends it"
        );
    }
}

#[test]
fn the_first_answer_about_a_chat_counts_for_both_users() {
    use serde_json::json;

    let record = |owner: &str, user: &str, pinned: bool| json!({"ownerUserId": owner, "userId": user, "recvMsgOpt": 0, "isPinned": pinned});
    let both = |pinned| vec![record("ana", "leo", pinned), record("leo", "ana", pinned)];
    let refused = r#"{"nextCode":1,"errCode":20001}"#;
    for (answers, records) in [
        (["{}", "{}"], both(false)),
        ([r#"{"isPinned":true}"#, "{}"], both(true)),
        (["{}", r#"{"isPinned":true}"#], both(false)),
        (
            [
                r#"{"isPinned":true}"#,
                r#"{"isPinned":false,"recvMsgOpt":2}"#,
            ],
            both(true),
        ),
        ([refused, "{}"], Vec::new()),
        (["no JSON", "{}"], Vec::new()),
        (["{}", refused], vec![record("ana", "leo", false)]),
        (
            ["{}", r#"{"isPinned":"true"}"#],
            vec![record("ana", "leo", false)],
        ),
    ] {
        let made = openim_makes_records(&record("ana", "leo", false), answers);
        assert_eq!(made, records, "{answers:?}");
    }
}
