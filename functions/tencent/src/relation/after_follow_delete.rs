//! `Follow.CallbackAfterFollowDelete`: a user stopped following others.

use domain::relation::Event;
use protocol::tencent::AfterFollowDelete;

/// One event for all of them. Edit here what it shall mean to your app.
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
    fn all_of_them_are_one_event_and_nobody_is_none() {
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
