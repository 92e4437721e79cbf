//! `Group.CallbackAfterTopicDestroyed`: topics were dissolved.

use domain::group::Event;
use protocol::tencent::AfterTopicDestroyed;

/// All topics that were dissolved at once are one event. Change this function if the callback means something else to
/// your app.
pub fn handle(callback: AfterTopicDestroyed) -> Vec<Event> {
    if callback.topics.is_empty() {
        return Vec::new();
    }
    vec![Event::TopicsDissolved {
        group: callback.group_id,
        topics: callback.topics.into(),
    }]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_topics_are_a_list_or_a_text() {
        for (topics, listed) in [
            (json!(["a", "b"]), json!(["a", "b"])),
            (json!("a"), json!(["a"])),
        ] {
            let callback = json!({"GroupId": "town", "Type": "Community", "TopicIdList": topics});
            let events = handle(serde_json::from_value(callback).unwrap());
            assert_eq!(
                serde_json::to_value(events).unwrap(),
                json!([{"type": "topics_dissolved", "group": "town", "topics": listed}])
            );
        }
        let nothing = json!({"GroupId": "town", "TopicIdList": []});
        assert_eq!(handle(serde_json::from_value(nothing).unwrap()), []);
    }
}
