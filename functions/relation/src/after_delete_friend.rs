//! `callbackAfterDeleteFriendCommand`: somebody removed a friend.

use domain::relation::Event;
use protocol::openim::AfterDeleteFriend;

/// One person left one user's list; the other direction is untouched. Edit here what it shall mean to
/// your app.
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
    fn one_direction_is_deleted() {
        let callback = json!({"ownerUserID": "ana", "friendUserID": "leo"});
        let events = handle(serde_json::from_value(callback).unwrap());
        assert_eq!(
            serde_json::to_value(events).unwrap(),
            json!([{"type": "friend_deleted", "owner": "ana", "friend": "leo"}])
        );
    }
}
