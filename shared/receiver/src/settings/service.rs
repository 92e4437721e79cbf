//! Reads what an operator sets about the app's own service.

use std::collections::BTreeSet;

use outgoing::{Addresses, Circuit, Client, Signer, Target};
use protocol::catalogue;

use crate::{Handler, decide::Service};

/// The settings of the service, before its secret is known.
pub(crate) struct ServiceConfig {
    pub(crate) client: Client,
    commands: BTreeSet<&'static str>,
}

impl ServiceConfig {
    /// Reads the settings. `None` if no service is named, or if none of these handlers has a command that it is asked
    /// about.
    pub(crate) fn from_env(
        handlers: &[Handler],
        get: impl Fn(&str) -> Option<String>,
        wrong: &mut Vec<String>,
    ) -> Option<Self> {
        if !handlers.iter().any(Handler::is_before) {
            return None;
        }
        let url = get("DECISION_URL")?;
        let commands = commands(get("DECISION_COMMANDS"), wrong);
        let addresses = match get("ALLOW_PRIVATE_ADDRESSES").as_deref() {
            None | Some("no") => Addresses::Public,
            Some("yes") => Addresses::AlsoPrivate,
            Some(_) => {
                wrong.push("ALLOW_PRIVATE_ADDRESSES is neither yes nor no".to_owned());
                return None;
            }
        };
        let client = Target::new(&url, addresses)
            .map_err(|invalid| invalid.to_string())
            .and_then(|target| Client::new(target).map_err(|error| format!("needs TLS: {error}")));
        let client = client
            .map_err(|error| wrong.push(format!("DECISION_URL {error}")))
            .ok()?;
        let mut asks = handlers
            .iter()
            .filter(|handler| handler.command().asks().is_some());
        let is_asked = asks.any(|it| commands.is_empty() || commands.contains(it.name()));
        is_asked.then_some(Self { client, commands })
    }

    /// The service, with the secrets that sign the questions.
    pub(crate) fn with_secrets(
        self,
        get: impl Fn(&str) -> Option<String>,
        wrong: &mut Vec<String>,
    ) -> Option<Service> {
        let Some(secret) = get("DECISION_SECRET") else {
            wrong.push("DECISION_URL is set, but DECISION_SECRET is not".to_owned());
            return None;
        };
        let previous = get("DECISION_SECRET_PREVIOUS");
        let mut signer = |name, secrets: &[&str]| {
            let signer = Signer::new(secrets.iter().copied());
            signer
                .map_err(|invalid| wrong.push(format!("{name} is {invalid}")))
                .ok()
        };
        signer("DECISION_SECRET", &[&secret])?;
        let both = [Some(secret.as_str()), previous.as_deref()];
        let both: Vec<&str> = both.into_iter().flatten().collect();
        let signer = signer("DECISION_SECRET_PREVIOUS", &both)?;
        Some(Service {
            client: self.client,
            signer,
            circuit: Circuit::default(),
            commands: self.commands,
        })
    }
}

/// The before commands in a list of names and types. Empty, or `*`, means all.
fn commands(list: Option<String>, wrong: &mut Vec<String>) -> BTreeSet<&'static str> {
    let list = list.unwrap_or_default();
    let mut commands = BTreeSet::new();
    for word in list.split(',').map(str::trim).filter(|it| !it.is_empty()) {
        if word == "*" {
            return BTreeSet::new();
        }
        let mut named = catalogue()
            .filter(|it| {
                it.asks()
                    .is_some_and(|asks| asks == word || it.name == word)
            })
            .peekable();
        if named.peek().is_none() {
            wrong.push(format!(
                "DECISION_COMMANDS: no command that asks is called {word}"
            ));
        }
        commands.extend(named.map(|it| it.name));
    }
    commands
}
