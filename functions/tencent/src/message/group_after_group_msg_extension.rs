//! `Group.CallbackAfterGroupMsgExtension`: key-value pairs of a message in a group changed.

use domain::{Conversation, message::Event};
use protocol::tencent::GroupAfterGroupMsgExtension;

/// The event names the keys, without their values. Change this function if the callback means something else to your app.
pub fn handle(callback: GroupAfterGroupMsgExtension) -> Vec<Event> {
    vec![Event::MessageExtended {
        message: callback.message(),
        how: callback.operate_type.change(),
        keys: callback.keys(),
        conversation: Conversation::Group(callback.group_id),
    }]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_keys_are_named_without_their_values() {
        for (number, how) in [(1, "set"), (2, "deleted"), (3, "cleared"), (4, "unknown")] {
            let callback = json!({
                "GroupId": "g", "MsgSeq": 4, "OperateType": number, "Seq": 9,
                "ExtensionList": [{"Key": "mood", "Value": "secret", "Seq": 1}, {"Key": 7}],
            });
            let events = handle(serde_json::from_value(callback).unwrap());
            assert_eq!(
                serde_json::to_value(events).unwrap(),
                json!([{
                    "type": "message_extended", "conversation": {"group": "g"}, "message": {"seq": 4}, "how": how,
                    "keys": ["mood"],
                }])
            );
        }
    }
}
