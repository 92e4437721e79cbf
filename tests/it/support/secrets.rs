use std::{collections::BTreeMap, time::Duration};

use aws_sdk_secretsmanager::Client;
use serde_json::Value;
use store::Settings;

use super::Dynamodb;

/// A secret in MiniStack's Secrets Manager.
pub(crate) struct Secret {
    client: Client,
    endpoint: String,
    pub(crate) id: String,
}

impl Secret {
    pub(crate) async fn create(ministack: &Dynamodb, name: &str, document: &Value) -> Self {
        let settings = Settings::local(&ministack.endpoint);
        let client = store::secrets_manager(&settings, Duration::from_secs(10));
        let document = document.to_string();
        let created = client
            .create_secret()
            .name(name)
            .secret_string(document)
            .send();
        Self {
            id: created.await.unwrap().arn.unwrap(),
            client,
            endpoint: ministack.endpoint.clone(),
        }
    }

    pub(crate) async fn put(&self, text: &str) {
        let put = self.client.put_secret_value().secret_id(&self.id);
        put.secret_string(text).send().await.unwrap();
    }

    /// The environment of a function that fetches it as `variable`.
    pub(crate) fn environment(&self, variable: &str) -> BTreeMap<String, String> {
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
