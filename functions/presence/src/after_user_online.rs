//! `callbackAfterUserOnlineCommand`: a user is connected on a platform.

use domain::presence::Event;
use protocol::openim::AfterUserOnline;

/// The user was seen on the platform. OpenIM repeats it as long as the connection lasts, so it is no change. Change this
/// function if the callback means something else to your app.
pub fn handle(callback: AfterUserOnline) -> Vec<Event> {
    vec![Event::SeenOnline {
        platform: callback.platform(),
        background: callback.is_app_background.get().copied(),
        seen_at: callback.time(),
        connection: (!callback.connection.is_empty()).then(|| callback.connection.into()),
        user: callback.user_id,
    }]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_user_is_seen_at_the_time_in_the_body() {
        let callback = json!({"platformID": 2, "platform": "Android", "userID": "leo",
            "seq": 1_795_690_981_098_i64, "isAppBackground": false, "connID": "c1"});
        let events = handle(serde_json::from_value(callback).unwrap());
        assert_eq!(
            serde_json::to_value(events).unwrap(),
            json!([{"type": "seen_online", "user": "leo", "platform": "Android", "background": false,
                "seen_at": "2026-11-26T11:03:01.098Z", "connection": "c1"}])
        );
    }

    #[test]
    fn a_platform_without_a_name_is_its_number_and_what_is_not_known_is_left_out() {
        for (platform, stored) in [
            (json!({"platformID": 12, "platform": ""}), Some("12")),
            (json!({"platformID": 12}), Some("12")),
            (json!({"platform": "Web"}), Some("Web")),
            (
                json!({"platform": "Glasses", "platformID": 12}),
                Some("Glasses"),
            ),
            (json!({}), None),
        ] {
            let mut callback = json!({"userID": "leo", "seq": 0, "connID": ""});
            for (key, value) in platform.as_object().unwrap() {
                callback[key] = value.clone();
            }
            let events = handle(serde_json::from_value(callback).unwrap());
            let mut expected = json!({"type": "seen_online", "user": "leo"});
            if let Some(stored) = stored {
                expected["platform"] = json!(stored);
            }
            assert_eq!(serde_json::to_value(events).unwrap(), json!([expected]));
        }
    }
}
