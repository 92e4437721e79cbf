use domain::{Change, Family, Question, Source, group::Event};
use serde::{Deserialize, Serialize};

use super::{AmendedGroupInfo, GroupChanges, GroupInfo, group_info::RULES};
use crate::{
    Callback, Command, Rules, When,
    openim::{Before, Decision},
};

/// `callbackBeforeSetGroupInfoCommand`: a group's data is about to be changed through `POST /group/set_group_info`, the
/// old route.
///
/// A text that is not to change is empty, and so is the app's own text that is to be cleared. A number that is not to
/// change is 0. A plain "allow" makes the change fail
/// ([deviation](crate::openim::deviations#a-change-of-a-group-needs-its-fields-back)).
///
/// Source: OpenIM, `pkg/callbackstruct/group.go`, `CallbackBeforeSetGroupInfoReq`;
/// <https://docs.openim.io/platform-api/webhooks/group/before-set-group-info>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
#[non_exhaustive]
pub struct BeforeSetGroupInfo {
    /// The group and the proposed values.
    pub info: GroupInfo,
}

impl Callback for BeforeSetGroupInfo {
    const COMMAND: Command = Command {
        source: Source::OpenIm,
        name: "callbackBeforeSetGroupInfoCommand",
        earlier: &[],
        switch: Some("beforeSetGroupInfo"),
        family: Family::Group,
        when: When::Before(Rules {
            asks: "group.update",
            amends: &["name", "introduction"],
            bypass: crate::Bypass::asked_with(
                "callbackBeforeSetGroupInfoExCommand",
                "POST /group/set_group_info_ex, the newer route, asks with callbackBeforeSetGroupInfoExCommand.",
            ),
            ..RULES
        }),
        since: Some("v3.4.2"),
        sentence: "A group's data is about to be changed through the old route.",
    };
    type Event = Event;
    type Answer = Decision<AmendedGroupInfo>;

    fn questions(&self) -> Vec<Question<'_>> {
        vec![self.info.question(true)]
    }

    fn amended(&self, change: &Change) -> Option<Self::Answer> {
        let changes = GroupChanges::by_policies(change)?;
        Some(Decision::Amend(AmendedGroupInfo::of(self, changes)))
    }
}

impl Before for BeforeSetGroupInfo {
    type Amendment = AmendedGroupInfo;

    fn as_asked(&self) -> Option<AmendedGroupInfo> {
        Some(AmendedGroupInfo::of(self, GroupChanges::new()))
    }
}
