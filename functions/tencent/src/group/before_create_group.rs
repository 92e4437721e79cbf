//! `Group.CallbackBeforeCreateGroup`: a group is about to be created.

use protocol::tencent::{BeforeCreateGroup, Decision, GroupCode};

/// Decides whether the group is created. The answer cannot change it. Change this function to decide who may create
/// which groups in your app.
pub fn handle(_callback: BeforeCreateGroup) -> Decision<GroupCode> {
    Decision::Allow
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn everybody_may_create_groups() {
        let callback = json!({"Operator_Account": "ana", "Owner_Account": "ana", "Name": "Hike"});
        assert_eq!(
            handle(serde_json::from_value(callback).unwrap()),
            Decision::Allow
        );
    }
}
