use domain::{Family, Source, relation};
use serde::{Deserialize, Serialize};

use crate::{
    Callback, Command, Members, When,
    tencent::{Noted, Pair},
};

/// `Sns.CallbackBlackListAdd`: users were blocked, by a client or `v4/sns/black_list_add`.
///
/// If the users were friends, a [`FriendDelete`](crate::tencent::FriendDelete) comes, too, before or after this. The
/// console can say that they stay friends. No entry is made in the opposite direction.
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/1047/34361>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct BlackListAdd {
    /// The entries that were added to block lists, in the order of the body.
    #[serde(rename = "PairList")]
    pub pairs: Members<Pair>,
}

impl Callback for BlackListAdd {
    const COMMAND: Command = Command {
        source: Source::Tencent,
        name: "Sns.CallbackBlackListAdd",
        earlier: &[],
        switch: None,
        family: Family::Relation,
        when: When::After,
        since: None,
        sentence: "Users were blocked.",
    };
    type Event = relation::Event;
    type Answer = Noted;
}
