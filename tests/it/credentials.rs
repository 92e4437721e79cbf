//! Who is believed, through the running functions.

use std::time::{SystemTime, UNIX_EPOCH};

use base64::{Engine as _, prelude::BASE64_STANDARD};

use crate::support::{Answer, Function, Request, SDK_APP_ID, Verdict, read_as_openim};

const DELETE: &str = "/callbackAfterDeleteFriendCommand";
const GOOD: &str = r#"{"ownerUserID":"a","friendUserID":"b"}"#;

#[tokio::test]
async fn openim_is_known_by_either_password_and_everybody_else_is_told_the_same() {
    let function = Function::start(
        "after-delete-friend",
        [
            ("OPENIM_VERIFIER", "basic"),
            ("OPENIM_BASIC_USER", "openim"),
            ("OPENIM_BASIC_PASSWORD", "p@ss:new"),
            ("OPENIM_BASIC_PASSWORD_PREVIOUS", "p@ss:old"),
        ],
    )
    .await;
    let basic = |credentials: &str| format!("Basic {}", BASE64_STANDARD.encode(credentials));
    let with =
        |authorization: &str| Request::post(DELETE, GOOD).header("authorization", authorization);

    for credentials in ["openim:p@ss:new", "openim:p@ss:old"] {
        let answer = function.send(&with(&basic(credentials))).await;
        assert_eq!(
            read_as_openim(&answer.body),
            Verdict::Allowed,
            "{credentials}"
        );
    }

    let mut refusals: Vec<Answer> = vec![function.send(&Request::post(DELETE, GOOD)).await];
    for authorization in [
        basic("openim:wrong"),
        basic("nobody:p@ss:new"),
        basic("openim:p@ss:ne"),
        basic("openim:"),
        basic(""),
        "Basic".to_owned(),
        "Basic !".to_owned(),
        "Bearer x".to_owned(),
        basic("openim:p@ss:new").replace("Basic ", "Digest "),
    ] {
        refusals.push(function.send(&with(&authorization)).await);
    }
    // A stranger does not learn what a good request would look like either.
    let stranger = Request::post("/callbackNonsense", "not json").method("GET");
    refusals.push(function.send(&stranger).await);
    assert_eq!(refusals[0].status, 401);
    assert!(matches!(
        read_as_openim(&refusals[0].body),
        Verdict::Refused { code: 29001, .. }
    ));
    for refusal in &refusals {
        assert_eq!(refusal, &refusals[0]);
    }
    let log = function.log().join("\n");
    for secret in ["p@ss", &BASE64_STANDARD.encode("openim:p@ss:new")] {
        assert!(!log.contains(secret), "{secret} is in the log:\n{log}");
    }
    assert!(log.contains("wrong user or password") && log.contains("there is no Authorization"));
}

#[tokio::test]
async fn tencent_must_sign_when_a_token_is_set() {
    let function = Function::start(
        "tencent-friend-delete",
        [
            ("TENCENT_SDK_APP_ID", SDK_APP_ID),
            ("TENCENT_TOKEN", "the-token"),
        ],
    )
    .await;
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs();
    let signed = |token: &str, time: u64| {
        let sign = receiver::tencent_sign(token, &time.to_string());
        let query = format!(
            "CallbackCommand=Sns.CallbackFriendDelete&RequestTime={time}&SdkAppid={SDK_APP_ID}&Sign={sign}"
        );
        let body = r#"{"PairList":[{"From_Account":"a","To_Account":"b"}]}"#;
        Request::post(&format!("/tencent?{query}"), body)
    };
    assert_eq!(function.send(&signed("the-token", now)).await.status, 200);
    assert_eq!(
        function.send(&signed("the-token", now - 30)).await.status,
        200
    );
    for request in [
        signed("another", now),
        signed("the-token", now - 120),
        signed("the-token", now + 120),
    ] {
        assert_eq!(function.send(&request).await.status, 401);
    }
    let sign = receiver::tencent_sign("the-token", &now.to_string());
    assert!(
        !function.log().join("\n").contains(&sign),
        "the signature is in the log"
    );
}

#[tokio::test]
async fn a_stack_without_a_tencent_app_refuses_tencent() {
    let function = Function::start("tencent-friend-delete", [("TENCENT_SDK_APP_ID", "")]).await;
    let url = format!("/tencent?SdkAppid={SDK_APP_ID}&CallbackCommand=Sns.CallbackFriendDelete");
    assert_eq!(function.send(&Request::post(&url, "{}")).await.status, 401);
}
