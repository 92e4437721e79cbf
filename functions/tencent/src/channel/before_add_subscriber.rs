//! `OfficialAccount.CallbackBeforeAddSubscriber`: users are about to subscribe to an official account.

use protocol::tencent::{BeforeAddSubscriber, Decision, KeptOut, LetsIn as _, NoOwnCode};

/// Decides for each user whether they may subscribe. A refusal has no code of the app. Change this function to decide who
/// may subscribe to what in your app.
pub fn handle(callback: BeforeAddSubscriber) -> KeptOut<NoOwnCode> {
    callback.decide(|_| Decision::Allow)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn everybody_may_subscribe_to_everything() {
        let callback = json!({"Official_Account": "@TOA#_hut", "Operator_Account": "ana",
            "SubscribeAccountList": [{"Subscriber_Account": "leo"}, {"Subscriber_Account": "bob"}]});
        let kept_out = handle(serde_json::from_value(callback).unwrap());
        assert_eq!(
            kept_out.iter().collect::<Vec<_>>(),
            [("leo", &Decision::Allow), ("bob", &Decision::Allow)]
        );
    }
}
