use std::{fmt, time::Duration};

use aws_sdk_dynamodb::config::SharedHttpClient;
use aws_sdk_dynamodb::config::{
    BehaviorVersion, Credentials, IdentityCache, Region, SharedCredentialsProvider,
    StalledStreamProtectionConfig,
    retry::{RetryConfig, RetryPartition, TokenBucket},
    timeout::TimeoutConfig,
};
use aws_smithy_http_client::{
    Builder,
    tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode},
};
use aws_types::SdkConfig;
use rustls::{
    RootCertStore,
    pki_types::{CertificateDer, pem::PemObject as _},
};

/// The root certificates of AWS's endpoints (<https://www.amazontrust.com/repository/>).
///
/// They are compiled in, because parsing the system's bundle of some 140 certificates costs about 65 ms of CPU in the
/// first call of every new environment.
const AMAZON_TRUST_SERVICES: &[u8] = include_bytes!("amazon-trust-services.pem");

/// A throttled or failed attempt is repeated once, if the budget is long enough for two.
const ATTEMPTS: u32 = 2;
/// With a shorter budget, each of two attempts would be too short for a connection and an answer.
const TWO_ATTEMPTS: Duration = Duration::from_millis(250);
/// The longest pause before the second attempt.
const BACKOFF: Duration = Duration::from_millis(50);

/// How to reach DynamoDB, SQS, Secrets Manager and EventBridge: endpoints, credentials and the HTTP client.
///
/// They come from the variables that Lambda sets, and from those that all AWS SDKs and tools use.
#[derive(Clone)]
pub struct Settings {
    region: String,
    credentials: Credentials,
    dynamodb_endpoint: Option<String>,
    sqs_endpoint: Option<String>,
    secrets_manager_endpoint: Option<String>,
    eventbridge_endpoint: Option<String>,
    /// All clients share it, because making one takes time at the start.
    http: SharedHttpClient,
}

impl Settings {
    /// Reads the settings through `get`: from the environment, except in tests. An empty value counts as not set,
    /// because `sam local` passes absent variables as empty.
    ///
    /// | Variable | Default | Meaning |
    /// |---|---|---|
    /// | `AWS_REGION` | required | Region of the table and the queue; Lambda sets it |
    /// | `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN` | first two required | Credentials of the function's role; Lambda sets them |
    /// | `AWS_ENDPOINT_URL_DYNAMODB`, `AWS_ENDPOINT_URL` | the region's endpoint | Another DynamoDB, for local use |
    /// | `AWS_ENDPOINT_URL_SQS`, `AWS_ENDPOINT_URL` | the region's endpoint | Another SQS, for local use |
    /// | `AWS_ENDPOINT_URL_SECRETS_MANAGER`, `AWS_ENDPOINT_URL` | the region's endpoint | Another Secrets Manager, for local use |
    /// | `AWS_ENDPOINT_URL_EVENTBRIDGE`, `AWS_ENDPOINT_URL` | the region's endpoint | Another EventBridge, for local use |
    /// | `AWS_CA_BUNDLE` | Amazon's roots | PEM file of the roots to trust instead, for networks that intercept TLS |
    ///
    /// # Errors
    ///
    /// Lists everything that is missing or unusable.
    pub fn from_env(get: impl Fn(&str) -> Option<String>) -> Result<Self, InvalidSettings> {
        let get = |name: &str| get(name).filter(|value| !value.is_empty());
        let mut wrong = Vec::new();
        let mut need = |name: &str| {
            get(name).unwrap_or_else(|| {
                wrong.push(format!("{name} is not set"));
                String::new()
            })
        };
        let region = need("AWS_REGION");
        // Read here, because Lambda always sets them, and the SDK's provider chain costs milliseconds at every start.
        let credentials = Credentials::new(
            need("AWS_ACCESS_KEY_ID"),
            need("AWS_SECRET_ACCESS_KEY"),
            get("AWS_SESSION_TOKEN"),
            None,
            "environment",
        );
        let endpoint = |name: &str| get(name).or_else(|| get("AWS_ENDPOINT_URL"));
        let dynamodb_endpoint = endpoint("AWS_ENDPOINT_URL_DYNAMODB");
        let sqs_endpoint = endpoint("AWS_ENDPOINT_URL_SQS");
        let secrets_manager_endpoint = endpoint("AWS_ENDPOINT_URL_SECRETS_MANAGER");
        let eventbridge_endpoint = endpoint("AWS_ENDPOINT_URL_EVENTBRIDGE");
        let http = match get("AWS_CA_BUNDLE") {
            None => http_client(AMAZON_TRUST_SERVICES),
            Some(path) => std::fs::read(&path)
                .map_err(|error| format!("AWS_CA_BUNDLE {path} cannot be read: {error}"))
                .and_then(|roots| check_roots(&roots).and_then(|()| http_client(&roots))),
        };
        match http {
            Ok(http) if wrong.is_empty() => Ok(Self {
                region,
                credentials,
                dynamodb_endpoint,
                sqs_endpoint,
                secrets_manager_endpoint,
                eventbridge_endpoint,
                http,
            }),
            http => {
                wrong.extend(http.err());
                Err(InvalidSettings(wrong))
            }
        }
    }

    /// Settings for a local server that replaces AWS and accepts any credentials.
    #[must_use]
    pub fn local(endpoint: impl Into<String>) -> Self {
        let endpoint = endpoint.into();
        Self {
            region: "eu-central-1".to_owned(),
            credentials: Credentials::new("local", "local", None, None, "local"),
            dynamodb_endpoint: Some(endpoint.clone()),
            sqs_endpoint: Some(endpoint.clone()),
            secrets_manager_endpoint: Some(endpoint.clone()),
            eventbridge_endpoint: Some(endpoint),
            http: http_client(AMAZON_TRUST_SERVICES)
                .expect("a test checks that these roots are usable"),
        }
    }

    /// The configuration of every client.
    fn sdk_config(&self, budget: Duration, attempts: u32) -> aws_types::sdk_config::Builder {
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::new(self.region.clone()))
            .credentials_provider(SharedCredentialsProvider::new(self.credentials.clone()))
            // The credentials never change, so a cache is useless.
            .identity_cache(IdentityCache::no_cache())
            .http_client(self.http.clone())
            .retry_config(
                RetryConfig::standard()
                    .with_max_attempts(attempts)
                    .with_initial_backoff(BACKOFF),
            )
            .timeout_config(timeouts(budget, attempts))
            // For slow streams. Our answers are small, and a time-out limits them.
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
    }

    /// The configuration of an EventBridge client whose operations end within the budget. Only one function needs that
    /// client, so it makes it itself.
    #[must_use]
    pub fn eventbridge(&self, budget: Duration) -> SdkConfig {
        let mut config = self.sdk_config(budget, attempts(budget));
        config.set_endpoint_url(self.eventbridge_endpoint.clone());
        config.build()
    }

    /// The configuration of every DynamoDB client.
    fn dynamodb_config(&self, budget: Duration, attempts: u32) -> SdkConfig {
        let mut config = self.sdk_config(budget, attempts);
        config.set_endpoint_url(self.dynamodb_endpoint.clone());
        config.build()
    }
}

/// Checks that a file contains certificates, and only usable ones. The HTTP client would panic on an unusable one. It
/// would accept a file without certificates, and then trust no server.
fn check_roots(roots: &[u8]) -> Result<(), String> {
    let mut usable = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(roots) {
        certificate
            .map_err(|error| error.to_string())
            .and_then(|der| usable.add(der).map_err(|error| error.to_string()))
            .map_err(|error| format!("AWS_CA_BUNDLE contains an unusable certificate: {error}"))?;
    }
    if usable.is_empty() {
        return Err("AWS_CA_BUNDLE contains no PEM certificate".to_owned());
    }
    Ok(())
}

fn http_client(roots: &[u8]) -> Result<SharedHttpClient, String> {
    let tls = TlsContext::builder()
        .with_trust_store(TrustStore::empty().with_pem_certificate(roots))
        .build()
        .map_err(|error| format!("AWS_CA_BUNDLE is unusable: {error}"))?;
    // ring instead of aws-lc: it is 2 MB smaller, and does not collect entropy at the start.
    Ok(Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .tls_context(tls)
        .build_https())
}

fn attempts(budget: Duration) -> u32 {
    if budget < TWO_ATTEMPTS { 1 } else { ATTEMPTS }
}

/// Time-outs with which one operation, with all attempts and the pauses between them, takes at most the budget.
fn timeouts(budget: Duration, attempts: u32) -> TimeoutConfig {
    let attempt = (budget - BACKOFF * (attempts - 1)) / attempts;
    TimeoutConfig::builder()
        .connect_timeout(attempt * 3 / 4)
        .operation_attempt_timeout(attempt)
        .operation_timeout(budget)
        .build()
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("region", &self.region)
            .field("dynamodb_endpoint", &self.dynamodb_endpoint)
            .field("sqs_endpoint", &self.sqs_endpoint)
            .field("secrets_manager_endpoint", &self.secrets_manager_endpoint)
            .field("eventbridge_endpoint", &self.eventbridge_endpoint)
            .finish_non_exhaustive()
    }
}

/// Everything that is wrong with the environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidSettings(pub Vec<String>);

impl fmt::Display for InvalidSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("; "))
    }
}

impl std::error::Error for InvalidSettings {}

/// A DynamoDB client that starts fast, and whose operations end within the budget.
#[must_use]
pub fn dynamodb(settings: &Settings, budget: Duration) -> aws_sdk_dynamodb::Client {
    aws_sdk_dynamodb::Client::new(&settings.dynamodb_config(budget, attempts(budget)))
}

/// A DynamoDB client for [`Limits`](crate::Limits). It is like [`dynamodb`], but always makes only one attempt: if an
/// answer was lost, a second attempt could count the same request twice.
#[must_use]
pub fn counting(settings: &Settings, budget: Duration) -> aws_sdk_dynamodb::Client {
    aws_sdk_dynamodb::Client::new(&settings.dynamodb_config(budget, 1))
}

/// An SQS client that starts fast, and whose operations end within the budget.
#[must_use]
pub fn sqs(settings: &Settings, budget: Duration) -> aws_sdk_sqs::Client {
    let mut config = settings.sdk_config(budget, attempts(budget));
    config.set_endpoint_url(settings.sqs_endpoint.clone());
    aws_sdk_sqs::Client::new(&config.build())
}

/// A Secrets Manager client that starts fast, and whose operations end within the budget.
#[must_use]
pub fn secrets_manager(settings: &Settings, budget: Duration) -> aws_sdk_secretsmanager::Client {
    let mut config = settings.sdk_config(budget, attempts(budget));
    config.set_endpoint_url(settings.secrets_manager_endpoint.clone());
    aws_sdk_secretsmanager::Client::new(&config.build())
}

/// A DynamoDB client for work that no caller waits for. It repeats a throttled or failed attempt for up to 40 seconds,
/// so a table may be busy for some seconds.
#[must_use]
pub fn patient(settings: &Settings) -> aws_sdk_dynamodb::Client {
    let config = settings.dynamodb_config(Duration::from_secs(40), ATTEMPTS);
    let config = aws_sdk_dynamodb::config::Builder::from(&config)
        .retry_config(
            RetryConfig::standard()
                .with_max_attempts(10)
                .with_initial_backoff(Duration::from_millis(100))
                .with_max_backoff(Duration::from_secs(3)),
        )
        // Without a limit, because the SDK would stop after a few hundred repeated requests in all. A partition accepts
        // 1,000 writes a second, so it refuses more requests than that while the rows of a large callback are written.
        .retry_partition(
            RetryPartition::custom("patient")
                .token_bucket(TokenBucket::unlimited())
                .build(),
        )
        .timeout_config(
            TimeoutConfig::builder()
                .connect_timeout(Duration::from_secs(3))
                .operation_attempt_timeout(Duration::from_secs(10))
                .operation_timeout(Duration::from_secs(40))
                .build(),
        );
    aws_sdk_dynamodb::Client::from_conf(config.build())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_missing_variables_are_named_at_once() {
        let Err(InvalidSettings(wrong)) = Settings::from_env(|_| Some(String::new())) else {
            panic!("an empty environment was accepted");
        };
        assert_eq!(
            wrong,
            [
                "AWS_REGION is not set",
                "AWS_ACCESS_KEY_ID is not set",
                "AWS_SECRET_ACCESS_KEY is not set"
            ]
        );
    }

    #[test]
    fn an_empty_endpoint_counts_as_not_set() {
        let settings = Settings::from_env(|name| {
            Some(if name.contains("ENDPOINT") || name == "AWS_CA_BUNDLE" {
                String::new()
            } else {
                "x".to_owned()
            })
        })
        .unwrap();
        assert_eq!(settings.dynamodb_endpoint, None);
        assert_eq!(settings.sqs_endpoint, None);
    }

    #[test]
    fn the_compiled_in_roots_are_five_usable_certificates() {
        let text = std::str::from_utf8(AMAZON_TRUST_SERVICES).unwrap();
        assert_eq!(text.matches("BEGIN CERTIFICATE").count(), 5);
        assert!(http_client(AMAZON_TRUST_SERVICES).is_ok());
    }

    #[test]
    fn a_file_without_usable_roots_is_a_mistake_of_the_settings() {
        let with_bundle = |path: &str| {
            let Err(InvalidSettings(wrong)) = Settings::from_env(|name| {
                Some(if name == "AWS_CA_BUNDLE" { path } else { "x" }.to_owned())
            }) else {
                panic!("{path} was accepted as certificates");
            };
            wrong
        };
        let damaged = std::env::temp_dir().join(format!("damaged-{}.pem", std::process::id()));
        let certificate = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        std::fs::write(&damaged, certificate).unwrap();
        for (path, reason) in [
            (
                "/no/such/file",
                "AWS_CA_BUNDLE /no/such/file cannot be read",
            ),
            (
                concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"),
                "AWS_CA_BUNDLE contains no PEM certificate",
            ),
            (
                damaged.to_str().unwrap(),
                "AWS_CA_BUNDLE contains an unusable certificate",
            ),
        ] {
            let wrong = with_bundle(path);
            assert!(
                wrong.len() == 1 && wrong[0].starts_with(reason),
                "{wrong:?}"
            );
        }
        std::fs::remove_file(damaged).unwrap();
    }

    #[test]
    fn a_counting_client_makes_one_attempt_with_any_budget() {
        let settings = Settings::local("http://127.0.0.1:1");
        for millis in [100, 250, 1200, 60_000] {
            let budget = Duration::from_millis(millis);
            let client = counting(&settings, budget);
            let attempts = |client: &aws_sdk_dynamodb::Client| {
                client.config().retry_config().unwrap().max_attempts()
            };
            assert_eq!(attempts(&client), 1);
            let timeouts = client.config().timeout_config().unwrap();
            assert_eq!(timeouts.operation_attempt_timeout(), Some(budget));
            assert_eq!(timeouts.operation_timeout(), Some(budget));
            let others = if budget < TWO_ATTEMPTS { 1 } else { 2 };
            assert_eq!(attempts(&dynamodb(&settings, budget)), others);
        }
    }

    #[test]
    fn all_attempts_and_pauses_fit_into_the_budget_with_time_for_an_answer() {
        for millis in [20, 60, 100, 249, 250, 600, 750, 1200] {
            let budget = Duration::from_millis(millis);
            let attempts = attempts(budget);
            let timeouts = timeouts(budget, attempts);
            let attempt = timeouts.operation_attempt_timeout().unwrap();
            let pauses = BACKOFF * (attempts - 1);
            assert!(attempt * attempts + pauses <= budget, "{timeouts:?}");
            assert!(attempt >= budget.min(BACKOFF), "{timeouts:?}");
            assert!(
                timeouts.connect_timeout().unwrap() < attempt,
                "{timeouts:?}"
            );
            assert_eq!(timeouts.operation_timeout(), Some(budget));
        }
    }
}
