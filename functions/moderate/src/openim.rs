//! Withdraws messages of OpenIM.
//!
//! `/msg/revoke_msg` needs a message's number in its conversation. The callback after a message was sent comes before the
//! server gives it a number. So the number is looked up: among the last messages of the conversation, which is fast, or else by
//! a search, which reads all messages of the server.

use domain::{Conversation, Timestamp, message::MessageRef, moderation::Withdrawal};
use outgoing::{OpenImAccess, OpenImApi, TOKEN_REFUSED};
use receiver::OpenImAdmin;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

use crate::withdraw::{Message, NotWithdrawn};

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

/// The server's codes: <https://docs.openim.io/restapi/errcode>.
const RECORD_NOT_FOUND: i64 = 1004;
const USER_NOT_FOUND: i64 = 1101;
const ALREADY_REVOKED: i64 = 1404;

#[derive(Debug)]
pub(crate) struct OpenIm {
    api: OpenImApi,
    /// The administrator.
    admin: String,
}

/// What the server says without an error, or its code.
type Said<T> = Result<Option<T>, i64>;

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
        let OpenImAdmin { api, user, secret } = admin;
        let admin = user.clone();
        Self {
            api: OpenImApi::new(api, OpenImAccess::Secret { user, secret }),
            admin,
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
        for user in [message.from.as_str(), &self.admin] {
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

    /// Asks the server.
    async fn ask<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &Value,
    ) -> Result<Said<T>, NotWithdrawn> {
        let said = self.api.ask(path, body).await;
        match said.map_err(|why| NotWithdrawn::Now(why.to_string()))? {
            Err(code) if TOKEN_REFUSED.contains(&code) => Err(refused(code)),
            said => Ok(said),
        }
    }
}

fn refused(code: i64) -> NotWithdrawn {
    NotWithdrawn::Now(format!("the server refused with {code}"))
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
