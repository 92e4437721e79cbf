//! `OfficialAccount.CallbackAfterCreateOfficialAccount`: an official account was created.

use domain::channel::Event;
use protocol::tencent::AfterCreateOfficialAccount;

/// Change this function if the callback means something else to your app.
pub fn handle(callback: AfterCreateOfficialAccount) -> Vec<Event> {
    vec![Event::ChannelCreated {
        name: callback.name.unwrap_or_default().into(),
        owner: callback.owner.user(),
        creator: callback.operator.user(),
        channel: callback.channel,
    }]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_owner_and_the_creator_are_named_apart() {
        let callback = json!({"Official_Account": "@TOA#_hut", "Operator_Account": "eva", "Owner_Account": "ana", "Name": "Hut"});
        let events = handle(serde_json::from_value(callback).unwrap());
        assert_eq!(
            serde_json::to_value(events).unwrap(),
            json!([{"type": "channel_created", "channel": "@TOA#_hut", "name": "Hut", "owner": "ana", "creator": "eva"}])
        );
    }
}
