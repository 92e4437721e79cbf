//! Forgetting a person, and showing what is stored about one.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    path::{Path, PathBuf},
    process::Output,
};

use aws_sdk_dynamodb::types::AttributeValue;
use domain::{
    Conversation, Events, GroupId, Reception, Source, Timestamp, UserId, message, relation::Event,
};
use models::payloads;
use serde_json::{Value, json};
use store::{EventsTable, Limits, Settings};
use support::{Dynamodb, Process, Queue, Table, binary};
use tokio::process::Command;

use crate::storage::on_both;

/// The user who is forgotten. It is in payloads of both servers.
const ANA: &str = "4801153207";
/// The user whose data stays.
const LEO: &str = "7720934416";

/// Far in the future, so that MiniStack's TTL deletes nothing.
const SECONDS: i64 = 4_000_000_020;

type Item = HashMap<String, AttributeValue>;

fn user(id: &str) -> UserId {
    UserId::new(id).unwrap()
}

fn reception(id: &str, events: impl Into<Events>) -> Reception {
    Reception {
        id: id.to_owned(),
        received_at: Timestamp::from_unix_millis(SECONDS * 1000).unwrap(),
        source: Source::OpenIm,
        command: "callbackAfterSomethingCommand".to_owned(),
        operation_id: Some(format!("op {id}")),
        events: events.into(),
        body: None,
        target: None,
        part: None,
    }
}

fn friends(owner: &str, friends: &[&str]) -> Event {
    Event::FriendsImported {
        owner: user(owner),
        friends: friends.iter().copied().map(user).collect(),
    }
}

/// A stack's tables with something about both users in each.
struct Stack {
    events: Table,
    relationships: Table,
    limits: Table,
}

impl Stack {
    /// Tables with every recorded callback, a large one in parts, callbacks that are kept as they came, the rows of the
    /// views, and counters.
    async fn filled(dynamodb: &Dynamodb) -> Self {
        let stack = Self::empty(dynamodb).await;
        let receptions = receptions();
        for reception in &receptions {
            stack.record(reception).await;
        }
        for applied in stack
            .relationships
            .relationships_table()
            .apply(&receptions)
            .await
        {
            applied.unwrap();
        }
        let settings = Settings::local(&stack.limits.endpoint);
        let client = store::counting(&settings, std::time::Duration::from_secs(10));
        let limits = Limits::new(client, &stack.limits.name);
        for user in [ANA, LEO] {
            for counted in ["messages", "requests#callbackBeforeAddFriendCommand"] {
                let key = format!("{counted}#60#{SECONDS}#{user}");
                limits.raise(&key, 1, SECONDS + 60).await.unwrap();
            }
        }
        stack
    }

    async fn empty(dynamodb: &Dynamodb) -> Self {
        Self {
            events: dynamodb.events_table().await,
            relationships: dynamodb.relationships_table().await,
            limits: dynamodb.limits_table().await,
        }
    }

    fn events_table(&self) -> EventsTable {
        self.events.events_table()
    }

    async fn record(&self, reception: &Reception) {
        self.events_table().record(reception).await.unwrap();
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(binary("imhook"));
        command
            .args(arguments)
            .args(["--dynamodb", &self.events.endpoint])
            .args(["--events-table", &self.events.name])
            .args(["--relationships-table", &self.relationships.name]);
        if arguments[0] != "rebuild-relationships" {
            command.args(["--limits-table", &self.limits.name]);
        }
        if arguments[0] != "export" {
            let checkpoint = checkpoint(&self.events.name);
            command.arg("--checkpoint").arg(checkpoint);
        }
        command
    }

    /// Runs `imhook`, and gives its lines. It has to succeed.
    async fn run(&self, arguments: &[&str]) -> Vec<String> {
        succeeded(self.command(arguments).output().await.unwrap())
    }

    /// All items of all tables, by table and key.
    async fn items(&self) -> BTreeMap<(String, String, String), Item> {
        let mut all = BTreeMap::new();
        for table in [&self.events, &self.relationships, &self.limits] {
            for item in table.items().await {
                let key = |name: &str| {
                    let value = item.get(name).map(|value| value.as_s().unwrap().clone());
                    value.unwrap_or_default()
                };
                all.insert((table.name.clone(), key("pk"), key("sk")), item);
            }
        }
        all
    }
}

fn checkpoint(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join(format!("forget-{}-{name}.json", std::process::id()))
}

fn succeeded(output: Output) -> Vec<String> {
    let stdout = String::from_utf8(output.stdout).unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stdout}\n{stderr}");
    stdout.lines().map(ToOwned::to_owned).collect()
}

/// How often the characters stand in an item.
fn occurrences(item: &Item, id: &str) -> usize {
    // The debug form of an item has all its names and texts.
    format!("{item:?}").matches(id).count()
}

/// Every recorded callback, and some more.
fn receptions() -> Vec<Reception> {
    let mut all: Vec<Reception> = payloads()
        .into_iter()
        .filter(|payload| !payload.events.is_empty())
        .map(|payload| Reception {
            source: payload.source,
            command: payload.command,
            ..reception(&payload.name, payload.events)
        })
        .collect();
    let group = || Conversation::Group(GroupId::new("climbers").unwrap());
    let sent = |from: &str, text: String| message::Event::MessageSent {
        conversation: group(),
        topic: None,
        from: user(from),
        message: message::MessageRef::default(),
        kind: message::Kind::Text,
        sent_at: None,
        mentions: vec![user(ANA)],
        mentions_everybody: false,
        bot: false,
        content: Some(message::Content::Text { text }),
        app_text: message::AppText::default(),
    };
    // Long ids: a few of them make a large callback, and its rows are soon written.
    let many: Vec<String> = (0..600).map(|n| format!("{n:0900}")).collect();
    let mut many: Vec<&str> = many.iter().map(String::as_str).collect();
    many.insert(400, ANA);
    let kept = |id: &str, body: String| Reception {
        body: Some(body),
        ..reception(id, Events::Unknown)
    };
    // The id is where the text is cut in two.
    let half = "x ".repeat(150_000);
    let cut = format!("{}{ANA}{}", &half[5..], &half[5..]);
    // As they came, beside what they say.
    let beside = |id: &str, friend: &str, body: String| Reception {
        body: Some(body),
        target: Some("/callbackAfterImportFriendsCommand".to_owned()),
        ..reception(id, vec![friends(LEO, &[friend, "bob"])])
    };
    all.extend([
        beside(
            "with its body",
            ANA,
            format!("{{\"friendUserIDs\":[\"{ANA}\"]}}"),
        ),
        beside("with a body of others", "alice", "{}".to_owned()),
        beside("with a large body", "alice", cut.clone()),
        reception("large import of another", vec![friends(LEO, &many)]),
        reception("large import", vec![friends(ANA, &many[..399])]),
        reception("large message", vec![sent(ANA, "x".repeat(400_000))]),
        reception(
            "large message of another",
            vec![sent(LEO, "y".repeat(400_000))],
        ),
        reception("large message with a mention", vec![sent(LEO, cut)]),
        reception(
            "message with a mention",
            vec![sent(LEO, format!("@{ANA} lunch?"))],
        ),
        reception("another", vec![sent(LEO, format!("x{ANA}"))]),
        kept("kept", format!("{{\"userID\":\"{ANA}\"}}")),
        kept("kept of another", format!("{{\"userID\":\"{LEO}\"}}")),
        kept(
            "large kept",
            format!("{} {ANA} {}", "z".repeat(300_000), "z".repeat(100)),
        ),
        Reception {
            operation_id: Some(format!("{ANA} 1")),
            ..reception("operation", vec![friends(LEO, &["bob"])])
        },
        Reception {
            source: Source::Tencent,
            operation_id: Some("request".to_owned()),
            ..reception("with a marker", vec![friends(LEO, &[ANA, "bob"])])
        },
        reception(
            "remark",
            vec![Event::RemarkSet {
                owner: user(LEO),
                friend: user("bob"),
                remark: format!("friend of {ANA}"),
            }],
        ),
    ]);
    all
}

async fn nothing_of_a_forgotten_person_is_left_and_all_of_the_others(dynamodb: &Dynamodb) {
    let stack = Stack::filled(dynamodb).await;
    let before = stack.items().await;
    let lines = stack.run(&["forget", "--user", ANA, "--dry-run"]).await;
    assert_eq!(lines.last().unwrap(), "nothing was changed");
    assert!(before == stack.items().await, "a dry run changes nothing");
    let exported = stack.run(&["export", "--user", ANA]).await;
    assert!(before == stack.items().await, "an export changes nothing");

    let done = stack.run(&["forget", "--user", ANA]).await;
    let after = stack.items().await;
    // The text with other characters right before the id is no mention. It is only there to show that.
    let is_similar = |item: &Item| {
        item.get("id")
            .is_some_and(|id| id.as_s().unwrap() == "another")
    };
    for (key, item) in &after {
        // What was in it as a mention goes, and the longer word stays.
        let stays = usize::from(is_similar(item));
        assert_eq!(occurrences(item, ANA), stays, "{key:?}");
    }
    assert!(
        done.iter()
            .any(|line| line.starts_with("in 1 items the characters")),
        "{done:?}"
    );
    assert!(done.iter().any(|line| line.contains("35 days")), "{done:?}");
    let (mut deleted, mut changed) = (0, 0);
    for (key, item) in &before {
        let others = |item: &Item| -> BTreeSet<&str> {
            let ids = [LEO, "bob", "alice", "1936620785", "climbers"];
            ids.into_iter()
                .filter(|id| occurrences(item, id) > 0)
                .collect()
        };
        match after.get(key) {
            None => {
                assert!(
                    occurrences(item, ANA) > 0 || item.contains_key("part"),
                    "{key:?} was deleted"
                );
                deleted += 1;
            }
            Some(now) if now == item => {}
            Some(now) => {
                // A body goes in all of its parts.
                let of_body = item.contains_key("part") && !now.contains_key("target");
                assert!(occurrences(item, ANA) > 0 || of_body, "{key:?} was changed");
                let body = now.contains_key("body") || now.contains_key("target");
                assert!(!body, "{key:?} still has what came");
                assert!(others(item).is_subset(&others(now)), "{key:?}");
                changed += 1;
            }
        }
    }
    assert!(
        after.keys().all(|key| before.contains_key(key)),
        "nothing is new"
    );
    assert!(deleted > 30 && changed > 5, "{deleted} {changed}");
    println!(
        "{} items, {deleted} deleted, {changed} changed",
        before.len()
    );

    // Everything that changed was in the export, with the id, and each item once.
    let of_both =
        |kind: &str, lines: &[String]| lines.iter().filter(|line| line.contains(kind)).count();
    assert_eq!(exported.len(), deleted + changed, "{}", exported.len());
    for place in ["events", "relationships", "limits"] {
        assert!(
            of_both(&format!("{{\"place\":\"{place}\""), &exported) > 0,
            "{place}"
        );
    }
    for line in &exported {
        serde_json::from_str::<Value>(line).unwrap_or_else(|error| panic!("{line}: {error}"));
    }
    let import = exported
        .iter()
        .find(|line| line.contains("with a marker"))
        .unwrap();
    assert!(import.contains(ANA) && !import.contains("bob"), "{import}");
    assert_eq!(
        stack.run(&["export", "--user", ANA]).await,
        [] as [String; 0]
    );
    assert!(!stack.run(&["export", "--user", LEO]).await.is_empty());

    // The others' large callbacks are whole.
    let all = stack.events.receptions().await;
    let whole = |id: &str| {
        let parts = all.iter().filter(|part| part.id == id).cloned().collect();
        Reception::whole(parts).ok()
    };
    let Some(Reception {
        events: Events::Relation(import),
        ..
    }) = whole("large import of another")
    else {
        panic!("the import is not whole");
    };
    assert!(
        matches!(&import[..], [Event::FriendsImported { friends, .. }] if friends.len() == 600)
    );
    assert!(whole("large message of another").is_some());
    for gone in [
        "large import",
        "large message",
        "large kept",
        "large message with a mention",
    ] {
        assert!(all.iter().all(|part| part.id != gone), "{gone}");
    }

    // Neither a second run nor a rebuild brings anything back or takes anything away.
    stack.run(&["forget", "--user", ANA]).await;
    assert!(after == stack.items().await, "a second run changes nothing");
    stack.run(&["rebuild-relationships"]).await;
    for (key, item) in stack.items().await {
        assert_eq!(
            occurrences(&item, ANA),
            usize::from(is_similar(&item)),
            "{key:?} after a rebuild"
        );
    }
}

async fn an_item_that_cannot_be_read_stays_and_is_an_error(dynamodb: &Dynamodb) {
    let stack = Stack::empty(dynamodb).await;
    stack
        .record(&reception("r", vec![friends(LEO, &["bob"])]))
        .await;
    let mut put = stack
        .events
        .client
        .put_item()
        .table_name(&stack.events.name);
    for (name, value) in [
        ("pk", "group#g"),
        ("sk", "s"),
        ("family", "later"),
        ("who", ANA),
    ] {
        put = put.item(name, AttributeValue::S(value.to_owned()));
    }
    put.send().await.unwrap();
    let before = stack.items().await;
    let output = stack
        .command(&["forget", "--user", ANA])
        .output()
        .await
        .unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(
        !output.status.success() && stderr.contains("1 items have the id"),
        "{stderr}"
    );
    assert!(before == stack.items().await);
}

on_both! {
    nothing_of_a_forgotten_person_is_left_and_all_of_the_others
    an_item_that_cannot_be_read_stays_and_is_an_error
}

#[tokio::test]
async fn an_interrupted_run_goes_on_where_it_was() {
    let dynamodb = Dynamodb::dynoxide().await;
    let stack = Stack::filled(&dynamodb).await;
    let file = checkpoint(&stack.events.name);
    let mut forget = stack.command(&["forget", "--user", ANA, "--step", "1"]);
    let mut interrupted = Process::start(&mut forget);
    interrupted
        .wait_for(|line| line.starts_with("events: 20 items read").then_some(()))
        .await;
    drop(interrupted);
    assert!(file.exists());
    let other = stack
        .command(&["forget", "--user", LEO])
        .output()
        .await
        .unwrap();
    let refused = String::from_utf8_lossy(&other.stderr);
    assert!(
        !other.status.success() && refused.contains("about another user"),
        "{refused}"
    );
    let lines = stack.run(&["forget", "--user", ANA]).await;
    assert!(
        lines[0].starts_with("resuming an interrupted run"),
        "{lines:?}"
    );
    assert!(!file.exists());
    for (key, item) in stack.items().await {
        let similar = item
            .get("id")
            .is_some_and(|id| id.as_s().unwrap() == "another");
        assert_eq!(occurrences(&item, ANA), usize::from(similar), "{key:?}");
    }
}

#[tokio::test]
async fn undelivered_events_about_the_person_are_deleted_and_the_others_stay() {
    let ministack = Dynamodb::ministack().await;
    let stack = Stack::empty(&ministack).await;
    let (deliveries, dead) = (
        Queue::fifo(&ministack, "deliveries").await,
        Queue::fifo(&ministack, "dead-deliveries").await,
    );
    let (judged, not_judged) = (
        Queue::create(&ministack, "moderation").await,
        Queue::create(&ministack, "not-judged").await,
    );
    for queue in [&judged, &not_judged] {
        for from in [ANA, LEO] {
            let event = json!({
                "id": from, "type": "message.message_sent", "subject": "group/g", "data": {"from": from},
            });
            queue.send(event.to_string()).await;
        }
    }
    for queue in [&deliveries, &dead] {
        for (n, (subject, owner, friend)) in [
            (LEO, LEO, "bob"),
            (LEO, LEO, ANA),
            (ANA, ANA, "bob"),
            ("bob", "bob", LEO),
        ]
        .into_iter()
        .enumerate()
        {
            let event = json!({
                "id": format!("e{n}"), "type": "relation.friend_deleted",
                "subject": format!("user/{subject}"), "data": {"owner": owner, "friend": friend},
            });
            queue
                .send_in(subject, &format!("e{n}"), event.to_string())
                .await;
        }
    }
    let run = async |arguments: &[&str]| {
        let mut command = stack.command(arguments);
        command
            .args([
                "--sqs",
                &ministack.endpoint,
                "--deliveries-queue",
                &deliveries.url,
            ])
            .args(["--deliveries-dead-letter-queue", &dead.url])
            .args(["--moderation-queue", &judged.url])
            .args(["--moderation-dead-letter-queue", &not_judged.url]);
        succeeded(command.output().await.unwrap())
    };
    assert_eq!(run(&["export", "--user", ANA]).await.len(), 6);
    let dry = run(&["forget", "--user", ANA, "--dry-run"]).await;
    let lines = run(&["forget", "--user", ANA]).await;
    for word in ["moderation queue", "dead-letter queue of messages to judge"] {
        let told = format!("{word}: 2 messages read, 1 deleted");
        assert!(lines.contains(&told), "{lines:?}");
    }
    for word in ["deliveries queue", "dead-letter queue of deliveries"] {
        let told = |lines: &[String], what: &str| lines.contains(&format!("{word}: {what}"));
        assert!(told(&dry, "4 messages read, 2 to be deleted"), "{dry:?}");
        assert!(told(&lines, "4 messages read, 2 deleted"), "{lines:?}");
    }
    assert_eq!(run(&["export", "--user", ANA]).await, [] as [String; 0]);
    for queue in [&judged, &not_judged] {
        let left = queue.receive_all().await;
        assert!(left.len() == 1 && left[0].body.as_ref().unwrap().contains(LEO));
    }
    for queue in [&deliveries, &dead] {
        let left = queue.receive_all().await;
        assert_eq!(left.len(), 2);
        assert!(
            left.iter()
                .all(|it| !it.body.as_ref().unwrap().contains(ANA))
        );
    }
    // What somebody else holds is counted, and hides what is behind it.
    deliveries
        .send_in("bob", "e9", format!(r#"{{"subject":"user/{ANA}"}}"#))
        .await;
    let lines = run(&["forget", "--user", ANA]).await;
    let told = |line: &String| line.starts_with("deliveries queue: about 3 messages wait");
    assert!(lines.iter().any(told), "{lines:?}");
}

#[tokio::test]
async fn messages_in_queues_are_cut_or_deleted_and_the_others_stay() {
    let ministack = Dynamodb::ministack().await;
    let stack = Stack::empty(&ministack).await;
    let queue = Queue::create(&ministack, "events").await;
    let dead = Queue::create(&ministack, "dead").await;
    let failures = Queue::create(&ministack, "failures").await;
    let of_leo = reception("leo", vec![friends(LEO, &["bob"])]);
    let of_both = reception("both", vec![friends(LEO, &["bob", ANA])]);
    let of_ana = reception("ana", vec![friends(ANA, &["bob"])]);
    for queue in [&queue, &dead] {
        let send = store::Queue::new(queue.client.clone(), &queue.url);
        for reception in [&of_leo, &of_both, &of_ana] {
            send.send(reception).await.unwrap();
        }
    }
    let send = failures.client.send_message().queue_url(&failures.url);
    send.message_body(r#"{"requestContext":{}}"#)
        .send()
        .await
        .unwrap();
    let run = async |arguments: &[&str]| {
        let mut command = stack.command(arguments);
        command
            .args(["--sqs", &ministack.endpoint, "--events-queue", &queue.url])
            .args(["--events-dead-letter-queue", &dead.url])
            .args(["--relationships-failures", &failures.url]);
        succeeded(command.output().await.unwrap())
    };
    let exported = run(&["export", "--user", ANA]).await;
    assert_eq!(exported.len(), 4, "{exported:?}");
    let lines = run(&["forget", "--user", ANA, "--dry-run"]).await;
    let told =
        |lines: &[String], line: &str| assert!(lines.iter().any(|it| it == line), "{lines:?}");
    told(
        &lines,
        "events queue: 3 messages read, 1 to be deleted, 1 to be changed",
    );
    let lines = run(&["forget", "--user", ANA]).await;
    assert!(
        lines.iter().any(|line| line.contains("redrive drains it")),
        "{lines:?}"
    );
    for word in ["events queue", "dead-letter queue"] {
        // The changed message is new in the queue, so it is read, too.
        told(
            &lines,
            &format!("{word}: 4 messages read, 1 deleted, 1 changed"),
        );
    }
    assert_eq!(run(&["export", "--user", ANA]).await, [] as [String; 0]);
    for queue in [&queue, &dead] {
        let mut left: Vec<String> = Vec::new();
        for message in queue.receive_all().await {
            let body = message.body.unwrap();
            assert!(!body.contains(ANA), "{body}");
            left.push(store::from_message(&body).unwrap().id);
        }
        left.sort();
        assert_eq!(left, ["both", "leo"]);
    }
    assert_eq!(failures.receive_all().await.len(), 1);
}
