use models::{Verdict, read_as_openim};
use receiver::ProblemKind;
use serde_json::{Map, Value};

/// An answer as its caller reads it.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) to_tencent: bool,
    /// The sentence and the code, if the answer is a refusal.
    pub(crate) refusal: Option<(String, i64)>,
}

impl Answer {
    /// Reads a response as the caller does. Panics if the caller could not read it.
    pub(crate) fn read(response: &Value) -> Self {
        let content_type = match &response["multiValueHeaders"] {
            Value::Null => &response["headers"]["content-type"],
            several => &several["content-type"][0],
        };
        assert_eq!(content_type, "application/json");
        assert_eq!(response["isBase64Encoded"], false);
        let body = response["body"].as_str().expect("the response has a body");
        let object: Map<String, Value> =
            serde_json::from_str(body).expect("the body is a JSON object");
        let to_tencent = object.contains_key("ActionStatus");
        // Tencent Chat reads another status than 200 as a failure, so a decision has status 200. OpenIM ignores the
        // status.
        let mut is_decided = true;
        let refusal = if to_tencent {
            let sentence = object["ErrorInfo"]
                .as_str()
                .expect("the answer has an ErrorInfo")
                .to_owned();
            match (
                object["ActionStatus"].as_str(),
                object["ErrorCode"].as_i64(),
            ) {
                (Some("OK"), Some(0)) => None,
                (Some("OK"), Some(code @ 1..)) => Some((sentence, code)),
                (Some("FAIL"), Some(code @ 1..)) => {
                    is_decided = false;
                    Some((sentence, code))
                }
                _ => panic!("contradictory: {body}"),
            }
        } else {
            match read_as_openim(body) {
                // A failure is allowed where the command must never be refused. Its status still shows it.
                Verdict::Allowed => {
                    is_decided = response["statusCode"] == 200;
                    None
                }
                Verdict::Refused { code, message, .. } => {
                    is_decided = code <= 29_000 || response["statusCode"] == 200;
                    Some((message, code))
                }
                Verdict::Unreadable => panic!("unreadable: {body}"),
            }
        };
        assert_eq!(response["statusCode"] == 200, is_decided, "{response}");
        Self {
            to_tencent,
            refusal,
        }
    }

    pub(crate) fn is(&self, kind: ProblemKind) -> bool {
        match &self.refusal {
            Some((sentence, _)) if self.to_tencent => sentence.starts_with(kind.message()),
            Some((_, code)) => *code == i64::from(kind.code().get()),
            None => false,
        }
    }
}
