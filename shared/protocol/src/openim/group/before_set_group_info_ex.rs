use domain::{Change, Family, Question, Source, group::Event};
use serde::{Deserialize, Serialize};

use super::{AmendedGroupInfoEx, GroupChanges, GroupInfo, group_info::RULES};
use crate::{
    Callback, Command, Rules, When,
    openim::{Before, Decision},
};

/// `callbackBeforeSetGroupInfoExCommand`: a group's data is about to be changed through `POST /group/set_group_info_ex`,
/// the route of current clients.
///
/// A field that is not to change is null. A plain "allow" makes the change fail
/// ([deviation](crate::openim::deviations#a-change-of-a-group-needs-its-fields-back)).
///
/// Source: OpenIM, `pkg/callbackstruct/group.go`, `CallbackBeforeSetGroupInfoExReq`;
/// <https://docs.openim.io/platform-api/webhooks/group/before-set-group-info-ex>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
#[non_exhaustive]
pub struct BeforeSetGroupInfoEx {
    /// The group and the proposed values. An empty text clears the old one; for an empty name the server drops the whole
    /// change.
    pub info: GroupInfo,
}

impl Callback for BeforeSetGroupInfoEx {
    const COMMAND: Command = Command {
        source: Source::OpenIm,
        name: "callbackBeforeSetGroupInfoExCommand",
        earlier: &[],
        switch: Some("beforeSetGroupInfoEx"),
        family: Family::Group,
        when: When::Before(Rules {
            asks: "group.update",
            amends: &["name", "introduction"],
            bypass: crate::Bypass::asked_with(
                "callbackBeforeSetGroupInfoCommand",
                "POST /group/set_group_info, the old route, asks with callbackBeforeSetGroupInfoCommand.",
            ),
            ..RULES
        }),
        since: Some("v3.8.1"),
        sentence: "A group's data is about to be changed.",
    };
    type Event = Event;
    type Answer = Decision<AmendedGroupInfoEx>;

    fn questions(&self) -> Vec<Question<'_>> {
        vec![self.info.question(false)]
    }

    fn amended(&self, change: &Change) -> Option<Self::Answer> {
        let changes = GroupChanges::by_policies(change)?;
        Some(Decision::Amend(AmendedGroupInfoEx::of(self, changes)))
    }
}

impl Before for BeforeSetGroupInfoEx {
    type Amendment = AmendedGroupInfoEx;

    fn as_asked(&self) -> Option<AmendedGroupInfoEx> {
        Some(AmendedGroupInfoEx::of(self, GroupChanges::new()))
    }
}
