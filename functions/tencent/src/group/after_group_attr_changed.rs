//! `Group.CallbackAfterGroupAttrChanged`: attributes of a group changed.

use domain::group::Event;
use protocol::tencent::AfterGroupAttrChanged;

/// The event names the attributes, without their values. Change this function if the callback means something else to
/// your app.
pub fn handle(callback: AfterGroupAttrChanged) -> Vec<Event> {
    vec![Event::AttributesChanged {
        how: callback.how(),
        keys: callback.keys(),
        group: callback.group_id,
        by: callback.operator.user(),
    }]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_attributes_are_named_without_their_values() {
        for (word, how) in [
            ("set", "set"),
            ("modify", "modified"),
            ("delete", "deleted"),
            ("swap", "unknown"),
        ] {
            let callback = json!({"GroupId": "hike", "Operator_Account": "ana", "OptionType": word,
                "GroupAttr": [{"key": "colour", "value": "blue"}, {"key": "size"}]});
            let events = handle(serde_json::from_value(callback).unwrap());
            assert_eq!(
                serde_json::to_value(events).unwrap(),
                json!([{"type": "attributes_changed", "group": "hike", "how": how, "keys": ["colour", "size"],
                    "by": "ana"}])
            );
        }
    }

    #[test]
    fn all_attributes_can_be_cleared_without_a_list() {
        let callback = json!({"GroupId": "hike", "OptionType": "clear"});
        let events = handle(serde_json::from_value(callback).unwrap());
        assert_eq!(
            serde_json::to_value(events).unwrap(),
            json!([{"type": "attributes_changed", "group": "hike", "how": "cleared", "keys": []}])
        );
    }
}
