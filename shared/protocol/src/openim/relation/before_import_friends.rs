use domain::{Change, Family, Question, Source, UserId, relation};
use serde::{Deserialize, Serialize};

use crate::{
    Callback, Command, Members, Rules, When,
    openim::{Amendment, Before, Decision},
};

/// `callbackBeforeImportFriendsCommand`: an administrator is about to make one user and a list of users friends.
///
/// OpenIM's companion server `chat` does this for every new account that gets default friends.
///
/// Source: OpenIM, `pkg/callbackstruct/friend.go`, `CallbackBeforeImportFriendsReq`;
/// <https://docs.openim.io/platform-api/webhooks/relation/before-import-friends>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct BeforeImportFriends {
    /// The user who is to get the friends.
    #[serde(rename = "ownerUserID")]
    pub owner_user_id: UserId,
    /// The friends: 1 to 1,000 different users who exist, without the owner.
    #[serde(rename = "friendUserIDs")]
    pub friend_user_ids: Members<UserId>,
}

impl Callback for BeforeImportFriends {
    const COMMAND: Command = Command {
        source: Source::OpenIm,
        name: "callbackBeforeImportFriendsCommand",
        earlier: &[],
        switch: Some("beforeImportFriends"),
        family: Family::Relation,
        when: When::Before(Rules {
            asks: "relation.import_friends",
            amends: &["keep_first"],
            // The server would ignore an empty list, but the first N are never empty.
            list: Some("friendUserIDs"),
            ..Rules::USERS
        }),
        since: Some("v3.4.2"),
        sentence: "An administrator is about to make users friends.",
    };
    type Event = relation::Event;
    type Answer = Decision<AmendedFriends>;

    fn questions(&self) -> Vec<Question<'_>> {
        let question = Question::new(&self.owner_user_id, &self.friend_user_ids);
        vec![question.and_unreadable_others(self.friend_user_ids.means_others())]
    }

    fn amended(&self, change: &Change) -> Option<Self::Answer> {
        match change {
            Change::KeepFirst(count) => {
                let kept = self.friend_user_ids.iter().take(*count);
                AmendedFriends::new(kept.cloned()).map(Decision::Amend)
            }
            _ => None,
        }
    }
}

impl Before for BeforeImportFriends {
    type Amendment = AmendedFriends;
}

/// The list that is imported instead of the list that was asked for.
///
/// It is never empty: the server ignores an empty list and imports everybody. To import nobody, refuse.
///
/// Source: OpenIM, `pkg/callbackstruct/friend.go`, `CallbackBeforeImportFriendsResp`.
///
/// ```
/// use imhook_protocol::openim::AmendedFriends;
///
/// assert_eq!(AmendedFriends::new([]), None);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AmendedFriends {
    #[serde(rename = "friendUserIDs")]
    friend_user_ids: Vec<UserId>,
}

impl Amendment for AmendedFriends {}

impl AmendedFriends {
    /// The whole new list. `None` if it is empty. The server does not check it again: users who do not exist become
    /// friends, too.
    #[must_use]
    pub fn new(friends: impl IntoIterator<Item = UserId>) -> Option<Self> {
        let friend_user_ids: Vec<UserId> = friends.into_iter().collect();
        (!friend_user_ids.is_empty()).then_some(Self { friend_user_ids })
    }
}
