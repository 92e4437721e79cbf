//! `imhook send`, `explain`, `sign` and `completions`: what they print, their exit codes, and that they send and sign as the
//! chat servers do.
//!
//! The texts are compared with files in `snapshots`. After a change, `INSTA_UPDATE=always` writes these files again.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::{Output, Stdio},
    sync::{Arc, Mutex},
    time::UNIX_EPOCH,
};

use axum::{
    Router,
    body::to_bytes,
    extract::Request,
    http::{HeaderMap, header},
};
use domain::{Source, Timestamp};
use futures_util::{StreamExt as _, stream};
use models::payloads;
use protocol::tencent::Query;
use receiver::{
    BasicVerifier, SignatureAlgorithm, SignatureEncoding, SignatureVerifier, TencentVerifier,
};
use serde_json::{Value, json};
use standardwebhooks::Webhook;
use support::{Dynamodb, Process, SDK_APP_ID, binary, nowhere, serve};
use tokio::{io::AsyncWriteExt as _, process::Command};

use crate::make_run;

const SECRETS: [&str; 11] = [
    "OPENIM_BASIC_USER",
    "OPENIM_BASIC_PASSWORD",
    "OPENIM_SIGNATURE_KEY",
    "TENCENT_TOKEN",
    "DELIVERY_SECRET",
    "DECISION_SECRET",
    "OPENIM_ADMIN_TOKEN",
    "OPENIM_ADMIN_SECRET",
    "OPENIM_ADMIN_USER",
    "LINES",
    "COLUMNS",
];

const WEBHOOK_SECRET: &str = "whsec_Zm9yIHRyeWluZyBvbmx5LCBvbiBhIGxhcHRvcC4u";

pub(crate) fn imhook(arguments: &[&str], variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(binary("imhook"));
    for secret in SECRETS {
        command.env_remove(secret);
    }
    command
        .args(arguments)
        .envs(variables.iter().copied())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

pub(crate) async fn run(arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    imhook(arguments, variables).output().await.unwrap()
}

async fn run_with_input(arguments: &[&str], variables: &[(&str, &str)], input: &str) -> Output {
    let mut child = imhook(arguments, variables)
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(input.as_bytes()).await.unwrap();
    drop(stdin);
    child.wait_with_output().await.unwrap()
}

pub(crate) fn printed(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    format!("{}{}", text(&output.stdout), text(&output.stderr))
}

/// Variables of the environment.
type Variables<'a> = &'a [(&'a str, &'a str)];

/// Commands with what they print and their exit codes.
async fn transcript(runs: &[(&[&str], Variables<'_>)]) -> String {
    let mut transcript = String::new();
    for (arguments, variables) in runs {
        let output = run(arguments, variables).await;
        let quoted =
            arguments
                .iter()
                .map(|it| match it.contains([' ', '{', '"']) || it.is_empty() {
                    true => format!("'{it}'"),
                    false => (*it).to_owned(),
                });
        let quoted: Vec<String> = quoted.collect();
        transcript += &format!("$ imhook {}\n", quoted.join(" "));
        transcript += &printed(&output);
        transcript += &format!("exit code {}\n\n", output.status.code().unwrap());
    }
    transcript
}

pub(crate) fn same_as_file(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

#[tokio::test]
async fn the_help_of_these_commands_is_that_of_the_files() {
    let helps: &[&[&str]] = &[
        &["send", "--help"],
        &["explain", "--help"],
        &["tail", "--help"],
        &["inspect", "--help"],
        &["init", "--help"],
        &["reconcile", "--help"],
        &["sign", "--help"],
        &["sign", "openim", "--help"],
        &["sign", "tencent", "--help"],
        &["sign", "webhook", "--help"],
        &["completions", "--help"],
    ];
    let runs: Vec<_> = helps.iter().map(|it| (*it, &[][..])).collect();
    same_as_file("tools-help", &transcript(&runs).await);
}

#[tokio::test]
async fn an_answer_is_explained_as_its_server_reads_it() {
    const REMARK: &str = "callbackBeforeSetFriendRemarkCommand";
    const GROUP: &str = "callbackBeforeSetGroupInfoCommand";
    const CONVERSATION: &str = "callbackBeforeCreateSingleChatConversationsCommand";
    let answers: &[&[&str]] = &[
        &["{}"],
        &[r#"{"actionCode":0,"errCode":20001,"errMsg":"no","errDlt":"blocked","nextCode":1}"#],
        &[r#"{"actionCode":1,"errCode":5001,"errMsg":"no","nextCode":1}"#],
        &[r#"{"errCode":20001,"errMsg":"no"}"#],
        &[r#"{"nextCode":2}"#],
        &[r#"{"errCode":0,"nextCode":1}"#],
        &[r#"{"nextCode":""}"#],
        &[r#"{"message":"Forbidden"}"#],
        &["<html>"],
        &[""],
        &[r#"{"remark":"Leo","note":"x"}"#],
        &[r#"{"remark":"Leo","note":"x"}"#, "--command", REMARK],
        &[r#"{"remark":""}"#, "--command", REMARK],
        &[r#"{"remark":7}"#, "--command", REMARK],
        &[
            r#"{"remark":"Leo","nextCode":1,"errCode":20001}"#,
            "--command",
            REMARK,
        ],
        &["{}", "--command", GROUP],
        &[r#"{"groupID":"g","groupName":"G"}"#, "--command", GROUP],
        &[
            r#"{"nextCode":1,"errCode":20001}"#,
            "--command",
            CONVERSATION,
        ],
        &["{}", "--command", "callbackAfterAddFriendCommand"],
        &[r#"{"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":""}"#],
        &[
            r#"{"ActionStatus":"OK","ErrorCode":120001,"ErrorInfo":"quiet hours"}"#,
            "--command",
            "C2C.CallbackBeforeSendMsg",
        ],
        &[
            r#"{"ActionStatus":"OK","ErrorCode":2,"ErrorInfo":""}"#,
            "--command",
            "Group.CallbackBeforeSendMsg",
        ],
        &[
            r#"{"ActionStatus":"OK","ErrorCode":1,"ErrorInfo":"no"}"#,
            "--command",
            "Group.CallbackBeforeCreateGroup",
        ],
        &[
            r#"{"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":"","RefusedMembers_Account":["dave"]}"#,
            "--command",
            "Group.CallbackBeforeInviteJoinGroup",
        ],
        &[
            r#"{"ActionStatus":"OK","ErrorCode":38001,"ErrorInfo":"no"}"#,
            "--command",
            "Sns.CallbackPrevFriendAdd",
        ],
        &[
            r#"{"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":"","ResultItem":[{"To_Account":"bob","ResultCode":0},{"To_Account":"eve","ResultCode":38001,"ResultInfo":"no"}]}"#,
        ],
        &[r#"{"ActionStatus":"FAIL","ErrorCode":1,"ErrorInfo":"down"}"#],
        &[
            r#"{"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":""}"#,
            "--status",
            "204",
        ],
        &[r#"{"nextCode":1,"errCode":20001,"errMsg":"no"}"#, "--json"],
        &["{}", "--command", "callbackBeforeNothing"],
    ];
    let runs = answers.iter().map(|it| [&["explain"], *it].concat());
    let runs: Vec<Vec<&str>> = runs.collect();
    let runs: Vec<_> = runs.iter().map(|it| (&it[..], &[][..])).collect();
    same_as_file("explain-answers", &transcript(&runs).await);
}

#[tokio::test]
async fn a_body_is_explained_as_the_receiver_takes_it() {
    let mut transcript = String::new();
    for (command, set) in [
        ("callbackAfterDeleteFriendCommand", "ownerUserID=ana"),
        ("callbackBeforeAddFriendCommand", "fromUserID=ana"),
        ("callbackBeforeSetFriendRemarkCommand", "remark=Leo"),
        ("callbackBeforeAddBlackCommand", "ownerUserID=ana"),
        ("Sns.CallbackPrevFriendAdd", "From_Account=ana"),
        ("callbackAfterDeleteFriendCommand", "friendUserID=null"),
        ("callbackBeforeAddFriendCommand", "fromUserID=null"),
        (
            "callbackBeforeAddFriendCommand",
            "callbackCommand=callbackBeforeNewCommand",
        ),
    ] {
        let body = run(&["send", command, "--print", "--set", set], &[]).await;
        let body = String::from_utf8(body.stdout).unwrap();
        let output = run_with_input(&["explain", "-"], &[], &body).await;
        let code = output.status.code().unwrap();
        transcript += &format!("$ imhook send {command} --print --set {set} | imhook explain -\n");
        transcript += &format!("{}exit code {code}\n\n", printed(&output));
    }
    same_as_file("explain-bodies", &transcript);
}

/// The query of a URL without escapes.
fn query(text: &str) -> Query {
    Query::from_pairs(text.split('&').map(|pair| pair.split_once('=').unwrap()))
}

/// A request that a server got.
struct Got {
    path: String,
    query: String,
    headers: HeaderMap,
    body: String,
}

/// A server that answers everything with `answer` and keeps what it gets.
async fn recorder(answer: &'static str) -> (String, Arc<Mutex<Vec<Got>>>) {
    let got = Arc::new(Mutex::new(Vec::new()));
    let keep = got.clone();
    let router = Router::new().fallback(move |request: Request| {
        let keep = keep.clone();
        async move {
            let (head, body) = request.into_parts();
            let body = to_bytes(body, usize::MAX).await.unwrap();
            keep.lock().unwrap().push(Got {
                path: head.uri.path().to_owned(),
                query: head.uri.query().unwrap_or_default().to_owned(),
                headers: head.headers,
                body: String::from_utf8(body.to_vec()).unwrap(),
            });
            ([(header::CONTENT_TYPE, "application/json")], answer)
        }
    });
    let (url, serving) = serve(router).await;
    // It serves until the test ends.
    drop(serving);
    (url, got)
}

/// With the field without which the answers to two commands fail.
const OPENIM_ALLOWS: &str =
    r#"{"actionCode":0,"errCode":0,"errMsg":"","errDlt":"","nextCode":0,"groupID":"g"}"#;
const TENCENT_ALLOWS: &str = r#"{"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":""}"#;

#[tokio::test]
async fn every_command_is_sent_as_its_server_sends_it() {
    let variables = [
        ("OPENIM_BASIC_USER", "im"),
        ("OPENIM_BASIC_PASSWORD", "pa:ss wörd"),
        ("TENCENT_TOKEN", "t0ken"),
    ];
    // Byte for byte what the server sends, or what its documents show.
    let bodies: BTreeMap<(Source, String), String> = payloads()
        .into_iter()
        .filter(|it| {
            matches!(
                (it.source, &*it.case),
                (Source::OpenIm, "server") | (Source::Tencent, "document")
            )
        })
        .map(|it| ((it.source, it.command), String::from_utf8(it.body).unwrap()))
        .collect();
    for (source, answer) in [
        (Source::OpenIm, OPENIM_ALLOWS),
        (Source::Tencent, TENCENT_ALLOWS),
    ] {
        let commands: Vec<_> = protocol::catalogue()
            .filter(|it| it.source == source)
            .collect();
        let (url, got) = recorder(answer).await;
        // As in the stack's outputs.
        let url = match source {
            Source::OpenIm => url,
            Source::Tencent => format!("{url}/tencent"),
        };
        stream::iter(&commands)
            .for_each_concurrent(4, async |command| {
                let output = run(&["send", command.name, "--to", &url], &variables).await;
                assert!(
                    output.status.success(),
                    "{}: {}",
                    command.name,
                    printed(&output)
                );
            })
            .await;
        let got = got.lock().unwrap();
        assert_eq!(got.len(), commands.len());
        for command in commands {
            let name = command.name;
            let is_it = |it: &&Got| match source {
                Source::OpenIm => it.path == format!("/{name}"),
                Source::Tencent => it.query.contains(&format!("CallbackCommand={name}&")),
            };
            let request = got
                .iter()
                .find(is_it)
                .unwrap_or_else(|| panic!("{name} is missing"));
            assert_eq!(request.body, bodies[&(source, name.to_owned())], "{name}");
            let media_type = request.headers[header::CONTENT_TYPE].to_str().unwrap();
            assert_eq!(media_type, "application/json; charset=utf-8");
            match source {
                Source::OpenIm => {
                    let verifier = BasicVerifier::new("im", ["pa:ss wörd"]);
                    assert_eq!(verifier.check(&request.headers), Ok(()));
                    assert!(!request.headers["operationID"].is_empty());
                }
                Source::Tencent => {
                    assert_eq!(request.path, "/tencent");
                    for always in ["contenttype=json", "ClientIP=", "OptPlatform="] {
                        assert!(request.query.contains(always), "{name}: {always}");
                    }
                    let verifier = TencentVerifier::new(SDK_APP_ID, ["t0ken"]);
                    let query = query(&request.query);
                    assert_eq!(verifier.check(&query, Timestamp::now()), Ok(()));
                }
            }
        }
    }
}

#[tokio::test]
async fn a_callback_of_openim_is_sent_with_the_signature_of_its_commercial_edition() {
    let (url, got) = recorder(OPENIM_ALLOWS).await;
    let variables = [
        ("OPENIM_SIGNATURE_KEY", "s3cret"),
        ("OPENIM_SIGNATURE_ALGORITHM", "HMAC-SHA512"),
        ("OPENIM_SIGNATURE_ENCODING", "base64"),
        ("OPENIM_SIGNATURE_HEADER", "X-Sign"),
        ("OPENIM_NONCE_HEADER", "X-Nonce"),
    ];
    let arguments = ["send", "callbackAfterDeleteFriendCommand", "--to", &*url];
    for _ in 0..2 {
        let output = run(&arguments, &variables).await;
        assert!(output.status.success(), "{}", printed(&output));
    }
    let verifier = SignatureVerifier::new(
        SignatureAlgorithm::HmacSha512,
        SignatureEncoding::Base64,
        "X-Sign",
        "X-Nonce",
        &["s3cret"],
    )
    .unwrap();
    {
        let got = got.lock().unwrap();
        let nonces: Vec<_> = got
            .iter()
            .map(|it| verifier.check(&it.headers).unwrap())
            .collect();
        assert_ne!(nonces[0], nonces[1], "a nonce is used once");
        assert!(
            got.iter()
                .all(|it| !it.headers.contains_key("authorization"))
        );
    }
    let without_header = run(&arguments, &variables[..3]).await;
    assert_eq!(without_header.status.code(), Some(1));
    let why = printed(&without_header);
    assert!(
        why.contains("OPENIM_SIGNATURE_HEADER is not set") && !why.contains("s3cret"),
        "{why}"
    );
}

/// `imhook run` with these policies, and its URL.
pub(crate) async fn receiver(
    test: &str,
    policies: &Value,
    variables: &[(&str, &str)],
) -> (Process, String) {
    let folder = make_run::folder(&format!("tools-{test}"));
    fs::write(folder.join("policies.json"), policies.to_string()).unwrap();
    let mut command = make_run::command(&folder, &binary("imhook"));
    let mut process = Process::start(command.envs(variables.iter().copied()));
    let url = |line: &str| Some(line.strip_prefix("url: ")?.to_owned());
    let url = process.wait_for(url).await;
    let ready = |line: &str| line.starts_with("ready: ").then_some(());
    process.wait_for(ready).await;
    (process, url)
}

#[tokio::test]
async fn the_exit_code_of_send_says_how_the_server_reads_the_answer() {
    const ADD: &str = "callbackBeforeAddFriendCommand";
    let policies = json!({ADD: {"actingUser": {"deny": ["eve"]}}});
    let (run_process, url) = receiver("send", &policies, &[]).await;
    let send = async |arguments: &[&str]| {
        let arguments = [&["send", ADD, "--to", &url], arguments].concat();
        let output = run(&arguments, &[]).await;
        (output.status.code().unwrap(), printed(&output))
    };

    let (code, text) = send(&["--set", "fromUserID=ana"]).await;
    assert_eq!(code, 0, "{text}");
    assert!(text.ends_with("OpenIM reads it as allowed.\n"), "{text}");

    let (code, text) = send(&["--set", "fromUserID=eve"]).await;
    assert_eq!(code, 3, "{text}");
    assert!(
        text.contains("OpenIM reads it as a refusal with errCode 28"),
        "{text}"
    );

    // A field that only somebody's typing error makes.
    let (code, text) = send(&["--set", "formUserID=eve"]).await;
    assert_eq!(code, 0, "{text}");
    assert!(
        text.contains("warning: the example has no field formUserID"),
        "{text}"
    );

    let (code, text) = send(&["--set", "fromUserID=eve", "--json"]).await;
    assert_eq!(code, 3, "{text}");
    let line: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(line["status"], 200);
    assert_eq!(line["reading"]["reads"], "refused");
    assert_eq!(line["reading"]["code"], line["answer"]["errCode"]);

    let (code, text) = send(&["--set", "fromUserID"]).await;
    assert_eq!(code, 2, "{text}");
    let (code, text) = send(&["--rate", "5"]).await;
    assert_eq!(code, 2, "{text}");

    let (code, text) = send(&["--rate", "50", "--for", "1s"]).await;
    assert_eq!(code, 0, "{text}");
    for line in [
        "50 × callbackBeforeAddFriendCommand",
        "status 200 ",
        "allowed ",
        "p50 ",
        "p99 ",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
    let (code, text) = send(&[
        "--set",
        "fromUserID=eve",
        "--rate",
        "40",
        "--for",
        "500ms",
        "--json",
    ])
    .await;
    assert_eq!(code, 3, "{text}");
    let summary: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(summary["statuses"], json!({"200": 20}));
    assert_eq!(summary["reads"], json!({"refused": 20}));
    assert_eq!(summary["noAnswer"], 0);

    run_process.terminate().await;
    let (code, text) = send(&[]).await;
    assert_eq!(code, 1, "{text}");
    assert!(
        text.contains("no answer") && text.contains("make run"),
        "{text}"
    );
    let (code, text) = send(&["--rate", "10", "--for", "500ms"]).await;
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("5 failed"), "{text}");
}

#[tokio::test]
async fn a_caller_who_is_not_believed_is_a_fault_and_no_refusal() {
    let closed = [
        ("OPENIM_VERIFIER", "basic"),
        ("OPENIM_BASIC_PASSWORD", "right"),
        ("OPENIM_BASIC_USER", "openim"),
    ];
    let (process, url) = receiver("closed", &json!({}), &closed).await;
    let arguments = ["send", "callbackBeforeAddFriendCommand", "--to", &*url];
    for (password, code) in [("right", 0), ("wrong", 1)] {
        let output = run(&arguments, &[("OPENIM_BASIC_PASSWORD", password)]).await;
        assert_eq!(output.status.code(), Some(code), "{}", printed(&output));
    }
    process.terminate().await;
}

#[tokio::test]
async fn a_receiver_that_is_not_there_is_a_fault() {
    let url = format!("http://{}", nowhere());
    let output = run(
        &["send", "callbackAfterDeleteFriendCommand", "--to", &url],
        &[],
    )
    .await;
    assert_eq!(output.status.code(), Some(1));
}

/// The codes of the page about these commands, each with a run that ends with it.
#[tokio::test]
async fn the_exit_codes_are_those_of_the_page_about_them() {
    let page = fs::read_to_string(models::root().join("docs/tools.md")).unwrap();
    let table = page.split("## Exit codes").nth(1).unwrap();
    let rows = table.lines().filter_map(|it| it.strip_prefix("| "));
    let documented: Vec<i32> = rows
        .filter_map(|it| it.split_once(' ')?.0.parse().ok())
        .collect();

    let nowhere = format!("http://{}", nowhere());
    let mut codes = Vec::new();
    for arguments in [
        &["explain", "{}"][..],
        &["send", "callbackAfterDeleteFriendCommand", "--to", &nowhere],
        &["send", "callbackAfterNothing", "--to", &nowhere],
        &["explain", "no JSON"],
    ] {
        codes.push(run(arguments, &[]).await.status.code().unwrap());
    }
    // The table is there at first, and then it is not.
    let dynamodb = Dynamodb::dynoxide().await;
    let events = dynamodb.events_table().await;
    let arguments = [
        "tail",
        "--dynamodb",
        &dynamodb.endpoint,
        "--events-table",
        &events.name,
    ];
    let mut tail = Process::start(&mut imhook(&arguments, &[]));
    let follows = |line: &str| line.starts_with("following ").then_some(());
    tail.wait_for(follows).await;
    drop(dynamodb);
    codes.push(tail.ended().await.code().unwrap());
    let mut reader = imhook(&["completions", "bash"], &[]).spawn().unwrap();
    drop(reader.stdout.take());
    codes.push(reader.wait().await.unwrap().code().unwrap());
    assert_eq!(codes, documented);
    assert_eq!(codes, [0, 1, 2, 3, 10, 141]);
}

fn folder(test: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("tools-{test}"));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

#[tokio::test]
async fn signatures_are_made_and_verified_as_each_side_does() {
    // RFC 4231, test case 2, and an example of Tencent's documents.
    const NONCE: &str = "what do ya want for nothing?";
    const MAC: &str = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
    const SIGN: &str = "17773bc39a671d7b9aa835458704d2a6db81360a5940292b587d6d760d484061";
    let key: &[(&str, &str)] = &[("OPENIM_SIGNATURE_KEY", "Jefe")];
    let token: &[(&str, &str)] = &[("TENCENT_TOKEN", "xxxxyyyy")];
    let secret: &[(&str, &str)] = &[("DELIVERY_SECRET", WEBHOOK_SECRET)];
    let folder = folder("sign");
    let body = folder.join("body.json");
    fs::write(&body, "{\"text\":\"héllo\"}").unwrap();
    let body = body.to_str().unwrap();
    let old = [
        "sign",
        "webhook",
        body,
        "--id",
        "e1",
        "--timestamp",
        "1700000000",
    ];
    let verifies = |signature| [&old[..], &["--verify", signature]].concat();
    let as_json = [&old[..], &["--json"]].concat();
    let wrong_signature = verifies("v1,AAAA");
    let no_signature = verifies("AAAA");
    let written = transcript(&[
        (&["sign", "openim", NONCE], key),
        (&["sign", "openim", NONCE, "--verify", MAC], key),
        (&["sign", "openim", "another nonce", "--verify", MAC], key),
        (
            &["sign", "openim", "another nonce", "--verify", MAC, "--json"],
            key,
        ),
        (&["sign", "openim", NONCE, "--verify", MAC, "--json"], key),
        (&["sign", "openim", NONCE, "--json"], key),
        (&["sign", "openim", NONCE, "--verify", "no hex"], key),
        (&["sign", "openim", NONCE, "--algorithm", "MD5"], key),
        (&["sign", "openim", NONCE, "--algorithm", "RSA-SHA256"], key),
        (&["sign", "openim", NONCE], &[]),
        (&["sign", "tencent", "--request-time", "1669872112"], token),
        (
            &["sign", "tencent", "--request-time", "1669872112", "--json"],
            token,
        ),
        (
            &[
                "sign",
                "tencent",
                "--request-time",
                "1669872112",
                "--verify",
                SIGN,
            ],
            token,
        ),
        (
            &[
                "sign",
                "tencent",
                "--request-time",
                "1669872113",
                "--verify",
                SIGN,
            ],
            token,
        ),
        (&["sign", "tencent", "--verify", SIGN], token),
        (&old, secret),
        (&as_json, secret),
        (&wrong_signature, secret),
        (&no_signature, secret),
        (&old, &[("DELIVERY_SECRET", "short")]),
    ])
    .await;
    same_as_file("sign", &written.replace(body, "body.json"));
    for secret in ["Jefe", "xxxxyyyy", WEBHOOK_SECRET] {
        assert!(!written.contains(secret));
    }
}

#[tokio::test]
async fn a_fresh_signature_of_sign_is_right_for_sign_and_for_others() {
    let folder = folder("fresh");
    let file = folder.join("secret");
    fs::write(&file, format!("{WEBHOOK_SECRET}\n")).unwrap();
    let file = file.to_str().unwrap();
    let now = UNIX_EPOCH.elapsed().unwrap().as_secs().to_string();
    let body = "{\"a\": 1}\n";
    let arguments = [
        "sign",
        "webhook",
        "-",
        "--id",
        "e1",
        "--timestamp",
        &now,
        "--key-file",
        file,
    ];
    let output = run_with_input(&arguments, &[], body).await;
    assert!(output.status.success(), "{}", printed(&output));
    let text = printed(&output);
    let mut headers = HeaderMap::new();
    for line in text.lines() {
        let (name, value) = line.split_once(": ").unwrap();
        headers.insert(
            header::HeaderName::try_from(name).unwrap(),
            value.parse().unwrap(),
        );
    }
    let webhook = Webhook::new(WEBHOOK_SECRET).unwrap();
    assert!(webhook.verify(body.as_bytes(), &headers).is_ok(), "{text}");

    let signature = headers["webhook-signature"].to_str().unwrap();
    let both = format!("v1,AAAA {signature}");
    let verify = [&arguments[..], &["--verify", &both]].concat();
    assert_eq!(
        run_with_input(&verify, &[], body).await.status.code(),
        Some(0)
    );
    let changed = run_with_input(&verify, &[], body.trim_end()).await;
    assert_eq!(changed.status.code(), Some(3), "{}", printed(&changed));

    let token = [("TENCENT_TOKEN", "t0ken")];
    let output = printed(&run(&["sign", "tencent"], &token).await);
    let query = query(&format!("SdkAppid=1&{}", output.trim_end()));
    let verifier = TencentVerifier::new("1", ["t0ken"]);
    assert_eq!(verifier.check(&query, Timestamp::now()), Ok(()));
}

#[tokio::test]
async fn bash_takes_the_completions_and_every_shell_gets_all_commands() {
    for shell in ["bash", "zsh", "fish"] {
        let output = run(&["completions", shell], &[]).await;
        assert!(output.status.success());
        let script = String::from_utf8(output.stdout).unwrap();
        for command in ["send", "explain", "sign", "members-of", "dead-letters"] {
            assert!(script.contains(command), "{shell}: {command}");
        }
    }
    let typed = format!(
        "source <({} completions bash)\nCOMP_WORDS=(imhook expl) COMP_CWORD=1\n_imhook imhook expl imhook\necho \"${{COMPREPLY[@]}}\"",
        binary("imhook").display()
    );
    let output = Command::new("bash")
        .args(["-c", &typed])
        .output()
        .await
        .unwrap();
    assert_eq!(printed(&output), "explain\n");
}
