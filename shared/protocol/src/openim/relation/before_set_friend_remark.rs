use domain::{Change, Family, Question, Role, Source, UserId, relation};
use serde::{Deserialize, Serialize};

use crate::{
    Callback, Command, FreeText, Rules, Text, When,
    openim::{Amendment, Before, Decision},
};

/// `callbackBeforeSetFriendRemarkCommand`: somebody asks to set the private name that one user keeps for a friend.
///
/// **Not authorized yet**: the server sends this before it checks the caller. Any user who is logged in can cause it
/// with another user's id as the owner. The two users may not be friends.
///
/// Only `POST /friend/set_friend_remark` causes this, as for
/// [`AfterSetFriendRemark`](crate::openim::AfterSetFriendRemark).
///
/// Source: OpenIM, `pkg/callbackstruct/friend.go`, `CallbackBeforeSetFriendRemarkReq`;
/// <https://docs.openim.io/platform-api/webhooks/relation/before-set-friend-remark>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct BeforeSetFriendRemark {
    /// The user whose friend list is to hold the remark.
    #[serde(rename = "ownerUserID")]
    pub owner_user_id: UserId,
    /// The user whom the remark is to name.
    #[serde(rename = "friendUserID")]
    pub friend_user_id: UserId,
    /// The proposed text. An empty one clears the remark.
    #[serde(default)]
    pub remark: FreeText,
}

impl Callback for BeforeSetFriendRemark {
    const COMMAND: Command = Command {
        source: Source::OpenIm,
        name: "callbackBeforeSetFriendRemarkCommand",
        earlier: &["callbackBeforeSetFriendRemark"],
        switch: Some("beforeSetFriendRemark"),
        family: Family::Relation,
        when: When::Before(Rules {
            asks: "relation.set_remark",
            amends: &["name"],
            texts: &[Text::amendable(Role::Name, "remark")],
            bypass: crate::Bypass::unasked(
                "POST /friend/update_friends changes remarks and never asks; client SDKs since v3.8.1 use only this route.",
            ),
            ..Rules::USERS
        }),
        since: Some("v3.7.0"),
        sentence: "Somebody is about to give a friend a private name.",
    };
    type Event = relation::Event;
    type Answer = Decision<AmendedRemark>;

    fn questions(&self) -> Vec<Question<'_>> {
        let others = [&self.friend_user_id];
        vec![Question::new(&self.owner_user_id, others).name(Some(&self.remark))]
    }

    fn amended(&self, change: &Change) -> Option<Self::Answer> {
        match change {
            Change::Name(remark) => AmendedRemark::new(remark).map(Decision::Amend),
            _ => None,
        }
    }
}

impl Before for BeforeSetFriendRemark {
    type Amendment = AmendedRemark;
}

/// The remark that is set instead of the proposed one.
///
/// It is never empty: the server ignores an empty remark and sets the proposed one. So an answer cannot clear a remark.
///
/// Source: OpenIM, `pkg/callbackstruct/friend.go`, `CallbackBeforeSetFriendRemarkResp`.
///
/// ```
/// use imhook_protocol::openim::AmendedRemark;
///
/// assert_eq!(AmendedRemark::new(""), None);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AmendedRemark {
    remark: String,
}

impl Amendment for AmendedRemark {}

impl AmendedRemark {
    /// The new text. `None` if it is empty.
    #[must_use]
    pub fn new(remark: impl Into<String>) -> Option<Self> {
        let remark = remark.into();
        (!remark.is_empty()).then_some(Self { remark })
    }
}
