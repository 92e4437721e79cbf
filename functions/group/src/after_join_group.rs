//! `callbackAfterJoinGroupCommand`: a user joined a group that needs no approval.

use domain::group::{Event, Joined};
use protocol::openim::AfterJoinGroup;

/// OpenIM sends this only if nobody had to agree. Change this function if the callback means something else to your app.
pub fn handle(callback: AfterJoinGroup) -> Vec<Event> {
    vec![Event::MembersJoined {
        group: callback.group_id,
        members: vec![callback.user_id],
        how: Joined::Free,
        by: None,
    }]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_user_whom_the_wire_calls_inviter_joined() {
        let callback =
            json!({"groupID": "hike", "reqMessage": "hi", "joinSource": 3, "inviterUserID": "leo"});
        let events = handle(serde_json::from_value(callback).unwrap());
        assert_eq!(
            serde_json::to_value(events).unwrap(),
            json!([{"type": "members_joined", "group": "hike", "members": ["leo"], "how": "free"}])
        );
    }
}
