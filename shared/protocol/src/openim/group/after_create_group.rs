use std::collections::BTreeSet;

use domain::{
    Family, GroupId, Source,
    group::{Event, Member, Role},
};
use serde::{Deserialize, Serialize};

use super::NewGroup;
use crate::{Callback, Command, When, openim::Noted};

/// `callbackAfterCreateGroupCommand`: a group was created.
///
/// No other callback reports that its first members joined.
///
/// Source: OpenIM, `pkg/callbackstruct/group.go`, `CallbackAfterCreateGroupReq`;
/// <https://docs.openim.io/platform-api/webhooks/group/after-create-group>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
#[non_exhaustive]
pub struct AfterCreateGroup {
    /// The group.
    pub group: NewGroup<GroupId>,
}

impl AfterCreateGroup {
    /// The members, each once and with the first role in the list.
    ///
    /// The server lists the owner, the administrators, and then everybody again as an ordinary member, the owner last.
    /// After the owner comes an administrator of the app who created the group and is no member
    /// ([deviation](crate::openim::deviations#the-list-of-first-members-repeats-people)).
    #[must_use]
    pub fn members(&self) -> Vec<Member> {
        let listed = &self.group.init_member_list;
        let owner = listed.iter().find(|it| it.role() == Some(Role::Owner));
        let members = owner.and_then(|owner| {
            let mut owners = (0..listed.len()).filter(|n| listed[*n].user_id == owner.user_id);
            owners.next();
            owners.next_back().map(|last| &listed[..=last])
        });
        let mut seen = BTreeSet::new();
        let members = members.unwrap_or(listed).iter();
        members
            .filter(|member| seen.insert(&member.user_id))
            .map(|member| Member {
                user: member.user_id.clone(),
                role: member.role(),
            })
            .collect()
    }
}

impl Callback for AfterCreateGroup {
    const COMMAND: Command = Command {
        source: Source::OpenIm,
        name: "callbackAfterCreateGroupCommand",
        earlier: &[],
        switch: Some("afterCreateGroup"),
        family: Family::Group,
        when: When::After,
        since: Some("v3.4.2"),
        sentence: "A group was created.",
    };
    type Event = Event;
    type Answer = Noted;
}
