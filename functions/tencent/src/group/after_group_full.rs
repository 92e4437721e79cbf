//! `Group.CallbackAfterGroupFull`: a group is full.

use domain::group::Event;
use protocol::tencent::AfterGroupFull;

/// It can come again for the same group. Change this function if the callback means something else to your app.
pub fn handle(callback: AfterGroupFull) -> Vec<Event> {
    vec![Event::GroupFull {
        group: callback.group_id,
    }]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_group_is_full() {
        let events = handle(serde_json::from_value(json!({"GroupId": "hike"})).unwrap());
        assert_eq!(
            serde_json::to_value(events).unwrap(),
            json!([{"type": "group_full", "group": "hike"}])
        );
    }
}
