//! Reads what an operator sets: the environment, the secrets and `policies.json`.

mod config;
mod deadline;
mod later;
mod moderation;
pub(crate) mod policies_file;
pub(crate) mod secrets;
mod service;
#[cfg(test)]
mod tests;
mod verifiers;

pub(crate) use config::before_deadline;
pub use config::{
    Config, InvalidConfig, Keep, KeepBody, OnFailure, RecordDecisions, StorageConfig,
    UnknownCommand,
};
pub(crate) use deadline::{Deadlines, Shares};
pub use later::JudgedLater;
pub use moderation::{ModerationConfig, OpenImAdmin, TencentAdmin};
pub(crate) use service::ServiceConfig;
pub use service::{Destination, Sends};
pub use verifiers::Verifiers;
