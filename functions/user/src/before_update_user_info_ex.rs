//! `callbackBeforeUpdateUserInfoExCommand`: a user's profile is about to be changed.

use protocol::openim::{AmendedProfileEx, BeforeUpdateUserInfoEx, Decision};

/// Decides whether the profile changes. `Decision::Amend` changes it to something else. Change this function to decide
/// which names and pictures your app allows.
pub fn handle(_callback: BeforeUpdateUserInfoEx) -> Decision<AmendedProfileEx> {
    Decision::Allow
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_change_is_allowed() {
        let callback = json!({"userID": "ana", "nickName": "Annie", "faceURL": null, "ex": null});
        assert_eq!(
            handle(serde_json::from_value(callback).unwrap()),
            Decision::Allow
        );
    }
}
