//! `callbackAfterDisMissGroupCommand`: a group was dissolved.

use domain::group::Event;
use protocol::openim::AfterDismissGroup;

/// OpenIM reports a dissolution twice, and both are events: the second names no members. Change this function if the
/// callback means something else to your app.
pub fn handle(callback: AfterDismissGroup) -> Vec<Event> {
    vec![Event::GroupDissolved {
        group: callback.group_id,
        owner: callback.owner_user_id.user_id(),
        members: callback.member_user_ids.into(),
    }]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_dissolution_with_and_without_members_is_an_event() {
        for members in [json!(["ana", "leo"]), json!([])] {
            let callback = json!({"groupID": "hike", "ownerID": "ana", "groupType": "\u{2}", "membersID": members});
            let events = handle(serde_json::from_value(callback).unwrap());
            assert_eq!(
                serde_json::to_value(events).unwrap(),
                json!([{"type": "group_dissolved", "group": "hike", "owner": "ana", "members": members}])
            );
        }
    }
}
