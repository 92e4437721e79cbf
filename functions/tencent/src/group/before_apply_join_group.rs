//! `Group.CallbackBeforeApplyJoinGroup`: a user is about to ask to join a group.

use domain::group::Event;
use protocol::tencent::{BeforeApplyJoinGroup, Decision, GroupCode};

/// Decides whether the user asks. Tencent Chat sends no callback about a request that waits for an approval, so the
/// event says that one was intended. It is recorded unless the decision is a refusal. Change this function to decide
/// who may join which groups in your app.
pub fn handle(callback: BeforeApplyJoinGroup) -> (Decision<GroupCode>, Vec<Event>) {
    let (group, user) = (callback.group_id, callback.user);
    let message = callback.message.unwrap_or_default().into();
    let intended = match callback.topic {
        Some(topic) => Event::TopicJoinIntended {
            group,
            topic,
            user,
            message,
        },
        None => Event::JoinIntended {
            group,
            user,
            message,
        },
    };
    (Decision::Allow, vec![intended])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_request_is_allowed_and_recorded_as_an_intention() {
        let mut callback = json!({"GroupId": "town", "Requestor_Account": "leo", "ApplyMsg": "hi"});
        let (decision, events) = handle(serde_json::from_value(callback.clone()).unwrap());
        assert_eq!(decision, Decision::Allow);
        assert_eq!(
            serde_json::to_value(events).unwrap(),
            json!([{"type": "join_intended", "group": "town", "user": "leo", "message": "hi"}])
        );
        callback["TopicId"] = json!("town@TOPIC#_hike");
        let (decision, events) = handle(serde_json::from_value(callback).unwrap());
        assert_eq!(decision, Decision::Allow);
        assert_eq!(
            serde_json::to_value(events).unwrap(),
            json!([{"type": "topic_join_intended", "group": "town", "topic": "town@TOPIC#_hike", "user": "leo",
                "message": "hi"}])
        );
    }
}
