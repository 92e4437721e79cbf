use domain::{Family, GroupId, Source, UserId, group::Event};
use serde::{Deserialize, Serialize};

use crate::{Callback, Command, FreeText, When, openim::Noted};

/// `callbackAfterTransferGroupOwnerCommand`: a group has a new owner. No other callback reports the new roles of the two.
///
/// Source: OpenIM, `pkg/callbackstruct/group.go`, `CallbackTransferGroupOwnerReq`;
/// <https://docs.openim.io/platform-api/webhooks/group/after-transfer-group-owner>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AfterTransferGroupOwner {
    /// The group.
    #[serde(rename = "groupID")]
    pub group_id: GroupId,
    /// The former owner, who is now an ordinary member.
    #[serde(rename = "oldOwnerUserID", default)]
    pub old_owner_user_id: FreeText,
    /// The new owner.
    #[serde(rename = "newOwnerUserID")]
    pub new_owner_user_id: UserId,
}

impl Callback for AfterTransferGroupOwner {
    const COMMAND: Command = Command {
        source: Source::OpenIm,
        name: "callbackAfterTransferGroupOwnerCommand",
        earlier: &[
            "callbackTransferGroupOwnerAfter",
            "callbackAfterTransferGroupOwner",
        ],
        switch: Some("afterTransferGroupOwner"),
        family: Family::Group,
        when: When::After,
        since: Some("v3.7.0"),
        sentence: "A group has a new owner.",
    };
    type Event = Event;
    type Answer = Noted;
}
