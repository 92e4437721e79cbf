//! `callbackBeforeCreateGroupCommand`: a group is about to be created.

use protocol::openim::{AmendedNewGroup, BeforeCreateGroup, Decision};

/// Decides whether the group is created. `Decision::Amend` changes its data, or gives it an id. Change this function to
/// decide who may create which groups in your app.
pub fn handle(_callback: BeforeCreateGroup) -> Decision<AmendedNewGroup> {
    Decision::Allow
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn everybody_may_create_groups() {
        let callback = json!({"groupID": "", "groupName": "Hike", "initMemberList": []});
        assert_eq!(
            handle(serde_json::from_value(callback).unwrap()),
            Decision::Allow
        );
    }
}
