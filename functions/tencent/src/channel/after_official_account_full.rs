//! `OfficialAccount.CallbackAfterOfficialAccountFull`: an official account can take no more subscribers.

use domain::channel::Event;
use protocol::tencent::AfterOfficialAccountFull;

/// Change this function if the callback means something else to your app.
pub fn handle(callback: AfterOfficialAccountFull) -> Vec<Event> {
    vec![Event::ChannelFull {
        channel: callback.channel,
    }]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_official_account_is_full() {
        let callback = json!({"Official_Account": "@TOA#_hut"});
        let events = handle(serde_json::from_value(callback).unwrap());
        assert_eq!(
            serde_json::to_value(events).unwrap(),
            json!([{"type": "channel_full", "channel": "@TOA#_hut"}])
        );
    }
}
