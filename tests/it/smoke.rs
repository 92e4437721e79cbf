//! `imhook smoke`: it passes against a stack that works, each of its checks finds a fault, and it leaves nothing behind.

mod faults;

use std::{collections::BTreeSet, fs, process::Output, time::Duration};

use models::root;
use serde_json::{Value, json};
use store::Settings;
use support::{Dynamodb, EventBus, Process, Queue, SDK_APP_ID, Table, binary};
use tokio::process::Command;

use self::faults::{CloudWatch, DeleteNothing, Fault, Proxy, faults, faults_of_signatures};
use crate::{
    deployment::{aws, output_of},
    make_run,
    template::Template,
};

const PASSWORD: &str = "n3w-password";
const PREVIOUS: &str = "0ld-password";
const TOKEN: &str = "t0ken";
const KEY: &str = "k3y-of-signatures";
const PREVIOUS_KEY: &str = "0ld-key-of-signatures";
const SIGNATURE_HEADER: &str = "x-signature";
const NONCE_HEADER: &str = "x-nonce";

/// How OpenIM signs in these tests.
const SIGNATURE: [(&str, &str); 6] = [
    ("OPENIM_SIGNATURE_ALGORITHM", "HMAC-SHA256"),
    ("OPENIM_SIGNATURE_ENCODING", "hex"),
    ("OPENIM_SIGNATURE_HEADER", SIGNATURE_HEADER),
    ("OPENIM_NONCE_HEADER", NONCE_HEADER),
    ("OPENIM_SIGNATURE_KEY", KEY),
    ("OPENIM_SIGNATURE_KEY_PREVIOUS", PREVIOUS_KEY),
];

/// Checks that only a stack with signatures, with rules of its own or in AWS has.
const OF_SIGNATURES: [&str; 2] = ["wrong-signature", "used-nonce"];
const OF_RULES: [&str; 1] = ["decision-stored"];
const OF_BUS: [&str; 1] = ["on-the-bus"];
pub(crate) const OF_AWS: [&str; 3] = ["log-line", "no-alarm", "queues-empty"];

/// `imhook run` with ports and a folder that only this test uses.
pub(crate) struct Run {
    pub(crate) url: String,
    dynamodb: String,
    _process: Process,
}

impl Run {
    pub(crate) async fn start(test: &str, environment: &[(&str, &str)]) -> Self {
        Self::with(test, environment, &json!({}), &[]).await
    }

    async fn with(
        test: &str,
        environment: &[(&str, &str)],
        policies: &Value,
        options: &[&str],
    ) -> Self {
        let folder = make_run::folder(&format!("smoke-{test}"));
        fs::write(folder.join("policies.json"), policies.to_string()).unwrap();
        let mut command = make_run::command(&folder, &binary("imhook"));
        command.args(options).envs(environment.iter().copied());
        let mut process = Process::start(&mut command);
        let named = |name: &'static str| move |line: &str| Some(line.strip_prefix(name)?.into());
        let url = process.wait_for(named("url: ")).await;
        let dynamodb = process.wait_for(named("dynamodb: ")).await;
        let ready = |line: &str| line.starts_with("ready: ").then_some(());
        process.wait_for(ready).await;
        Self {
            url,
            dynamodb,
            _process: process,
        }
    }

    /// One that checks who calls.
    async fn closed(test: &str) -> Self {
        Self::start(
            test,
            &[
                ("OPENIM_VERIFIER", "basic"),
                ("OPENIM_BASIC_PASSWORD", PASSWORD),
                ("OPENIM_BASIC_PASSWORD_PREVIOUS", PREVIOUS),
                ("TENCENT_VERIFIER", "token"),
                ("TENCENT_TOKEN", TOKEN),
            ],
        )
        .await
    }

    pub(crate) async fn assert_that_nothing_is_left(&self) {
        let settings = Settings::local(&self.dynamodb);
        for name in ["events", "relationships"] {
            let table = Table {
                client: store::dynamodb(&settings, Duration::from_secs(10)),
                endpoint: self.dynamodb.clone(),
                name: name.to_owned(),
            };
            let items = table.items().await;
            let keys: Vec<_> = items.iter().map(|item| &item["pk"]).collect();
            assert!(keys.is_empty(), "{name}: {keys:?}");
        }
    }
}

/// A run of the smoke test, without secrets in the environment.
pub(crate) fn smoke(url: &str) -> Command {
    let mut command = Command::new(binary("imhook"));
    for name in [
        "OPENIM_BASIC_PASSWORD",
        "OPENIM_BASIC_PASSWORD_PREVIOUS",
        "TENCENT_TOKEN",
    ] {
        command.env_remove(name);
    }
    command
        .args(["smoke", "--json", "--url", url])
        .args(["--sdk-app-id", SDK_APP_ID]);
    command
}

/// These tests are not about the speed of the machine.
pub(crate) const PATIENT: [&str; 4] = ["--patience", "120", "--deadline-ms", "60000"];

fn with_tables(command: &mut Command, dynamodb: &str) {
    command
        .args(["--dynamodb", dynamodb])
        .args(["--events-table", "events"])
        .args(["--relationships-table", "relationships"]);
}

fn with_secrets(command: &mut Command) {
    command
        .env("OPENIM_BASIC_PASSWORD", PASSWORD)
        .env("OPENIM_BASIC_PASSWORD_PREVIOUS", PREVIOUS)
        .env("TENCENT_TOKEN", TOKEN);
}

/// What a run printed: a line for each check.
pub(crate) struct Report(Vec<Value>);

impl Report {
    pub(crate) fn of(output: &Output) -> Self {
        let printed = String::from_utf8(output.stdout.clone()).unwrap();
        let lines = printed.lines();
        Self(
            lines
                .map(|line| serde_json::from_str(line).unwrap())
                .collect(),
        )
    }

    /// The checks that ended in this way.
    pub(crate) fn with(&self, result: &str) -> BTreeSet<&str> {
        let found = self.0.iter().filter(|line| line["result"] == result);
        found.map(|line| line["check"].as_str().unwrap()).collect()
    }

    /// Asserts that nothing failed, and that only these were skipped.
    pub(crate) fn assert_passed(&self, skipped: &[&str]) {
        let failed = self.0.iter().filter(|line| line["result"] == "FAILED");
        assert_eq!(failed.collect::<Vec<_>>(), [&Value::Null; 0]);
        assert_eq!(self.with("skipped"), skipped.iter().copied().collect());
        assert!(self.with("ok").len() >= 25);
    }
}

/// The names of all checks.
pub(crate) async fn all_checks() -> BTreeSet<String> {
    let list = Command::new(binary("imhook"))
        .args(["smoke", "--list"])
        .output();
    let list = String::from_utf8(list.await.unwrap().stdout).unwrap();
    let names: BTreeSet<String> = list.lines().map(ToOwned::to_owned).collect();
    assert_eq!(names.len(), list.lines().count(), "each name is there once");
    names
}

/// The names of the checks that are about one command each.
fn commands() -> BTreeSet<String> {
    let commands = protocol::catalogue();
    commands.map(|it| it.name.to_owned()).collect()
}

#[tokio::test]
async fn every_check_passes_behind_a_gateway_with_a_stage_and_nothing_is_left() {
    let run = Run::closed("closed").await;
    let proxy = Proxy::start(&run.url).await;
    let mut smoke = smoke(&proxy.url);
    with_tables(&mut smoke, &run.dynamodb);
    with_secrets(&mut smoke);
    let output = smoke
        .args(["--gateway", "aws"])
        .args(PATIENT)
        .output()
        .await
        .unwrap();
    let report = Report::of(&output);
    // The tests below are about these.
    let skipped = [&OF_SIGNATURES[..], &OF_RULES, &OF_BUS, &OF_AWS].concat();
    report.assert_passed(&skipped);
    assert_eq!(output.status.code(), Some(0));
    let ran = report.with("ok").into_iter().chain(skipped);
    let ran: BTreeSet<String> = ran.map(ToOwned::to_owned).collect();
    assert_eq!(ran, all_checks().await);
    run.assert_that_nothing_is_left().await;
}

#[tokio::test]
async fn on_a_laptop_only_the_checks_of_what_it_does_not_have_are_skipped() {
    let run = Run::start("open", &[]).await;
    let mut smoke = smoke(&run.url);
    with_tables(&mut smoke, &run.dynamodb);
    let output = smoke
        .args(["--verifier", "none"])
        .args(PATIENT)
        .output()
        .await
        .unwrap();
    Report::of(&output).assert_passed(&[
        "no-password",
        "wrong-password",
        "wrong-user",
        "wrong-signature",
        "used-nonce",
        "previous-password",
        "stranger-path",
        "stranger-get",
        "refused-not-stored",
        "tencent-wrong-token",
        "tencent-old-time",
        "wrong-stage",
        "decision-stored",
        "on-the-bus",
        "log-line",
        "no-alarm",
        "queues-empty",
    ]);
    assert_eq!(output.status.code(), Some(0));
    run.assert_that_nothing_is_left().await;
}

/// Each fault is found by the checks that its row names, and each check finds a fault.
#[tokio::test]
async fn every_check_fails_when_its_fault_is_planted() {
    let run = Run::closed("faults").await;
    let proxy = Proxy::start(&run.url).await;
    let mut found = BTreeSet::new();
    for fault in faults() {
        let mut smoke = smoke(&proxy.url);
        with_secrets(&mut smoke);
        plant_and_find(&run, &proxy, &fault, smoke).await;
        found.extend(fault.found_by);
    }

    // A table from which nothing can be deleted.
    proxy.plant(faults::none);
    let table = DeleteNothing::start(&run.dynamodb).await;
    let mut smoke = smoke(&proxy.url);
    with_tables(&mut smoke, &table.url);
    with_secrets(&mut smoke);
    let smoke = smoke.args(["--only", "accepted"]).args(PATIENT);
    let output = smoke.output().await.unwrap();
    let report = Report::of(&output);
    assert_eq!(report.with("FAILED"), ["clean-up"].into());
    assert_eq!(output.status.code(), Some(1));
    found.insert("clean-up".to_owned());

    let others = [&OF_SIGNATURES[..], &OF_RULES, &OF_BUS, &OF_AWS].concat();
    found.extend(others.into_iter().map(ToOwned::to_owned));
    assert_eq!(found, all_checks().await, "each check has a planted fault");
}

/// Plants a fault, and asserts that exactly its checks fail.
async fn plant_and_find(run: &Run, proxy: &Proxy, fault: &Fault, mut smoke: Command) {
    proxy.plant(fault.spoil);
    with_tables(&mut smoke, &run.dynamodb);
    let output = smoke
        .args(["--gateway", "aws", "--deadline-ms", "100"])
        .args(["--only", &fault.found_by.join(",")])
        .args(["--patience", fault.patience])
        .output()
        .await
        .unwrap();
    assert_found(fault.what, &output, fault.found_by.iter());
    run.assert_that_nothing_is_left().await;
}

/// Asserts that a run failed with these checks, and says no secret.
fn assert_found(what: &str, output: &Output, checks: impl Iterator<Item = impl AsRef<str>>) {
    let report = Report::of(output);
    let expected: BTreeSet<String> = checks.map(|it| it.as_ref().to_owned()).collect();
    let expected = expected.iter().map(String::as_str).collect();
    assert_eq!(report.with("FAILED"), expected, "{what}: {:?}", report.0);
    assert_eq!(report.with("ok"), ["clean-up"].into(), "{what}");
    // The last line is the first reason.
    assert_eq!(output.status.code(), Some(1), "{what}");
    let error = String::from_utf8_lossy(&output.stderr);
    let first = report.0[0]["check"].as_str().unwrap();
    assert!(error.starts_with(&format!("error: {first}: ")), "{error}");
    for secret in [PASSWORD, PREVIOUS, TOKEN, KEY, PREVIOUS_KEY] {
        assert!(!error.contains(secret), "{error}");
    }
}

#[tokio::test]
async fn a_stack_that_verifies_signatures_is_called_with_them() {
    let environment = [&[("OPENIM_VERIFIER", "signature")][..], &SIGNATURE].concat();
    let run = Run::start("signatures", &environment).await;
    let proxy = Proxy::start(&run.url).await;
    let command = || {
        let mut smoke = smoke(&proxy.url);
        smoke.args(["--verifier", "signature"]).envs(SIGNATURE);
        smoke
    };
    let mut all = command();
    with_tables(&mut all, &run.dynamodb);
    let output = all.args(PATIENT).output().await.unwrap();
    let without = [
        "wrong-password",
        "wrong-user",
        "wrong-stage",
        "tencent-wrong-token",
        "tencent-old-time",
    ];
    Report::of(&output).assert_passed(&[&without[..], &OF_RULES, &OF_BUS, &OF_AWS].concat());
    run.assert_that_nothing_is_left().await;
    let mut found = BTreeSet::new();
    for fault in faults_of_signatures() {
        plant_and_find(&run, &proxy, &fault, command()).await;
        found.extend(fault.found_by);
    }
    for check in OF_SIGNATURES {
        assert!(found.contains(check), "{check}");
    }

    let mut without_a_header = command();
    without_a_header.env_remove("OPENIM_NONCE_HEADER");
    let output = without_a_header.output().await.unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(error.contains("OPENIM_NONCE_HEADER is not set"), "{error}");
}

#[tokio::test]
async fn what_the_stacks_own_rules_refuse_must_be_stored_as_a_decision() {
    let friends_only = json!({"whenUnknown": "refuse", "withoutRecord": "refuse"});
    let rules = json!({"messages": { "friendsOnly": friends_only }});
    let refused = "callbackBeforeSendSingleMsgCommand";
    for (record, patience) in [("refused", "60"), ("none", "1")] {
        let name = format!("decisions-{record}");
        let run = Run::with(&name, &[("RECORD_DECISIONS", record)], &rules, &[]).await;
        let mut smoke = smoke(&run.url);
        with_tables(&mut smoke, &run.dynamodb);
        let output = smoke
            .args(["--verifier", "none", "--refused", refused])
            .args(["--only", "decision-stored", "--patience", patience])
            .output()
            .await
            .unwrap();
        match record {
            "none" => assert_found("decisions are lost", &output, OF_RULES.iter()),
            _ => {
                let report = Report::of(&output);
                let expected = ["decision-stored", "clean-up"].into();
                assert_eq!(report.with("ok"), expected, "{:?}", report.0);
            }
        }
        run.assert_that_nothing_is_left().await;
    }
}

/// The tables of a run, in an AWS on this machine.
fn in_aws(smoke: &mut Command, run: &Run, ministack: &Dynamodb) {
    smoke
        .args(["--aws", "--events-table", "events"])
        .args(["--relationships-table", "relationships"])
        .env("AWS_REGION", "eu-central-1")
        .env("AWS_ACCESS_KEY_ID", "local")
        .env("AWS_SECRET_ACCESS_KEY", "local")
        .env("AWS_ENDPOINT_URL_DYNAMODB", &run.dynamodb)
        .env("AWS_ENDPOINT_URL_EVENTBRIDGE", &ministack.endpoint)
        .env("AWS_ENDPOINT_URL_SQS", &ministack.endpoint);
}

#[tokio::test]
async fn an_event_arrives_on_the_bus_and_the_rule_for_it_is_removed() {
    let ministack = Dynamodb::ministack().await;
    for bus in ["smoke-chat", "smoke-other"] {
        EventBus::create(&ministack, bus).await;
    }
    let options = [
        "--eventbridge",
        &ministack.endpoint,
        "--event-bus",
        "smoke-chat",
    ];
    let run = Run::with("bus", &[], &json!({}), &options).await;
    let queues = Queue::client(&ministack.endpoint);
    let queues = async || queues.list_queues().send().await.unwrap().queue_urls;
    let before = queues().await;
    for (bus, patience) in [("smoke-chat", "60"), ("smoke-other", "1")] {
        let mut smoke = smoke(&run.url);
        in_aws(&mut smoke, &run, &ministack);
        let output = smoke
            .args(["--verifier", "none", "--event-bus", bus])
            .args(["--only", OF_BUS[0], "--patience", patience])
            .output()
            .await
            .unwrap();
        match bus {
            "smoke-other" => assert_found("a bus without events", &output, OF_BUS.iter()),
            _ => {
                let report = Report::of(&output);
                let expected = [OF_BUS[0], "clean-up"].into();
                assert_eq!(report.with("ok"), expected, "{:?}", report.0);
            }
        }
        run.assert_that_nothing_is_left().await;
        let mut rules = aws(root().join(".local/ministack/bin/aws"), &ministack.endpoint);
        rules
            .args(["events", "list-rules", "--event-bus-name", bus])
            .args(["--query", "Rules[].Name", "--output", "text"]);
        let rules = output_of(rules).await;
        assert_eq!(rules.trim(), "all", "only the rule of the test is left");
        assert_eq!(queues().await, before);
    }
}

/// A line of a function, without what only some lines have.
fn line_of(operation_id: &str, more: &str) -> String {
    json!({
        "level": "INFO", "message": "callback stored", "operationID": operation_id,
        "command": "callbackAfterSetFriendRemarkCommand", "detail": more,
    })
    .to_string()
}

#[tokio::test]
async fn a_stacks_log_alarms_and_queues_are_checked() {
    let run = Run::closed("aws").await;
    let ministack = Dynamodb::ministack().await;
    let empty = Queue::create(&ministack, "smoke-empty").await;
    let full = Queue::create(&ministack, "smoke-full").await;
    let message = full.client.send_message().queue_url(&full.url);
    message.message_body("waits").send().await.unwrap();
    let good: fn(&str) -> Option<String> = |id| Some(line_of(id, ""));
    let calm = &["OK", "INSUFFICIENT_DATA"][..];
    for (what, line, states, dead_letters, found_by) in [
        ("nothing", good, calm, &empty, None),
        (
            "no line",
            (|_| None) as fn(&str) -> _,
            calm,
            &empty,
            Some("log-line"),
        ),
        (
            "a line of another callback",
            |_| Some(line_of("another", "")),
            calm,
            &empty,
            Some("log-line"),
        ),
        (
            "a remark in a line",
            |id| Some(line_of(id, &format!("written-by-a-user-{id}"))),
            calm,
            &empty,
            Some("log-line"),
        ),
        (
            "a password in a line",
            |id| Some(line_of(id, PREVIOUS)),
            calm,
            &empty,
            Some("log-line"),
        ),
        ("an alarm", good, &["OK", "ALARM"], &empty, Some("no-alarm")),
        ("no alarms", good, &[], &empty, Some("no-alarm")),
        ("a dead letter", good, calm, &full, Some("queues-empty")),
    ] {
        let cloudwatch = CloudWatch { line, states }.start().await;
        let mut smoke = smoke(&run.url);
        with_secrets(&mut smoke);
        in_aws(&mut smoke, &run, &ministack);
        smoke
            .args(["--log-group", "functions", "--stack", "chat"])
            .args(["--events-queue", &empty.url])
            .args(["--events-dead-letter-queue", &dead_letters.url])
            .args(["--only", &found_by.map_or(OF_AWS.join(","), str::to_owned)])
            .args(["--patience", if found_by.is_some() { "1" } else { "60" }])
            .env("AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", &cloudwatch)
            .env("AWS_ENDPOINT_URL_CLOUDWATCH", &cloudwatch);
        let output = smoke.output().await.unwrap();
        match found_by {
            Some(check) => assert_found(what, &output, [check].iter()),
            None => {
                let report = Report::of(&output);
                let expected = OF_AWS.into_iter().chain(["clean-up"]).collect();
                assert_eq!(report.with("ok"), expected, "{:?}", report.0);
            }
        }
        run.assert_that_nothing_is_left().await;
    }
}

#[tokio::test]
async fn a_wrong_option_is_an_error_before_anything_is_called() {
    for (arguments, error) in [
        (&["--only", "stord"][..], "there is no check stord"),
        (&["--url", "localhost"], "--url is not a URL"),
        (&[], "OPENIM_BASIC_PASSWORD is not set"),
    ] {
        let mut smoke = Command::new(binary("imhook"));
        smoke
            .arg("smoke")
            .args(arguments)
            .env_remove("OPENIM_BASIC_PASSWORD");
        if arguments.first() == Some(&"--url") {
            smoke.env("OPENIM_BASIC_PASSWORD", PASSWORD);
        }
        let output = smoke.output().await.unwrap();
        assert_eq!(output.status.code(), Some(1));
        assert!(output.stdout.is_empty());
        let printed = String::from_utf8(output.stderr).unwrap();
        assert!(printed.contains(error), "{printed}");
    }
}

/// The stack's output SmokeCommand has its own settings and names.
#[tokio::test]
async fn the_command_that_a_stack_prints_has_its_settings_and_is_understood() {
    let signs = [
        ("OpenIMVerifier", "signature"),
        ("OpenIMSignatureHeader", "X-Signature"),
        ("OpenIMNonceHeader", "X-Nonce"),
        ("OnFailure", "allow"),
        ("AlarmEmail", "ops@example.com"),
    ];
    for (parameters, has) in [
        (&[][..], ["--verifier basic", "--on-failure refuse"]),
        (&signs, ["--verifier signature", "--on-failure allow"]),
    ] {
        let template = Template::with(parameters);
        let command = &template.outputs()["SmokeCommand"]["Value"]["Fn::Sub"];
        let mut text = command[0].as_str().unwrap().to_owned();
        let alarms = command[1]["Alarms"]["Fn::Sub"].as_str();
        assert_eq!(alarms.is_some(), parameters.len() > 1);
        text = text.replace("${Alarms}", alarms.unwrap_or_default());
        while let Some((before, rest)) = text.split_once("${") {
            let (name, after) = rest.split_once('}').unwrap();
            let value = template.parameter(name).unwrap_or_else(|| name.to_owned());
            text = format!("{before}{value}{after}");
        }
        for option in has {
            assert!(text.contains(option), "{text}");
        }
        let options = text.split_once("SMOKE=\"").unwrap().1.trim_end_matches('"');
        let mut smoke = Command::new(binary("imhook"));
        smoke.args(["smoke", "--aws", "--only", "stord"]);
        let output = smoke.args(options.split(' ')).output().await.unwrap();
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(error.contains("there is no check stord"), "{error}");
    }
}

#[tokio::test]
async fn the_page_describes_exactly_the_checks_that_exist() {
    let page = fs::read_to_string(root().join("docs/smoke.md")).unwrap();
    let (_, table) = page.split_once("| Check |").unwrap();
    let rows = table.lines().filter_map(|line| line.strip_prefix("| `"));
    let described: BTreeSet<String> = rows
        .map(|row| row.split('`').next().unwrap().to_owned())
        .collect();
    let own: BTreeSet<String> = &all_checks().await - &commands();
    assert_eq!(described, own);
    assert!(commands().is_subset(&all_checks().await));
}
