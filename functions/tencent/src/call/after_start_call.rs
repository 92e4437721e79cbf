//! `Call.CallbackAfterStartCall`: a call began.

use domain::call::Event;
use protocol::tencent::AfterStartCall;

/// Everybody who is called is in one event. Change this function if the callback means something else to your app.
pub fn handle(callback: AfterStartCall) -> Vec<Event> {
    vec![Event::CallStarted {
        call: callback.call(),
        media: callback.media(),
        group: callback.group(),
        room: callback.room(),
        started_at: callback.time(),
        members: callback.users.into_iter().map(Into::into).collect(),
    }]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_said_about_the_call_is_found_in_both_places_and_under_both_names() {
        let users = json!([{"User_Account": "ana", "Status": "Calling"}, {"User_Account": "leo", "Status": "Waiting"}]);
        for mut callback in [
            json!({"CallInfo": {"CallId": "c", "CallMediaType": "Audio", "ChatGroupId": "g", "RoomId": "r"}}),
            json!({"CallInfo": {"CallId": "c", "MediaType": "audio", "ChatGroupId": "g", "RoomId": "r"}}),
            json!({"CallId": "c", "MediaType": "Audio", "ChatGroupId": "g", "RoomId": "r"}),
            json!({"CallId": "c", "CallMediaType": "Audio", "ChatGroupId": "g", "RoomId": "r"}),
            json!({"CallInfo": {"CallMediaType": "Audio"}, "CallId": "c", "ChatGroupId": "g", "RoomId": "r"}),
        ] {
            callback["UserList"] = users.clone();
            let events = handle(serde_json::from_value(callback.clone()).unwrap());
            assert_eq!(
                serde_json::to_value(events).unwrap(),
                json!([{"type": "call_started", "call": "c", "media": "sound", "group": "g", "room": "r", "members": [
                    {"user": "ana", "takes_part": true}, {"user": "leo", "takes_part": false},
                ]}]),
                "{callback}"
            );
        }
    }

    #[test]
    fn a_user_whose_id_is_a_number_of_18_digits_keeps_all_of_them() {
        let callback = json!({"CallInfo": {"ChatGroupId": "", "RoomId": ""},
            "UserList": [{"User_Account": 144_115_231_312_345_679_i64}], "EventTime": 1_700_000_050_000_i64});
        let events = handle(serde_json::from_value(callback).unwrap());
        assert_eq!(
            serde_json::to_value(events).unwrap(),
            json!([{"type": "call_started", "members": [{"user": "144115231312345679"}],
                "started_at": "2023-11-14T22:14:10.000Z"}])
        );
    }
}
