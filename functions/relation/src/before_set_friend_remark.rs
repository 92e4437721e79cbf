//! `callbackBeforeSetFriendRemarkCommand`: somebody is about to name a friend.

use protocol::openim::{AmendedRemark, BeforeSetFriendRemark, Decision};

/// Decides whether the name is set. `Decision::Amend` sets another name. Change this function to decide which names your
/// app allows.
pub fn handle(_callback: BeforeSetFriendRemark) -> Decision<AmendedRemark> {
    Decision::Allow
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_name_is_allowed() {
        let callback = json!({"ownerUserID": "ana", "friendUserID": "leo", "remark": "Lenny"});
        assert_eq!(
            handle(serde_json::from_value(callback).unwrap()),
            Decision::Allow
        );
    }
}
