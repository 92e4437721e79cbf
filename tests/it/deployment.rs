//! Deploys template.yaml as it is, with `sam deploy`, into MiniStack: an AWS in one process with CloudFormation, API
//! Gateway, Lambda, DynamoDB and its streams. MiniStack enforces IAM policies.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use domain::{Events, Family, Source};
use models::{Payload, PersonOutcome, Verdict, payloads, read_as_openim, root, tencent_proceeds};
use receiver::JudgedLater;
use ring::hmac;
use serde_json::{Value, json};
use support::{
    Answer, Behaviour, DecisionService, Dynamodb, EventBus, FED, FUNCTIONS, Queue, Request,
    SDK_APP_ID, Secret, Table, binary, tool, wait_for_relationships,
};
use tokio::process::Command;

use crate::{
    deliver, publish,
    relationships::put_poison,
    smoke,
    template::{GATEWAY_RESPONSES, gateway_verdict},
};

const STACK: &str = "webhook-receiver";
const PACKAGED: &str = "packaged.yaml";
/// As in docs/runbook.md.
const EMAIL: &str = "AlarmEmail=you@example.com";

/// Writes the functions into a new folder, as `make build` does.
pub(crate) async fn build(folder: &Path) {
    let _ = fs::remove_dir_all(folder);
    let called = FUNCTIONS.iter().map(|(function, _)| function);
    for function in called.chain(FED) {
        let bootstrap = folder.join(function).join("bootstrap");
        fs::create_dir_all(bootstrap.parent().unwrap()).unwrap();
        let mut strip = Command::new("strip");
        strip.arg("-o").arg(bootstrap).arg(binary(function));
        output_of(strip).await;
    }
    let mut put_policies = Command::new("make");
    put_policies
        .current_dir(root())
        .arg("put-policies")
        .arg(format!("LAMBDA_DIR={}", folder.display()));
    output_of(put_policies).await;
}

/// A folder with the template and the binaries.
async fn staged() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("deployment");
    let _ = fs::remove_dir_all(&folder);
    build(&folder.join("target/lambda")).await;
    // The shipped policies switch nothing on. These files replace them, in the same places.
    for function in ["before-add-friend", "tencent", "any-command"] {
        let file = folder
            .join("target/lambda")
            .join(function)
            .join("policies.json");
        fs::write(&file, policies().to_string()).unwrap();
    }
    fs::create_dir(folder.join("docs")).unwrap();
    // The last two are what the template's metadata names.
    for file in [
        "template.yaml",
        "samconfig.toml",
        "LICENSE-APACHE",
        "docs/deploy-a-release.md",
    ] {
        fs::copy(root().join(file), folder.join(file)).unwrap();
    }
    folder
}

/// Policies that refuse one user. All others may ask, as long as their requests can be counted.
fn policies() -> Value {
    let limit = json!({"limit": 1000, "windowSeconds": 60, "whenUnknown": "refuse"});
    let rules = json!({"actingUser": {"deny": ["mallory"]}, "requestLimit": limit});
    json!({"callbackBeforeAddFriendCommand": rules, "Sns.CallbackPrevFriendAdd": rules})
}

/// A command that can reach only MiniStack.
pub(crate) fn aws(program: PathBuf, endpoint: &str) -> Command {
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

/// A script of the project, for the stack.
fn script(name: &str, endpoint: &str) -> Command {
    let mut command = aws(root().join("scripts").join(name), endpoint);
    command.arg(STACK).env("PATH", path());
    command
}

/// The programs of an operator: `aws`, `sam` and `imhook`.
fn path() -> String {
    let (ministack, sam) = (root().join(".local/ministack/bin"), tool("sam"));
    let imhook = binary("imhook");
    let folders = [&*ministack, sam.parent().unwrap(), imhook.parent().unwrap()];
    let folders = folders.map(|folder| folder.display().to_string()).join(":");
    format!("{folders}:{}", std::env::var("PATH").unwrap())
}

pub(crate) async fn output_of(mut command: Command) -> String {
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

fn page(name: &str) -> String {
    fs::read_to_string(root().join("docs").join(name)).unwrap()
}

/// The commands of a page that this test runs.
fn commands(page: &str) -> String {
    let mark = "<!-- not run: needs a stack. The test of the deployment runs it -->\n```sh\n";
    let blocks = page.split(mark).skip(1);
    let commands = blocks.map(|block| block.split("```").next().unwrap());
    let commands: String = commands.collect();
    assert!(!commands.is_empty());
    commands
}

struct Stack {
    folder: PathBuf,
    aws: Dynamodb,
    /// The stack's ids and outputs, and the gateway's own answers, since the last deployment.
    deployed: Value,
}

impl Stack {
    async fn deploy(parameters: &[&str]) -> Self {
        let (folder, ministack) = tokio::join!(staged(), Dynamodb::ministack());
        // The first half of `sam deploy`, which takes most of the time. It runs only once.
        let mut package = aws(tool("sam"), &ministack.endpoint);
        package
            .current_dir(&folder)
            .args(["package", "--resolve-s3", "--no-progressbar"])
            .args(["--output-template-file", PACKAGED]);
        output_of(package).await;
        let mut stack = Self {
            folder,
            aws: ministack,
            deployed: Value::Null,
        };
        stack.update(parameters).await;
        stack
    }

    /// `sam deploy`. A parameter that is not given keeps its value.
    async fn update(&mut self, parameters: &[&str]) {
        let endpoint = &self.aws.endpoint;
        let mut deploy = script("deploy.sh", endpoint);
        deploy
            .current_dir(&self.folder)
            .args(["--no-confirm-changeset", "--no-progressbar"])
            .args(["--template-file", PACKAGED, "--parameter-overrides"])
            // These tests are not about the speed of the machine.
            .args(["DeadlineMs=2500", "BeforeDeadlineMs=2500"])
            // MiniStack has no alarms that calculate with metrics.
            .args([
                EMAIL,
                "MathAlarms=no",
                "SilenceHours=6",
                "RequestsPerHourMax=1000000",
            ])
            .args(parameters);
        output_of(deploy).await;
        self.finish().await;
    }

    /// `make go-back`.
    async fn go_back(&mut self) {
        let mut back = script("go-back.sh", &self.aws.endpoint);
        back.current_dir(&self.folder)
            .args(["--no-confirm-changeset", "--no-progressbar"]);
        output_of(back).await;
        self.finish().await;
    }

    /// `make rollback-triggers`. What MiniStack answers to it.
    async fn rollback_triggers(&self) -> String {
        let mut triggers = script("rollback-triggers.sh", &self.aws.endpoint);
        let output = triggers.output().await.unwrap();
        assert!(!output.status.success());
        String::from_utf8(output.stderr).unwrap()
    }

    /// Adds what MiniStack loses of an API, and reads the outputs.
    async fn finish(&mut self) {
        let endpoint = &self.aws.endpoint;
        let python = root().join(".local/ministack/bin/python");
        let mut finish = aws(python, endpoint);
        finish
            .arg(root().join("tests/finish_ministack_api.py"))
            .arg(STACK);
        self.deployed = serde_json::from_str(&output_of(finish).await).unwrap();
    }

    fn text(&self, name: &str) -> &str {
        self.deployed[name].as_str().unwrap()
    }

    fn table(&self, output: &str) -> Table {
        Table {
            client: self.aws.client(),
            endpoint: self.aws.endpoint.clone(),
            name: self.text(output).to_owned(),
        }
    }

    fn queue(&self, output: &str) -> Queue {
        Queue {
            client: Queue::client(&self.aws.endpoint),
            endpoint: self.aws.endpoint.clone(),
            url: self.text(output).to_owned(),
        }
    }

    async fn send(&self, request: &Request) -> Answer {
        let endpoint = &self.aws.endpoint;
        let (api, stage) = (self.text("api"), self.text("stage"));
        request
            .send(&format!("{endpoint}/_aws/execute-api/{api}/{stage}"))
            .await
    }

    /// Calls an AWS service, as an operator does with the AWS CLI.
    async fn operate(&self, service: &str, request: reqwest::RequestBuilder) -> Value {
        let credential = format!("local/20261121/eu-central-1/{service}/aws4_request");
        let answer = request
            .header("x-amz-date", "20261121T000000Z")
            .header(
                "authorization",
                format!(
                    "AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature=local"
                ),
            )
            .send()
            .await
            .unwrap();
        let (status, body) = (answer.status(), answer.text().await.unwrap());
        assert!(status.is_success(), "{body}");
        serde_json::from_str(&body).unwrap()
    }

    /// The secret whose id is this output of the stack.
    fn secret(&self, output: &str) -> Secret {
        Secret::at(&self.aws.endpoint, self.text(output))
    }

    /// Makes the gateway throttle every POST to a path.
    async fn throttle(&self, path: &str) {
        let limit = |name: &str| {
            json!({
                "op": "replace", "value": "0",
                "path": format!("/{}/POST/throttling/{name}", path.replace('/', "~1")),
            })
        };
        let (endpoint, api, stage) = (&self.aws.endpoint, self.text("api"), self.text("stage"));
        let request = reqwest::Client::new()
            .patch(format!("{endpoint}/restapis/{api}/stages/{stage}"))
            .header("content-type", "application/json")
            .body(
                json!({"patchOperations": [limit("rateLimit"), limit("burstLimit")]}).to_string(),
            );
        self.operate("apigateway", request).await;
    }

    /// Calls AWS as an operator does, with its command line.
    async fn command_line(&self, arguments: &[&str]) -> String {
        let program = root().join(".local/ministack/bin/aws");
        let mut command = aws(program, &self.aws.endpoint);
        command.args(arguments);
        output_of(command).await
    }

    /// Runs the commands of docs/runbook.md, all in one shell.
    async fn run_the_runbook(&self) -> String {
        let runbook = page("runbook.md");
        let mut script = commands(&runbook);
        // Also the commands in the text.
        let mut in_text = BTreeSet::new();
        for command in ["lines", "dead"] {
            for found in runbook.split(&format!("`{command} ")).skip(1) {
                let found = found.split('`').next().unwrap();
                in_text.insert(format!("{command} {found} >/dev/null\n"));
            }
        }
        assert!(in_text.len() >= 25, "{in_text:?}");
        script.extend(in_text);
        self.operate_with(&script).await
    }

    /// Runs commands of a page in one shell, as an operator does.
    async fn operate_with(&self, commands: &str) -> String {
        // The stack's own address reaches AWS. `curl` takes MiniStack's instead. `sam` deploys the template that was packaged.
        let (endpoint, api) = (&self.aws.endpoint, self.text("api"));
        let script = format!(
            "set -euo pipefail\n\
             curl() {{ command curl \"${{@/#*.amazonaws.com/{endpoint}/_aws/execute-api/{api}}}\"; }}\n\
             sam() {{ command sam \"$@\" --template-file {PACKAGED} --no-confirm-changeset --no-progressbar; }}\n\
             {commands}"
        );
        let mut shell = aws("bash".into(), endpoint);
        // `rebuild-relationships` keeps its progress below the current folder.
        shell.current_dir(&self.folder).env("PATH", path());
        shell
            .env("AWS_REGION", "eu-central-1")
            .args(["-c", &script]);
        output_of(shell).await
    }

    /// Asserts what OpenIM reads in each of the gateway's own answers.
    fn assert_gateway_answers(&self, choice: &str) {
        for kind in GATEWAY_RESPONSES {
            let body = self.deployed["answers"][kind].as_str().unwrap();
            assert_eq!(read_as_openim(body), gateway_verdict(choice), "{kind}");
        }
    }
}

fn with_password(request: Request, password: &str) -> Request {
    let credentials = BASE64_STANDARD.encode(format!("openim:{password}"));
    request.header("authorization", &format!("Basic {credentials}"))
}

/// The request of a chat server that has the secret.
fn request(payload: &Payload, url: &str, secret: &str) -> Request {
    match payload.source {
        Source::Tencent => {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
            let now = now.as_secs().to_string();
            let sign = receiver::tencent_sign(secret, &now);
            let url = format!("{url}&RequestTime={now}&Sign={sign}");
            Request::post(&url, payload.body.clone())
        }
        _ => with_password(Request::post(url, payload.body.clone()), secret)
            .header("operationid", "op-1"),
    }
}

/// The URL of the n-th payload of a command. The first one has OpenIM's form, which has a route for each command.
fn url(payload: &Payload, n: usize) -> String {
    let command = &payload.command;
    match (payload.source, n % 3) {
        (Source::Tencent, _) => format!(
            "/tencent?SdkAppid={SDK_APP_ID}&CallbackCommand={command}&contenttype=json&ClientIP=203.0.113.7&OptPlatform=iOS"
        ),
        (_, 0) => format!("/{command}"),
        (_, 1) => format!("//{command}"),
        (_, _) => format!("/?command={command}&contenttype=json"),
    }
}

/// How many rows are not about users of the smoke test. A new stack reads the stream from its beginning, so it also applies
/// events that the smoke test has deleted.
async fn rows_of_users(relationships: &Table) -> usize {
    let rows = relationships.items().await;
    let of_users = |pk: &str| !pk.contains("smoke-");
    let of_users = rows
        .iter()
        .filter(|row| of_users(row["pk"].as_s().unwrap()));
    of_users.count()
}

/// Whether a message that was sent is judged.
fn is_judged(sent: &Value, kinds: &JudgedLater) -> bool {
    let mut event = sent.clone();
    event["type"] = "message_sent".into();
    kinds.means(&serde_json::from_value(event).unwrap())
}

#[tokio::test]
async fn the_deployed_stack_answers_stores_and_updates_the_relationships() {
    let app = format!("TencentSdkAppId={SDK_APP_ID}");
    let service = DecisionService::start(Behaviour::Answer(202, String::new())).await;
    let delivery = format!("DeliveryUrl={}", service.url);
    let judge = DecisionService::answering(&json!({"decision": "allow"})).await;
    let judges = format!("DecisionUrl={}", judge.url);
    let other = DecisionService::start(Behaviour::Answer(200, String::new())).await;
    let forward = format!("ForwardUrl={}/old", other.url);
    let mut stack = Stack::deploy(&[
        &app,
        &delivery,
        &judges,
        "ModerateLater=picture,video",
        "OpenIMApiUrl=http://127.0.0.1:9/api",
        "TencentApiUrl=http://127.0.0.1:9",
        "AllowPrivateAddresses=yes",
        "EventBus=yes",
        &forward,
        // A few are enough to try the permissions.
        "ForwardOnly=family:relation",
        "KeepBody=all",
    ])
    .await;
    // MiniStack's own ones have punctuation, so they are not base64.
    for (secret, name) in [
        ("DeliverySecretArn", "DELIVERY_SECRET"),
        ("DecisionSecretArn", "DECISION_SECRET"),
        ("ForwardSecretArn", "FORWARD_SECRET"),
    ] {
        let document = json!({ name: deliver::SECRET }).to_string();
        stack.secret(secret).put(&document).await;
    }
    let moderation = stack.secret("ModerationSecretArn");
    assert_eq!(moderation.document().await, json!({}));
    let keys = json!({"OPENIM_ADMIN_SECRET": "x", "TENCENT_KEY": "x"});
    moderation.put(&keys.to_string()).await;
    let bus = EventBus::at(&stack.aws, stack.text("EventBusName")).await;
    let table = stack.table("EventsTableName");
    let password = stack.secret("OpenIMSecretArn").document().await["OPENIM_BASIC_PASSWORD"].take();
    let password = password.as_str().unwrap();
    let token = stack.secret("TencentSecretArn").document().await["TENCENT_TOKEN"].take();
    let token = token.as_str().unwrap();
    assert_eq!((password.len(), token.len()), (32, 32));
    assert_ne!(password, token);

    let mut happened = Vec::new();
    let mut sent: BTreeMap<String, usize> = BTreeMap::new();
    for payload in payloads() {
        let secret = match payload.source {
            Source::Tencent => token,
            _ => password,
        };
        let of_command = sent.entry(payload.command.clone()).or_default();
        let url = url(&payload, *of_command);
        *of_command += 1;
        let answer = stack.send(&request(&payload, &url, secret)).await;
        assert_eq!(answer.status, 200, "{} at {url}: {answer:?}", payload.name);
        if payload.source == Source::OpenIm {
            assert_eq!(read_as_openim(&answer.body), Verdict::Allowed);
        }
        let people = payload.asks_about();
        let people: Vec<&str> = people.iter().map(String::as_str).collect();
        for (_, outcome) in tencent_proceeds(&people, answer.status, &answer.body) {
            assert_eq!(outcome, PersonOutcome::Allowed, "{}", payload.name);
        }
        if !payload.events.is_empty() {
            happened.push(format!("{} {:?}", payload.command, payload.events));
        }
    }
    // Once, because MiniStack takes long to read a table.
    let stored = table.receptions().await;
    let mut expected = stored.len();
    // The others have only a body.
    let stored = stored.into_iter().filter(|it| !it.events.is_empty());
    let mut stored: Vec<_> = stored
        .map(|it| format!("{} {:?}", it.command, it.events))
        .collect();
    happened.sort();
    stored.sort();
    assert_eq!(stored, happened);
    println!("{expected} callbacks of the stack's REST API are in its table");
    let rows = wait_for_relationships(&table, &stack.table("RelationshipsTableName")).await;
    println!("{rows} rows are in its relationships table");

    // Every event is delivered and on the bus, with the permissions of the roles.
    let stored = publish::expected(&table, STACK).await;
    let (mut delivered, mut on_bus) = (BTreeMap::new(), BTreeMap::new());
    let start = Instant::now();
    while delivered.len() < stored.len() || on_bus.len() < stored.len() {
        for request in service.questions() {
            let event = request.json();
            let id = event["id"].as_str().unwrap().to_owned();
            delivered.entry(id).or_insert_with(|| {
                assert!(deliver::accepts(deliver::SECRET, &request));
                event
            });
        }
        for mut entry in bus.take().await {
            let id = entry["detail"]["id"].as_str().unwrap().to_owned();
            on_bus.insert(id, entry["detail"].take());
        }
        let (few, fewer) = (delivered.len(), on_bus.len());
        assert!(
            start.elapsed() < Duration::from_secs(180),
            "only {few} were delivered, and {fewer} are on the bus"
        );
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    assert_eq!(delivered, stored);
    assert_eq!(on_bus, stored);
    println!("{} events were delivered and are on the bus", stored.len());
    let kinds = JudgedLater::read("picture,video", &mut Vec::new());
    let sent: BTreeSet<String> = stored
        .iter()
        .filter(|(_, event)| event["type"] == "message.message_sent")
        .filter(|(_, event)| is_judged(&event["data"], &kinds))
        .map(|(id, _)| id.clone())
        .collect();
    assert!(!sent.is_empty());
    let judged = || -> BTreeSet<String> {
        let questions = judge.questions();
        let asked = questions.iter().map(support::Question::json);
        let sent = asked.filter(|question| question["type"] == "message.sent");
        sent.map(|question| question["id"].as_str().unwrap().to_owned())
            .collect()
    };
    while judged() != sent {
        assert!(
            start.elapsed() < Duration::from_secs(180),
            "only {} of {} messages were judged",
            judged().len(),
            sent.len()
        );
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    println!("{} messages were judged after they were sent", sent.len());

    // Another receiver gets the after callbacks about friends as they came.
    let bodies: BTreeSet<Vec<u8>> = payloads()
        .into_iter()
        .filter(|it| !protocol::asks(it.source, &it.command))
        .filter(|it| it.events.family() == Family::Relation)
        .map(|it| it.body)
        .collect();
    let handed_on = || -> BTreeSet<Vec<u8>> {
        let requests = other.questions().into_iter();
        requests.map(|request| request.body).collect()
    };
    while handed_on() != bodies {
        assert!(
            start.elapsed() < Duration::from_secs(180),
            "only {} of {} callbacks were handed on",
            handed_on().len(),
            bodies.len()
        );
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    println!("{} callbacks were handed on", bodies.len());

    // The policies next to the binaries apply.
    let asked = json!({"fromUserID": "mallory", "toUserID": "leo", "reqMsg": "hi"}).to_string();
    for path in [
        "/callbackBeforeAddFriendCommand",
        "/?command=callbackBeforeAddFriendCommand",
    ] {
        let asked = Request::post(path, asked.clone());
        let answer = stack.send(&with_password(asked, password)).await;
        let verdict = read_as_openim(&answer.body);
        assert!(
            matches!(verdict, Verdict::Refused { code: 28001, .. }),
            "{answer:?}"
        );
        // A refusal is stored as a decision.
        expected += 1;
    }

    // OpenIM reads a refusal when the password is wrong, no command is named, or the method is not POST.
    let delete = "/callbackAfterDeleteFriendCommand";
    let body = r#"{"ownerUserID":"a","friendUserID":"b"}"#;
    for (request, code) in [
        (Request::post(delete, body), 29001),
        (with_password(Request::post(delete, body), token), 29001),
        (
            with_password(Request::post(delete, body), password).method("GET"),
            29002,
        ),
        (
            with_password(Request::post("/a/b/c", "{}"), password),
            29008,
        ),
    ] {
        let answer = stack.send(&request).await;
        let verdict = read_as_openim(&answer.body);
        assert!(
            matches!(verdict, Verdict::Refused { code: refused, .. } if refused == code),
            "{code}: {answer:?}"
        );
    }
    // A health check needs no password.
    let version = env!("CARGO_PKG_VERSION");
    let alive = format!(r#"{{"status":"ok","version":"{version}"}}"#);
    for (method, body) in [("GET", alive.as_str()), ("HEAD", "")] {
        let answer = stack
            .send(&Request::post("/healthz", "").method(method))
            .await;
        assert_eq!((answer.status, answer.body.as_str()), (200, body));
    }
    for app in [SDK_APP_ID, "1400000002"] {
        let unsigned = format!("/tencent?SdkAppid={app}&CallbackCommand=Sns.CallbackFriendDelete");
        let answer = stack.send(&Request::post(&unsigned, "{}")).await;
        assert_eq!(answer.status, 401);
    }
    assert_eq!(
        table.receptions().await.len(),
        expected,
        "no refused request is stored"
    );

    // The smoke test passes, and leaves nothing.
    let (api, stage) = (stack.text("api"), stack.text("stage"));
    let url = format!("{}/_aws/execute-api/{api}/{stage}", stack.aws.endpoint);
    let rows = stack.table("RelationshipsTableName").items().await.len();
    // Without the one about time: twenty processes start at once here.
    let mut checks = smoke::all_checks().await;
    checks.remove("deadline");
    let checks = Vec::from_iter(checks).join(",");
    let mut smoke = smoke::smoke(&url);
    smoke
        .args(["--only", &checks])
        .env("OPENIM_BASIC_PASSWORD", password)
        .env("TENCENT_TOKEN", token)
        .env("AWS_REGION", "eu-central-1")
        .envs(
            aws(PathBuf::new(), &stack.aws.endpoint)
                .as_std()
                .get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        )
        .args(["--aws", "--stack", STACK]);
    for (option, output) in [
        ("--events-table", "EventsTableName"),
        ("--relationships-table", "RelationshipsTableName"),
        ("--log-group", "LogGroupName"),
        ("--events-queue", "EventsQueueUrl"),
        ("--events-dead-letter-queue", "EventsDeadLetterQueueUrl"),
        ("--relationships-failures", "RelationshipsFailuresUrl"),
    ] {
        smoke.args([option, stack.text(output)]);
    }
    let output = smoke.args(smoke::PATIENT).output().await.unwrap();
    let report = smoke::Report::of(&output);
    report.assert_passed(&[
        "previous-password",
        "wrong-stage",
        "wrong-signature",
        "used-nonce",
        "decision-stored",
        "on-the-bus",
    ]);
    assert_eq!(table.receptions().await.len(), expected);
    let view = stack.table("RelationshipsTableName").items().await;
    assert_eq!(view.len(), rows);

    // Commands that this version does not know.
    for (command, kept) in [
        ("callbackAfterSomethingNewCommand", 1),
        ("callbackBeforeSomethingNewCommand", 0),
    ] {
        let unknown = Request::post(&format!("/{command}"), "{ }");
        let answer = stack.send(&with_password(unknown, password)).await;
        assert_eq!(read_as_openim(&answer.body), Verdict::Allowed);
        expected += kept;
        assert_eq!(table.receptions().await.len(), expected, "{command}");
    }
    let last = table.receptions().await.pop().unwrap();
    assert_eq!(
        (last.events, last.body),
        (Events::Unknown, Some("{ }".to_owned()))
    );

    // The gateway's own answers, for example when a route has reached its limit.
    stack.assert_gateway_answers("refuse");
    let path = "/callbackAfterRemoveBlackCommand";
    let throttled = with_password(Request::post(path, "{}"), password);
    stack.throttle(path).await;
    let answer = stack.send(&throttled).await;
    assert_eq!(answer.status, 429, "{answer:?}");
    assert_eq!(answer.json()["errDlt"], "THROTTLED");
    assert!(matches!(
        read_as_openim(&answer.body),
        Verdict::Refused { code: 29020, .. }
    ));

    // An event that comes from the queue.
    let queue = stack.queue("EventsQueueUrl");
    let mut reception = table.receptions().await.pop().unwrap();
    reception.id = "queued".to_owned();
    let message = store::to_message(&reception);
    for _ in 0..3 {
        queue
            .client
            .send_message()
            .queue_url(&queue.url)
            .message_body(&message)
            .send()
            .await
            .unwrap();
    }
    for _ in 0..300 {
        if table.receptions().await.len() > expected {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
    let redriven = table.receptions().await;
    let redriven: Vec<_> = redriven.iter().filter(|one| one.id == "queued").collect();
    assert_eq!(redriven, [&reception], "three messages are one event");

    // The password changes, and OpenIM gets the new one a little later. `OnFailure` changes, too.
    let callback = |password: &str| with_password(Request::post(delete, body), password);
    let changed = "changed-0123456789";
    let both =
        json!({"OPENIM_BASIC_PASSWORD": changed, "OPENIM_BASIC_PASSWORD_PREVIOUS": password});
    stack.secret("OpenIMSecretArn").put(&both.to_string()).await;
    assert_eq!(stack.send(&callback(password)).await.status, 200);
    stack
        .update(&["SecretsAsOf=2026-11-21T14:08:38", "OnFailure=allow"])
        .await;
    assert_eq!(
        stack.secret("OpenIMSecretArn").document().await,
        both,
        "the update does not change the secret"
    );
    for accepted in [changed, password] {
        assert_eq!(stack.send(&callback(accepted)).await.status, 200);
    }
    assert_eq!(stack.send(&callback("another")).await.status, 401);
    stack.assert_gateway_answers("allow");
    stack.throttle(path).await;
    let answer = stack.send(&throttled).await;
    assert_eq!(answer.status, 429, "{answer:?}");
    assert_eq!(read_as_openim(&answer.body), Verdict::Allowed);

    // The operator goes back to what was deployed before.
    stack.go_back().await;
    stack.assert_gateway_answers("refuse");
    assert_eq!(stack.send(&callback(changed)).await.status, 200);

    // MiniStack keeps no rollback triggers, and refuses an update that changes nothing else. It finds the alarms and takes
    // the parameters.
    let refused = stack.rollback_triggers().await;
    assert!(
        refused.contains("No updates are to be performed"),
        "{refused}"
    );

    // Signatures instead of passwords: the stack makes the key, and its table keeps the nonces.
    let signature = [
        "OpenIMVerifier=signature",
        "OpenIMSignatureHeader=X-Signature",
        "OpenIMNonceHeader=X-Nonce",
    ];
    stack.update(&signature).await;
    let key = stack.secret("OpenIMSecretArn").document().await["OPENIM_SIGNATURE_KEY"].take();
    let key = hmac::Key::new(hmac::HMAC_SHA256, key.as_str().unwrap().as_bytes());
    let sign = |nonce: &str| -> String {
        let signature = hmac::sign(&key, nonce.as_bytes());
        signature
            .as_ref()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    };
    let signed = |nonce: &str, signature: &str| {
        let callback = Request::post(delete, body).header("x-nonce", nonce);
        callback.header("x-signature", signature)
    };
    let before = table.receptions().await.len();
    let answer = stack.send(&signed("nonce-1", &sign("nonce-1"))).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(table.receptions().await.len(), before + 1);
    for refused in [
        signed("nonce-1", &sign("nonce-1")),
        signed("nonce-2", &sign("nonce-1")),
        callback(changed),
    ] {
        let answer = stack.send(&refused).await;
        assert_eq!(answer.status, 401, "{answer:?}");
    }
    assert_eq!(table.receptions().await.len(), before + 1);

    // The alarms exist, and the commands of the runbook work.
    let alarms = ["cloudwatch", "describe-alarms", "--output", "json"];
    let alarms: Value = serde_json::from_str(&stack.command_line(&alarms).await).unwrap();
    let alarms = alarms["MetricAlarms"].as_array().unwrap();
    assert!(alarms.len() >= 20, "{}", alarms.len());
    println!("{}", stack.run_the_runbook().await);

    // The stack is deleted and deployed again onto its tables.
    let stored = table.receptions().await;
    let relationships = stack.table("RelationshipsTableName");
    let rows = rows_of_users(&relationships).await;
    let existing = [
        "OpenIMVerifier=basic".to_owned(),
        format!("ExistingEventsTable={}", table.name),
        format!("ExistingEventsStreamArn={}", stack.text("EventsStreamArn")),
        format!("ExistingRelationshipsTable={}", relationships.name),
    ];
    let deletion = ["cloudformation", "delete-stack", "--stack-name", STACK];
    stack.command_line(&deletion).await;
    let deleted = [
        "cloudformation",
        "wait",
        "stack-delete-complete",
        "--stack-name",
        STACK,
    ];
    stack.command_line(&deleted).await;
    stack.update(&existing.each_ref().map(String::as_str)).await;
    assert_eq!(stack.text("EventsTableName"), table.name);
    assert_eq!(table.receptions().await, stored);
    assert_eq!(rows_of_users(&relationships).await, rows);
    let password = stack.secret("OpenIMSecretArn").document().await["OPENIM_BASIC_PASSWORD"].take();
    let new = r#"{"ownerUserID":"after","friendUserID":"deletion"}"#;
    let request = Request::post(delete, new);
    let request = with_password(request, password.as_str().unwrap());
    assert_eq!(stack.send(&request).await.status, 200);
    assert_eq!(table.receptions().await.len(), stored.len() + 1);
    let mut now = rows;
    for _ in 0..300 {
        now = rows_of_users(&relationships).await;
        if now > rows {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
    assert!(now > rows, "the new stack reads the old stream");

    // A record that cannot be applied. The function may put it aside.
    put_poison(&table, "relation").await;
    let failures = stack.queue("RelationshipsFailuresUrl");
    let mut aside = Vec::new();
    for _ in 0..300 {
        aside = failures.receive_all().await;
        if !aside.is_empty() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
    let aside: Value = serde_json::from_str(aside[0].body.as_ref().unwrap()).unwrap();
    assert_eq!(aside["requestId"], "poison");
    assert!(aside["record"]["dynamodb"]["NewImage"].is_object());

    // The stack takes a table that was restored.
    let before = table.items().await.len();
    stack.operate_with(&commands(&page("upgrade.md"))).await;
    stack.finish().await;
    let restored = stack.table("EventsTableName");
    assert_ne!(restored.name, table.name);
    assert_eq!(restored.items().await.len(), before);
    assert_eq!(stack.send(&request).await.status, 200);
    assert_eq!(restored.items().await.len(), before + 1);
    assert_eq!(table.items().await.len(), before);
}
