//! `callbackBeforeSetFriendRemarkCommand`: somebody is about to name a friend.

use protocol::openim::{AmendedRemark, BeforeSetFriendRemark, Decision};

/// Whether the name is set, or with `Decision::Amend` another one. Edit here which names your app wants.
pub fn handle(_callback: BeforeSetFriendRemark) -> Decision<AmendedRemark> {
    Decision::Allow
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn everybody_may() {
        let callback = json!({"ownerUserID": "ana", "friendUserID": "leo", "remark": "Lenny"});
        assert_eq!(
            handle(serde_json::from_value(callback).unwrap()),
            Decision::Allow
        );
    }
}
