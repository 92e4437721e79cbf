use serde_json::Value;

/// What Tencent Chat does with a message after the answer to the callback that asks about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MessageOutcome {
    /// The message is sent.
    Sent {
        /// `MsgBody`.
        body: Value,
        /// `CloudCustomData`.
        custom_data: Value,
    },
    /// The message is not sent, and the sender's client gets the code. It gets the text only with a code of the app.
    Refused {
        /// `ErrorCode`.
        code: i64,
        /// `ErrorInfo`.
        info: String,
    },
    /// Nobody gets the message, and the sender's client says that it was sent.
    Dropped,
    /// The documents do not say what happens.
    Unknown,
}

/// Reads the answer to a callback that asks about a message, as Tencent Chat's documents describe it. A status other than
/// 200, and a body without a code, count as a failure. Then the message is sent as it was written, unless the console says
/// otherwise.
pub fn tencent_sends(command: &str, request: &Value, status: u16, answer: &str) -> MessageOutcome {
    let (own, refused) = match command {
        "C2C.CallbackBeforeSendMsg" => (120_001..=130_000, 20006),
        "Group.CallbackBeforeSendMsg" => (10100..=10200, 10016),
        // The codes are those of messages between two users, and the plain refusal is that of groups.
        "OfficialAccount.CallbackBeforeSendMsg" => (120_001..=130_000, 10016),
        other => panic!("{other} asks about no message"),
    };
    let as_written = |key: &str| request[key].clone();
    let answer: Value = serde_json::from_str(answer).unwrap_or_default();
    let code = answer["ErrorCode"].as_i64().filter(|_| status == 200);
    let info = answer["ErrorInfo"].as_str().unwrap_or_default();
    match (code, answer["ActionStatus"].as_str()) {
        (None, _) => MessageOutcome::Sent {
            body: as_written("MsgBody"),
            custom_data: as_written("CloudCustomData"),
        },
        (Some(0), Some("OK")) => {
            let replaced = |key: &str| match answer.get(key) {
                Some(value) => value.clone(),
                None => as_written(key),
            };
            MessageOutcome::Sent {
                body: replaced("MsgBody"),
                custom_data: replaced("CloudCustomData"),
            }
        }
        (Some(1), Some("OK")) => MessageOutcome::Refused {
            code: refused,
            info: String::new(),
        },
        (Some(2), Some("OK")) => MessageOutcome::Dropped,
        (Some(code), Some("OK")) if own.contains(&code) => MessageOutcome::Refused {
            code,
            info: info.to_owned(),
        },
        _ => MessageOutcome::Unknown,
    }
}

#[test]
fn only_an_answer_without_a_code_of_refusal_can_change_a_message() {
    let request = serde_json::json!({"MsgBody": ["old"], "CloudCustomData": "old"});
    let outcome =
        |status, answer: &str| tencent_sends("C2C.CallbackBeforeSendMsg", &request, status, answer);
    let sent = |body: &str, custom_data: &str| MessageOutcome::Sent {
        body: serde_json::json!([body]),
        custom_data: custom_data.into(),
    };
    let answer = |code: i64| {
        format!(r#"{{"ActionStatus":"OK","ErrorCode":{code},"ErrorInfo":"no","MsgBody":["new"]}}"#)
    };
    let refused = |code, info: &str| MessageOutcome::Refused {
        code,
        info: info.to_owned(),
    };
    assert_eq!(outcome(200, &answer(0)), sent("new", "old"));
    assert_eq!(outcome(500, &answer(0)), sent("old", "old"));
    assert_eq!(outcome(200, "ok"), sent("old", "old"));
    assert_eq!(outcome(200, &answer(1)), refused(20006, ""));
    assert_eq!(outcome(200, &answer(2)), MessageOutcome::Dropped);
    assert_eq!(outcome(200, &answer(120_001)), refused(120_001, "no"));
    assert_eq!(outcome(200, &answer(10100)), MessageOutcome::Unknown);
}
