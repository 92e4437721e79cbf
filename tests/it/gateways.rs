//! Unusual events that gateways send: callbacks with something odd in them, and health checks.

use models::{HttpRequest, Verdict, read_as_openim};
use serde_json::{Value, json};
use support::{Dynamodb, Function, OPEN, Request, Watch};

const DELETE: &str = "/callbackAfterDeleteFriendCommand";
const GOOD: &str = r#"{"callbackCommand":"callbackAfterDeleteFriendCommand","ownerUserID":"a","friendUserID":"b"}"#;
const TIME: i64 = 1_795_264_496_789;

fn request(method: &str, path: &str, body: &str) -> HttpRequest {
    HttpRequest {
        method: method.to_owned(),
        path: path.to_owned(),
        route: path.to_owned(),
        query: Vec::new(),
        headers: vec![("operationID".to_owned(), "o".to_owned())],
        body: body.as_bytes().to_vec(),
        base64: false,
    }
}

/// The events of a REST API, an HTTP API, and a load balancer with one value for each header or with all of them.
fn events(request: &HttpRequest, id: &str) -> [Value; 4] {
    [
        request.to_rest_api_event(id, TIME),
        request.to_http_api_event(id, TIME),
        request.to_load_balancer_event(false),
        request.to_load_balancer_event(true),
    ]
}

/// Checks that a response has the form for its event, and returns its status and body.
fn answer<'a>(event: &Value, response: &'a Value) -> (u64, &'a str) {
    let several = event["requestContext"]["elb"].is_object() && event["headers"].is_null();
    let content_type = if several {
        &response["multiValueHeaders"]["content-type"][0]
    } else {
        &response["headers"]["content-type"]
    };
    assert_eq!(content_type, "application/json", "{response}");
    let is_http_api = event["requestContext"]["http"].is_object();
    assert_eq!(response["cookies"].is_array(), is_http_api, "{response}");
    let is_balancer = event["requestContext"]["elb"].is_object();
    assert_eq!(response["statusDescription"].is_string(), is_balancer);
    let status = response["statusCode"].as_u64().unwrap();
    (status, response["body"].as_str().unwrap())
}

#[tokio::test]
async fn an_odd_part_of_an_event_that_nothing_needs_changes_nothing() {
    let dynamodb = Dynamodb::dynoxide().await;
    let table = dynamodb.events_table().await;
    let function = Function::start("after-delete-friend", table.environment()).await;
    let header = |name: &'static str, value: Value| {
        move |event: &mut Value| {
            for headers in ["headers", "multiValueHeaders"] {
                if event[headers].is_object() {
                    event[headers][name] = value.clone();
                }
            }
        }
    };
    let member = |place: &'static str, value: Value| {
        move |event: &mut Value| {
            if let Some(place) = event.pointer_mut(place) {
                *place = value.clone();
            }
        }
    };
    type Change = Box<dyn Fn(&mut Value)>;
    let changes: [(&str, Change); 12] = [
        ("nothing", Box::new(|_| {})),
        (
            "a header with an invalid name",
            Box::new(header("no name", json!("x"))),
        ),
        (
            "a control character",
            Box::new(header("x-trace", json!("a\u{1}b"))),
        ),
        (
            "a deleted character",
            Box::new(header("x-user", json!("Beno\u{7f}t"))),
        ),
        (
            "a header that is not ASCII",
            Box::new(header("x-user", json!("Benoît"))),
        ),
        ("a null header", Box::new(header("x-null", json!(null)))),
        (
            "a header that is a number",
            Box::new(header("x-n", json!([1, null]))),
        ),
        (
            "no method in the context",
            Box::new(member("/requestContext/httpMethod", json!(null))),
        ),
        (
            "a null method",
            Box::new(member("/httpMethod", json!(null))),
        ),
        (
            "a stage that is a number",
            Box::new(member("/requestContext/stage", json!(1))),
        ),
        (
            "a null query",
            Box::new(member("/queryStringParameters", json!(null))),
        ),
        (
            "an identity that is a text",
            Box::new(member("/requestContext/identity", json!("x"))),
        ),
    ];
    let good = request("POST", DELETE, GOOD);
    for (before, (name, change)) in changes.iter().enumerate() {
        for mut event in events(&good, name) {
            // Otherwise the HTTP API's event would have the same id as the REST API's.
            if event["requestContext"]["http"].is_object() {
                event["requestContext"]["requestId"] = json!(format!("{name}, HTTP API"));
            }
            change(&mut event);
            let response = function.invoke(event.clone()).await;
            let (status, body) = answer(&event, &response);
            assert_eq!(status, 200, "{name}: {event}");
            assert_eq!(read_as_openim(body), Verdict::Allowed, "{name}");
        }
        let stored = table.receptions().await;
        assert_eq!(stored.len(), 4 * (before + 1), "{name}");
        for reception in &stored {
            assert_eq!(reception.operation_id.as_deref(), Some("o"), "{name}");
        }
    }
}

#[tokio::test]
async fn requests_without_a_time_are_stored_in_the_order_of_their_arrival() {
    let dynamodb = Dynamodb::dynoxide().await;
    let table = dynamodb.events_table().await;
    let function = Function::start("after-delete-friend", table.environment()).await;
    let good = request("POST", DELETE, GOOD);
    // Whole seconds, as `cargo lambda watch` sends them.
    let in_seconds = TIME / 1000;
    for n in 0..50 {
        let event = match n % 2 {
            0 => good.to_http_api_event(&format!("{n}"), in_seconds),
            _ => good.to_load_balancer_event(true),
        };
        function.invoke(event).await;
    }
    let receptions = table.receptions().await;
    let times: Vec<_> = receptions
        .iter()
        .map(|reception| reception.received_at.to_string())
        .collect();
    assert!(times.is_sorted_by(|a, b| a < b), "{times:?}");
    let ids = receptions.iter().map(|reception| reception.id.parse());
    let ids: Vec<u32> = ids.filter_map(Result::ok).collect();
    assert_eq!(ids, (0..50).step_by(2).collect::<Vec<_>>());
    assert!(times.iter().any(|time| !time.ends_with("000Z")));
}

#[tokio::test]
async fn every_kind_of_function_answers_a_health_check_without_settings_and_without_a_log_line() {
    let alive = format!(
        r#"{{"status":"ok","version":"{}"}}"#,
        env!("CARGO_PKG_VERSION")
    );
    for name in [
        "after-delete-friend",
        "before-add-friend",
        "tencent",
        "any-command",
    ] {
        let nothing: [(&str, &str); 0] = [];
        let function = Function::start(name, nothing).await;
        for (method, expected) in [("GET", alive.as_str()), ("HEAD", "")] {
            for path in ["/healthz", "//healthz", "/prod/healthz/"] {
                for event in events(&request(method, path, ""), "r") {
                    let response = function.invoke(event.clone()).await;
                    assert_eq!(answer(&event, &response), (200, expected), "{name} {event}");
                }
            }
        }
        // The lines of the start, and after all health checks the line of a request that is not one.
        let before = function.log().len();
        function.invoke(json!({})).await;
        let log = function.log();
        let about_requests = |line: &&String| line.contains("requestId");
        let lines = log.iter().filter(about_requests).count();
        assert!(lines == 1 && log.len() > before, "{log:#?}");
    }
}

#[tokio::test]
async fn cargo_lambda_watch_passes_health_checks_on() {
    let watch = Watch::start(OPEN.iter().copied()).await;
    for (method, is_empty) in [("GET", false), ("HEAD", true)] {
        let request = Request::post("/healthz", "").method(method);
        let answer = watch.send(&request).await;
        assert_eq!((answer.status, answer.body.is_empty()), (200, is_empty));
    }
}

#[tokio::test]
async fn a_post_to_healthz_is_handled_as_at_any_other_path() {
    let function = Function::start("any-command", OPEN.iter().copied()).await;
    for event in events(&request("POST", "/healthz", "{}"), "r") {
        let response = function.invoke(event.clone()).await;
        let (status, body) = answer(&event, &response);
        assert_eq!(status, 404);
        let verdict = read_as_openim(body);
        assert!(
            matches!(verdict, Verdict::Refused { code: 29008, .. }),
            "{verdict:?}"
        );
    }
}
