//! A callback's journey: read the event → authenticate → find the command → decode → decide → record → answer in the
//! caller's dialect. There is a file or a folder for each step, but for decoding, which is [`protocol::read`](protocol::read());
//! `journey.rs` is the line that they make.
//!
//! A function crate writes a handler, a small function from a typed callback to the
//! [events](domain::Events) it implies, and hands it to [`serve`]:
//!
//! ```no_run
//! use domain::relation::Event;
//! use protocol::openim::AfterDeleteFriend;
//!
//! fn handle(callback: AfterDeleteFriend) -> Vec<Event> {
//!     vec![Event::FriendDeleted {
//!         owner: callback.owner_user_id,
//!         friend: callback.friend_user_id,
//!     }]
//! }
//!
//! fn main() -> Result<(), receiver::Error> {
//!     receiver::serve([receiver::handler(handle)])
//! }
//! ```
//!
//! The handler of a callback that asks before something happens returns the answer. Before it, the [`policies`] of the
//! operator are asked, which are read from `POLICIES_FILE` or the `policies.json` beside the binary: a refusal of theirs
//! ends it, and what the handler changes is laid over what they changed, field by field.
//!
//! # Secrets
//!
//! What callers prove themselves with is fetched from Secrets Manager when a function starts, if
//! `OPENIM_SECRET_ID` or `TENCENT_SECRET_ID` names a secret. A secret is a JSON object of strings with the
//! names of the variables in [`Verifiers`] that are marked as secret, for example
//! `{"OPENIM_BASIC_PASSWORD": "…", "OPENIM_BASIC_PASSWORD_PREVIOUS": "…"}`. Without it they are taken from
//! the environment.
//!
//! The journey takes the clock as an argument and knows nothing of Lambda. What can go wrong on the way, and what the
//! caller is told then, is the table in [`ProblemKind`].

mod answer;
mod authenticate;
mod call;
mod context;
mod decide;
mod edge;
mod end;
mod find;
mod handle;
mod handler;
mod journey;
mod log;
mod problem;
mod record;
mod serve;
mod settings;
mod start;

pub use answer::Reply;
pub use authenticate::{
    BasicVerifier, InvalidKey, InvalidSignatureVerifier, Nonce, OpenImVerifier, Rejection,
    SignatureAlgorithm, SignatureEncoding, SignatureVerifier, TencentVerifier, Unverified,
    Verified, openim_sign, tencent_sign,
};
pub use context::Context;
pub use edge::{GatewayResponse, Request};
pub use handle::{Handle, Said, Says};
pub use handler::{Handler, handler};
pub use journey::Receiver;
pub use lambda_runtime::Error;
pub use log::init as init_logging;
pub use problem::{Problem, ProblemKind};
pub use serve::{Function, serve};
pub use settings::{Config, InvalidConfig, OnFailure, StorageConfig, UnknownCommand, Verifiers};
pub use start::StartError;

/// How a function reads its settings: the environment, outside of tests.
pub type Get = dyn Fn(&str) -> Option<String> + Send + Sync;
