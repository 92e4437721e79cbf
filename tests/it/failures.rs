//! The answers and the log when something behind the function is wrong.

use models::{Verdict, read_as_openim};
use serde_json::Value;
use support::{Dynamodb, Function, Request, SDK_APP_ID, nowhere};

const DELETE: &str = "/callbackAfterDeleteFriendCommand";
const GOOD: &str = r#"{"ownerUserID":"ana","friendUserID":"leo"}"#;

/// The event in the log line about an event that could not be stored.
fn event_in(log: &[String]) -> Value {
    let line = log
        .iter()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .find(|line| line["level"] == "ERROR" && line["event"].is_string())
        .unwrap_or_else(|| panic!("no line has the event:\n{}", log.join("\n")));
    serde_json::from_str(line["event"].as_str().unwrap()).unwrap()
}

#[tokio::test]
async fn an_event_that_cannot_be_stored_is_refused_and_complete_in_the_log() {
    let dynamodb = Dynamodb::dynoxide().await;
    let mut unreachable = dynamodb.events_table().await;
    unreachable.endpoint = format!("http://{}", nowhere());
    let mut missing = dynamodb.events_table().await;
    missing.name = "no-such-table".to_owned();
    for table in [unreachable, missing] {
        let function = Function::start("after-delete-friend", table.environment()).await;
        let request = Request::post(DELETE, GOOD).header("operationid", "op-1");
        let answer = function.send(&request).await;
        answer.assert_refused(29011, 503);
        assert!(!answer.body.contains(&table.name), "{answer:?}");
        let event = event_in(&function.log());
        assert_eq!(event["events"][0]["type"], "friend_deleted");
        assert_eq!(event["events"][0]["owner"], "ana");
        assert_eq!(event["operation_id"], "op-1");
        assert!(event["id"].is_string() && event["received_at"].is_string());
    }
}

#[tokio::test]
async fn a_function_works_again_when_its_table_does() {
    let dynamodb = Dynamodb::dynoxide().await;
    let mut table = dynamodb.events_table().await;
    table.name = "later".to_owned();
    let function = Function::start("after-delete-friend", table.environment()).await;
    function
        .send(&Request::post(DELETE, GOOD))
        .await
        .assert_refused(29011, 503);
    let created = tokio::process::Command::new(support::binary("imhook"))
        .args([
            "create-table",
            "--dynamodb",
            &table.endpoint,
            "--table",
            "later",
        ])
        .status()
        .await
        .unwrap();
    assert!(created.success());
    assert_eq!(
        function.send(&Request::post(DELETE, GOOD)).await.status,
        200
    );
    assert_eq!(table.items().await.len(), 1);
}

#[tokio::test]
async fn every_mistake_of_a_configuration_is_logged_and_the_caller_can_read_the_answer() {
    let wrong = [
        ("OPENIM_VERIFIER", "basic"),
        ("TENCENT_SDK_APP_ID", "x"),
        ("MAX_BODY_BYTES", "many"),
        ("EVENTS_TABLE", "events"),
        ("ON_FAILURE", "shrug"),
        // The secret's contents are not known, so they do not count as missing.
        ("TENCENT_SECRET_ID", "tencent"),
    ];
    let function = Function::start("any-command", wrong).await;
    let answer = function.send(&Request::post(DELETE, GOOD)).await;
    answer.assert_refused(29012, 500);
    let log = function.log().join("\n");
    for mistake in [
        "OPENIM_BASIC_USER is not set",
        "OPENIM_BASIC_PASSWORD is not set",
        "ON_FAILURE is neither refuse nor allow",
        "TENCENT_SDK_APP_ID is not a decimal number",
        "MAX_BODY_BYTES is not a number",
        "AWS_REGION is not set",
    ] {
        assert!(log.contains(mistake), "{mistake} is not in\n{log}");
    }

    let function = Function::start("tencent", wrong).await;
    let url = format!("/tencent?SdkAppid={SDK_APP_ID}&CallbackCommand=Sns.CallbackFriendDelete");
    let answer = function.send(&Request::post(&url, "{}")).await;
    assert_eq!(answer.status, 500);
    assert_eq!(answer.json()["ActionStatus"], "FAIL");
}

#[tokio::test]
async fn on_failure_allow_applies_only_to_failures_of_the_receiver() {
    let dynamodb = Dynamodb::dynoxide().await;
    let mut unreachable = dynamodb.events_table().await;
    unreachable.endpoint = format!("http://{}", nowhere());
    let allow = ("ON_FAILURE".to_owned(), "allow".to_owned());

    let mut environment = unreachable.environment();
    environment.extend([allow.clone()]);
    let function = Function::start("any-command", environment).await;
    let answer = function.send(&Request::post(DELETE, GOOD)).await;
    assert_eq!(
        (answer.status, read_as_openim(&answer.body)),
        (503, Verdict::Allowed)
    );
    // The event is in the log, too.
    assert_eq!(event_in(&function.log())["events"][0]["owner"], "ana");
    function
        .send(&Request::post(DELETE, "no JSON"))
        .await
        .assert_refused(29006, 400);
    function
        .send(&Request::post("/nowhere", "{}"))
        .await
        .assert_refused(29008, 404);
    // An unknown command has to be kept, too, which fails.
    let answer = function.send(&Request::post("/callbackX", "no JSON")).await;
    assert_eq!(
        (answer.status, read_as_openim(&answer.body)),
        (503, Verdict::Allowed)
    );
    assert!(function.log().iter().any(|line| line.contains("no JSON")));
    let url = format!("/tencent?SdkAppid={SDK_APP_ID}&CallbackCommand=Sns.CallbackFriendDelete");
    let body = r#"{"PairList":[{"From_Account":"a","To_Account":"b"}]}"#;
    let answer = function.send(&Request::post(&url, body)).await;
    assert_eq!(
        (answer.status, &answer.json()["ActionStatus"]),
        (503, &"FAIL".into())
    );

    let misconfigured = [allow.clone()];
    let function = Function::start("after-delete-friend", misconfigured).await;
    let answer = function.send(&Request::post(DELETE, GOOD)).await;
    assert_eq!(
        (answer.status, read_as_openim(&answer.body)),
        (500, Verdict::Allowed)
    );

    let basic = [
        allow,
        ("OPENIM_VERIFIER".to_owned(), "basic".to_owned()),
        ("OPENIM_BASIC_USER".to_owned(), "openim".to_owned()),
        ("OPENIM_BASIC_PASSWORD".to_owned(), "secret".to_owned()),
    ];
    let function = Function::start("after-delete-friend", basic).await;
    function
        .send(&Request::post(DELETE, GOOD))
        .await
        .assert_refused(29001, 401);
    function
        .send(&Request::post(DELETE, "x"))
        .await
        .assert_refused(29001, 401);
}
