//! `ContentCallback.ResultNotify`: the moderation of the cloud judged what a user wrote.

use domain::moderation::Event;
use protocol::tencent::ResultNotify;

/// The event has the judgement, and not what was judged. Change this function if the callback means something else to your
/// app.
pub fn handle(callback: ResultNotify) -> Vec<Event> {
    vec![Event::ContentJudged {
        scene: callback.scene(),
        conversation: callback.conversation(),
        message: callback.message(),
        kind: callback.kind(),
        blocked: callback.is_blocked(),
        suggestion: callback.suggestion(),
        label: callback.label(),
        sub_label: callback.sub_label(),
        request: callback.request(),
        from: callback.from,
    }]
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn event(callback: Value) -> Value {
        let events = handle(serde_json::from_value(callback).unwrap());
        serde_json::to_value(&events[0]).unwrap()
    }

    #[test]
    fn the_judgement_is_in_the_event_but_nothing_that_the_user_wrote() {
        let callback = json!({
            "Scene": "C2C", "From_Account": "leo", "ContactItem": {"ContactType": 1, "To_Account": "ana"},
            "ContentType": "Text", "TextContent": ["hunter2"], "MsgID": "k", "CtxcbResult": 1, "CtxcbRequestId": "r",
            "CtxcbKeywords": ["hunter2"], "CtxcbSuggestion": "Review", "CtxcbLabel": "Ad", "CtxcbSubLabel": "Contact",
            "CloudCustomData": "hunter2", "FileURL": "https://hunter2",
        });
        let read: ResultNotify = serde_json::from_value(callback.clone()).unwrap();
        assert!(!format!("{read:?}").contains("hunter2"));
        assert_eq!(
            event(callback),
            json!({"type": "content_judged", "from": "leo", "scene": "message",
                "conversation": {"users": ["ana", "leo"]}, "message": {"id": "k"}, "kind": "text", "blocked": true,
                "suggestion": "review", "label": "Ad", "sub_label": "Contact", "request": "r"})
        );
    }

    #[test]
    fn the_id_of_a_message_in_a_group_is_its_number() {
        for id in [json!("4"), json!(4)] {
            let callback = json!({"Scene": "GroupCustom", "From_Account": "leo", "ContentType": "Image", "MsgID": id,
                "ContactItem": {"ContactType": 2, "ToGroupId": "g"}, "CtxcbResult": 0, "CtxcbSuggestion": "Normal"});
            assert_eq!(
                event(callback),
                json!({"type": "content_judged", "from": "leo", "scene": "custom_message",
                    "conversation": {"group": "g"}, "message": {"seq": 4}, "kind": "picture", "blocked": false,
                    "suggestion": "pass"})
            );
        }
    }

    #[test]
    fn every_scene_has_a_word_of_neither_server() {
        for (scene, word) in [
            ("Group", "message"),
            ("C2CCustom", "custom_message"),
            ("GroupInfo", "group_profile"),
            ("GroupMemberInfo", "member_profile"),
            ("RelationChain", "friends"),
            ("UserInfo", "user_profile"),
            ("Later", "other"),
        ] {
            let callback = json!({"Scene": scene, "From_Account": "leo", "ContentType": "Later"});
            assert_eq!(
                event(callback),
                json!({"type": "content_judged", "from": "leo", "scene": word, "kind": "other"})
            );
        }
    }
}
