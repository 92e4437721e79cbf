//! What the page knows: the last requests with their answers, log lines and events, in bounded memory.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use domain::{Events, Family, Reception, Source, Timestamp, decision};
use serde_json::Value;
use tokio::sync::broadcast;

use super::{health::Minutes, mask};
use crate::{
    reading::{self, Reads},
    sentences::sentences,
};

/// How many exchanges are kept, and how many bytes of them.
pub(super) const MOST: usize = 2_000;
const MOST_BYTES: usize = 32 * 1024 * 1024;
/// How many log lines, deliveries and stored items of one exchange are kept.
const MOST_OF_ONE: usize = 40;
/// How many changes a slow browser may be behind.
const BACKLOG: usize = 4_096;

/// A request as it came.
pub(crate) struct Request {
    pub(crate) method: String,
    /// The path with its query.
    pub(crate) target: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

/// The answer to it.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
    pub(crate) took: Duration,
}

/// A function that got the event later.
pub(super) struct Followed {
    pub(super) at: Timestamp,
    pub(super) function: String,
    /// Why it did not take it.
    pub(super) failed: bool,
}

/// A callback: what is known of its request, its answer and what came of it.
pub(super) struct Exchange {
    /// Its place among all that were seen since the start.
    pub(super) number: u64,
    pub(super) id: String,
    pub(super) at: Timestamp,
    /// `None` if only the tables know the callback.
    pub(super) request: Option<Request>,
    pub(super) answer: Option<Answer>,
    pub(super) stored: Vec<Reception>,
    /// Lines of JSON.
    pub(super) lines: Vec<String>,
    pub(super) followed: Vec<Followed>,
    pub(super) row: Row,
    /// About how many bytes it takes.
    bytes: usize,
}

/// What the list shows and the filter reads.
#[derive(Clone, Default)]
pub(super) struct Row {
    pub(super) server: Option<Source>,
    pub(super) command: String,
    pub(super) family: &'static str,
    /// In the form of events, such as `user/ana`.
    pub(super) subject: String,
    pub(super) outcome: Outcome,
    pub(super) by: String,
    pub(super) milliseconds: Option<f64>,
    /// What happened, in words. Has what users wrote.
    pub(super) sentences: Vec<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Outcome {
    #[default]
    Waiting,
    /// The server ignores the answer.
    Accepted,
    Allowed,
    Amended,
    Refused,
    /// The caller's fault: it was not believed, or the body was wrong.
    Rejected,
    Failed,
}

impl Outcome {
    pub(super) const ALL: [Self; 7] = [
        Self::Accepted,
        Self::Allowed,
        Self::Amended,
        Self::Refused,
        Self::Rejected,
        Self::Failed,
        Self::Waiting,
    ];

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Accepted => "accepted",
            Self::Allowed => "allowed",
            Self::Amended => "amended",
            Self::Refused => "refused",
            Self::Rejected => "rejected",
            Self::Failed => "failed",
        }
    }
}

/// All that is kept. Every change is told to the pages that are open.
pub(crate) struct Seen {
    state: Mutex<State>,
    changed: broadcast::Sender<u64>,
}

#[derive(Default)]
struct State {
    kept: VecDeque<Exchange>,
    next: u64,
    bytes: usize,
    numbers: HashMap<String, u64>,
    minutes: Minutes,
}

impl Seen {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::default(),
            changed: broadcast::channel(BACKLOG).0,
        })
    }

    /// A request has come. Its id is the gateway's.
    pub(crate) fn asked(&self, id: &str, at: i64, request: Request) {
        let at = Timestamp::from_unix_millis(at).unwrap_or_else(|_| Timestamp::now());
        let mut state = self.lock();
        state.push(id, at, Some(request));
    }

    pub(crate) fn answered(&self, id: &str, answer: Answer) {
        self.change(id, |exchange| {
            let bytes = answer.body.len();
            exchange.answer = Some(answer);
            bytes
        });
        let mut state = self.lock();
        let Some(exchange) = state.of(id) else {
            return;
        };
        let (outcome, milliseconds) = (exchange.row.outcome, exchange.row.milliseconds);
        let at = exchange.at;
        state.minutes.count(at, outcome, milliseconds);
    }

    /// A function has written a line of JSON about a request.
    pub(crate) fn logged(&self, line: &str) {
        let Ok(fields) = serde_json::from_str::<Value>(line) else {
            return;
        };
        let Some(id) = fields["requestId"].as_str() else {
            return;
        };
        self.change(id, |exchange| {
            if exchange.lines.len() >= MOST_OF_ONE {
                return 0;
            }
            exchange.lines.push(line.to_owned());
            line.len()
        });
    }

    /// The stream of the events table has this.
    pub(crate) fn stored(&self, reception: Reception) {
        let id = of_request(&reception.id).to_owned();
        let is_new = {
            let mut state = self.lock();
            let is_new = state.of(&id).is_none();
            if is_new {
                state.push(&id, reception.received_at, None);
            }
            is_new
        };
        let at = reception.received_at;
        self.change(&id, |exchange| {
            if exchange.stored.len() >= MOST_OF_ONE {
                return 0;
            }
            let bytes = serde_json::to_string(&reception).map_or(0, |it| it.len());
            exchange.stored.push(reception);
            bytes
        });
        if is_new {
            let mut state = self.lock();
            let outcome = state.of(&id).map(|it| it.row.outcome).unwrap_or_default();
            state.minutes.count(at, outcome, None);
        }
    }

    /// A function got events of the stream or of a queue, and did not take those in `failed`.
    pub(crate) fn invoked(&self, function: &str, event: &[u8], answer: Option<&[u8]>) {
        let Ok(event) = serde_json::from_slice::<Value>(event) else {
            return;
        };
        let answer = answer.and_then(|it| serde_json::from_slice::<Value>(it).ok());
        let failures = |id: &str| match &answer {
            Some(answer) => {
                let failures = answer["batchItemFailures"].as_array();
                let mut failures = failures.into_iter().flatten();
                failures.any(|it| it["itemIdentifier"] == id)
            }
            None => true,
        };
        for record in event["Records"].as_array().into_iter().flatten() {
            let in_stream = record["dynamodb"]["NewImage"]["id"]["S"].as_str();
            let sequence = record["dynamodb"]["SequenceNumber"].as_str();
            let message = record["messageId"].as_str();
            let Some(id) = in_stream.or(message) else {
                continue;
            };
            let failed = failures(sequence.or(message).unwrap_or_default());
            // The id of an event is that of its reception, with the number of the part and its place.
            let known = {
                let state = self.lock();
                let id = id.replace("%2E", ".");
                let ids = [
                    Some(&*id),
                    id.rsplit_once('-').map(|it| it.0),
                    id.rsplitn(3, '-').nth(2),
                ];
                let mut known = ids.into_iter().flatten().map(of_request);
                known
                    .find(|id| state.numbers.contains_key(*id))
                    .map(ToOwned::to_owned)
            };
            let Some(id) = known else {
                continue;
            };
            self.change(&id, |exchange| {
                let same = |it: &Followed| it.function == function && it.failed == failed;
                let at = Timestamp::now();
                if let Some(last) = exchange.followed.last_mut().filter(|it| same(it)) {
                    last.at = at;
                    return 0;
                }
                if exchange.followed.len() >= MOST_OF_ONE {
                    return 0;
                }
                let function = function.to_owned();
                exchange.followed.push(Followed {
                    at,
                    function,
                    failed,
                });
                64
            });
        }
    }

    /// Changes an exchange. The change says how many bytes it added.
    fn change(&self, id: &str, change: impl FnOnce(&mut Exchange) -> usize) {
        let mut state = self.lock();
        let Some(exchange) = state.of(id) else {
            return;
        };
        let added = change(exchange);
        exchange.bytes += added;
        exchange.row = row(exchange);
        let number = exchange.number;
        state.bytes += added;
        state.shrink();
        drop(state);
        // Fails if no page is open.
        let _ = self.changed.send(number);
    }

    pub(super) fn changes(&self) -> broadcast::Receiver<u64> {
        self.changed.subscribe()
    }

    /// Reads an exchange, if it is still kept.
    pub(super) fn read<T>(&self, number: u64, read: impl FnOnce(&Exchange) -> T) -> Option<T> {
        self.lock().numbered(number).map(|it| read(it))
    }

    /// What `read` makes of exchanges, the newest first, until there are `most`. Says whether there are older ones.
    pub(super) fn newest<T>(
        &self,
        before: Option<u64>,
        most: usize,
        mut read: impl FnMut(&Exchange) -> Option<T>,
    ) -> (Vec<T>, bool) {
        let state = self.lock();
        let mut found = Vec::new();
        let older = state.kept.iter().rev();
        for exchange in older.filter(|it| before.is_none_or(|before| it.number < before)) {
            let Some(item) = read(exchange) else {
                continue;
            };
            if found.len() == most {
                return (found, true);
            }
            found.push(item);
        }
        (found, false)
    }

    /// How many exchanges are kept, and how many were seen.
    pub(super) fn counts(&self) -> (usize, u64) {
        let state = self.lock();
        (state.kept.len(), state.next)
    }

    pub(super) fn minutes(&self) -> Minutes {
        self.lock().minutes.clone()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn push(&mut self, id: &str, at: Timestamp, request: Option<Request>) {
        let number = self.next;
        self.next += 1;
        let mut exchange = Exchange {
            number,
            id: id.to_owned(),
            at,
            request,
            answer: None,
            stored: Vec::new(),
            lines: Vec::new(),
            followed: Vec::new(),
            row: Row::default(),
            bytes: 512,
        };
        exchange.bytes += exchange.request.as_ref().map_or(0, size);
        exchange.row = row(&exchange);
        self.bytes += exchange.bytes;
        self.numbers.insert(id.to_owned(), number);
        self.kept.push_back(exchange);
        self.shrink();
    }

    /// Forgets the oldest ones until the rest fits.
    fn shrink(&mut self) {
        while self.kept.len() > 1 && (self.kept.len() > MOST || self.bytes > MOST_BYTES) {
            let Some(oldest) = self.kept.pop_front() else {
                return;
            };
            self.bytes -= oldest.bytes;
            self.numbers.remove(&oldest.id);
        }
    }

    fn of(&mut self, id: &str) -> Option<&mut Exchange> {
        let number = *self.numbers.get(id)?;
        self.numbered(number)
    }

    fn numbered(&mut self, number: u64) -> Option<&mut Exchange> {
        let first = self.kept.front()?.number;
        let place = usize::try_from(number.checked_sub(first)?).ok()?;
        self.kept.get_mut(place)
    }
}

/// The id of the request that a reception is from. A decision is stored beside what the request reports.
fn of_request(id: &str) -> &str {
    id.strip_suffix(".decision").unwrap_or(id)
}

/// How many bytes a request takes.
fn size(request: &Request) -> usize {
    let headers = request.headers.iter();
    let headers: usize = headers.map(|(name, it)| name.len() + it.len()).sum();
    request.body.len() + request.target.len() + headers
}

/// What the list shows of an exchange.
fn row(exchange: &Exchange) -> Row {
    let (mut server, mut command) = (None, String::new());
    if let Some(request) = &exchange.request {
        (server, command) = named(request);
    }
    if let Some(reception) = exchange.stored.first() {
        server = Some(reception.source);
        command.clone_from(&reception.command);
    }
    let known = server.and_then(|server| protocol::command(server, &command));
    let events = || exchange.stored.iter().map(|it| &it.events);
    let own = events().find(|it| !matches!(it, Events::Decision(_)));
    let family = match (known, own) {
        (Some(command), _) => command.family,
        (None, Some(events)) => events.family(),
        (None, None) => Family::Unknown,
    };
    let mut row = Row {
        server,
        family: family.as_str(),
        subject: subject(exchange, family),
        milliseconds: exchange.answer.as_ref().map(|it| {
            let took = it.took.as_secs_f64() * 1000.0;
            (took * 10.0).round() / 10.0
        }),
        sentences: events().flat_map(sentences).collect(),
        ..Row::default()
    };
    row.command = command;
    if let (Some(answer), Some(server)) = (&exchange.answer, server) {
        let reading = reading::read(server, known, answer.status, &answer.body);
        row.outcome = match reading.reads {
            _ if answer.status >= 500 => Outcome::Failed,
            _ if answer.status >= 400 => Outcome::Rejected,
            Reads::Ignored => Outcome::Accepted,
            Reads::Refused => Outcome::Refused,
            Reads::Unreadable => Outcome::Failed,
            Reads::Allowed if reading.fields.iter().any(|it| it.changes) => Outcome::Amended,
            Reads::Allowed => Outcome::Allowed,
        };
    } else if let Some(answer) = &exchange.answer {
        row.outcome = match answer.status {
            500.. => Outcome::Failed,
            400.. => Outcome::Rejected,
            _ => Outcome::Accepted,
        };
    } else if exchange.request.is_none() {
        row.outcome = Outcome::Accepted;
    }
    for events in events() {
        let Events::Decision(decisions) = events else {
            continue;
        };
        for decision in decisions {
            let decision::Event::Decided {
                decision, by, rule, ..
            } = decision
            else {
                continue;
            };
            if exchange.answer.is_none() {
                row.outcome = match decision {
                    decision::Verdict::Allowed => Outcome::Allowed,
                    decision::Verdict::Refused => Outcome::Refused,
                    decision::Verdict::Amended => Outcome::Amended,
                };
            }
            row.by = who(by.as_str(), rule.as_deref());
        }
    }
    for line in &exchange.lines {
        let Ok(fields) = serde_json::from_str::<Value>(line) else {
            continue;
        };
        if let Some(by) = fields["decidedBy"].as_str() {
            row.by = who(by, fields["rule"].as_str());
        }
    }
    row
}

fn who(by: &str, rule: Option<&str>) -> String {
    match rule {
        Some(rule) => format!("{by}: {rule}"),
        None => by.to_owned(),
    }
}

/// The server and the command that a request names.
fn named(request: &Request) -> (Option<Source>, String) {
    let (path, query) = request
        .target
        .split_once('?')
        .unwrap_or((&request.target, ""));
    let name = path.rsplit('/').find(|it| !it.is_empty());
    let name = name.unwrap_or_default();
    if name == "tencent" {
        let mut query = form_urlencoded::parse(query.as_bytes());
        let command = query.find(|(name, _)| name == "CallbackCommand");
        let command = command.map(|(_, command)| command.into_owned());
        let in_body = || {
            let body: Value = serde_json::from_str(&request.body).ok()?;
            Some(body["CallbackCommand"].as_str()?.to_owned())
        };
        let command = command.or_else(in_body).unwrap_or_default();
        return (Some(Source::Tencent), command);
    }
    let is_openim = name.starts_with("callback");
    let server = is_openim.then_some(Source::OpenIm);
    let command = if is_openim { name } else { path };
    (server, command.to_owned())
}

/// Fields of both servers that name whom a callback is about, those of the acting user first.
const USERS: [&str; 9] = [
    "sendID",
    "fromUserID",
    "ownerUserID",
    "userID",
    "inviterUserID",
    "From_Account",
    "Requester_Account",
    "Operator_Account",
    "Owner_Account",
];

/// What the events are about. Without events, the body says it.
fn subject(exchange: &Exchange, family: Family) -> String {
    let stored = exchange.stored.iter();
    let mut subjects = stored.filter_map(|it| cloudevents::subject(it.events.subject()?));
    if let Some(subject) = subjects.next() {
        return subject;
    }
    let body = exchange.request.as_ref();
    let body = body.and_then(|it| serde_json::from_str::<Value>(&it.body).ok());
    let body = body.unwrap_or_default();
    let text = |name: &str| body[name].as_str().filter(|it| !it.is_empty());
    let group = || {
        let id = text("groupID").or_else(|| text("GroupId"))?;
        Some(format!("group/{id}"))
    };
    let user = || {
        let id = USERS.iter().find_map(|name| text(name))?;
        Some(format!("user/{id}"))
    };
    let found = match family {
        Family::Group => group().or_else(user),
        _ => user().or_else(group),
    };
    found.unwrap_or_default()
}

impl Exchange {
    /// The sentences, without what users wrote unless it is asked for.
    pub(super) fn shown_sentences(&self, contents: bool) -> Vec<String> {
        let all = self.row.sentences.iter();
        all.map(|it| mask::sentence(it, contents)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(target: &str, body: &str) -> Request {
        Request {
            method: "POST".to_owned(),
            target: target.to_owned(),
            headers: Vec::new(),
            body: body.to_owned(),
        }
    }

    #[test]
    fn only_so_many_exchanges_and_bytes_are_kept() {
        let seen = Seen::new();
        for n in 0..MOST + 10 {
            seen.asked(&format!("id-{n}"), 0, request("/x", "{}"));
        }
        assert_eq!(seen.counts(), (MOST, (MOST + 10) as u64));
        assert!(seen.read(9, |_| ()).is_none());
        assert_eq!(seen.read(10, |it| it.id.clone()).unwrap(), "id-10");
        let large = "x".repeat(MOST_BYTES / 4);
        for n in 0..10 {
            seen.asked(&format!("large-{n}"), 0, request("/x", &large));
        }
        assert_eq!(seen.counts().0, 3);
        // The answers count, too.
        for n in 7..10 {
            let answer = Answer {
                status: 200,
                body: large.clone(),
                took: Duration::ZERO,
            };
            seen.answered(&format!("large-{n}"), answer);
        }
        assert_eq!(seen.counts().0, 1);
    }

    #[test]
    fn a_row_has_what_the_request_the_answer_and_the_log_say() {
        let seen = Seen::new();
        let path = "/callbackBeforeAddFriendCommand";
        seen.asked(
            "r1",
            0,
            request(path, r#"{"fromUserID":"eve","toUserID":"leo"}"#),
        );
        let row = |seen: &Seen| seen.read(0, |it| it.row.clone()).unwrap();
        assert_eq!(row(&seen).outcome, Outcome::Waiting);
        let answer = Answer {
            status: 200,
            body: r#"{"actionCode":0,"errCode":28001,"nextCode":1}"#.to_owned(),
            took: Duration::from_micros(1_234),
        };
        seen.answered("r1", answer);
        seen.logged(r#"{"requestId":"r1","decidedBy":"policies","rule":"actingUser.deny"}"#);
        let row = row(&seen);
        assert_eq!(row.outcome, Outcome::Refused);
        assert_eq!(row.by, "policies: actingUser.deny");
        assert_eq!(row.subject, "user/eve");
        assert_eq!((row.family, row.milliseconds), ("relation", Some(1.2)));
    }

    #[test]
    fn a_delivery_belongs_to_the_callback_of_its_event() {
        let seen = Seen::new();
        seen.asked("1a-7", 0, request("/x", "{}"));
        let event = br#"{"Records":[{"messageId":"1a-7%2Edecision-0"},{"messageId":"1a-7-0"},{"messageId":"1a-8-0"}]}"#;
        let failed = br#"{"batchItemFailures":[{"itemIdentifier":"1a-7-0"},{"itemIdentifier":"1a-7%2Edecision-0"}]}"#;
        seen.invoked("deliver", event, Some(failed));
        seen.invoked("deliver", event, Some(br#"{"batchItemFailures":[]}"#));
        let followed = seen.read(0, |it| {
            let followed = it.followed.iter();
            followed
                .map(|it| (it.function.clone(), it.failed))
                .collect::<Vec<_>>()
        });
        let deliver = || "deliver".to_owned();
        assert_eq!(followed.unwrap(), [(deliver(), true), (deliver(), false)]);
    }
}
