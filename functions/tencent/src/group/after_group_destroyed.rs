//! `Group.CallbackAfterGroupDestroyed`: a group was dissolved.

use domain::group::Event;
use protocol::tencent::AfterGroupDestroyed;

/// Tencent Chat does not name the members of a community. Change this function if the callback means something else to
/// your app.
pub fn handle(callback: AfterGroupDestroyed) -> Vec<Event> {
    let members = callback.members.get().into_iter().flatten();
    vec![Event::GroupDissolved {
        members: members.map(|member| member.user.clone()).collect(),
        group: callback.group_id,
        owner: callback.owner.user(),
    }]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_dissolution_with_and_without_members_is_an_event() {
        let mut callback = json!({"GroupId": "hike", "Type": "Public", "Owner_Account": "ana", "Name": "Hike",
            "MemberList": [{"Member_Account": "ana"}, {"Member_Account": "leo"}]});
        let events = handle(serde_json::from_value(callback.clone()).unwrap());
        assert_eq!(
            serde_json::to_value(events).unwrap(),
            json!([{"type": "group_dissolved", "group": "hike", "owner": "ana", "members": ["ana", "leo"]}])
        );
        callback.as_object_mut().unwrap().remove("MemberList");
        let events = handle(serde_json::from_value(callback).unwrap());
        assert_eq!(
            serde_json::to_value(events).unwrap(),
            json!([{"type": "group_dissolved", "group": "hike", "owner": "ana", "members": []}])
        );
    }
}
