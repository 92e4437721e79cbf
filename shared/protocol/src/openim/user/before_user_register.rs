//! `callbackBeforeUserRegisterCommand` (`beforeUserRegister` in `webhooks.yml`), sent since v3.4.2.
//!
//! <https://docs.openim.io/platform-api/webhooks/user/before-user-register>

use domain::{Family, Question, Source, user};
use serde::{Deserialize, Serialize};

use crate::{
    Callback, Command, FreeText, Members, Rules, When,
    openim::{Amendment, Before, Decision, NewUser},
    read,
};

/// The app's backend is about to create a batch of accounts through `POST /user/user_register`.
///
/// A refusal keeps all of them from being created. Servers up to v3.8.0 send their own secret in a member `secret`,
/// which is not read here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct BeforeUserRegister {
    /// The users to be.
    pub users: Members<NewUser>,
}

impl Callback for BeforeUserRegister {
    const COMMAND: Command = Command {
        source: Source::OpenIm,
        name: "callbackBeforeUserRegisterCommand",
        earlier: &[],
        switch: Some("beforeUserRegister"),
        family: Family::User,
        when: When::Before(Rules {
            acting_user: false,
            bypass: crate::Bypass::unasked(
                "POST /user/add_notification_account creates an account and never asks.",
            ),
            ..Rules::USERS
        }),
        since: Some("v3.4.2"),
        sentence: "Accounts are about to be created.",
    };
    type Event = user::Event;
    type Answer = Decision<AmendedUsers>;

    fn questions(&self) -> Vec<Question<'_>> {
        let users = self.users.iter().map(|user| &user.user_id);
        let others = self.users.left_out().iter().any(|user| !is_nobody(user));
        vec![Question::about(users).and_unreadable_others(others)]
    }
}

impl Before for BeforeUserRegister {
    type Amendment = AmendedUsers;
}

/// Whether the JSON of an account is null, or has no id.
fn is_nobody(user: &str) -> bool {
    #[derive(Deserialize)]
    struct Account {
        #[serde(rename = "userID", default)]
        id: FreeText,
    }
    let account = read::<Option<Account>>(user.as_bytes());
    account.is_ok_and(|account| account.is_none_or(|it| it.id.is_empty() && !it.id.is_odd()))
}

/// The batch that is registered in the place of the one that was asked for. Made of what the callback asked for: the
/// server takes an element as it is, so that a member which is missing would be emptied, and checks no id again.
/// Never empty: the server ignores an empty list and registers everybody, so to register nobody is to refuse.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AmendedUsers {
    users: Vec<NewUser>,
}

impl Amendment for AmendedUsers {}

impl AmendedUsers {
    /// Those users of the callback that are chosen, as `choose` leaves them; `None` when nobody is left. What it
    /// makes of an id does not count: ids stay as they were asked for.
    #[must_use]
    pub fn of(
        asked: &BeforeUserRegister,
        mut choose: impl FnMut(&mut NewUser) -> bool,
    ) -> Option<Self> {
        let chosen = asked.users.iter().filter_map(|user| {
            let mut changed = user.clone();
            choose(&mut changed).then(|| NewUser {
                user_id: user.user_id.clone(),
                ..changed
            })
        });
        let users: Vec<NewUser> = chosen.collect();
        (!users.is_empty()).then_some(Self { users })
    }
}
