//! `State.StateChange`: a user came online, went offline, or set a status.

use domain::presence::{Ended, Event};
use protocol::tencent::{StateAction, StateChange};

/// A login is seen on no particular platform, because only the query says it. The user's other devices that it disconnected
/// are one event each. Change this function if the callback means something else to your app.
pub fn handle(callback: StateChange) -> Vec<Event> {
    let seen_at = callback.time();
    let why = callback.info.why_ended();
    let action = callback.info.action();
    let user = callback.info.user;
    match action {
        StateAction::Login => {
            let online = Event::SeenOnline {
                user: user.clone(),
                platform: String::new(),
                background: None,
                seen_at,
                connection: None,
            };
            let devices = callback.kicked_devices.into_iter().flatten();
            let offline = devices.map(|device| Event::WentOffline {
                user: user.clone(),
                platform: device.platform().to_owned(),
                seen_at,
                connection: None,
                why: Some(Ended::OtherLogin),
            });
            [online].into_iter().chain(offline).collect()
        }
        StateAction::Logout | StateAction::Disconnect => vec![Event::WentOffline {
            user,
            platform: String::new(),
            seen_at,
            connection: None,
            why,
        }],
        StateAction::CustomStatusChange => vec![Event::StatusChanged { user, seen_at }],
        _ => vec![Event::PresenceChanged {
            users: vec![user],
            what: callback.info.action_name.into(),
            group: None,
            seen_at,
        }],
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn events(callback: Value) -> Value {
        serde_json::to_value(handle(serde_json::from_value(callback).unwrap())).unwrap()
    }

    #[test]
    fn a_login_is_seen_online_and_the_devices_that_it_disconnected_went_offline() {
        let callback = json!({
            "EventTime": 1_700_000_003_000_i64,
            "Info": {"Action": "Login", "To_Account": "ana", "Reason": "Register"},
            "KickedDevice": [{"Platform": "Windows"}, {"Platform": "iPad"}],
        });
        let at = "2023-11-14T22:13:23.000Z";
        assert_eq!(
            events(callback),
            json!([
                {"type": "seen_online", "user": "ana", "seen_at": at},
                {"type": "went_offline", "user": "ana", "platform": "Windows", "seen_at": at, "why": "other_login"},
                {"type": "went_offline", "user": "ana", "platform": "IPad", "seen_at": at, "why": "other_login"},
            ])
        );
    }

    #[test]
    fn the_end_of_a_connection_has_its_reason_in_every_pair_of_words() {
        for (action, reason, why) in [
            ("Logout", "Unregister", Some("signed_out")),
            ("Disconnect", "LinkClose", Some("closed")),
            ("Disconnect", "TimeOut", Some("timed_out")),
            ("Logout", "Timeout", Some("timed_out")),
            ("Logout", "LinkClose", Some("closed")),
            ("Disconnect", "Anything", None),
        ] {
            let callback =
                json!({"Info": {"Action": action, "To_Account": "ana", "Reason": reason}});
            let mut expected = json!({"type": "went_offline", "user": "ana"});
            if let Some(why) = why {
                expected["why"] = json!(why);
            }
            assert_eq!(events(callback), json!([expected]), "{action} {reason}");
        }
    }

    #[test]
    fn a_status_is_not_in_the_event_wherever_it_is_in_the_body() {
        for callback in [
            json!({"Info": {"Action": "CustomStatusChange", "To_Account": "ana", "CustomStatus": "hiking"}}),
            json!({"Info": {"Action": "CustomStatusChange", "To_Account": "ana"}, "CustomStatus": "hiking"}),
        ] {
            let read: StateChange = serde_json::from_value(callback.clone()).unwrap();
            assert_eq!(&**read.new_status().unwrap(), "hiking");
            assert_eq!(
                events(callback),
                json!([{"type": "status_changed", "user": "ana"}])
            );
        }
    }

    #[test]
    fn another_action_is_in_the_event_in_the_servers_word() {
        let callback = json!({"Info": {"Action": "Teleport", "To_Account": "ana", "Reason": "x"}});
        assert_eq!(
            events(callback),
            json!([{"type": "presence_changed", "users": ["ana"], "what": "Teleport"}])
        );
    }
}
