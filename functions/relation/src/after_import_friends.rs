//! `callbackAfterImportFriendsCommand`: an administrator made users friends.

use domain::relation::Event;
use protocol::openim::AfterImportFriends;

/// One event for all new friends. It means both directions. Change this function if the callback means something else to
/// your app.
pub fn handle(callback: AfterImportFriends) -> Vec<Event> {
    if callback.friend_user_ids.is_empty() {
        return Vec::new();
    }
    vec![Event::FriendsImported {
        owner: callback.owner_user_id,
        friends: callback.friend_user_ids.into(),
    }]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_import_is_one_event_and_an_empty_import_is_no_event() {
        let mut callback = json!({"ownerUserID": "ana", "friendUserIDs": ["leo", "bob"]});
        let events = handle(serde_json::from_value(callback.clone()).unwrap());
        assert_eq!(
            serde_json::to_value(events).unwrap(),
            json!([{"type": "friends_imported", "owner": "ana", "friends": ["leo", "bob"]}])
        );
        callback["friendUserIDs"] = json!(null);
        assert_eq!(handle(serde_json::from_value(callback).unwrap()), []);
    }
}
