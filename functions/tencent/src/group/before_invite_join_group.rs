//! `Group.CallbackBeforeInviteJoinGroup`: users are about to be invited into a group.

use protocol::tencent::{BeforeInviteJoinGroup, Decision, KeptOut, LetsIn as _};

/// Decides for each user whether they are let in. Change this function to decide who may invite whom in your app.
pub fn handle(callback: BeforeInviteJoinGroup) -> KeptOut {
    callback.decide(|_| Decision::Allow)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn everybody_may_invite_everybody() {
        let callback = json!({"GroupId": "hike", "Operator_Account": "ana",
            "DestinationMembers": [{"Member_Account": "leo"}, {"Member_Account": "bob"}]});
        let kept_out = handle(serde_json::from_value(callback).unwrap());
        assert_eq!(
            kept_out.iter().collect::<Vec<_>>(),
            [("leo", &Decision::Allow), ("bob", &Decision::Allow)]
        );
    }
}
