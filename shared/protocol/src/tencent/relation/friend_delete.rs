use domain::{Family, Source, relation};
use serde::{Deserialize, Serialize};

use crate::{
    Callback, Command, Members, When,
    tencent::{Noted, Pair},
};

/// `Sns.CallbackFriendDelete`: entries were removed from friend lists.
///
/// A client or `v4/sns/friend_delete` deleted friends, or somebody blocked a friend. A block ends the friendship in
/// both directions, unless the console says otherwise. The body carries no time and no identifier: "delete, add again,
/// delete again" gives two identical bodies.
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/1047/34360>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FriendDelete {
    /// The entries that were really deleted, in the order of the body: 1 to about 2,000. A two-way deletion lists both
    /// directions.
    #[serde(rename = "PairList")]
    pub pairs: Members<Pair>,
}

impl Callback for FriendDelete {
    const COMMAND: Command = Command {
        source: Source::Tencent,
        name: "Sns.CallbackFriendDelete",
        earlier: &[],
        switch: None,
        family: Family::Relation,
        when: When::After,
        since: None,
        sentence: "Friends were removed.",
    };
    type Event = relation::Event;
    type Answer = Noted;
}
