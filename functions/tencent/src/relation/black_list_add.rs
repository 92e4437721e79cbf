//! `Sns.CallbackBlackListAdd`: users were blocked.

use domain::relation::Event;
use protocol::tencent::BlackListAdd;

/// One event for each pair. Change this function if the callback means something else to your app.
pub fn handle(callback: BlackListAdd) -> Vec<Event> {
    callback
        .pairs
        .into_iter()
        .map(|pair| Event::Blocked {
            owner: pair.from,
            blocked: pair.to,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_pair_is_one_block_in_the_order_of_the_body() {
        let callback = json!({"PairList": [
            {"From_Account": "ana", "To_Account": "leo"},
            {"From_Account": "leo", "To_Account": "ana"},
        ]});
        let events = handle(serde_json::from_value(callback).unwrap());
        assert_eq!(
            serde_json::to_value(events).unwrap(),
            json!([
                {"type": "blocked", "owner": "ana", "blocked": "leo"},
                {"type": "blocked", "owner": "leo", "blocked": "ana"},
            ])
        );
    }
}
