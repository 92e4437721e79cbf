//! `callbackBeforeSetGroupMemberInfoCommand`: what a group knows about a member is about to be changed.

use protocol::openim::{AmendedMember, BeforeSetGroupMemberInfo, Decision};

/// Decides whether the member's data changes. `Decision::Amend` changes it to something else, but not the role. Change this
/// function to decide which names your app allows in groups.
pub fn handle(_callback: BeforeSetGroupMemberInfo) -> Decision<AmendedMember> {
    Decision::Allow
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_change_is_allowed() {
        let callback = json!({"groupID": "hike", "userID": "leo", "nickName": "Lenny"});
        assert_eq!(
            handle(serde_json::from_value(callback).unwrap()),
            Decision::Allow
        );
    }
}
