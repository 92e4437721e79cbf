//! `callbackBeforeUpdateUserInfoExCommand`: a user's profile is about to be changed.

use protocol::openim::{AmendedProfileEx, BeforeUpdateUserInfoEx, Decision};

/// Whether it is changed, or with `Decision::Amend` to what. Edit here which names and pictures your app wants.
pub fn handle(_callback: BeforeUpdateUserInfoEx) -> Decision<AmendedProfileEx> {
    Decision::Allow
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn everybody_may() {
        let callback = json!({"userID": "ana", "nickName": "Annie", "faceURL": null, "ex": null});
        assert_eq!(
            handle(serde_json::from_value(callback).unwrap()),
            Decision::Allow
        );
    }
}
