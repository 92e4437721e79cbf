//! `Group.CallbackOnMemberStateChange`: members of a live group lost their connections, or are connected again.

use domain::presence::Event;
use protocol::tencent::{MemberState, OnMemberStateChange};

/// One event for all members. Change this function if the callback means something else to your app.
pub fn handle(callback: OnMemberStateChange) -> Vec<Event> {
    if callback.members.is_empty() {
        return Vec::new();
    }
    let state = callback.state();
    let group = callback.group;
    let members = callback.members.into_iter().map(|it| it.user).collect();
    match state {
        MemberState::Offline => vec![Event::MembersDroppedOut { group, members }],
        MemberState::Online => vec![Event::MembersCameBack { group, members }],
        _ => vec![Event::PresenceChanged {
            users: members,
            what: callback.event_type.into(),
            group: Some(group),
            seen_at: None,
        }],
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn all_members_are_one_event_and_an_empty_list_is_no_event() {
        for (state, event) in [
            ("Offline", "members_dropped_out"),
            ("Online", "members_came_back"),
        ] {
            let mut callback = json!({"GroupId": "g", "EventType": state,
                "MemberList": [{"Member_Account": "ana"}, {"Member_Account": "leo"}]});
            let events = handle(serde_json::from_value(callback.clone()).unwrap());
            assert_eq!(
                serde_json::to_value(events).unwrap(),
                json!([{"type": event, "group": "g", "members": ["ana", "leo"]}])
            );
            callback["MemberList"] = json!([]);
            assert_eq!(handle(serde_json::from_value(callback).unwrap()), []);
        }
    }

    #[test]
    fn another_state_is_in_the_event_in_the_servers_word() {
        let callback = json!({"GroupId": "g", "EventType": "Teleport", "MemberList": [{"Member_Account": "ana"}]});
        let events = handle(serde_json::from_value(callback).unwrap());
        assert_eq!(
            serde_json::to_value(events).unwrap(),
            json!([{"type": "presence_changed", "users": ["ana"], "what": "Teleport", "group": "g"}])
        );
    }
}
