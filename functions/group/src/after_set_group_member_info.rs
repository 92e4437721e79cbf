//! `callbackAfterSetGroupMemberInfoCommand`: what a group knows about a member was changed.

use domain::group::Event;
use protocol::openim::AfterSetGroupMemberInfo;

/// The event names the fields that changed. Of their values it has only the role. Change this function if the callback
/// means something else to your app.
pub fn handle(callback: AfterSetGroupMemberInfo) -> Vec<Event> {
    vec![Event::MemberChanged {
        fields: callback.changed(),
        role: callback.role(),
        group: callback.group_id,
        member: callback.user_id,
        by: None,
    }]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_fields_that_changed_are_named_and_the_role_has_its_value() {
        let callback = json!({
            "groupID": "hike", "userID": "leo", "nickName": "", "faceURL": null, "roleLevel": 60, "ex": null,
        });
        let events = handle(serde_json::from_value(callback).unwrap());
        assert_eq!(
            serde_json::to_value(events).unwrap(),
            json!([{
                "type": "member_changed", "group": "hike", "member": "leo", "fields": ["nickname", "role"],
                "role": "admin",
            }])
        );
    }
}
