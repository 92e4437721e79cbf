//! What `imhook` prints of texts that users wrote, on a terminal and for programs.

use std::{
    collections::HashMap,
    fs,
    path::Path,
    process::{Output, Stdio},
};

use aws_sdk_dynamodb::types::AttributeValue;
use domain::{
    Events, GroupId, Reception, Source, Timestamp, UserId, group,
    relation::Event,
    user::{self, RegisteredUser},
};
use serde_json::{Value, json};
use support::{Dynamodb, Table, binary, nowhere};
use tokio::process::Command;

/// Ids with characters that a terminal would obey, and the longest ones.
fn hostile() -> Vec<String> {
    let mut ids: Vec<String> = [
        "\u{1b}[2J\u{1b}]0;owned\u{7}\u{1b}[31mred",
        "two\nlines\r\n2026-11-21T12:34:56.789Z  forged",
        "\u{202e}gnp.exe\u{2066}\u{200f}\u{61c}",
        "\u{85}\u{9b}2J\u{7f}\u{8}\u{2028}\u{2029}",
        "tab\tand\u{b}\u{c}",
        "{:width$} %s %n \\u{1b} \"quoted\" 'x'",
    ]
    .map(ToOwned::to_owned)
    .into();
    ids.push("ж".repeat(500));
    ids.push("\u{1b}".repeat(1000));
    ids
}

/// Whether a terminal obeys this character. Line breaks do not count.
fn is_obeyed(c: char) -> bool {
    (c.is_control() && c != '\n')
        || matches!(u32::from(c), 0x2028..=0x202E | 0x2066..=0x2069 | 0x200E | 0x200F | 0x061C)
}

fn user(id: &str) -> UserId {
    UserId::new(id).unwrap()
}

/// A reception at that second.
fn reception(second: i64, events: Events) -> Reception {
    Reception {
        id: format!("r{second}\u{1b}[2J"),
        received_at: Timestamp::from_unix_millis(1_795_264_496_789 + second * 1000).unwrap(),
        source: Source::OpenIm,
        command: "callback\u{1b}[31m".to_owned(),
        operation_id: Some("\u{9b}2J".to_owned()),
        events,
        body: None,
        target: None,
        part: None,
    }
}

/// A DynamoDB whose two tables have one history.
struct Tables {
    dynamodb: Dynamodb,
    events: Table,
    relationships: Table,
}

impl Tables {
    async fn of(history: &[Reception]) -> Self {
        let dynamodb = Dynamodb::dynoxide().await;
        let events = dynamodb.events_table().await;
        let relationships = dynamodb.relationships_table().await;
        for reception in history {
            events.events_table().record(reception).await.unwrap();
        }
        for applied in relationships.relationships_table().apply(history).await {
            applied.unwrap();
        }
        Self {
            dynamodb,
            events,
            relationships,
        }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(binary("imhook"));
        command
            .args(arguments)
            .args(["--dynamodb", &self.dynamodb.endpoint])
            .args(["--events-table", &self.events.name])
            .args(["--relationships-table", &self.relationships.name])
            .stdin(Stdio::null());
        command
    }

    /// Runs a command and checks that its output is safe for a terminal.
    async fn ask(&self, arguments: &[&str]) -> Output {
        let output = self.command(arguments).output().await.unwrap();
        for text in [&output.stdout, &output.stderr] {
            let text = str::from_utf8(text).unwrap();
            assert!(!text.contains(is_obeyed), "{arguments:?}: {text:?}");
            assert!(!text.contains("panicked"), "{arguments:?}: {text}");
        }
        output
    }

    async fn answer(&self, arguments: &[&str]) -> String {
        let output = self.ask(arguments).await;
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }
}

/// Every kind of event, between all pairs of users.
fn everything_between(ids: &[String]) -> Vec<Reception> {
    let mut events = Vec::new();
    for [a, b] in ids.iter().flat_map(|a| ids.iter().map(move |b| [a, b])) {
        if a == b {
            continue;
        }
        let ([a, b], text) = ([user(a), user(b)], a.clone());
        let pair = || (a.clone(), b.clone());
        let ((from, to), message) = (pair(), text.clone());
        events.push(Event::FriendRequested { from, to, message });
        let ((from, to), message) = (pair(), text.clone());
        events.push(Event::FriendRequestAccepted { from, to, message });
        let ((owner, friend), remark) = (pair(), text);
        events.push(Event::RemarkSet {
            owner,
            friend,
            remark,
        });
        let (owner, blocked) = pair();
        events.push(Event::Blocked { owner, blocked });
        let (follower, followed) = (a.clone(), vec![b.clone()]);
        events.push(Event::Followed { follower, followed });
    }
    let relation = events
        .into_iter()
        .map(|event| Events::Relation(vec![event]));
    // Every user is in the group of every user.
    let groups = ids.iter().map(|id| {
        Events::Group(vec![group::Event::GroupCreated {
            group: GroupId::new(id).unwrap(),
            name: id.clone(),
            owner: Some(user(id)),
            creator: None,
            members: ids
                .iter()
                .map(|id| group::Member {
                    user: user(id),
                    role: None,
                })
                .collect(),
        }])
    });
    let profiles = ids.iter().map(|id| {
        let (user, fields) = (user(id), ids.to_vec());
        Events::User(vec![user::Event::ProfileChanged { user, fields }])
    });
    let registered = ids.iter().map(|id| {
        let users = vec![RegisteredUser {
            user: user(id),
            nickname: id.clone(),
        }];
        Events::User(vec![user::Event::UsersRegistered { users }])
    });
    (0..)
        .zip(relation.chain(groups).chain(profiles).chain(registered))
        .map(|(second, events)| reception(second, events))
        .collect()
}

#[tokio::test]
async fn every_command_shows_hostile_ids_in_a_form_that_no_terminal_obeys() {
    let ids = hostile();
    let tables = Tables::of(&everything_between(&ids)).await;
    for id in &ids {
        let other = ids.iter().find(|other| *other != id).unwrap();
        for question in [
            &["friends-of", id][..],
            &["listed-by", id],
            &["blocked-by", id],
            &["history", id],
            &["are-friends", id, other],
            &["members-of", id],
            &["groups-of", id],
            &["is-member", id, other],
        ] {
            let table = tables.answer(question).await;
            assert!(table.lines().count() > 1, "{question:?}: {table}");
            let longest = table.lines().map(|line| line.chars().count()).max();
            assert!(longest <= Some(3 * 102), "{question:?}: {longest:?}");
            let lines = table.lines().count();

            let full = tables.answer(&[question, &["--full"]].concat()).await;
            assert!(!full.contains('…') && full.len() >= table.len());
            assert_eq!(full.lines().count(), lines, "{question:?}");

            let json = tables.answer(&[question, &["--json"]].concat()).await;
            for line in json.lines() {
                let value: Value = serde_json::from_str(line).unwrap();
                let shown = value.to_string();
                assert!(
                    shown.contains(&serde_json::to_string(id).unwrap()),
                    "{shown}"
                );
            }
        }
    }
    // JSON has exactly the characters that are stored.
    let json = tables.answer(&["friends-of", &ids[0], "--json"]).await;
    let mut friends: Vec<String> = json
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .map(|friend| friend["friend"].as_str().unwrap().to_owned())
        .collect();
    friends.sort();
    let mut others = ids[1..].to_vec();
    others.sort();
    assert_eq!(friends, others);
}

/// The commands that work for long, or check something: their results are for programs, too.
#[tokio::test]
async fn with_json_each_line_of_a_command_that_works_is_an_object() {
    let tables = Tables::of(&everything_between(&hostile()[..2])).await;
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("json-lines");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    let policies = folder.join("policies.json");
    let rules = json!({"messages": {"senders": {"deny": ["eve"]}}});
    fs::write(&policies, rules.to_string()).unwrap();
    let policies = policies.to_str().unwrap();
    let progress = folder.join("progress.json");
    let checkpoint = ["--checkpoint", progress.to_str().unwrap()];
    let limits = tables.dynamodb.limits_table().await;
    let forget = ["forget", "--json", "--user", "ana", "--dry-run"];
    let forget = [&forget[..], &checkpoint, &["--limits-table", &limits.name]].concat();
    let own = async |arguments: &[&str]| {
        let output = Command::new(binary("imhook")).args(arguments).output();
        output.await.unwrap()
    };
    let console = "https://abc.execute-api.eu-central-1.amazonaws.com/prod/tencent";
    for (name, output, what) in [
        (
            "rebuild-relationships",
            tables
                .ask(&[&["rebuild-relationships", "--json"][..], &checkpoint].concat())
                .await,
            "done",
        ),
        (
            "replay",
            tables
                .ask(
                    &[
                        &[
                            "replay",
                            "--json",
                            "--from",
                            "2026-01-01",
                            "--dry-run",
                            "--through-handlers",
                        ][..],
                        &checkpoint,
                    ]
                    .concat(),
                )
                .await,
            "done",
        ),
        ("forget", tables.ask(&forget).await, "done"),
        (
            "check-policies",
            own(&["check-policies", "--json", policies]).await,
            "refusal",
        ),
        (
            "tencent-check",
            own(&[
                "tencent-check",
                "--json",
                "--url",
                console,
                "--policies",
                policies,
            ])
            .await,
            "command",
        ),
    ] {
        assert!(output.status.success(), "{name}: {output:?}");
        let printed = String::from_utf8(output.stdout).unwrap();
        let lines = printed
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap());
        let lines: Vec<Value> = lines.collect();
        assert!(
            lines.iter().all(|line| line["what"].is_string()),
            "{name}: {printed}"
        );
        assert!(
            lines.iter().any(|line| line["what"] == what),
            "{name}: {printed}"
        );
    }
}

#[tokio::test]
async fn cells_of_400_kb_are_cut_and_shown_in_full_on_demand() {
    const LONG: usize = 390_000;
    let remark = "x".repeat(LONG);
    let long = |owner: &str, friend: &str| Event::RemarkSet {
        owner: user(owner),
        friend: user(friend),
        remark: remark.clone(),
    };
    let added = Event::FriendRequestAccepted {
        from: user("ana"),
        to: user("leo"),
        message: "y".repeat(LONG),
    };
    let fields = vec!["z".repeat(LONG)];
    let profile = user::Event::ProfileChanged {
        user: user("ana"),
        fields,
    };
    let history = [
        reception(0, Events::Relation(vec![added])),
        reception(1, Events::Relation(vec![long("ana", "leo")])),
        reception(2, Events::User(vec![profile])),
    ];
    let tables = Tables::of(&history).await;
    // A row of the view keeps only the beginning of a text.
    let kept = domain::relation::rows::TEXT_BYTES;
    for (question, rows, long) in [
        (["friends-of", "ana"], 1, kept),
        (["history", "ana"], 3, LONG),
    ] {
        let table = tables.answer(&question).await;
        assert_eq!(table.lines().count(), rows + 1, "{table}");
        assert!(table.len() < 1000 && table.contains('…'), "{table}");
        let full = tables.answer(&[&question[..], &["--full"]].concat()).await;
        assert_eq!(full.lines().count(), rows + 1);
        assert!(full.len() > rows * long && full.len() < rows * long + 1000);
        let json = tables.answer(&[&question[..], &["--json"]].concat()).await;
        assert!(json.len() > rows * long && !json.contains('…'));
    }
}

#[tokio::test]
async fn an_item_that_cannot_be_read_does_not_hide_the_others() {
    let deleted = |friend: &str| Event::FriendDeleted {
        owner: user("ana"),
        friend: user(friend),
    };
    let history = [
        reception(0, Events::Relation(vec![deleted("leo")])),
        reception(2, Events::Relation(vec![deleted("zoé")])),
    ];
    let tables = Tables::of(&history).await;
    let foreign = [
        ("pk", "user#ana"),
        ("sk", "2026-11-21T12:34:57.789Z#odd\u{1b}[2J\none"),
    ]
    .map(|(name, value)| (name.to_owned(), AttributeValue::S(value.to_owned())));
    let put = tables.events.client.put_item();
    let put = put.table_name(&tables.events.name);
    let foreign: HashMap<_, _> = foreign.into();
    put.set_item(Some(foreign)).send().await.unwrap();

    for (question, expected) in [
        (&["history", "ana"][..], "ana deleted zoé\n"),
        (&["history", "ana", "--json"], r#""friend":"zoé"}]}"#),
    ] {
        let output = tables.ask(question).await;
        // The status shows a program that the output is not complete.
        assert_eq!(output.status.code(), Some(1));
        let stdout = String::from_utf8(output.stdout).unwrap();
        assert!(stdout.contains(expected), "{stdout}");
        assert!(stdout.contains("leo"), "{stdout}");
        assert_eq!(
            String::from_utf8(output.stderr).unwrap(),
            "error: 1 item was left out, because it cannot be read:\n\
             user#ana 2026-11-21T12:34:57.789Z#odd\\u{1b}[2J\\none\n"
        );
    }
    let file = std::env::temp_dir().join(format!("checkpoint-{}", std::process::id()));
    let checkpoint = ["--checkpoint", file.to_str().unwrap()];
    let rebuilt = tables
        .command(&[&["rebuild-relationships"][..], &checkpoint].concat())
        .output();
    let rebuilt = rebuilt.await.unwrap();
    let printed = String::from_utf8([rebuilt.stdout, rebuilt.stderr].concat()).unwrap();
    assert!(!printed.contains(is_obeyed), "{printed:?}");
    assert!(printed.contains("left out: user#ana"), "{printed}");
}

#[tokio::test]
async fn a_closed_output_ends_the_program_without_an_error_message() {
    let deleted = Event::FriendDeleted {
        owner: user("ana"),
        friend: user("leo"),
    };
    let tables = Tables::of(&[reception(0, Events::Relation(vec![deleted]))]).await;
    let policies = std::env::temp_dir().join(format!("policies-it-{}.json", std::process::id()));
    std::fs::write(&policies, "{}").unwrap();
    let mut check = Command::new(binary("imhook"));
    check.arg("check-policies").arg(&policies);
    for mut command in [
        tables.command(&["history", "ana"]),
        tables.command(&["history", "ana", "--json"]),
        tables.command(&["friends-of", "ana"]),
        tables.command(&["are-friends", "ana", "leo"]),
        tables.command(&["rebuild-relationships", "--checkpoint", "/no/such/folder"]),
        check,
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let started = command.stdout(writer).stderr(Stdio::piped()).spawn();
        let ended = started.unwrap().wait_with_output().await.unwrap();
        assert_eq!(String::from_utf8(ended.stderr).unwrap(), "", "{command:?}");
        assert_eq!(ended.status.code(), Some(141), "{command:?}");
    }
    std::fs::remove_file(policies).unwrap();
}

#[tokio::test]
async fn an_unavailable_database_is_the_first_line_of_the_error() {
    let nowhere = format!("http://{}", nowhere());
    for command in [&["friends-of", "ana"][..], &["history", "ana"], &["sample"]] {
        let output = Command::new(binary("imhook"))
            .args(command)
            .args(["--dynamodb", &nowhere])
            .output()
            .await
            .unwrap();
        assert_eq!(output.status.code(), Some(1), "{command:?}");
        let error = String::from_utf8(output.stderr).unwrap();
        let first = error.lines().next();
        let expected = "DynamoDB is not available. On a laptop, `make run` starts it.";
        assert_eq!(first, Some(expected), "{error}");
    }
}
