//! `OfficialAccount.CallbackAfterOfficialAccountInfoChanged`: an official account's data was changed.

use domain::channel::Event;
use protocol::tencent::AfterOfficialAccountInfoChanged;

/// The event names the fields that changed, without their values. Change this function if the callback means something
/// else to your app.
pub fn handle(callback: AfterOfficialAccountInfoChanged) -> Vec<Event> {
    vec![Event::ChannelChanged {
        fields: callback.changed(),
        by: callback.operator.user(),
        channel: callback.channel,
    }]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_fields_that_changed_are_named_without_their_values() {
        let callback = json!({"Official_Account": "@TOA#_hut", "Operator_Account": "ana", "Name": "Hut", "Introduction": "",
            "FaceUrl": null, "Organization": "Hikers"});
        let events = handle(serde_json::from_value(callback).unwrap());
        assert_eq!(
            serde_json::to_value(events).unwrap(),
            json!([{"type": "channel_changed", "channel": "@TOA#_hut", "fields": ["name", "introduction", "organization"],
                "by": "ana"}])
        );
    }
}
