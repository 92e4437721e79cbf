//! Withdraws messages of Tencent Chat.
//!
//! <https://www.tencentcloud.com/document/product/1047/34620>

use std::{
    io::Write as _,
    time::{Duration, UNIX_EPOCH},
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use domain::{Conversation, moderation::Withdrawal};
use flate2::{Compression, write::ZlibEncoder};
use form_urlencoded::Serializer;
use outgoing::ask_json;
use receiver::TencentAdmin;
use ring::hmac;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::withdraw::{Message, NotWithdrawn, other};

/// How long a signature is valid. One is made for each request.
const VALID: Duration = Duration::from_secs(600);

#[derive(Debug)]
pub(crate) struct Tencent {
    admin: TencentAdmin,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    error_code: i64,
    /// One for each message.
    #[serde(default)]
    recall_ret_list: Vec<Recalled>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Recalled {
    ret_code: i64,
}

impl Tencent {
    pub(crate) fn new(admin: TencentAdmin) -> Self {
        Self { admin }
    }

    pub(crate) async fn withdraw(&self, message: &Message<'_>) -> Result<Withdrawal, NotWithdrawn> {
        let (command, body) = request(message).ok_or(NotWithdrawn::Never(None))?;
        let now = UNIX_EPOCH.elapsed().unwrap_or_default().as_secs();
        let TencentAdmin {
            api,
            app,
            account,
            key,
        } = &self.admin;
        let query = Serializer::new(String::new())
            .append_pair("sdkappid", &app.to_string())
            .append_pair("identifier", account)
            .append_pair("usersig", &user_sig(*app, account, key, now))
            .append_pair("random", &fastrand::u32(..).to_string())
            .append_pair("contenttype", "json")
            .finish();
        let path = format!("/v4/{command}?{query}");
        let answer = ask_json(api, &path, &[], &body).await;
        let answer: Answer = answer.map_err(NotWithdrawn::Now)?;
        let of_message = answer.recall_ret_list.first().map_or(0, |it| it.ret_code);
        match (answer.error_code, of_message) {
            (0, code) | (code, _) => became(code),
        }
    }
}

/// The command, and its body. `None` if the callback had no id of the message.
fn request(message: &Message<'_>) -> Option<(&'static str, Value)> {
    match message.conversation {
        Conversation::Users(users) => Some((
            "openim/admin_msgwithdraw",
            json!({
                "From_Account": message.from,
                "To_Account": other(users, message.from),
                "MsgKey": message.ids.id.as_ref()?,
            }),
        )),
        Conversation::Group(group) => {
            let mut body = json!({"GroupId": group, "MsgSeqList": [{"MsgSeq": message.ids.seq?}]});
            if let Some(topic) = message.topic {
                body["TopicId"] = json!(topic);
            }
            Some(("group_open_http_svc/group_msg_recall", body))
        }
        Conversation::Channel(channel) => Some((
            "official_account_open_http_svc/official_account_msg_recall",
            json!({"Official_Account": channel, "MsgKeyList": [message.ids.id.as_ref()?]}),
        )),
        Conversation::Id(_) => None,
    }
}

/// What a code of the server says about the message.
fn became(code: i64) -> Result<Withdrawal, NotWithdrawn> {
    match code {
        0 => Ok(Withdrawal::Withdrawn),
        // No such message; recalled before; no such group.
        20022 | 10030 | 20023 | 10010 => Ok(Withdrawal::Gone),
        // Too late; not possible for this message or in this kind of group; a field that is not valid; no such account.
        20016 | 10031 | 10032 | 10004 | 10015 | 90054 | 90003 | 90008 => {
            Err(NotWithdrawn::Never(Some(code)))
        }
        // Such as a signature that is refused, too many requests, or a fault of the server.
        _ => Err(NotWithdrawn::Now(format!("the server refused with {code}"))),
    }
}

/// The signature of an administrator (UserSig, version 2.0).
///
/// <https://www.tencentcloud.com/document/product/1047/34385>
fn user_sig(app: u64, account: &str, key: &str, now: u64) -> String {
    let expire = VALID.as_secs();
    let signed = format!(
        "TLS.identifier:{account}\nTLS.sdkappid:{app}\nTLS.time:{now}\nTLS.expire:{expire}\n"
    );
    let key = hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes());
    let signature = BASE64_STANDARD.encode(hmac::sign(&key, signed.as_bytes()));
    let document = json!({
        "TLS.ver": "2.0",
        "TLS.identifier": account,
        "TLS.sdkappid": app,
        "TLS.expire": expire,
        "TLS.time": now,
        "TLS.sig": signature,
    });
    let mut zlib = ZlibEncoder::new(Vec::new(), Compression::default());
    let packed = zlib.write_all(document.to_string().as_bytes());
    let packed = packed.and_then(|()| zlib.finish());
    let packed = packed.expect("a Vec accepts all bytes");
    let text = BASE64_STANDARD.encode(packed);
    text.replace('+', "*").replace('/', "-").replace('=', "_")
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use flate2::read::ZlibDecoder;

    use super::*;

    #[test]
    fn a_signature_is_that_of_another_implementation() {
        let key = "5bd2850fff3ecb11d7c805251c51ee463a25727bddc2385f3fa8bfee1bb93b5e";
        let signature = user_sig(1_400_000_000, "administrator", key, 1_795_264_496);
        assert!(!signature.contains(['+', '/', '=']), "{signature}");
        let text = signature.replace('*', "+").replace('-', "/");
        let packed = BASE64_STANDARD.decode(text.replace('_', "=")).unwrap();
        let mut document = String::new();
        let mut zlib = ZlibDecoder::new(&packed[..]);
        zlib.read_to_string(&mut document).unwrap();
        assert_eq!(
            serde_json::from_str::<Value>(&document).unwrap(),
            json!({
                "TLS.ver": "2.0", "TLS.identifier": "administrator", "TLS.sdkappid": 1_400_000_000, "TLS.expire": 600,
                "TLS.time": 1_795_264_496,
                // Computed by Python's hmac.
                "TLS.sig": "uKfjCYPs6UwJnaqYinigR+tt4MVHCwi441+EdiLJZDc=",
            })
        );
    }

    #[test]
    fn each_code_says_whether_the_message_is_gone_stays_or_is_tried_again() {
        for code in [20022, 20023, 10030, 10010] {
            assert_eq!(became(code), Ok(Withdrawal::Gone), "{code}");
        }
        for code in [20016, 10031, 10032, 10004, 90054, 90003, 90008] {
            assert_eq!(became(code), Err(NotWithdrawn::Never(Some(code))));
        }
        for code in [70001, 70003, 90009, 91000, 10002, 60010, -1] {
            assert!(matches!(became(code), Err(NotWithdrawn::Now(_))), "{code}");
        }
    }
}
