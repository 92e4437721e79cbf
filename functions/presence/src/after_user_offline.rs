//! `callbackAfterUserOfflineCommand`: a connection of a user on a platform ended.

use domain::presence::Event;
use protocol::openim::AfterUserOffline;

/// A connection ended. The user may have another one, even on the same platform. Change this function if the callback
/// means something else to your app.
pub fn handle(callback: AfterUserOffline) -> Vec<Event> {
    vec![Event::WentOffline {
        platform: callback.platform(),
        seen_at: callback.time(),
        connection: (!callback.connection.is_empty()).then(|| callback.connection.into()),
        user: callback.user_id,
        why: None,
    }]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_connection_ended_at_the_time_in_the_body() {
        let callback = json!({"platformID": 5, "platform": "Web", "userID": "leo",
            "seq": 1_795_690_987_098_i64, "connID": ""});
        let events = handle(serde_json::from_value(callback).unwrap());
        assert_eq!(
            serde_json::to_value(events).unwrap(),
            json!([{"type": "went_offline", "user": "leo", "platform": "Web",
                "seen_at": "2026-11-26T11:03:07.098Z"}])
        );
    }
}
