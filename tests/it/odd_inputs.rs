//! Every kind of mistake that clients make, in every recorded body that can have it, sent to the running functions. The
//! outcome is the same as without the mistake. Where that cannot be known, nothing is lost and nothing is let through.

use std::collections::{BTreeMap, HashMap};

use domain::Family;
use models::{
    Payload, Verdict,
    odd::{Json, Mistake, Place},
    read_as_openim,
};
use serde_json::{Value, json};
use support::{Dynamodb, Function, Request, function_at};

use crate::laboratory::{Laboratory, Recorded, field_name, url_of, write_policies};

/// A body with a mistake, or the body that the client meant.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Sent {
    body: Vec<u8>,
    /// The command's name in the URL.
    command: String,
    operation_id: Option<String>,
}

/// A body with a mistake, and what must happen.
struct Trial {
    odd: Sent,
    /// The body with the same outcome. Without it, an after callback must be accepted and kept, and a before callback
    /// decided.
    meant: Option<Sent>,
    /// Whether something must be stored.
    is_stored: bool,
}

impl Sent {
    fn of(it: &Recorded, body: impl Into<Vec<u8>>) -> Self {
        Self {
            body: body.into(),
            command: it.payload.command.clone(),
            operation_id: None,
        }
    }

    fn with_operation_id(mut self, id: &str) -> Self {
        self.operation_id = Some(id.to_owned());
        self
    }
}

/// Makes one kind of mistake at every place of a body where it is possible.
type Make = fn(&Recorded) -> Vec<Trial>;

/// The kinds of mistakes.
const KINDS: &[(&str, Make)] = &[
    ("half an emoji", |it| {
        let texts = places(it, |place| is_text(it, place));
        in_all(
            it,
            Mistake::HalfAnEmoji,
            &texts,
            ended_with(it, &texts, "\u{fffd}"),
        )
    }),
    ("bytes that are not UTF-8", |it| {
        let texts = places(it, |place| is_text(it, place));
        in_all(
            it,
            Mistake::NoText,
            &texts,
            ended_with(it, &texts, "\u{fffd}"),
        )
    }),
    ("null for a text that nothing needs", |it| {
        let texts = places(it, |place| is_text(it, place) && !it.needed.contains(place));
        in_all(it, Mistake::Value("null"), &texts, it.body.write())
    }),
    ("null for a text that is needed", |it| {
        let texts = places(it, |place| is_text(it, place) && it.needed.contains(place));
        let texts = texts.iter();
        texts
            .map(|text| without_meaning(it, Mistake::Value("null"), text, true))
            .collect()
    }),
    ("an integer with a fraction of zero", |it| {
        numbers(it, |number| format!("{number}.0"))
    }),
    ("an integer as text", |it| {
        numbers(it, |number| format!("\"{number}\""))
    }),
    ("a name twice", |it| {
        let members = places(it, |place| place.len() == 1);
        in_all(it, Mistake::OddFirst("null"), &members, it.body.write())
    }),
    ("another type where nothing is needed", |it| {
        let leaves = it.unneeded().into_iter();
        let leaves = leaves.filter(|place| matches!(it.body.at(place), Some(Json::Leaf(_))));
        let odd = Mistake::Value(r#"{"odd":[1e400,null]}"#);
        in_all(it, odd, &leaves.collect::<Vec<_>>(), it.body.write())
    }),
    ("an empty id in a list", |it| {
        let ids = places(it, |place| is_text(it, place) && is_id(it, place));
        let lists = lists(it).into_iter();
        lists
            .filter_map(|list| {
                let first = [list, vec![0]].concat();
                let mut body = it.body.clone();
                let of_first: Vec<&Place> =
                    ids.iter().filter(|id| id.starts_with(&first)).collect();
                for id in &of_first {
                    body.make(Mistake::Value("\"\""), id);
                }
                let member = String::from_utf8(body.at(&first)?.write()).unwrap();
                let odd = Mistake::OddFirst(&member);
                (!of_first.is_empty()).then(|| changed(it, odd, &[first], Some(it.body.write())))
            })
            .collect()
    }),
    ("null in a list", |it| {
        let lists = lists(it).into_iter();
        let firsts: Vec<Place> = lists.map(|list| [list, vec![0]].concat()).collect();
        in_all(it, Mistake::OddFirst("null"), &firsts, it.body.write())
    }),
    ("null for a list", |it| {
        let lists = lists(it).into_iter();
        lists
            .map(|list| without_meaning(it, Mistake::Value("null"), &list, false))
            .collect()
    }),
    ("a byte order mark", |it| around(it, b"\xef\xbb\xbf", b"")),
    ("a trailing NUL", |it| around(it, b"", b"\0")),
    ("an earlier name of the command", |it| {
        let command = protocol::command(it.payload.source, &it.payload.command).unwrap();
        let earlier = command.earlier.iter();
        earlier
            .map(|name| {
                let body = String::from_utf8(it.body.write()).unwrap();
                let body = body.replace(&format!("\"{}\"", command.name), &format!("\"{name}\""));
                let odd = Sent {
                    command: (*name).to_owned(),
                    ..Sent::of(it, body)
                };
                same(odd, Sent::of(it, it.body.write()))
            })
            .collect()
    }),
    ("an operationID only in the body", |it| {
        let id = "only-in-the-body";
        operation_id(it, |it| {
            (
                Sent::of(it, with_id(it, id)),
                Sent::of(it, it.body.write()).with_operation_id(id),
            )
        })
    }),
    ("a long operationID", |it| {
        let long = "o".repeat(6_000);
        operation_id(it, |it| {
            let meant = Sent::of(it, it.body.write());
            (
                meant.clone().with_operation_id(&long),
                meant.with_operation_id(&long[..128]),
            )
        })
    }),
];

// --- How the mistakes are made ---

fn same(odd: Sent, meant: Sent) -> Trial {
    Trial {
        odd,
        meant: Some(meant),
        is_stored: true,
    }
}

fn changed(it: &Recorded, mistake: Mistake<'_>, at: &[Place], meant: Option<Vec<u8>>) -> Trial {
    let mut body = it.body.clone();
    // From the last place to the first, because a mistake can move the places after it.
    for place in at.iter().rev() {
        body.make(mistake, place);
    }
    Trial {
        odd: Sent::of(it, body.write()),
        meant: meant.map(|body| Sent::of(it, body)),
        is_stored: true,
    }
}

/// The mistake at all these places at once, and the body that the client meant.
fn in_all(it: &Recorded, mistake: Mistake<'_>, at: &[Place], meant: Vec<u8>) -> Vec<Trial> {
    if at.is_empty() {
        return Vec::new();
    }
    vec![changed(it, mistake, at, Some(meant))]
}

fn without_meaning(it: &Recorded, mistake: Mistake<'_>, at: &Place, is_stored: bool) -> Trial {
    Trial {
        is_stored,
        ..changed(it, mistake, std::slice::from_ref(at), None)
    }
}

fn places(it: &Recorded, wanted: impl Fn(&Place) -> bool) -> Vec<Place> {
    it.body.places().into_iter().filter(wanted).collect()
}

/// Whether the value is a text. The command's name does not count. Neither does the type of an element of Tencent Chat's
/// messages, because an element of an unknown type is kept as it was written, with all mistakes.
fn is_text(it: &Recorded, place: &Place) -> bool {
    let name = it.body.name_of(place);
    let is_text = matches!(it.body.at(place), Some(Json::Leaf(leaf)) if leaf.starts_with(b"\""));
    is_text && !name.ends_with("allbackCommand") && !name.ends_with(".MsgType")
}

fn is_id(it: &Recorded, place: &Place) -> bool {
    let field = field_name(&it.body, place);
    ["ID", "ID[]", "IDs[]", "_Account", "_Account[]"]
        .iter()
        .any(|end| field.ends_with(end))
}

/// The lists whose members a decision or an event needs.
fn lists(it: &Recorded) -> Vec<Place> {
    places(it, |place| {
        matches!(it.body.at(place), Some(Json::List(members)) if !members.is_empty())
            && it.needed.contains(&[&place[..], &[0]].concat())
    })
}

fn ended_with(it: &Recorded, texts: &[Place], end: &str) -> Vec<u8> {
    let mut body = it.body.clone();
    for place in texts {
        let text = String::from_utf8(it.part(place).write()).unwrap();
        let text = format!("{}{end}\"", &text[..text.len() - 1]);
        body.make(Mistake::Value(&text), place);
    }
    body.write()
}

fn numbers(it: &Recorded, form: impl Fn(&str) -> String) -> Vec<Trial> {
    let integers = places(it, |place| {
        let Some(Json::Leaf(leaf)) = it.body.at(place) else {
            return false;
        };
        leaf.iter()
            .all(|byte| byte.is_ascii_digit() || *byte == b'-')
    });
    let mut body = it.body.clone();
    for place in &integers {
        let number = String::from_utf8(it.part(place).write()).unwrap();
        body.make(Mistake::Value(&form(&number)), place);
    }
    let trial = same(Sent::of(it, body.write()), Sent::of(it, it.body.write()));
    [trial]
        .into_iter()
        .filter(|_| !integers.is_empty())
        .collect()
}

fn around(it: &Recorded, before: &[u8], after: &[u8]) -> Vec<Trial> {
    let body = it.body.write();
    let odd = Sent::of(it, [before, &body, after].concat());
    vec![same(odd, Sent::of(it, body))]
}

/// Only OpenIM has an operationID. Some bodies have one already.
fn operation_id(it: &Recorded, both: impl Fn(&Recorded) -> (Sent, Sent)) -> Vec<Trial> {
    if it.payload.server() != "openim" || it.body.member("operationID").is_some() {
        return Vec::new();
    }
    let (odd, meant) = both(it);
    vec![same(odd, meant)]
}

fn with_id(it: &Recorded, id: &str) -> Vec<u8> {
    let body = it.body.write();
    [
        &body[..body.len() - 1],
        format!(",\"operationID\":\"{id}\"}}").as_bytes(),
    ]
    .concat()
}

// --- How the outcomes are compared ---

/// The outcome of a body.
#[derive(Debug, PartialEq)]
struct Effect {
    status: u16,
    answer: Value,
    /// The stored receptions without their ids.
    stored: Vec<Value>,
}

/// The id of the reception, the status, and the answer.
type Answered = (String, u16, Value);

struct Running {
    functions: HashMap<&'static str, Function>,
    environment: BTreeMap<String, String>,
    sent: usize,
}

impl Running {
    async fn send(&mut self, payload: &Payload, sent: &Sent) -> Answered {
        let url = url_of(payload, &sent.command);
        let mut request = Request::post(&url, sent.body.clone());
        if let Some(id) = &sent.operation_id {
            request = request.header("operationID", id);
        }
        let function = function_at(&request.path);
        if !self.functions.contains_key(function) {
            let started = Function::start(function, &self.environment).await;
            self.functions.insert(function, started);
        }
        self.sent += 1;
        let id = format!("reception-{}-", self.sent);
        let event = request.to_rest_api_event(&id, 1_795_264_496_789);
        let response = self.functions[function].invoke(event).await;
        let status = response["statusCode"].as_u64().unwrap_or_default();
        let body = response["body"].as_str().unwrap_or_default();
        let answer = serde_json::from_str(body).unwrap_or_else(|_| json!(body));
        (id, u16::try_from(status).unwrap(), answer)
    }
}

/// The answer without people whose id is empty, because the other answer does not have them.
fn without_empty_ids(mut answer: Value) -> Value {
    if let Some(people) = answer["ResultItem"].as_array_mut() {
        people.retain(|person| person["To_Account"] != "");
    }
    answer
}

fn faults(it: &Recorded, trial: &Trial, odd: &Effect, meant: Option<&Effect>) -> Option<String> {
    if let Some(meant) = meant {
        return (odd != meant).then(|| format!("the effect is {odd:?}\n  not {meant:?}"));
    }
    let asks = protocol::asks(it.payload.source, &it.payload.command);
    let body = odd.answer.to_string();
    let good = match (it.payload.server(), asks) {
        ("openim", false) => read_as_openim(&body) == Verdict::Allowed,
        ("openim", true) => read_as_openim(&body) != Verdict::Unreadable,
        // The code at the top refuses, unless the answer is about several people.
        (_, true) if it.payload.asks_about().is_empty() => {
            odd.status == 200
                && odd.answer["ActionStatus"] == "OK"
                && odd.answer["ErrorCode"].is_i64()
        }
        _ => {
            let code = odd.answer["ErrorCode"].as_i64();
            let refuses = |code| asks && (10100..=10200).contains(&code);
            odd.status == 200
                && odd.answer["ActionStatus"] == "OK"
                && code.is_some_and(|code| code == 0 || refuses(code))
        }
    };
    if !good {
        return Some(format!("the effect is {odd:?}"));
    }
    let kept = !trial.is_stored || asks || it.outcome.stored.is_empty() || odd.stored.len() == 1;
    (!kept).then(|| format!("nothing is stored: {odd:?}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_mistake_in_every_body_has_the_outcome_that_was_meant() {
    let laboratory = Laboratory::start().await;
    let dynamodb = Dynamodb::dynoxide().await;
    let table = dynamodb.events_table().await;
    let mut environment = table.environment();
    for (name, value) in [
        ("POLICIES_FILE", write_policies().as_str()),
        ("BEFORE_DEADLINE_MS", "2500"),
        ("ON_FAILURE", "refuse"),
    ] {
        environment.insert(name.to_owned(), value.to_owned());
    }
    let mut running = Running {
        functions: HashMap::new(),
        environment,
        sent: 0,
    };

    let mut recorded = Recorded::all(&laboratory, "openim").await;
    recorded.extend(Recorded::all(&laboratory, "tencent").await);
    let mut done = Vec::new();
    // If several mistakes have the same meant body, it is sent once.
    let mut sent_before: HashMap<(&str, Sent), Answered> = HashMap::new();
    for (kind, make) in KINDS {
        for it in &recorded {
            for trial in make(it) {
                let odd = running.send(&it.payload, &trial.odd).await;
                let mut meant = None;
                if let Some(sent) = &trial.meant {
                    let key = (it.payload.name.as_str(), sent.clone());
                    if !sent_before.contains_key(&key) {
                        let answer = running.send(&it.payload, sent).await;
                        sent_before.insert(key.clone(), answer);
                    }
                    meant = Some(sent_before[&key].clone());
                }
                done.push((*kind, it, trial, odd, meant));
            }
        }
    }

    let mut stored: HashMap<String, Vec<Value>> = HashMap::new();
    for item in table.items().await {
        let reception = store::item::to_reception(item).unwrap();
        let mut item = serde_json::to_value(&reception).unwrap();
        let id = item["id"].take().as_str().unwrap().to_owned();
        stored.entry(id).or_default().push(item);
    }
    let effect = |(id, status, answer): &Answered| Effect {
        status: *status,
        answer: without_empty_ids(answer.clone()),
        stored: stored.get(id).cloned().unwrap_or_default(),
    };
    let logs: Vec<String> = running.functions.values().flat_map(Function::log).collect();
    let logs = logs.join("\n");

    let mut counts: BTreeMap<(&str, String), usize> = BTreeMap::new();
    let mut failing = Vec::new();
    for (kind, it, trial, odd, meant) in &done {
        let asks = protocol::asks(it.payload.source, &it.payload.command);
        let family = protocol::command(it.payload.source, &it.payload.command)
            .unwrap()
            .family;
        let family = family_name(family, it, asks);
        *counts.entry((*kind, family)).or_default() += 1;
        let mut fault = faults(it, trial, &effect(odd), meant.as_ref().map(effect).as_ref());
        let decided = logs
            .lines()
            .any(|line| line.contains(&odd.0) && line.contains("decidedBy"));
        if asks && !decided {
            fault = Some(format!("no log line has decidedBy: {fault:?}"));
        }
        if let Some(fault) = fault {
            let body = String::from_utf8_lossy(&trial.odd.body);
            failing.push(format!("{kind}, {}: {body}\n  {fault}", it.payload.name));
        }
    }
    for ((kind, family), count) in &counts {
        println!("{kind}, {family}: {count}");
    }
    let count = failing.len();
    assert!(
        count == 0,
        "{count} of {} fail:\n{}",
        done.len(),
        failing.join("\n")
    );

    // Every kind is tried in every family of commands whose bodies can have it.
    let cells: Vec<String> = KINDS
        .iter()
        .map(|(kind, _)| counts.keys().filter(|(it, _)| it == kind).count())
        .zip(KINDS)
        .map(|(count, (kind, _))| format!("{kind}: {count}"))
        .collect();
    assert_eq!(cells, CELLS);
}

/// How many families of callbacks can have each kind of mistake. A family's before and after callbacks count as two. Not
/// every family has both: there is no before callback about presence, for example.
const CELLS: &[&str] = &[
    "half an emoji: 26",
    "bytes that are not UTF-8: 26",
    "null for a text that nothing needs: 22",
    "null for a text that is needed: 24",
    "an integer with a fraction of zero: 26",
    "an integer as text: 26",
    "a name twice: 26",
    "another type where nothing is needed: 26",
    "an empty id in a list: 14",
    "null in a list: 16",
    "null for a list: 16",
    "a byte order mark: 26",
    "a trailing NUL: 26",
    "an earlier name of the command: 9",
    "an operationID only in the body: 9",
    "a long operationID: 9",
];

fn family_name(family: Family, it: &Recorded, asks: bool) -> String {
    let when = if asks { "before" } else { "after" };
    format!("{} {family:?} {when}", it.payload.server())
}
