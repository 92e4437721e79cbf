//! `make sam-local`: the template's routes with `sam local start-api`, and `sam local invoke`, in containers. The test needs a Docker engine.
//! `make test` runs it with `scripts/with-docker.sh`, which starts an engine if none answers.

use std::{collections::BTreeMap, path::Path, time::Duration};

use domain::Source;
use models::{Verdict, payloads, read_as_openim, root};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use store::Settings;
use support::{Answer, Process, Request, SDK_APP_ID, Table, free_port};
use tokio::process::Command;

use crate::{
    cargo_lambda, deployment,
    examples::{assert_accepted, assert_stored, over_http, request},
};

#[tokio::test]
#[ignore = "needs a Docker engine: `make test` runs it with one"]
async fn a_function_of_every_family_answers_and_stores_in_sam_local() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let functions = folder.join("sam-local");
    deployment::build(&functions).await;
    let (port, dynamodb_port) = (free_port(), free_port());
    let mut sam = Process::start(
        Command::new(root().join("scripts/sam-local.sh"))
            .env("LAMBDA_DIR", functions)
            // These functions are linked with the C library of this machine.
            .env("IMAGE", "stand-in")
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
            .unwrap_or_else(|| panic!("sam-local.sh did not print {name}"))
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
    let payloads = payloads();
    let mut sent = over_http(&payloads);
    // Every function is a container of its own here, and the functions of a family differ only in their names.
    let mut commands = BTreeMap::new();
    sent.retain(|(payload, _)| {
        let command = protocol::command(payload.source, &payload.command).unwrap();
        let family = (payload.source, command.family, command.is_before());
        payload.source == Source::Tencent
            || *commands.entry(family).or_insert(command.name) == command.name
    });
    for (payload, url) in &sent {
        let answer = request(payload, url).send(&base).await;
        assert_accepted(payload, url, &answer);
    }
    let count = sent.len();
    sent.retain(|(payload, _)| !payload.events.is_empty());
    let stored = table.receptions().await;
    let stored = &stored[before..];
    assert_eq!(stored.len(), sent.len(), "each is stored once");
    for ((payload, url), reception) in sent.iter().zip(stored) {
        assert_stored(payload, url, reception);
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
    // The command of docs/cargo-lambda.md.
    let invoke = cargo_lambda::documented("sam local invoke");
    let file = cargo_lambda::event(folder).await;
    let invoke = invoke.replace("target/event.json", file.to_str().unwrap());
    let stored_before = table.receptions().await.len();
    let invoked = deployment::output_of(cargo_lambda::shell(&invoke)).await;
    let answer = invoked.lines().find(|line| line.starts_with('{')).unwrap();
    let answer = Answer::from_gateway_response(&serde_json::from_str(answer).unwrap());
    assert_eq!(read_as_openim(&answer.body), Verdict::Allowed, "{answer:?}");
    assert_eq!(table.receptions().await.len(), stored_before + 1);

    println!(
        "{count} callbacks in sam local, {} are stored",
        stored.len()
    );

    kill(
        Pid::from_raw(i32::try_from(sam.id()).unwrap()),
        Signal::SIGTERM,
    )
    .unwrap();
    // SAM can end in the middle of a line.
    sam.wait_for(|line| line.ends_with("stopped").then_some(()))
        .await;
}
