//! The events that the functions get: a REST API's events of requests from the chat servers.

use std::{
    borrow::Cow,
    sync::atomic::{AtomicU64, Ordering},
    time::{SystemTime, UNIX_EPOCH},
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use models::HttpRequest;
use serde_json::Value;

use crate::endpoint::PASSWORD;

pub(crate) const OPENIM_USER: &str = "openim";
pub(crate) const TENCENT_APP: &str = "1400000001";
pub(crate) const TENCENT_TOKEN: &str = "b6e1f0c27d5a4893";

/// A callback whose body is, byte for byte, what the server sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Callback {
    /// OpenIM reports that a friend was deleted.
    DeleteFriend,
    /// OpenIM asks whether a friend may be added.
    BeforeAddFriend,
    /// Tencent Chat reports that friends were deleted, with a signature.
    TencentFriendDelete,
    /// OpenIM reports a message with a text of this many bytes.
    Message(usize),
    /// OpenIM asks whether a message with a text of this many bytes may be sent.
    BeforeMessage(usize),
    /// The first of these, with a wrong password.
    WrongPassword,
    /// The same with the right password, and a short body that is not JSON.
    NotJson,
    /// The same with a body of that many megabytes.
    Large(usize),
}

impl Callback {
    fn body(self) -> Cow<'static, str> {
        match self {
            Self::DeleteFriend | Self::WrongPassword => include_str!(
                "../../tests/payloads/openim/callbackAfterDeleteFriendCommand.server.json"
            )
            .into(),
            Self::BeforeAddFriend => include_str!(
                "../../tests/payloads/openim/callbackBeforeAddFriendCommand.server.json"
            )
            .into(),
            Self::TencentFriendDelete => {
                include_str!("../../tests/payloads/tencent/Sns.CallbackFriendDelete.document.json")
                    .into()
            }
            Self::Message(bytes) => with_text(
                include_str!(
                    "../../tests/payloads/openim/callbackAfterSendSingleMsgCommand.server.json"
                ),
                bytes,
            )
            .into(),
            Self::BeforeMessage(bytes) => with_text(
                include_str!(
                    "../../tests/payloads/openim/callbackBeforeSendSingleMsgCommand.server.json"
                ),
                bytes,
            )
            .into(),
            Self::NotJson => "hello".into(),
            Self::Large(megabytes) => "x".repeat(megabytes * 1_000_000).into(),
        }
    }

    /// The number of items that a function writes for it.
    pub(crate) fn items(self) -> u64 {
        match self {
            Self::DeleteFriend | Self::TencentFriendDelete | Self::Message(_) => 1,
            Self::BeforeAddFriend
            | Self::BeforeMessage(_)
            | Self::WrongPassword
            | Self::NotJson
            | Self::Large(_) => 0,
        }
    }

    /// A gateway's event with this callback. Each event has its own id and time.
    pub(crate) fn event(self) -> Vec<u8> {
        static EVENTS: AtomicU64 = AtomicU64::new(0);
        let number = EVENTS.fetch_add(1, Ordering::Relaxed);
        let (path, query) = match self {
            Self::BeforeAddFriend => ("/callbackBeforeAddFriendCommand", Vec::new()),
            Self::TencentFriendDelete => ("/tencent", tencent_query(now_millis() / 1000)),
            Self::Message(_) => ("/callbackAfterSendSingleMsgCommand", Vec::new()),
            Self::BeforeMessage(_) => ("/callbackBeforeSendSingleMsgCommand", Vec::new()),
            _ => ("/callbackAfterDeleteFriendCommand", Vec::new()),
        };
        let own_headers = match self {
            Self::TencentFriendDelete => Vec::new(),
            Self::WrongPassword => openim_headers("wrong", "3f1c9a54-8f0e-4c1b-9b6e-0d5a7f21c0e4"),
            _ => openim_headers(PASSWORD, "3f1c9a54-8f0e-4c1b-9b6e-0d5a7f21c0e4"),
        };
        event(&Request {
            path,
            route: path,
            query,
            own_headers,
            body: &self.body(),
            id: &format!("BeNcH{number:08}="),
            received_at: now_millis(),
        })
    }

    /// The same with changes in the event.
    pub(crate) fn changed_event(self, change: impl FnOnce(&mut Value)) -> Vec<u8> {
        let mut event = serde_json::from_slice(&self.event()).unwrap_or_default();
        change(&mut event);
        event.to_string().into_bytes()
    }

    /// Whether a function's response is as it must be: success, as the server reads it, or this callback's refusal.
    pub(crate) fn is_accepted(self, response: &[u8]) -> bool {
        let Ok(response) = serde_json::from_slice::<Value>(response) else {
            return false;
        };
        let Some(Ok(body)) = response["body"].as_str().map(serde_json::from_str::<Value>) else {
            return false;
        };
        let status = &response["statusCode"];
        match self {
            Self::TencentFriendDelete => {
                *status == 200 && body["ActionStatus"] == "OK" && body["ErrorCode"] == 0
            }
            Self::DeleteFriend
            | Self::BeforeAddFriend
            | Self::Message(_)
            | Self::BeforeMessage(_) => {
                *status == 200 && body["actionCode"] == 0 && body["errCode"] == 0
            }
            Self::WrongPassword => *status == 401 && body["errCode"] == 29001,
            Self::NotJson => *status == 400 && body["errCode"] == 29006,
            Self::Large(_) => *status == 413 && body["errCode"] == 29003,
        }
    }
}

/// The body of a message with another text of this many bytes. The text has the words of a chat, so it is searched and stored
/// like one.
fn with_text(body: &str, bytes: usize) -> String {
    const WORDS: &str =
        "see you at the station at nine tomorrow, bring the two books with you please, ";
    const BEFORE: &str = r#""content":""#;
    let (head, rest) = body.split_once(BEFORE).unwrap_or((body, ""));
    let (_, tail) = rest.split_once("}\",").unwrap_or_default();
    let text: String = WORDS.chars().cycle().take(bytes).collect();
    format!(r#"{head}{BEFORE}{{\"content\":\"{text}\"}}",{tail}"#)
}

/// A callback on its way through the gateway.
pub(crate) struct Request<'a> {
    pub(crate) path: &'a str,
    pub(crate) route: &'a str,
    pub(crate) query: Vec<(&'a str, String)>,
    /// Those that not every request has.
    pub(crate) own_headers: Vec<(&'a str, String)>,
    pub(crate) body: &'a str,
    /// The gateway's id of the request.
    pub(crate) id: &'a str,
    /// In milliseconds.
    pub(crate) received_at: i64,
}

/// The headers of a callback of OpenIM, whose URL contains the password.
pub(crate) fn openim_headers(password: &str, operation_id: &str) -> Vec<(&'static str, String)> {
    let basic = BASE64_STANDARD.encode(format!("{OPENIM_USER}:{password}"));
    vec![
        ("Authorization", format!("Basic {basic}")),
        ("operationID", operation_id.to_owned()),
    ]
}

/// The event that a function gets of a request.
pub(crate) fn event(request: &Request<'_>) -> Vec<u8> {
    let host = "a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com";
    let trace = format!("Root=1-6740d7a0-{:024x}", request.received_at);
    let mut headers = vec![
        ("Accept-Encoding", "gzip".to_owned()),
        ("Content-Type", "application/json; charset=utf-8".to_owned()),
        ("Host", host.to_owned()),
        ("User-Agent", "Go-http-client/1.1".to_owned()),
        ("X-Amzn-Trace-Id", trace),
        ("X-Forwarded-For", "203.0.113.7".to_owned()),
        ("X-Forwarded-Port", "443".to_owned()),
        ("X-Forwarded-Proto", "https".to_owned()),
    ];
    headers.extend(request.own_headers.iter().cloned());
    HttpRequest {
        method: "POST".to_owned(),
        path: request.path.to_owned(),
        route: request.route.to_owned(),
        query: owned(&request.query),
        headers: owned(&headers),
        body: request.body.as_bytes().to_owned(),
        base64: false,
    }
    .to_rest_api_event(request.id, request.received_at)
    .to_string()
    .into_bytes()
}

/// The time since 1970 in milliseconds.
pub(crate) fn now_millis() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    i64::try_from(now.unwrap_or_default().as_millis()).unwrap_or_default()
}

/// The query of a callback, signed as Tencent Chat does: <https://www.tencentcloud.com/document/product/1047/34354>.
fn tencent_query(now: i64) -> Vec<(&'static str, String)> {
    let signed = format!("{TENCENT_TOKEN}{now}");
    let digest = ring::digest::digest(&ring::digest::SHA256, signed.as_bytes());
    vec![
        ("SdkAppid", TENCENT_APP.to_owned()),
        ("CallbackCommand", "Sns.CallbackFriendDelete".to_owned()),
        ("contenttype", "json".to_owned()),
        ("ClientIP", "203.0.113.7".to_owned()),
        ("OptPlatform", "iOS".to_owned()),
        ("RequestTime", now.to_string()),
        ("Sign", base16ct::lower::encode_string(digest.as_ref())),
    ]
}

fn owned(pairs: &[(&str, String)]) -> Vec<(String, String)> {
    let pairs = pairs.iter();
    pairs
        .map(|(name, value)| ((*name).to_owned(), value.clone()))
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_an_answer_that_the_server_reads_as_success_counts_as_accepted() {
        let response =
            |status: u64, body: &str| json!({"statusCode": status, "body": body}).to_string();
        let openim = Callback::DeleteFriend;
        let accepted = r#"{"actionCode":0,"errCode":0,"errMsg":"","errDlt":"","nextCode":0}"#;
        assert!(openim.is_accepted(response(200, accepted).as_bytes()));
        for refused in [
            response(503, accepted),
            response(200, r#"{"actionCode":0,"errCode":29011}"#),
            response(200, r#"{"actionCode":1,"errCode":0}"#),
            response(200, "{}"),
            response(200, ""),
            "{}".to_owned(),
            String::new(),
        ] {
            assert!(!openim.is_accepted(refused.as_bytes()), "{refused}");
        }
        let tencent = Callback::TencentFriendDelete;
        let accepted = response(200, r#"{"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":""}"#);
        assert!(tencent.is_accepted(accepted.as_bytes()));
        let refused = response(200, r#"{"ActionStatus":"FAIL","ErrorCode":1}"#);
        assert!(!tencent.is_accepted(refused.as_bytes()));
    }

    #[test]
    fn only_the_text_of_a_message_is_another() {
        for callback in [Callback::Message(1000), Callback::BeforeMessage(1000)] {
            let body: Value = serde_json::from_str(&callback.body()).unwrap();
            let content: Value = serde_json::from_str(body["content"].as_str().unwrap()).unwrap();
            assert_eq!(content["content"].as_str().unwrap().len(), 1000);
            assert_eq!(body.as_object().unwrap().len(), 19);
            assert!(body["recvID"].is_string());
        }
    }

    #[test]
    fn every_event_has_its_own_id() {
        let id = || {
            let event: Value = serde_json::from_slice(&Callback::DeleteFriend.event()).unwrap();
            event["requestContext"]["extendedRequestId"].clone()
        };
        assert_ne!(id(), id());
    }
}
