use domain::{Family, Source, group::Event};
use serde::{Deserialize, Serialize};

use super::GroupInfo;
use crate::{Callback, Command, When, openim::Noted};

/// `callbackAfterSetGroupInfoExCommand`: a group's data was changed through `POST /group/set_group_info_ex`, the route of
/// current clients.
///
/// A field that did not change is null.
///
/// Source: OpenIM, `pkg/callbackstruct/group.go`, `CallbackAfterSetGroupInfoExReq`;
/// <https://docs.openim.io/platform-api/webhooks/group/after-set-group-info-ex>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
#[non_exhaustive]
pub struct AfterSetGroupInfoEx {
    /// The group and the new values. An empty text was cleared.
    pub info: GroupInfo,
}

impl AfterSetGroupInfoEx {
    /// The fields that changed, with their names in [`Event::GroupChanged`].
    #[must_use]
    pub fn changed(&self) -> Vec<String> {
        self.info.changed(false)
    }
}

impl Callback for AfterSetGroupInfoEx {
    const COMMAND: Command = Command {
        source: Source::OpenIm,
        name: "callbackAfterSetGroupInfoExCommand",
        earlier: &[],
        switch: Some("afterSetGroupInfoEx"),
        family: Family::Group,
        when: When::After,
        since: Some("v3.8.1"),
        sentence: "A group's data was changed.",
    };
    type Event = Event;
    type Answer = Noted;
}
