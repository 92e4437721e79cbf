//! `callbackBeforeUpdateUserInfoCommand`: a user's profile is about to be changed through the old route.

use protocol::openim::{AmendedProfile, BeforeUpdateUserInfo, Decision};

/// Whether it is changed, or with `Decision::Amend` to what. Edit here which names and pictures your app wants.
pub fn handle(_callback: BeforeUpdateUserInfo) -> Decision<AmendedProfile> {
    Decision::Allow
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn everybody_may() {
        let callback = json!({"userID": "ana", "nickName": "Annie", "faceURL": "", "ex": null});
        assert_eq!(
            handle(serde_json::from_value(callback).unwrap()),
            Decision::Allow
        );
    }
}
