//! `callbackBeforeAddFriendAgreeCommand` (`beforeAddFriendAgree` in `webhooks.yml`), sent since v3.4.2.
//!
//! <https://docs.openim.io/platform-api/webhooks/relation/before-add-friend-agree>

use domain::{Family, Question, Source, UserId, relation};
use serde::{Deserialize, Serialize};

use crate::{
    Callback, Command, FreeText, Number, Rules, Text, When,
    openim::{Before, Decision, NoAmendment},
};

/// Somebody is about to accept a friend request.
///
/// Sent before the server looks for the request: it may not exist, or have been answered. A refusal of
/// a request sends no callback.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct BeforeAddFriendAgree {
    /// Who had asked for the friendship, not who acts now.
    #[serde(rename = "fromUserID")]
    pub from_user_id: UserId,
    /// Who was asked and accepts.
    // The wire's name has nothing to do with block lists: see `deviations`.
    #[serde(rename = "blackUserID")]
    pub to_user_id: UserId,
    /// Always 1, "accepted".
    // These two start with a capital on the wire.
    #[serde(rename = "HandleResult", default)]
    pub handle_result: Number,
    /// What the accepting user wrote; may be empty.
    #[serde(rename = "HandleMsg", default)]
    pub handle_msg: FreeText,
}

impl Callback for BeforeAddFriendAgree {
    const COMMAND: Command = Command {
        source: Source::OpenIm,
        name: "callbackBeforeAddFriendAgreeCommand",
        earlier: &[],
        switch: Some("beforeAddFriendAgree"),
        family: Family::Relation,
        when: When::Before(Rules {
            message: Text::fixed("HandleMsg"),
            ..Rules::USERS
        }),
        since: Some("v3.4.2"),
        sentence: "Somebody is about to accept a friend request.",
    };
    type Event = relation::Event;
    type Answer = Decision<NoAmendment>;

    /// Who accepts is the one who acts.
    fn questions(&self) -> Vec<Question<'_>> {
        let others = [&self.from_user_id];
        vec![Question::new(&self.to_user_id, others).message(&self.handle_msg)]
    }
}

impl Before for BeforeAddFriendAgree {
    type Amendment = NoAmendment;
}
