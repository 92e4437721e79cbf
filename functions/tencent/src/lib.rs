//! Tencent Chat's callbacks. An app has one URL for all of them, so one function has all; each command has a module
//! that is named after it, in the folder of its family.

use receiver::Handler;

pub mod relation;
pub mod user;

/// Every handler.
#[must_use]
pub fn handlers() -> Vec<Handler> {
    [relation::handlers(), user::handlers()].concat()
}
