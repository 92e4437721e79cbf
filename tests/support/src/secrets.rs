use std::{collections::BTreeMap, time::Duration};

use aws_sdk_secretsmanager::Client;
use serde_json::Value;
use store::Settings;

use crate::Dynamodb;

/// A secret in MiniStack's Secrets Manager.
pub struct Secret {
    client: Client,
    endpoint: String,
    /// The id that a function gets.
    pub id: String,
}

impl Secret {
    /// Makes a new secret.
    pub async fn create(ministack: &Dynamodb, name: &str, document: &Value) -> Self {
        let document = document.to_string();
        let created = Self::client(&ministack.endpoint)
            .create_secret()
            .name(name)
            .secret_string(document)
            .send();
        Self::at(&ministack.endpoint, &created.await.unwrap().arn.unwrap())
    }

    /// An existing secret with this id.
    pub fn at(endpoint: &str, id: &str) -> Self {
        Self {
            client: Self::client(endpoint),
            endpoint: endpoint.to_owned(),
            id: id.to_owned(),
        }
    }

    fn client(endpoint: &str) -> Client {
        store::secrets_manager(&Settings::local(endpoint), Duration::from_secs(10))
    }

    /// Reads the secret.
    pub async fn document(&self) -> Value {
        let text = store::secret(&self.client, &self.id).await.unwrap();
        serde_json::from_str(&text).unwrap()
    }

    /// Replaces the secret's text.
    pub async fn put(&self, text: &str) {
        let put = self.client.put_secret_value().secret_id(&self.id);
        put.secret_string(text).send().await.unwrap();
    }

    /// The environment of a function that reads this secret by the setting `variable`.
    pub fn environment(&self, variable: &str) -> BTreeMap<String, String> {
        [
            (variable, self.id.as_str()),
            ("AWS_ENDPOINT_URL_SECRETS_MANAGER", &self.endpoint),
            ("AWS_REGION", "eu-central-1"),
            ("AWS_ACCESS_KEY_ID", "local"),
            ("AWS_SECRET_ACCESS_KEY", "local"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into()
    }
}
