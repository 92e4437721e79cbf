//! `Sns.CallbackFriendDelete`: friends were removed.

use domain::relation::Event;
use protocol::tencent::FriendDelete;

/// One event for each pair, which is one direction. A two-way deletion has both pairs. Change this function if the callback
/// means something else to your app.
pub fn handle(callback: FriendDelete) -> Vec<Event> {
    callback
        .pairs
        .into_iter()
        .map(|pair| Event::FriendDeleted {
            owner: pair.from,
            friend: pair.to,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_pair_is_one_deletion_in_the_order_of_the_body() {
        let callback = json!({"PairList": [
            {"From_Account": "ana", "To_Account": "leo"},
            {"From_Account": "leo", "To_Account": "ana"},
        ]});
        let events = handle(serde_json::from_value(callback).unwrap());
        assert_eq!(
            serde_json::to_value(events).unwrap(),
            json!([
                {"type": "friend_deleted", "owner": "ana", "friend": "leo"},
                {"type": "friend_deleted", "owner": "leo", "friend": "ana"},
            ])
        );
    }
}
