//! `Group.CallbackAfterMemberExit`: users left a group, or were removed.

use domain::{UserId, group::Event};
use protocol::tencent::AfterMemberExit;

/// All users who are gone at once are one event. Those who are gone from a topic stay in the group. Change this
/// function if the callback means something else to your app.
pub fn handle(callback: AfterMemberExit) -> Vec<Event> {
    let (how, by) = (callback.how(), callback.by());
    let group = callback.group_id;
    let members = callback.members.into_iter().map(|member| member.user);
    let members: Vec<UserId> = members.collect();
    if members.is_empty() {
        return Vec::new();
    }
    vec![match callback.topic {
        Some(topic) => Event::TopicMembersLeft {
            group,
            topic,
            members,
            how,
            by,
        },
        None => Event::MembersLeft {
            group,
            members,
            how,
            by,
            reason: String::new(),
        },
    }]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn who_was_removed_is_told_from_who_left() {
        for (word, how, operator, by) in [
            ("Kicked", "removed", "ana", Some("ana")),
            ("Kicked", "removed", "@TLS#NOT_FOUND", None),
            // As the documents have it.
            ("Kicked", "removed", "leo", None),
            ("Quit", "left", "leo", None),
            ("Quit", "left", "ana", None),
            ("Lost", "unknown", "ana", Some("ana")),
        ] {
            let callback = json!({"GroupId": "hike", "Type": "Public", "ExitType": word,
                "Operator_Account": operator, "ExitMemberList": [{"Member_Account": "leo"}]});
            let events = handle(serde_json::from_value(callback).unwrap());
            let mut event =
                json!({"type": "members_left", "group": "hike", "members": ["leo"], "how": how});
            if let Some(by) = by {
                event["by"] = json!(by);
            }
            assert_eq!(serde_json::to_value(events).unwrap(), json!([event]));
        }
    }

    #[test]
    fn who_left_a_topic_is_still_in_the_group_and_nobody_is_no_event() {
        let mut callback = json!({"GroupId": "town", "Type": "Community", "ExitType": "Quit",
            "Operator_Account": "leo", "ExitMemberList": [{"Member_Account": "leo"}],
            "TopicId": "town@TOPIC#_hike"});
        let events = handle(serde_json::from_value(callback.clone()).unwrap());
        assert_eq!(
            serde_json::to_value(events).unwrap(),
            json!([{"type": "topic_members_left", "group": "town", "topic": "town@TOPIC#_hike",
                "members": ["leo"], "how": "left"}])
        );
        callback["ExitMemberList"] = json!([]);
        assert_eq!(handle(serde_json::from_value(callback).unwrap()), []);
    }
}
