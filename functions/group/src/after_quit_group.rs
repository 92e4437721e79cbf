//! `callbackAfterQuitGroupCommand`: a member left a group.

use domain::group::{Event, Left};
use protocol::openim::AfterQuitGroup;

/// The member left without anybody else. Change this function if the callback means something else to your app.
pub fn handle(callback: AfterQuitGroup) -> Vec<Event> {
    vec![Event::MembersLeft {
        group: callback.group_id,
        members: vec![callback.user_id],
        how: Left::Left,
        by: None,
        reason: String::new(),
    }]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_member_left() {
        let callback = json!({"groupID": "hike", "userID": "leo"});
        let events = handle(serde_json::from_value(callback).unwrap());
        assert_eq!(
            serde_json::to_value(events).unwrap(),
            json!([{"type": "members_left", "group": "hike", "members": ["leo"], "how": "left"}])
        );
    }
}
