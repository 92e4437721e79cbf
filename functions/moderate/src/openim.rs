//! Withdraws messages of OpenIM.
//!
//! `/msg/revoke_msg` needs a message's number in its conversation. The callback after a message was sent comes before the
//! server gives it a number. So the number is looked up: among the last messages of the conversation, which is fast, or else by
//! a search, which reads all messages of the server.

use std::time::Duration;

use domain::{Conversation, Timestamp, message::MessageRef, moderation::Withdrawal};
use receiver::OpenImAdmin;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};
use tokio::{sync::Mutex, time::Instant};

use crate::withdraw::{Message, NotWithdrawn, call};

/// How many messages are looked through at once, and how often at most.
const PAGE: i64 = 100;
const PAGES: i64 = 10;
/// Greater than the number of any message, and a number that every JSON parser reads.
const NEWEST: i64 = (1 << 53) - 1;
/// The server may not have stored a younger message yet, so it is not searched for: a search is expensive.
const SEARCHED_FROM: i64 = 60 * 1000;
/// A message that is older than this and not found does not exist any longer.
const STORED_BY_THEN: i64 = 10 * 60 * 1000;
/// The clocks of the server's machines may differ by so much.
const CLOCKS_DIFFER: i64 = 60 * 1000;
/// A token is used until a tenth of its life is left, and at most for a day.
const USED: f64 = 0.9;
const LONGEST_USED: Duration = Duration::from_secs(24 * 3600);

/// The server's codes: <https://docs.openim.io/restapi/errcode>.
const RECORD_NOT_FOUND: i64 = 1004;
const USER_NOT_FOUND: i64 = 1101;
const ALREADY_REVOKED: i64 = 1404;
const TOKEN_REFUSED: std::ops::RangeInclusive<i64> = 1501..=1507;

#[derive(Debug)]
pub(crate) struct OpenIm {
    admin: OpenImAdmin,
    token: Mutex<Option<Token>>,
}

struct Token {
    text: String,
    until: Instant,
}

/// Without the token itself.
impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Token").finish_non_exhaustive()
    }
}

/// What the server says.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer<T> {
    err_code: i64,
    #[serde(default = "none")]
    data: Option<T>,
}

fn none<T>() -> Option<T> {
    None
}

/// What the server says without an error, or its code.
type Said<T> = Result<Option<T>, i64>;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct NewToken {
    token: String,
    #[serde(default)]
    expire_time_seconds: u64,
}

/// A stored message.
#[derive(Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[derive(Default)]
struct Stored {
    #[serde(rename = "serverMsgID")]
    id: String,
    #[serde(rename = "clientMsgID")]
    client_id: String,
    seq: i64,
    send_time: i64,
}

impl OpenIm {
    pub(crate) fn new(admin: OpenImAdmin) -> Self {
        Self {
            admin,
            token: Mutex::new(None),
        }
    }

    pub(crate) async fn withdraw(&self, message: &Message<'_>) -> Result<Withdrawal, NotWithdrawn> {
        let Some(conversation) = conversation_id(message.conversation) else {
            return Err(NotWithdrawn::Never(None));
        };
        let seq = match message.ids {
            MessageRef { seq: Some(seq), .. } => Some(*seq),
            MessageRef {
                id: None,
                client_id: None,
                ..
            } => return Err(NotWithdrawn::Never(None)),
            _ => self.seq(message, &conversation).await?,
        };
        let Some(seq) = seq else {
            return match age(message) < STORED_BY_THEN {
                true => Err(NotWithdrawn::Now(
                    "the server does not have it yet".to_owned(),
                )),
                false => Ok(Withdrawal::Gone),
            };
        };
        // As its sender, so that the server tells both users. A sender who cleared the conversation, or whose account is
        // deleted, does not see the message any longer, but the others may.
        for user in [message.from.as_str(), &self.admin.user] {
            let body = json!({"userID": user, "conversationID": conversation, "seq": seq});
            match self.ask::<Value>("/msg/revoke_msg", &body).await? {
                Ok(_) => return Ok(Withdrawal::Withdrawn),
                Err(ALREADY_REVOKED) => return Ok(Withdrawal::Gone),
                Err(RECORD_NOT_FOUND | USER_NOT_FOUND) => {}
                Err(code) => return Err(refused(code)),
            }
        }
        Ok(Withdrawal::Gone)
    }

    /// The message's number.
    async fn seq(
        &self,
        message: &Message<'_>,
        conversation: &str,
    ) -> Result<Option<i64>, NotWithdrawn> {
        match self.seq_among_the_last(message, conversation).await? {
            None if age(message) >= SEARCHED_FROM => self.seq_by_search(message).await,
            found => Ok(found),
        }
    }

    async fn seq_among_the_last(
        &self,
        message: &Message<'_>,
        conversation: &str,
    ) -> Result<Option<i64>, NotWithdrawn> {
        #[derive(Deserialize)]
        struct Pulled {
            #[serde(default)]
            msgs: Option<std::collections::BTreeMap<String, Messages>>,
        }
        #[derive(Deserialize)]
        struct Messages {
            #[serde(default, rename = "Msgs", alias = "msgs")]
            messages: Option<Vec<Stored>>,
        }
        let mut end = NEWEST;
        for _ in 0..PAGES {
            let body = json!({
                "userID": message.from,
                "seqRanges": [{"conversationID": conversation, "begin": 1, "end": end, "num": PAGE}],
                "order": 1,
            });
            let pulled = self.ask::<Pulled>("/msg/pull_msg_by_seq", &body).await?;
            // A sender whose account is deleted has no messages.
            let pulled = pulled.ok().flatten().and_then(|pulled| pulled.msgs);
            let page = pulled.and_then(|mut msgs| msgs.remove(conversation));
            let page = page.and_then(|page| page.messages).unwrap_or_default();
            if let Some(found) = page.iter().find(|stored| is_it(stored, message)) {
                return Ok(Some(found.seq));
            }
            let sent_at = message.sent_at().unix_millis() - CLOCKS_DIFFER;
            let is_older = |stored: &Stored| (1..sent_at).contains(&stored.send_time);
            let first = page.iter().map(|stored| stored.seq).min();
            match first {
                Some(first) if first > 1 && !page.iter().any(is_older) => end = first - 1,
                _ => break,
            }
        }
        Ok(None)
    }

    async fn seq_by_search(&self, message: &Message<'_>) -> Result<Option<i64>, NotWithdrawn> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Found {
            #[serde(default)]
            chat_logs: Option<Vec<Log>>,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Log {
            chat_log: Stored,
        }
        let (to, session) = match message.conversation {
            Conversation::Users(users) => (crate::withdraw::other(users, message.from).as_str(), 1),
            Conversation::Group(group) => (group.as_str(), 3),
            _ => return Ok(None),
        };
        // The day on which it was sent, in UTC.
        let day = message.sent_at().to_string();
        let day = day.get(..10).unwrap_or_default();
        for page in 1..=PAGES {
            let body = json!({
                "sendID": message.from, "recvID": to, "sessionType": session, "sendTime": day,
                "pagination": {"pageNumber": page, "showNumber": PAGE},
            });
            let found = self.ask::<Found>("/msg/search_msg", &body).await?;
            let found = found.map_err(refused)?;
            let logs = found.and_then(|found| found.chat_logs).unwrap_or_default();
            let mut stored = logs.iter().map(|log| &log.chat_log);
            if let Some(found) = stored.find(|stored| is_it(stored, message)) {
                return Ok(Some(found.seq));
            }
            if i64::try_from(logs.len()).is_ok_and(|found| found < PAGE) {
                return Ok(None);
            }
        }
        Err(NotWithdrawn::Now(
            "the sender sent too many messages on that day".to_owned(),
        ))
    }

    /// Asks the server. If it refuses the token, it is asked once more with a new one.
    async fn ask<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &Value,
    ) -> Result<Said<T>, NotWithdrawn> {
        let token = self.token(None).await?;
        match self.ask_with(path, &token, body).await? {
            Err(code) if TOKEN_REFUSED.contains(&code) => {
                let token = self.token(Some(&token)).await?;
                match self.ask_with(path, &token, body).await? {
                    Err(code) if TOKEN_REFUSED.contains(&code) => Err(refused(code)),
                    said => Ok(said),
                }
            }
            said => Ok(said),
        }
    }

    async fn ask_with<T: DeserializeOwned>(
        &self,
        path: &str,
        token: &str,
        body: &Value,
    ) -> Result<Said<T>, NotWithdrawn> {
        let operation = operation_id();
        let headers = [("operationid", operation.as_str()), ("token", token)];
        let answer: Answer<T> = call(&self.admin.api, path, &headers, body).await?;
        Ok(match answer.err_code {
            0 => Ok(answer.data),
            code => Err(code),
        })
    }

    /// The token, or a new one if it is old, or if it is the one that the server refused.
    async fn token(&self, refuses: Option<&str>) -> Result<String, NotWithdrawn> {
        let mut token = self.token.lock().await;
        if let Some(Token { text, until }) = token.as_ref()
            && *until > Instant::now()
            && refuses != Some(text)
        {
            return Ok(text.clone());
        }
        let operation = operation_id();
        let headers = [("operationid", operation.as_str())];
        let body = json!({"secret": self.admin.secret, "userID": self.admin.user});
        let path = "/auth/get_admin_token";
        let answer: Answer<NewToken> = call(&self.admin.api, path, &headers, &body).await?;
        let new = match (answer.err_code, answer.data) {
            // It becomes the value of a header.
            (0, Some(new)) if new.token.bytes().all(|byte| byte.is_ascii_graphic()) => new,
            (0, _) => return Err(NotWithdrawn::Now("the server gave no token".to_owned())),
            (code, _) => {
                let why = format!(
                    "the server refused OPENIM_ADMIN_SECRET or OPENIM_ADMIN_USER with {code}"
                );
                return Err(NotWithdrawn::Now(why));
            }
        };
        let life = Duration::from_secs(new.expire_time_seconds).mul_f64(USED);
        let until = Instant::now() + life.min(LONGEST_USED);
        *token = Some(Token {
            text: new.token.clone(),
            until,
        });
        Ok(new.token)
    }
}

fn refused(code: i64) -> NotWithdrawn {
    NotWithdrawn::Now(format!("the server refused with {code}"))
}

/// The server's logs name requests by it.
fn operation_id() -> String {
    format!("imhook-{:016x}", fastrand::u64(..))
}

/// How long ago the callback about a message came, in milliseconds.
fn age(message: &Message<'_>) -> i64 {
    Timestamp::now().unix_millis() - message.sent.time.unix_millis()
}

fn is_it(stored: &Stored, message: &Message<'_>) -> bool {
    match (&message.ids.id, &message.ids.client_id) {
        (Some(id), _) => stored.id == *id,
        (None, Some(id)) => stored.client_id == *id,
        (None, None) => false,
    }
}

/// The id that the server gives a conversation.
fn conversation_id(conversation: &Conversation) -> Option<String> {
    match conversation {
        Conversation::Users([one, other]) => Some(format!("si_{one}_{other}")),
        Conversation::Group(group) => Some(format!("sg_{group}")),
        _ => None,
    }
}
