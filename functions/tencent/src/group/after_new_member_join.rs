//! `Group.CallbackAfterNewMemberJoin`: users joined a group.

use domain::{UserId, group::Event};
use protocol::tencent::AfterNewMemberJoin;

/// All users who joined at once are one event. Those who got into a topic do not join the group. Change this function
/// if the callback means something else to your app.
pub fn handle(callback: AfterNewMemberJoin) -> Vec<Event> {
    let (how, by) = (callback.how(), callback.by());
    let group = callback.group_id;
    let members = callback.members.into_iter().map(|member| member.user);
    let members: Vec<UserId> = members.collect();
    if members.is_empty() {
        return Vec::new();
    }
    vec![match callback.topic {
        Some(topic) => Event::TopicMembersJoined {
            group,
            topic,
            members,
            how,
            by,
        },
        None => Event::MembersJoined {
            group,
            members,
            how,
            by,
        },
    }]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn who_was_invited_is_told_from_who_asked() {
        for (word, how, operator, by) in [
            ("Invited", "invited", "ana", Some("ana")),
            ("Invited", "invited", "@TLS#NOT_FOUND", None),
            ("Apply", "applied", "leo", None),
            ("Apply", "applied", "ana", Some("ana")),
            ("Fell", "unknown", "leo", None),
        ] {
            let callback = json!({"GroupId": "hike", "Type": "Public", "JoinType": word,
                "Operator_Account": operator, "NewMemberList": [{"Member_Account": "leo"}]});
            let events = handle(serde_json::from_value(callback).unwrap());
            let mut event =
                json!({"type": "members_joined", "group": "hike", "members": ["leo"], "how": how});
            if let Some(by) = by {
                event["by"] = json!(by);
            }
            assert_eq!(serde_json::to_value(events).unwrap(), json!([event]));
        }
    }

    #[test]
    fn who_got_into_a_topic_did_not_join_the_group_and_nobody_is_no_event() {
        let mut callback = json!({"GroupId": "town", "Type": "Community", "JoinType": "Invited",
            "Operator_Account": "ana", "NewMemberList": [{"Member_Account": "leo"}],
            "TopicId": "town@TOPIC#_hike"});
        let events = handle(serde_json::from_value(callback.clone()).unwrap());
        assert_eq!(
            serde_json::to_value(events).unwrap(),
            json!([{"type": "topic_members_joined", "group": "town", "topic": "town@TOPIC#_hike",
                "members": ["leo"], "how": "invited", "by": "ana"}])
        );
        callback["TopicId"] = json!("");
        let events = handle(serde_json::from_value(callback.clone()).unwrap());
        assert!(
            matches!(events[..], [Event::MembersJoined { .. }]),
            "no topic"
        );
        callback["NewMemberList"] = json!([]);
        assert_eq!(handle(serde_json::from_value(callback).unwrap()), []);
    }
}
