//! Reads what an operator sets: the environment, the secrets and `policies.json`.

mod config;
mod deadline;
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
pub(crate) use service::ServiceConfig;
pub use service::{Destination, Sends};
pub use verifiers::Verifiers;
