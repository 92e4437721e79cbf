//! `callbackAfterAddFriendCommand`: somebody asks for friendship.

use domain::relation::Event;
use protocol::openim::AfterAddFriend;

/// A request was stored and waits for an answer. Change this function if the callback means something else to your app.
pub fn handle(callback: AfterAddFriend) -> Vec<Event> {
    vec![Event::FriendRequested {
        from: callback.from_user_id,
        to: callback.to_user_id,
        message: callback.req_msg.into(),
    }]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn add_friend_is_a_request() {
        let callback = json!({"fromUserID": "ana", "toUserID": "leo", "reqMsg": "hi"});
        let events = handle(serde_json::from_value(callback).unwrap());
        assert_eq!(
            serde_json::to_value(events).unwrap(),
            json!([{"type": "friend_requested", "from": "ana", "to": "leo", "message": "hi"}])
        );
    }
}
