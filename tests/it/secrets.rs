//! Where the functions get their passwords and tokens, and what they answer while they have none.

use std::{collections::BTreeMap, time::Duration};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use receiver::messages;
use serde_json::json;
use support::{
    Answer, Dynamodb, Fault, FaultProxy, Function, Request, SDK_APP_ID, Secret, nowhere, serve,
};

const DELETE: &str = "/callbackAfterDeleteFriendCommand";
const GOOD: &str = r#"{"ownerUserID":"a","friendUserID":"b"}"#;

fn with_password(password: &str) -> Request {
    let credentials = BASE64_STANDARD.encode(format!("openim:{password}"));
    Request::post(DELETE, GOOD).header("authorization", &format!("Basic {credentials}"))
}

fn basic(secret: &Secret) -> BTreeMap<String, String> {
    let mut environment = secret.environment("OPENIM_SECRET_ID");
    for (name, value) in [
        ("OPENIM_VERIFIER", "basic"),
        ("OPENIM_BASIC_USER", "openim"),
        ("LOG_LEVEL", "trace"),
    ] {
        environment.insert(name.to_owned(), value.to_owned());
    }
    environment
}

/// A secret on a server that replaces Secrets Manager.
async fn secret_at(router: axum::Router) -> Secret {
    let (endpoint, _) = serve(router).await;
    Secret::at(&endpoint, "openim")
}

/// The first answer after Secrets Manager has answered, which on a busy machine may take several requests.
async fn answer_with_secret(function: &Function, request: &Request) -> Answer {
    for _ in 0..50 {
        let answer = function.send(request).await;
        if answer.status != 503 {
            return answer;
        }
    }
    panic!(
        "the function has no secret after 50 requests:\n{}",
        function.log().join("\n")
    );
}

#[tokio::test]
async fn passwords_and_tokens_come_from_secrets_manager_and_are_not_in_the_log() {
    let ministack = Dynamodb::ministack().await;
    let passwords = json!({
        "OPENIM_BASIC_PASSWORD": "hunter2-new",
        "OPENIM_BASIC_PASSWORD_PREVIOUS": "hunter2-old",
        "note": "hunter2-note",
    });
    let secret = Secret::create(&ministack, "openim", &passwords).await;
    let function = Function::start("after-delete-friend", basic(&secret)).await;
    for (password, status) in [("hunter2-new", 200), ("hunter2-old", 200), ("hunter2", 401)] {
        let answer = answer_with_secret(&function, &with_password(password)).await;
        assert_eq!(answer.status, status, "{password}");
    }
    // The secret was fetched once. Only processes that start later see a change.
    secret.put(r#"{"OPENIM_BASIC_PASSWORD":"changed"}"#).await;
    let answer = answer_with_secret(&function, &with_password("hunter2-new")).await;
    assert_eq!(answer.status, 200);
    let restarted = Function::start("after-delete-friend", basic(&secret)).await;
    for (password, status) in [("changed", 200), ("hunter2-new", 401)] {
        let answer = answer_with_secret(&restarted, &with_password(password)).await;
        assert_eq!(answer.status, status, "{password}");
    }
    let log = function.log().join("\n");
    assert!(!log.contains("hunter2"), "{log}");
    assert!(log.contains("names that are not known"), "{log}");

    let tokens = Secret::create(&ministack, "tencent", &json!({"TENCENT_TOKEN": "hunter2"})).await;
    let mut environment = tokens.environment("TENCENT_SECRET_ID");
    environment.insert("TENCENT_SDK_APP_ID".to_owned(), SDK_APP_ID.to_owned());
    let function = Function::start("tencent", environment).await;
    let now = std::time::SystemTime::now();
    let now = now.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    for (token, status) in [("hunter2", 200), ("other", 401)] {
        let sign = receiver::tencent_sign(token, &now.to_string());
        let url = format!(
            "/tencent?SdkAppid={SDK_APP_ID}&CallbackCommand=Sns.CallbackFriendDelete&RequestTime={now}&Sign={sign}"
        );
        let body = r#"{"PairList":[{"From_Account":"a","To_Account":"b"}]}"#;
        assert_eq!(
            answer_with_secret(&function, &Request::post(&url, body))
                .await
                .status,
            status
        );
    }
}

#[tokio::test]
async fn an_unusable_secret_is_a_wrong_configuration_until_it_is_corrected() {
    let ministack = Dynamodb::ministack().await;
    let secret = Secret::create(&ministack, "openim", &json!({})).await;
    let function = Function::start("after-delete-friend", basic(&secret)).await;
    for unusable in [
        r#"{"OPENIM_BASIC_PASSWORD":""}"#,
        r#"{"OPENIM_BASIC_PASSWORD":["hunter2"]}"#,
        "hunter2",
    ] {
        answer_with_secret(&function, &with_password("hunter2"))
            .await
            .assert_refused(29012, 500);
        secret.put(unusable).await;
    }
    answer_with_secret(&function, &with_password("hunter2"))
        .await
        .assert_refused(29012, 500);
    secret.put(r#"{"OPENIM_BASIC_PASSWORD":"hunter2"}"#).await;
    let answer = answer_with_secret(&function, &with_password("hunter2")).await;
    assert_eq!(answer.status, 200, "{answer:?}");

    let log = function.log().join("\n");
    for mistake in [
        "OPENIM_BASIC_PASSWORD is not set",
        "the secret that OPENIM_SECRET_ID names is not a JSON object of strings",
    ] {
        assert!(log.contains(mistake), "{mistake} is not in\n{log}");
    }
    assert!(!log.contains("hunter2"), "{log}");
}

#[tokio::test]
async fn nobody_is_accepted_until_secrets_manager_answers() {
    let ministack = Dynamodb::ministack().await;
    let password = json!({"OPENIM_BASIC_PASSWORD": "hunter2"});
    let secret = Secret::create(&ministack, "openim", &password).await;
    let endpoint = |endpoint: &str| {
        let mut environment = basic(&secret);
        let name = "AWS_ENDPOINT_URL_SECRETS_MANAGER".to_owned();
        environment.insert(name, endpoint.to_owned());
        environment
    };
    let nowhere = endpoint(&format!("http://{}", nowhere()));
    let function = Function::start("after-delete-friend", nowhere).await;
    function
        .send(&with_password("hunter2"))
        .await
        .assert_refused(29015, 503);
    // A caller without credentials gets the same answer.
    function
        .send(&Request::post(DELETE, GOOD))
        .await
        .assert_refused(29015, 503);

    let mut missing = basic(&secret);
    missing.insert("OPENIM_SECRET_ID".to_owned(), "no-such-secret".to_owned());
    let function = Function::start("after-delete-friend", missing).await;
    function
        .send(&with_password("hunter2"))
        .await
        .assert_refused(29015, 503);
    assert!(
        function
            .log()
            .join("\n")
            .contains("there is none of that name")
    );

    for fault in Fault::ALL {
        let proxy = FaultProxy::start(&ministack.endpoint, *fault, 75).await;
        let function = Function::start("after-delete-friend", endpoint(&proxy.endpoint)).await;
        let mut accepted = false;
        for _ in 0..40 {
            let answer = function.send(&with_password("hunter2")).await;
            accepted = answer.status == 200;
            if accepted {
                break;
            }
            answer.assert_refused(29015, 503);
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert!(accepted, "{fault:?}: the function did not get its secret");
        let log = function.log().join("\n");
        assert!(!log.contains("hunter2"), "{fault:?}: {log}");
    }
}

#[tokio::test]
async fn the_log_does_not_quote_an_answer_that_cannot_be_read() {
    for answer in [
        r#"{"ARN":"arn","Name":"n","SecretString":"{\"OPENIM_BASIC_PASSWORD\":\"hunter2\"}""#,
        r#"{"SecretString":"{\"OPENIM_BASIC_PASSWORD\":\"hunter2\"}","CreatedDate":"2026-11-21"}"#,
        r#"["hunter2"]"#,
        "hunter2",
    ] {
        let router = axum::Router::new().fallback(move || async move { answer });
        let secret = secret_at(router).await;
        let function = Function::start("after-delete-friend", basic(&secret)).await;
        function
            .send(&with_password("hunter2"))
            .await
            .assert_refused(29015, 503);
        let log = function.log().join("\n");
        assert!(log.contains("the answer could not be read"), "{log}");
        assert!(!log.contains("hunter2"), "{log}");
    }
}

#[tokio::test]
async fn a_start_continues_after_a_callback_that_could_not_wait_for_it() {
    // Slower than the callback's deadline, and within the time for a secret.
    let slow = axum::Router::new().fallback(async || {
        tokio::time::sleep(Duration::from_millis(250)).await;
        r#"{"SecretString":"{\"OPENIM_BASIC_PASSWORD\":\"hunter2\"}"}"#
    });
    let mut environment = basic(&secret_at(slow).await);
    environment.insert("BEFORE_DEADLINE_MS".to_owned(), "100".to_owned());
    let function = Function::start("before-add-friend", environment).await;
    let credentials = BASE64_STANDARD.encode("openim:hunter2");
    let request = Request::post(
        "/callbackBeforeAddFriendCommand",
        r#"{"fromUserID":"a","toUserID":"b","reqMsg":"hi"}"#,
    )
    .header("authorization", &format!("Basic {credentials}"));
    let answer = answer_with_secret(&function, &request).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(
        function
            .log()
            .join("\n")
            .contains(messages::NO_TIME_FOR_START)
    );
}
