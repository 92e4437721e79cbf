//! The rows about friends in the relationships table, on two independent DynamoDBs. Both must behave the same.

use aws_sdk_dynamodb::types::AttributeValue;
use domain::{
    Events, Reception, Source, Timestamp, UserId,
    relation::{
        Event,
        rows::{Aspect, Fact},
    },
};
use serde_json::{Value, json};
use store::{ErrorKind, RelationshipsTable, relationships_table::BY_OTHER};
use support::{Dynamodb, Table};

use crate::storage::on_both;

pub(crate) fn user(id: &str) -> UserId {
    UserId::new(id).unwrap()
}

pub(crate) fn at(millis: i64) -> Timestamp {
    Timestamp::from_unix_millis(1_700_000_000_000 + millis).unwrap()
}

pub(crate) fn reception<E>(id: &str, millis: i64, events: Vec<E>) -> Reception
where
    Events: From<Vec<E>>,
{
    Reception {
        id: id.to_owned(),
        received_at: at(millis),
        source: Source::OpenIm,
        command: "x".to_owned(),
        operation_id: None,
        events: events.into(),
        body: None,
        target: None,
        part: None,
    }
}

fn named(owner: &str, friend: &str, remark: &str) -> Event {
    Event::RemarkSet {
        owner: user(owner),
        friend: user(friend),
        remark: remark.to_owned(),
    }
}

fn deleted(owner: &str, friend: &str) -> Event {
    Event::FriendDeleted {
        owner: user(owner),
        friend: user(friend),
    }
}

/// Applies one reception. Returns the number of changed rows, and of rows that already had this fact or a newer one.
pub(crate) async fn apply(table: &RelationshipsTable, reception: Reception) -> (usize, usize) {
    let applied = table.apply(&[reception]).await.remove(0).unwrap();
    (applied.changed, applied.known)
}

async fn friends(table: &RelationshipsTable, of: &str) -> Vec<(String, String)> {
    let friends = table.friends_of(&user(of)).await.unwrap();
    let friends = friends.into_iter();
    friends
        .map(|friend| (friend.friend.to_string(), friend.remark))
        .collect()
}

fn pair(a: &str, b: &str) -> (String, String) {
    (a.to_owned(), b.to_owned())
}

async fn an_older_fact_never_overwrites_a_newer_one(dynamodb: &Dynamodb) {
    let table = dynamodb.relationships_table().await.relationships_table();
    let new = reception("r2", 10, vec![named("ana", "leo", "new")]);
    assert_eq!(apply(&table, new.clone()).await, (2, 0));
    let old = reception("r1", 9, vec![named("ana", "leo", "old")]);
    assert_eq!(apply(&table, old).await, (0, 2));
    assert_eq!(
        apply(&table, new).await,
        (0, 2),
        "a second time changes nothing"
    );
    assert_eq!(friends(&table, "ana").await, [pair("leo", "new")]);
}

async fn an_older_fact_does_not_undo_a_deletion(dynamodb: &Dynamodb) {
    let table = dynamodb.relationships_table().await.relationships_table();
    let gone = reception("r2", 10, vec![deleted("ana", "leo")]);
    assert_eq!(
        apply(&table, gone).await,
        (2, 0),
        "a deletion makes rows that did not exist"
    );
    let old = reception("r1", 9, vec![named("ana", "leo", "old")]);
    assert_eq!(apply(&table, old).await, (0, 2));
    assert_eq!(friends(&table, "ana").await, []);
    let again = reception("r3", 11, vec![named("ana", "leo", "again")]);
    assert_eq!(apply(&table, again).await, (2, 0));
    assert_eq!(friends(&table, "ana").await, [pair("leo", "again")]);
}

async fn the_greater_id_wins_between_two_facts_of_the_same_time(dynamodb: &Dynamodb) {
    for order in [["r1", "r2"], ["r2", "r1"]] {
        let table = dynamodb.relationships_table().await.relationships_table();
        for id in order {
            apply(&table, reception(id, 0, vec![named("ana", "leo", id)])).await;
        }
        assert_eq!(friends(&table, "ana").await, [pair("leo", "r2")]);
    }
}

async fn the_newest_of_fifty_concurrent_facts_remains(dynamodb: &Dynamodb) {
    let table = dynamodb.relationships_table().await.relationships_table();
    let writers: Vec<_> = (0..50)
        .map(|n| {
            let table = table.clone();
            // 7 and 50 have no common divisor, so every n comes once, in another order.
            let n = n * 7 % 50;
            let event = named("ana", "leo", &n.to_string());
            tokio::spawn(async move { apply(&table, reception("r", n, vec![event])).await })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    assert_eq!(friends(&table, "ana").await, [pair("leo", "49")]);
}

async fn every_query_returns_its_rows(dynamodb: &Dynamodb) {
    let table = dynamodb.relationships_table().await.relationships_table();
    let events = vec![
        named("ana", "leo", ""),
        named("ana", "bob", "B"),
        named("leo", "bob", ""),
        deleted("bob", "ana"),
        Event::FriendRequested {
            from: user("ana"),
            to: user("zoé"),
            message: "hi".to_owned(),
        },
        Event::Unblocked {
            owner: user("ana"),
            blocked: user("mallory"),
        },
        // Ids that begin with another user's id.
        named("ana2", "leo", ""),
        named("ana", "leo2", ""),
    ];
    apply(&table, reception("r", 0, events)).await;

    let expected = [pair("bob", "B"), pair("leo", ""), pair("leo2", "")];
    assert_eq!(friends(&table, "ana").await, expected);
    assert_eq!(friends(&table, "bob").await, []);
    let listed_by = table.listed_by(&user("leo")).await.unwrap();
    let owners: Vec<&str> = listed_by.iter().map(|entry| entry.owner.as_str()).collect();
    assert_eq!(owners, ["ana", "ana2"]);
    assert_eq!(listed_by[0].received_at, at(0));
    let [forth, back] = table.friendship(&user("ana"), &user("bob")).await.unwrap();
    assert_eq!((forth.listed, back.listed), (Some(true), Some(false)));
    let [forth, back] = table.friendship(&user("ana"), &user("leo")).await.unwrap();
    assert_eq!((forth.listed, back.listed), (Some(true), None));
    assert_eq!(table.blocked_by(&user("ana")).await.unwrap(), []);
    let row = async |owner: &str, other: &str, aspect| {
        let row = table.row(&user(owner), &user(other), aspect).await.unwrap();
        row.map(|row| row.fact)
    };
    let unblocked = row("ana", "mallory", Aspect::Block).await;
    assert_eq!(unblocked, Some(Fact::Block(false)));
    assert_eq!(row("ana", "leo", Aspect::Block).await, None);
    let requests = table.rows(&user("ana"), Aspect::Request).await.unwrap();
    assert_eq!(requests.len(), 1);
    assert_eq!(requests[0].fact, Fact::Request(Some("hi".to_owned())));
    assert_eq!(requests[0].reception_id, "r");
}

/// The entries of the index `by-other`.
async fn index(table: &Table) -> Vec<(String, String)> {
    let scan = table.client.scan().table_name(&table.name);
    let scanned = scan.index_name(BY_OTHER).send().await.unwrap();
    let text = |value: &AttributeValue| value.as_s().unwrap().clone();
    let items = scanned.items.unwrap().into_iter();
    let mut entries: Vec<_> = items
        .map(|item| (text(&item["owner"]), text(&item["other"])))
        .collect();
    entries.sort();
    entries
}

async fn only_friends_on_a_list_are_in_the_index(dynamodb: &Dynamodb) {
    let made = dynamodb.relationships_table().await;
    let table = made.relationships_table();
    let (owner, other) = (user("ana"), user("leo"));
    let events = vec![
        named("ana", "leo", "Lenny"),
        named("leo", "ana", ""),
        Event::FriendRequested {
            from: owner.clone(),
            to: other.clone(),
            message: "hi".to_owned(),
        },
        Event::Blocked {
            owner,
            blocked: other.clone(),
        },
    ];
    assert_eq!(apply(&table, reception("r1", 0, events)).await, (6, 0));
    assert_eq!(index(&made).await, [pair("ana", "leo"), pair("leo", "ana")]);
    let gone = reception("r2", 1, vec![deleted("ana", "leo")]);
    assert_eq!(apply(&table, gone).await, (2, 0));
    assert_eq!(index(&made).await, [pair("leo", "ana")]);
    assert_eq!(table.listed_by(&other).await.unwrap(), []);
    let again = reception("r3", 2, vec![named("ana", "leo", "L")]);
    assert_eq!(apply(&table, again).await, (2, 0));
    assert_eq!(index(&made).await, [pair("ana", "leo"), pair("leo", "ana")]);
}

/// Writes an item as versions up to 0.2.0 did. All of their items are in the index.
async fn put_old(table: &Table, aspect: &str, (owner, other): (&str, &str), fact: Value) {
    let mut item = json!({
        "pk": format!("user#{owner}"),
        "sk": format!("{aspect}#{other}"),
        "sk_by_other": format!("{aspect}#{owner}"),
        "owner": owner,
        "other": other,
        "aspect": aspect,
        "as_of": format!("{}#old#000000", at(10)),
        "received_at": at(10),
        "reception_id": "old",
    });
    let (item, fact) = (item.as_object_mut().unwrap(), fact.as_object().unwrap());
    item.extend(fact.clone());
    let value = |value: &Value| match value {
        Value::Bool(is) => AttributeValue::Bool(*is),
        text => AttributeValue::S(text.as_str().unwrap().to_owned()),
    };
    let item = item.iter().map(|(name, it)| (name.clone(), value(it)));
    let put = table.client.put_item().table_name(&table.name);
    put.set_item(Some(item.collect())).send().await.unwrap();
}

async fn items_of_an_older_version_are_read_and_leave_the_index(dynamodb: &Dynamodb) {
    let made = dynamodb.relationships_table().await;
    let table = made.relationships_table();
    let (ana, leo, bob) = (user("ana"), user("leo"), user("bob"));
    put_old(&made, "friend", ("ana", "leo"), json!({"present": true})).await;
    put_old(&made, "remark", ("ana", "leo"), json!({"remark": "Lenny"})).await;
    put_old(&made, "friend", ("ana", "bob"), json!({"present": false})).await;
    put_old(
        &made,
        "request",
        ("ana", "bob"),
        json!({"present": true, "message": "hi"}),
    )
    .await;
    put_old(&made, "block", ("ana", "bob"), json!({"present": true})).await;
    let requests = async || {
        let requests = table.rows(&ana, Aspect::Request).await.unwrap();
        Vec::from_iter(requests.into_iter().map(|row| row.fact))
    };
    assert_eq!(friends(&table, "ana").await, [pair("leo", "Lenny")]);
    assert_eq!(requests().await, [Fact::Request(Some("hi".to_owned()))]);
    assert_eq!(table.listed_by(&leo).await.unwrap().len(), 1);
    assert_eq!(table.listed_by(&bob).await.unwrap(), []);
    assert_eq!(table.blocked_by(&ana).await.unwrap().len(), 1);
    // An older fact replaces nothing, although the item of a remark is now another one.
    let older = reception("r1", 5, vec![named("ana", "leo", "older")]);
    apply(&table, older).await;
    assert_eq!(friends(&table, "ana").await, [pair("leo", "Lenny")]);
    let remark = table.row(&ana, &leo, Aspect::Remark).await.unwrap();
    assert_eq!(remark.unwrap().fact, Fact::Remark("Lenny".to_owned()));
    // A newer one does.
    let newer = vec![
        named("ana", "leo", "newer"),
        deleted("ana", "bob"),
        Event::FriendRequestAccepted {
            from: ana.clone(),
            to: bob.clone(),
            message: String::new(),
        },
        Event::Unblocked {
            owner: ana.clone(),
            blocked: bob.clone(),
        },
    ];
    apply(&table, reception("r2", 20, newer)).await;
    assert_eq!(friends(&table, "ana").await, [pair("leo", "newer")]);
    assert_eq!(requests().await, [Fact::Request(None)]);
    let request = table.row(&ana, &bob, Aspect::Request).await.unwrap();
    assert_eq!(request.unwrap().fact, Fact::Request(None));
    assert_eq!(table.blocked_by(&ana).await.unwrap(), []);
    let left = [pair("ana", "bob"), pair("ana", "leo"), pair("ana", "leo")];
    assert_eq!(
        index(&made).await,
        left,
        "the friend, and the old items of the request and the remark"
    );
}

async fn a_callback_of_which_some_facts_are_known_writes_the_others(dynamodb: &Dynamodb) {
    let table = dynamodb.relationships_table().await.relationships_table();
    let added = |id, millis| {
        let (owner, friend) = (user("ana"), user("leo"));
        reception(id, millis, vec![Event::FriendAdded { owner, friend }])
    };
    assert_eq!(apply(&table, added("r3", 30)).await, (1, 0));
    let named = reception("r2", 20, vec![named("ana", "leo", "Lenny")]);
    assert_eq!(apply(&table, named).await, (1, 1), "the remark is new");
    assert_eq!(friends(&table, "ana").await, [pair("leo", "Lenny")]);
    let row = table.row(&user("ana"), &user("leo"), Aspect::Friend).await;
    assert_eq!(row.unwrap().unwrap().reception_id, "r3");
}

async fn the_longest_user_ids_fit(dynamodb: &Dynamodb) {
    let table = dynamodb.relationships_table().await.relationships_table();
    let owner = "é".repeat(UserId::MAX_BYTES / 2);
    let other = "x".repeat(UserId::MAX_BYTES);
    let events = vec![
        named(&owner, &other, ""),
        Event::FriendRequested {
            from: user(&owner),
            to: user(&other),
            message: String::new(),
        },
    ];
    assert_eq!(apply(&table, reception("r", 0, events)).await, (3, 0));
    let listed_by = table.listed_by(&user(&other)).await.unwrap();
    assert_eq!(listed_by[0].owner, user(&owner));
}

async fn a_reception_that_does_not_fit_does_not_stop_the_others(dynamodb: &Dynamodb) {
    let table = dynamodb.relationships_table().await.relationships_table();
    // A row has the id twice. One row is too large, or thirty are too large together.
    let long = "r".repeat(210_000);
    let many = (0..30).map(|n| named("ana", &format!("u{n}"), ""));
    let receptions = [
        reception("r1", 0, vec![named("ana", "leo", "")]),
        reception(&long, 0, vec![named("ana", "bob", "")]),
        reception(&"r".repeat(90_000), 0, many.collect()),
        reception("r3", 0, vec![named("ana", "zoé", "")]),
    ];
    let results = table.apply(&receptions).await;
    assert!(results[0].is_ok() && results[3].is_ok(), "{results:?}");
    for result in &results[1..3] {
        let error = result.as_ref().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
    }
}

async fn a_row_keeps_the_beginning_of_a_long_text(dynamodb: &Dynamodb) {
    let table = dynamodb.relationships_table().await.relationships_table();
    let long = reception("r", 0, vec![named("ana", "leo", &"é".repeat(600_000))]);
    let parts = store::parts(&long);
    assert!(parts.len() > 1);
    for result in table.apply(&parts).await {
        result.unwrap();
    }
    assert_eq!(
        friends(&table, "ana").await,
        [pair("leo", &"é".repeat(5000))]
    );
    assert_eq!(
        apply(&table, long).await,
        (0, 2),
        "the rows have this fact already"
    );
}

async fn many_rows_together_change_as_they_would_one_by_one(dynamodb: &Dynamodb) {
    let table = dynamodb.relationships_table().await.relationships_table();
    let names: Vec<String> = (0..150).map(|n| format!("u{n:03}")).collect();
    let import = |id: &str, millis| {
        let friends = names.iter().map(|name| user(name)).collect();
        let owner = user("ana");
        reception(id, millis, vec![Event::FriendsImported { owner, friends }])
    };
    // One of the first hundred rows is newer than the import. Another row is older.
    let newer = reception("r3", 10, vec![deleted("ana", "u007")]);
    assert_eq!(apply(&table, newer).await, (2, 0));
    let older = reception("r1", 0, vec![deleted("ana", "u140")]);
    assert_eq!(apply(&table, older).await, (2, 0));
    assert_eq!(apply(&table, import("r2", 5)).await, (299, 1));
    assert_eq!(
        apply(&table, import("r2", 5)).await,
        (0, 300),
        "a second time changes nothing"
    );
    let listed = friends(&table, "ana").await;
    assert_eq!(listed.len(), 149);
    assert!(!listed.contains(&pair("u007", "")));
    // A small reception together with a large one.
    let beside = [
        import("r5", 20),
        reception("r4", 20, vec![named("ana", "leo", "L")]),
    ];
    let results = table.apply(&beside).await;
    let changed: Vec<usize> = results
        .iter()
        .map(|r| r.as_ref().unwrap().changed)
        .collect();
    assert_eq!(changed, [300, 2]);
    assert_eq!(friends(&table, "ana").await.len(), 151);
}

async fn the_newest_of_concurrent_large_receptions_remains(dynamodb: &Dynamodb) {
    let table = dynamodb.relationships_table().await.relationships_table();
    let writers: Vec<_> = [3, 0, 4, 1, 2]
        .into_iter()
        .map(|n| {
            let table = table.clone();
            // The rows of the writers overlap, and each writer has another order.
            let friends = (0..120)
                .map(|m| user(&format!("u{}", (m * 7 + n) % 200)))
                .collect();
            let owner = user("ana");
            let id = format!("r{n}");
            let event = Event::FriendsImported { owner, friends };
            let reception = reception(&id, i64::from(n), vec![event]);
            tokio::spawn(async move {
                let rows = domain::relation::rows::changes(&reception);
                let (changed, known) = apply(&table, reception).await;
                assert_eq!(changed + known, 240);
                rows
            })
        })
        .collect();
    let mut newest = std::collections::BTreeMap::new();
    for writer in writers {
        for change in writer.await.unwrap() {
            let id = change.as_of.reception_id().to_owned();
            let held: &mut String = newest.entry((change.owner, change.other)).or_default();
            *held = id.max(held.clone());
        }
    }
    for ((owner, other), id) in newest {
        let row = table.row(&owner, &other, Aspect::Friend).await.unwrap();
        assert_eq!(row.unwrap().reception_id, id, "{owner} {other}");
    }
}

async fn without_a_table_every_reception_has_an_error(dynamodb: &Dynamodb) {
    let table = RelationshipsTable::new(dynamodb.client(), "no-such-table");
    let receptions = ["r1", "r2"].map(|id| reception(id, 0, vec![named("ana", "leo", "")]));
    for result in table.apply(&receptions).await {
        assert_eq!(result.unwrap_err().kind(), ErrorKind::NotFound);
    }
}

on_both! {
    an_older_fact_never_overwrites_a_newer_one
    an_older_fact_does_not_undo_a_deletion
    the_greater_id_wins_between_two_facts_of_the_same_time
    the_newest_of_fifty_concurrent_facts_remains
    every_query_returns_its_rows
    only_friends_on_a_list_are_in_the_index
    items_of_an_older_version_are_read_and_leave_the_index
    a_callback_of_which_some_facts_are_known_writes_the_others
    the_longest_user_ids_fit
    a_reception_that_does_not_fit_does_not_stop_the_others
    a_row_keeps_the_beginning_of_a_long_text
    many_rows_together_change_as_they_would_one_by_one
    the_newest_of_concurrent_large_receptions_remains
    without_a_table_every_reception_has_an_error
}
