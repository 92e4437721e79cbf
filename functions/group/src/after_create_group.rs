//! `callbackAfterCreateGroupCommand`: a group was created.

use domain::group::Event;
use protocol::openim::AfterCreateGroup;

/// The group and its first members are one event. Change this function if the callback means something else to your app.
pub fn handle(callback: AfterCreateGroup) -> Vec<Event> {
    let members = callback.members();
    let group = callback.group;
    vec![Event::GroupCreated {
        group: group.group_id,
        name: group.name.into(),
        owner: group.owner_user_id.user_id(),
        creator: group.creator_user_id.user_id(),
        members,
    }]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_first_member_is_named_once_with_the_first_role() {
        let callback = json!({
            "groupID": "hike", "groupName": "Hike", "ownerUserID": "ana", "creatorUserID": "",
            "initMemberList": [
                {"userID": "ana", "roleLevel": 100}, {"userID": "leo", "roleLevel": 60},
                {"userID": "eva", "roleLevel": 20}, {"userID": "leo", "roleLevel": 20},
                {"userID": "ana", "roleLevel": 20}, {"userID": "imAdmin", "roleLevel": 20},
            ],
        });
        let events = handle(serde_json::from_value(callback).unwrap());
        assert_eq!(
            serde_json::to_value(events).unwrap(),
            json!([{"type": "group_created", "group": "hike", "name": "Hike", "owner": "ana", "members": [
                {"user": "ana", "role": "owner"}, {"user": "leo", "role": "admin"},
                {"user": "eva", "role": "member"},
            ]}])
        );
    }
}
