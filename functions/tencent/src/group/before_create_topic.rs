//! `Group.CallbackBeforeCreateTopic`: a topic is about to be created.

use protocol::tencent::{BeforeCreateTopic, Decision, GroupCode};

/// Decides whether the topic is created. The answer cannot change it. Change this function to decide who may create
/// topics in your app.
pub fn handle(_callback: BeforeCreateTopic) -> Decision<GroupCode> {
    Decision::Allow
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn everybody_may_create_topics() {
        let callback = json!({"Operator_Account": "ana", "Type": "Community", "Name": "Hike"});
        assert_eq!(
            handle(serde_json::from_value(callback).unwrap()),
            Decision::Allow
        );
    }
}
