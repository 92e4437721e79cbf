//! What the log contains, and what it never contains.

use models::root;
use receiver::messages;
use serde_json::Value;
use support::{Dynamodb, Function, OPEN, Request};

const REMARK: &str = "/callbackAfterSetFriendRemarkCommand";

fn lines(function: &Function) -> Vec<Value> {
    function
        .log()
        .iter()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect()
}

#[tokio::test]
async fn every_line_is_json_and_a_callbacks_line_has_its_ids() {
    let dynamodb = Dynamodb::dynoxide().await;
    let table = dynamodb.events_table().await;
    let function = Function::start("after-set-friend-remark", table.environment()).await;
    let body = r#"{"ownerUserID":"a","friendUserID":"b","remark":"my secret name"}"#;
    let good = Request::post(REMARK, body).header("operationid", "op-1");
    let bad = Request::post(
        REMARK,
        r#"{"ownerUserID":"a","friendUserID":"b","remark":["my secret name"]}"#,
    )
    .header("operationid", "op-2");
    function
        .invoke(good.to_rest_api_event("reception-1", 1_795_264_496_789))
        .await;
    function.send(&bad).await;

    let lines = lines(&function);
    for line in &lines {
        assert_eq!(line["function"], "after-set-friend-remark", "{line}");
        assert!(
            line["level"].is_string() && line["message"].is_string(),
            "{line}"
        );
        assert!(line["timestamp"].is_string(), "{line}");
    }
    let of = |operation_id: &str| {
        let mut of = lines
            .iter()
            .filter(|line| line["operationID"] == operation_id);
        let line = of
            .next()
            .unwrap_or_else(|| panic!("no line of {operation_id}: {lines:#?}"));
        assert!(of.next().is_none(), "a callback has one line");
        line
    };
    let stored = of("op-1");
    assert_eq!(stored["level"], "INFO");
    assert_eq!(stored["message"], messages::STORED);
    assert_eq!(stored["command"], "callbackAfterSetFriendRemarkCommand");
    assert_eq!(stored["requestId"], "reception-1");
    let refused = of("op-2");
    assert_eq!(refused["level"], "WARN");
    assert_eq!(refused["message"], messages::STORED_AS_IT_CAME);
    assert_eq!(refused["problem"], "the body does not fit the command");
    assert_eq!(refused["at"], "$.remark");
    assert_eq!(refused["detail"], "invalid type: array, expected a string");
    assert_eq!(refused["command"], "callbackAfterSetFriendRemarkCommand");
}

#[tokio::test]
async fn texts_of_users_are_not_in_the_log_even_at_debug_level() {
    let dynamodb = Dynamodb::dynoxide().await;
    let table = dynamodb.events_table().await;
    let mut environment = table.environment();
    environment.insert("LOG_LEVEL".to_owned(), "debug".to_owned());
    let function = Function::start("any-command", environment).await;
    for body in [
        r#"{"ownerUserID":"a","friendUserID":"b","remark":"hunter2"}"#,
        r#"{"ownerUserID":"a","friendUserID":"b","remark":{"hunter2":"hunter2"}}"#,
        r#"{"ownerUserID":"a","friendUserID":["hunter2"],"remark":"hunter2"}"#,
        r#"{"ownerUserID":"a","friendUserID":"b","remark":"hunter2"} hunter2"#,
        "hunter2",
        r#"{"callbackCommand":"callbackAfterSetFriendRemarkCommand","remark":"hunter2""#,
    ] {
        function.send(&Request::post(REMARK, body)).await;
    }
    let log = function.log().join("\n");
    assert!(!log.contains("hunter2"), "{log}");
    assert!(log.lines().count() >= 6, "{log}");
}

#[tokio::test]
async fn every_start_without_a_verifier_logs_a_warning_at_every_level() {
    let environment = OPEN.iter().copied().chain([("LOG_LEVEL", "error")]);
    let function = Function::start("any-command", environment).await;
    function.send(&Request::post("/", "{}")).await;
    for none in ["OPENIM_VERIFIER is none", "TENCENT_VERIFIER is none"] {
        let lines = lines(&function);
        let warned = |line: &Value| line["message"].as_str().unwrap().contains(none);
        assert!(lines.iter().any(warned), "{lines:#?}");
    }
}

#[tokio::test]
async fn the_start_logs_one_warning_for_a_rule_that_the_server_can_bypass() {
    let file = std::env::temp_dir().join(format!("bypassed-{}.json", std::process::id()));
    let document = r#"{
        "callbackBeforeSetFriendRemarkCommand": {"remark": {"maxChars": {"limit": 30}}},
        "callbackBeforeAddBlackCommand": {"otherUser": {"deny": ["support"]}},
        "Sns.CallbackPrevFriendAdd": {"otherUser": {"deny": ["support"]}}
    }"#;
    std::fs::write(&file, document).unwrap();
    let policies = [("POLICIES_FILE", file.to_str().unwrap())];
    let environment = OPEN.iter().copied().chain(policies);
    let function = Function::start("before-set-friend-remark", environment).await;
    for _ in 0..2 {
        let body = r#"{"ownerUserID":"a","friendUserID":"b","remark":"c"}"#;
        let request = Request::post("/callbackBeforeSetFriendRemarkCommand", body);
        assert_eq!(function.send(&request).await.status, 200);
    }
    std::fs::remove_file(&file).unwrap();
    let mut lines = lines(&function);
    lines.retain(|line| line["message"] == messages::BYPASS);
    let [line] = &lines[..] else {
        panic!("{lines:#?}");
    };
    assert_eq!(line["level"], "WARN");
    assert_eq!(line["command"], "callbackBeforeSetFriendRemarkCommand");
    let bypass = line["bypass"].as_str().unwrap();
    assert!(bypass.contains("/friend/update_friends"), "{bypass}");
}

#[test]
fn the_documents_quote_log_messages_as_they_are() {
    for (page, message) in [
        ("docs/troubleshooting.md", messages::CONSOLE_CHECK),
        ("docs/policies.md", messages::BYPASS),
        ("README.md", messages::STORED),
    ] {
        let text = std::fs::read_to_string(root().join(page)).unwrap();
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.contains(message), "{page} does not quote: {message}");
    }
}
