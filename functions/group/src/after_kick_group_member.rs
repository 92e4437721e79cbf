//! `callbackAfterKickGroupCommand`: members were removed from a group.

use domain::group::{Event, Left};
use protocol::openim::AfterKickGroupMember;

/// All members who were removed at once are one event. Change this function if the callback means something else to your
/// app.
pub fn handle(callback: AfterKickGroupMember) -> Vec<Event> {
    if callback.kicked_user_ids.is_empty() {
        return Vec::new();
    }
    vec![Event::MembersLeft {
        group: callback.group_id,
        members: callback.kicked_user_ids.into(),
        how: Left::Removed,
        by: None,
        reason: callback.reason.into(),
    }]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_removed_members_are_one_event_and_an_empty_list_is_no_event() {
        let mut callback =
            json!({"groupID": "hike", "kickedUserIDs": ["leo", "eva"], "reason": "spam"});
        let events = handle(serde_json::from_value(callback.clone()).unwrap());
        assert_eq!(
            serde_json::to_value(events).unwrap(),
            json!([{
                "type": "members_left", "group": "hike", "members": ["leo", "eva"], "how": "removed",
                "reason": "spam",
            }])
        );
        callback["kickedUserIDs"] = json!([]);
        assert_eq!(handle(serde_json::from_value(callback).unwrap()), []);
    }
}
