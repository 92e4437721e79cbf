//! `callbackAfterUserRegisterCommand`: accounts were created.

use domain::user::{Event, RegisteredUser};
use protocol::openim::AfterUserRegister;

/// One event for all new users. Change this function if the callback means something else to your app.
pub fn handle(callback: AfterUserRegister) -> Vec<Event> {
    if callback.users.is_empty() {
        return Vec::new();
    }
    let users = callback.users.into_iter().map(|user| RegisteredUser {
        user: user.user_id,
        nickname: user.nickname.into(),
    });
    vec![Event::UsersRegistered {
        users: users.collect(),
    }]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn all_new_users_are_one_event_and_an_empty_list_is_no_event() {
        let mut callback = json!({"users": [{"userID": "ana", "nickname": "Annie"}, {"userID": "leo", "nickname": ""}]});
        let events = handle(serde_json::from_value(callback.clone()).unwrap());
        assert_eq!(
            serde_json::to_value(events).unwrap(),
            json!([{"type": "users_registered", "users": [
                {"user": "ana", "nickname": "Annie"}, {"user": "leo", "nickname": ""},
            ]}])
        );
        callback["users"] = json!([]);
        assert_eq!(handle(serde_json::from_value(callback).unwrap()), []);
    }
}
