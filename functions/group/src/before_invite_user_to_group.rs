//! `callbackBeforeInviteJoinGroupCommand`: users are about to be invited into a group.

use protocol::openim::{BeforeInviteUserToGroup, Decision, NoAmendment};

/// Decides whether the users are invited: all of them, or nobody. Change this function to decide whom your app lets others
/// invite.
pub fn handle(_callback: BeforeInviteUserToGroup) -> Decision<NoAmendment> {
    Decision::Allow
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn everybody_may_be_invited() {
        let callback = json!({"groupID": "hike", "reason": "", "invitedUserIDs": ["leo"]});
        assert_eq!(
            handle(serde_json::from_value(callback).unwrap()),
            Decision::Allow
        );
    }
}
