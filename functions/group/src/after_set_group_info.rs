//! `callbackAfterSetGroupInfoCommand`: a group's data was changed through the old route.

use domain::group::Event;
use protocol::openim::AfterSetGroupInfo;

/// The event names the fields that changed, without their values. Change this function if the callback means something
/// else to your app.
pub fn handle(callback: AfterSetGroupInfo) -> Vec<Event> {
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
            "groupID": "hike", "groupName": "Hike", "notification": "", "introduction": "", "faceURL": "f",
            "ex": null, "needVerification": 0, "lookMemberInfo": null, "applyMemberFriend": null,
        });
        let events = handle(serde_json::from_value(callback).unwrap());
        assert_eq!(
            serde_json::to_value(events).unwrap(),
            json!([{"type": "group_changed", "group": "hike", "fields": ["name", "avatar", "verification"]}])
        );
    }
}
