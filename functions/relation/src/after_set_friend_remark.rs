//! `callbackAfterSetFriendRemarkCommand`: somebody gave a friend a private name.

use domain::relation::Event;
use protocol::openim::AfterSetFriendRemark;

/// The remark was set, or cleared if it is empty. Change this function if the callback means something else to your app.
pub fn handle(callback: AfterSetFriendRemark) -> Vec<Event> {
    vec![Event::RemarkSet {
        owner: callback.owner_user_id,
        friend: callback.friend_user_id,
        remark: callback.remark,
    }]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_empty_remark_is_kept_as_empty() {
        for remark in ["Leo (climbing)", ""] {
            let callback = json!({"ownerUserID": "ana", "friendUserID": "leo", "remark": remark});
            let events = handle(serde_json::from_value(callback).unwrap());
            assert_eq!(
                serde_json::to_value(events).unwrap(),
                json!([{"type": "remark_set", "owner": "ana", "friend": "leo", "remark": remark}])
            );
        }
    }
}
