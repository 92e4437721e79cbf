//! Hides what users wrote until somebody asks for it, and hides secrets for ever.

use serde_json::Value;

/// What stands in place of a hidden text.
pub(super) const HIDDEN: &str = "•••";

/// Names of fields whose texts say what or who, and not what somebody wrote.
const PLAIN: [&str; 38] = [
    "command",
    "callbackcommand",
    "type",
    "family",
    "source",
    "received_at",
    "time",
    "timestamp",
    "level",
    "message",
    "function",
    "datacontenttype",
    "specversion",
    "sequence",
    "subject",
    "why",
    "error",
    "unknowncommand",
    "problem",
    "detail",
    "rejection",
    "decision",
    "decidedby",
    "by",
    "rule",
    "kind",
    "how",
    "msgtype",
    "actionstatus",
    "errorinfo",
    "errmsg",
    "errdlt",
    "optplatform",
    "clientip",
    "platform",
    "eventtype",
    "at",
    "actor",
];

/// Names of fields that hold an id of somebody or something.
fn is_id(name: &str) -> bool {
    let ends = ["id", "ids", "userid", "account", "accounts", "key", "seq"];
    let roles = [
        "owner",
        "friend",
        "friends",
        "from",
        "to",
        "user",
        "users",
        "group",
        "members",
        "blocked",
        "others",
        "conversation",
        "reader",
        "creator",
        "follower",
        "followed",
        "id",
    ];
    roles.contains(&name) || ends.iter().any(|end| name.ends_with(end))
}

/// Names of fields that nobody is shown.
fn is_secret(name: &str) -> bool {
    let parts = ["password", "secret", "token", "authorization", "signature"];
    name == "sign" || parts.iter().any(|part| name.contains(part))
}

/// JSON for people. Texts that users wrote are hidden unless `contents`.
pub(super) fn json(value: &Value, contents: bool) -> String {
    let mut value = value.clone();
    hide(&mut value, "", contents);
    serde_json::to_string_pretty(&value).unwrap_or_default()
}

/// A body for people. One that is not JSON is hidden as a whole.
pub(super) fn body(text: &str, contents: bool) -> String {
    match serde_json::from_str::<Value>(text) {
        Ok(value) => json(&value, contents),
        Err(_) if contents || text.is_empty() => text.to_owned(),
        Err(_) => format!("{HIDDEN} ({} bytes that are not JSON)", text.len()),
    }
}

fn hide(value: &mut Value, name: &str, contents: bool) {
    let name = name.to_ascii_lowercase();
    match value {
        _ if is_secret(&name) && !value.is_null() => *value = HIDDEN.into(),
        Value::Object(members) => {
            for (name, value) in members {
                hide(value, name, contents);
            }
        }
        Value::Array(items) => {
            for item in items {
                hide(item, &name, contents);
            }
        }
        Value::String(text) => {
            let is_plain = is_id(&name) || PLAIN.contains(&name.as_str());
            if !contents && !text.is_empty() && !is_plain {
                *value = HIDDEN.into();
            }
        }
        _ => {}
    }
}

/// A sentence. What users wrote is between its first and its last quotation mark.
pub(super) fn sentence(sentence: &str, contents: bool) -> String {
    match (sentence.find('"'), sentence.rfind('"')) {
        (Some(first), Some(last)) if !contents && first < last => {
            format!("{}\"{HIDDEN}{}", &sentence[..first], &sentence[last..])
        }
        _ => sentence.to_owned(),
    }
}

/// The value of a header, or [`HIDDEN`] if it can be a secret.
pub(super) fn header<'a>(name: &str, value: &'a str) -> &'a str {
    const SHOWN: [&str; 9] = [
        "accept",
        "accept-encoding",
        "connection",
        "content-length",
        "content-type",
        "host",
        "operationid",
        "user-agent",
        "traceparent",
    ];
    match SHOWN.contains(&name) {
        true => value,
        false => HIDDEN,
    }
}

/// A path with its query. Only values that the servers document and that are no secrets are shown.
pub(super) fn target(target: &str) -> String {
    const SHOWN: [&str; 5] = [
        "SdkAppid",
        "CallbackCommand",
        "contenttype",
        "ClientIP",
        "OptPlatform",
    ];
    let Some((path, query)) = target.split_once('?') else {
        return target.to_owned();
    };
    let pairs = query.split('&').map(|pair| match pair.split_once('=') {
        Some((name, _)) if !SHOWN.contains(&name) => format!("{name}={HIDDEN}"),
        _ => pair.to_owned(),
    });
    format!("{path}?{}", pairs.collect::<Vec<_>>().join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_users_wrote_is_hidden_until_asked_for_and_secrets_always() {
        let text = r#"{"callbackCommand":"c","sendID":"ana","content":"{\"content\":\"hi\"}","MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"hi"}}],"token":"t0ken","seq":7}"#;
        let masked = body(text, false);
        assert!(
            !masked.contains("hi") && !masked.contains("t0ken"),
            "{masked}"
        );
        for shown in ["\"c\"", "\"ana\"", "TIMTextElem", "7"] {
            assert!(masked.contains(shown), "{shown}: {masked}");
        }
        let shown = body(text, true);
        assert!(shown.contains("\"Text\": \"hi\"") && !shown.contains("t0ken"));
        assert_eq!(body("hi there", false), "••• (8 bytes that are not JSON)");
        assert_eq!(
            sentence(r#"ana wrote leo: "a "b" c", twice"#, false),
            "ana wrote leo: \"•••\", twice"
        );
    }

    #[test]
    fn a_request_is_shown_without_its_password_and_signature() {
        assert_eq!(header("authorization", "Basic b3A6cGFzcw=="), HIDDEN);
        assert_eq!(header("x-signature", "17773bc3"), HIDDEN);
        assert_eq!(header("operationid", "o1"), "o1");
        assert_eq!(
            target("/tencent?SdkAppid=14&Sign=17773bc3&RequestTime=1&CallbackCommand=x"),
            "/tencent?SdkAppid=14&Sign=•••&RequestTime=•••&CallbackCommand=x"
        );
    }
}
