//! `callbackBeforeImportFriendsCommand` (`beforeImportFriends` in `webhooks.yml`), sent since v3.4.2.
//!
//! <https://docs.openim.io/platform-api/webhooks/relation/before-import-friends>

use domain::{Change, Family, Question, Source, UserId, relation};
use serde::{Deserialize, Serialize};

use crate::{
    Callback, Command, Members, Rules, When,
    openim::{Amendment, Before, Decision},
};

/// An administrator is about to make one user and a list of users friends.
///
/// OpenIM's companion `chat` does it for every new account that gets default friends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct BeforeImportFriends {
    /// Who is to get the friends.
    #[serde(rename = "ownerUserID")]
    pub owner_user_id: UserId,
    /// Who they are: 1 to 1,000 different users who exist, without the owner.
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
            // An empty list in the answer would be ignored; the first N are never empty.
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
            Change::Name(_) => None,
        }
    }
}

impl Before for BeforeImportFriends {
    type Amendment = AmendedFriends;
}

/// The list that is imported in the place of the one that was asked for. Never empty: the server ignores an
/// empty list and imports everybody, so to import nobody is to refuse.
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
    /// The whole new list; `None` when it is empty. The server does not look at it again: users who do not
    /// exist become friends, too.
    #[must_use]
    pub fn new(friends: impl IntoIterator<Item = UserId>) -> Option<Self> {
        let friend_user_ids: Vec<UserId> = friends.into_iter().collect();
        (!friend_user_ids.is_empty()).then_some(Self { friend_user_ids })
    }
}
