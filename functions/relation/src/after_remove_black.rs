//! `callbackAfterRemoveBlackCommand`: somebody unblocked somebody.

use domain::relation::Event;
use protocol::openim::AfterRemoveBlack;

/// The block is removed. That does not restore a friendship. Change this function if the callback means something else to
/// your app.
pub fn handle(callback: AfterRemoveBlack) -> Vec<Event> {
    vec![Event::Unblocked {
        owner: callback.owner_user_id,
        blocked: callback.black_user_id,
    }]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn remove_black_is_an_unblocking() {
        let callback = json!({"ownerUserID": "ana", "blackUserID": "mallory"});
        let events = handle(serde_json::from_value(callback).unwrap());
        assert_eq!(
            serde_json::to_value(events).unwrap(),
            json!([{"type": "unblocked", "owner": "ana", "blocked": "mallory"}])
        );
    }
}
