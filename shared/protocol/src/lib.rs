//! The callbacks of OpenIM and Tencent Chat as Rust types: no I/O, no AWS, no async.
//!
//! * [`openim`] — what an OpenIM server sends to `<url>/<command>`, and the answers it can read.
//! * [`tencent`] — the same for Tencent Chat, which sends every command to one URL.
//!
//! Each command has one file, named after it. Unknown fields are accepted everywhere, because both
//! servers add some from time to time.
//!
//! # Where a document and the server differ
//!
//! The types follow what the servers do. A difference to the published documents has a name: see
//! [`openim::deviations`].

pub mod openim;
pub mod tencent;

pub use domain::{InvalidUserId, UserId};
