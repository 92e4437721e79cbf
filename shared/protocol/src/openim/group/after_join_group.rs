use domain::{Family, GroupId, Source, UserId, group::Event};
use serde::{Deserialize, Serialize};

use crate::{Callback, Command, FreeText, Number, When, openim::Noted};

/// `callbackAfterJoinGroupCommand`: a user joined a group that everybody may join without an approval.
///
/// The server sends nothing after an invitation or an approval
/// ([deviation](crate::openim::deviations#only-a-free-join-is-reported)). v3.8.3-patch.14 and v3.8.3-patch.16 never send
/// it.
///
/// Source: OpenIM, `pkg/callbackstruct/group.go`, `CallbackAfterJoinGroupReq`;
/// <https://docs.openim.io/platform-api/webhooks/group/after-join-group>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct AfterJoinGroup {
    /// The group.
    #[serde(rename = "groupID")]
    pub group_id: GroupId,
    /// The user who joined, as the caller of the API says. The server does not compare it with the caller.
    // The wire name means an inviter, and there is none: see `deviations`.
    #[serde(rename = "inviterUserID")]
    pub user_id: UserId,
    /// The text of the user; may be empty.
    #[serde(default)]
    pub req_message: FreeText,
    /// How the user found the group, as the client says: 2 an invitation, 3 a search, 4 a QR code.
    #[serde(default)]
    pub join_source: Number,
}

impl Callback for AfterJoinGroup {
    const COMMAND: Command = Command {
        source: Source::OpenIm,
        name: "callbackAfterJoinGroupCommand",
        earlier: &[],
        switch: Some("afterJoinGroup"),
        family: Family::Group,
        when: When::After,
        since: Some("v3.4.2"),
        sentence: "A user joined a group that needs no approval.",
    };
    type Event = Event;
    type Answer = Noted;
}
