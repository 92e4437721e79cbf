//! Models for the tests of several crates, each as simple as possible: how the servers read an answer, what their users
//! do and what the views must then say, which bodies the servers send, and which events gateways make of a request.
//!
//! This crate is pure code: it never starts anything (`support` does). The unit tests of `domain` and `protocol` cannot
//! use it, because its types would come from a second copy of those crates.

mod gateway;
pub mod memberships;
pub mod odd;
mod openim_before;
mod openim_server;
mod payloads;
pub mod relations;
pub mod servers;
mod tencent_before;
mod tencent_messages;
pub mod views;

pub use gateway::{CATCH_ALL, HttpRequest};
pub use openim_before::{
    Outcome, openim_makes_records, openim_proceeds, openim_release_proceeds, openim_unasked,
};
pub use openim_server::{Verdict, read_as_openim};
pub use payloads::{Payload, payloads};
pub use tencent_before::{
    PersonOutcome, WholeOutcome, tencent_lets_in, tencent_proceeds, tencent_proceeds_with_whole,
};
pub use tencent_messages::{MessageOutcome, tencent_sends};

use std::path::{Path, PathBuf};

/// The repository's folder.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap().to_owned()
}
