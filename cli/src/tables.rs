//! The options of a command that say which tables it uses.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use clap::Args;
use store::{EventsTable, RelationshipsTable, Retention, Settings};

use crate::Result;

/// The names that `run` gives its tables.
pub(crate) const EVENTS: &str = "events";
pub(crate) const RELATIONSHIPS: &str = "relationships";
pub(crate) const LIMITS: &str = "limits";
pub(crate) const NONCES: &str = "nonces";

/// The variables of an account, for servers on this machine, which accept any.
pub(crate) const LOCAL_ACCOUNT: [(&str, &str); 3] = [
    ("AWS_REGION", "eu-central-1"),
    ("AWS_ACCESS_KEY_ID", "local"),
    ("AWS_SECRET_ACCESS_KEY", "local"),
];

/// One of them.
pub(crate) fn local_account(name: &str) -> Option<String> {
    let found = LOCAL_ACCOUNT.iter().find(|(known, _)| *known == name);
    found.map(|(_, value)| (*value).to_owned())
}

/// Where the tables are.
#[derive(Args)]
pub(crate) struct Database {
    /// Endpoint of a DynamoDB on this machine
    #[arg(
        long,
        value_name = "URL",
        default_value = "http://127.0.0.1:8000",
        conflicts_with = "aws"
    )]
    dynamodb: String,
    /// Use tables in AWS, with the region and the credentials in AWS_REGION, AWS_ACCESS_KEY_ID and so on
    #[arg(long)]
    aws: bool,
}

impl Database {
    /// A DynamoDB on this machine.
    pub(crate) fn at(endpoint: &str) -> Self {
        Self {
            dynamodb: endpoint.to_owned(),
            aws: false,
        }
    }

    pub(crate) fn is_aws(&self) -> bool {
        self.aws
    }

    /// The endpoint of the DynamoDB on this machine; `None` in AWS.
    pub(crate) fn here(&self) -> Option<&str> {
        (!self.aws).then_some(&self.dynamodb)
    }

    /// A text that says where the tables are.
    pub(crate) fn shown(&self) -> String {
        match self.aws {
            true => format!("aws {}", std::env::var("AWS_REGION").unwrap_or_default()),
            false => self.dynamodb.clone(),
        }
    }

    fn settings(&self) -> Result<Settings> {
        if self.aws {
            Ok(Settings::from_env(|name| std::env::var(name).ok())?)
        } else {
            Ok(Settings::local(&self.dynamodb))
        }
    }

    /// A client for one question. The database may be far away, but a person waits.
    pub(crate) fn client(&self) -> Result<Client> {
        Ok(store::dynamodb(&self.settings()?, Duration::from_secs(10)))
    }
}

/// For commands that also use the limits table.
#[derive(Args)]
pub(crate) struct LimitsTable {
    /// Name of the limits table
    #[arg(long, value_name = "NAME", default_value = LIMITS)]
    pub(crate) limits_table: String,
}

#[derive(Args)]
pub(crate) struct Tables {
    #[command(flatten)]
    database: Database,
    /// Name of the events table
    #[arg(long, value_name = "NAME", default_value = EVENTS)]
    pub(crate) events_table: String,
    /// Name of the relationships table
    #[arg(long, value_name = "NAME", default_value = RELATIONSHIPS)]
    pub(crate) relationships_table: String,
}

impl Tables {
    /// Whether the tables are in AWS.
    pub(crate) fn aws(&self) -> bool {
        self.database.aws
    }

    /// A text that says where the tables are.
    pub(crate) fn database(&self) -> String {
        self.database.shown()
    }

    /// The events table. What is written to it expires after `retention`.
    pub(crate) fn events(&self, retention: Retention) -> Result<EventsTable> {
        Ok(EventsTable::new(
            self.database.client()?,
            &self.events_table,
            retention,
        ))
    }

    pub(crate) fn relationships(&self) -> Result<RelationshipsTable> {
        Ok(RelationshipsTable::new(
            self.database.client()?,
            &self.relationships_table,
        ))
    }

    /// A client for work that takes long.
    pub(crate) fn patient_client(&self) -> Result<Client> {
        Ok(store::patient(&self.database.settings()?))
    }

    /// Both tables, for work that takes long.
    pub(crate) fn patient(&self) -> Result<(EventsTable, RelationshipsTable)> {
        let client = self.patient_client()?;
        Ok((
            EventsTable::new(client.clone(), &self.events_table, Retention::default()),
            RelationshipsTable::new(client, &self.relationships_table),
        ))
    }
}
