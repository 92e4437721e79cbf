//! The rules that docs/rust-rule.md and README.md show, and their tests: they compile and run. Rust in a document is a
//! part of this file, or of another source file of the workspace.

// As in a function's library.
#![allow(unreachable_pub)]

use protocol::openim::{BeforeAddFriend, Decision, NoAmendment, Refusal, RefusalCode};

/// Who writes to staff says why.
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
    fn staff_wants_a_reason() {
        let callback = json!({"fromUserID": "ana", "toUserID": "staff_1", "reqMsg": ""});
        let callback = serde_json::from_value(callback).unwrap();
        assert!(matches!(handle(callback), Decision::Refuse(_)));
    }
}
