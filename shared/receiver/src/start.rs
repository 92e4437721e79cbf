//! What is done before the first callback.

use std::{
    fmt,
    sync::{Arc, Mutex},
};

use domain::Source;
use store::{EventsTable, Limits, Nonces, Queue, StoreError};
use tokio::time::timeout;
use tracing::{error, warn};

use crate::{
    Config, Get, Handler, InvalidConfig, OpenImVerifier, Receiver, Verifiers,
    context::Surroundings,
    record::Storage,
    settings::{Deadlines, Shares, policies_file, secrets},
};

/// Why a receiver could not start.
#[derive(Debug)]
pub enum StartError {
    /// Somebody has to correct this.
    Config(InvalidConfig),
    /// A secret could not be fetched. It may be had later.
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
    /// A receiver for these handlers, with its settings read through `environment`, which is the environment
    /// outside of tests. Fetches the secrets and opens what the first callback would otherwise wait for;
    /// logs what is not as it should be.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with the settings, in one list; or which secret cannot be had.
    pub async fn start(
        handlers: Arc<[Handler]>,
        environment: Arc<Get>,
    ) -> Result<Self, StartError> {
        let get = |name: &str| environment(name).filter(|value| !value.is_empty());
        let serves: Vec<Source> = handlers.iter().map(Handler::source).collect();
        let wanted = secrets::wanted(&serves, get);
        // While the secrets are not there, what they would hold cannot be called missing.
        let mistakes_beside_secrets = || {
            let pending = secrets::names(&wanted);
            let verifiers = Verifiers::from_env(&serves, get, &pending, |_, _| None);
            verifiers.err().map_or_else(Vec::new, |wrong| wrong.0)
        };
        let policies = policies_file::load(&handlers, get);
        let (config, policies) = match (Config::from_env(&serves, get), policies) {
            (Ok(config), Ok(policies)) => (config, policies),
            (config, policies) => {
                let mut wrong = config.map_or_else(|InvalidConfig(wrong)| wrong, |_| Vec::new());
                wrong.extend(policies.err().unwrap_or_default());
                wrong.extend(mistakes_beside_secrets());
                return Err(StartError::Config(InvalidConfig(wrong)));
            }
        };
        // The clients of a function that only decides have no more time than that. One that does both gives
        // them more, and cuts it when it decides.
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
        let limits = policies_file::limits_requests(&handlers, &policies)
            .then(|| {
                let settings = config.settings.as_ref()?;
                let client = store::counting(settings, shares.limits);
                Some(Limits::new(client, get("LIMITS_TABLE")?))
            })
            .flatten();
        let limits_opened = async {
            if let Some(limits) = &limits {
                opened("limits", limits.open_connection(), shares).await;
            }
        };
        let (documents, storage, ()) =
            tokio::join!(fetched, Storage::open(&config, shares), limits_opened);
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

        let mut wrong = Vec::new();
        let secrets = secrets::variables(&documents, get, &mut wrong);
        let get = |name: &str| secrets.get(name).cloned().or_else(|| get(name));
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
                    deadlines: Deadlines::of(&config),
                    policies,
                    limits,
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
    /// Warns of what lets strangers in, and opens the connection that a nonce would otherwise wait for.
    async fn open(&self, shares: Shares) {
        match &self.openim {
            Some(OpenImVerifier::None) => {
                // At error level, so that it is seen at every start, whatever LOG_LEVEL is.
                error!("OPENIM_VERIFIER is none: whoever reaches this function is believed");
            }
            Some(OpenImVerifier::Signature(_, nonces)) => {
                opened("nonces", nonces.open_connection(), shares).await;
            }
            _ => {}
        }
        let tencent = self.tencent.as_ref();
        if tencent.is_some_and(|tencent| !tencent.wants_signatures()) {
            error!(
                "TENCENT_VERIFIER is none: whoever knows the SDKAppID, which is no secret, is believed"
            );
        }
    }
}

/// Waits for a connection to a table, and says if there is none.
async fn opened(
    table: &str,
    opening: impl Future<Output = Result<(), StoreError>>,
    shares: Shares,
) {
    match timeout(shares.open, opening).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => warn!(%error, "the {table} table did not answer as it should"),
        Err(_) => warn!("the {table} table did not answer in time"),
    }
}

impl Storage {
    /// `None` if none is configured.
    async fn open(config: &Config, shares: Shares) -> Option<Self> {
        let (Some(settings), Some(storage)) = (&config.settings, &config.storage) else {
            warn!("EVENTS_TABLE is not set: callbacks are checked and logged, not stored");
            return None;
        };
        let client = store::dynamodb(settings, shares.table);
        let table = EventsTable::new(client, &storage.events_table, storage.retention);
        // The queue's connection is opened when it is needed: that is rare, and by then an idle one would
        // long be closed.
        let queue = storage.queue_url.as_ref().map(|url| {
            let client = store::sqs(settings, shares.queue);
            Queue::new(client, url)
        });
        if queue.is_none() {
            warn!("EVENTS_QUEUE_URL is not set: what the table does not take is only logged");
        }
        opened("events", table.open_connection(), shares).await;
        Some(Self { table, queue })
    }
}
