//! `callbackBeforeUserRegisterCommand`: accounts are about to be created.

use protocol::openim::{AmendedUsers, BeforeUserRegister, Decision};

/// Decides whether the accounts are created. `Decision::Amend` says which of them, and what their profiles contain. Change
/// this function to decide who may be registered in your app.
pub fn handle(_callback: BeforeUserRegister) -> Decision<AmendedUsers> {
    Decision::Allow
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn everybody_may_be_registered() {
        let callback = json!({"users": [{"userID": "ana", "nickname": "Annie"}]});
        assert_eq!(
            handle(serde_json::from_value(callback).unwrap()),
            Decision::Allow
        );
    }
}
