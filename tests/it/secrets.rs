//! Where what callers prove themselves with comes from, and what is said when it does not come.

use std::{collections::BTreeMap, time::Duration};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::json;
use support::{
    Answer, Dynamodb, Fault, FaultProxy, Function, Request, SDK_APP_ID, Secret, nowhere,
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

/// A secret of something that answers in the place of Secrets Manager.
async fn stand_in(router: axum::Router) -> Secret {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    Secret::at(&endpoint, "openim")
}

/// The answer once Secrets Manager has answered, which on a busy machine it may not do in time.
async fn settled(function: &Function, request: &Request) -> Answer {
    for _ in 0..50 {
        let answer = function.send(request).await;
        if answer.status != 503 {
            return answer;
        }
    }
    panic!("no secret in 50 tries:\n{}", function.log().join("\n"));
}

#[tokio::test]
async fn passwords_and_tokens_come_from_secrets_manager_and_stay_out_of_the_log() {
    let ministack = Dynamodb::ministack().await;
    let passwords = json!({
        "OPENIM_BASIC_PASSWORD": "hunter2-new",
        "OPENIM_BASIC_PASSWORD_PREVIOUS": "hunter2-old",
        "note": "hunter2-note",
    });
    let secret = Secret::create(&ministack, "openim", &passwords).await;
    let function = Function::start("after-delete-friend", basic(&secret)).await;
    for (password, status) in [("hunter2-new", 200), ("hunter2-old", 200), ("hunter2", 401)] {
        let answer = settled(&function, &with_password(password)).await;
        assert_eq!(answer.status, status, "{password}");
    }
    // It was fetched once: a change is seen by environments that start afterwards.
    secret.put(r#"{"OPENIM_BASIC_PASSWORD":"changed"}"#).await;
    let answer = settled(&function, &with_password("hunter2-new")).await;
    assert_eq!(answer.status, 200);
    let restarted = Function::start("after-delete-friend", basic(&secret)).await;
    for (password, status) in [("changed", 200), ("hunter2-new", 401)] {
        let answer = settled(&restarted, &with_password(password)).await;
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
            settled(&function, &Request::post(&url, body)).await.status,
            status
        );
    }
}

#[tokio::test]
async fn a_secret_that_cannot_be_used_is_a_misconfiguration_that_ends_when_it_is_corrected() {
    let ministack = Dynamodb::ministack().await;
    let secret = Secret::create(&ministack, "openim", &json!({})).await;
    let function = Function::start("after-delete-friend", basic(&secret)).await;
    for unusable in [
        r#"{"OPENIM_BASIC_PASSWORD":""}"#,
        r#"{"OPENIM_BASIC_PASSWORD":["hunter2"]}"#,
        "hunter2",
    ] {
        settled(&function, &with_password("hunter2"))
            .await
            .assert_refused(29012, 500);
        secret.put(unusable).await;
    }
    settled(&function, &with_password("hunter2"))
        .await
        .assert_refused(29012, 500);
    secret.put(r#"{"OPENIM_BASIC_PASSWORD":"hunter2"}"#).await;
    let answer = settled(&function, &with_password("hunter2")).await;
    assert_eq!(answer.status, 200, "{answer:?}");

    let log = function.log().join("\n");
    for said in [
        "OPENIM_BASIC_PASSWORD is not set",
        "the secret that OPENIM_SECRET_ID names is not a JSON object of strings",
    ] {
        assert!(log.contains(said), "{said} is not in\n{log}");
    }
    assert!(!log.contains("hunter2"), "{log}");
}

#[tokio::test]
async fn while_secrets_manager_is_out_of_reach_nobody_is_believed_and_then_all_is_well() {
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
    // Even a stranger is told no more than that.
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
        let mut well = false;
        for _ in 0..40 {
            let answer = function.send(&with_password("hunter2")).await;
            well = answer.status == 200;
            if well {
                break;
            }
            answer.assert_refused(29015, 503);
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert!(well, "{fault:?}: it did not recover");
        let log = function.log().join("\n");
        assert!(!log.contains("hunter2"), "{fault:?}: {log}");
    }
}

#[tokio::test]
async fn an_answer_that_cannot_be_read_is_not_quoted() {
    for answer in [
        r#"{"ARN":"arn","Name":"n","SecretString":"{\"OPENIM_BASIC_PASSWORD\":\"hunter2\"}""#,
        r#"{"SecretString":"{\"OPENIM_BASIC_PASSWORD\":\"hunter2\"}","CreatedDate":"2026-11-21"}"#,
        r#"["hunter2"]"#,
        "hunter2",
    ] {
        let router = axum::Router::new().fallback(move || async move { answer });
        let secret = stand_in(router).await;
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
async fn a_start_that_takes_longer_than_a_callback_can_wait_is_gone_on_with() {
    // Within the time for a secret, and longer than the callback's.
    let slow = axum::Router::new().fallback(async || {
        tokio::time::sleep(Duration::from_millis(250)).await;
        r#"{"SecretString":"{\"OPENIM_BASIC_PASSWORD\":\"hunter2\"}"}"#
    });
    let mut environment = basic(&stand_in(slow).await);
    environment.insert("BEFORE_DEADLINE_MS".to_owned(), "100".to_owned());
    let function = Function::start("before-add-friend", environment).await;
    let credentials = BASE64_STANDARD.encode("openim:hunter2");
    let request = Request::post(
        "/callbackBeforeAddFriendCommand",
        r#"{"fromUserID":"a","toUserID":"b","reqMsg":"hi"}"#,
    )
    .header("authorization", &format!("Basic {credentials}"));
    let answer = settled(&function, &request).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(
        function
            .log()
            .join("\n")
            .contains("no time was left for the start")
    );
}
