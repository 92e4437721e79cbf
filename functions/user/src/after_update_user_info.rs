//! `callbackAfterUpdateUserInfoCommand`: a user's profile was changed through the old route.

use domain::user::Event;
use protocol::openim::AfterUpdateUserInfo;

/// The event names the fields that changed, without their values. Change this function if the callback means something
/// else to your app.
pub fn handle(callback: AfterUpdateUserInfo) -> Vec<Event> {
    vec![Event::ProfileChanged {
        fields: callback.changed(),
        user: callback.user_id,
    }]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_fields_that_changed_are_named_without_their_values() {
        let callback = json!({"userID": "ana", "nickName": "Annie", "faceURL": "", "ex": ""});
        let events = handle(serde_json::from_value(callback).unwrap());
        assert_eq!(
            serde_json::to_value(events).unwrap(),
            json!([{"type": "profile_changed", "user": "ana", "fields": ["nickname"]}])
        );
    }
}
