//! Starts the functions for the tests of `tests/it`, and the programs around them: tables, queues, secrets, gateways,
//! proxies, chat servers.
//! It never calls AWS, and it never installs anything: `make test` does.

mod aws_json;
mod browser;
mod chat_server;
mod decision_service;
mod dynamodb;
mod event_bus;
mod fault_proxy;
mod function;
mod functions;
mod nginx;
mod process;
mod queue;
mod relationships;
mod request;
mod rest_api;
mod secrets;
mod serve;
mod size;
mod stream;
mod tls;
mod watch;

pub use browser::Browser;
pub use chat_server::{ChatServer, Lists, Refusal, StoredMessage};
pub use decision_service::{Behaviour, DecisionService, Question};
pub use dynamodb::{Dynamodb, Table};
pub use event_bus::EventBus;
pub use fault_proxy::{Fault, FaultProxy};
pub use function::Function;
pub use functions::FUNCTIONS;
pub use nginx::{Nginx, RECEIVER, TYPED_IN};
pub use process::{Process, binary, free_port, nowhere, tool};
pub use queue::{Queue, deliver, redrive};
pub use relationships::wait_for_relationships;
pub use request::{Answer, Request};
pub use rest_api::RestApi;
pub use secrets::Secret;
pub use serve::serve;
pub use size::{item_bytes, write_units};
pub use stream::records;
pub use tls::{Authority, TlsFront};
pub use watch::Watch;

/// The functions that no callback reaches, because an event source calls them.
pub const FED: &[&str] = &["deliver", "moderate", "project-views", "publish", "redrive"];

/// The id of the app that the tests use for Tencent Chat.
pub const SDK_APP_ID: &str = "1400000001";

/// Settings that every function needs besides its table. They accept every caller.
pub const OPEN: &[(&str, &str)] = &[
    ("OPENIM_VERIFIER", "none"),
    ("TENCENT_SDK_APP_ID", SDK_APP_ID),
    ("TENCENT_VERIFIER", "none"),
];

/// The function to which a gateway routes a path.
pub fn function_at(path: &str) -> &'static str {
    FUNCTIONS
        .iter()
        .find(|(_, route)| *route == path)
        .map_or("any-command", |(function, _)| function)
}
