//! `callbackBeforeGroupOnlinePushCommand`: a message or notice in a group is about to go to the members' devices.

use protocol::openim::{AmendedRecipients, BeforeGroupOnlinePush, Decision};

/// Decides whether the message goes to devices now, and to which users only, with `Decision::Amend`. Do not refuse a
/// callback for which `ends_memberships()` is true: OpenIM would skip work of its own. Change this function to decide about
/// your app's groups.
pub fn handle(_callback: BeforeGroupOnlinePush) -> Decision<AmendedRecipients> {
    Decision::Allow
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_message_may_go_to_all_members() {
        let callback = json!({"groupID": "team1", "sendID": "ana", "contentType": 101});
        assert_eq!(
            handle(serde_json::from_value(callback).unwrap()),
            Decision::Allow
        );
    }
}
