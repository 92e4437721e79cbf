use domain::{Family, Question, Source, UserId, relation};
use serde::{Deserialize, Serialize};

use crate::{
    Callback, Command, Rules, When,
    openim::{Before, Decision, NoAmendment},
};

/// `callbackBeforeAddBlackCommand`: a user is about to block another user.
///
/// This is the only sign of a block, because no callback comes after it
/// ([deviation](crate::openim::deviations#no-callback-comes-after-a-block)). The block can still fail, because the
/// other user does not exist or is already blocked.
///
/// Source: OpenIM, `pkg/callbackstruct/friend.go`, `CallbackBeforeAddBlackReq`;
/// <https://docs.openim.io/platform-api/webhooks/relation/before-add-black>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct BeforeAddBlack {
    /// The user who wants to block.
    #[serde(rename = "ownerUserID")]
    pub owner_user_id: UserId,
    /// The user who is to be blocked.
    #[serde(rename = "blackUserID")]
    pub black_user_id: UserId,
}

impl Callback for BeforeAddBlack {
    const COMMAND: Command = Command {
        source: Source::OpenIm,
        name: "callbackBeforeAddBlackCommand",
        earlier: &[],
        switch: Some("beforeAddBlack"),
        family: Family::Relation,
        when: When::Before(Rules {
            asks: "relation.block",
            ..Rules::USERS
        }),
        since: Some("v3.8.1"),
        sentence: "Somebody is about to block another user.",
    };
    type Event = relation::Event;
    type Answer = Decision<NoAmendment>;

    fn questions(&self) -> Vec<Question<'_>> {
        let others = [&self.black_user_id];
        vec![Question::new(&self.owner_user_id, others)]
    }
}

impl Before for BeforeAddBlack {
    type Amendment = NoAmendment;
}
