//! `callbackBeforeUserRegisterCommand`: accounts are about to be created.

use protocol::openim::{AmendedUsers, BeforeUserRegister, Decision};

/// Whether all of them are created, or with `Decision::Amend` which, and with what in their profiles. Edit here who may
/// be registered in your app.
pub fn handle(_callback: BeforeUserRegister) -> Decision<AmendedUsers> {
    Decision::Allow
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn everybody_may() {
        let callback = json!({"users": [{"userID": "ana", "nickname": "Annie"}]});
        assert_eq!(
            handle(serde_json::from_value(callback).unwrap()),
            Decision::Allow
        );
    }
}
