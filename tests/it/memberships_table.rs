//! The rows about groups in the relationships table, on two independent DynamoDBs. Both must behave the same.

use aws_sdk_dynamodb::types::AttributeValue;
use domain::{
    GroupId, UserId,
    group::{Event, Joined, Left, Member, Role, rows::Membership},
};
use store::{ErrorKind, RelationshipsTable};
use support::Dynamodb;

use crate::{
    relationships_table::{apply, at, reception, user},
    storage::on_both,
};

fn group(id: &str) -> GroupId {
    GroupId::new(id).unwrap()
}

fn users(ids: &[&str]) -> Vec<UserId> {
    ids.iter().map(|id| user(id)).collect()
}

fn created(group: &str, owner: &str, members: &[&str]) -> Event {
    Event::GroupCreated {
        group: self::group(group),
        name: String::new(),
        owner: Some(user(owner)),
        creator: None,
        members: users(members)
            .into_iter()
            .map(|user| Member {
                user,
                role: Some(Role::Member),
            })
            .collect(),
    }
}

fn joined(group: &str, members: &[&str]) -> Event {
    Event::MembersJoined {
        group: self::group(group),
        members: users(members),
        how: Joined::Free,
        by: None,
    }
}

fn intended(group: &str, members: &[&str]) -> Event {
    Event::MembersJoinIntended {
        group: self::group(group),
        members: users(members),
    }
}

fn left(group: &str, members: &[&str]) -> Event {
    Event::MembersLeft {
        group: self::group(group),
        members: users(members),
        how: Left::Left,
        by: None,
        reason: String::new(),
    }
}

fn promoted(group: &str, member: &str) -> Event {
    Event::MemberChanged {
        group: self::group(group),
        member: user(member),
        fields: vec!["role".to_owned()],
        role: Some(Role::Admin),
        by: None,
    }
}

fn dissolved(group: &str) -> Event {
    Event::GroupDissolved {
        group: self::group(group),
        owner: None,
        members: Vec::new(),
    }
}

/// The users whom the view lists in a group, with `?` after those who were only about to join.
async fn members(table: &RelationshipsTable, of: &str) -> Vec<String> {
    let listed = table.members_of(&group(of), None, usize::MAX).await;
    let listed = listed.unwrap().members.into_iter();
    listed
        .map(|member| match member.member {
            Membership::Intended => format!("{}?", member.user),
            _ => member.user.to_string(),
        })
        .collect()
}

async fn groups(table: &RelationshipsTable, of: &str) -> Vec<String> {
    let listed = table.groups_of(&user(of)).await.unwrap().into_iter();
    listed.map(|member| member.group.to_string()).collect()
}

async fn every_query_returns_its_rows(dynamodb: &Dynamodb) {
    let table = dynamodb.relationships_table().await.relationships_table();
    for (millis, event) in [
        created("g", "ana", &["ana", "bob", "leo"]),
        intended("g", &["zoé", "leo"]),
        left("g", &["bob"]),
        // Ids that begin with another id, and a group whose id is that of a user.
        joined("g2", &["ana"]),
        joined("g", &["ana2"]),
        joined("ana", &["leo"]),
    ]
    .into_iter()
    .enumerate()
    {
        let millis = i64::try_from(millis).unwrap();
        apply(&table, reception("r", millis, vec![event])).await;
    }
    assert_eq!(members(&table, "g").await, ["ana", "ana2", "leo", "zoé?"]);
    assert_eq!(members(&table, "nobody's").await, [] as [&str; 0]);
    assert_eq!(groups(&table, "ana").await, ["g", "g2"]);
    assert_eq!(groups(&table, "leo").await, ["ana", "g"]);
    assert_eq!(groups(&table, "bob").await, [] as [&str; 0]);
    let ask = async |member| table.membership(&group("g"), &user(member)).await.unwrap();
    let ana = ask("ana").await;
    assert_eq!((ana.member, ana.role), (Membership::Yes, Some(Role::Owner)));
    assert_eq!((ana.since, ana.received_at), (Some(at(0)), Some(at(0))));
    let bob = ask("bob").await;
    assert_eq!((bob.member, bob.since), (Membership::No, None));
    assert_eq!(bob.received_at, Some(at(2)));
    let mallory = ask("mallory").await;
    assert_eq!(mallory.member, Membership::NotKnown);
    assert_eq!(mallory.received_at, None);
    // Rows about friends are not rows about groups.
    assert_eq!(table.friends_of(&user("ana")).await.unwrap(), []);
    assert_eq!(table.listed_by(&user("ana")).await.unwrap(), []);
}

async fn an_older_fact_never_replaces_a_newer_one_of_the_same_kind(dynamodb: &Dynamodb) {
    let table = dynamodb.relationships_table().await.relationships_table();
    let tell = async |millis, event| {
        let id = format!("r{millis}");
        apply(&table, reception(&id, millis, vec![event])).await
    };
    let ask = async || table.membership(&group("g"), &user("ana")).await.unwrap();
    // The role comes before the joining that it belongs to.
    assert_eq!(tell(9, promoted("g", "ana")).await, (1, 0));
    assert_eq!(
        (ask().await.since, ask().await.role),
        (None, Some(Role::Admin))
    );
    assert_eq!(tell(8, joined("g", &["ana"])).await, (1, 0));
    assert_eq!(ask().await.since, Some(at(8)));
    assert_eq!(ask().await.role, Some(Role::Admin));
    assert_eq!(tell(7, left("g", &["ana"])).await, (0, 1));
    assert_eq!(tell(8, joined("g", &["ana"])).await, (0, 1));
    assert_eq!(tell(10, intended("g", &["ana"])).await, (1, 0));
    assert_eq!(ask().await.member, Membership::Yes);
    assert_eq!(tell(11, left("g", &["ana"])).await, (1, 0));
    assert_eq!(ask().await.member, Membership::No);
    assert_eq!(tell(12, intended("g", &["ana"])).await, (1, 0));
    assert_eq!(ask().await.member, Membership::Intended);
}

async fn a_dissolution_ends_every_membership_and_the_id_can_be_used_again(dynamodb: &Dynamodb) {
    let table = dynamodb.relationships_table().await.relationships_table();
    // More groups than one request can read.
    let ids: Vec<String> = (0..120).map(|n| format!("g{n:03}")).collect();
    let events = ids.iter().map(|id| joined(id, &["ana", "leo"])).collect();
    assert_eq!(apply(&table, reception("r1", 0, events)).await, (240, 0));
    assert_eq!(groups(&table, "ana").await, ids);
    let events = ids[1..].iter().map(|id| dissolved(id)).collect();
    let dissolution = reception("r2", 1, events);
    assert_eq!(apply(&table, dissolution.clone()).await, (119, 0));
    assert_eq!(apply(&table, dissolution).await, (0, 119));
    assert_eq!(groups(&table, "ana").await, ids[..1]);
    assert_eq!(members(&table, "g119").await, [] as [&str; 0]);
    for asked in ["ana", "zoé"] {
        let gone = table
            .membership(&group("g119"), &user(asked))
            .await
            .unwrap();
        assert_eq!(
            (gone.member, gone.received_at),
            (Membership::No, Some(at(1)))
        );
    }
    let again = reception("r3", 2, vec![created("g119", "leo", &["zoé"])]);
    assert_eq!(apply(&table, again).await, (2, 0));
    assert_eq!(members(&table, "g119").await, ["leo", "zoé"]);
    assert_eq!(groups(&table, "leo").await, ["g000", "g119"]);
    assert_eq!(groups(&table, "ana").await, ids[..1]);
}

async fn a_large_group_is_written_together_and_read_in_pages(dynamodb: &Dynamodb) {
    let table = dynamodb.relationships_table().await.relationships_table();
    let ids: Vec<String> = (0..250).map(|n| format!("u{n:03}")).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let whole = reception("r2", 5, vec![created("g", "u249", &ids)]);
    // One row has a newer fact already, and another one an older fact.
    let newer = reception("r3", 9, vec![left("g", &["u007"])]);
    assert_eq!(apply(&table, newer).await, (1, 0));
    let older = reception("r1", 1, vec![left("g", &["u140"])]);
    assert_eq!(apply(&table, older).await, (1, 0));
    assert_eq!(apply(&table, whole.clone()).await, (249, 1));
    assert_eq!(apply(&table, whole).await, (0, 250));
    let gone = reception("r4", 10, vec![left("g", &ids[100..200])]);
    assert_eq!(apply(&table, gone).await, (100, 0));

    let expected: Vec<&str> = [&ids[..7], &ids[8..100], &ids[200..]].concat();
    assert_eq!(members(&table, "g").await, expected);
    for limit in [1, 40, 148, 149, 150] {
        let mut found: Vec<UserId> = Vec::new();
        let mut pages = 0;
        loop {
            let page = table.members_of(&group("g"), found.last(), limit).await;
            let page = page.unwrap();
            pages += 1;
            found.extend(page.members.into_iter().map(|member| member.user));
            if !page.more {
                break;
            }
            assert_eq!(found.len(), pages * limit, "a page is full");
        }
        assert_eq!(found, users(&expected), "{limit}");
        assert_eq!(pages, expected.len().div_ceil(limit));
    }
}

async fn several_facts_of_one_callback_about_one_row_are_all_written(dynamodb: &Dynamodb) {
    let table = dynamodb.relationships_table().await.relationships_table();
    let ids: Vec<String> = (0..60).map(|n| format!("u{n:03}")).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let mut events = vec![intended("g", &ids), joined("g", &ids)];
    events.extend(ids[..50].iter().map(|id| promoted("g", id)));
    assert_eq!(apply(&table, reception("r", 0, events)).await, (170, 0));
    let listed = table.members_of(&group("g"), None, usize::MAX).await;
    let listed = listed.unwrap().members;
    assert_eq!(listed.len(), 60);
    for (n, member) in listed.iter().enumerate() {
        let role = (n < 50).then_some(Role::Admin);
        assert_eq!((member.member, member.role), (Membership::Yes, role));
    }
}

async fn the_longest_ids_fit(dynamodb: &Dynamodb) {
    let table = dynamodb.relationships_table().await.relationships_table();
    let group_id = "é".repeat(GroupId::MAX_BYTES / 2);
    let user_id = "x".repeat(UserId::MAX_BYTES);
    let event = joined(&group_id, &[&user_id]);
    assert_eq!(apply(&table, reception("r", 0, vec![event])).await, (1, 0));
    assert_eq!(
        groups(&table, &user_id).await,
        std::slice::from_ref(&group_id)
    );
    assert_eq!(members(&table, &group_id).await, [user_id]);
}

async fn a_row_of_another_program_is_an_error_and_not_a_wrong_answer(dynamodb: &Dynamodb) {
    let raw = dynamodb.relationships_table().await;
    let table = raw.relationships_table();
    let text = |text: &str| AttributeValue::S(text.to_owned());
    raw.client
        .put_item()
        .table_name(&raw.name)
        .item("pk", text("group#g"))
        .item("sk", text("member#ana"))
        .item("group", text("g"))
        .item("other", text("ana"))
        .item("sk_by_other", text("member#g"))
        .item("membership", text("hunter2"))
        .send()
        .await
        .unwrap();
    let (g, ana) = (group("g"), user("ana"));
    for error in [
        table.members_of(&g, None, 9).await.unwrap_err(),
        table.groups_of(&ana).await.unwrap_err(),
        table.membership(&g, &ana).await.unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
        assert!(error.to_string().contains("not written by this program"));
    }
}

on_both! {
    every_query_returns_its_rows
    an_older_fact_never_replaces_a_newer_one_of_the_same_kind
    a_dissolution_ends_every_membership_and_the_id_can_be_used_again
    a_large_group_is_written_together_and_read_in_pages
    several_facts_of_one_callback_about_one_row_are_all_written
    the_longest_ids_fit
    a_row_of_another_program_is_an_error_and_not_a_wrong_answer
}
