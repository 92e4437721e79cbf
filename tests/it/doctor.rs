//! `imhook doctor`: its exit codes, its output, the file that it writes, and its calls to a receiver.
//!
//! What it finds in a file is tested next to its rules.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Output,
    time::Duration,
};

use axum::{
    Router,
    extract::Request,
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
};
use futures_util::future::{BoxFuture, FutureExt as _, join_all};
use models::root;
use serde_json::Value;
use support::{binary, nowhere, serve};
use tokio::{process::Command, time::sleep};

use crate::smoke::Run;

const PASSWORD: &str = "t0p-secret";

/// Writes a file into a folder of its own.
fn file(test: &str, text: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("doctor-{test}"));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    let file = folder.join("webhooks.yml");
    fs::write(&file, text).unwrap();
    file
}

/// The file of the documentation, with this url.
fn good(url: &str) -> String {
    let text = fs::read_to_string(root().join("docs/webhooks.yml")).unwrap();
    text.replace("http://127.0.0.1:9080", url)
}

async fn doctor(arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut command = Command::new(binary("imhook"));
    command
        .arg("doctor")
        .args(arguments)
        .env_remove("OPENIM_BASIC_PASSWORD")
        .envs(variables.iter().copied());
    let output = command.output().await.unwrap();
    for text in [&output.stdout, &output.stderr] {
        let text = String::from_utf8_lossy(text);
        assert!(
            !text.contains(PASSWORD) && !text.contains("panicked"),
            "{text}"
        );
    }
    output
}

/// Everything that a run with `--json` found.
async fn found(arguments: &[&str], variables: &[(&str, &str)]) -> (Option<i32>, Vec<Value>) {
    let arguments = [arguments, &["--json"]].concat();
    let output = doctor(&arguments, variables).await;
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    let lines = String::from_utf8(output.stdout).unwrap();
    let lines = lines.lines().map(|it| serde_json::from_str(it).unwrap());
    (output.status.code(), lines.collect())
}

fn codes(found: &[Value]) -> BTreeSet<&str> {
    found
        .iter()
        .map(|it| it["code"].as_str().unwrap())
        .collect()
}

/// All kinds of findings, as the program lists them.
async fn kinds() -> Vec<Value> {
    found(&["--list"], &[]).await.1
}

#[tokio::test]
async fn the_exit_code_says_whether_something_was_found() {
    let good = file("exit-good", &good("https://hooks.example.com/im"));
    let bad = file(
        "exit-bad",
        "url: webhook://127.0.0.1:10008/callbackExample\n",
    );
    let [good, bad] = [&good, &bad].map(|it| it.to_str().unwrap());
    for (arguments, code) in [
        (&["--webhooks-yml", good][..], 0),
        (&["--list"], 0),
        (&["--webhooks-yml", "no/such/file.yml"], 1),
        (&["--webhooks-yml", good, "--policies", bad], 1),
        (&["--url", "no-url"], 1),
        (&[], 2),
        (&["--webhooks-yml", good, "--openim-version", "latest"], 2),
        (&["--fix", "--url", "http://127.0.0.1:9"], 2),
        (&["--webhooks-yml", bad], 3),
        (&["--tencent-url", "https://10.0.0.1/tencent"], 3),
    ] {
        let output = doctor(arguments, &[]).await;
        assert_eq!(
            output.status.code(),
            Some(code),
            "{arguments:?}: {output:?}"
        );
        assert_eq!(
            output.stderr.is_empty(),
            matches!(code, 0 | 3),
            "{arguments:?}"
        );
    }
}

#[tokio::test]
async fn a_finding_has_its_line_its_reason_and_what_to_do_in_both_forms() {
    let text = good(&format!("https://openim:{PASSWORD}@hooks.example.com/im/"));
    let line = 1 + text.lines().position(|it| it.starts_with("url:")).unwrap();
    let path = file("forms", &text);
    let path = path.to_str().unwrap();
    let (code, findings) = found(&["--webhooks-yml", path], &[]).await;
    assert_eq!(code, Some(3));
    assert_eq!(codes(&findings), ["url-password-shown", "url-slash"].into());
    let printed = doctor(&["--webhooks-yml", path], &[]).await;
    assert_eq!(printed.status.code(), Some(3));
    let printed = String::from_utf8(printed.stdout).unwrap();
    for finding in &findings {
        assert_eq!(finding["line"], line);
        assert_eq!(finding["file"], path);
        assert_eq!(finding["at"], "url");
        for member in ["code", "severity", "reason", "meaning", "fix"] {
            let text = finding[member].as_str().unwrap();
            assert!(
                !text.is_empty() && printed.contains(text),
                "{text}\n{printed}"
            );
        }
    }
    assert!(printed.contains(&format!("{path}:{line}")), "{printed}");
    assert!(
        printed.ends_with("1 errors, 1 warnings, 0 notes\n"),
        "{printed}"
    );
}

#[tokio::test]
async fn fix_writes_a_file_beside_and_leaves_the_first_one_alone() {
    let text = good("webhook://hooks.example.com/im/")
        .replace("beforeAddFriend:", "beforeAdFriends:")
        .replacen(
            "enable: true\n  timeout: 5",
            "enable: yes # still\n  timeout: 0",
            1,
        );
    let path = file("fix", &text);
    let name = path.to_str().unwrap();
    let (code, before) = found(&["--webhooks-yml", name, "--fix"], &[]).await;
    assert_eq!(code, Some(3));
    assert!(before.iter().any(|it| it["canFix"] == true));
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
    let fixed = format!("{name}.fixed");
    let corrected = fs::read_to_string(&fixed).unwrap();
    assert_eq!(corrected.lines().count(), text.lines().count());
    assert!(corrected.contains("enable: true # still\n"));
    let (code, after) = found(&["--webhooks-yml", &fixed], &[]).await;
    // The address is now http, and only a person can say whether it has TLS. The time-out is seen once its switch is on.
    assert_eq!(codes(&after), ["timeout-missing", "url-plain-http"].into());
    assert_eq!(code, Some(3));
}

#[tokio::test]
async fn the_environment_of_openim_counts_more_than_the_file() {
    let path = file("environment", &good("https://hooks.example.com/im"));
    let name = path.to_str().unwrap();
    let variables = path.with_file_name("variables");
    fs::write(
        &variables,
        "# OpenIM\nOTHER=1\nexport IMENV_WEBHOOKS_URL=\"webhook://h/a\"\nIMENV_WEBHOOKS_AFTERADDFRIEND_TIMEOUT=0\n",
    )
    .unwrap();
    let of_file = &[
        "--webhooks-yml",
        name,
        "--env-file",
        variables.to_str().unwrap(),
    ];
    let (code, findings) = found(of_file, &[("IMENV_WEBHOOKS_URL", "https://ignored/a")]).await;
    assert_eq!(code, Some(3));
    let expected = ["env-overrides", "timeout-missing", "url-scheme"];
    assert_eq!(codes(&findings), expected.into());
    let scheme = findings
        .iter()
        .find(|it| it["code"] == "url-scheme")
        .unwrap();
    assert_eq!(scheme["at"], "IMENV_WEBHOOKS_URL");
    assert_eq!(scheme["line"], Value::Null);
    let of_process = &["--webhooks-yml", name];
    let (_, findings) = found(of_process, &[("IMENV_WEBHOOKS_URL", "https://h/")]).await;
    assert_eq!(codes(&findings), ["env-overrides", "url-slash"].into());
}

#[tokio::test]
async fn a_receiver_that_works_gives_notes_only_and_stores_nothing() {
    let run = Run::start(
        "doctor",
        &[
            ("OPENIM_VERIFIER", "basic"),
            ("OPENIM_BASIC_PASSWORD", PASSWORD),
        ],
    )
    .await;
    let host = run.url.strip_prefix("http://").unwrap();
    let path = file("calls-good", &good(&run.url));
    // These tests are not about the speed of the machine.
    let path = path.to_str().unwrap();
    let arguments = ["--webhooks-yml", path, "--url", &run.url];
    let (code, findings) = found(&arguments, &[("OPENIM_BASIC_PASSWORD", PASSWORD)]).await;
    assert_eq!(
        codes(&findings),
        ["call-time", "url-loopback"].into(),
        "{findings:?}"
    );
    assert_eq!(code, Some(0));
    let with_password = format!("http://openim:{PASSWORD}@{host}");
    let (code, findings) = found(&["--url", &with_password], &[]).await;
    assert_eq!(codes(&findings), ["call-time"].into(), "{findings:?}");
    assert_eq!(code, Some(0));
    for (url, variables) in [
        (run.url.clone(), &[][..]),
        (run.url.clone(), &[("OPENIM_BASIC_PASSWORD", "wrong")]),
        (format!("http://openim:wrong@{host}"), &[]),
    ] {
        let (code, findings) = found(&["--url", &url], variables).await;
        assert_eq!(
            codes(&findings),
            ["call-not-believed"].into(),
            "{findings:?}"
        );
        assert_eq!(code, Some(3));
    }
    run.assert_that_nothing_is_left().await;
}

/// A server that is not the receiver: what it answers to a path.
type Answers = fn(&str) -> BoxFuture<'static, Response>;

const ALLOWED: &str = r#"{"actionCode":0,"errCode":0,"errMsg":"","errDlt":"","nextCode":0}"#;

fn refused(code: i32) -> String {
    format!(r#"{{"actionCode":0,"errCode":{code},"errMsg":"no","errDlt":"","nextCode":1}}"#)
}

fn now(response: impl axum::response::IntoResponse) -> BoxFuture<'static, Response> {
    let response = response.into_response();
    async { response }.boxed()
}

/// The answers of a receiver, after a pause.
fn receiver(path: &str, pause: u64) -> BoxFuture<'static, Response> {
    let answer = match path {
        "/healthz" => r#"{"status":"ok","version":"0.2.0"}"#.to_owned(),
        path if path.contains("Before") => ALLOWED.to_owned(),
        _ => refused(29006),
    };
    async move {
        sleep(Duration::from_millis(pause)).await;
        answer.into_response()
    }
    .boxed()
}

/// The answers of a receiver, but this one to callbacks.
fn but(path: &str, answer: impl axum::response::IntoResponse) -> BoxFuture<'static, Response> {
    match path {
        "/healthz" => receiver(path, 0),
        _ => now(answer),
    }
}

/// What a server does, and the codes that are found then.
const SERVERS: &[(&[&str], Answers)] = &[
    (&["call-redirect"], |_| {
        now((StatusCode::FOUND, [(header::LOCATION, "https://h/")]))
    }),
    (&["call-redirect"], |path| {
        but(
            path,
            (StatusCode::PERMANENT_REDIRECT, [(header::LOCATION, "/x")]),
        )
    }),
    (&["call-not-the-receiver", "call-unreadable"], |_| {
        now((StatusCode::BAD_GATEWAY, "<html>502 Bad Gateway</html>"))
    }),
    (&["call-not-the-receiver", "call-read-as-allowed"], |_| {
        now((StatusCode::FORBIDDEN, r#"{"message":"Forbidden"}"#))
    }),
    (&["call-unreadable"], |path| but(path, "ok")),
    (&["call-read-as-allowed"], |path| but(path, "{}")),
    (&["call-misconfigured"], |path| but(path, refused(29012))),
    (&["call-misconfigured"], |path| but(path, refused(29015))),
    (&["call-not-believed"], |path| but(path, refused(29001))),
    (&["call-refused"], |path| but(path, refused(29013))),
    // It believes everybody.
    (&["call-open", "call-time"], |path| receiver(path, 0)),
    (&["call-late", "call-open", "call-time"], |path| {
        receiver(path, 1100)
    }),
];

#[tokio::test]
async fn every_finding_about_a_call_is_provoked() {
    let path = file(
        "calls",
        &good("https://hooks.example.com/im").replace("timeout: 5", "timeout: 1"),
    );
    let path = path.to_str().unwrap();
    let slow = file(
        "calls-slow",
        &good("https://hooks.example.com/im").replace("timeout: 5", "timeout: 2"),
    );
    let slow = slow.to_str().unwrap();
    let of_a_server = |file: &'static str, answers: Answers| async move {
        let (url, _) = serve(Router::new().fallback(move |request: Request| {
            let path = request.uri().path().to_owned();
            answers(&path)
        }))
        .await;
        let arguments = ["--webhooks-yml", file, "--url", &url];
        let (code, findings) = found(&arguments, &[("OPENIM_BASIC_PASSWORD", PASSWORD)]).await;
        assert_eq!(code, Some(3), "{findings:?}");
        let calls = findings.iter().filter_map(|it| it["code"].as_str());
        let calls = calls.filter(|it| it.starts_with("call-") && *it != "call-other-url");
        calls.map(ToOwned::to_owned).collect::<BTreeSet<_>>()
    };
    let path: &'static str = path.to_owned().leak();
    let slow: &'static str = slow.to_owned().leak();
    let mut provoked: BTreeSet<String> = BTreeSet::new();
    let all = join_all(
        SERVERS
            .iter()
            .map(|(_, answers)| of_a_server(path, *answers)),
    )
    .await;
    for (found, (expected, _)) in all.into_iter().zip(SERVERS) {
        let expected = expected.iter().map(|it| (*it).to_owned()).collect();
        assert_eq!(found, expected);
        provoked.extend(found);
    }
    provoked.extend(of_a_server(slow, |path| receiver(path, 1100)).await);

    let unreachable = format!("http://{}", nowhere());
    let arguments = ["--webhooks-yml", path, "--url", &unreachable];
    let (code, findings) = found(&arguments, &[]).await;
    assert_eq!(code, Some(3));
    provoked.extend(codes(&findings).into_iter().map(ToOwned::to_owned));
    let (_, findings) = found(&["--tencent-url", "https://10.0.0.1/?a=b"], &[]).await;
    provoked.extend(codes(&findings).into_iter().map(ToOwned::to_owned));

    let kinds = kinds().await;
    let is_call = |code: &&str| code.starts_with("call-") || code.starts_with("tencent-");
    let missing: Vec<&str> = codes(&kinds)
        .into_iter()
        .filter(is_call)
        .filter(|it| !provoked.contains(*it))
        .collect();
    assert_eq!(missing, [""; 0]);
}

#[tokio::test]
async fn the_page_has_exactly_the_findings_that_exist() {
    let page = fs::read_to_string(root().join("docs/doctor.md")).unwrap();
    let (_, table) = page.split_once("## Findings").unwrap();
    let rows: Vec<&str> = table.lines().filter(|it| it.starts_with("| `")).collect();
    let expected: Vec<String> = kinds()
        .await
        .iter()
        .map(|it| {
            let text = |name: &str| it[name].as_str().unwrap();
            let [code, severity] = [text("code"), text("severity")];
            format!(
                "| `{code}` | {severity} | {} | {} |",
                text("meaning"),
                text("fix")
            )
        })
        .collect();
    assert!(expected.len() >= 30);
    assert_eq!(rows, expected);
}
