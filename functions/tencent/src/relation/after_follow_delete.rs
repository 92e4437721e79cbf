//! `Follow.CallbackAfterFollowDelete`: a user stopped following others.

use domain::relation::Event;
use protocol::tencent::AfterFollowDelete;

/// One event for all users. Change this function if the callback means something else to your app.
pub fn handle(callback: AfterFollowDelete) -> Vec<Event> {
    if callback.followed.is_empty() {
        return Vec::new();
    }
    vec![Event::Unfollowed {
        follower: callback.follower,
        followed: callback.followed.into(),
    }]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn all_users_are_one_event_and_an_empty_list_is_no_event() {
        let mut callback = json!({"From_Account": "ana", "To_Account": ["leo", "bob"]});
        let events = handle(serde_json::from_value(callback.clone()).unwrap());
        assert_eq!(
            serde_json::to_value(events).unwrap(),
            json!([{"type": "unfollowed", "follower": "ana", "followed": ["leo", "bob"]}])
        );
        callback["To_Account"] = json!([]);
        assert_eq!(handle(serde_json::from_value(callback).unwrap()), []);
    }
}
