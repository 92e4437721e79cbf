//! The rule and the test that README.md shows under "Your own rule", compiled and run.

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
    use models::root;

    #[test]
    fn staff_wants_a_reason() {
        let callback = json!({"fromUserID": "ana", "toUserID": "staff_1", "reqMsg": ""});
        let callback = serde_json::from_value(callback).unwrap();
        assert!(matches!(handle(callback), Decision::Refuse(_)));
    }

    #[test]
    fn the_readme_shows_the_code_of_this_file() {
        let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
        let (_, section) = readme.split_once("\n## Your own rule\n").unwrap();
        let (section, _) = section.split_once("\n## ").unwrap();
        let shown = section.split("```rust\n").skip(1);
        let shown: Vec<&str> = shown
            .map(|block| block.split_once("```\n").unwrap().0)
            .collect();
        assert_eq!(shown.len(), 2, "the rule and its test");
        // The test is further to the left there.
        let lines = |code: &str| code.lines().map(str::trim).collect::<Vec<_>>().join("\n");
        for block in shown {
            let here = lines(include_str!("readme.rs"));
            assert!(here.contains(&lines(block)), "not here:\n{block}");
        }
    }
}
