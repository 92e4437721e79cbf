//! `callbackAfterTransferGroupOwnerCommand`: a group has a new owner.

use domain::group::Event;
use protocol::openim::AfterTransferGroupOwner;

/// The former owner stays a member. Change this function if the callback means something else to your app.
pub fn handle(callback: AfterTransferGroupOwner) -> Vec<Event> {
    vec![Event::OwnerChanged {
        group: callback.group_id,
        from: callback.old_owner_user_id.user_id(),
        to: callback.new_owner_user_id,
        by: None,
    }]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_group_has_a_new_owner() {
        let callback = json!({"groupID": "hike", "oldOwnerUserID": "ana", "newOwnerUserID": "leo"});
        let events = handle(serde_json::from_value(callback).unwrap());
        assert_eq!(
            serde_json::to_value(events).unwrap(),
            json!([{"type": "owner_changed", "group": "hike", "from": "ana", "to": "leo"}])
        );
    }
}
