use std::{
    collections::{BTreeMap, HashMap},
    path::Path,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use aws_sdk_dynamodb::{Client, types::AttributeValue};
use domain::Reception;
use models::root;
use store::{EventsTable, RelationshipsTable, Settings};
use tokio::process::Command;

use crate::{OPEN, Process, binary, free_port};

/// A DynamoDB of this test's own.
pub struct Dynamodb {
    /// Where it listens.
    pub endpoint: String,
    process: Process,
}

impl Dynamodb {
    /// The one that `make run` uses, in memory.
    pub async fn dynoxide() -> Self {
        Self::start_dynoxide(&["--port", "0"]).await
    }

    /// The same with its data in a file.
    pub async fn dynoxide_on(port: u16, file: &Path) -> Self {
        let file = file.to_str().unwrap();
        Self::start_dynoxide(&["--port", &port.to_string(), "--file", file]).await
    }

    async fn start_dynoxide(options: &[&str]) -> Self {
        let mut process =
            Process::start(Command::new(binary("imhook")).arg("dynamodb").args(options));
        let endpoint = process
            .wait_for(|line| line.strip_prefix("dynamodb: ").map(ToOwned::to_owned))
            .await;
        Self { endpoint, process }
    }

    /// An independent one.
    pub async fn ministack() -> Self {
        let port = free_port();
        let endpoint = format!("http://127.0.0.1:{port}");
        let process = Process::start(
            // Its functions inherit its environment, so that has nothing in it but this.
            Command::new(root().join(".local/ministack/bin/ministack"))
                .env_clear()
                .env("PATH", "/usr/local/bin:/usr/bin:/bin")
                .env("BIND_HOST", "127.0.0.1")
                .env("GATEWAY_PORT", port.to_string())
                .env("MINISTACK_REGION", "eu-central-1")
                .env("AWS_ENDPOINT_URL", &endpoint)
                // Enforces IAM policies; these are the keys of the account's root.
                .env("AUTH", "true")
                .env("AWS_ACCESS_KEY_ID", "local")
                .env("AWS_SECRET_ACCESS_KEY", "local"),
        );
        let this = Self { endpoint, process };
        let health = format!("{}/_ministack/health", this.endpoint);
        for _ in 0..1200 {
            if reqwest::get(&health)
                .await
                .is_ok_and(|answer| answer.status().is_success())
            {
                return this;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!(
            "MiniStack did not start:\n{}",
            this.process.lines().join("\n")
        );
    }

    /// A client of it.
    pub fn client(&self) -> Client {
        store::dynamodb(&Settings::local(&self.endpoint), Duration::from_secs(10))
    }

    /// A new, empty events table, made as `make run` makes it.
    pub async fn events_table(&self) -> Table {
        self.table("EventsTable").await
    }

    /// A new, empty relationships table, made as `make run` makes it.
    pub async fn relationships_table(&self) -> Table {
        self.table("RelationshipsTable").await
    }

    /// A new, empty nonces table, made as template.yaml describes it.
    pub async fn nonces_table(&self) -> Table {
        self.table("NoncesTable").await
    }

    /// A new, empty limits table, made as template.yaml describes it.
    pub async fn limits_table(&self) -> Table {
        self.table("LimitsTable").await
    }

    async fn table(&self, resource: &str) -> Table {
        static TABLES: AtomicU32 = AtomicU32::new(0);
        let name = format!("{resource}-{}", TABLES.fetch_add(1, Ordering::Relaxed));
        let created = Command::new(binary("imhook"))
            .args([
                "create-table",
                "--resource",
                resource,
                "--dynamodb",
                &self.endpoint,
                "--table",
                &name,
            ])
            .status()
            .await
            .unwrap();
        assert!(created.success());
        Table {
            client: self.client(),
            endpoint: self.endpoint.clone(),
            name,
        }
    }
}

/// An events table, or a relationships table.
#[derive(Clone)]
pub struct Table {
    /// A client of its DynamoDB.
    pub client: Client,
    /// Where that listens.
    pub endpoint: String,
    /// Its name.
    pub name: String,
}

impl Table {
    /// The environment of a function that stores here and believes everybody.
    pub fn environment(&self) -> BTreeMap<String, String> {
        [
            ("AWS_ENDPOINT_URL_DYNAMODB", self.endpoint.as_str()),
            ("AWS_REGION", "eu-central-1"),
            ("AWS_ACCESS_KEY_ID", "local"),
            ("AWS_SECRET_ACCESS_KEY", "local"),
            ("EVENTS_TABLE", &self.name),
            // Most tests are not about how quick a busy machine is.
            ("DEADLINE_MS", "2500"),
            ("RELATIONSHIPS_TABLE", &self.name),
        ]
        .iter()
        .chain(OPEN)
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
    }

    /// It, as the functions write it.
    pub fn events_table(&self, retention: Option<Duration>) -> EventsTable {
        EventsTable::new(self.client.clone(), &self.name, retention)
    }

    /// It, as `project-views` writes it.
    pub fn relationships_table(&self) -> RelationshipsTable {
        let settings = Settings::local(&self.endpoint);
        RelationshipsTable::new(store::patient(&settings), &self.name)
    }

    /// Everything in it.
    pub async fn items(&self) -> Vec<HashMap<String, AttributeValue>> {
        let mut pages = self
            .client
            .scan()
            .table_name(&self.name)
            .consistent_read(true)
            .into_paginator()
            .items()
            .send();
        let mut items = Vec::new();
        while let Some(item) = pages.next().await {
            items.push(item.unwrap());
        }
        items
    }

    /// Everything in it, oldest first.
    pub async fn receptions(&self) -> Vec<Reception> {
        let mut receptions: Vec<Reception> = self
            .items()
            .await
            .into_iter()
            .map(|item| store::item::to_reception(item).unwrap())
            .collect();
        receptions.sort_by_key(|reception| reception.received_at);
        receptions
    }
}
