//! `Sns.CallbackPrevFriendResponse`: a client answers friend requests.

use protocol::tencent::{Before as _, Decision, Decisions, PrevFriendResponse};

/// Decides which answers take effect. An answer accepts or declines a request. Change this function to decide who may
/// answer whom in your app.
pub fn handle(callback: PrevFriendResponse) -> Decisions {
    callback.decide(|_| Decision::Allow)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn everybody_may_answer_everybody() {
        let callback = json!({"From_Account": "ana", "ResponseFriendItem": [
            {"To_Account": "leo", "ResponseAction": "Response_Action_Agree"},
            {"To_Account": "bob", "ResponseAction": "Response_Action_Reject"},
        ]});
        let decisions = handle(serde_json::from_value(callback).unwrap());
        assert_eq!(
            decisions.iter().collect::<Vec<_>>(),
            [("leo", &Decision::Allow), ("bob", &Decision::Allow)]
        );
    }
}
