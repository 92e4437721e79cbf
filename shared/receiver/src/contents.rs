//! Takes what people wrote out of a reception, for operators who do not want to store it.

use domain::{Events, Family, Reception};
use serde_json::{Map, Value};

/// The longest text that can be an id, in bytes.
const ID_BYTES: usize = 128;

/// The reception without the contents of messages.
///
/// A body can have contents under any key. Beside events, which say the rest, it is not kept. If no event says what it means,
/// only values that certainly have no contents stay in it. The bodies of other families have no messages, and stay whole.
pub(crate) fn without_contents(mut reception: Reception) -> Reception {
    reception.events.remove_contents();
    let command = protocol::command(reception.source, &reception.command);
    let has_messages = command.is_none_or(|it| {
        matches!(
            it.family,
            Family::Message | Family::Push | Family::Moderation | Family::Unknown
        )
    });
    if has_messages {
        let body = reception.body.take();
        if reception.events == Events::Unknown {
            reception.body = body.as_deref().and_then(without_texts);
        }
        reception.target = None;
    }
    reception
}

/// The object with null for every value that may be a text of somebody. `None` if it is not an object.
fn without_texts(body: &str) -> Option<String> {
    let text = protocol::text(body.as_bytes());
    let members: Map<String, Value> = serde_json::from_str(&text).ok()?;
    let members = members.into_iter().map(|(key, value)| {
        let stays = is_harmless(&key) && is_plain(&value);
        (key, if stays { value } else { Value::Null })
    });
    Some(Value::Object(members.collect()).to_string())
}

/// Whether a key of OpenIM or Tencent Chat is that of an id, a time, a number or a word of the server.
fn is_harmless(key: &str) -> bool {
    const ENDS: [&str; 9] = [
        "account", "command", "flag", "id", "ids", "idlist", "seq", "seqs", "time",
    ];
    const WHOLE: [&str; 9] = [
        "atuserlist",
        "contenttype",
        "msgfrom",
        "msgkey",
        "msgrandom",
        "platform",
        "sessiontype",
        "status",
        "unreadmsgnum",
    ];
    let key = key.to_ascii_lowercase();
    WHOLE.contains(&&*key) || ENDS.iter().any(|end| key.ends_with(end))
}

/// Whether a value can be an id, or a list of ids.
fn is_plain(value: &Value) -> bool {
    let is_scalar = |value: &Value| match value {
        Value::String(text) => text.len() <= ID_BYTES,
        Value::Array(_) | Value::Object(_) => false,
        Value::Null | Value::Bool(_) | Value::Number(_) => true,
    };
    match value {
        Value::Array(values) => values.iter().all(is_scalar),
        value => is_scalar(value),
    }
}

#[cfg(test)]
mod tests {
    use domain::{Source, Timestamp};
    use serde_json::json;

    use super::*;

    fn kept(source: Source, command: &str, body: &str) -> Option<String> {
        let reception = Reception {
            id: "r".to_owned(),
            received_at: Timestamp::from_unix_millis(1_700_000_000_123).unwrap(),
            source,
            command: command.to_owned(),
            operation_id: None,
            events: Events::Unknown,
            body: Some(body.to_owned()),
            target: None,
            part: None,
        };
        without_contents(reception).body
    }

    #[test]
    fn a_body_that_can_have_messages_keeps_only_ids_times_and_numbers() {
        let long = "x".repeat(ID_BYTES + 1);
        let openim = json!({
            "callbackCommand": "callbackAfterSendSingleMsgCommand", "sendID": "ana", "recvID": 7, "seq": 3,
            "clientMsgID": long, "content": "{\"content\":\"secret\"}", "contentType": 101, "sendTime": 1,
            "atUserList": ["leo"], "senderNickname": "secret", "faceURL": "secret", "ex": "secret", "title": "secret",
            "userIDList": [{"secret": 1}], "offlinePushInfo": {"userID": "secret"}, "isRead": true,
        });
        let tencent = json!({
            "CallbackCommand": "C2C.CallbackAfterSendMsg", "From_Account": "ana", "To_Account": "leo", "MsgSeq": 1,
            "MsgKey": "1_2_3", "OnlineOnlyFlag": 0, "CloudCustomData": "secret", "Data": "secret", "ErrorInfo": "secret",
            "ExtensionList": [{"Key": "secret", "Value": "secret"}], "TopicId": "t",
            "MsgBody": [{"MsgType": "TIMTextElem", "MsgContent": {"Text": "secret"}}],
        });
        let judged = json!({
            "Scene": "C2C", "From_Account": "ana", "TextContent": ["secret"], "FileURL": "secret", "CtxcbResult": 1,
            "CtxcbKeywords": ["secret"], "CloudCustomData": "secret", "MsgID": "1_2_3",
        });
        for (source, command, body) in [
            (Source::Tencent, "ContentCallback.ResultNotify", &judged),
            (Source::OpenIm, "callbackAfterSendSingleMsgCommand", &openim),
            (Source::OpenIm, "callbackAfterSomethingNewCommand", &openim),
            (Source::Tencent, "C2C.CallbackAfterSendMsg", &tencent),
            (Source::Tencent, "Chatbot.OnC2CSignalMessage", &tencent),
            (
                Source::Tencent,
                "OfficialAccount.CallbackAfterSendMsg",
                &tencent,
            ),
        ] {
            let kept = kept(source, command, &body.to_string()).unwrap();
            assert!(!kept.contains("secret") && !kept.contains("xxx"), "{kept}");
            let kept: Value = serde_json::from_str(&kept).unwrap();
            let keys = |value: &Value| {
                value
                    .as_object()
                    .unwrap()
                    .keys()
                    .cloned()
                    .collect::<Vec<_>>()
            };
            assert_eq!(keys(&kept), keys(body));
            for key in [
                "sendID",
                "recvID",
                "contentType",
                "sendTime",
                "atUserList",
                "From_Account",
                "MsgKey",
                "MsgSeq",
                "TopicId",
            ] {
                assert_eq!(kept[key], body[key], "{key}");
            }
        }
    }

    #[test]
    fn a_body_that_is_no_object_is_not_kept_and_that_of_another_family_stays() {
        let deep = "[".repeat(1000) + &"]".repeat(1000);
        for body in [
            "secret",
            "[\"secret\"]",
            "\"secret\"",
            "",
            &format!("{{\"a\":{deep}}}"),
        ] {
            assert_eq!(
                kept(Source::OpenIm, "callbackAfterSomethingNewCommand", body),
                None
            );
        }
        let body = r#"{"ownerUserID": 7, "friendUserID": "leo"}"#;
        assert_eq!(
            kept(Source::OpenIm, "callbackAfterDeleteFriendCommand", body).as_deref(),
            Some(body)
        );
    }
}
