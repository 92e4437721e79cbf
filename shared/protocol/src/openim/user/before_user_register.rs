use domain::{Change, Changeable, Family, Question, Role, Source, user};
use serde::{Deserialize, Serialize};

use crate::{
    Callback, Command, Members, Rules, When,
    openim::{Amendment, Before, Decision, NewUser, is_nobody},
};

/// `callbackBeforeUserRegisterCommand`: the app's backend is about to create a batch of accounts through
/// `POST /user/user_register`.
///
/// After a refusal none of them is created. Servers up to v3.8.0 send their own secret in a field `secret`, which this
/// type does not read.
///
/// Source: OpenIM, `pkg/callbackstruct/user.go`, `CallbackBeforeUserRegisterReq`;
/// <https://docs.openim.io/platform-api/webhooks/user/before-user-register>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct BeforeUserRegister {
    /// The users who are to be created.
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
            asks: "user.register",
            amends: &["names"],
            acting_user: false,
            by_subject: &[
                "users.registration",
                "users.nicknames",
                "users.reservedNames",
                "users.avatars",
            ],
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
        let question = Question::about(users).and_unreadable_others(others);
        let question = self.users.iter().fold(question, |question, user| {
            question
                .text(Role::NewName, &user.nickname, Changeable::Now)
                .picture(Some(&user.face_url))
        });
        vec![question]
    }

    fn amended(&self, change: &Change) -> Option<Self::Answer> {
        let Change::NewNames(names) = change else {
            return None;
        };
        let mut place = 0..;
        let amended = AmendedUsers::of(self, |user| {
            let place = place.next();
            if let Some((_, name)) = names.iter().find(|(of, _)| Some(*of) == place) {
                user.nickname = name.as_str().into();
            }
            true
        });
        amended.map(Decision::Amend)
    }
}

impl Before for BeforeUserRegister {
    type Amendment = AmendedUsers;
}

/// The batch that is registered instead of the batch that was asked for.
///
/// It is made from the users of the callback. The server takes each element as it is, so a missing field would be
/// emptied, and it does not check the ids again. The batch is never empty: the server ignores an empty list and
/// registers everybody. To register nobody, refuse.
///
/// Source: OpenIM, `pkg/callbackstruct/user.go`, `CallbackBeforeUserRegisterResp`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AmendedUsers {
    users: Vec<NewUser>,
}

impl Amendment for AmendedUsers {}

impl AmendedUsers {
    /// The users of the callback for whom `choose` returns true, with the changes that it makes. Ids stay as they were
    /// asked for, even if `choose` changes them. `None` if no user is chosen.
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
