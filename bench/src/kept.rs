//! An events table that keeps what it gets, in memory: each item once, by DynamoDB's condition.
//!
//! The laptop's DynamoDB would become slower with each record of its stream. This table takes the same time for the last
//! item as for the first.

use std::{
    collections::{HashMap, HashSet},
    io::{self, Read, Write},
    sync::{Arc, Mutex, MutexGuard},
};

use serde::Deserialize;
use serde_json::{json, value::RawValue};

use crate::{
    Result,
    endpoint::{Tls, accept, answer},
    http::Connection,
    lock,
};

/// The families whose items the views read.
const VIEWED: [&str; 2] = ["relation", "group"];

/// The table, behind TLS.
pub(crate) struct Kept {
    pub(crate) url: String,
    items: Arc<Mutex<Items>>,
}

/// What the table has.
#[derive(Default)]
pub(crate) struct Items {
    keys: HashSet<String>,
    /// How many items each reception has, by its id.
    pub(crate) of: HashMap<String, u32>,
    /// How many items were refused, because the table had them.
    pub(crate) refused: u64,
    /// The new items that the views read, as they came, with their keys: what the table's stream has.
    pub(crate) stream: Vec<(String, String, Box<RawValue>)>,
}

#[derive(Deserialize)]
struct PutItem<'a> {
    #[serde(rename = "Item", borrow)]
    item: &'a RawValue,
    #[serde(rename = "ConditionExpression")]
    condition: Option<&'a str>,
}

#[derive(Deserialize)]
struct Item {
    pk: Text,
    sk: Text,
    id: Text,
    family: Text,
}

#[derive(Deserialize)]
struct Text {
    #[serde(rename = "S")]
    s: String,
}

impl Kept {
    /// Starts it, with room for so many items. To grow with a million of them would take as long as a function waits.
    pub(crate) fn start(tls: &Tls, room: usize) -> Result<Self> {
        let items = Items {
            keys: HashSet::with_capacity(room),
            of: HashMap::with_capacity(room),
            ..Items::default()
        };
        let items = Arc::new(Mutex::new(items));
        let (own, tls) = (items.clone(), tls.clone());
        let address = accept(move |stream| {
            serve(&mut Connection::new(tls.wrap(stream)?), &own)?;
            Ok(())
        })?;
        Ok(Self {
            url: format!("https://{address}"),
            items,
        })
    }

    pub(crate) fn items(&self) -> MutexGuard<'_, Items> {
        lock(&self.items)
    }
}

fn serve(connection: &mut Connection<impl Read + Write>, items: &Mutex<Items>) -> io::Result<()> {
    let stored = answer("200 OK", "1.0", "{}");
    let failed = |kind: &str| {
        let body = json!({"__type": format!("com.amazonaws.dynamodb.v20120810#{kind}")});
        answer("400 Bad Request", "1.0", &body.to_string())
    };
    let exists = failed("ConditionalCheckFailedException");
    let invalid = failed("ValidationException");
    while let Some(request) = connection.read_request()? {
        let is_put = request.header("x-amz-target") == Some("DynamoDB_20120810.PutItem");
        let bytes = match lock(items).put(&request.body) {
            Some(true) if is_put => &stored,
            Some(false) if is_put => &exists,
            _ => &invalid,
        };
        connection.write(bytes)?;
        if request.is_last() {
            break;
        }
    }
    Ok(())
}

impl Items {
    /// Whether the item is new. `None` if it is not an item of the events table, or would replace another one.
    fn put(&mut self, body: &[u8]) -> Option<bool> {
        let put: PutItem<'_> = serde_json::from_slice(body).ok()?;
        let item: Item = serde_json::from_str(put.item.get()).ok()?;
        if put.condition != Some("attribute_not_exists(pk)") {
            return None;
        }
        // No id contains a line break.
        let is_new = self.keys.insert(format!("{}\n{}", item.pk.s, item.sk.s));
        if is_new {
            *self.of.entry(item.id.s).or_default() += 1;
            if VIEWED.contains(&item.family.s.as_str()) {
                let image = put.item.to_owned();
                self.stream.push((item.pk.s, item.sk.s, image));
            }
        } else {
            self.refused += 1;
        }
        Some(is_new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(id: &str, family: &str) -> String {
        let text = |text: &str| json!({"S": text});
        let (sk, id) = (text(&format!("now#{id}")), text(id));
        json!({
            "TableName": "events",
            "Item": {"pk": text("user#ana"), "sk": sk, "id": id, "family": text(family)},
            "ConditionExpression": "attribute_not_exists(pk)",
        })
        .to_string()
    }

    #[test]
    fn an_item_is_kept_once_and_only_those_of_the_views_are_in_the_stream() {
        let mut items = Items::default();
        for (id, family, is_new) in [
            ("a", "message", true),
            ("b", "relation", true),
            ("b", "relation", false),
            ("c", "group", true),
        ] {
            assert_eq!(items.put(put(id, family).as_bytes()), Some(is_new), "{id}");
        }
        assert_eq!((items.of.len(), items.refused), (3, 1));
        assert!(items.of.values().all(|times| *times == 1));
        let keys = items.stream.iter().map(|(_, sk, _)| sk.as_str());
        assert_eq!(keys.collect::<Vec<_>>(), ["now#b", "now#c"]);
    }

    #[test]
    fn a_write_that_could_replace_an_item_is_refused() {
        let mut items = Items::default();
        let without = put("a", "message").replace("attribute_not_exists(pk)", "");
        assert_eq!(items.put(without.as_bytes()), None);
        assert_eq!(items.put(b"{}"), None);
        assert!(items.of.is_empty());
    }
}
