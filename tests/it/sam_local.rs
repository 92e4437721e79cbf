//! `make sam-local`: the template's routes under `sam local start-api`, in containers. Needs a Docker
//! engine, and is skipped where none answers.

use std::time::Duration;

use domain::Source;
use models::{Verdict, payloads, read_as_openim, root};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use store::Settings;
use support::{Process, Request, SDK_APP_ID, Table, free_port};
use tokio::process::Command;

async fn a_docker_engine_answers() -> bool {
    Command::new("docker")
        .arg("version")
        .output()
        .await
        .is_ok_and(|output| output.status.success())
}

#[tokio::test]
async fn every_route_answers_and_stores_under_sam_local() {
    if !a_docker_engine_answers().await {
        println!("skipped: no Docker engine answers");
        return;
    }
    let (port, dynamodb_port) = (free_port(), free_port());
    let mut sam = Process::start(
        Command::new(root().join("scripts/sam-local.sh"))
            .env("PORT", port.to_string())
            .env("DYNAMODB_PORT", dynamodb_port.to_string())
            .env("SDK_APP_ID", SDK_APP_ID),
    );
    sam.wait_for(|line| line.starts_with("ready:").then_some(()))
        .await;
    let line = |name: &str| {
        let lines = sam.lines();
        let found = lines.iter().find_map(|line| line.strip_prefix(name));
        found
            .unwrap_or_else(|| panic!("no {name}"))
            .trim()
            .to_owned()
    };
    let base = line("url:");
    let endpoint = line("dynamodb:");
    let table = Table {
        client: store::dynamodb(&Settings::local(&endpoint), Duration::from_secs(10)),
        endpoint,
        name: line("table:"),
    };

    let before = table.receptions().await.len();
    let (mut sent, mut stored) = (0, 0);
    for payload in payloads()
        .iter()
        .filter(|payload| !payload.name.contains("unknown"))
    {
        let command = &payload.command;
        let urls = match payload.source {
            Source::Tencent => vec![format!(
                "/tencent?SdkAppid={SDK_APP_ID}&CallbackCommand={command}"
            )],
            _ => vec![
                format!("/{command}"),
                format!("//{command}"),
                format!("/?command={command}&contenttype=json"),
            ],
        };
        for url in urls {
            let answer = Request::post(&url, payload.body.clone()).send(&base).await;
            assert_eq!(answer.status, 200, "{} at {url}: {answer:?}", payload.name);
            sent += 1;
            stored += usize::from(!payload.events.is_empty());
            assert_eq!(
                table.receptions().await.len(),
                before + stored,
                "{} at {url}",
                payload.name
            );
        }
    }
    for (request, code) in [
        (Request::post("/nowhere", "{}"), 29008),
        (
            Request::post("/callbackAfterDeleteFriendCommand", "").method("GET"),
            29002,
        ),
    ] {
        let answer = request.send(&base).await;
        let verdict = read_as_openim(&answer.body);
        assert!(
            matches!(verdict, Verdict::Refused { code: refused, .. } if refused == code),
            "{answer:?}"
        );
    }
    println!("{sent} callbacks through sam local, {stored} of them with events, all stored");

    kill(
        Pid::from_raw(i32::try_from(sam.id()).unwrap()),
        Signal::SIGTERM,
    )
    .unwrap();
    sam.wait_for(|line| (line == "stopped").then_some(())).await;
}
