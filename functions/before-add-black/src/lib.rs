//! `callbackBeforeAddBlackCommand`: somebody is about to block another user.

use domain::Event;
use protocol::openim::{BeforeAddBlack, Decision, NoAmendment};

/// Whether the other user is blocked; nothing about it can be changed. Edit here who may block whom in your app.
pub fn handle(_callback: &BeforeAddBlack) -> Decision<NoAmendment> {
    Decision::Allow
}

/// What is recorded unless it is refused: no callback tells of the block itself.
pub fn intended(callback: BeforeAddBlack) -> Vec<Event> {
    vec![Event::BlockIntended {
        owner: callback.owner_user_id,
        blocked: callback.black_user_id,
    }]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn everybody_may_and_the_intention_is_recorded() {
        let callback = json!({"ownerUserID": "ana", "blackUserID": "leo"});
        let callback = serde_json::from_value(callback).unwrap();
        assert_eq!(handle(&callback), Decision::Allow);
        assert_eq!(
            serde_json::to_value(intended(callback)).unwrap(),
            json!([{"type": "block_intended", "owner": "ana", "blocked": "leo"}])
        );
    }
}
