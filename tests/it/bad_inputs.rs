//! Requests that cannot be read. The caller gets a refusal in its own form, with the right code and status, and nothing
//! is stored. An after callback in JSON that does not fit is different: it is accepted, and kept as it came.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use domain::Family;
use models::{Verdict, read_as_openim};
use serde_json::{Value, json};
use support::{Answer, Dynamodb, Function, OPEN, Request, SDK_APP_ID, Table, Watch, function_at};

const DELETE: &str = "/callbackAfterDeleteFriendCommand";
const GOOD: &str = r#"{"callbackCommand":"callbackAfterDeleteFriendCommand","ownerUserID":"a","friendUserID":"b"}"#;
const CAP: usize = 1_000_000;

/// A request and the answer that it must get.
struct Case {
    name: &'static str,
    request: Request,
    status: u16,
    /// OpenIM's `errCode`. Tencent Chat gets only the sentence.
    code: i64,
    /// A text that the answer must contain, such as the JSON path.
    mentions: &'static str,
}

fn case(
    name: &'static str,
    request: Request,
    (code, status): (i64, u16),
    mentions: &'static str,
) -> Case {
    Case {
        name,
        request,
        status,
        code,
        mentions,
    }
}

const UNAUTHORIZED: (i64, u16) = (29001, 401);
const METHOD: (i64, u16) = (29002, 405);
const TOO_LARGE: (i64, u16) = (29003, 413);
const EMPTY: (i64, u16) = (29004, 400);
const NOT_JSON: (i64, u16) = (29006, 400);
const FIELD: (i64, u16) = (29007, 400);
const NO_COMMAND: (i64, u16) = (29008, 404);
const CONTRADICTION: (i64, u16) = (29009, 400);
const UNREADABLE: (i64, u16) = (29010, 400);

/// A good callback with an unknown field that makes it this many levels deep.
fn nested_to(levels: usize) -> String {
    let (open, close) = ("[".repeat(levels - 1), "]".repeat(levels - 1));
    format!(r#"{{"ownerUserID":"a","friendUserID":"b","new":{open}{close}}}"#)
}

fn openim_cases() -> Vec<Case> {
    let delete = |body: &str| Request::post(DELETE, body);
    let remark = |body: &str| Request::post("/callbackAfterSetFriendRemarkCommand", body);
    let add = |body: &str| Request::post("/callbackAfterAddFriendCommand", body);
    let black = |body: &str| Request::post("/callbackAfterRemoveBlackCommand", body);
    let ask =
        |what: &str, body: &str| Request::post(&format!("/callbackBefore{what}Command"), body);
    let at = |url: &str| Request::post(url, GOOD);
    let owner = |value: &str| delete(&format!(r#"{{"ownerUserID":{value},"friendUserID":"b"}}"#));
    let binary = |body: &[u8]| {
        Request::post(DELETE, body).header("content-type", "application/octet-stream")
    };
    let nested = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let large = format!(r#"{{"x":"{}"}}"#, "x".repeat(CAP));
    let long_id = format!("\"{}\"", "x".repeat(1025));
    vec![
        case("no body", delete(""), EMPTY, ""),
        case("white space", delete(" \r\n\t "), EMPTY, ""),
        case("plain text", delete("hello"), NOT_JSON, ""),
        case(
            "a form",
            delete("ownerUserID=a&friendUserID=b"),
            NOT_JSON,
            "",
        ),
        case("xml", delete("<xml/>"), NOT_JSON, ""),
        case(
            "half an object",
            delete(r#"{"ownerUserID":"a","#),
            NOT_JSON,
            "",
        ),
        case(
            "two objects",
            delete(r#"{"ownerUserID":"a","friendUserID":"b"}{}"#),
            NOT_JSON,
            "",
        ),
        case(
            "a trailing comma",
            delete(r#"{"ownerUserID":"a","friendUserID":"b",}"#),
            NOT_JSON,
            "",
        ),
        case(
            "single quotes",
            delete("{'ownerUserID':'a','friendUserID':'b'}"),
            NOT_JSON,
            "",
        ),
        case("a raw control character", owner("\"a\u{1}\""), NOT_JSON, ""),
        case(
            "an owner 10,000 levels deep",
            owner(&nested),
            FIELD,
            "$.ownerUserID",
        ),
        case(
            "brackets that never end",
            delete(&"[".repeat(CAP)),
            NOT_JSON,
            "",
        ),
        case(
            "text cut inside a character",
            binary(&"é".as_bytes()[..1]),
            NOT_JSON,
            "",
        ),
        case(
            "an array",
            delete(r#"["a","b"]"#),
            FIELD,
            "$: expected an object",
        ),
        case("a string", delete("\"ok\""), FIELD, "$"),
        case("a number", delete("42"), FIELD, "$"),
        case("null", delete("null"), FIELD, "$"),
        case(
            "no owner",
            delete(r#"{"friendUserID":"b"}"#),
            FIELD,
            "ownerUserID",
        ),
        case(
            "no friend",
            delete(r#"{"ownerUserID":"a"}"#),
            FIELD,
            "friendUserID",
        ),
        case("an empty object", delete("{}"), FIELD, "ownerUserID"),
        case(
            "an empty owner",
            owner("\"\""),
            FIELD,
            "$.ownerUserID: a user id is empty",
        ),
        case("a null owner", owner("null"), FIELD, "$.ownerUserID"),
        case(
            "a numeric owner",
            owner("4801153207"),
            FIELD,
            "$.ownerUserID",
        ),
        case("an object as owner", owner("{}"), FIELD, "$.ownerUserID"),
        case("a list as owner", owner("[\"a\"]"), FIELD, "$.ownerUserID"),
        case("true as owner", owner("true"), FIELD, "$.ownerUserID"),
        case("an endless owner", owner(&long_id), FIELD, "$.ownerUserID"),
        case(
            "another case",
            delete(r#"{"owneruserid":"a","frienduserid":"b"}"#),
            FIELD,
            "ownerUserID",
        ),
        case(
            "no remark",
            remark(r#"{"ownerUserID":"a","friendUserID":"b"}"#),
            FIELD,
            "remark",
        ),
        case(
            "a null remark",
            remark(r#"{"ownerUserID":"a","friendUserID":"b","remark":null}"#),
            FIELD,
            "$.remark",
        ),
        case(
            "a numeric remark",
            remark(r#"{"ownerUserID":"a","friendUserID":"b","remark":7}"#),
            FIELD,
            "$.remark",
        ),
        case(
            "nobody asks",
            add(r#"{"toUserID":"b","reqMsg":""}"#),
            FIELD,
            "fromUserID",
        ),
        case(
            "nobody is asked",
            add(r#"{"fromUserID":"a","toUserID":"","reqMsg":""}"#),
            FIELD,
            "$.toUserID",
        ),
        case(
            "nobody is unblocked",
            black(r#"{"ownerUserID":"a"}"#),
            FIELD,
            "blackUserID",
        ),
        case(
            "nobody accepts",
            Request::post(
                "/callbackAfterAddFriendAgreeCommand",
                r#"{"fromUserID":"a","toUserID":"b","HandleResult":1}"#,
            ),
            FIELD,
            "blackUserID",
        ),
        case(
            "a before callback without the user who asks",
            ask("AddFriend", r#"{"toUserID":"b","reqMsg":"hi"}"#),
            FIELD,
            "fromUserID",
        ),
        case(
            "a before callback with a text instead of a list",
            ask(
                "ImportFriends",
                r#"{"ownerUserID":"a","friendUserIDs":"b"}"#,
            ),
            FIELD,
            "$.friendUserIDs",
        ),
        case(
            "a before callback about nobody",
            ask("AddBlack", r#"{"ownerUserID":"a","blackUserID":""}"#),
            FIELD,
            "$.blackUserID: a user id is empty",
        ),
        case(
            "a before callback that is not JSON",
            ask("AddBlack", "ok"),
            NOT_JSON,
            "",
        ),
        case(
            "a before callback at the path of another",
            Request::post(
                "/callbackBeforeAddBlackCommand",
                r#"{"callbackCommand":"callbackBeforeAddFriendCommand"}"#,
            ),
            CONTRADICTION,
            "body says callbackBeforeAddFriendCommand",
        ),
        case("more than the cap", delete(&large), TOO_LARGE, ""),
        case("GET", at(DELETE).method("GET"), METHOD, "GET"),
        case("PUT", at(DELETE).method("PUT"), METHOD, "PUT"),
        case("DELETE", at(DELETE).method("DELETE"), METHOD, "DELETE"),
        case(
            "PATCH on the catch-all",
            at("/nowhere").method("PATCH"),
            METHOD,
            "PATCH",
        ),
        case(
            "no command anywhere",
            Request::post("/", r#"{"ownerUserID":"a","friendUserID":"b"}"#),
            NO_COMMAND,
            "",
        ),
        case(
            "a command in another case",
            Request::post("/callbackafterdeletefriendcommand", "{}"),
            NO_COMMAND,
            "",
        ),
        case(
            "another path without a command",
            Request::post("/health", "{}"),
            NO_COMMAND,
            "",
        ),
        case(
            "an unknown command in the path against the body",
            at("/callbackAfterSomethingNewCommand"),
            CONTRADICTION,
            "path says callbackAfterSomethingNewCommand, body says callbackAfterDeleteFriendCommand",
        ),
        case(
            "an unknown command that is too large",
            Request::post("/callbackNonsense", large),
            TOO_LARGE,
            "",
        ),
        case(
            "an unknown command with another method",
            Request::post("/callbackNonsense", "{}").method("PUT"),
            METHOD,
            "PUT",
        ),
        case(
            "path against body",
            at("/callbackAfterRemoveBlackCommand"),
            CONTRADICTION,
            "path says callbackAfterRemoveBlackCommand, body says callbackAfterDeleteFriendCommand",
        ),
        case(
            "path against query",
            at(&format!("{DELETE}?command=callbackAfterRemoveBlackCommand")),
            CONTRADICTION,
            "query says",
        ),
        case(
            "query against body",
            at("/?command=callbackAfterRemoveBlackCommand"),
            CONTRADICTION,
            "query says",
        ),
        case(
            "query against query",
            at(
                "/?command=callbackAfterDeleteFriendCommand&command=callbackAfterRemoveBlackCommand",
            ),
            CONTRADICTION,
            "query says",
        ),
    ]
}

fn tencent_cases() -> Vec<Case> {
    let command = "CallbackCommand=Sns.CallbackFriendDelete";
    let url = format!("/tencent?SdkAppid={SDK_APP_ID}&{command}&contenttype=json");
    let delete = |body: &str| Request::post(&url, body);
    let command_at =
        |command: &str| format!("/tencent?SdkAppid={SDK_APP_ID}&CallbackCommand={command}");
    let about = |command: &str, body: &str| Request::post(&command_at(command), body);
    let at = |query: &str| {
        Request::post(
            &format!("/tencent?{query}"),
            r#"{"PairList":[{"From_Account":"a","To_Account":"b"}]}"#,
        )
    };
    let large = format!(r#"{{"x":"{}"}}"#, "x".repeat(CAP));
    vec![
        case("plain text", delete("ok"), NOT_JSON, ""),
        case(
            "a comment, as in the documents",
            delete("{ // comment\n}"),
            NOT_JSON,
            "",
        ),
        case("an array", delete("[]"), FIELD, "$"),
        case("no pairs", delete("{}"), FIELD, "PairList"),
        case(
            "one pair without a list",
            delete(r#"{"PairList":{"From_Account":"a","To_Account":"b"}}"#),
            FIELD,
            "$.PairList",
        ),
        case(
            "a before callback about nobody",
            about("Sns.CallbackPrevFriendAdd", r#"{"From_Account":"a"}"#),
            FIELD,
            "FriendItem",
        ),
        case(
            "followed users in the form of the other command",
            about(
                "Follow.CallbackAfterFollowAdd",
                r#"{"From_Account":"a","To_Account":["b"]}"#,
            ),
            FIELD,
            "FollowList",
        ),
        case(
            "a profile of nobody",
            about(
                "Profile.CallbackPortraitSet",
                r#"{"From_Account":"","ProfileItem":[]}"#,
            ),
            FIELD,
            "$.From_Account",
        ),
        case("more than the cap", delete(&large), TOO_LARGE, ""),
        case("GET", delete("{}").method("GET"), METHOD, "GET"),
        case("no app", at(command), UNAUTHORIZED, ""),
        case("no query at all", at(""), UNAUTHORIZED, ""),
        case(
            "a foreign app",
            at(&format!("SdkAppid=1400000002&{command}")),
            UNAUTHORIZED,
            "",
        ),
        case(
            "two apps",
            at(&format!(
                "SdkAppid={SDK_APP_ID}&SdkAppid=1400000002&{command}"
            )),
            UNAUTHORIZED,
            "",
        ),
        case(
            "an app in another case",
            at(&format!("sdkappid={SDK_APP_ID}&{command}")),
            UNAUTHORIZED,
            "",
        ),
        case(
            "query against body",
            Request::post(
                &url,
                r#"{"CallbackCommand":"Sns.CallbackFriendAdd","PairList":[]}"#,
            ),
            CONTRADICTION,
            "body says Sns.CallbackFriendAdd",
        ),
        case(
            "query against query",
            at(&format!(
                "SdkAppid={SDK_APP_ID}&{command}&CallbackCommand=x"
            )),
            CONTRADICTION,
            "query says x",
        ),
    ]
}

/// Whether the case is an after callback in JSON that does not fit, which is kept.
fn is_kept(case: &Case) -> bool {
    let Request { path, query, .. } = &case.request;
    case.code == FIELD.0 && !path.contains("Before") && !query.contains(".CallbackPrev")
}

fn assert_openim_reads_a_refusal(case: &Case, answer: &Answer) {
    let at = format!("{}: {answer:?}", case.name);
    assert_eq!(answer.content_type, "application/json", "{at}");
    if is_kept(case) {
        assert_eq!(answer.status, 200, "{at}");
        assert_eq!(read_as_openim(&answer.body), Verdict::Allowed, "{at}");
        return;
    }
    assert_eq!(answer.status, case.status, "{at}");
    let Verdict::Refused {
        code,
        message,
        detail,
    } = read_as_openim(&answer.body)
    else {
        panic!("OpenIM reads no refusal: {at}");
    };
    assert_eq!(code, case.code, "{at}");
    assert!(
        !message.is_empty() && detail.contains(case.mentions),
        "{at}"
    );
}

fn assert_tencent_chat_reads_a_failure(case: &Case, answer: &Answer) {
    let at = format!("{}: {answer:?}", case.name);
    assert_eq!(answer.content_type, "application/json", "{at}");
    let body = answer.json();
    if is_kept(case) {
        assert_eq!(answer.status, 200, "{at}");
        assert_eq!(body["ActionStatus"], json!("OK"), "{at}");
        return;
    }
    assert_eq!(answer.status, case.status, "{at}");
    assert_eq!(body["ActionStatus"], json!("FAIL"), "{at}");
    assert_eq!(body["ErrorCode"], json!(1), "{at}");
    let sentence = body["ErrorInfo"].as_str().unwrap();
    assert!(
        !sentence.is_empty() && sentence.contains(case.mentions),
        "{at}"
    );
}

/// Asserts that the table has the bodies that are kept, and besides them only decisions.
async fn assert_kept_as_they_came(table: &Table) {
    let cases = openim_cases().into_iter().chain(tencent_cases());
    let bodies = cases.filter(is_kept).map(|case| case.request.body);
    let mut expected: Vec<Vec<u8>> = bodies.collect();
    let receptions = table.receptions().await;
    let mut kept: Vec<Vec<u8>> = receptions
        .into_iter()
        .filter(|reception| reception.events.family() != Family::Decision)
        .map(|reception| {
            assert_eq!(reception.events.family(), Family::Unknown);
            assert!(protocol::command(reception.source, &reception.command).is_some());
            reception.body.unwrap().into_bytes()
        })
        .collect();
    expected.sort();
    kept.sort();
    assert_eq!(kept, expected);
}

#[test]
fn there_are_at_least_forty_bad_inputs() {
    assert!(openim_cases().len() + tencent_cases().len() >= 40);
}

#[tokio::test]
async fn every_bad_input_over_http_is_refused_or_kept_as_it_came() {
    let dynamodb = Dynamodb::dynoxide().await;
    let table = dynamodb.events_table().await;
    let watch = Watch::start(table.environment()).await;

    let mut refused = 0;
    for case in openim_cases() {
        assert_openim_reads_a_refusal(&case, &watch.send(&case.request).await);
        refused += 1;
    }
    for case in tencent_cases() {
        assert_tencent_chat_reads_a_failure(&case, &watch.send(&case.request).await);
        refused += 1;
    }
    assert_kept_as_they_came(&table).await;
    println!("{refused} bad inputs over HTTP");
}

#[tokio::test]
async fn every_bad_input_of_a_rest_api_is_refused_or_kept_as_it_came() {
    let dynamodb = Dynamodb::dynoxide().await;
    let table = dynamodb.events_table().await;
    let mut functions = std::collections::HashMap::new();
    for (name, _) in support::FUNCTIONS {
        functions.insert(*name, Function::start(name, table.environment()).await);
    }

    for case in openim_cases() {
        let function = &functions[function_at(&case.request.path)];
        assert_openim_reads_a_refusal(&case, &function.send(&case.request).await);
    }
    for case in tencent_cases() {
        let function = &functions[function_at(&case.request.path)];
        assert_tencent_chat_reads_a_failure(&case, &function.send(&case.request).await);
    }
    assert_kept_as_they_came(&table).await;
}

/// A gateway's event with a change.
fn event_with(change: impl Fn(&mut Value)) -> Value {
    let mut event = Request::post(DELETE, GOOD).to_rest_api_event("r", 1_795_264_496_789);
    change(&mut event);
    event
}

#[tokio::test]
async fn an_event_that_no_gateway_should_send_is_refused_and_the_function_continues() {
    let function = Function::start("after-delete-friend", OPEN.iter().copied()).await;
    let cases = [
        (
            "not an HTTP event",
            json!({"Records": [{"body": "x"}]}),
            UNREADABLE,
        ),
        ("no event", json!(null), UNREADABLE),
        ("a text", json!("x"), UNREADABLE),
        (
            "text that is not base64",
            event_with(|event| event["isBase64Encoded"] = json!(true)),
            UNREADABLE,
        ),
        (
            "base64 of bytes that are not text",
            event_with(|event| {
                event["isBase64Encoded"] = json!(true);
                event["body"] = json!(BASE64_STANDARD.encode(b"\xff\xfe"));
            }),
            NOT_JSON,
        ),
        (
            "a command that belongs to another function",
            event_with(|event| {
                event["path"] = json!("/callbackAfterRemoveBlackCommand");
                event["body"] = json!("{}");
            }),
            CONTRADICTION,
        ),
        (
            "a null body",
            event_with(|event| event["body"] = json!(null)),
            EMPTY,
        ),
    ];
    for (name, event, (code, status)) in cases {
        let answer = Answer::from_gateway_response(&function.invoke(event).await);
        assert_eq!(answer.status, status, "{name}: {answer:?}");
        let Verdict::Refused { code: refused, .. } = read_as_openim(&answer.body) else {
            panic!("{name}: {answer:?}");
        };
        assert_eq!(refused, code, "{name}: {answer:?}");
    }
    let encoded = event_with(|event| {
        event["isBase64Encoded"] = json!(true);
        event["body"] = json!(BASE64_STANDARD.encode(GOOD));
    });
    let answer = Answer::from_gateway_response(&function.invoke(encoded).await);
    assert_eq!(
        read_as_openim(&answer.body),
        Verdict::Allowed,
        "a body in base64 is accepted"
    );
}

#[tokio::test]
async fn a_body_may_be_as_large_as_the_configured_limit_and_no_larger() {
    let environment = OPEN.iter().copied().chain([("MAX_BODY_BYTES", "100")]);
    let function = Function::start("after-delete-friend", environment).await;
    let padded = |length: usize| {
        let body = format!("{GOOD:length$}");
        assert_eq!(body.len(), length);
        Request::post(DELETE, body)
    };
    assert_eq!(function.send(&padded(100)).await.status, 200);
    assert_eq!(function.send(&padded(101)).await.status, 413);
}

#[tokio::test]
async fn the_error_detail_has_the_operation_id_unless_it_is_empty() {
    let function = Function::start("before-add-friend", OPEN.iter().copied()).await;
    for (operation_id, detail) in [
        (
            "op-1",
            "$.fromUserID: a user id is empty (operationID op-1)",
        ),
        ("", "$.fromUserID: a user id is empty"),
        (
            "111$222$333",
            "$.fromUserID: a user id is empty (operationID 111$222$333)",
        ),
    ] {
        let body = r#"{"fromUserID":"","toUserID":"b"}"#;
        let request = Request::post("/callbackBeforeAddFriendCommand", body)
            .header("Operationid", operation_id);
        let answer = function.send(&request).await;
        assert_eq!(answer.json()["errDlt"], json!(detail));
    }
}

#[tokio::test]
async fn an_unknown_field_may_have_any_number_of_levels() {
    let function = Function::start("after-delete-friend", OPEN.iter().copied()).await;
    for levels in [32, 33, 129, 10_000, 100_000] {
        let answer = function
            .send(&Request::post(DELETE, nested_to(levels)))
            .await;
        assert_eq!(read_as_openim(&answer.body), Verdict::Allowed, "{answer:?}");
    }
}
