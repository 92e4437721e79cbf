//! template.yaml, deployed as it is with `sam deploy` into MiniStack, an AWS in one process that knows
//! CloudFormation, API Gateway, Lambda, DynamoDB and its streams, and enforces IAM policies.

use std::{
    fs,
    path::{Path, PathBuf},
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use domain::Source;
use serde_json::Value;
use tokio::process::Command;

use crate::support::{
    Answer, Dynamodb, FED, FUNCTIONS, Payload, Queue, Request, SDK_APP_ID, Table, Verdict, binary,
    payloads, read_as_openim, root, tool, until_all_is_applied,
};

const STACK: &str = "webhook-receiver";
const PASSWORD: &str = "correct-horse-battery";

/// The template beside the binaries, as `make build` leaves them.
async fn staged() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("deployment");
    let _ = fs::remove_dir_all(&folder);
    let called = FUNCTIONS.iter().map(|(function, _)| function);
    for function in called.chain(FED) {
        let bootstrap = folder
            .join("target/lambda")
            .join(function)
            .join("bootstrap");
        fs::create_dir_all(bootstrap.parent().unwrap()).unwrap();
        fs::copy(binary(function), &bootstrap).unwrap();
        let stripped = Command::new("strip")
            .arg(&bootstrap)
            .status()
            .await
            .unwrap();
        assert!(stripped.success());
    }
    for file in ["template.yaml", "samconfig.toml"] {
        fs::copy(root().join(file), folder.join(file)).unwrap();
    }
    folder
}

/// A command that talks to MiniStack and to nothing else.
fn aws(program: PathBuf, endpoint: &str) -> Command {
    let mut command = Command::new(program);
    command
        .env("AWS_ENDPOINT_URL", endpoint)
        .env("AWS_DEFAULT_REGION", "eu-central-1")
        .env("AWS_ACCESS_KEY_ID", "local")
        .env("AWS_SECRET_ACCESS_KEY", "local")
        .env_remove("AWS_SESSION_TOKEN")
        .env_remove("AWS_PROFILE")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("SAM_CLI_TELEMETRY", "0");
    command
}

async fn output_of(mut command: Command) -> String {
    let output = command.output().await.unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(
        output.status.success(),
        "{command:?}\n{}\n{}",
        text(&output.stdout),
        text(&output.stderr)
    );
    text(&output.stdout)
}

struct Stack {
    base: String,
    table: Table,
    relationships: Table,
    queue: Queue,
    _aws: Dynamodb,
}

impl Stack {
    async fn deploy() -> Self {
        let (folder, aws_in_one_process) = tokio::join!(staged(), Dynamodb::ministack());
        let endpoint = aws_in_one_process.endpoint.clone();
        let mut deploy = aws(tool("sam"), &endpoint);
        deploy
            .current_dir(folder)
            .args(["deploy", "--no-confirm-changeset", "--no-progressbar"])
            .args(["--stack-name", STACK, "--parameter-overrides"])
            .arg(format!("OpenIMPassword={PASSWORD}"))
            .args([
                &format!("TencentSdkAppId={SDK_APP_ID}"),
                "TencentVerifier=none",
            ]);
        output_of(deploy).await;
        let python = root().join(".local/ministack/bin/python");
        let mut finish = aws(python, &endpoint);
        finish
            .arg(root().join("tests/finish_ministack_api.py"))
            .arg(STACK);
        let deployed: Value = serde_json::from_str(&output_of(finish).await).unwrap();
        let text = |name: &str| deployed[name].as_str().unwrap().to_owned();
        let table = |name: &str| Table {
            client: aws_in_one_process.client(),
            endpoint: endpoint.clone(),
            name: text(name),
        };
        Self {
            base: format!(
                "{endpoint}/_aws/execute-api/{}/{}",
                text("api"),
                text("stage")
            ),
            table: table("EventsTableName"),
            relationships: table("RelationshipsTableName"),
            queue: Queue {
                client: Queue::client(&endpoint),
                endpoint: endpoint.clone(),
                url: text("EventsQueueUrl"),
            },
            _aws: aws_in_one_process,
        }
    }

    async fn send(&self, request: &Request) -> Answer {
        request.send(&self.base).await
    }
}

fn with_password(request: Request) -> Request {
    let credentials = BASE64_STANDARD.encode(format!("openim:{PASSWORD}"));
    request.header("authorization", &format!("Basic {credentials}"))
}

fn request(payload: &Payload, url: &str) -> Request {
    match payload.source {
        Source::Tencent => Request::post(url, payload.body.clone()),
        _ => with_password(Request::post(url, payload.body.clone())).header("operationid", "op-1"),
    }
}

fn urls(payload: &Payload) -> Vec<String> {
    let command = &payload.command;
    match payload.source {
        Source::Tencent => vec![format!(
            "/tencent?SdkAppid={SDK_APP_ID}&CallbackCommand={command}&contenttype=json&ClientIP=203.0.113.7&OptPlatform=iOS"
        )],
        _ => vec![
            format!("/{command}"),
            format!("//{command}"),
            format!("/?command={command}&contenttype=json"),
        ],
    }
}

#[tokio::test]
async fn the_stack_answers_on_every_route_stores_in_its_own_table_and_keeps_its_view() {
    let stack = Stack::deploy().await;

    let mut expected = 0;
    for payload in &payloads() {
        for url in urls(payload) {
            let answer = stack.send(&request(payload, &url)).await;
            assert_eq!(answer.status, 200, "{} at {url}: {answer:?}", payload.name);
            if payload.source == Source::OpenIm {
                assert_eq!(read_as_openim(&answer.body), Verdict::Allowed);
            }
            expected += 1;
            let stored = stack.table.receptions().await;
            assert_eq!(stored.len(), expected, "{} at {url}", payload.name);
            let stored = stored.last().unwrap();
            assert_eq!(stored.command, payload.command);
            assert_eq!(stored.events, payload.events, "{} at {url}", payload.name);
        }
    }
    println!("{expected} callbacks through the stack's REST API, all in its table");
    let rows = until_all_is_applied(&stack.table, &stack.relationships).await;
    println!("{rows} rows in its relationships table");

    // Nobody without the password, no unknown command, no other method: refused in OpenIM's words.
    let delete = "/callbackAfterDeleteFriendCommand";
    let body = r#"{"ownerUserID":"a","friendUserID":"b"}"#;
    for (request, code) in [
        (Request::post(delete, body), 29001),
        (
            with_password(Request::post(delete, body)).method("GET"),
            29002,
        ),
        (
            with_password(Request::post("/callbackNonsense", "{}")),
            29008,
        ),
        (with_password(Request::post("/a/b/c", "{}")), 29008),
    ] {
        let answer = stack.send(&request).await;
        let verdict = read_as_openim(&answer.body);
        assert!(
            matches!(verdict, Verdict::Refused { code: refused, .. } if refused == code),
            "{code}: {answer:?}"
        );
    }
    let foreign = "/tencent?SdkAppid=1400000002&CallbackCommand=Sns.CallbackFriendDelete";
    assert_eq!(stack.send(&Request::post(foreign, "{}")).await.status, 401);
    assert_eq!(
        stack.table.receptions().await.len(),
        expected,
        "nothing of it is stored"
    );

    // What the table did not take at first.
    let mut reception = stack.table.receptions().await.pop().unwrap();
    reception.id = "queued".to_owned();
    let message = store::to_message(&reception);
    for _ in 0..3 {
        stack
            .queue
            .client
            .send_message()
            .queue_url(&stack.queue.url)
            .message_body(&message)
            .send()
            .await
            .unwrap();
    }
    for _ in 0..300 {
        if stack.table.receptions().await.len() > expected {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
    let redriven = stack.table.receptions().await;
    let redriven: Vec<_> = redriven.iter().filter(|one| one.id == "queued").collect();
    assert_eq!(redriven, [&reception], "three messages, one event");
}
