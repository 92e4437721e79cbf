//! `Group.CallbackAfterCreateGroup`: a group was created.

use domain::group::Event;
use protocol::tencent::AfterCreateGroup;

/// The group and its first members are one event. Change this function if the callback means something else to your
/// app.
pub fn handle(callback: AfterCreateGroup) -> Vec<Event> {
    let members = callback.first_members();
    vec![Event::GroupCreated {
        group: callback.group_id,
        name: callback.name.unwrap_or_default().into(),
        owner: callback.owner.user(),
        creator: callback.operator.user(),
        members,
    }]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_owner_is_a_member_and_nobody_is_named_twice() {
        let callback = json!({"GroupId": "hike", "Operator_Account": "@TLS#NOT_FOUND", "Owner_Account": "ana",
        "Type": "Public", "Name": "Hike", "MemberList": [
            {"Member_Account": "leo"}, {"Member_Account": "ana"}, {"Member_Account": "leo"},
        ]});
        let events = handle(serde_json::from_value(callback).unwrap());
        assert_eq!(
            serde_json::to_value(events).unwrap(),
            json!([{"type": "group_created", "group": "hike", "name": "Hike", "owner": "ana", "members": [
                {"user": "ana", "role": "owner"}, {"user": "leo"},
            ]}])
        );
    }

    #[test]
    fn a_group_may_have_no_owner_and_no_members() {
        let callback = json!({"GroupId": "hike", "Operator_Account": "administrator"});
        let events = handle(serde_json::from_value(callback).unwrap());
        assert_eq!(
            serde_json::to_value(events).unwrap(),
            json!([{"type": "group_created", "group": "hike", "name": "", "creator": "administrator", "members": []}])
        );
    }
}
