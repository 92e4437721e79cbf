//! `Alert.RequestOverLimit`: the app's backend calls an interface almost as often as it may.

use domain::operations::Event;
use protocol::tencent::RequestOverLimit;

/// Change this function if the callback means something else to your app, for example to wake somebody.
pub fn handle(callback: RequestOverLimit) -> Vec<Event> {
    vec![Event::RateNearLimit {
        per_second: callback.request.get(),
        limit: callback.limit.get(),
        service: callback.service.into(),
        command: callback.interface.into(),
    }]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_rate_and_its_limit_are_in_the_event() {
        let callback =
            json!({"ServiceName": "openim", "Command": "sendmsg", "Request": 171, "Limit": "200"});
        let events = handle(serde_json::from_value(callback).unwrap());
        assert_eq!(
            serde_json::to_value(events).unwrap(),
            json!([{"type": "rate_near_limit", "service": "openim", "command": "sendmsg", "per_second": 171,
                "limit": 200}])
        );
    }
}
