//! What the tests of several crates believe in, each told in the simplest way: what the servers do with an answer, what
//! their users do and what the views must then say, the bodies that they send, and what gateways make of them.
//!
//! Pure code: what starts something is in the crate `support`. The unit tests of `domain` and `protocol` cannot use what
//! has their types: those crates are compiled twice then.

mod gateway;
pub mod odd;
mod openim_before;
mod openim_server;
mod payloads;
pub mod relations;
pub mod servers;
mod tencent_before;

pub use gateway::{CATCH_ALL, HttpRequest};
pub use openim_before::{Outcome, openim_proceeds};
pub use openim_server::{Verdict, read_as_openim};
pub use payloads::{Payload, payloads};
pub use tencent_before::{PersonOutcome, tencent_proceeds};

use std::path::{Path, PathBuf};

/// The repository.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap().to_owned()
}
