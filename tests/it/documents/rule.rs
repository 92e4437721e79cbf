//! The rule and the test that README.md and docs/rust-rule.md show: they compile and run.

// The code is that of a library.
#![allow(unreachable_pub)]

use protocol::openim::{BeforeAddFriend, Decision, NoAmendment, Refusal, RefusalCode};

/// A request to staff needs a reason.
pub fn handle(callback: BeforeAddFriend) -> Decision<NoAmendment> {
    let to_staff = callback.to_user_id.as_str().starts_with("staff_");
    if to_staff && callback.req_msg.is_empty() {
        let code = RefusalCode::new(20001).unwrap(); // 20001 to 29000 are yours
        return Decision::Refuse(Refusal::new(code, "say why you write"));
    }
    Decision::Allow
}

mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_request_to_staff_needs_a_reason() {
        let callback = json!({"fromUserID": "ana", "toUserID": "staff_1", "reqMsg": ""});
        let callback = serde_json::from_value(callback).unwrap();
        assert!(matches!(handle(callback), Decision::Refuse(_)));
    }
}
