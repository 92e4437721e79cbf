use domain::{Family, Source, relation};
use serde::{Deserialize, Serialize};

use crate::{
    Callback, Command, Members, When,
    tencent::{Noted, Pair},
};

/// `Sns.CallbackBlackListDelete`: users were unblocked, by a client or `v4/sns/black_list_delete`.
///
/// This restores no friendship.
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/1047/34362>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct BlackListDelete {
    /// The entries that were removed from block lists, in the order of the body.
    #[serde(rename = "PairList")]
    pub pairs: Members<Pair>,
}

impl Callback for BlackListDelete {
    const COMMAND: Command = Command {
        source: Source::Tencent,
        name: "Sns.CallbackBlackListDelete",
        earlier: &[],
        switch: None,
        family: Family::Relation,
        when: When::After,
        since: None,
        sentence: "Users were unblocked.",
    };
    type Event = relation::Event;
    type Answer = Noted;
}
