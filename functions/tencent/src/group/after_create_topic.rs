//! `Group.CallbackAfterCreateTopic`: a topic was created.

use domain::group::Event;
use protocol::tencent::AfterCreateTopic;

/// A topic is a part of a group, and not a group. Change this function if the callback means something else to your
/// app.
pub fn handle(callback: AfterCreateTopic) -> Vec<Event> {
    vec![Event::TopicCreated {
        group: callback.group_id,
        topic: callback.topic,
        name: callback.name.unwrap_or_default().into(),
        owner: callback.owner.user(),
        by: callback.operator.user(),
    }]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_topic_was_created_in_the_group() {
        let callback = json!({"GroupId": "town", "TopicId": "town@TOPIC#_hike", "Operator_Account": "leo",
            "Owner_Account": "ana", "Type": "Community", "Name": "Hike"});
        let events = handle(serde_json::from_value(callback).unwrap());
        assert_eq!(
            serde_json::to_value(events).unwrap(),
            json!([{"type": "topic_created", "group": "town", "topic": "town@TOPIC#_hike", "name": "Hike",
                "owner": "ana", "by": "leo"}])
        );
    }
}
