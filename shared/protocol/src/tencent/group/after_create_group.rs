use std::collections::BTreeSet;

use domain::{
    Family, GroupId, Source,
    group::{Event, Member, Role},
};
use serde::{Deserialize, Serialize};

use super::{CustomField, GroupMember};
use crate::{
    Callback, Command, FreeText, Lenient, Members, Number, When,
    tencent::{Account, Noted},
};

/// `Group.CallbackAfterCreateGroup`: a client or the REST API created a group.
///
/// No other callback reports that its first members joined.
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/1047/34369>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AfterCreateGroup {
    /// The group. A table of the documents spells it `groupID`.
    #[serde(rename = "GroupId", alias = "groupID")]
    pub group_id: GroupId,
    /// The user who created it.
    #[serde(
        rename = "Operator_Account",
        default,
        skip_serializing_if = "Lenient::is_none"
    )]
    pub operator: Lenient<Account>,
    /// The owner. A call of the REST API can leave it out, and then the group has none.
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
    /// The first members, with or without the owner. Some can be administrators: the body does not say which.
    #[serde(
        rename = "MemberList",
        default,
        skip_serializing_if = "Lenient::is_none"
    )]
    pub members: Lenient<Members<GroupMember>>,
    /// Fields of the app's own. Only in apps for which Tencent Chat has enabled it.
    #[serde(
        rename = "UserDefinedDataList",
        default,
        skip_serializing_if = "Lenient::is_none"
    )]
    pub custom_fields: Lenient<Members<CustomField>>,
    /// The time of the event, in Unix milliseconds.
    #[serde(rename = "EventTime", default, skip_serializing_if = "Number::is_none")]
    pub event_time: Number,
}

impl AfterCreateGroup {
    /// The members, each once, and the owner first. The owner becomes a member also if the list does not name the
    /// owner. The roles of the others are not told.
    #[must_use]
    pub fn first_members(&self) -> Vec<Member> {
        let owner = self.owner.user();
        let others = self.members.get().into_iter().flatten();
        let others = others.map(|member| (member.user.clone(), None));
        let everybody = owner.map(|owner| (owner, Some(Role::Owner)));
        let mut seen = BTreeSet::new();
        everybody
            .into_iter()
            .chain(others)
            .filter(|(user, _)| seen.insert(user.clone()))
            .map(|(user, role)| Member { user, role })
            .collect()
    }
}

impl Callback for AfterCreateGroup {
    const COMMAND: Command = Command {
        source: Source::Tencent,
        name: "Group.CallbackAfterCreateGroup",
        earlier: &[],
        switch: None,
        family: Family::Group,
        when: When::After,
        since: None,
        sentence: "A group was created.",
    };
    type Event = Event;
    type Answer = Noted;
}
