//! Which callers the running functions accept, and what they answer to the others.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{SystemTime, UNIX_EPOCH},
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use models::{Verdict, read_as_openim};
use receiver::{SignatureAlgorithm, SignatureEncoding, openim_sign, tencent_sign};
use serde_json::Value;
use support::{Answer, Dynamodb, Fault, FaultProxy, Function, Request, SDK_APP_ID, Table};

const DELETE: &str = "/callbackAfterDeleteFriendCommand";
const GOOD: &str = r#"{"ownerUserID":"a","friendUserID":"b"}"#;

/// The reasons in the log for the refused callers, in their order.
fn rejections(function: &Function) -> Vec<String> {
    function
        .log()
        .iter()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .filter_map(|line| line["rejection"].as_str().map(ToOwned::to_owned))
        .collect()
}

/// Asserts that all answers are the same refusal, so no caller learns the reason.
fn assert_all_get_the_same_refusal(refusals: &[Answer]) {
    assert_eq!(refusals[0].status, 401);
    match read_as_openim(&refusals[0].body) {
        Verdict::Refused { code, .. } => assert_eq!(code, 29001),
        verdict => panic!("{verdict:?}"),
    }
    for refusal in refusals {
        assert_eq!(refusal, &refusals[0]);
    }
}

// --- OpenIM: Basic ---

const BASIC: &[(&str, &str)] = &[
    ("OPENIM_VERIFIER", "basic"),
    ("OPENIM_BASIC_USER", "openim"),
    ("OPENIM_BASIC_PASSWORD", "p@ss:new"),
    ("OPENIM_BASIC_PASSWORD_PREVIOUS", "p@ss:old"),
];

fn basic(credentials: impl AsRef<[u8]>) -> String {
    format!("Basic {}", BASE64_STANDARD.encode(credentials))
}

#[tokio::test]
async fn either_password_is_accepted_and_every_other_caller_gets_the_same_refusal() {
    let function = Function::start("after-delete-friend", BASIC.iter().copied()).await;
    let with =
        |authorization: &str| Request::post(DELETE, GOOD).header("authorization", authorization);

    for credentials in ["openim:p@ss:new", "openim:p@ss:old"] {
        let good = with(&basic(credentials));
        let answer = function.send(&good).await;
        let allowed = read_as_openim(&answer.body);
        assert_eq!(allowed, Verdict::Allowed, "{credentials}");
    }

    let right = basic("openim:p@ss:new");
    let cases = [
        (Request::post(DELETE, GOOD), "basic_missing"),
        (with(&basic("openim:wrong")), "basic_wrong"),
        (with(&basic("nobody:p@ss:new")), "basic_wrong"),
        (with(&basic("openim:p@ss:ne")), "basic_wrong"),
        (with(&basic("openim:p@ss:new\0")), "basic_wrong"),
        (with(&basic("openim:")), "basic_wrong"),
        (with(&basic("openim")), "basic_wrong"),
        (with(&basic("")), "basic_wrong"),
        (with(&basic(b"openim:p@ss:\xff\xfe")), "basic_wrong"),
        (with(&right[..right.len() - 5]), "basic_wrong"),
        (with("Basic"), "basic_scheme"),
        (with("Basic !"), "basic_encoding"),
        (with("Basic openim:p@ss:new"), "basic_encoding"),
        (with("Basic öpenim"), "basic_encoding"),
        (with("Bearer x"), "basic_scheme"),
        (with(&right.replace("Basic ", "Digest ")), "basic_scheme"),
        (with(&right.replace(' ', "")), "basic_scheme"),
        (
            with(&right).one_more_header("authorization", &right),
            "basic_repeated",
        ),
        (
            with(&right).one_more_header("authorization", "Basic x"),
            "basic_repeated",
        ),
        // A caller without credentials does not learn either what a good request looks like.
        (
            Request::post("/callbackNonsense", "not json").method("GET"),
            "basic_missing",
        ),
    ];
    let mut refusals = Vec::new();
    for (request, _) in &cases {
        refusals.push(function.send(request).await);
    }
    assert_all_get_the_same_refusal(&refusals);
    let logged: Vec<&str> = cases.iter().map(|(_, rejection)| *rejection).collect();
    assert_eq!(rejections(&function), logged);
    let log = function.log().join("\n");
    for secret in ["p@ss", &BASE64_STANDARD.encode("openim:p@ss:new"), "öpenim"] {
        assert!(!log.contains(secret), "{secret} is in the log:\n{log}");
    }
}

#[tokio::test]
async fn after_a_rotation_the_old_password_is_refused() {
    let changed: BTreeMap<&str, &str> = BASIC.iter().copied().collect();
    let changed = changed
        .into_iter()
        .filter(|(name, _)| *name != "OPENIM_BASIC_PASSWORD_PREVIOUS");
    let function = Function::start("after-delete-friend", changed).await;
    for (credentials, status) in [("openim:p@ss:new", 200), ("openim:p@ss:old", 401)] {
        let request = Request::post(DELETE, GOOD).header("authorization", &basic(credentials));
        assert_eq!(
            function.send(&request).await.status,
            status,
            "{credentials}"
        );
    }
}

// --- OpenIM: signature of the commercial edition ---

macro_rules! key {
    ($name:literal) => {
        include_str!(concat!("../keys/", $name, ".pem"))
    };
}

struct Signing {
    algorithm: SignatureAlgorithm,
    encoding: SignatureEncoding,
    private: &'static str,
    public: &'static str,
}

impl Signing {
    const HMAC: Self = Self {
        algorithm: SignatureAlgorithm::HmacSha256,
        encoding: SignatureEncoding::Hex,
        private: "the-shared-key",
        public: "the-shared-key",
    };

    const ALL: &[Self] = &[
        Self {
            algorithm: SignatureAlgorithm::HmacSha1,
            ..Self::HMAC
        },
        Self::HMAC,
        Self {
            algorithm: SignatureAlgorithm::HmacSha512,
            encoding: SignatureEncoding::Base64,
            ..Self::HMAC
        },
        Self {
            algorithm: SignatureAlgorithm::RsaSha256,
            encoding: SignatureEncoding::Base64,
            private: key!("rsa.private"),
            public: key!("rsa.public"),
        },
        Self {
            algorithm: SignatureAlgorithm::EcdsaSha256,
            encoding: SignatureEncoding::Hex,
            private: key!("p256.private"),
            public: key!("p256.public"),
        },
    ];

    fn sign(&self, nonce: &str) -> String {
        openim_sign(self.algorithm, self.encoding, self.private, nonce).unwrap()
    }

    /// A callback with a nonce and its signature.
    fn request(&self, nonce: &str) -> Request {
        Request::post(DELETE, GOOD)
            .header("x-openim-nonce", nonce)
            .header("x-openim-signature", &self.sign(nonce))
    }

    /// The environment of a function that verifies the signature. It has no events table.
    fn environment(&self, nonces: &Table) -> BTreeMap<String, String> {
        let mut environment = nonces.environment();
        environment.remove("EVENTS_TABLE");
        let encoding = match self.encoding {
            SignatureEncoding::Hex => "hex",
            SignatureEncoding::Base64 => "base64",
        };
        for (name, value) in [
            ("OPENIM_VERIFIER", "signature"),
            ("OPENIM_SIGNATURE_ALGORITHM", self.algorithm.name()),
            ("OPENIM_SIGNATURE_ENCODING", encoding),
            ("OPENIM_SIGNATURE_HEADER", "X-OpenIM-Signature"),
            ("OPENIM_NONCE_HEADER", "X-OpenIM-Nonce"),
            ("OPENIM_SIGNATURE_KEY", self.public),
            ("NONCES_TABLE", &nonces.name),
        ] {
            environment.insert(name.to_owned(), value.to_owned());
        }
        environment
    }
}

async fn status(function: &Function, request: &Request) -> u16 {
    function.send(request).await.status
}

#[tokio::test]
async fn every_algorithm_accepts_a_nonce_once() {
    let dynamodb = Dynamodb::dynoxide().await;
    for signing in Signing::ALL {
        let nonces = dynamodb.nonces_table().await;
        let environment = signing.environment(&nonces);
        // Two processes of one function, as Lambda may run them.
        let function = Function::start("after-delete-friend", &environment).await;
        let another = Function::start("after-delete-friend", &environment).await;
        for n in 0..5 {
            let request = signing.request(&format!("nonce-{n}"));
            assert_eq!(status(&function, &request).await, 200, "{n}");
            assert_eq!(status(&function, &request).await, 401, "again");
            assert_eq!(status(&another, &request).await, 401, "in another process");
        }
        let expected = vec!["nonce_used"; 5];
        assert_eq!(rejections(&function), expected, "{:?}", signing.algorithm);
        assert_eq!(nonces.items().await.len(), 5);
    }
}

#[tokio::test]
async fn every_wrong_signature_gets_the_same_refusal_and_uses_no_nonce() {
    let dynamodb = Dynamodb::dynoxide().await;
    for signing in Signing::ALL {
        let nonces = dynamodb.nonces_table().await;
        let function = Function::start("after-delete-friend", signing.environment(&nonces)).await;
        let good = signing.request("n");
        let sign = signing.sign("n");
        let with = |sign: &str| good.clone().header("x-openim-signature", sign);
        let without = |name: &str| {
            let mut request = good.clone();
            request.headers.retain(|(header, _)| header != name);
            request
        };
        let another = Signing::ALL
            .iter()
            .find(|other| other.algorithm != signing.algorithm)
            .unwrap();
        let cases = [
            (without("x-openim-signature"), "signature_missing"),
            (without("x-openim-nonce"), "nonce_missing"),
            (good.clone().header("x-openim-nonce", ""), "nonce_missing"),
            (
                good.clone().header("x-openim-nonce", "m"),
                "signature_wrong",
            ),
            (
                good.clone().header("x-openim-nonce", "n\u{e9}"),
                "signature_wrong",
            ),
            (
                good.clone().one_more_header("x-openim-nonce", "m"),
                "nonce_repeated",
            ),
            (
                good.clone().one_more_header("x-openim-signature", &sign),
                "signature_repeated",
            ),
            (with(""), "signature_wrong"),
            (with(&sign[..sign.len() - 8]), "signature_wrong"),
            (with("no hex, no base64: \u{fc}"), "signature_malformed"),
            (
                with(&format!("{:?}", signing.algorithm)),
                "signature_malformed or signature_wrong",
            ),
            (
                with(&another.sign("n")),
                "signature_malformed or signature_wrong",
            ),
            // Credentials for another verifier do not count.
            (
                Request::post(DELETE, GOOD).header("authorization", &basic("openim:p@ss:new")),
                "signature_missing",
            ),
        ];
        let mut refusals = Vec::new();
        for (request, _) in &cases {
            refusals.push(function.send(request).await);
        }
        assert_all_get_the_same_refusal(&refusals);
        let logged = rejections(&function);
        assert_eq!(logged.len(), cases.len());
        for ((request, expected), logged) in cases.iter().zip(&logged) {
            assert!(
                expected.split(" or ").any(|one| one == logged),
                "{logged}, not {expected}: {request:?}"
            );
        }
        assert!(nonces.items().await.is_empty());
        assert_eq!(
            status(&function, &good).await,
            200,
            "the nonce is still unused"
        );
        let log = function.log().join("\n");
        for secret in [&sign, "the-shared-key", "PUBLIC KEY"] {
            assert!(!log.contains(secret), "{secret} is in the log:\n{log}");
        }
    }
}

#[tokio::test]
async fn only_a_callback_that_can_be_read_uses_its_nonce() {
    let dynamodb = Dynamodb::dynoxide().await;
    let nonces = dynamodb.nonces_table().await;
    let mut environment = Signing::HMAC.environment(&nonces);
    environment.insert("UNKNOWN_COMMAND".to_owned(), "refuse".to_owned());
    let function = Function::start("after-delete-friend", environment).await;
    let good = Signing::HMAC.request("n");
    let body = |body: &str| Request {
        body: body.into(),
        ..good.clone()
    };
    for (bad, status, code) in [
        (body(""), 400, 29004),
        (body("no JSON"), 400, 29006),
        (
            body(r#"{"callbackCommand":"callbackAfterRemoveBlackCommand"}"#),
            400,
            29009,
        ),
        (good.clone().method("PUT"), 405, 29002),
    ] {
        function.send(&bad).await.assert_refused(code, status);
        assert!(nonces.items().await.is_empty(), "{code}");
    }
    assert_eq!(status(&function, &good).await, 200);
    assert_eq!(status(&function, &good).await, 401);

    // The body of an unknown command is not read, so the nonce is used.
    for (command, answered) in [
        ("callbackAfterSomethingNewCommand", 200),
        ("callbackBeforeSomethingNewCommand", 404),
    ] {
        let unknown = Request {
            path: format!("/{command}"),
            ..Signing::HMAC.request(command)
        };
        assert_eq!(status(&function, &unknown).await, answered);
        assert_eq!(status(&function, &unknown).await, 401);
    }
}

#[tokio::test]
async fn both_keys_are_accepted_while_the_key_changes() {
    let dynamodb = Dynamodb::dynoxide().await;
    let mut environment = Signing::HMAC.environment(&dynamodb.nonces_table().await);
    environment.insert("OPENIM_SIGNATURE_KEY".to_owned(), "new".to_owned());
    environment.insert("OPENIM_SIGNATURE_KEY_PREVIOUS".to_owned(), "old".to_owned());
    let function = Function::start("after-delete-friend", environment).await;
    for (private, expected) in [("new", 200), ("old", 200), ("older", 401)] {
        let signing = Signing {
            private,
            ..Signing::HMAC
        };
        let request = signing.request(private);
        assert_eq!(status(&function, &request).await, expected, "{private}");
    }
}

#[tokio::test]
async fn a_nonce_is_accepted_again_after_a_day() {
    let dynamodb = Dynamodb::dynoxide().await;
    let nonces = dynamodb.nonces_table().await;
    let function = Function::start("after-delete-friend", Signing::HMAC.environment(&nonces)).await;
    let request = Signing::HMAC.request("n");
    assert_eq!(status(&function, &request).await, 200);
    let [item] = &nonces.items().await[..] else {
        panic!("the table must have one nonce");
    };
    let expires_at: u64 = item["expires_at"].as_n().unwrap().parse().unwrap();
    let in_a_day = now() + 24 * 60 * 60;
    assert!((in_a_day - 60..=in_a_day).contains(&expires_at), "{item:?}");
    assert_ne!(
        item["pk"].as_s().unwrap(),
        "n",
        "the table has only the nonce's digest"
    );
    // Pretends that the day has passed. DynamoDB's TTL deletes the item only days later.
    let mut past = item.clone();
    let yesterday = aws_sdk_dynamodb::types::AttributeValue::N((now() - 1).to_string());
    past.insert("expires_at".to_owned(), yesterday);
    let put = nonces.client.put_item().table_name(&nonces.name);
    put.set_item(Some(past)).send().await.unwrap();
    assert_eq!(status(&function, &request).await, 200);
    assert_eq!(status(&function, &request).await, 401);
}

#[tokio::test]
async fn a_lost_answer_of_the_nonces_table_does_not_count_as_a_repetition() {
    let dynamodb = Dynamodb::dynoxide().await;
    let mut nonces = dynamodb.nonces_table().await;
    let proxy = FaultProxy::start(&dynamodb.endpoint, Fault::LoseAnswer, 50).await;
    nonces.endpoint.clone_from(&proxy.endpoint);
    let function = Function::start("after-delete-friend", Signing::HMAC.environment(&nonces)).await;
    let mut accepted = 0;
    for n in 0..20 {
        let answer = function.send(&Signing::HMAC.request(&n.to_string())).await;
        assert!([200, 503].contains(&answer.status), "{answer:?}");
        accepted += u32::from(answer.status == 200);
    }
    assert_eq!(rejections(&function), [""; 0]);
    assert!(
        accepted >= 10,
        "a lost answer does not count as a repetition: {accepted} of 20 accepted"
    );
}

#[tokio::test]
async fn nobody_is_accepted_while_the_nonces_table_does_not_answer() {
    let dynamodb = Dynamodb::dynoxide().await;
    for fault in [Fault::Hang, Fault::Deny, Fault::Reset] {
        let mut nonces = dynamodb.nonces_table().await;
        let proxy = FaultProxy::start(&dynamodb.endpoint, fault, 100).await;
        nonces.endpoint.clone_from(&proxy.endpoint);
        let function =
            Function::start("after-delete-friend", Signing::HMAC.environment(&nonces)).await;
        let answer = function.send(&Signing::HMAC.request("n")).await;
        assert_eq!(answer.status, 503, "{fault:?}");
        let verdict = read_as_openim(&answer.body);
        assert!(
            matches!(verdict, Verdict::Refused { code: 29015, .. }),
            "{fault:?}: {answer:?}"
        );
        // A caller without a good signature does not learn of the failure.
        let stranger = Request::post(DELETE, GOOD);
        assert_eq!(status(&function, &stranger).await, 401);
    }
}

// --- Tencent Chat ---

const TOKENS: &[(&str, &str)] = &[
    ("TENCENT_SDK_APP_ID", SDK_APP_ID),
    ("TENCENT_TOKEN", "the-token"),
    ("TENCENT_TOKEN_PREVIOUS", "the-token-before"),
];

fn now() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.unwrap().as_secs()
}

fn tencent(query: &str) -> Request {
    let body = r#"{"PairList":[{"From_Account":"a","To_Account":"b"}]}"#;
    let command = "CallbackCommand=Sns.CallbackFriendDelete";
    Request::post(&format!("/tencent?{command}&{query}"), body)
}

#[tokio::test]
async fn tencent_chat_is_accepted_by_its_signature_and_every_other_caller_gets_the_same_refusal() {
    let function = Function::start("tencent", TOKENS.iter().copied()).await;
    let now = now();
    let app = format!("SdkAppid={SDK_APP_ID}");
    let time = format!("RequestTime={now}");
    let sign = format!("Sign={}", tencent_sign("the-token", &now.to_string()));
    let signed = |token: &str, time: u64| {
        let sign = tencent_sign(token, &time.to_string());
        tencent(&format!("RequestTime={time}&{app}&Sign={sign}"))
    };
    for good in [
        signed("the-token", now),
        signed("the-token-before", now),
        signed("the-token", now - 30),
        signed("the-token", now + 30),
        tencent(&format!(
            "{app}&{time}&{}",
            sign.to_uppercase().replace("SIGN", "Sign")
        )),
        // Two requests in the same second have the same signature.
        signed("the-token", now),
    ] {
        let answer = function.send(&good).await;
        assert_eq!(answer.status, 200, "{good:?}: {answer:?}");
    }

    let cases = [
        (tencent(""), "app_missing"),
        (tencent(&format!("{time}&{sign}")), "app_missing"),
        (
            tencent(&format!("SdkAppid=1400000002&{time}&{sign}")),
            "app_wrong",
        ),
        (
            tencent(&format!("{app}&SdkAppid=1400000002&{time}&{sign}")),
            "app_repeated",
        ),
        (tencent(&format!("{app}%FF&{time}&{sign}")), "app_wrong"),
        (tencent(&app), "sign_missing"),
        (tencent(&format!("{app}&{time}")), "sign_missing"),
        (tencent(&format!("{app}&{sign}")), "request_time_missing"),
        (signed("another", now), "sign_wrong"),
        (signed("", now), "sign_wrong"),
        (signed("the-token", now - 120), "request_time_off"),
        (signed("the-token", now + 120), "request_time_off"),
        (
            tencent(&format!("{app}&{time}&{}", &sign[..sign.len() - 1])),
            "sign_wrong",
        ),
        (tencent(&format!("{app}&{time}&Sign=")), "sign_wrong"),
        (tencent(&format!("{app}&{time}&Sign=%FF%FE")), "sign_wrong"),
        (
            tencent(&format!("{app}&{time}&{sign}&Sign={}", "0".repeat(64))),
            "sign_repeated",
        ),
        (
            tencent(&format!("{app}&{time}&RequestTime={}&{sign}", now + 1)),
            "request_time_repeated",
        ),
        (
            tencent(&format!("{app}&RequestTime={now}.0&{sign}")),
            "request_time_invalid",
        ),
        (
            tencent(&format!("{app}&RequestTime=-1&{sign}")),
            "request_time_invalid",
        ),
        // The signature is for another time.
        (
            tencent(&format!("{app}&RequestTime={}&{sign}", now + 1)),
            "sign_wrong",
        ),
    ];
    let mut refusals = BTreeSet::new();
    for (request, _) in &cases {
        let answer = function.send(request).await;
        assert_eq!(answer.json()["ActionStatus"], "FAIL", "{request:?}");
        refusals.insert((answer.status, answer.content_type, answer.body));
    }
    assert_eq!(refusals.len(), 1, "{refusals:?}");
    assert_eq!(refusals.first().unwrap().0, 401);
    let logged: Vec<&str> = cases.iter().map(|(_, rejection)| *rejection).collect();
    assert_eq!(rejections(&function), logged);
    let log = function.log().join("\n");
    for secret in ["the-token", sign.strip_prefix("Sign=").unwrap()] {
        assert!(!log.contains(secret), "{secret} is in the log:\n{log}");
    }
}

#[tokio::test]
async fn a_function_without_an_app_id_refuses_tencent_chat() {
    let function = Function::start("tencent", [("TENCENT_SDK_APP_ID", "")]).await;
    let answer = function
        .send(&tencent(&format!("SdkAppid={SDK_APP_ID}")))
        .await;
    assert_eq!(answer.status, 401);
    assert_eq!(rejections(&function), ["not_configured"]);
}
