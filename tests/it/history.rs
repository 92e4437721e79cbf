//! Histories: from one partition or from several, in pages, in both orders; and what `imhook history` prints of them.

use std::{
    num::NonZeroUsize,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use aws_sdk_dynamodb::{
    Client,
    config::{
        ConfigBag, Intercept, RuntimeComponents, interceptors::BeforeTransmitInterceptorContextRef,
    },
    error::BoxError,
};
use domain::{
    Conversation, Events, Family, GroupId, Reception, Source, Timestamp, UserId,
    decision::{self, By, Verdict},
    group,
    message::{self, MessageRef},
    relation,
};
use proptest::{
    collection::vec,
    prelude::*,
    strategy::ValueTree as _,
    test_runner::{Config, TestRunner},
};
use store::{EventsTable, HistoryOf, Reading, Retention};
use support::{Dynamodb, Table, binary};
use tokio::process::Command;

fn user(id: &str) -> UserId {
    UserId::new(id).unwrap()
}

fn group() -> GroupId {
    GroupId::new("g").unwrap()
}

fn reception(id: &str, millis: i64, events: Events) -> Reception {
    Reception {
        id: id.to_owned(),
        received_at: Timestamp::from_unix_millis(1_700_000_000_000 + millis).unwrap(),
        source: Source::OpenIm,
        command: "callbackAfterSendGroupMsgCommand".to_owned(),
        operation_id: None,
        events,
        body: None,
        target: None,
        part: None,
    }
}

fn numbered(conversation: Conversation) -> Events {
    Events::Message(vec![message::Event::MessageNumbered {
        conversation,
        message: MessageRef::default(),
    }])
}

fn joined(members: usize) -> Events {
    Events::Group(vec![group::Event::MembersJoinIntended {
        group: group(),
        members: (0..members).map(|n| user(&format!("{n:064}"))).collect(),
    }])
}

fn recalled(messages: usize) -> Events {
    let message = MessageRef {
        id: Some("x".repeat(64)),
        ..MessageRef::default()
    };
    Events::Message(vec![message::Event::MessagesRecalled {
        conversation: Conversation::Group(group()),
        topic: None,
        messages: vec![message; messages],
        by: None,
    }])
}

/// What is filed under the group, some of it in parts, and what is not.
fn receptions() -> impl Strategy<Value = Vec<Reception>> {
    let of_group = prop_oneof![
        20 => Just(0),
        5 => Just(1),
        1 => Just(2),
        1 => Just(3),
        2 => Just(4),
        2 => Just(5),
    ];
    vec((any::<u32>(), 0..20_i64, of_group), 1..30).prop_map(|receptions| {
        let mut number = 0;
        receptions
            .into_iter()
            .map(|(random, millis, kind)| {
                number += 1;
                // Several have the same time, and none the same id.
                let id = format!("{random:08x}-{number}");
                let events = match kind {
                    0 => numbered(Conversation::Group(group())),
                    1 => joined(1),
                    2 => joined(9000),
                    3 => recalled(7000),
                    4 => numbered(Conversation::Group(GroupId::new("h").unwrap())),
                    _ => numbered(Conversation::between(user("ana"), user("leo"))),
                };
                reception(&id, millis, events)
            })
            .collect()
    })
}

fn is_of_group(reception: &Reception) -> bool {
    match &reception.events {
        Events::Group(_) => true,
        Events::Message(events) => match &events[0] {
            message::Event::MessageNumbered { conversation, .. } => {
                *conversation == Conversation::Group(group())
            }
            _ => true,
        },
        _ => false,
    }
}

/// All pages of a history.
async fn pages(events: &EventsTable, of: &HistoryOf, mut reading: Reading) -> Vec<Reception> {
    let mut all = Vec::new();
    loop {
        let page = events.history(of, &reading).await.unwrap();
        assert_eq!(page.unreadable, []);
        if let Some(limit) = reading.limit {
            let read = page.receptions.len();
            assert!(read == limit.get() || read < limit.get() && page.next.is_none());
        }
        all.extend(page.receptions);
        match page.next {
            Some(next) => reading.after = Some(next),
            None => return all,
        }
    }
}

#[tokio::test]
async fn pages_of_any_size_and_either_order_are_the_sorted_receptions_of_a_group() {
    let dynamodb = Dynamodb::dynoxide().await;
    let mut runner = TestRunner::new(Config::default());
    let mut parts = 0;
    for _ in 0..6 {
        let all = receptions().new_tree(&mut runner).unwrap().current();
        let table = dynamodb.events_table().await;
        let events = table.events_table();
        for reception in &all {
            events.record(reception).await.unwrap();
        }
        parts += table.items().await.len() - all.len();
        let mut expected: Vec<Reception> =
            all.iter().filter(|it| is_of_group(it)).cloned().collect();
        expected.sort_by_key(|it| (it.received_at, it.id.clone()));
        let of = HistoryOf::Group(group());
        for newest_first in [false, true] {
            let all = expected.len();
            // 0 stands for no limit.
            for limit in [0, 1, 2, 3, 7, all, all + 1].map(NonZeroUsize::new) {
                let reading = Reading {
                    newest_first,
                    limit,
                    ..Reading::default()
                };
                let read = pages(&events, &of, reading).await;
                assert!(
                    read == expected,
                    "{newest_first} {limit:?}: {} {}",
                    read.len(),
                    expected.len()
                );
            }
            expected.reverse();
        }
        for family in [Family::Group, Family::Message] {
            let reading = Reading {
                limit: NonZeroUsize::new(3),
                family: Some(family),
                ..Reading::default()
            };
            let of_family = expected.iter().filter(|it| it.events.family() == family);
            let of_family: Vec<Reception> = of_family.cloned().collect();
            assert!(pages(&events, &of, reading).await == of_family);
        }
        let messages = HistoryOf::Conversation(Conversation::Group(group()));
        let of_family = expected
            .iter()
            .filter(|it| it.events.family() == Family::Message);
        let of_family: Vec<Reception> = of_family.cloned().collect();
        assert!(pages(&events, &messages, Reading::default()).await == of_family);
    }
    assert!(parts > 0, "some receptions have parts");
}

#[tokio::test]
async fn parts_without_the_others_are_read_one_by_one_in_the_order_of_the_page() {
    let dynamodb = Dynamodb::dynoxide().await;
    let events = dynamodb.events_table().await.events_table();
    let whole = reception("large", 1, recalled(12_000));
    let parts = store::parts(&whole);
    assert!(parts.len() > 3);
    let (first, last) = (&parts[0], &parts[parts.len() - 1]);
    let before = reception("before", 0, joined(1));
    let after = reception("z-after", 1, joined(1));
    for reception in [&before, first, last, &after] {
        events.record(reception).await.unwrap();
    }
    let mut expected = [&before, first, last, &after].map(Clone::clone);
    for newest_first in [false, true] {
        let reading = Reading {
            newest_first,
            ..Reading::default()
        };
        let of = HistoryOf::Group(group());
        assert!(
            pages(&events, &of, reading).await == expected,
            "{newest_first}"
        );
        expected.reverse();
    }
}

/// Counts the requests of a client.
#[derive(Clone, Debug, Default)]
struct Count(Arc<AtomicUsize>);

impl Intercept for Count {
    fn name(&self) -> &'static str {
        "count"
    }

    fn read_before_transmit(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

/// A reader of the table, and how many requests it makes.
fn counted(table: &Table) -> (EventsTable, Count) {
    let count = Count::default();
    let config = table
        .client
        .config()
        .to_builder()
        .interceptor(count.clone());
    let client = Client::from_conf(config.build());
    (
        EventsTable::new(client, &table.name, Retention::default()),
        count,
    )
}

#[tokio::test]
async fn the_newest_fifty_of_a_busy_group_take_few_requests() {
    let dynamodb = Dynamodb::dynoxide().await;
    let table = dynamodb.events_table().await;
    let writing = table.events_table();
    let mut runner = TestRunner::new(Config::default());
    let mut all: Vec<Reception> = Vec::new();
    for n in 0..1000 {
        let random = any::<u128>().new_tree(&mut runner).unwrap().current();
        let events = match n % 20 {
            0 => joined(1),
            _ => numbered(Conversation::Group(group())),
        };
        all.push(reception(&format!("{random:032x}"), n, events));
    }
    for reception in &all {
        writing.record(reception).await.unwrap();
    }
    let (events, count) = counted(&table);
    let newest = Reading {
        newest_first: true,
        limit: NonZeroUsize::new(50),
        ..Reading::default()
    };
    let of = HistoryOf::Group(group());
    let page = events.history(&of, &newest).await.unwrap();
    let expected: Vec<Reception> = all.iter().rev().take(50).cloned().collect();
    assert!(page.receptions == expected);
    // One for each partition, and a second one for those few that had more than their share.
    let requests = count.0.load(Ordering::Relaxed);
    assert!((17..=22).contains(&requests), "{requests}");

    // A partition that has everything is read in few requests, too.
    let quiet = GroupId::new("quiet").unwrap();
    for n in 0..200 {
        let changed = group::Event::GroupChanged {
            group: quiet.clone(),
            fields: Vec::new(),
            by: None,
        };
        let changed = reception(&format!("c{n}"), n, vec![changed].into());
        writing.record(&changed).await.unwrap();
    }
    let (events, count) = counted(&table);
    let page = events.history(&HistoryOf::Group(quiet), &newest).await;
    assert_eq!(page.unwrap().receptions.len(), 50);
    let requests = count.0.load(Ordering::Relaxed);
    assert!((17..=19).contains(&requests), "{requests}");

    let (events, count) = counted(&table);
    let user = HistoryOf::User(user("nobody"));
    assert_eq!(events.history(&user, &newest).await.unwrap().receptions, []);
    assert_eq!(count.0.load(Ordering::Relaxed), 1);
}

/// Runs `imhook history` with these arguments.
async fn history(table: &Table, arguments: &[&str]) -> (String, String) {
    let output = Command::new(binary("imhook"))
        .arg("history")
        .args(arguments)
        .args(["--dynamodb", &table.endpoint, "--events-table", &table.name])
        .output()
        .await
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let (stdout, stderr) = (text(output.stdout), text(output.stderr));
    assert!(output.status.success(), "{arguments:?}: {stderr}");
    (stdout, stderr)
}

/// The last column of a table.
fn sentences(table: &str) -> Vec<&str> {
    let rows = table.lines().skip(1);
    rows.map(|row| row.rsplit("  ").next().unwrap()).collect()
}

#[tokio::test]
async fn imhook_lists_the_history_of_a_user_a_group_a_conversation_and_a_command() {
    let dynamodb = Dynamodb::dynoxide().await;
    let table = dynamodb.events_table().await;
    let events = table.events_table();
    let deleted = |friend: &str| {
        Events::Relation(vec![relation::Event::FriendDeleted {
            owner: user("ana"),
            friend: user(friend),
        }])
    };
    let refused = |actor: Option<&str>| {
        Events::Decision(vec![decision::Event::Decided {
            decision: Verdict::Refused,
            by: By::Policies,
            code: Some(28_004),
            rule: Some("reqMsg.maxChars".to_owned()),
            actor: actor.map(user),
            others: Vec::new(),
            group: None,
            conversation: None,
        }])
    };
    for (millis, events_of) in [
        deleted("leo"),
        deleted("bob"),
        refused(Some("ana")),
        joined(1),
        numbered(Conversation::Group(group())),
        numbered(Conversation::between(user("leo"), user("ana"))),
        numbered(Conversation::Id("c".to_owned())),
        refused(None),
    ]
    .into_iter()
    .enumerate()
    {
        let millis = i64::try_from(millis).unwrap();
        let reception = reception(&format!("r{millis}"), millis, events_of);
        events.record(&reception).await.unwrap();
    }
    let refusal = "refused by rule reqMsg.maxChars, code 28004";
    let of_ana = [
        "ana deleted leo",
        "ana deleted bob",
        "refused by rule reqMsg.maxChars, code 28004: ana",
    ];
    for arguments in [&["ana"][..], &["--user", "ana"]] {
        let (printed, _) = history(&table, arguments).await;
        assert_eq!(sentences(&printed), of_ana, "{arguments:?}");
    }
    let joining = format!("{:064} was about to join group g", 0);
    let message = "a message in group g";
    let command = "callbackAfterSendGroupMsgCommand";
    for (arguments, expected) in [
        (&["--group", "g"][..], vec![joining.as_str(), message]),
        (&["--group", "g", "--newest"], vec![message, &joining]),
        (&["--group", "g", "--family", "message"], vec![message]),
        (
            &["--conversation", "ana", "leo"],
            vec!["a message between ana and leo"],
        ),
        (
            &["--conversation", "leo", "ana"],
            vec!["a message between ana and leo"],
        ),
        (
            &["--conversation", "c"],
            vec!["a message in conversation c"],
        ),
        (&["--user", "ana", "--family", "decision"], vec![of_ana[2]]),
        (&["--command", command], vec![refusal]),
        (&["--user", "nobody"], Vec::new()),
    ] {
        let (printed, more) = history(&table, arguments).await;
        assert_eq!(sentences(&printed), expected, "{arguments:?}");
        assert_eq!(more, "", "{arguments:?}");
    }

    // Page by page, with the place that the page before printed.
    let mut after: Option<String> = None;
    for sentence in [of_ana[2], of_ana[1], of_ana[0]] {
        let mut arguments = vec!["ana", "--newest", "--limit", "1"];
        if let Some(after) = &after {
            arguments.extend(["--after", after]);
        }
        let (printed, more) = history(&table, &arguments).await;
        assert_eq!(sentences(&printed), [sentence]);
        after = more
            .strip_prefix("there is more: --after '")
            .and_then(|more| more.strip_suffix("'\n"))
            .map(ToOwned::to_owned);
    }
    for wrong in [
        &[][..],
        &["ana", "--group", "g"],
        &["--user", ""],
        &["ana", "--limit", "0"],
    ] {
        let output = Command::new(binary("imhook"))
            .arg("history")
            .args(wrong)
            .output();
        assert!(!output.await.unwrap().status.success(), "{wrong:?}");
    }
}
