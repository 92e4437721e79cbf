//! `callbackAfterUserRegisterCommand` (`afterUserRegister` in `webhooks.yml`), sent since v3.4.2.
//!
//! <https://docs.openim.io/platform-api/webhooks/user/after-user-register>

use domain::{Family, Source, user};
use serde::{Deserialize, Serialize};

use crate::{
    Callback, Command, Members, When,
    openim::{NewUser, Noted},
};

/// A batch of accounts was created through `POST /user/user_register`.
///
/// Accounts for notifications, which have a route of their own, are created without a callback. Servers up to v3.8.0
/// send their own secret in a member `secret`, which is not read here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AfterUserRegister {
    /// The new users, as the callback before left the list.
    pub users: Members<NewUser>,
}

impl Callback for AfterUserRegister {
    const COMMAND: Command = Command {
        source: Source::OpenIm,
        name: "callbackAfterUserRegisterCommand",
        earlier: &[],
        switch: Some("afterUserRegister"),
        family: Family::User,
        when: When::After,
        since: Some("v3.4.2"),
        sentence: "Accounts were created.",
    };
    type Event = user::Event;
    type Answer = Noted;
}
