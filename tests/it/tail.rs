//! `imhook tail`: what it shows of a running receiver, and how it ends.

use std::{fs, path::Path};

use domain::{Reception, Source, Timestamp, UserId, relation::Event};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde_json::{Value, json};
use support::{Dynamodb, Process, nowhere};

use crate::tools::{imhook, printed, receiver, run};

const DELETE: &str = "callbackAfterDeleteFriendCommand";
const ADD: &str = "callbackBeforeAddFriendCommand";

/// `imhook tail`, once it follows the table.
async fn tail(dynamodb: &str, arguments: &[&str]) -> Process {
    let arguments = [&["tail", "--dynamodb", dynamodb], arguments].concat();
    let mut tail = Process::start(&mut imhook(&arguments, &[]));
    if !arguments.contains(&"--json") {
        let follows = |line: &str| line.starts_with("following ").then_some(());
        tail.wait_for(follows).await;
    }
    tail
}

async fn wait_for(tail: &mut Process, text: &str) {
    tail.wait_for(|line: &str| line.contains(text).then_some(()))
        .await;
}

async fn send(url: &str, command: &str, set: &[&str]) {
    let mut arguments = vec!["send", command, "--to", url];
    for set in set {
        arguments.extend(["--set", set]);
    }
    let output = run(&arguments, &[]).await;
    assert_ne!(output.status.code(), Some(1), "{}", printed(&output));
}

async fn interrupted(mut tail: Process) -> (Option<i32>, Vec<String>) {
    kill(
        Pid::from_raw(i32::try_from(tail.id()).unwrap()),
        Signal::SIGINT,
    )
    .unwrap();
    let status = tail.ended().await;
    (status.code(), tail.lines())
}

fn endpoint(run: &Process) -> String {
    let lines = run.lines();
    let found = lines.iter().find_map(|it| it.strip_prefix("dynamodb: "));
    found.unwrap().to_owned()
}

#[tokio::test]
async fn what_arrives_is_shown_in_its_order_until_the_receiver_is_gone() {
    let policies = json!({ADD: {"actingUser": {"deny": ["eve"]}}});
    let (process, url) = receiver("tail", &policies, &[]).await;
    let dynamodb = endpoint(&process);
    send(&url, DELETE, &["ownerUserID=early"]).await;

    let mut all = tail(&dynamodb, &[]).await;
    let mut since = tail(&dynamodb, &["--since", "1h"]).await;
    let mut refused = tail(
        &dynamodb,
        &["--since", "1h", "--family", "decision", "--json"],
    )
    .await;
    let only = [
        "--since",
        "1h",
        "--type",
        "relation.friend_d*",
        "--subject",
        "user/bob",
    ];
    let mut of_bob = tail(&dynamodb, &only).await;
    let mut with_text = tail(&dynamodb, &["--since", "1h", "--text", "DELETED X"]).await;

    for owner in ["ana", "bob"] {
        send(
            &url,
            DELETE,
            &[&format!("ownerUserID={owner}"), "friendUserID=x1"],
        )
        .await;
    }
    send(&url, ADD, &["fromUserID=eve", "toUserID=leo"]).await;
    wait_for(&mut all, "eve →").await;
    wait_for(&mut since, "eve →").await;
    wait_for(&mut refused, "\"eve\"").await;
    wait_for(&mut of_bob, "bob deleted").await;
    wait_for(&mut with_text, "bob deleted x1").await;

    let sentences = |tail: &Process| -> Vec<String> {
        let lines = tail.lines();
        let events = lines.iter().filter_map(|it| it.split_once("  "));
        events.map(|(_, sentence)| sentence.to_owned()).collect()
    };
    let [ana, bob] = ["ana deleted x1", "bob deleted x1"].map(ToOwned::to_owned);
    let shown = sentences(&all);
    assert_eq!(shown[..2], [ana.clone(), bob.clone()]);
    assert!(
        shown[2].starts_with("refused by rule ") && shown[2].ends_with("eve → leo"),
        "{shown:?}"
    );
    assert_eq!(shown.len(), 3);
    let shown = sentences(&since);
    assert!(shown[0].starts_with("early deleted "), "{shown:?}");
    assert_eq!(shown[1..3], [ana.clone(), bob.clone()]);
    assert_eq!(sentences(&of_bob), std::slice::from_ref(&bob));
    assert_eq!(sentences(&with_text), [ana, bob]);
    let line: Value = serde_json::from_str(&refused.lines().concat()).unwrap();
    assert_eq!(line["type"], "decision.decided");
    assert_eq!(line["data"]["actor"], "eve");
    assert_eq!(line["storedLate"], Value::Null);

    let (code, lines) = interrupted(with_text).await;
    assert_eq!(code, Some(0), "{lines:?}");

    process.terminate().await;
    for mut tail in [all, since, of_bob, refused] {
        let is_gone = |line: &str| line.starts_with("gone: ").then_some(());
        tail.wait_for(is_gone).await;
        assert_eq!(tail.ended().await.code(), Some(10));
    }
}

#[tokio::test]
async fn the_log_says_why_a_caller_was_not_believed() {
    let closed = [
        ("OPENIM_VERIFIER", "basic"),
        ("OPENIM_BASIC_PASSWORD", "right"),
        ("OPENIM_BASIC_USER", "openim"),
    ];
    let (process, url) = receiver("tail-log", &json!({}), &closed).await;
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("tail-log");
    fs::create_dir_all(&folder).unwrap();
    let log = folder.join("run.log");
    fs::write(
        &log,
        "15:00:00 WARN  x: old  command=old  detail=old  rejection=basic_wrong\n",
    )
    .unwrap();
    let mut tail = tail(&endpoint(&process), &["--log", log.to_str().unwrap()]).await;
    let output = run(&["send", ADD, "--to", &url], &[]).await;
    assert_eq!(output.status.code(), Some(1));
    let written = process.lines().join("\n") + "\n";
    assert!(written.contains("rejection=basic_missing"), "{written}");
    let old = fs::read_to_string(&log).unwrap();
    fs::write(&log, old + &written).unwrap();
    wait_for(
        &mut tail,
        "NOT BELIEVED: there is no Authorization header (basic_missing)",
    )
    .await;
    let (code, lines) = interrupted(tail).await;
    assert_eq!(code, Some(0));
    assert_eq!(
        lines
            .iter()
            .filter(|it| it.contains("NOT BELIEVED"))
            .count(),
        1,
        "{lines:?}"
    );
    assert!(lines.iter().any(|it| it.contains(ADD)));
    process.terminate().await;
}

#[tokio::test]
async fn what_is_stored_again_is_marked_also_in_a_table_of_aws() {
    let dynamodb = Dynamodb::dynoxide().await;
    let events = dynamodb.events_table().await;
    let endpoint = dynamodb.endpoint.as_str();
    // A server on this machine in place of AWS.
    let aws = [
        ("AWS_ENDPOINT_URL", endpoint),
        ("AWS_REGION", "eu-central-1"),
        ("AWS_ACCESS_KEY_ID", "local"),
        ("AWS_SECRET_ACCESS_KEY", "local"),
    ];
    let arguments = [
        "tail",
        "--aws",
        "--events-table",
        &events.name,
        "--since",
        "1m",
    ];
    let mut tail = Process::start(&mut imhook(&arguments, &aws));
    let user = |id: &str| UserId::new(id).unwrap();
    let now = Timestamp::now().unix_millis();
    for (id, owner, at) in [("r1", "now", now), ("r2", "again", now - 7_200_000)] {
        let reception = Reception {
            id: id.to_owned(),
            received_at: Timestamp::from_unix_millis(at).unwrap(),
            source: Source::OpenIm,
            command: DELETE.to_owned(),
            operation_id: None,
            events: vec![Event::FriendDeleted {
                owner: user(owner),
                friend: user("leo"),
            }]
            .into(),
            body: None,
            target: None,
            part: None,
        };
        events.events_table().record(&reception).await.unwrap();
    }
    wait_for(&mut tail, "again deleted leo").await;
    wait_for(&mut tail, "now deleted leo").await;
    let (code, lines) = interrupted(tail).await;
    assert_eq!(code, Some(0));
    let marked: Vec<_> = lines
        .iter()
        .filter(|it| it.contains("[stored again or late"))
        .collect();
    assert_eq!(marked.len(), 1, "{lines:?}");
    assert!(marked[0].contains("again deleted leo"));
}

#[tokio::test]
async fn a_source_that_was_never_there_and_a_wrong_use_have_their_own_codes() {
    let nowhere = format!("http://{}", nowhere());
    let output = run(&["tail", "--dynamodb", &nowhere], &[]).await;
    assert_eq!(output.status.code(), Some(1), "{}", printed(&output));
    for wrong in [
        &["--since", "25h"][..],
        &["--since", "yesterday"],
        &["--family", "friends"],
    ] {
        let output = run(&[&["tail"], wrong].concat(), &[]).await;
        assert_eq!(output.status.code(), Some(2), "{}", printed(&output));
    }
    let dynamodb = Dynamodb::dynoxide().await;
    let arguments = [
        "tail",
        "--dynamodb",
        &dynamodb.endpoint,
        "--events-table",
        "none",
    ];
    let output = run(&arguments, &[]).await;
    assert_eq!(output.status.code(), Some(1), "{}", printed(&output));
    // Nothing more is needed, but a log that does not exist is named.
    let output = run(&["tail", "--log", "/nowhere/run.log"], &[]).await;
    assert_eq!(output.status.code(), Some(1));
    assert!(printed(&output).contains("/nowhere/run.log cannot be read"));
}
