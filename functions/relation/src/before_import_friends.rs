//! `callbackBeforeImportFriendsCommand`: an administrator is about to make users friends.

use protocol::openim::{AmendedFriends, BeforeImportFriends, Decision};

/// Whether they become friends, or with `Decision::Amend` who of them does. Edit here whom your app imports.
pub fn handle(_callback: BeforeImportFriends) -> Decision<AmendedFriends> {
    Decision::Allow
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn everybody_may() {
        let callback = json!({"ownerUserID": "ana", "friendUserIDs": ["leo"]});
        assert_eq!(
            handle(serde_json::from_value(callback).unwrap()),
            Decision::Allow
        );
    }
}
