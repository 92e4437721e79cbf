use domain::{Family, Source, user};
use serde::{Deserialize, Serialize};

use crate::{
    Callback, Command, Members, When,
    openim::{NewUser, Noted},
};

/// `callbackAfterUserRegisterCommand`: a batch of accounts was created through `POST /user/user_register`.
///
/// Accounts for notifications have another route, which sends no callback. Servers up to v3.8.0 send their own secret
/// in a field `secret`, which this type does not read.
///
/// Source: OpenIM, `pkg/callbackstruct/user.go`, `CallbackAfterUserRegisterReq`;
/// <https://docs.openim.io/platform-api/webhooks/user/after-user-register>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AfterUserRegister {
    /// The new users, after the answer to the "before" callback.
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
