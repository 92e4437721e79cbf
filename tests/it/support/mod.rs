//! What the tests stand on.

mod dynamodb;
mod fault_proxy;
mod function;
mod nginx;
mod process;
mod queue;
mod relationships;
mod request;
mod rest_api;
mod secrets;
mod stream;
mod tls;
mod watch;

pub(crate) use dynamodb::{Dynamodb, Table};
pub(crate) use fault_proxy::{Fault, FaultProxy};
pub(crate) use function::Function;
pub(crate) use nginx::{Nginx, RECEIVER};
pub(crate) use process::{Process, binary, free_port, tool};
pub(crate) use queue::{Queue, redrive};
pub(crate) use relationships::until_all_is_applied;
pub(crate) use request::{Answer, Request};
pub(crate) use rest_api::RestApi;
pub(crate) use secrets::Secret;
pub(crate) use stream::records;
pub(crate) use tls::{Authority, TlsFront};
pub(crate) use watch::Watch;

/// Every function with the path that reaches it alone; `any-command` has all others.
pub(crate) const FUNCTIONS: &[(&str, &str)] = &[
    ("after-add-friend", "/callbackAfterAddFriendCommand"),
    (
        "after-add-friend-agree",
        "/callbackAfterAddFriendAgreeCommand",
    ),
    ("after-delete-friend", "/callbackAfterDeleteFriendCommand"),
    ("after-import-friends", "/callbackAfterImportFriendsCommand"),
    ("after-remove-black", "/callbackAfterRemoveBlackCommand"),
    (
        "after-set-friend-remark",
        "/callbackAfterSetFriendRemarkCommand",
    ),
    ("before-add-black", "/callbackBeforeAddBlackCommand"),
    ("before-add-friend", "/callbackBeforeAddFriendCommand"),
    (
        "before-add-friend-agree",
        "/callbackBeforeAddFriendAgreeCommand",
    ),
    (
        "before-import-friends",
        "/callbackBeforeImportFriendsCommand",
    ),
    (
        "before-set-friend-remark",
        "/callbackBeforeSetFriendRemarkCommand",
    ),
    ("tencent", "/tencent"),
    ("any-command", "/{path}"),
];

/// Every function that no callback reaches: an event source feeds it.
pub(crate) const FED: &[&str] = &["project-views", "redrive"];

/// Our app of Tencent Chat.
pub(crate) const SDK_APP_ID: &str = "1400000001";

/// The environment of every function, beside the table: nobody is asked who they are.
pub(crate) const OPEN: &[(&str, &str)] = &[
    ("OPENIM_VERIFIER", "none"),
    ("TENCENT_SDK_APP_ID", SDK_APP_ID),
    ("TENCENT_VERIFIER", "none"),
];

/// The function that a gateway routes a path to.
pub(crate) fn function_at(path: &str) -> &'static str {
    FUNCTIONS
        .iter()
        .find(|(_, route)| *route == path)
        .map_or("any-command", |(function, _)| function)
}
