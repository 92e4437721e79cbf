use std::collections::BTreeMap;

use domain::{Changeable, Family, Question, Role, Source, group::Event};
use serde::{Deserialize, Serialize};

use super::GroupMember;
use crate::{
    Callback, Command, FreeText, Lenient, Members, Number, Rules, When,
    tencent::{Account, Decision, GroupCode, names_somebody},
};

/// `Group.CallbackBeforeCreateGroup`: a client or the REST API is about to create a group. It has no id yet.
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/1047/34368>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct BeforeCreateGroup {
    /// The user who creates it.
    #[serde(rename = "Operator_Account")]
    pub operator: Account,
    /// The owner.
    #[serde(
        rename = "Owner_Account",
        default,
        skip_serializing_if = "Lenient::is_none"
    )]
    pub owner: Lenient<Account>,
    /// The kind of group, in an old word or a new one: `Private` is `Work`, and `ChatRoom` is `Meeting`.
    #[serde(rename = "Type", skip_serializing_if = "Option::is_none")]
    pub group_type: Option<FreeText>,
    /// The name.
    #[serde(rename = "Name", skip_serializing_if = "Option::is_none")]
    pub name: Option<FreeText>,
    /// How many groups of this kind the user has created. Newer documents do not have it.
    #[serde(
        rename = "CreateGroupNum",
        default,
        skip_serializing_if = "Number::is_none"
    )]
    pub created: Number,
    /// How many groups of each kind the user has created.
    // One letter more than the name above. It is in no document.
    #[serde(
        rename = "CreatedGroupNum",
        default,
        skip_serializing_if = "Lenient::is_none"
    )]
    pub created_by_type: Lenient<BTreeMap<String, Number>>,
    /// Who may invite others, for example `DisableInvite`. It is in no document.
    #[serde(rename = "InviteOption", skip_serializing_if = "Option::is_none")]
    pub invite_option: Option<FreeText>,
    /// The first members.
    #[serde(rename = "MemberList", skip_serializing_if = "Option::is_none")]
    pub members: Option<Members<GroupMember>>,
    /// The time of the event, in Unix milliseconds.
    #[serde(rename = "EventTime", default, skip_serializing_if = "Number::is_none")]
    pub event_time: Number,
}

impl Callback for BeforeCreateGroup {
    const COMMAND: Command = Command {
        source: Source::Tencent,
        name: "Group.CallbackBeforeCreateGroup",
        earlier: &[],
        switch: None,
        family: Family::Group,
        when: When::Before(Rules {
            asks: "group.create",
            by_subject: &["groups.creators", "groups.names", "groups.maxMembers"],
            ..Rules::NONE
        }),
        since: None,
        sentence: "A group is about to be created.",
    };
    type Event = Event;
    type Answer = Decision<GroupCode>;

    fn questions(&self) -> Vec<Question<'_>> {
        let owner = self.owner.get().and_then(Account::user);
        let members = self.members.iter().flatten();
        let left_out = self.members.as_ref().map_or(&[][..], Members::left_out);
        let question = Question::about(members.map(|member| &member.user))
            .and_unreadable_others(names_somebody(left_out, GroupMember::NAME))
            .by(owner.or(self.operator.user()));
        vec![match &self.name {
            Some(name) => question.text(Role::Name, name, Changeable::Never),
            None => question,
        }]
    }
}
