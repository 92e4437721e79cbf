//! Requests to the app's own services, signed as [Standard Webhooks](https://www.standardwebhooks.com) 1.0.0, and to the REST
//! APIs of the chat servers. They go only to addresses that are allowed, over one connection that stays open.

mod address;
mod circuit;
mod client;
mod openim;
mod sign;

pub use address::{Addresses, Place, place};
pub use circuit::Circuit;
pub use client::{Answer, Client, Failure, InvalidUrl, MOST_ANSWER_BYTES, More, Target};
pub use openim::{OpenImAccess, OpenImApi, TOKEN_REFUSED, Unanswered, ask_json, is_token};
pub use sign::{InvalidSecret, Signer};
