use std::{collections::BTreeMap, time::Duration};

use domain::{Reception, group, relation};

use crate::Table;

/// The keys of the rows and the attribute with the place of a fact, each with that place.
type Rows = BTreeMap<(String, String, String), String>;

/// Waits until the relationships table has every row that follows from the events table, with the newest facts, and no
/// other row. Returns the number of facts.
pub async fn wait_for_relationships(events: &Table, relationships: &Table) -> usize {
    let expected = rows_of(&events.receptions().await);
    let mut found = Rows::new();
    for _ in 0..600 {
        found = rows_in(relationships).await;
        if found == expected {
            return found.len();
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(found, expected);
    unreachable!()
}

async fn rows_in(relationships: &Table) -> Rows {
    let mut rows = Rows::new();
    for item in relationships.items().await {
        let key = |name: &str| item[name].as_s().unwrap().to_owned();
        for (name, value) in &item {
            // Whether somebody is on a list is the item itself. Any other fact is one attribute of an item.
            let as_of = match value.as_m() {
                Ok(fact) => fact.get("as_of"),
                Err(_) => (name == "as_of").then_some(value),
            };
            if let Some(as_of) = as_of {
                let as_of = as_of.as_s().unwrap().to_owned();
                rows.insert((key("pk"), key("sk"), name.clone()), as_of);
            }
        }
    }
    rows
}

fn rows_of(receptions: &[Reception]) -> Rows {
    let mut rows = Rows::new();
    let mut tell = |pk, sk, attribute: &str, as_of: String| {
        let newest: &mut String = rows.entry((pk, sk, attribute.to_owned())).or_default();
        *newest = as_of.max(std::mem::take(newest));
    };
    for change in receptions.iter().flat_map(relation::rows::changes) {
        let (item, attribute) = match change.fact.aspect() {
            relation::rows::Aspect::Friend => ("friend", "as_of"),
            relation::rows::Aspect::Request => ("friend", "friend_request"),
            relation::rows::Aspect::Remark => ("friend", "friend_remark"),
            relation::rows::Aspect::Block => ("block", "as_of"),
        };
        tell(
            format!("user#{}", change.owner),
            format!("{item}#{}", change.other),
            attribute,
            change.as_of.to_string(),
        );
    }
    for change in receptions.iter().flat_map(group::rows::changes) {
        let attribute = match change.fact.aspect() {
            group::rows::Aspect::Membership => "membership",
            group::rows::Aspect::Role => "member_role",
            group::rows::Aspect::Intention => "intention",
            group::rows::Aspect::Dissolution => "dissolution",
        };
        let user = change.user.map(|user| format!("member#{user}"));
        tell(
            format!("group#{}", change.group),
            user.unwrap_or_else(|| "group".to_owned()),
            attribute,
            change.as_of.to_string(),
        );
    }
    rows
}
