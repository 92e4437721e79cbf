use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

use aws_sdk_dynamodb::types::AttributeValue;
use domain::{Reception, relation::rows::changes};

use crate::Table;

/// The keys of the rows, each with the position of its fact.
type Rows = BTreeMap<(String, String), String>;

/// Waits until the relationships table has every row that follows from the events table, with the newest fact, and no
/// other row. Returns their number.
pub async fn wait_for_relationships(events: &Table, relationships: &Table) -> usize {
    let expected = rows_of(&events.receptions().await);
    let mut found = Rows::new();
    for _ in 0..600 {
        let items = relationships.items().await;
        let text = |item: &HashMap<String, AttributeValue>, name: &str| {
            item[name].as_s().unwrap().to_owned()
        };
        found = items
            .iter()
            .map(|item| ((text(item, "pk"), text(item, "sk")), text(item, "as_of")))
            .collect();
        if found == expected {
            return found.len();
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(found, expected);
    unreachable!()
}

fn rows_of(receptions: &[Reception]) -> Rows {
    let mut rows = Rows::new();
    for change in receptions.iter().flat_map(changes) {
        let aspect = format!("{:?}", change.fact.aspect()).to_lowercase();
        let key = (
            format!("user#{}", change.owner),
            format!("{aspect}#{}", change.other),
        );
        let newest: &mut String = rows.entry(key).or_default();
        *newest = change.as_of.to_string().max(std::mem::take(newest));
    }
    rows
}
