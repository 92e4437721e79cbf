use std::{
    collections::{BTreeMap, HashMap},
    path::Path,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use aws_sdk_dynamodb::{Client, types::AttributeValue};
use domain::Reception;
use models::root;
use store::{EventsTable, RelationshipsTable, Retention, Settings};
use tempfile::TempDir;
use tokio::process::Command;

use crate::{OPEN, Process, binary, free_port};

/// A DynamoDB that only this test uses.
pub struct Dynamodb {
    /// Its URL.
    pub endpoint: String,
    process: Process,
    /// What MiniStack writes. Dropped after the process, and then deleted.
    _folder: Option<TempDir>,
}

impl Dynamodb {
    /// Starts the DynamoDB that `make run` uses, in memory.
    pub async fn dynoxide() -> Self {
        Self::start_dynoxide(&["--port", "0"]).await
    }

    /// Starts the DynamoDB that `make run` uses, with its data in a file.
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
        Self {
            endpoint,
            process,
            _folder: None,
        }
    }

    /// Starts MiniStack, whose DynamoDB has nothing in common with that of `make run`.
    pub async fn ministack() -> Self {
        let port = free_port();
        let endpoint = format!("http://127.0.0.1:{port}");
        let folder = TempDir::new().unwrap();
        let process = Process::start(
            // Its functions inherit its environment. So it gets only these variables.
            Command::new(root().join(".local/ministack/bin/ministack"))
                .env_clear()
                .env("PATH", "/usr/local/bin:/usr/bin:/bin")
                // It leaves the code of the functions there: a gigabyte for the whole stack.
                .env("TMPDIR", folder.path())
                .env("BIND_HOST", "127.0.0.1")
                .env("GATEWAY_PORT", port.to_string())
                .env("MINISTACK_REGION", "eu-central-1")
                .env("AWS_ENDPOINT_URL", &endpoint)
                // MiniStack enforces IAM policies. These are the keys of the account's root.
                .env("AUTH", "true")
                .env("AWS_ACCESS_KEY_ID", "local")
                .env("AWS_SECRET_ACCESS_KEY", "local"),
        );
        let this = Self {
            endpoint,
            process,
            _folder: Some(folder),
        };
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

    /// A client for this DynamoDB.
    pub fn client(&self) -> Client {
        store::dynamodb(&Settings::local(&self.endpoint), Duration::from_secs(10))
    }

    /// Makes an empty events table, as `make run` does.
    pub async fn events_table(&self) -> Table {
        self.table("EventsTable").await
    }

    /// Makes an empty relationships table, as `make run` does.
    pub async fn relationships_table(&self) -> Table {
        self.table("RelationshipsTable").await
    }

    /// Makes an empty nonces table, as template.yaml describes it.
    pub async fn nonces_table(&self) -> Table {
        self.table("NoncesTable").await
    }

    /// Makes an empty limits table, as template.yaml describes it.
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

/// A table of any kind.
#[derive(Clone)]
pub struct Table {
    /// A client for its DynamoDB.
    pub client: Client,
    /// The URL of its DynamoDB.
    pub endpoint: String,
    /// Its name.
    pub name: String,
}

impl Table {
    /// The environment of a function that uses this table and accepts every caller.
    pub fn environment(&self) -> BTreeMap<String, String> {
        [
            ("AWS_ENDPOINT_URL_DYNAMODB", self.endpoint.as_str()),
            ("AWS_REGION", "eu-central-1"),
            ("AWS_ACCESS_KEY_ID", "local"),
            ("AWS_SECRET_ACCESS_KEY", "local"),
            ("EVENTS_TABLE", &self.name),
            // Longer than the default, because a machine that runs all tests is slow.
            ("DEADLINE_MS", "2500"),
            ("RELATIONSHIPS_TABLE", &self.name),
        ]
        .iter()
        .chain(OPEN)
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
    }

    /// This table, with the type that the functions use. It keeps everything for ever.
    pub fn events_table(&self) -> EventsTable {
        EventsTable::new(self.client.clone(), &self.name, Retention::default())
    }

    /// This table, with the type that `project-views` uses.
    pub fn relationships_table(&self) -> RelationshipsTable {
        let settings = Settings::local(&self.endpoint);
        RelationshipsTable::new(store::patient(&settings), &self.name)
    }

    /// Reads all items.
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

    /// Reads the items of receptions: all but the markers of retries.
    pub async fn reception_items(&self) -> Vec<HashMap<String, AttributeValue>> {
        let mut items = self.items().await;
        items.retain(|item| !item["pk"].as_s().unwrap().starts_with("retry#"));
        items
    }

    /// Reads all receptions, oldest first.
    pub async fn receptions(&self) -> Vec<Reception> {
        let mut receptions: Vec<Reception> = self
            .reception_items()
            .await
            .into_iter()
            .map(|item| store::item::to_reception(item).unwrap())
            .collect();
        receptions.sort_by_key(|reception| reception.received_at);
        receptions
    }
}
