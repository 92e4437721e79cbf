use serde_json::Value;

use crate::{Verdict, read_as_openim};

/// What OpenIM does with what somebody asked for, after the answer to the callback before it.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// It goes on with this request: the callback's body, with what the answer overrides.
    Proceeds(Value),
    /// It stops, and the caller's client gets these.
    Stops {
        /// `errCode`.
        code: i64,
        /// `errMsg`.
        message: String,
        /// `errDlt`.
        detail: String,
    },
    /// It stops with an error of the server's own, because the answer cannot be read.
    Fails,
}

/// When a field of the answer replaces the one of the same name in the request.
#[derive(Clone, Copy)]
enum Override {
    TextIfNotEmpty(&'static str),
    ListIfNotEmpty(&'static str),
}

fn overrides(command: &str) -> &'static [Override] {
    match command {
        "callbackBeforeAddFriendCommand"
        | "callbackBeforeAddFriendAgreeCommand"
        | "callbackBeforeAddBlackCommand" => &[],
        "callbackBeforeImportFriendsCommand" => &[Override::ListIfNotEmpty("friendUserIDs")],
        "callbackBeforeSetFriendRemarkCommand" => &[Override::TextIfNotEmpty("remark")],
        other => panic!("nothing is known of what an answer to {other} overrides"),
    }
}

/// Reads the answer to a "before" callback as OpenIM does, and applies it to what was asked for. A field
/// of a wrong type makes the whole answer unreadable, a refusal included.
pub fn openim_proceeds(command: &str, request: &Value, answer: &str) -> Outcome {
    let verdict = read_as_openim(answer);
    if verdict == Verdict::Unreadable {
        return Outcome::Fails;
    }
    // An answer can be null.
    let answer: Value = serde_json::from_str(answer).unwrap();
    let field = |name: &str| {
        let mut fields = answer.as_object().into_iter().flatten();
        let same_name = fields.rfind(|(key, _)| key.eq_ignore_ascii_case(name));
        same_name.map(|(_, value)| value).filter(|it| !it.is_null())
    };
    let mut request = request.clone();
    for rule in overrides(command) {
        match *rule {
            Override::TextIfNotEmpty(name) => match field(name) {
                None => {}
                Some(Value::String(text)) if text.is_empty() => {}
                Some(Value::String(text)) => request[name] = text.as_str().into(),
                Some(_) => return Outcome::Fails,
            },
            Override::ListIfNotEmpty(name) => match field(name) {
                None => {}
                Some(Value::Array(list))
                    if list.iter().any(|it| !it.is_string() && !it.is_null()) =>
                {
                    return Outcome::Fails;
                }
                Some(Value::Array(list)) if list.is_empty() => {}
                // A null in a list of texts is an empty text.
                Some(Value::Array(list)) => {
                    let texts = list.iter().map(|it| it.as_str().unwrap_or_default());
                    request[name] = texts.collect();
                }
                Some(_) => return Outcome::Fails,
            },
        }
    }
    match verdict {
        Verdict::Refused {
            code,
            message,
            detail,
        } => stops(code, message, detail),
        _ => Outcome::Proceeds(request),
    }
}

/// What becomes of a refusal on its way to the client.
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
fn this_model_overrides_what_the_server_does_and_nothing_else() {
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
