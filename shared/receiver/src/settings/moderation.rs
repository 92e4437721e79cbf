//! Reads what an operator sets about messages that are judged after they were sent.

use std::fmt;

use outgoing::{Client, Signer};

use super::{
    JudgedLater, secrets,
    service::{DECISION_SECRETS, client, signer},
};
use crate::{InvalidConfig, StartError};

/// What the function needs that has sent messages judged and withdraws the refused ones.
#[derive(Debug)]
pub struct ModerationConfig {
    /// The service that judges.
    pub service: Client,
    /// Signs the questions to it.
    pub signer: Signer,
    /// Withdraws OpenIM's messages.
    pub openim: Option<OpenImAdmin>,
    /// Withdraws Tencent Chat's messages.
    pub tencent: Option<TencentAdmin>,
}

/// An administrator of an OpenIM server.
pub struct OpenImAdmin {
    /// The server's REST API.
    pub api: Client,
    /// The administrator's user id.
    pub user: String,
    /// The server's `share.secret`.
    pub secret: String,
}

/// An administrator of an app of Tencent Chat.
pub struct TencentAdmin {
    /// The REST API of the app's data centre.
    pub api: Client,
    /// The app's SDKAppID.
    pub app: u64,
    /// The administrator's account.
    pub account: String,
    /// The app's key.
    pub key: String,
}

impl ModerationConfig {
    /// Reads these variables, and fetches the secrets.
    ///
    /// | Variable | Meaning |
    /// |---|---|
    /// | `MODERATE_LATER` | What is judged after it was sent: [`JudgedLater`] |
    /// | `DECISION_URL`, `DECISION_SECRET`, `DECISION_SECRET_PREVIOUS` | The service that judges, and what signs the questions |
    /// | `OPENIM_API_URL` | OpenIM's REST API, if it sends messages |
    /// | `OPENIM_ADMIN_USER`, `OPENIM_ADMIN_SECRET` | An administrator's user id, and the server's `share.secret` |
    /// | `TENCENT_API_URL` | Tencent Chat's REST API, if it sends messages |
    /// | `TENCENT_SDK_APP_ID`, `TENCENT_ADMIN`, `TENCENT_KEY` | The app, an administrator's account, and the app's key |
    /// | `DECISION_SECRET_ID`, `MODERATION_SECRET_ID` | Secrets in Secrets Manager with the secrets of these |
    ///
    /// # Errors
    ///
    /// Lists everything that is wrong with the settings, or names the secret that is not available.
    pub async fn start(get: impl Fn(&str) -> Option<String> + Copy) -> Result<Self, StartError> {
        let get = |name: &str| get(name).filter(|value| !value.is_empty());
        let mut wrong = Vec::new();
        if JudgedLater::from_env(get, &mut wrong).is_none() {
            wrong.push("MODERATE_LATER names no kind of message".to_owned());
        }
        let wanted = secrets::wanted_for_moderation(get);
        let secrets = secrets::read(&wanted, get, &mut wrong).await?;
        let get = |name: &str| secrets.get(name).cloned().or_else(|| get(name));
        let (mut service, mut signs) = (None, None);
        if let Some(url) = get("DECISION_URL") {
            service = client("DECISION_URL", &url, get, &mut wrong);
            signs = signer(DECISION_SECRETS, get, &mut wrong);
        }
        let mut server = |url: &str, needs: [&str; 3]| {
            let api = client(url, &get(url)?, get, &mut wrong);
            for name in needs.iter().filter(|name| !name.is_empty()) {
                if get(name).is_none() {
                    wrong.push(format!("{url} is set, but {name} is not"));
                }
            }
            api
        };
        let openim = server(
            "OPENIM_API_URL",
            ["OPENIM_ADMIN_USER", "OPENIM_ADMIN_SECRET", ""],
        );
        let tencent = server(
            "TENCENT_API_URL",
            ["TENCENT_SDK_APP_ID", "TENCENT_ADMIN", "TENCENT_KEY"],
        );
        if get("OPENIM_API_URL").is_none() && get("TENCENT_API_URL").is_none() {
            wrong.push("neither OPENIM_API_URL nor TENCENT_API_URL is set".to_owned());
        }
        let text = |name: &str| get(name).unwrap_or_default();
        let app = text("TENCENT_SDK_APP_ID").parse();
        if tencent.is_some() && app.is_err() && get("TENCENT_SDK_APP_ID").is_some() {
            wrong.push("TENCENT_SDK_APP_ID is not a number".to_owned());
        }
        match (service, signs) {
            (Some(service), Some(signer)) if wrong.is_empty() => Ok(Self {
                service,
                signer,
                openim: openim.map(|api| OpenImAdmin {
                    api,
                    user: text("OPENIM_ADMIN_USER"),
                    secret: text("OPENIM_ADMIN_SECRET"),
                }),
                tencent: tencent.map(|api| TencentAdmin {
                    api,
                    app: app.unwrap_or_default(),
                    account: text("TENCENT_ADMIN"),
                    key: text("TENCENT_KEY"),
                }),
            }),
            _ => Err(StartError::Config(InvalidConfig(wrong))),
        }
    }
}

impl fmt::Debug for OpenImAdmin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenImAdmin").finish_non_exhaustive()
    }
}

impl fmt::Debug for TencentAdmin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TencentAdmin").finish_non_exhaustive()
    }
}
