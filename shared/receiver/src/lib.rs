//! A callback's journey: `authenticate → match the command → decode → decide (the handler) → record →
//! answer in the caller's dialect`.
//!
//! A function crate writes a handler, a small function from a typed callback to the
//! [events](domain::Event) it implies, and hands it to [`serve`]:
//!
//! ```no_run
//! use domain::Event;
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
//!     receiver::serve([receiver::openim(handle)])
//! }
//! ```
//!
//! A callback that asks before something happens is handed to [`openim_before`] or [`tencent_before`] with a
//! function from the callback to a decision. Before it, the [`policies`] of the operator are asked, which are read
//! from `POLICIES_FILE` or the `policies.json` beside the binary: a refusal of theirs ends it, and what the handler
//! amends stands in the place of what they amend.
//!
//! # Secrets
//!
//! What callers prove themselves with is fetched from Secrets Manager when a function starts, if
//! `OPENIM_SECRET_ID` or `TENCENT_SECRET_ID` names a secret. A secret is a JSON object of strings with the
//! names of the variables in [`Verifiers`] that are marked as secret, for example
//! `{"OPENIM_BASIC_PASSWORD": "…", "OPENIM_BASIC_PASSWORD_PREVIOUS": "…"}`. Without it they are taken from
//! the environment.
//!
//! The journey itself is [`Receiver::receive`]; it takes the clock as an argument and knows nothing of
//! Lambda. What can go wrong on the way, and what the caller is told then, is the table in [`Problem`].

mod auth;
mod command;
mod config;
mod decision;
mod gateway;
mod handler;
mod journey;
mod logging;
mod nesting;
mod policies_file;
mod problem;
mod question;
mod reply;
mod secrets;
mod serve;

pub use auth::{
    AuthError, BasicVerifier, InvalidKey, InvalidSignatureVerifier, Nonce, OpenImVerifier,
    Rejection, SignatureAlgorithm, SignatureEncoding, SignatureVerifier, TencentVerifier,
    Unverified, Verified, openim_sign, tencent_sign,
};
pub use config::{Config, InvalidConfig, OnFailure, StorageConfig, Verifiers};
pub use gateway::Request;
pub use handler::{
    Handler, openim, openim_before, openim_before_recording, tencent, tencent_before,
};
pub use journey::{Receiver, StartError};
pub use lambda_runtime::Error;
pub use logging::init as init_logging;
pub use problem::{Problem, ProblemKind};
pub use question::{OpenImQuestion, TencentQuestion};
pub use reply::Reply;
pub use serve::{Function, GatewayResponse, serve};
