//! `Group.CallbackAfterGroupInfoChanged`: a group's data was changed.

use domain::group::Event;
use protocol::tencent::AfterGroupInfoChanged;

/// The event names the fields that changed, without their values. Change this function if the callback means something
/// else to your app.
pub fn handle(callback: AfterGroupInfoChanged) -> Vec<Event> {
    vec![Event::GroupChanged {
        fields: callback.changed(),
        group: callback.group_id,
        by: callback.operator.user(),
    }]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_fields_that_changed_are_named_without_their_values() {
        let callback = json!({"GroupId": "hike", "Type": "Public", "Operator_Account": "ana",
            "Name": "Hike", "Introduction": "", "Notification": null, "FaceUrl": "f", "ShutUpAllMember": "On"});
        let events = handle(serde_json::from_value(callback).unwrap());
        assert_eq!(
            serde_json::to_value(events).unwrap(),
            json!([{"type": "group_changed", "group": "hike",
                "fields": ["name", "introduction", "avatar", "all_muted"], "by": "ana"}])
        );
    }
}
