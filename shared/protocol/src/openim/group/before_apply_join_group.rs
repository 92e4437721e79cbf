use domain::{Family, GroupId, Question, Role, Source, UserId, group::Event};
use serde::{Deserialize, Serialize};

use super::GroupType;
use crate::{
    Callback, Command, FreeText, Rules, Text, When,
    openim::{Before, Decision, NoAmendment},
};

/// `callbackBeforeJoinGroupCommand`: a user is about to join a group, or to ask for it if the group needs an approval.
///
/// The server sends no callback after a request, or after an approval.
///
/// Source: OpenIM, `pkg/callbackstruct/group.go`, `CallbackJoinGroupReq`;
/// <https://docs.openim.io/platform-api/webhooks/group/before-apply-join-group>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct BeforeApplyJoinGroup {
    /// The group.
    #[serde(rename = "groupID")]
    pub group_id: GroupId,
    /// The kind of group.
    #[serde(default)]
    pub group_type: GroupType,
    /// The user who is to join, as the caller of the API says. The server does not compare it with the caller, so a user
    /// can name somebody else.
    #[serde(rename = "applyID")]
    pub user_id: UserId,
    /// The text of the user; may be empty.
    #[serde(default)]
    pub req_message: FreeText,
    /// Free text of the app; may be empty.
    #[serde(default)]
    pub ex: FreeText,
}

impl Callback for BeforeApplyJoinGroup {
    const COMMAND: Command = Command {
        source: Source::OpenIm,
        name: "callbackBeforeJoinGroupCommand",
        earlier: &[],
        switch: Some("beforeApplyJoinGroup"),
        family: Family::Group,
        when: When::Before(Rules {
            asks: "group.ask_to_join",
            other_user: false,
            texts: &[Text::fixed(Role::Message, "reqMessage")],
            by_subject: &["groups.joins.groups", "groups.joins.users"],
            bypass: crate::Bypass::asked_with(
                "callbackBeforeMembersJoinGroupCommand",
                "Users can join by an invitation, an approval or a group's creation, too: callbackBeforeMembersJoinGroupCommand asks about all ways.",
            ),
            ..Rules::USERS
        }),
        since: Some("v3.4.2"),
        sentence: "A user is about to join a group, or to ask for it.",
    };
    type Event = Event;
    type Answer = Decision<NoAmendment>;

    fn questions(&self) -> Vec<Question<'_>> {
        let question = Question::new(&self.user_id, []).group(&self.group_id);
        vec![question.message(&self.req_message)]
    }
}

impl Before for BeforeApplyJoinGroup {
    type Amendment = NoAmendment;
}
