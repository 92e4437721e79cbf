//! `callbackBeforeSetGroupInfoExCommand`: a group's data is about to be changed.

use protocol::openim::{AmendedGroupInfoEx, BeforeSetGroupInfoEx, Decision};

/// Decides whether the data changes. `Decision::Amend` changes it to something else. OpenIM needs fields of the group in
/// the answer; the receiver adds them to `Decision::Allow`. Change this function to decide which names and texts your app
/// allows.
pub fn handle(_callback: BeforeSetGroupInfoEx) -> Decision<AmendedGroupInfoEx> {
    Decision::Allow
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_change_is_allowed() {
        let callback = json!({"groupID": "hike", "groupName": "Hike"});
        assert_eq!(
            handle(serde_json::from_value(callback).unwrap()),
            Decision::Allow
        );
    }
}
