//! `Group.CallbackAfterMemberFieldChanged`: what a group knows about a member was changed.

use domain::group::Event;
use protocol::tencent::AfterMemberFieldChanged;

/// The event names the fields that changed. Of their values it has only the role. Change this function if the callback
/// means something else to your app.
pub fn handle(callback: AfterMemberFieldChanged) -> Vec<Event> {
    let Some(member) = callback.member().cloned() else {
        return Vec::new();
    };
    vec![Event::MemberChanged {
        fields: callback.changed(),
        role: callback.role(),
        group: callback.group_id,
        member,
        by: callback.operator.user(),
    }]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_member_is_in_either_field() {
        for accounts in [
            json!({"Modified_Account": "leo"}),
            json!({"Member_Account": "leo"}),
            json!({"Modified_Account": "leo", "Member_Account": "leo"}),
        ] {
            let mut callback = json!({"GroupId": "hike", "Operator_Account": "ana", "Role": "Admin", "NameCard": ""});
            let fields = callback.as_object_mut().unwrap();
            fields.extend(accounts.as_object().unwrap().clone());
            let events = handle(serde_json::from_value(callback).unwrap());
            assert_eq!(
                serde_json::to_value(events).unwrap(),
                json!([{"type": "member_changed", "group": "hike", "member": "leo", "fields": ["nickname", "role"],
                    "role": "admin", "by": "ana"}])
            );
        }
        let nobody = json!({"GroupId": "hike", "Role": "Admin"});
        assert!(serde_json::from_value::<AfterMemberFieldChanged>(nobody).is_err());
    }

    #[test]
    fn a_role_that_is_not_documented_is_named_without_a_value() {
        let callback = json!({"GroupId": "hike", "Member_Account": "leo", "Role": "Judge"});
        let events = handle(serde_json::from_value(callback).unwrap());
        assert_eq!(
            serde_json::to_value(events).unwrap(),
            json!([{"type": "member_changed", "group": "hike", "member": "leo", "fields": ["role"]}])
        );
    }
}
