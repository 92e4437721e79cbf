//! `OfficialAccount.CallbackAfterOfficialAccountDestroyed`: an official account was deleted.

use domain::channel::Event;
use protocol::tencent::AfterOfficialAccountDestroyed;

/// Tencent Chat names no subscribers. Change this function if the callback means something else to your app.
pub fn handle(callback: AfterOfficialAccountDestroyed) -> Vec<Event> {
    vec![Event::ChannelDissolved {
        owner: callback.owner.user(),
        channel: callback.channel,
    }]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_last_owner_is_named() {
        let callback =
            json!({"Official_Account": "@TOA#_hut", "Owner_Account": "ana", "Name": "Hut"});
        let events = handle(serde_json::from_value(callback).unwrap());
        assert_eq!(
            serde_json::to_value(events).unwrap(),
            json!([{"type": "channel_dissolved", "channel": "@TOA#_hut", "owner": "ana"}])
        );
    }
}
