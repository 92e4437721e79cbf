//! `callbackBeforeImportFriendsCommand`: an administrator is about to make users friends.

use protocol::openim::{AmendedFriends, BeforeImportFriends, Decision};

/// Decides whether the users become friends, or which of them, with `Decision::Amend`. Change this function to decide
/// whom your app imports.
pub fn handle(_callback: BeforeImportFriends) -> Decision<AmendedFriends> {
    Decision::Allow
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn everybody_may_be_imported() {
        let callback = json!({"ownerUserID": "ana", "friendUserIDs": ["leo"]});
        assert_eq!(
            handle(serde_json::from_value(callback).unwrap()),
            Decision::Allow
        );
    }
}
