use domain::{Family, GroupId, Question, Role, Source, UserId, group::Event};
use serde::{Deserialize, Serialize};

use crate::{
    Callback, Command, FreeText, Members, Rules, Text, When,
    openim::{Before, Decision, NoAmendment},
};

/// `callbackBeforeInviteJoinGroupCommand`: users are about to be invited into a group. The body does not say who invites
/// them.
///
/// If they need no approval, the server then asks with
/// [`BeforeMemberJoinGroup`](crate::openim::BeforeMemberJoinGroup), and they are members. It sends no callback afterwards.
///
/// Source: OpenIM, `pkg/callbackstruct/group.go`, `CallbackBeforeInviteUserToGroupReq`;
/// <https://docs.openim.io/platform-api/webhooks/group/before-invite-user-to-group>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct BeforeInviteUserToGroup {
    /// The group.
    #[serde(rename = "groupID")]
    pub group_id: GroupId,
    /// Why; may be empty.
    #[serde(default)]
    pub reason: FreeText,
    /// The users. All of them are invited, or nobody
    /// ([deviation](crate::openim::deviations#an-invitation-is-refused-as-a-whole)).
    #[serde(rename = "invitedUserIDs")]
    pub invited_user_ids: Members<UserId>,
}

impl Callback for BeforeInviteUserToGroup {
    const COMMAND: Command = Command {
        source: Source::OpenIm,
        name: "callbackBeforeInviteJoinGroupCommand",
        earlier: &[],
        switch: Some("beforeInviteUserToGroup"),
        family: Family::Group,
        when: When::Before(Rules {
            asks: "group.invite",
            acting_user: false,
            texts: &[Text::fixed(Role::Message, "reason")],
            by_subject: &[
                "groups.invitations.groups",
                "groups.maxMembers",
                "groups.invitations.users",
            ],
            ..Rules::USERS
        }),
        since: Some("v3.4.2"),
        sentence: "Users are about to be invited into a group.",
    };
    type Event = Event;
    type Answer = Decision<NoAmendment>;

    fn questions(&self) -> Vec<Question<'_>> {
        let users = &self.invited_user_ids;
        let question = Question::about(users.iter())
            .and_unreadable_others(users.means_others())
            .group(&self.group_id)
            .message(&self.reason);
        vec![question]
    }
}

impl Before for BeforeInviteUserToGroup {
    type Amendment = NoAmendment;
}
