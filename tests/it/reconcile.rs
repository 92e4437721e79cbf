//! `imhook reconcile`: what it finds and repairs, with a server that speaks OpenIM's REST API.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::PathBuf,
    time::{Duration, Instant},
};

use domain::{
    GroupId, RECONCILE, Reception, Source, Timestamp, UserId,
    group::{Event as GroupEvent, Joined, Left, rows::Membership},
    relation::Event,
};
use serde_json::Value;
use support::{
    ChatServer, Dynamodb, Function, Lists, Process, Refusal, Table, nowhere, records, serve,
};

use crate::{
    relationships::{checkpoint, deliver},
    tools::{imhook, printed, same_as_file},
};

const TOKEN: &str = "token-of-the-administrator";
/// Since when OpenIM has everything that the tests put there.
const SINCE: i64 = 1_700_000_000;

fn user(id: &str) -> UserId {
    UserId::new(id).unwrap()
}

fn group(id: &str) -> GroupId {
    GroupId::new(id).unwrap()
}

/// OpenIM, and a stack whose stream the real function reads.
struct Around {
    chat: ChatServer,
    dynamodb: Dynamodb,
    events: Table,
    views: Table,
    projection: Function,
    checkpoint: PathBuf,
    receptions: std::cell::Cell<i64>,
}

impl Around {
    async fn start(name: &str) -> Self {
        let chat = ChatServer::start().await;
        chat.only_token(TOKEN);
        let dynamodb = Dynamodb::dynoxide().await;
        let (events, views) = (
            dynamodb.events_table().await,
            dynamodb.relationships_table().await,
        );
        let projection = Function::start("project-views", views.environment()).await;
        Self {
            chat,
            dynamodb,
            events,
            views,
            projection,
            checkpoint: checkpoint(&format!("reconcile-{name}.json")),
            receptions: std::cell::Cell::default(),
        }
    }

    fn arguments(&self, more: &[&str]) -> Vec<String> {
        let openim = format!("{}/api", self.chat.url);
        let openim = match more.contains(&"--openim") {
            true => &[][..],
            false => &["--openim", &openim],
        };
        let checkpoint = self.checkpoint.to_str().unwrap();
        let tables = [
            ["--dynamodb", &self.events.endpoint],
            ["--events-table", &self.events.name],
            ["--relationships-table", &self.views.name],
            ["--checkpoint", checkpoint],
        ];
        let all = [&["reconcile"], openim, tables.as_flattened(), more].concat();
        all.into_iter().map(ToOwned::to_owned).collect()
    }

    /// Runs it. Gives the exit code and what it printed.
    async fn run_with(&self, variables: &[(&str, &str)], more: &[&str]) -> (i32, String) {
        let arguments = self.arguments(more);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let output = imhook(&arguments, variables).output().await.unwrap();
        let text = printed(&output);
        // Neither the token nor what users wrote.
        for secret in [TOKEN, "hunter2", ChatServer::OPENIM_SECRET] {
            assert!(!text.contains(secret), "{text}");
        }
        (output.status.code().unwrap(), text)
    }

    async fn run(&self, more: &[&str]) -> (i32, String) {
        self.run_with(&[("OPENIM_ADMIN_TOKEN", TOKEN)], more).await
    }

    /// Stores what a callback said at this time.
    async fn callback(&self, at: Timestamp, events: impl Into<domain::Events>) {
        let number = self.receptions.replace(self.receptions.get() + 1);
        let reception = Reception {
            id: format!("callback-{number}"),
            received_at: at,
            source: Source::OpenIm,
            command: "x".into(),
            operation_id: None,
            events: events.into(),
            body: None,
            target: None,
            part: None,
        };
        self.events.events_table().record(&reception).await.unwrap();
    }

    /// Passes the whole stream to the function.
    async fn project(&self) {
        for batch in records(&self.events).await.chunks(500) {
            assert_eq!(deliver(&self.projection, batch).await, [] as [String; 0]);
        }
    }

    /// What the views say about all users and groups of OpenIM.
    async fn lists(&self) -> Lists {
        let view = self.views.relationships_table();
        let mut lists = self.chat.lists(|lists| lists.clone());
        let all = |ids: BTreeSet<UserId>| -> BTreeMap<String, i64> {
            ids.iter().map(|id| (id.to_string(), SINCE)).collect()
        };
        for id in &lists.users {
            let id = user(id);
            let friends = view.friends_of(&id).await.unwrap();
            let friends = friends.into_iter().map(|it| it.friend).collect();
            lists.friends.insert(id.to_string(), all(friends));
            let blocks = view.blocked_by(&id).await.unwrap();
            assert!(blocks.iter().all(|it| !it.intended));
            let blocks = blocks.into_iter().map(|it| it.other).collect();
            lists.blocks.insert(id.to_string(), all(blocks));
        }
        for (id, list) in &mut lists.members {
            let members = view.members_of(&group(id), None, usize::MAX).await.unwrap();
            let members = members.members.into_iter();
            *list = all(members
                .inspect(|it| assert_eq!(it.member, Membership::Yes))
                .map(|it| it.user)
                .collect());
        }
        lists.friends.retain(|_, list| !list.is_empty());
        lists.blocks.retain(|_, list| !list.is_empty());
        lists
    }

    /// The receptions that the command wrote.
    async fn reconciled(&self) -> Vec<Reception> {
        let all = self.events.receptions().await;
        all.into_iter().filter(Reception::is_reconciled).collect()
    }
}

/// What OpenIM and the views have in common, and what only one of them has.
struct Drift {
    differences: usize,
    /// The lists that differ.
    lists: usize,
}

/// Puts random facts into OpenIM and callbacks into the table, 500 of which only one side has.
async fn drift(around: &Around) -> Drift {
    let mut random = fastrand::Rng::with_seed(20_261_128);
    let users: Vec<String> = (0..230).map(|n| format!("u{n:03}")).collect();
    let mut differing = BTreeSet::new();
    let mut openim = Lists {
        users: users.clone(),
        ..Lists::default()
    };
    let mut relations: BTreeMap<String, Vec<Event>> = BTreeMap::new();
    let mut groups: BTreeMap<String, Vec<GroupEvent>> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    while seen.len() < 1500 {
        let (kind, other) = (seen.len() % 3, random.choice(&users).unwrap().clone());
        let of = match kind {
            // Few groups, so that one has several pages.
            2 => format!("g{}", random.usize(0..3)),
            _ => random.choice(&users).unwrap().clone(),
        };
        if of == other || !seen.insert((kind, of.clone(), other.clone())) {
            continue;
        }
        // Only the first 500 differ.
        let differs = seen.len() <= 500;
        if differs {
            differing.insert((kind, of.clone()));
        }
        let here = !differs || random.bool();
        // Of some that are not here, a callback said so. Of some, one said what was about to happen.
        let about = if here { 0 } else { random.u8(0..3) };
        let intended = about == 1 && kind != 0;
        let there = match (differs, intended) {
            (true, true) => random.bool(),
            (true, false) => !here,
            (false, _) => true,
        };
        let list = match kind {
            0 => &mut openim.friends,
            1 => &mut openim.blocks,
            _ => &mut openim.members,
        };
        let list = list.entry(of.clone()).or_default();
        if there {
            list.insert(other.clone(), SINCE);
        }
        let (owner, who, members) = (|| user(&of), || user(&other), || vec![user(&other)]);
        let relation = match (kind, here, about) {
            (0, true, _) => Some(Event::FriendAdded {
                owner: owner(),
                friend: who(),
            }),
            (0, false, 0) => Some(Event::FriendDeleted {
                owner: owner(),
                friend: who(),
            }),
            (1, true, _) => Some(Event::Blocked {
                owner: owner(),
                blocked: who(),
            }),
            (1, false, 0) => Some(Event::Unblocked {
                owner: owner(),
                blocked: who(),
            }),
            (1, false, 1) => Some(Event::BlockIntended {
                owner: owner(),
                blocked: who(),
            }),
            _ => None,
        };
        let in_group = match (kind, here, about) {
            (2, true, _) => Some(GroupEvent::MembersJoined {
                group: group(&of),
                members: members(),
                how: Joined::Free,
                by: None,
            }),
            (2, false, 0) => Some(GroupEvent::MembersLeft {
                group: group(&of),
                members: members(),
                how: Left::Left,
                by: None,
                reason: String::new(),
            }),
            (2, false, 1) => Some(GroupEvent::MembersJoinIntended {
                group: group(&of),
                members: members(),
            }),
            _ => None,
        };
        relations.entry(of.clone()).or_default().extend(relation);
        groups.entry(of.clone()).or_default().extend(in_group);
    }
    let old = Timestamp::from_unix_millis(Timestamp::now().unix_millis() - 3_600_000).unwrap();
    for events in relations.into_values().filter(|it| !it.is_empty()) {
        around.callback(old, events).await;
    }
    for events in groups.into_values().filter(|it| !it.is_empty()) {
        around.callback(old, events).await;
    }
    around.chat.lists(|lists| *lists = openim);
    around.project().await;
    Drift {
        differences: 500,
        lists: differing.len(),
    }
}

#[tokio::test]
async fn five_hundred_random_differences_are_found_and_repaired_once_even_if_the_run_is_killed() {
    let around = Around::start("drift").await;
    let drift = drift(&around).await;
    let before = around.events.receptions().await.len();

    // Nothing is changed without --apply. A page that fails twice is asked for again.
    for _ in 0..2 {
        around
            .chat
            .refuse("/api/friend/get_friend_list", Refusal::Status(503));
    }
    let (code, text) = around.run(&["--json", "--rate", "1000"]).await;
    assert_eq!(code, 3, "{text}");
    let lines = text.lines().filter(|it| it.starts_with('{'));
    let found: Vec<Value> = lines.map(|it| serde_json::from_str(it).unwrap()).collect();
    assert_eq!(found.len(), drift.differences);
    let has = |key: &str, value: Value| found.iter().any(|it| it[key] == value);
    for kind in ["friend", "block", "member"] {
        assert!(has("what", kind.into()));
    }
    for here in ["yes", "no", "intended", "not_known"] {
        assert!(has("here", here.into()), "{here}");
    }
    let since = Timestamp::from_unix_millis(SINCE * 1000)
        .unwrap()
        .to_string();
    for it in &found {
        let at_openim = it["openim"] == true;
        assert_eq!(it["openim_since"] == since.as_str(), at_openim, "{it}");
        assert_eq!(
            it["heard_here"].is_null(),
            it["here"] == "not_known",
            "{it}"
        );
    }
    assert_eq!(around.events.receptions().await.len(), before);
    let once = around.chat.requests("get_friend_list").len();

    // Killed after the first of three pages of users.
    let apply = around.arguments(&["--apply", "--rate", "300"]);
    let apply: Vec<&str> = apply.iter().map(String::as_str).collect();
    let mut command = imhook(&apply, &[("OPENIM_ADMIN_TOKEN", TOKEN)]);
    let killed = Process::start(&mut command);
    let saved = loop {
        match fs::read_to_string(&around.checkpoint) {
            Ok(text) => break text,
            Err(_) => tokio::time::sleep(Duration::from_millis(1)).await,
        }
    };
    drop(killed);
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(!saved.contains(TOKEN));
    // As if not all of the page's events had been written: each has the same id and time in the second run.
    assert!(saved.contains("\"to_write\":[{"), "{saved}");
    fs::write(&around.checkpoint, saved).unwrap();
    let partly = around.reconciled().await.len();
    let (code, text) = around.run(&["--apply", "--rate", "1000"]).await;
    assert_eq!(code, 3, "{text}");
    assert!(text.contains("resuming after 200 lists"), "{text}");
    assert!(!around.checkpoint.exists(), "nothing is left to resume");
    let again = around.chat.requests("get_friend_list").len() - once;
    assert!(again < 2 * once, "{again} requests after {once}");

    let reconciled = around.reconciled().await;
    assert!(partly < reconciled.len(), "{partly}");
    assert_eq!(reconciled.len(), drift.lists, "each list has one reception");
    assert!(reconciled.iter().all(|it| it.command == RECONCILE));
    around.project().await;
    let mut expected = around.chat.lists(|lists| lists.clone());
    expected.friends.retain(|_, list| !list.is_empty());
    expected.blocks.retain(|_, list| !list.is_empty());
    let repaired = around.lists().await;
    assert_eq!(repaired.friends, expected.friends);
    assert_eq!(repaired.blocks, expected.blocks);
    assert_eq!(repaired.members, expected.members);

    let (code, text) = around.run(&["--apply", "--rate", "1000"]).await;
    assert_eq!(code, 0, "{text}");
    assert!(
        text.contains("missing here: 0, no longer at OpenIM: 0"),
        "{text}"
    );
    assert_eq!(around.reconciled().await.len(), drift.lists);
    println!("{} differences in {} lists", drift.differences, drift.lists);
}

/// A time that never changes, so that the output does not.
fn fixed(second: i64) -> Timestamp {
    Timestamp::from_unix_millis(1_790_000_000_000 + second * 1000).unwrap()
}

fn since(ids: &[&str]) -> BTreeMap<String, i64> {
    ids.iter().map(|id| ((*id).to_owned(), SINCE)).collect()
}

#[tokio::test]
async fn a_newer_callback_wins_and_the_output_says_what_each_side_has() {
    let around = Around::start("newer").await;
    let (ana, bob) = (|| user("ana"), || user("bob"));
    let joined = |id: &str, members: Vec<UserId>| GroupEvent::MembersJoined {
        group: group(id),
        members,
        how: Joined::Free,
        by: None,
    };
    let added = |friend: &str| Event::FriendAdded {
        owner: ana(),
        friend: user(friend),
    };
    around
        .callback(fixed(0), vec![added("leo"), added("mia")])
        .await;
    let later = Timestamp::from_unix_millis(Timestamp::now().unix_millis() + 3_600_000).unwrap();
    let deleted = Event::FriendDeleted {
        owner: ana(),
        friend: bob(),
    };
    around.callback(later, vec![deleted]).await;
    // Its block may be made in a moment.
    let intended = Event::BlockIntended {
        owner: bob(),
        blocked: ana(),
    };
    around.callback(Timestamp::now(), vec![intended]).await;
    for (second, id) in [(1, "g1"), (2, "gone")] {
        around
            .callback(fixed(second), vec![joined(id, vec![ana(), bob()])])
            .await;
    }
    around.project().await;
    around.chat.lists(|lists| {
        lists.users = ["ana", "bob"].map(ToOwned::to_owned).into();
        lists.friends = [("ana".to_owned(), since(&["leo", "bob", "zoe"]))].into();
        lists.blocks = [("ana".to_owned(), since(&["eve"]))].into();
        lists.members = ["g1", "gone"]
            .map(|id| (id.to_owned(), since(&["ana", "cy"])))
            .into();
        lists.dissolved = ["gone".to_owned()].into();
    });

    // The view does not know of this callback yet.
    let unblocked = Event::Unblocked {
        owner: ana(),
        blocked: user("eve"),
    };
    around.callback(later, vec![unblocked]).await;
    let only = [
        "--user", "ana", "--group", "g1", "--group", "gone", "--group", "none",
    ];
    let (code, only) = around.run(&only).await;
    assert_eq!(code, 1, "{only}");
    let (code, applied) = around.run(&["--apply"]).await;
    assert_eq!(code, 3, "{applied}");
    // Without the time of what was about to happen.
    let applied: String = applied
        .lines()
        .filter(|it| !it.contains("intended"))
        .map(|it| format!("{it}\n").replace(&later.to_string(), "<later>                 "))
        .collect();
    let text = only.replace(&later.to_string(), "<later>                 ");
    same_as_file("reconcile", &format!("{text}\n--apply\n{applied}"));

    around.project().await;
    let view = around.views.relationships_table();
    let friends = view.friends_of(&ana()).await.unwrap();
    let friends: Vec<String> = friends
        .into_iter()
        .map(|it| it.friend.to_string())
        .collect();
    assert_eq!(
        friends,
        ["leo", "zoe"],
        "bob is deleted by a newer callback"
    );
    let [forth, _] = view.friendship(&ana(), &user("mia")).await.unwrap();
    assert_eq!(forth.listed, Some(false));
    assert_eq!(view.blocked_by(&ana()).await.unwrap(), []);
    assert_eq!(view.blocked_by(&bob()).await.unwrap().len(), 1);
    let members = async |id: &str| {
        let members = view.members_of(&group(id), None, 9).await.unwrap().members;
        members
            .into_iter()
            .map(|it| it.user.to_string())
            .collect::<Vec<_>>()
    };
    assert_eq!(members("g1").await, ["ana", "cy"]);
    // OpenIM does not list it among all groups.
    assert_eq!(members("gone").await, ["ana", "bob"]);
    let (code, text) = around.run(&["--apply", "--group", "gone"]).await;
    assert_eq!(code, 3, "{text}");
    around.project().await;
    assert_eq!(members("gone").await, [""; 0]);

    // A rebuild gives the same.
    let rebuilt = around.dynamodb.relationships_table().await;
    let history = around.events.receptions().await;
    for applied in rebuilt.relationships_table().apply(&history).await {
        applied.unwrap();
    }
    let sorted = async |table: &Table| {
        let mut items = table.items().await;
        items.sort_by_key(|it| ["pk", "sk"].map(|key| it[key].as_s().unwrap().clone()));
        items
    };
    assert_eq!(sorted(&rebuilt).await, sorted(&around.views).await);
}

#[tokio::test]
async fn what_stops_the_comparison_is_said_and_requests_keep_to_the_rate() {
    let around = Around::start("stops").await;
    around.chat.lists(|lists| {
        lists.users = (0..10).map(|n| format!("u{n}")).collect();
    });
    let said = async |variables: &[(&str, &str)], more: &[&str], words: &str| {
        let (code, text) = around.run_with(variables, more).await;
        assert_eq!(code, 1, "{text}");
        assert!(text.contains(words), "{text}");
    };
    said(&[], &[], "there is no token: set OPENIM_ADMIN_TOKEN").await;
    said(
        &[("OPENIM_ADMIN_TOKEN", "to ken")],
        &[],
        "characters that no token has",
    )
    .await;
    let wrong = [("OPENIM_ADMIN_TOKEN", "wrong")];
    said(&wrong, &["--from-start"], "refuses the token with 1501").await;
    let wrong = [("OPENIM_ADMIN_SECRET", "wrong")];
    said(
        &wrong,
        &["--from-start"],
        "the server refused OPENIM_ADMIN_SECRET",
    )
    .await;
    let token = [("OPENIM_ADMIN_TOKEN", TOKEN)];
    let away = format!("http://{}", nowhere());
    said(
        &token,
        &["--from-start", "--user", "u1", "--openim", &away],
        "stopped after 0 lists",
    )
    .await;

    // The time of the events would be in the future.
    let behind = axum::Router::new().fallback(async || [("date", "Sat, 28 Nov 2026 10:00:00 GMT")]);
    let (behind, _server) = serve(behind).await;
    let ahead = ["--from-start", "--apply", "--openim", &behind];
    said(&token, &ahead, "seconds ahead of OpenIM's").await;

    let path = "/api/user/get_all_users_uid";
    around.chat.refuse(path, Refusal::Code(1002));
    said(&token, &["--from-start"], "not that of an administrator").await;

    // Nobody can say who is missing on a list that has an entry without an id, or that changes while it is read.
    around.chat.lists(|lists| {
        lists.friends = [("u1".to_owned(), since(&[""]))].into();
        lists.restless = ["u2".to_owned()].into();
    });
    let (code, text) = around.run(&["--from-start", "--apply"]).await;
    assert_eq!(code, 1, "{text}");
    for words in [
        "the friends of u1 are left out: an entry has no id",
        "the friends of u2 are left out: it changes while it is read",
        "2 lists were left out",
        "lists compared: 18; facts missing here: 0, no longer at OpenIM: 0",
    ] {
        assert!(text.contains(words), "{text}");
    }
    let lists = around.chat.requests("get_friend_list");
    let of_u2 = lists.iter().filter(|it| it["userID"] == "u2").count();
    assert_eq!(of_u2, 3, "it is read again");
    around.chat.lists(|lists| {
        lists.friends.clear();
        lists.restless.clear();
    });

    // With the secret, and with a file.
    let secret = [("OPENIM_ADMIN_SECRET", ChatServer::OPENIM_SECRET)];
    let (code, text) = around.run_with(&secret, &["--from-start"]).await;
    assert_eq!(code, 0, "{text}");
    assert_eq!(around.chat.tokens(), 1);
    around.chat.only_token(TOKEN);
    let file = checkpoint("reconcile-token");
    fs::write(&file, format!("{TOKEN}\n")).unwrap();
    let before = around.chat.requests("/api/").len();
    let begun = Instant::now();
    let arguments = ["--token-file", file.to_str().unwrap(), "--rate", "20"];
    let (code, text) = around.run_with(&[], &arguments).await;
    assert_eq!(code, 0, "{text}");
    // The users, two lists of each, and the groups.
    let requests = around.chat.requests("/api/").len() - before;
    assert_eq!(requests, 22);
    assert!(begun.elapsed() >= Duration::from_secs(21) / 20);
}
