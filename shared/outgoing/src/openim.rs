//! OpenIM's REST API, as an administrator asks it.

use std::{fmt, time::Duration};

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};
use tokio::{
    sync::Mutex,
    time::{Instant, timeout},
};

use crate::Client;

/// How long a request may take.
const TIMEOUT: Duration = Duration::from_secs(10);
/// The longest answer that is read: some hundred messages or members.
const MOST_BYTES: usize = 4 * 1024 * 1024;
/// A token is used until a tenth of its life is left, and at most for a day.
const USED: f64 = 0.9;
const LONGEST_USED: Duration = Duration::from_secs(24 * 3600);

/// The codes with which the server refuses a token: <https://docs.openim.io/restapi/errcode>.
pub const TOKEN_REFUSED: std::ops::RangeInclusive<i64> = 1501..=1507;

/// What an administrator shows.
pub enum OpenImAccess {
    /// A token of an administrator. There is no other when it ends.
    Token(String),
    /// What the server gives a token for.
    Secret {
        /// The administrator's user id.
        user: String,
        /// The server's `share.secret`.
        secret: String,
    },
}

/// The API of one server.
pub struct OpenImApi {
    client: Client,
    access: OpenImAccess,
    token: Mutex<Option<Token>>,
}

/// Without the token and the secret.
impl fmt::Debug for OpenImApi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenImApi").finish_non_exhaustive()
    }
}

struct Token {
    text: String,
    until: Instant,
}

/// Why there is no answer. It quotes nothing that the server says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unanswered {
    /// The server did not answer, or not in a way that can be read.
    NotNow(String),
    /// The server gave no token.
    NoToken(String),
}

impl fmt::Display for Unanswered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotNow(why) | Self::NoToken(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for Unanswered {}

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

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct NewToken {
    token: String,
    #[serde(default)]
    expire_time_seconds: u64,
}

impl OpenImApi {
    /// The API at this address.
    #[must_use]
    pub fn new(client: Client, access: OpenImAccess) -> Self {
        Self {
            client,
            access,
            token: Mutex::new(None),
        }
    }

    /// Asks the server. If it refuses the token, it is asked once more with a new one. Gives the data, or the server's code.
    ///
    /// # Errors
    ///
    /// If the server did not answer in time and as it should, or gives no token.
    pub async fn ask<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &Value,
    ) -> Result<Result<Option<T>, i64>, Unanswered> {
        let token = self.token(None).await?;
        match self.ask_with(path, &token, body).await? {
            Err(code)
                if TOKEN_REFUSED.contains(&code)
                    && matches!(self.access, OpenImAccess::Secret { .. }) =>
            {
                let token = self.token(Some(&token)).await?;
                self.ask_with(path, &token, body).await
            }
            said => Ok(said),
        }
    }

    async fn ask_with<T: DeserializeOwned>(
        &self,
        path: &str,
        token: &str,
        body: &Value,
    ) -> Result<Result<Option<T>, i64>, Unanswered> {
        let operation = operation_id();
        let headers = [("operationid", operation.as_str()), ("token", token)];
        let answer: Answer<T> = ask_json(&self.client, path, &headers, body)
            .await
            .map_err(Unanswered::NotNow)?;
        Ok(match answer.err_code {
            0 => Ok(answer.data),
            code => Err(code),
        })
    }

    /// The token, or a new one if it is old, or if it is the one that the server refused.
    async fn token(&self, refuses: Option<&str>) -> Result<String, Unanswered> {
        let (user, secret) = match &self.access {
            OpenImAccess::Token(token) => return Ok(token.clone()),
            OpenImAccess::Secret { user, secret } => (user, secret),
        };
        let mut token = self.token.lock().await;
        if let Some(Token { text, until }) = token.as_ref()
            && *until > Instant::now()
            && refuses != Some(text)
        {
            return Ok(text.clone());
        }
        let operation = operation_id();
        let headers = [("operationid", operation.as_str())];
        let body = json!({"secret": secret, "userID": user});
        let path = "/auth/get_admin_token";
        let answer: Answer<NewToken> = ask_json(&self.client, path, &headers, &body)
            .await
            .map_err(Unanswered::NotNow)?;
        let new = match (answer.err_code, answer.data) {
            (0, Some(new)) if is_token(&new.token) => new,
            (0, _) => return Err(Unanswered::NoToken("the server gave no token".to_owned())),
            (code, _) => {
                let why = format!(
                    "the server refused OPENIM_ADMIN_SECRET or OPENIM_ADMIN_USER with {code}"
                );
                return Err(Unanswered::NoToken(why));
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

/// Whether a text can be a token: it becomes the value of a header.
#[must_use]
pub fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// The server's logs name requests by it.
fn operation_id() -> String {
    format!("imhook-{:016x}", fastrand::u64(..))
}

/// Asks a chat server's REST API, and reads its JSON.
///
/// # Errors
///
/// Says why there is no such answer. The text quotes nothing of the answer.
pub async fn ask_json<T: DeserializeOwned>(
    api: &Client,
    path: &str,
    headers: &[(&'static str, &str)],
    body: &Value,
) -> Result<T, String> {
    let failed = |why: String| format!("the chat server: {why}");
    let sent = api.post_below(path, headers, body.to_string(), MOST_BYTES);
    let answer = timeout(TIMEOUT, sent)
        .await
        .map_err(|_| failed("it did not answer in time".to_owned()))?
        .map_err(|failure| failed(failure.to_string()))?;
    if answer.status != 200 {
        return Err(failed(format!("its status is {}", answer.status)));
    }
    // Without the parser's message, which could quote what a user wrote.
    serde_json::from_slice(&answer.body).map_err(|_| failed("its answer cannot be read".to_owned()))
}
