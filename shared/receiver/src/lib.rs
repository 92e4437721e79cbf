//! Takes a callback from a gateway's event to an answer in the words of the server that sent it. The steps are: read the
//! event, authenticate, find the command, decode, decide, record, answer. `journey.rs` calls them in this order.
//!
//! It never reads a body before a verifier has accepted the caller. It never lets a panic reach Lambda, because OpenIM
//! would read that as "allowed". It logs no secrets, and users' texts only in an event that could not be stored.
//!
//! A function's package writes a handler: a small function from a typed callback to the [events](domain::Events) that it
//! implies. [`serve`] runs it:
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
//! The handler of a before callback returns the answer. The operator's [`policies`] decide first. The function reads
//! them from `POLICIES_FILE`, or from the `policies.json` next to the binary. If they refuse, the handler does not run.
//! If both the policies and the handler change a field, the handler's value counts.
//!
//! # Secrets
//!
//! `OPENIM_SECRET_ID` and `TENCENT_SECRET_ID` may each name a secret in Secrets Manager. The function fetches it when it
//! starts. A secret is a JSON object of strings. Its keys are the variables that [`Verifiers`] marks as secret, for
//! example `{"OPENIM_BASIC_PASSWORD": "…", "OPENIM_BASIC_PASSWORD_PREVIOUS": "…"}`. Without a secret, the function takes
//! these variables from the environment.
//!
//! # Problems
//!
//! The table in [`ProblemKind`] lists what can go wrong, and what the caller gets then.

mod answer;
mod authenticate;
mod call;
mod contents;
mod context;
mod decide;
mod edge;
mod end;
mod find;
mod handle;
mod handler;
mod journey;
mod log;
pub mod messages;
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
pub use settings::{
    Config, Destination, InvalidConfig, JudgedLater, Keep, KeepBody, ModerationConfig, OnFailure,
    OpenImAdmin, RecordDecisions, Sends, StorageConfig, TencentAdmin, UnknownCommand, Verifiers,
};
pub use start::StartError;

/// Reads a setting by its name: from the environment, except in tests.
pub type Get = dyn Fn(&str) -> Option<String> + Send + Sync;
