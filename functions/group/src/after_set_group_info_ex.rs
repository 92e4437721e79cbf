//! `callbackAfterSetGroupInfoExCommand`: a group's data was changed.

use domain::group::Event;
use protocol::openim::AfterSetGroupInfoEx;

/// The event names the fields that changed, without their values. Change this function if the callback means something
/// else to your app.
pub fn handle(callback: AfterSetGroupInfoEx) -> Vec<Event> {
    vec![Event::GroupChanged {
        fields: callback.changed(),
        group: callback.info.group_id,
        by: None,
    }]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_fields_that_changed_are_named_without_their_values() {
        let callback = json!({
            "groupID": "hike", "groupName": "Hike", "notification": null, "introduction": null, "faceURL": "f",
            "ex": null, "needVerification": 0, "lookMemberInfo": null, "applyMemberFriend": null,
        });
        let events = handle(serde_json::from_value(callback).unwrap());
        assert_eq!(
            serde_json::to_value(events).unwrap(),
            json!([{"type": "group_changed", "group": "hike", "fields": ["name", "avatar", "verification"]}])
        );
    }
}
