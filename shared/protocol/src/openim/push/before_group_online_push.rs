use domain::{Family, Question, Source, UserId, push};
use serde::{Deserialize, Serialize};

use crate::{
    Callback, Command, FreeText, Lenient, Members, Number, Rules, When,
    openim::{Amendment, Before, Decision},
};

push! {
/// `callbackBeforeGroupOnlinePushCommand`: a message in a group, or a notice of the server about it, is about to go to the
/// members' devices.
///
/// After a refusal the message goes to no device, and there is no vendor push either. It stays stored, and clients get it
/// when they synchronise next. The sender learns nothing of it.
///
/// Do not refuse [notices that end a membership](Self::ends_memberships). The server does its own work for them in the
/// same step, and a refusal skips it.
///
/// Source: OpenIM, `pkg/callbackstruct/push.go`, `CallbackBeforeSuperGroupOnlinePushReq`, and `groupMessagesHandler` in
/// `internal/push/push_handler.go`; <https://docs.openim.io/platform-api/webhooks/push/before-group-online-push>.
pub struct BeforeGroupOnlinePush {
    /// The number of the message in the group. 0 for some notices.
    #[serde(default)]
    pub seq: Number,
}
}

impl BeforeGroupOnlinePush {
    /// Whether it is the notice that a member left, that members were removed, or that the group was dissolved. With it,
    /// the server ends what these members can read, or removes the members of the group. True if the kind is not known.
    #[must_use]
    pub fn ends_memberships(&self) -> bool {
        const MEMBER_QUIT: i64 = 1504;
        const MEMBER_KICKED: i64 = 1508;
        const GROUP_DISMISSED: i64 = 1511;
        self.content_type
            .get()
            .is_none_or(|kind| [MEMBER_QUIT, MEMBER_KICKED, GROUP_DISMISSED].contains(&kind))
    }
}

impl Callback for BeforeGroupOnlinePush {
    const COMMAND: Command = Command {
        source: Source::OpenIm,
        name: "callbackBeforeGroupOnlinePushCommand",
        earlier: &["callbackSuperGroupOnlinePushCommand"],
        switch: Some("beforeGroupOnlinePush"),
        family: Family::Push,
        when: When::Before(Rules {
            asks: "push.to_online_group",
            caution: Some(
                "If the notice of a member who left or a dissolved group is refused, or the answer cannot be read, OpenIM skips its own clean-up.",
            ),
            ..Rules::NONE
        }),
        since: Some("v3.7.0"),
        sentence: "A message or notice in a group is about to go to the members' devices.",
    };
    type Event = push::Event;
    type Answer = Decision<AmendedRecipients>;

    fn questions(&self) -> Vec<Question<'_>> {
        vec![Question::default().by(self.send_id.get())]
    }
}

impl Before for BeforeGroupOnlinePush {
    type Amendment = AmendedRecipients;
}

/// The only users whose devices get the message, instead of all members.
///
/// The list is never empty: the server ignores an empty list and sends the message to everybody. To send it to nobody,
/// refuse.
///
/// Source: OpenIM, `pkg/callbackstruct/push.go`, `CallbackBeforeSuperGroupOnlinePushResp`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AmendedRecipients {
    #[serde(rename = "userIDList")]
    user_ids: Vec<UserId>,
}

impl Amendment for AmendedRecipients {}

impl AmendedRecipients {
    /// These users. The callback does not say who the members are, and the server does not check the list.
    ///
    /// `None` if the list is empty, or if the message is one that [ends
    /// memberships](BeforeGroupOnlinePush::ends_memberships). For those, a list would make the server skip its own work.
    #[must_use]
    pub fn of(
        asked: &BeforeGroupOnlinePush,
        users: impl IntoIterator<Item = UserId>,
    ) -> Option<Self> {
        let user_ids: Vec<UserId> = users.into_iter().collect();
        (!asked.ends_memberships() && !user_ids.is_empty()).then_some(Self { user_ids })
    }
}
