//! What a million callbacks cost at list prices. The quantities are those of real writes and real log lines. The tables of
//! `docs/cost.md` say the same.

use std::{
    collections::{BTreeMap, HashMap},
    fs,
};

use aws_sdk_dynamodb::types::AttributeValue;
use domain::{
    Family, Reception, Source,
    relation::{Event, rows::changes},
};
use models::{Payload, payloads, root};
use serde_json::{Value, json};
use store::relationships_table::BY_OTHER;
use support::{Dynamodb, Function, SDK_APP_ID, Table, item_bytes, records, write_units};

use crate::{examples::request, relationships_table::reception};

/// The goals: USD for a million callbacks with a REST API.
const RELATION_AT_MOST: f64 = 6.50;
const MESSAGE_AT_MOST: f64 = 5.00;

// List prices of us-east-1 in USD: for a million, if not said otherwise.
const REST_API: f64 = 3.50;
/// Above 333 million requests a month, and above a thousand million.
const REST_API_ABOVE: [f64; 2] = [2.80, 2.38];
const HTTP_API: f64 = 1.00;
const WRITE_UNITS: f64 = 0.625;
const INVOCATIONS: f64 = 0.20;
/// For one, on arm64.
const GB_SECOND: f64 = 0.000_013_333_4;
const LOG_GB: f64 = 0.50;
const OUT_GB: f64 = 0.09;
/// For a month, with point-in-time recovery.
const STORED_GB: f64 = 0.25 + 0.20;

// What is assumed, because only AWS could tell it.
const MEMORY_GB: f64 = 0.25;
const SECONDS: f64 = 0.005;
/// An answer with the headers of the gateway.
const ANSWER_BYTES: f64 = 700.0;
/// What Lambda writes about one invocation with `SystemLogLevel=INFO`.
const SYSTEM_LOG_BYTES: f64 = 540.0;
/// What DynamoDB adds to a stored item.
const ITEM_OVERHEAD: f64 = 100.0;

/// The name of a function on AWS.
const FUNCTION: &str = "webhook-receiver-AfterSetFriendRemark-Zt0hXcKpQ3Lm";

type Item = HashMap<String, AttributeValue>;

/// The price of a million times so many bytes.
fn gigabytes(bytes: f64, price: f64) -> f64 {
    bytes * 1e6 / 1e9 * price
}

/// The items of a table or of its index, each under its key.
async fn items(table: &Table, index: Option<&str>) -> BTreeMap<[String; 2], Item> {
    let scan = table.client.scan().table_name(&table.name);
    let scan = scan.set_index_name(index.map(ToOwned::to_owned));
    let found = scan.send().await.unwrap().items.unwrap().into_iter();
    let text = |item: &Item, name: &str| item[name].as_s().unwrap().clone();
    found
        .map(|item| (["pk", "sk"].map(|name| text(&item, name)), item))
        .collect()
}

/// The write units that the differences cost.
fn difference(
    before: &BTreeMap<[String; 2], Item>,
    after: &BTreeMap<[String; 2], Item>,
) -> (usize, usize) {
    let keys = before.keys().chain(after.keys());
    let keys: std::collections::BTreeSet<_> = keys.collect();
    let changed = keys
        .into_iter()
        .filter(|key| before.get(*key) != after.get(*key));
    let costs = changed.map(|key| {
        let sides = [before.get(key), after.get(key)];
        sides.into_iter().flatten().map(write_units).max().unwrap()
    });
    let costs = Vec::from_iter(costs);
    (costs.len(), costs.iter().sum())
}

/// The write units of a reception in the relationships table, with those of the index.
async fn view_units(table: &Table, reception: &Reception) -> usize {
    let before = [items(table, None).await, items(table, Some(BY_OTHER)).await];
    let view = table.relationships_table();
    let applied = view.apply(std::slice::from_ref(reception)).await;
    let applied = applied.into_iter().next().unwrap().unwrap();
    assert_eq!(applied.known, 0, "the reception is new");
    let after = [items(table, None).await, items(table, Some(BY_OTHER)).await];
    let (rows, of_table) = difference(&before[0], &after[0]);
    let (_, of_index) = difference(&before[1], &after[1]);
    let facts = changes(reception);
    let written: std::collections::BTreeSet<_> = facts
        .iter()
        .map(|fact| {
            let is_block = fact.fact.aspect() == domain::relation::rows::Aspect::Block;
            (&fact.owner, &fact.other, is_block)
        })
        .collect();
    assert_eq!(rows, written.len(), "each row is written once");
    of_table + of_index
}

/// What may have been known before about the users of a reception: nothing, all, or that all of it has ended.
fn earlier(reception_of: &Reception) -> [Vec<Event>; 3] {
    let mut states = [Vec::new(), Vec::new(), Vec::new()];
    for change in changes(reception_of) {
        let (owner, other) = (change.owner, change.other);
        states[1].extend([
            Event::FriendRequested {
                from: owner.clone(),
                to: other.clone(),
                message: "hello".to_owned(),
            },
            Event::RemarkSet {
                owner: owner.clone(),
                friend: other.clone(),
                remark: "a name".to_owned(),
            },
            Event::Blocked {
                owner: owner.clone(),
                blocked: other.clone(),
            },
        ]);
        states[2].extend([
            Event::FriendRequestAccepted {
                from: owner.clone(),
                to: other.clone(),
                message: String::new(),
            },
            Event::FriendDeleted {
                owner: owner.clone(),
                friend: other.clone(),
            },
            Event::Unblocked {
                owner,
                blocked: other,
            },
        ]);
    }
    states
}

/// The most write units of the view for these events, whatever was known before.
async fn most_view_units(dynamodb: &Dynamodb, payload: &Payload) -> usize {
    let mut most = 0;
    let now = Reception {
        events: payload.events.clone(),
        ..reception::<Event>("now", 1, Vec::new())
    };
    for events in earlier(&now) {
        let table = dynamodb.relationships_table().await;
        let before = reception("before", 0, events);
        table
            .relationships_table()
            .apply(&[before])
            .await
            .remove(0)
            .unwrap();
        most = most.max(view_units(&table, &now).await);
    }
    most
}

/// How many bytes a line has: the mean, rounded up to hundreds, so that no document changes with a longer id. A time counts
/// as five digits.
fn line_bytes(lines: &[String]) -> f64 {
    let bytes = lines.iter().map(|line| {
        let json: Value = serde_json::from_str(line).unwrap();
        let time = json
            .get("durationMs")
            .map_or(0, |time| time.to_string().len());
        let five_digits = if time > 0 { "10.000".len() } else { 0 };
        line.len() - time + five_digits
    });
    let mean = bytes.sum::<usize>().div_ceil(lines.len());
    println!("a line has {mean} bytes");
    mean.next_multiple_of(100) as f64
}

/// What a callback costs.
struct Cost {
    /// Of the largest item.
    item_bytes: usize,
    event_units: f64,
    view_units: f64,
    /// Of the receiver's line.
    log_bytes: f64,
    /// Of the view's line.
    view_log_bytes: f64,
}

impl Cost {
    /// The part of each service, for a million.
    fn parts(&self) -> [f64; 6] {
        let has_view = self.view_units > 0.0;
        let invocations = if has_view { 2.0 } else { 1.0 };
        [
            REST_API,
            gigabytes(ANSWER_BYTES, OUT_GB),
            self.event_units * WRITE_UNITS,
            self.view_units * WRITE_UNITS,
            invocations * (INVOCATIONS + SECONDS * MEMORY_GB * GB_SECOND * 1e6),
            gigabytes(self.log_bytes + self.view_log_bytes, LOG_GB),
        ]
    }

    fn all(&self) -> f64 {
        self.parts().iter().sum()
    }
}

/// What one function did with payloads: the items and the lines.
struct Sent {
    events: Table,
    items: Vec<Item>,
    lines: Vec<String>,
}

/// Sends payloads to a function. Each has to be stored, with one line.
async fn send(dynamodb: &Dynamodb, function: &str, payloads: &[&Payload]) -> Sent {
    let events = dynamodb.events_table().await;
    let mut environment = events.environment();
    environment.insert("AWS_LAMBDA_FUNCTION_NAME".to_owned(), FUNCTION.to_owned());
    environment.insert("EVENT_RETENTION_DAYS".to_owned(), "365".to_owned());
    environment.insert("MESSAGE_RETENTION_DAYS".to_owned(), "90".to_owned());
    environment.insert("PRESENCE_RETENTION_DAYS".to_owned(), "7".to_owned());
    let function = Function::start(function, environment).await;
    for (n, payload) in (0..).zip(payloads) {
        let url = match payload.source {
            Source::OpenIm => format!("/{}", payload.command),
            Source::Tencent => format!(
                "/tencent?SdkAppid={SDK_APP_ID}&CallbackCommand={}&contenttype=json&RequestId={}",
                payload.command, payload.name
            ),
        };
        let id = format!("c6af9ac6-7b61-11e6-9a41-93e8deadb{n:03}");
        let event = request(payload, &url).to_rest_api_event(&id, 1_795_264_496_789 + n);
        function.invoke(event).await;
    }
    let lines = function.log().into_iter();
    let lines: Vec<String> = lines.filter(|line| line.contains("requestId")).collect();
    assert_eq!(lines.len(), payloads.len(), "one line each: {lines:#?}");
    let items = events.items().await;
    Sent {
        events,
        items,
        lines,
    }
}

/// The payloads that OpenIM's server sends and that become events of this family.
fn of_openim(all: &[Payload], family: Family) -> Vec<&Payload> {
    let of = |payload: &&Payload| {
        payload.source == Source::OpenIm
            && payload.case == "server"
            && payload.events.family() == family
            && !payload.events.is_empty()
    };
    all.iter().filter(of).collect()
}

/// The costs of OpenIM's callbacks of a family without a view.
async fn without_view(dynamodb: &Dynamodb, payloads: &[&Payload]) -> Cost {
    let sent = send(dynamodb, "any-command", payloads).await;
    assert_eq!(sent.items.len(), payloads.len());
    Cost {
        item_bytes: sent.items.iter().map(item_bytes).max().unwrap(),
        event_units: sent.items.iter().map(write_units).max().unwrap() as f64,
        view_units: 0.0,
        log_bytes: line_bytes(&sent.lines),
        view_log_bytes: 0.0,
    }
}

/// With two digits. Half a cent is rounded up.
fn usd(price: f64) -> String {
    format!("{:.2}", price + 1e-9_f64.copysign(price))
}

fn signed(price: f64) -> String {
    let sign = if price > 0.0 { "+" } else { "" };
    format!("{sign}{}", usd(price))
}

/// A row of a table, with its cells.
fn row(cells: &[&str]) -> String {
    format!("| {} |\n", cells.join(" | "))
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one table after the other")]
async fn the_document_says_what_a_million_callbacks_cost() {
    let dynamodb = Dynamodb::dynoxide().await;
    let all = payloads();

    // The view: each command of both servers that changes it, with as few pairs as a payload has. Not those of OpenIM's
    // documents, which show users who are friends with themselves.
    let mut commands: BTreeMap<(Source, &str), Vec<&Payload>> = BTreeMap::new();
    for payload in &all {
        let now = Reception {
            events: payload.events.clone(),
            ..reception::<Event>("now", 1, Vec::new())
        };
        if !changes(&now).is_empty()
            && (payload.source == Source::Tencent || payload.case.starts_with("server"))
        {
            let command = commands.entry((payload.source, &payload.command));
            command.or_default().push(payload);
        }
    }
    let mut view_units_of = Vec::new();
    let mut openim = Vec::new();
    for ((source, command), payloads) in commands {
        let mut least = usize::MAX;
        for payload in payloads {
            least = least.min(most_view_units(&dynamodb, payload).await);
        }
        if source == Source::OpenIm {
            openim.push(least as f64);
        }
        view_units_of.push((command, least));
    }
    let mean = openim.iter().sum::<f64>() / openim.len() as f64;

    let relations = of_openim(&all, Family::Relation);
    let sent = send(&dynamodb, "any-command", &relations).await;
    let views = dynamodb.relationships_table().await;
    let mut environment = views.environment();
    environment.insert("AWS_LAMBDA_FUNCTION_NAME".to_owned(), FUNCTION.to_owned());
    let project_views = Function::start("project-views", environment).await;
    for record in records(&sent.events).await {
        project_views.invoke(json!({ "Records": [record] })).await;
    }
    assert_eq!(project_views.log().len(), relations.len());
    let relation = Cost {
        view_units: mean,
        view_log_bytes: line_bytes(&project_views.log()),
        item_bytes: sent.items.iter().map(item_bytes).max().unwrap(),
        event_units: sent.items.iter().map(write_units).max().unwrap() as f64,
        log_bytes: line_bytes(&sent.lines),
    };
    let message = without_view(&dynamodb, &of_openim(&all, Family::Message)).await;
    let presence = without_view(&dynamodb, &of_openim(&all, Family::Presence)).await;
    let kinds = [&relation, &message, &presence];

    // A callback of Tencent Chat with a RequestId has a second item.
    let tencent = all.iter().filter(|payload| {
        payload.source == Source::Tencent
            && payload.events.family() == Family::Relation
            && payload.case == "document"
            && !payload.events.is_empty()
    });
    let tencent: Vec<&Payload> = tencent.collect();
    let sent = send(&dynamodb, "tencent", &tencent).await;
    assert_eq!(sent.items.len(), 2 * tencent.len());
    assert!(sent.items.iter().all(|item| write_units(item) == 1));

    let labels = [
        format!("API Gateway: one request at {}", usd(REST_API)),
        format!("Data out: {ANSWER_BYTES} bytes at {} a GB", usd(OUT_GB)),
        format!("DynamoDB, event: write units at {WRITE_UNITS}"),
        format!("DynamoDB, view: write units at {WRITE_UNITS}"),
        format!("Lambda: an invocation at {}, and 5 ms", usd(INVOCATIONS)),
        format!("Logs: bytes at {} a GB", usd(LOG_GB)),
    ];
    let quantity = |kind: &Cost, part: usize| match part {
        0 => "1".to_owned(),
        1 => ANSWER_BYTES.to_string(),
        2 => kind.event_units.to_string(),
        3 if kind.view_units == 0.0 => "0".to_owned(),
        3 => usd(kind.view_units),
        4 => if kind.view_units > 0.0 { "2" } else { "1" }.to_owned(),
        _ => (kind.log_bytes + kind.view_log_bytes).to_string(),
    };
    let mut sum = row(&[
        "For each callback",
        "Relation",
        "USD",
        "Message",
        "USD",
        "Presence",
        "USD",
    ]) + "|---|--:|--:|--:|--:|--:|--:|\n";
    for (part, label) in labels.iter().enumerate() {
        let cells = kinds.map(|kind| [quantity(kind, part), usd(kind.parts()[part])]);
        let cells: Vec<&str> = [label.as_str()]
            .into_iter()
            .chain(cells.iter().flatten().map(String::as_str))
            .collect();
        sum += &row(&cells);
    }
    let totals = kinds.map(|kind| format!("**{}**", usd(kind.all())));
    sum += &row(&["**All**", "", &totals[0], "", &totals[1], "", &totals[2]]);

    let mut view = row(&["Callback", "Write units of the view", "USD, all in"]) + "|---|--:|--:|\n";
    for (command, units) in view_units_of {
        let all = relation.all() + (units as f64 - mean) * WRITE_UNITS;
        view += &row(&[&format!("`{command}`"), &units.to_string(), &usd(all)]);
    }

    let mut switches = row(&["Switch", "Relation", "Message"]) + "|---|--:|--:|\n";
    let mut switch = |name: &str, relation: f64, message: f64| {
        switches += &row(&[name, &signed(relation), &signed(message)]);
    };
    let log = |bytes: f64| gigabytes(bytes, LOG_GB);
    switch(
        "`LogLevel=warn`",
        -log(relation.log_bytes + relation.view_log_bytes),
        -log(message.log_bytes),
    );
    switch(
        "`SystemLogLevel=INFO`",
        log(2.0 * SYSTEM_LOG_BYTES),
        log(SYSTEM_LOG_BYTES),
    );
    switch("Each further KB of an event", WRITE_UNITS, WRITE_UNITS);
    switch("`RequestId` of Tencent Chat", WRITE_UNITS, WRITE_UNITS);
    let memory = SECONDS * MEMORY_GB * GB_SECOND * 1e6;
    switch("`MemorySize=512`", 2.0 * memory, memory);
    switch("10 ms more in Lambda", 4.0 * memory, 2.0 * memory);

    let mut doors = row(&["Front door", "Relation", "Message"]) + "|---|--:|--:|\n";
    for (name, price) in [
        ("REST API, up to 333 million a month", REST_API),
        ("REST API, above that", REST_API_ABOVE[0]),
        ("REST API, above 1,000 million", REST_API_ABOVE[1]),
        ("HTTP API", HTTP_API),
        ("Function URL", 0.0),
    ] {
        let cells = [&relation, &message].map(|kind| usd(kind.all() - REST_API + price));
        doors += &row(&[name, &cells[0], &cells[1]]);
    }

    let mut kept = row(&["Kept", "Largest item", "Days", "USD a million"]) + "|---|--:|--:|--:|\n";
    for (name, kind, days) in [
        ("Relation", &relation, 365),
        ("Message", &message, 90),
        ("Presence", &presence, 7),
    ] {
        let month = gigabytes(kind.item_bytes as f64 + ITEM_OVERHEAD, STORED_GB);
        let price = month * f64::from(days) / 30.0;
        let size = format!("{} bytes", kind.item_bytes);
        kept += &row(&[name, &size, &days.to_string(), &usd(price)]);
    }

    let document = fs::read_to_string(root().join("docs/cost.md")).unwrap();
    let tables = [sum, view, switches, doors, kept];
    let missing: Vec<_> = tables
        .iter()
        .filter(|table| !document.contains(*table))
        .collect();
    assert!(
        missing.is_empty(),
        "docs/cost.md has other numbers. Put these tables into it:\n\n{}",
        tables.join("\n")
    );
    assert!(relation.all() <= RELATION_AT_MOST, "{}", relation.all());
    assert!(message.all() <= MESSAGE_AT_MOST, "{}", message.all());
    assert!(presence.all() <= MESSAGE_AT_MOST, "{}", presence.all());
    for page in ["README.md", "docs/comparison.md"] {
        let text = fs::read_to_string(root().join(page)).unwrap();
        let price = format!("{} USD", usd(relation.all()));
        assert!(text.contains(&price), "{page} does not say {price}");
    }
}
