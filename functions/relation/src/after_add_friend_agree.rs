//! `callbackAfterAddFriendAgreeCommand`: somebody accepted a friend request.

use domain::relation::Event;
use protocol::openim::AfterAddFriendAgree;

/// The request was accepted, so both users are on each other's list. Change this function if the callback means something
/// else to your app.
pub fn handle(callback: AfterAddFriendAgree) -> Vec<Event> {
    if !callback.is_accepted() {
        return Vec::new();
    }
    let (from, to) = (callback.from_user_id, callback.to_user_id);
    vec![
        Event::FriendRequestAccepted {
            from: from.clone(),
            to: to.clone(),
            message: callback.handle_msg.into(),
        },
        Event::FriendAdded {
            owner: from.clone(),
            friend: to.clone(),
        },
        Event::FriendAdded {
            owner: to,
            friend: from,
        },
    ]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_accepted_request_makes_a_friendship_in_both_directions() {
        let mut callback = json!({"fromUserID": "ana", "blackUserID": "leo",
            "HandleResult": 1, "HandleMsg": "hi"});
        let events = handle(serde_json::from_value(callback.clone()).unwrap());
        assert_eq!(
            serde_json::to_value(events).unwrap(),
            json!([
                {"type": "friend_request_accepted", "from": "ana", "to": "leo", "message": "hi"},
                {"type": "friend_added", "owner": "ana", "friend": "leo"},
                {"type": "friend_added", "owner": "leo", "friend": "ana"},
            ])
        );
        callback["HandleResult"] = json!(-1);
        assert_eq!(handle(serde_json::from_value(callback).unwrap()), []);
    }
}
