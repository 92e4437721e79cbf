//! `Push.OfflinePush`: pushes of messages were sent, arrived or were clicked.

use domain::push::Event;
use protocol::{
    FreeText,
    tencent::{MessagePush, OfflinePush},
};

/// One event for each push, in the order of the body. Change this function if the callback means something else to your
/// app.
pub fn handle(callback: OfflinePush) -> Vec<Event> {
    callback.pushes.into_iter().map(reported).collect()
}

fn reported(push: MessagePush) -> Event {
    Event::PushReported {
        stage: push.stage(),
        code: push.failure(),
        at: push.time(),
        channel: push.channel(),
        online: false,
        device: None,
        conversation: push.conversation(),
        message: push.message(),
        task: None,
        app_task: None,
        sent_at: push.sent_at(),
        from: push.from.as_ref().and_then(FreeText::user_id),
        push: push.push_id.filter(|id| !id.is_empty()).map(String::from),
        to: push.to,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_push_is_one_event_with_its_times_in_seconds() {
        let callback = json!({"Events": [
            {"EventType": 1, "EventTime": 1_700_000_030, "From_Account": "leo", "To_Account": "ana", "PushPlatform": 1,
                "PushStage": 1, "MsgKey": "k", "MsgSeq": 7, "MsgTime": 1_700_000_004, "PushID": "p", "ErrCode": 0},
            {"EventType": 2, "From_Account": "leo", "To_Account": "bob", "PushPlatform": 4, "PushStage": 2,
                "GroupID": "g", "MsgSeq": 4, "ErrCode": 30},
        ]});
        let events = handle(serde_json::from_value(callback).unwrap());
        assert_eq!(
            serde_json::to_value(events).unwrap(),
            json!([
                {"type": "push_reported", "to": "ana", "stage": "sent", "at": "2023-11-14T22:13:50.000Z",
                    "channel": "apns", "push": "p", "from": "leo", "conversation": {"users": ["ana", "leo"]},
                    "message": {"id": "k", "seq": 7}, "sent_at": "2023-11-14T22:13:24.000Z"},
                {"type": "push_reported", "to": "bob", "stage": "arrived", "code": 30, "channel": "fcm", "from": "leo",
                    "conversation": {"group": "g"}, "message": {"seq": 4}},
            ])
        );
    }

    #[test]
    fn what_is_not_known_is_left_out_and_another_channel_is_its_number() {
        let callback = json!({"Events": [
            {"To_Account": "ana", "PushPlatform": 0, "PushStage": 9, "PushID": "", "MsgKey": ""},
            {"To_Account": "ana", "PushPlatform": 12, "EventType": 2, "From_Account": "leo", "GroupID": ""},
        ]});
        let events = handle(serde_json::from_value(callback).unwrap());
        assert_eq!(
            serde_json::to_value(events).unwrap(),
            json!([
                {"type": "push_reported", "to": "ana"},
                {"type": "push_reported", "to": "ana", "channel": "12", "from": "leo"},
            ])
        );
    }
}
