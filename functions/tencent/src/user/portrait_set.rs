//! `Profile.CallbackPortraitSet`: a user's profile changed.

use domain::user::Event;
use protocol::tencent::{PortraitSet, ProfileField};

/// The event names the fields that changed, without their values. Change this function if the callback means something
/// else to your app.
pub fn handle(callback: PortraitSet) -> Vec<Event> {
    if callback.fields.is_empty() {
        return Vec::new();
    }
    vec![Event::ProfileChanged {
        user: callback.user,
        fields: callback.fields.iter().map(ProfileField::name).collect(),
    }]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_fields_that_changed_are_named_without_their_values() {
        let mut callback = json!({"From_Account": "ana", "ProfileItem": [
            {"Tag": "Tag_Profile_IM_Nick", "Value": "Annie"},
            {"Tag": "Tag_Profile_Custom_Team", "Value": "red"},
        ]});
        let events = handle(serde_json::from_value(callback.clone()).unwrap());
        assert_eq!(
            serde_json::to_value(events).unwrap(),
            json!([{"type": "profile_changed", "user": "ana", "fields": ["nickname", "custom.Team"]}])
        );
        callback["ProfileItem"] = json!([]);
        assert_eq!(handle(serde_json::from_value(callback).unwrap()), []);
    }
}
