use domain::{Family, Source, group::Event};
use serde::{Deserialize, Serialize};

use super::GroupInfo;
use crate::{Callback, Command, When, openim::Noted};

/// `callbackAfterSetGroupInfoCommand`: a group's data was changed through `POST /group/set_group_info`, the old route.
///
/// The name, the notice, the introduction and the picture are empty if they did not change. Every other field is null if
/// it did not change.
///
/// Source: OpenIM, `pkg/callbackstruct/group.go`, `CallbackAfterSetGroupInfoReq`;
/// <https://docs.openim.io/platform-api/webhooks/group/after-set-group-info>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
#[non_exhaustive]
pub struct AfterSetGroupInfo {
    /// The group and the new values.
    pub info: GroupInfo,
}

impl AfterSetGroupInfo {
    /// The fields that changed, with their names in [`Event::GroupChanged`].
    #[must_use]
    pub fn changed(&self) -> Vec<String> {
        self.info.changed(true)
    }
}

impl Callback for AfterSetGroupInfo {
    const COMMAND: Command = Command {
        source: Source::OpenIm,
        name: "callbackAfterSetGroupInfoCommand",
        earlier: &[],
        switch: Some("afterSetGroupInfo"),
        family: Family::Group,
        when: When::After,
        since: Some("v3.4.2"),
        sentence: "A group's data was changed through the old route.",
    };
    type Event = Event;
    type Answer = Noted;
}
