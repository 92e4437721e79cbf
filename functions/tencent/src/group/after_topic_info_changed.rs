//! `Group.CallbackAfterTopicInfoChanged`: a topic's data was changed.

use domain::group::Event;
use protocol::tencent::AfterTopicInfoChanged;

/// The event names the fields that changed, without their values. According to the documents, the body does not say in
/// which topic. Change this function if the callback means something else to your app.
pub fn handle(callback: AfterTopicInfoChanged) -> Vec<Event> {
    vec![Event::TopicChanged {
        fields: callback.changed(),
        group: callback.group_id,
        topic: callback.topic.get().cloned(),
        by: callback.operator.user(),
    }]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_topic_may_be_unnamed() {
        let mut callback = json!({"GroupId": "town", "Type": "Community", "Operator_Account": "ana", "Name": "Hike"});
        let events = handle(serde_json::from_value(callback.clone()).unwrap());
        let mut event =
            json!({"type": "topic_changed", "group": "town", "fields": ["name"], "by": "ana"});
        assert_eq!(serde_json::to_value(events).unwrap(), json!([event]));
        callback["TopicId"] = json!("town@TOPIC#_hike");
        event["topic"] = callback["TopicId"].clone();
        let events = handle(serde_json::from_value(callback).unwrap());
        assert_eq!(serde_json::to_value(events).unwrap(), json!([event]));
    }
}
