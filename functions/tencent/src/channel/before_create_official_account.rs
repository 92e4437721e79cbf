//! `OfficialAccount.CallbackBeforeCreateOfficialAccount`: an official account is about to be created.

use protocol::tencent::{BeforeCreateOfficialAccount, Decision, MessageCode};

/// Decides whether the official account is created. The answer cannot change it. Change this function to decide who may
/// have which official accounts in your app.
pub fn handle(_callback: BeforeCreateOfficialAccount) -> Decision<MessageCode> {
    Decision::Allow
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn everybody_may_have_official_accounts() {
        let callback = json!({"Operator_Account": "ana", "Owner_Account": "ana", "Name": "Hut"});
        assert_eq!(
            handle(serde_json::from_value(callback).unwrap()),
            Decision::Allow
        );
    }
}
