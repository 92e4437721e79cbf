//! Handles Tencent Chat's callbacks. An app has one URL for all of them, so one function serves all. Each command has a
//! module, named after it, in the folder of its family.
//!
//! The handlers never see HTTP or JSON, and never write to a table.

use receiver::Handler;

pub mod call;
pub mod channel;
pub mod group;
pub mod message;
pub mod moderation;
pub mod operations;
pub mod presence;
pub mod push;
pub mod relation;
pub mod user;

/// All handlers.
#[must_use]
pub fn handlers() -> Vec<Handler> {
    [
        call::handlers(),
        channel::handlers(),
        group::handlers(),
        message::handlers(),
        moderation::handlers(),
        operations::handlers(),
        presence::handlers(),
        push::handlers(),
        relation::handlers(),
        user::handlers(),
    ]
    .concat()
}
