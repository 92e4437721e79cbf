//! `Group.CallbackAfterChangeGroupOwner`: a group has a new owner.

use domain::group::Event;
use protocol::tencent::AfterChangeGroupOwner;

/// The former owner stays a member. Change this function if the callback means something else to your app.
pub fn handle(callback: AfterChangeGroupOwner) -> Vec<Event> {
    vec![Event::OwnerChanged {
        group: callback.group_id,
        from: callback.old_owner.user(),
        to: callback.new_owner,
        by: callback.operator.user(),
    }]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_group_has_a_new_owner() {
        let callback = json!({"GroupId": "hike", "Operator_Account": "@TLS#NOT_FOUND",
            "OldOwner_Account": "ana", "NewOwner_Account": "leo"});
        let events = handle(serde_json::from_value(callback).unwrap());
        assert_eq!(
            serde_json::to_value(events).unwrap(),
            json!([{"type": "owner_changed", "group": "hike", "from": "ana", "to": "leo"}])
        );
    }
}
