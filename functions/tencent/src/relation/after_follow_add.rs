//! `Follow.CallbackAfterFollowAdd`: a user follows others.

use domain::relation::Event;
use protocol::tencent::AfterFollowAdd;

/// One event for all followed users. Change this function if the callback means something else to your app.
pub fn handle(callback: AfterFollowAdd) -> Vec<Event> {
    if callback.followed.is_empty() {
        return Vec::new();
    }
    vec![Event::Followed {
        follower: callback.follower,
        followed: callback.followed.into_iter().map(|one| one.to).collect(),
    }]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn all_followed_users_are_one_event_and_an_empty_list_is_no_event() {
        let mut callback = json!({"From_Account": "ana", "FollowList": [{"To_Account": "leo"}, {"To_Account": "bob"}]});
        let events = handle(serde_json::from_value(callback.clone()).unwrap());
        assert_eq!(
            serde_json::to_value(events).unwrap(),
            json!([{"type": "followed", "follower": "ana", "followed": ["leo", "bob"]}])
        );
        callback["FollowList"] = json!([]);
        assert_eq!(handle(serde_json::from_value(callback).unwrap()), []);
    }
}
