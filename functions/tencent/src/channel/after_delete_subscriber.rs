//! `OfficialAccount.CallbackAfterDeleteSubscriber`: users no longer subscribe to an official account.

use domain::{UserId, channel::Event};
use protocol::tencent::AfterDeleteSubscriber;

/// Users who leave, and users whom somebody removes, are the same event. Change this function if
/// the callback means something else to your app.
pub fn handle(callback: AfterDeleteSubscriber) -> Vec<Event> {
    let by = callback.by();
    let subscribers = callback.subscribers.into_iter().map(|it| it.user);
    let subscribers: Vec<UserId> = subscribers.collect();
    if subscribers.is_empty() {
        return Vec::new();
    }
    vec![Event::SubscribersRemoved {
        channel: callback.channel,
        subscribers,
        by,
    }]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn by_whom_users_were_removed_is_said_unless_they_did_it_themselves() {
        let users = json!([{"Subscriber_Account": "ana"}, {"Subscriber_Account": "leo"}]);
        let mut callback = json!({
            "Official_Account": "@TOA#_hut", "Operator_Account": "ana", "SubscribeAccountList": users,
        });
        let mut event = json!([{"type": "subscribers_removed", "channel": "@TOA#_hut", "subscribers": ["ana", "leo"]}]);
        let events = handle(serde_json::from_value(callback.clone()).unwrap());
        assert_eq!(serde_json::to_value(events).unwrap(), event);
        callback["Operator_Account"] = json!("eva");
        event[0]["by"] = json!("eva");
        let events = handle(serde_json::from_value(callback.clone()).unwrap());
        assert_eq!(serde_json::to_value(events).unwrap(), event);
        callback["SubscribeAccountList"] = json!([]);
        assert_eq!(handle(serde_json::from_value(callback).unwrap()), []);
    }
}
