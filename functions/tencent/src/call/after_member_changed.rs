//! `Call.CallbackAfterMemberChanged`: users came into a call, left it, or answered it.

use domain::call::Event;
use protocol::tencent::AfterMemberChanged;

/// One event for all users who did something. Change this function if the callback means something else to your app.
pub fn handle(callback: AfterMemberChanged) -> Vec<Event> {
    if callback.changed.is_empty() {
        return Vec::new();
    }
    let members = callback.users.iter().flatten().cloned();
    vec![Event::CallMembersChanged {
        call: callback.call(),
        changed_at: callback.time(),
        members: members.map(Into::into).collect(),
        changes: callback.changed.into_iter().map(Into::into).collect(),
    }]
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn every_spelling_of_what_a_user_did_is_known_and_another_word_is_kept() {
        for (words, what) in [
            (&["Accept", "Answer", "accepted"][..], "accepted"),
            (&["Reject", "REJECT"], "declined"),
            (&["NotAnswer", "Not Answer"], "not_answered"),
            (&["HangUp", "Hangup", "Hang Up", "hang_up"], "hung_up"),
            (&["Join"], "joined"),
            (&["Offline"], "dropped_out"),
            (&["Invite", "Invited"], "invited"),
            (
                &["Cancel_Invite", "Canncel_Invite", "CancelInvite"],
                "uninvited",
            ),
            (&["Teleport"], "Teleport"),
        ] {
            for word in words {
                let callback = json!({"CallId": "c",
                    "ChangedUserList": [{"User_Account": "leo", "ActionType": word}]});
                let events = handle(serde_json::from_value(callback).unwrap());
                assert_eq!(
                    serde_json::to_value(events).unwrap(),
                    json!([{"type": "call_members_changed", "call": "c", "changes": [{"user": "leo", "what": what}]}]),
                );
            }
        }
    }

    #[test]
    fn who_is_in_the_call_now_is_in_the_event_and_no_change_is_no_event() {
        let mut callback = json!({"CallId": "c", "EventTime": 1_700_000_055_000_i64,
            "UserList": [{"User_Account": "ana", "Status": "Calling"}],
            "ChangedUserList": [{"User_Account": "leo", "ActionType": "HangUp"}]});
        let events = handle(serde_json::from_value(callback.clone()).unwrap());
        assert_eq!(
            serde_json::to_value(events).unwrap(),
            json!([{"type": "call_members_changed", "call": "c", "changes": [{"user": "leo", "what": "hung_up"}],
                "members": [{"user": "ana", "takes_part": true}], "changed_at": "2023-11-14T22:14:15.000Z"}])
        );
        callback["ChangedUserList"] = Value::Null;
        assert_eq!(handle(serde_json::from_value(callback).unwrap()), []);
    }
}
