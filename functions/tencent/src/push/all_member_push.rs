//! `Push.AllMemberPush`: pushes of the app's own were sent, arrived or were clicked.

use domain::push::Event;
use protocol::tencent::{AllMemberPush, TaskPush};

/// One event for each push, in the order of the body. Change this function if the callback means something else to your
/// app.
pub fn handle(callback: AllMemberPush) -> Vec<Event> {
    callback.pushes.into_iter().map(reported).collect()
}

fn reported(push: TaskPush) -> Event {
    Event::PushReported {
        stage: push.stage(),
        code: push.failure(),
        at: push.time(),
        channel: push.channel(),
        online: push.is_online(),
        device: push.device(),
        push: None,
        from: None,
        conversation: None,
        message: None,
        task: push.task(),
        app_task: push.app_task(),
        sent_at: push.began_at(),
        to: push.to,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_push_is_one_event_that_names_its_task() {
        let callback = json!({"Events": [
            {"EventType": 1, "TaskId": "t", "DataId": "d", "TaskTime": 1_700_000_040, "EventTime": 1_700_000_043,
                "To_Account": "ana", "PushPlatform": 8, "DeviceType": 0, "PushStage": 3, "ErrCode": 0},
            {"EventType": 2, "TaskId": 5, "To_Account": "leo", "PushPlatform": 0, "DeviceType": 1, "PushStage": 1},
        ]});
        let events = handle(serde_json::from_value(callback).unwrap());
        assert_eq!(
            serde_json::to_value(events).unwrap(),
            json!([
                {"type": "push_reported", "to": "ana", "stage": "clicked", "at": "2023-11-14T22:14:03.000Z",
                    "channel": "honor", "task": "t", "app_task": "d", "sent_at": "2023-11-14T22:14:00.000Z"},
                {"type": "push_reported", "to": "leo", "stage": "sent", "online": true, "device": "apns", "task": "5"},
            ])
        );
    }
}
