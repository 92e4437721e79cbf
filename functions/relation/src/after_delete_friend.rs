//! `callbackAfterDeleteFriendCommand`: somebody removed a friend.

use domain::relation::Event;
use protocol::openim::AfterDeleteFriend;

/// One person left one user's list. The other direction does not change. Change this function if the callback means
/// something else to your app.
pub fn handle(callback: AfterDeleteFriend) -> Vec<Event> {
    vec![Event::FriendDeleted {
        owner: callback.owner_user_id,
        friend: callback.friend_user_id,
    }]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_one_direction_is_deleted() {
        let callback = json!({"ownerUserID": "ana", "friendUserID": "leo"});
        let events = handle(serde_json::from_value(callback).unwrap());
        assert_eq!(
            serde_json::to_value(events).unwrap(),
            json!([{"type": "friend_deleted", "owner": "ana", "friend": "leo"}])
        );
    }
}
