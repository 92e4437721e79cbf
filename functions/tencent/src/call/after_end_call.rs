//! `Call.CallbackAfterEndCall`: a call ended.

use domain::call::Event;
use protocol::tencent::AfterEndCall;

/// The record of the call is one event. Change this function if the callback means something else to your app.
pub fn handle(callback: AfterEndCall) -> Vec<Event> {
    let record = &callback.record;
    vec![Event::CallEnded {
        call: record.call(),
        caller: record.caller(),
        members: record.members(),
        result: record.result(),
        media: record.media(),
        for_many: record.is_for_many(),
        room: record.room(),
        started_at: record.started_at(),
        accepted_at: record.accepted_at(),
        ended_at: callback.ended_at(),
    }]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_times_in_the_record_are_seconds_and_0_means_that_nobody_accepted() {
        let mut callback = json!({"EventTime": 1_700_000_200_780_i64, "CallRecord": {
            "CallId": "c", "Caller_Account": "ana", "MediaType": "Video", "CallType": "MultiCall",
            "StartTime": 1_700_000_050, "EndTime": 1_700_000_200, "AcceptTime": 1_700_000_055,
            "CallResult": "NormalEnd", "CalleeList_Account": ["ana", "leo"], "RoomId": "r",
        }});
        let mut expected = json!({
            "type": "call_ended", "call": "c", "caller": "ana", "members": ["ana", "leo"], "result": "finished",
            "media": "picture", "for_many": true, "room": "r", "started_at": "2023-11-14T22:14:10.000Z",
            "accepted_at": "2023-11-14T22:14:15.000Z", "ended_at": "2023-11-14T22:16:40.000Z",
        });
        let events = handle(serde_json::from_value(callback.clone()).unwrap());
        assert_eq!(serde_json::to_value(events).unwrap(), json!([expected]));

        callback["CallRecord"]["AcceptTime"] = json!(0);
        callback["CallRecord"]["EndTime"] = json!(0);
        expected["ended_at"] = json!("2023-11-14T22:16:40.780Z");
        expected.as_object_mut().unwrap().remove("accepted_at");
        let events = handle(serde_json::from_value(callback).unwrap());
        assert_eq!(serde_json::to_value(events).unwrap(), json!([expected]));
    }

    #[test]
    fn a_result_is_a_word_or_a_number_and_another_one_is_kept() {
        for (said, result) in [
            (json!("Cancel"), "cancelled"),
            (json!("Reject"), "declined"),
            (json!("NotAnswer"), "not_answered"),
            (json!("NormalEnd"), "finished"),
            (json!("CallBusy"), "busy"),
            (json!("Interrupt"), "interrupted"),
            (json!("Offline"), "unreachable"),
            (json!(3), "3"),
            (json!("Eclipse"), "Eclipse"),
        ] {
            let callback = json!({"CallRecord": {"CallResult": said}});
            let events = handle(serde_json::from_value(callback).unwrap());
            assert_eq!(
                serde_json::to_value(events).unwrap(),
                json!([{"type": "call_ended", "members": [], "result": result}])
            );
        }
    }
}
