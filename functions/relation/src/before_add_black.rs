//! `callbackBeforeAddBlackCommand`: somebody is about to block another user.

use domain::relation::Event;
use protocol::openim::{BeforeAddBlack, Decision, NoAmendment};

/// Decides whether a user may block another. The answer cannot change anything else. Unless it refuses, the intention is
/// recorded, because OpenIM sends no callback after the block. Change this function to decide who may block whom in your
/// app.
pub fn handle(callback: BeforeAddBlack) -> (Decision<NoAmendment>, Vec<Event>) {
    let intended = Event::BlockIntended {
        owner: callback.owner_user_id,
        blocked: callback.black_user_id,
    };
    (Decision::Allow, vec![intended])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn everybody_may_block_and_the_intention_is_recorded() {
        let callback = json!({"ownerUserID": "ana", "blackUserID": "leo"});
        let (decision, events) = handle(serde_json::from_value(callback).unwrap());
        assert_eq!(decision, Decision::Allow);
        assert_eq!(
            serde_json::to_value(events).unwrap(),
            json!([{"type": "block_intended", "owner": "ana", "blocked": "leo"}])
        );
    }
}
