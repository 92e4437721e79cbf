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
//! The journey itself is [`Receiver::receive`]; it takes the clock as an argument and knows nothing of
//! Lambda. What can go wrong on the way, and what the caller is told then, is the table in [`Problem`].

mod auth;
mod command;
mod config;
mod gateway;
mod handler;
mod journey;
mod logging;
mod problem;
mod reply;
mod serve;

pub use auth::{
    BasicVerifier, OpenImVerifier, TencentVerifier, Unverified, Verified, tencent_sign,
};
pub use config::{Config, InvalidConfig};
pub use gateway::Request;
pub use handler::{Handler, openim, tencent};
pub use journey::Receiver;
pub use lambda_http::Error;
pub use logging::init as init_logging;
pub use problem::{Problem, ProblemKind};
pub use reply::Reply;
pub use serve::serve;
