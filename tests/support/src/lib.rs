//! What the tests of `tests/it` start: the functions, and all that stands around them.

mod dynamodb;
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
mod stream;
mod tls;
mod watch;

pub use dynamodb::{Dynamodb, Table};
pub use fault_proxy::{Fault, FaultProxy};
pub use function::Function;
pub use functions::FUNCTIONS;
pub use nginx::{Nginx, RECEIVER, TYPED_IN};
pub use process::{Process, binary, free_port, nowhere, tool};
pub use queue::{Queue, redrive};
pub use relationships::until_all_is_applied;
pub use request::{Answer, Request};
pub use rest_api::RestApi;
pub use secrets::Secret;
pub use stream::records;
pub use tls::{Authority, TlsFront};
pub use watch::Watch;

/// Every function that no callback reaches: an event source feeds it.
pub const FED: &[&str] = &["project-views", "redrive"];

/// Our app of Tencent Chat.
pub const SDK_APP_ID: &str = "1400000001";

/// The environment of every function, beside the table: nobody is asked who they are.
pub const OPEN: &[(&str, &str)] = &[
    ("OPENIM_VERIFIER", "none"),
    ("TENCENT_SDK_APP_ID", SDK_APP_ID),
    ("TENCENT_VERIFIER", "none"),
];

/// The function that a gateway routes a path to.
pub fn function_at(path: &str) -> &'static str {
    FUNCTIONS
        .iter()
        .find(|(_, route)| *route == path)
        .map_or("any-command", |(function, _)| function)
}
