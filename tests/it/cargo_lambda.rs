//! The commands of docs/cargo-lambda.md: functions on this machine with `cargo lambda watch` and `cargo lambda invoke`, and
//! `cargo lambda deploy` into MiniStack, which enforces IAM. The test of `sam_local` runs the rest of the page.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use models::{Verdict, read_as_openim, root};
use serde_json::{Value, json};
use support::{Answer, Dynamodb, FED, Process, Request, Table, binary, free_port, tool};
use tokio::process::Command;

use crate::{
    deployment::{aws, output_of},
    template::Template,
};

const DELETE: &str = "/callbackAfterDeleteFriendCommand";
const BODY: &str = r#"{"ownerUserID": "1102", "friendUserID": "1103"}"#;

/// The block of commands on the page that has this part.
pub(crate) fn documented(part: &str) -> String {
    let page = fs::read_to_string(root().join("docs/cargo-lambda.md")).unwrap();
    let mut blocks = page.split("\n```").filter(|block| block.contains(part));
    let is_commands = |block: &&str| block.starts_with("sh\n") || block.starts_with("console\n");
    let block = blocks.find(is_commands);
    let block = block.unwrap_or_else(|| panic!("docs/cargo-lambda.md has no commands with {part}"));
    let (_, commands) = block.split_once('\n').unwrap();
    commands.to_owned()
}

/// The event that the page makes, in a file.
pub(crate) async fn event(folder: &Path) -> PathBuf {
    let file = folder.join("event.json");
    let documented = documented("imhook event ");
    let (command, target) = documented.trim().split_once(" >").unwrap();
    assert_eq!(target, "target/event.json");
    let mut arguments = command.split(' ');
    assert_eq!(arguments.next(), Some("target/debug/imhook"));
    let mut imhook = Command::new(binary("imhook"));
    imhook.args(arguments);
    fs::write(&file, output_of(imhook).await).unwrap();
    file
}

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("cargo-lambda-{name}"));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// A shell in the project, with the tools of `make tools`. It has none of the variables that Cargo gives to tests, because
/// with them Cargo would compile some crates again.
pub(crate) fn shell(commands: &str) -> Command {
    let mut shell = Command::new("bash");
    let tools = tool("cargo-lambda");
    let path = std::env::var("PATH").unwrap();
    let path = format!("{}:{path}", tools.parent().unwrap().display());
    shell
        .args(["-euc", commands])
        .current_dir(root())
        .env("PATH", path)
        .env("SAM_CLI_TELEMETRY", "0");
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("CARGO_")) {
        if name != "CARGO_HOME" {
            shell.env_remove(name);
        }
    }
    let profile = binary("imhook");
    let target = profile.ancestors().nth(2).unwrap();
    shell.env("CARGO_TARGET_DIR", target);
    shell
}

#[tokio::test]
async fn cargo_lambda_watch_answers_an_event_and_a_request() {
    let folder = folder("watch");
    let port = free_port();
    let watch = documented("cargo lambda watch");
    let mut watch = Process::start(&mut shell(&format!(
        "exec {} --invoke-port {port}",
        watch.trim()
    )));
    let listens = |line: &str| line.contains("starting Runtime server").then_some(());
    watch.wait_for(listens).await;
    let base = format!("http://127.0.0.1:{port}");
    for _ in 0..200 {
        if tokio::net::TcpStream::connect(("127.0.0.1", port))
            .await
            .is_ok()
        {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }

    let invoke = documented("cargo lambda invoke");
    let (invoke, printed) = invoke.split_once('\n').unwrap();
    let file = event(&folder).await;
    let invoke = invoke
        .strip_prefix("$ ")
        .unwrap()
        .replace("target/event.json", file.to_str().unwrap());
    let invoked = output_of(shell(&format!("{invoke} --invoke-port {port}"))).await;
    for part in printed.trim().split('…') {
        assert!(invoked.contains(part), "{part} is not in {invoked}");
    }
    let answer = Answer::from_gateway_response(&serde_json::from_str(&invoked).unwrap());
    assert_eq!(read_as_openim(&answer.body), Verdict::Allowed, "{answer:?}");

    let answer = Request::post(DELETE, BODY).send(&base).await;
    assert_eq!(read_as_openim(&answer.body), Verdict::Allowed, "{answer:?}");
    watch.terminate().await;
}

/// An AWS on this machine, and the folder of two functions that `make build` would have built, and of all that need the
/// stack.
struct Cloud {
    ministack: Dynamodb,
    functions: PathBuf,
}

impl Cloud {
    async fn new() -> Self {
        let functions = folder("deploy");
        for function in ["after-delete-friend", "before-add-friend"]
            .iter()
            .chain(FED)
        {
            let bootstrap = functions.join(function).join("bootstrap");
            fs::create_dir(bootstrap.parent().unwrap()).unwrap();
            let mut strip = Command::new("strip");
            strip.arg("-o").arg(bootstrap).arg(binary(function));
            output_of(strip).await;
        }
        Self {
            ministack: Dynamodb::ministack().await,
            functions,
        }
    }

    /// A shell with these credentials, and the functions of this test. It installs nothing.
    fn shell(&self, commands: &str) -> Command {
        let commands = format!(
            r#"aws() {{ "{aws}" "$@"; }}
make() {{
  command make --no-print-directory --old-file .local/tools/scripts/run.installed LAMBDA_DIR="{functions}" "$@"
}}
{commands}"#,
            aws = root().join(".local/ministack/bin/aws").display(),
            functions = self.functions.display(),
        );
        let mut shell = shell(&commands);
        for (name, value) in aws(PathBuf::new(), &self.ministack.endpoint)
            .as_std()
            .get_envs()
        {
            match value {
                Some(value) => shell.env(name, value),
                None => shell.env_remove(name),
            };
        }
        shell
    }

    /// Runs commands, and returns what they print.
    async fn run(&self, commands: &str) -> String {
        output_of(self.shell(commands)).await
    }

    /// Runs commands that fail, and returns what they complain about.
    async fn complaint(&self, commands: &str) -> String {
        let output = self.shell(commands).output().await.unwrap();
        assert!(!output.status.success(), "{commands}");
        String::from_utf8(output.stderr).unwrap()
    }

    /// What the AWS CLI prints, as JSON.
    async fn ask(&self, arguments: &str) -> Value {
        let printed = self.run(&format!("aws {arguments} --output json")).await;
        serde_json::from_str(&printed).unwrap()
    }

    async fn settings(&self, function: &str) -> Value {
        let ask = format!("lambda get-function-configuration --function-name {function}");
        self.ask(&ask).await
    }

    /// Sends a request to a function's URL, whose host MiniStack takes as a part of the path.
    async fn send(&self, url: &str, request: &Request) -> Answer {
        let host = url.strip_prefix("https://").unwrap();
        let (id, rest) = host.split_once('.').unwrap();
        assert!(rest.ends_with(".on.aws/"), "{url}");
        let endpoint = &self.ministack.endpoint;
        request
            .send(&format!("{endpoint}/_aws/lambda-url/{id}"))
            .await
    }

    fn table(&self) -> Table {
        Table {
            client: self.ministack.client(),
            endpoint: self.ministack.endpoint.clone(),
            name: "callbacks".to_owned(),
        }
    }
}

/// The URLs that `cargo lambda deploy` prints.
fn urls(printed: &str) -> Vec<String> {
    let words = printed.split_whitespace();
    words
        .filter(|word| word.starts_with("https://") && word.contains(".lambda-url."))
        .map(ToOwned::to_owned)
        .collect()
}

fn only_url(printed: &str) -> String {
    match &urls(printed)[..] {
        [url] => url.clone(),
        urls => panic!("{urls:?} in {printed}"),
    }
}

/// A callback with a user and a password, in base64.
fn callback(credentials: &str) -> Request {
    let request = Request::post(DELETE, BODY);
    request.header("authorization", &format!("Basic {credentials}"))
}

#[tokio::test]
async fn functions_are_deployed_without_the_stack() {
    let cloud = Cloud::new().await;
    let account = |commands: String| commands.replace("<account>", "000000000000");

    // Without a verifier.
    let printed = cloud
        .run("make deploy-function FUNCTION=after-delete-friend")
        .await;
    let url = only_url(&printed);
    let answer = cloud.send(&url, &Request::post(DELETE, BODY)).await;
    answer.assert_refused(29012, 500);

    // With a password, as the page says.
    let one = documented("make deploy-function FUNCTION=after-delete-friend \\\n  OPTIONS=");
    let one = one.replace("make build FUNCTION=after-delete-friend\n", "");
    let printed = cloud.run(&format!("{one}\necho password: $password")).await;
    assert_eq!(only_url(&printed), url, "the URL stays");
    let (made, password) = printed.trim_end().split_once("password: ").unwrap();
    assert_eq!(password.len(), 32);
    assert!(!made.contains(password), "make prints no password");
    let right = BASE64_STANDARD.encode(format!("openim:{password}"));
    let answer = cloud.send(&url, &callback(&right)).await;
    assert_eq!(read_as_openim(&answer.body), Verdict::Allowed, "{answer:?}");
    let answer = cloud.send(&url, &callback("d3Jvbmc6d3Jvbmc=")).await;
    answer.assert_refused(29001, 401);

    // What Cargo.toml says of it is what the template gives it by default.
    let settings = cloud.settings("after-delete-friend").await;
    assert_eq!(
        (&settings["MemorySize"], &settings["Timeout"]),
        (&json!(256), &json!(3))
    );
    assert_eq!(settings["Runtime"], "provided.al2023");
    let here = match std::env::consts::ARCH {
        "aarch64" => "arm64",
        other => other,
    };
    assert_eq!(settings["Architectures"], json!([here]));
    let mut variables: BTreeMap<String, Value> =
        serde_json::from_value(settings["Environment"]["Variables"].clone()).unwrap();
    for (name, value) in [
        ("OPENIM_VERIFIER", "basic"),
        ("OPENIM_BASIC_USER", "openim"),
        ("OPENIM_BASIC_PASSWORD", password),
    ] {
        assert_eq!(variables.remove(name), Some(json!(value)));
    }
    let in_the_stack = &Template::with(&[]).functions()["after-delete-friend"]["Environment"];
    assert!(variables.len() > 5, "{variables:?}");
    for (name, value) in &variables {
        let default = &in_the_stack[name];
        let default = default
            .as_str()
            .map_or_else(|| default.to_string(), ToOwned::to_owned);
        assert_eq!(value, &json!(default), "{name}");
    }
    let groups = cloud.ask("logs describe-log-groups").await;
    let groups = groups["logGroups"].as_array().unwrap();
    let kept = groups
        .iter()
        .find(|it| it["logGroupName"] == "/aws/lambda/after-delete-friend");
    assert_eq!(kept.unwrap()["retentionInDays"], 30);

    // With a table, and then with a role that may write it.
    let table = documented("aws dynamodb create-table");
    cloud.run(&table).await;
    let with_table = account(documented(
        "make deploy-function FUNCTION=after-delete-friend EVENTS_TABLE",
    ));
    let with_table = only_url(&cloud.run(&with_table).await);
    assert_eq!(with_table, url);
    let answer = cloud.send(&url, &callback(&right)).await;
    assert_eq!(
        read_as_openim(&answer.body),
        Verdict::Allowed,
        "the password stays: {answer:?}"
    );
    let stored = cloud.table().receptions().await;
    assert_eq!(stored.len(), 1);
    assert_eq!(stored[0].command, "callbackAfterDeleteFriendCommand");
    cloud
        .run("aws iam delete-role-policy --role-name callbacks --policy-name store-events")
        .await;
    cloud
        .send(&url, &callback(&right))
        .await
        .assert_refused(29011, 503);
    assert_eq!(cloud.table().receptions().await.len(), 1);

    // All functions. Those that need the stack are left out.
    let all = account(documented("make deploy-functions"));
    let printed = cloud.run(&format!("password={password}\n{all}")).await;
    assert_eq!(urls(&printed).len(), 2, "{printed}");
    let functions = cloud.ask("lambda list-functions").await;
    let names = functions["Functions"].as_array().unwrap().iter();
    let mut names: Vec<_> = names
        .map(|it| it["FunctionName"].as_str().unwrap())
        .collect();
    names.sort_unstable();
    assert_eq!(names, ["after-delete-friend", "before-add-friend"]);
    // Its policies are in its zip.
    let code = cloud
        .ask("lambda get-function --function-name before-add-friend")
        .await;
    let location = code["Code"]["Location"].as_str().unwrap();
    let zip = reqwest::get(location).await.unwrap().bytes().await.unwrap();
    let name = b"policies.json";
    assert!(zip.windows(name.len()).any(|bytes| bytes == name));
    for function in ["after-delete-friend", "before-add-friend"] {
        let left = cloud.functions.join(function).join("bootstrap.zip");
        assert!(!left.exists(), "sam deploy would pack it");
    }

    cloud.run(&documented("aws lambda delete-function")).await;
    let gone = cloud.complaint("aws lambda get-function --function-name after-delete-friend");
    assert!(gone.await.contains("ResourceNotFoundException"));
}

#[tokio::test]
async fn cargo_lambda_packs_the_policies_also_without_make() {
    let functions = folder("packed");
    let bootstrap = functions.join("before-add-friend/bootstrap");
    fs::create_dir(bootstrap.parent().unwrap()).unwrap();
    fs::copy(binary("before-add-friend"), bootstrap).unwrap();
    let deploy = format!(
        "cargo lambda deploy before-add-friend --dry --output-format json --lambda-dir '{}'",
        functions.display()
    );
    let printed = output_of(shell(&deploy)).await;
    // What it is doing comes before what it plans.
    let planned: Value = serde_json::from_str(&printed[printed.find('{').unwrap()..]).unwrap();
    let mut files: Vec<_> = planned["files"].as_array().unwrap().iter().collect();
    files.sort_by_key(|file| file.as_str());
    assert_eq!(files, ["bootstrap", "policies.json"]);
    assert_eq!(
        (&planned["config"]["memory"], &planned["config"]["timeout"]),
        (&json!(256), &json!(3))
    );
}

#[tokio::test]
async fn make_says_what_a_deployment_lacks() {
    let functions = folder("lacking");
    let make = |words: &str| {
        let commands = format!(
            "make --no-print-directory --old-file .local/tools/scripts/run.installed LAMBDA_DIR='{}' {words}",
            functions.display()
        );
        async move {
            let output = shell(&commands).output().await.unwrap();
            assert!(!output.status.success(), "{commands}");
            String::from_utf8(output.stderr).unwrap()
        }
    };
    for (words, lacking) in [
        ("deploy-function", "name a function"),
        (
            "deploy-function FUNCTION=after-delete-friend EVENTS_TABLE=events",
            "ROLE=<arn>",
        ),
        ("deploy-functions ROLE=role", "no function is built"),
    ] {
        let complaint = make(words).await;
        assert!(complaint.contains(lacking), "{complaint}");
    }
    fs::create_dir(functions.join("after-delete-friend")).unwrap();
    fs::write(functions.join("after-delete-friend/bootstrap"), "").unwrap();
    let complaint = make("deploy-functions").await;
    assert!(complaint.contains("ROLE=<arn>"), "{complaint}");
}
