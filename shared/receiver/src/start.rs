//! Starts a receiver before the first callback comes.

use std::{
    fmt,
    sync::{Arc, Mutex},
};

use domain::Source;
use outgoing::Client;
use store::{EventsTable, Limits, Nonces, Queue, RelationshipsTable, StoreError};
use tokio::time::timeout;
use tracing::{error, warn};

use crate::{
    Config, Get, Handler, InvalidConfig, OpenImVerifier, Receiver, Verifiers,
    context::Surroundings,
    record::Storage,
    settings::{
        Deadlines, ServiceConfig, Shares,
        policies_file::{self, Uses},
        secrets,
    },
};

/// Why a receiver could not start.
#[derive(Debug)]
pub enum StartError {
    /// Settings are wrong. Somebody has to correct them.
    Config(InvalidConfig),
    /// A secret could not be fetched. It may be available later.
    Secret(String),
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config(wrong) => wrong.fmt(f),
            Self::Secret(reason) => f.write_str(reason),
        }
    }
}

impl std::error::Error for StartError {}

impl Receiver {
    /// Starts a receiver for these handlers. Reads the settings through `environment`, fetches the secrets, and opens
    /// connections, so that the first callback does not wait for them. Logs what does not work.
    ///
    /// # Errors
    ///
    /// Lists everything that is wrong with the settings, or names the secret that is not available.
    pub async fn start(
        handlers: Arc<[Handler]>,
        environment: Arc<Get>,
    ) -> Result<Self, StartError> {
        let get = |name: &str| environment(name).filter(|value| !value.is_empty());
        let mut wrong = Vec::new();
        let service = ServiceConfig::from_env(&handlers, get, &mut wrong);
        // A function that does not ask the service does not fetch the secret for it.
        let asks_nothing = service.is_none();
        let hides = move |name: &str| asks_nothing && name.starts_with("DECISION_");
        let get = |name: &str| get(name).filter(|_| !hides(name));
        let serves: Vec<Source> = handlers.iter().map(Handler::source).collect();
        let wanted = secrets::wanted(&serves, get);
        // Without the secrets, it is not known whether a variable in them is missing.
        let mistakes_beside_secrets = || {
            let pending = secrets::names(&wanted);
            let verifiers = Verifiers::from_env(&serves, get, &pending, |_, _| None);
            verifiers.err().map_or_else(Vec::new, |wrong| wrong.0)
        };
        let policies = policies_file::load(&handlers, get);
        let (config, policies) = match (Config::from_env(&serves, get), policies) {
            (Ok(config), Ok(policies)) if wrong.is_empty() => (config, policies),
            (config, policies) => {
                wrong.extend(
                    config
                        .err()
                        .into_iter()
                        .flat_map(|InvalidConfig(more)| more),
                );
                wrong.extend(policies.err().unwrap_or_default());
                wrong.extend(mistakes_beside_secrets());
                return Err(StartError::Config(InvalidConfig(wrong)));
            }
        };
        // If the function serves only before commands, its clients get no more than their deadline. If it serves both,
        // the clients get the longer one, and each before callback cuts it short.
        let deadline = match handlers.iter().all(Handler::is_before) {
            true => config.before_deadline,
            false => config.deadline,
        };
        let shares = Shares::of(deadline, config.has_queue());
        let fetched = async {
            match &config.settings {
                Some(settings) => secrets::fetch(settings, &wanted).await,
                None => Ok(Vec::new()),
            }
        };
        let Uses {
            limits,
            relationships,
        } = Uses::of(&handlers, &policies);
        let table = |used: bool, name| get(name).filter(|_| used).zip(config.settings.as_ref());
        let limits = table(limits, "LIMITS_TABLE").map(|(name, settings)| {
            let client = store::counting(settings, shares.limits);
            Limits::new(client, name)
        });
        let relationships = table(relationships, "RELATIONSHIPS_TABLE").map(|(name, settings)| {
            let client = store::dynamodb(settings, shares.limits);
            RelationshipsTable::new(client, name)
        });
        let limits_opened = async {
            if let Some(limits) = &limits {
                opened("limits", limits.open_connection(), shares).await;
            }
        };
        let relationships_opened = async {
            if let Some(relationships) = &relationships {
                opened("relationships", relationships.open_connection(), shares).await;
            }
        };
        let service_opened = async {
            if let Some(service) = &service {
                reached(&service.client, shares).await;
            }
        };
        let (documents, storage, (), (), ()) = tokio::join!(
            fetched,
            Storage::open(&config, shares),
            limits_opened,
            relationships_opened,
            service_opened
        );
        let documents = match documents {
            Ok(documents) => documents,
            Err(unavailable) => {
                let mut wrong = mistakes_beside_secrets();
                return Err(if wrong.is_empty() {
                    StartError::Secret(unavailable.to_string())
                } else {
                    wrong.push(unavailable.to_string());
                    StartError::Config(InvalidConfig(wrong))
                });
            }
        };

        let secrets = secrets::variables(&documents, get, &mut wrong);
        let get = |name: &str| secrets.get(name).cloned().or_else(|| get(name));
        let service = service.and_then(|service| service.with_secrets(get, &mut wrong));
        let nonces = |table, window| {
            let settings = config.settings.as_ref()?;
            let client = store::dynamodb(settings, shares.nonces);
            Some(Nonces::new(client, table, window))
        };
        match Verifiers::from_env(&serves, get, &[], nonces) {
            Ok(verifiers) if wrong.is_empty() => {
                verifiers.open(shares).await;
                policies_file::warn_of_bypasses(&handlers, &policies);
                let dynamodb = storage
                    .as_ref()
                    .map(|storage| storage.table.client().clone());
                Ok(Self {
                    handlers,
                    verifiers,
                    max_body_bytes: config.max_body_bytes,
                    on_failure: config.on_failure,
                    unknown_command: config.unknown_command,
                    message_content: config.message_content,
                    keep_body: config.keep_body,
                    message_signals: config.message_signals,
                    deadlines: Deadlines::of(&config),
                    policies,
                    limits,
                    relationships,
                    service,
                    storage,
                    surroundings: Arc::new(Surroundings {
                        dynamodb,
                        get: environment.clone(),
                    }),
                    unknown_commands: Mutex::default(),
                })
            }
            verifiers => {
                wrong.extend(verifiers.err().into_iter().flat_map(|more| more.0));
                Err(StartError::Config(InvalidConfig(wrong)))
            }
        }
    }
}

impl Verifiers {
    /// Warns if a verifier accepts strangers, and opens the connection to the nonces table.
    async fn open(&self, shares: Shares) {
        match &self.openim {
            Some(OpenImVerifier::None) => {
                // At error level, so that it stands out.
                error!(
                    "OPENIM_VERIFIER is none: every caller that reaches this function is accepted"
                );
            }
            Some(OpenImVerifier::Signature(_, nonces)) => {
                opened("nonces", nonces.open_connection(), shares).await;
            }
            _ => {}
        }
        let tencent = self.tencent.as_ref();
        if tencent.is_some_and(|tencent| !tencent.wants_signatures()) {
            error!(
                "TENCENT_VERIFIER is none: every caller that knows the SDKAppID, which is not a secret, is accepted"
            );
        }
    }
}

/// Waits for a connection to a table, and logs a warning if it fails.
async fn opened(
    table: &str,
    opening: impl Future<Output = Result<(), StoreError>>,
    shares: Shares,
) {
    match timeout(shares.open, opening).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => warn!(%error, "the {table} table could not be checked"),
        Err(_) => warn!("the {table} table did not answer in time"),
    }
}

/// Waits for a connection to the app's own service, and logs a warning if it fails.
async fn reached(service: &Client, shares: Shares) {
    match timeout(shares.open, service.open()).await {
        Ok(Ok(())) => {}
        Ok(Err(failure)) => warn!(%failure, "the decision service could not be reached"),
        Err(_) => warn!("the decision service did not take a connection in time"),
    }
}

impl Storage {
    /// Opens the storage; `None` if none is configured.
    async fn open(config: &Config, shares: Shares) -> Option<Self> {
        let (Some(settings), Some(storage)) = (&config.settings, &config.storage) else {
            warn!("EVENTS_TABLE is not set: callbacks are checked and logged, but not stored");
            return None;
        };
        let client = store::dynamodb(settings, shares.table);
        let table = EventsTable::new(client, &storage.events_table, storage.retention);
        // The connection to the queue is opened only when it is needed. That is rare, and AWS would have closed an idle
        // connection by then.
        let queue = storage.queue_url.as_ref().map(|url| {
            let client = store::sqs(settings, shares.queue);
            Queue::new(client, url)
        });
        if queue.is_none() {
            warn!(
                "EVENTS_QUEUE_URL is not set: events that the table does not store are only logged"
            );
        }
        opened("events", table.open_connection(), shares).await;
        Some(Self {
            table,
            queue,
            decisions: storage.decisions,
        })
    }
}
