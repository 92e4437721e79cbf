//! docs/reverse-proxy.md: nginx between OpenIM and the stack, set up by the commands of the document.

use std::{collections::BTreeMap, fs, net::SocketAddr, time::Duration};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use domain::Source;
use models::{Verdict, payloads, read_as_openim, root};
use support::{
    Authority, Dynamodb, Fault, FaultProxy, Nginx, RECEIVER, Request, RestApi, Table, TlsFront,
    nowhere,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

const PASSWORD: &str = "the-Passw0rd.of~the_stack";
const NEW_PASSWORD: &str = "the-next-Passw0rd_of.the~stack";
/// The longest body that the receiver can be configured to accept.
const LONGEST: usize = 3_000_000;
const DELETE: &str = "/callbackAfterDeleteFriendCommand";
const GOOD: &str = r#"{"ownerUserID":"4801153207","friendUserID":"7720934416"}"#;

fn authorization(password: &str) -> String {
    format!(
        "Basic {}",
        BASE64_STANDARD.encode(format!("openim:{password}"))
    )
}

/// The environment of functions that use this table and require a password.
fn with_a_password(table: &Table) -> BTreeMap<String, String> {
    let mut environment = table.environment();
    for (name, value) in [
        ("OPENIM_VERIFIER", "basic"),
        ("OPENIM_BASIC_USER", "openim"),
        ("OPENIM_BASIC_PASSWORD", NEW_PASSWORD),
        ("OPENIM_BASIC_PASSWORD_PREVIOUS", PASSWORD),
    ] {
        environment.insert(name.to_owned(), value.to_owned());
    }
    environment
}

/// Everything that a callback passes: nginx, TLS, the gateway, a function and the table.
struct Stack {
    _dynamodb: Dynamodb,
    table: Table,
    api: RestApi,
    authority: Authority,
}

impl Stack {
    async fn start() -> Self {
        let dynamodb = Dynamodb::dynoxide().await;
        let table = dynamodb.events_table().await;
        let api = RestApi::start(with_a_password(&table)).await;
        Self {
            _dynamodb: dynamodb,
            table,
            api,
            authority: Authority::generate(),
        }
    }

    async fn tls(&self) -> TlsFront {
        TlsFront::start(&self.authority, RECEIVER, &self.api.endpoint).await
    }

    async fn nginx(&self, test: &str, receiver: &[SocketAddr]) -> Nginx {
        Nginx::start(test, receiver, &self.authority, PASSWORD).await
    }
}

/// The answer on one connection. nginx closes the connection after its answer.
struct Raw {
    status: u16,
    body: String,
    /// Whether the body has the announced length.
    complete: bool,
}

async fn send_raw(address: SocketAddr, request: &[u8]) -> Raw {
    let mut connection = TcpStream::connect(address).await.unwrap();
    // nginx may answer before it has read everything.
    let _ = connection.write_all(request).await;
    let mut answer = Vec::new();
    let _ = connection.read_to_end(&mut answer).await;
    let answer = String::from_utf8(answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let status = head.split(' ').nth(1).and_then(|word| word.parse().ok());
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("content-length")
            .then(|| value.parse().unwrap())
    });
    Raw {
        status: status.unwrap_or(0),
        body: body.to_owned(),
        complete: length == Some(body.len()),
    }
}

/// Asserts that this is nginx's own refusal, with the status that nginx chose.
fn assert_refused_by_nginx(status: u16, body: &str, expected: u16, what: &str) {
    assert_eq!(status, expected, "{what}: {body}");
    assert_eq!(
        read_as_openim(body),
        Verdict::Refused {
            code: 29021,
            message: "the webhook proxy could not pass the callback on".to_owned(),
            detail: expected.to_string(),
        },
        "{what}"
    );
}

#[tokio::test]
async fn nginx_adds_the_password_and_passes_every_callback_unchanged() {
    let stack = Stack::start().await;
    let tls = stack.tls().await;
    let nginx = stack.nginx("unchanged", &[tls.address]).await;

    let (mut sent, mut stored) = (0, 0);
    for payload in &payloads() {
        if payload.source != Source::OpenIm {
            continue;
        }
        let command = &payload.command;
        for target in [
            format!("/{command}"),
            format!("//{command}"),
            format!("/some/base/{command}?key=a%2Fb+c&key=%00"),
            format!("/?command={command}&contenttype=json"),
        ] {
            let request = Request::post(&target, payload.body.clone())
                .header("operationid", "3f1c9a54-8f0e-4c1b-9b6e-0d5a7f21c0e4");
            for request in [
                request.clone(),
                request.header("authorization", "Basic of somebody else"),
            ] {
                let answer = request.send(&nginx.url).await;
                assert_eq!(answer.status, 200, "{target}: {answer:?}");
                assert_eq!(answer.content_type, "application/json");
                assert_eq!(read_as_openim(&answer.body), Verdict::Allowed);
                sent += 1;
                stored += usize::from(!payload.events.is_empty());

                let received = stack.api.received();
                assert_eq!(received.len(), sent, "{target} arrives once");
                let received = received.last().unwrap();
                assert_eq!(received.target, format!("/prod{target}"));
                assert_eq!(received.body, payload.body, "{}", payload.name);
                assert_eq!(received.all("authorization"), [authorization(PASSWORD)]);
                assert_eq!(received.all("host"), [RECEIVER]);
                assert_eq!(
                    received.all("operationid"),
                    ["3f1c9a54-8f0e-4c1b-9b6e-0d5a7f21c0e4"]
                );
            }
        }
    }
    assert_eq!(stack.table.items().await.len(), stored);

    // Without nginx, the function refuses the callback. So it does require the password.
    let url = format!("{}/prod", stack.api.endpoint);
    let answer = Request::post(DELETE, GOOD).send(&url).await;
    assert_eq!(answer.status, 401);
    assert_eq!(stack.table.items().await.len(), stored);
    println!("{sent} callbacks through nginx, all unchanged; {stored} have events and are stored");
}

#[tokio::test]
async fn two_credentials_of_a_caller_do_not_reach_the_receiver() {
    let stack = Stack::start().await;
    let tls = stack.tls().await;
    let nginx = stack.nginx("credentials", &[tls.address]).await;
    let request = format!(
        "POST {DELETE} HTTP/1.1\r\nHost: x\r\nauthorization: Basic YTpi\r\nAUTHORIZATION: Bearer x\r\n\
         Content-Length: {}\r\n\r\n{GOOD}",
        GOOD.len()
    );
    let answer = send_raw(nginx.address, request.as_bytes()).await;
    match &stack.api.received()[..] {
        // Some versions of nginx refuse such a request themselves.
        [] => assert_refused_by_nginx(answer.status, &answer.body, 400, "two credentials"),
        received => {
            assert_eq!(received.len(), 1);
            assert_eq!(received[0].all("authorization"), [authorization(PASSWORD)]);
        }
    }
}

#[tokio::test]
async fn nginx_passes_the_receivers_answers_unchanged() {
    let stack = Stack::start().await;
    let tls = stack.tls().await;
    let nginx = stack.nginx("answers", &[tls.address]).await;
    let url = format!("{}/prod", stack.api.endpoint);
    for (request, status) in [
        (Request::post(DELETE, GOOD), 200),
        (Request::post(DELETE, "no JSON"), 400),
        (Request::post(DELETE, "{}"), 200),
        (Request::post("/nowhere", "{}"), 404),
        (
            Request::post("/callbackAfterSomethingNewCommand", "{ }"),
            200,
        ),
        // The longest body that nginx passes on. It is longer than the receiver accepts by default. nginx keeps it in
        // memory, because it has no folder for bodies.
        (Request::post(DELETE, vec![b' '; LONGEST]), 413),
    ] {
        let through_nginx = request.send(&nginx.url).await;
        let directly = request
            .header("authorization", &authorization(PASSWORD))
            .send(&url)
            .await;
        assert_eq!(through_nginx, directly);
        assert_eq!(through_nginx.status, status);
    }
    // The step of the document that checks the set-up works, too.
    let answer = Request::post(DELETE, "ok").send(&nginx.url).await;
    assert_eq!(answer.json()["errCode"], 29006);
}

#[tokio::test]
async fn openim_reads_a_refusal_when_nginx_does_not_pass_a_request_on() {
    let stack = Stack::start().await;
    let tls = stack.tls().await;
    let nginx = stack.nginx("refusals", &[tls.address]).await;

    for method in ["GET", "PUT", "DELETE", "PATCH", "OPTIONS"] {
        let request = Request::post(DELETE, GOOD).method(method);
        let answer = request.send(&nginx.url).await;
        assert_refused_by_nginx(answer.status, &answer.body, 405, method);
        assert_eq!(answer.content_type, "application/json");
    }
    let too_long = LONGEST + 1;
    let raw = [
        ("TRACE / HTTP/1.1\r\nHost: x\r\n\r\n".to_owned(), 405),
        ("no HTTP at all\r\n\r\n".to_owned(), 400),
        ("POST / HTTP/1.1\r\n\r\n".to_owned(), 400),
        ("POST /%zz HTTP/1.1\r\nHost: x\r\n\r\n".to_owned(), 400),
        ("POST /../x HTTP/1.1\r\nHost: x\r\n\r\n".to_owned(), 400),
        (
            format!(
                "POST / HTTP/1.1\r\nHost: x\r\noperationID: {}\r\n\r\n",
                "$".repeat(17_000)
            ),
            400,
        ),
        (
            format!("POST /{} HTTP/1.1\r\nHost: x\r\n\r\n", "x".repeat(17_000)),
            414,
        ),
        (
            "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: rot13\r\n\r\n".to_owned(),
            501,
        ),
        ("POST / HTTP/9.0\r\nHost: x\r\n\r\n".to_owned(), 505),
        // Longer than the receiver can be configured to accept: with a content length, and in chunks.
        (
            format!(
                "POST {DELETE} HTTP/1.1\r\nHost: x\r\nContent-Length: {too_long}\r\n\r\n{}",
                " ".repeat(too_long)
            ),
            413,
        ),
        (
            format!(
                "POST {DELETE} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n{too_long:x}\r\n{}\r\n0\r\n\r\n",
                " ".repeat(too_long)
            ),
            413,
        ),
    ];
    for (request, status) in raw {
        let answer = send_raw(nginx.address, request.as_bytes()).await;
        let what: String = request.chars().take(60).collect();
        assert_refused_by_nginx(answer.status, &answer.body, status, &what);
        assert!(answer.complete);
    }

    // From an address that `allow` does not name.
    let stranger = tokio::net::TcpSocket::new_v4().unwrap();
    stranger.bind("127.0.0.2:0".parse().unwrap()).unwrap();
    let mut stranger = stranger.connect(nginx.address).await.unwrap();
    let request = format!("POST {DELETE} HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{{}}");
    stranger.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stranger.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 403"), "{head}");
    assert_refused_by_nginx(403, body, 403, "a stranger");

    assert!(stack.api.received().is_empty(), "nginx passed nothing on");
}

#[tokio::test]
async fn openim_reads_a_refusal_when_the_receiver_cannot_be_reached_or_trusted() {
    let stack = Stack::start().await;
    let callback = Request::post(DELETE, GOOD);

    let nobody = nowhere();
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let silent_address = silent.local_addr().unwrap();
    let other_name = TlsFront::start(&stack.authority, "other.example", &stack.api.endpoint).await;
    let other_authority =
        TlsFront::start(&Authority::generate(), RECEIVER, &stack.api.endpoint).await;
    let without_tls = stack.api.endpoint.strip_prefix("http://").unwrap();
    for (what, address, status) in [
        ("nobody-listens", nobody, 502),
        ("no-handshake", silent_address, 504),
        ("another-name", other_name.address, 502),
        ("another-authority", other_authority.address, 502),
        ("no-tls", without_tls.parse().unwrap(), 502),
    ] {
        let nginx = stack.nginx(what, &[address]).await;
        let answer = callback.send(&nginx.url).await;
        assert_refused_by_nginx(answer.status, &answer.body, status, what);
    }
    assert!(
        stack.api.received().is_empty(),
        "no other server got the password"
    );
}

#[tokio::test]
async fn no_callback_is_sent_twice_under_any_fault() {
    for (fault, status) in [
        (Fault::Reset, 502),
        (Fault::Close, 502),
        (Fault::Garbage, 502),
        (Fault::LoseAnswer, 502),
        (Fault::ResetInsideAnswer, 502),
        (Fault::Hang, 504),
    ] {
        let stack = Stack::start().await;
        // The faults hit the first, second and fourth request. The fourth is on a connection that was used before.
        let faults = FaultProxy::start(&stack.api.endpoint, fault, 50).await;
        let first = TlsFront::start(&stack.authority, RECEIVER, &faults.endpoint).await;
        let second = TlsFront::start(&stack.authority, RECEIVER, &faults.endpoint).await;
        let test = format!("once-{fault:?}");
        let nginx = stack.nginx(&test, &[first.address, second.address]).await;

        let request = format!(
            "POST {DELETE} HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{GOOD}",
            GOOD.len()
        );
        for spoiled in [true, true, false, true] {
            let answer = send_raw(nginx.address, request.as_bytes()).await;
            let verdict = read_as_openim(&answer.body);
            match fault {
                _ if !spoiled => assert_eq!(verdict, Verdict::Allowed, "{fault:?}"),
                // nginx passes these bytes on unchanged, and OpenIM cannot read them.
                Fault::Garbage => assert_eq!(verdict, Verdict::Unreadable),
                Fault::ResetInsideAnswer if !answer.complete => {
                    assert_eq!(verdict, Verdict::Unreadable);
                }
                _ => assert_refused_by_nginx(answer.status, &answer.body, status, &test),
            }
        }
        let spoiled = faults.spoiled.load(std::sync::atomic::Ordering::Relaxed);
        assert_eq!(spoiled, 3, "{fault:?}");
        let arrived = match fault {
            Fault::LoseAnswer | Fault::ResetInsideAnswer => 4,
            _ => 1,
        };
        assert_eq!(stack.api.received().len(), arrived, "{fault:?}");
    }
}

#[tokio::test]
async fn no_callback_is_lost_when_an_address_does_not_answer() {
    let stack = Stack::start().await;
    let nobody = nowhere();
    let (one, two) = (stack.tls().await, stack.tls().await);
    // Two callbacks at a time, so nginx opens new connections.
    let nginx = stack
        .nginx("addresses", &[nobody, one.address, nobody, two.address])
        .await;
    for _ in 0..10 {
        let callback = Request::post(DELETE, GOOD);
        let (a, b) = tokio::join!(callback.send(&nginx.url), callback.send(&nginx.url));
        for answer in [a, b] {
            let verdict = read_as_openim(&answer.body);
            assert_eq!(verdict, Verdict::Allowed, "{answer:?}: {}", nginx.errors());
        }
    }
    assert_eq!(stack.table.items().await.len(), 20);
    let errors = nginx.errors();
    assert!(
        errors.contains("Connection refused"),
        "nginx did not try the address that does not answer: {errors}"
    );
}

#[tokio::test]
async fn nginx_reuses_its_connections_to_the_receiver() {
    let stack = Stack::start().await;
    let tls = stack.tls().await;
    let nginx = stack.nginx("connections", &[tls.address]).await;
    let worker = || async {
        for _ in 0..50 {
            let answer = Request::post(DELETE, GOOD).send(&nginx.url).await;
            assert_eq!(read_as_openim(&answer.body), Verdict::Allowed);
        }
    };
    tokio::join!(worker(), worker());
    let connections = tls.connections();
    assert!((1..=2).contains(&connections), "{connections}");
    println!("100 callbacks of two workers over {connections} connections");
}

#[tokio::test]
async fn a_reload_uses_the_new_password_and_loses_no_callback() {
    let stack = Stack::start().await;
    let tls = stack.tls().await;
    let nginx = stack.nginx("reload", &[tls.address]).await;
    let sent = std::cell::Cell::new(0);
    let changed = std::cell::Cell::new(false);
    // OpenIM keeps a connection if the other side keeps it.
    let worker = || async {
        let client = reqwest::Client::new();
        while !changed.get() {
            let answer = client
                .post(format!("{}{DELETE}", nginx.url))
                .body(GOOD)
                .send()
                .await
                .unwrap();
            let body = answer.text().await.unwrap();
            assert_eq!(read_as_openim(&body), Verdict::Allowed);
            sent.set(sent.get() + 1);
        }
    };
    let change = async {
        for password in [NEW_PASSWORD, PASSWORD].into_iter().cycle().take(10) {
            nginx.change_password(password).await;
            let wanted = authorization(password);
            while stack
                .api
                .received()
                .last()
                .map(|last| last.all("authorization") == [&*wanted])
                != Some(true)
            {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        }
        changed.set(true);
    };
    tokio::join!(worker(), worker(), worker(), change);
    assert_eq!(stack.api.received().len(), sent.get());
    assert_eq!(stack.table.items().await.len(), sent.get());
    println!("{} callbacks during ten reloads, none lost", sent.get());
}

#[tokio::test]
async fn the_logs_contain_no_secret_and_no_text_of_a_user() {
    let stack = Stack::start().await;
    let tls = stack.tls().await;
    let nginx = stack.nginx("logs", &[tls.address]).await;
    let remark = "/callbackAfterSetFriendRemarkCommand";
    let body = r#"{"ownerUserID":"4801153207","friendUserID":"7720934416","remark":"a remark"}"#;
    let callback = |target: &str| {
        Request::post(target, body)
            .header("operationid", "the-operation")
            .header("authorization", "Basic the-callers-own")
    };
    let long = format!("{body}{}", " ".repeat(LONGEST));
    callback(&format!("{remark}?key=the-key"))
        .send(&nginx.url)
        .await;
    callback(remark).method("GET").send(&nginx.url).await;
    Request::post(remark, long).send(&nginx.url).await;
    drop(tls);
    let answer = callback(&format!("{remark}?key=the-key"))
        .send(&nginx.url)
        .await;
    assert_refused_by_nginx(answer.status, &answer.body, 502, "down");

    let access = nginx.access_log(4).await;
    let mut statuses: Vec<u64> = access
        .lines()
        .map(|line| {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            assert_eq!(line["path"], remark);
            line["status"].as_str().unwrap().parse().unwrap()
        })
        .collect();
    // nginx logs a connection when it ends, so the order can differ.
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 405, 413, 502]);
    assert!(access.contains("the-operation"));
    assert!(!access.contains("the-key"), "{access}");
    let errors = nginx.errors();
    assert!(errors.contains("upstream"), "{errors}");
    let encoded = authorization(PASSWORD);
    for secret in [
        PASSWORD,
        &encoded["Basic ".len()..],
        "the-callers-own",
        "a remark",
        "4801153207",
    ] {
        assert!(!access.contains(secret), "{secret} in {access}");
        assert!(!errors.contains(secret), "{secret} in {errors}");
    }
}

#[test]
fn the_code_of_nginxs_refusals_is_documented() {
    let config = fs::read_to_string(root().join("docs/nginx/webhook-proxy.conf")).unwrap();
    let (_, rest) = config.split_once("return 200 '").unwrap();
    let (body, _) = rest.split_once("';").unwrap();
    let Verdict::Refused { code, message, .. } = read_as_openim(body) else {
        panic!("{body}");
    };
    let page = fs::read_to_string(root().join("docs/configuration.md")).unwrap();
    let row = format!("| {code} | kept | {message} ");
    assert!(
        page.contains(&row),
        "docs/configuration.md lacks the row: {row}"
    );
}
