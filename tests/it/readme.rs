//! The rule and the test that README.md and docs/rust-rule.md show, compiled and run.

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
    use models::root;

    #[test]
    fn a_request_to_staff_needs_a_reason() {
        let callback = json!({"fromUserID": "ana", "toUserID": "staff_1", "reqMsg": ""});
        let callback = serde_json::from_value(callback).unwrap();
        assert!(matches!(handle(callback), Decision::Refuse(_)));
    }

    #[test]
    fn the_documents_show_the_code_of_this_file() {
        for (document, blocks) in [("README.md", 1), ("docs/rust-rule.md", 2)] {
            let text = std::fs::read_to_string(root().join(document)).unwrap();
            let shown: Vec<&str> = text
                .split("```rust\n")
                .skip(1)
                .map(|block| block.split_once("```\n").unwrap().0)
                .collect();
            assert_eq!(shown.len(), blocks, "{document}");
            // The documents indent the test less.
            let lines = |code: &str| code.lines().map(str::trim).collect::<Vec<_>>().join("\n");
            for block in shown {
                let here = lines(include_str!("readme.rs"));
                assert!(
                    here.contains(&lines(block)),
                    "{document} shows other code:\n{block}"
                );
            }
        }
    }
}
