//! One callback: its request, its answer and what came of it, and its request in other forms.

use std::fmt::Write as _;

use cloudevents::Key;
use domain::{Reception, Source, group, relation};
use maud::{Markup, html};
use serde_json::{Value, json};

use super::{
    Inspector,
    filter::Filter,
    live::clock,
    mask,
    pages::{self, NOT_KNOWN},
    seen::{Exchange, Outcome, Request},
};
use crate::{
    reading::{self, server_name},
    smoke::http::Call,
    text,
};

/// The longest text that is shown. *Copy* has all of it.
const LONGEST: usize = 64 * 1024;

/// What the pane shows of one callback.
pub(super) fn pane(page: &Inspector, number: u64, filter: &Filter, contents: bool) -> Markup {
    let is_local = page.receiver.is_some();
    let shown = |exchange: &Exchange| of(exchange, filter, contents, is_local);
    page.seen.read(number, shown).unwrap_or_else(|| {
        html! { p { "This callback is not kept any more. The pages of persons and groups have what was stored of it." } }
    })
}

fn of(exchange: &Exchange, filter: &Filter, contents: bool, is_local: bool) -> Markup {
    let row = &exchange.row;
    let number = exchange.number.to_string();
    let base = format!("/exchange/{number}");
    let toggle = match contents {
        true => (Vec::new(), "Hide contents"),
        false => (vec![("contents", "show")], "Show contents"),
    };
    let selected = [("selected", number.as_str())];
    let page = filter.query(&[&selected[..], &toggle.0].concat());
    let pane = format!("{base}{}", filter.query(&toggle.0));
    html! {
        article data-number=(number) {
            h2 { (text::cut(&row.command, 100)) }
            p.actions {
                a.button href=(page) data-pane=(pane) { (toggle.1) }
                @if exchange.request.is_some() {
                    @if is_local {
                        button type="button" data-again={ (base) "/again" } { "Send again" }
                    }
                    a.button href={ (base) "/curl" } data-copy { "Copy as curl" }
                    a.button href={ (base) "/case" } data-copy { "Copy as test case" }
                }
                a.button.close href=(filter.query(&[])) data-close { "Close" }
                span.said role="status" {}
            }
            dl.facts {
                dt { "Answer" } dd { span class={ "badge " (row.outcome.as_str()) } { (row.outcome.as_str()) } }
                dt { "Decided by" } dd { (decided(exchange)) }
                dt { "Subject" } dd { (pages::subject(&row.subject)) }
                dt { "Server" } dd { (row.server.map(server_name).unwrap_or("?")) }
                dt { "Family" } dd { (row.family) }
                dt { "Received" } dd { (exchange.at.to_string()) }
                dt { "Milliseconds" } dd {
                    @match row.milliseconds { Some(it) => (format!("{it:.1}")), None => (NOT_KNOWN) }
                }
                dt { "Id" } dd { code { (text::shown(&exchange.id)) } }
            }
            (section("Request", request(exchange, contents)))
            (section("Answer", answer(exchange, contents)))
            (section("How the server reads the answer", read(exchange, contents)))
            (section("Events", events(exchange, contents)))
            (section("Rows changed", rows(exchange, contents)))
            (section("Log lines", log(exchange, contents, is_local)))
            (section("Deliveries", deliveries(exchange, is_local)))
        }
    }
}

fn section(title: &str, body: Markup) -> Markup {
    html! {
        details open {
            summary { (title) }
            (body)
        }
    }
}

fn decided(exchange: &Exchange) -> String {
    let row = &exchange.row;
    match row.outcome {
        _ if !row.by.is_empty() => text::cut(&row.by, 100),
        Outcome::Accepted => "nobody: it is a report".to_owned(),
        Outcome::Waiting => String::new(),
        _ => "not known".to_owned(),
    }
}

/// A long text in a region that can be scrolled, also with keys.
fn code(label: &str, code: &str) -> Markup {
    let cut = &code[..code.floor_char_boundary(LONGEST)];
    let lines: Vec<_> = cut.lines().map(text::shown).collect();
    html! {
        pre tabindex="0" role="region" aria-label=(label) { (lines.join("\n")) }
        @if cut.len() < code.len() { p { "… " (code.len()) " bytes" } }
    }
}

fn request(exchange: &Exchange, contents: bool) -> Markup {
    let body = exchange.stored.iter().find_map(|it| it.body.as_deref());
    let Some(request) = &exchange.request else {
        return html! {
            p { "The request is " (NOT_KNOWN) ". " @if body.is_some() { "Its body is." } }
            @if let Some(body) = body { (code("Body", &mask::body(body, contents))) }
        };
    };
    let mut head = format!("{} {}\n", request.method, mask::target(&request.target));
    for (name, value) in &request.headers {
        let _ = writeln!(head, "{name}: {}", mask::header(name, value));
    }
    html! {
        (code("Request line and headers", &head))
        (code("Body of the request", &mask::body(&request.body, contents)))
    }
}

fn answer(exchange: &Exchange, contents: bool) -> Markup {
    match &exchange.answer {
        Some(answer) => html! {
            p { "Status " (answer.status) }
            (code("Body of the answer", &mask::body(&answer.body, contents)))
        },
        None if exchange.request.is_some() => html! { p { "There is none yet." } },
        None => html! { p { "The answer is " (NOT_KNOWN) "." } },
    }
}

fn read(exchange: &Exchange, contents: bool) -> Markup {
    let (Some(answer), Some(server)) = (&exchange.answer, exchange.row.server) else {
        return html! { p { (NOT_KNOWN) } };
    };
    let known = protocol::command(server, &exchange.row.command);
    let reading = reading::read(server, known, answer.status, &answer.body);
    // A refusal has a text of the operator's own.
    let shown = contents || reading.fields.is_empty();
    html! {
        ul {
            @for line in reading.lines() {
                li { (text::shown(&mask::sentence(line.trim(), shown))) }
            }
        }
    }
}

fn events(exchange: &Exchange, contents: bool) -> Markup {
    let events = exchange.stored.iter().flat_map(|reception| {
        let key = Key { pk: "", sk: "" };
        cloudevents::from_reception(reception, "imhook", key)
    });
    let sentences = exchange.shown_sentences(contents);
    let mut all = String::new();
    for event in events.take(20) {
        let event = serde_json::to_value(&event).unwrap_or_default();
        let _ = writeln!(all, "{}", mask::json(&event, contents));
    }
    html! {
        @if exchange.stored.is_empty() {
            p { "Nothing was stored, or not yet." }
        } @else {
            ul { @for sentence in &sentences { li { (text::cut(sentence, 300)) } } }
            (code("Events", &all))
        }
    }
}

/// The rows of the views that these events change.
fn rows(exchange: &Exchange, contents: bool) -> Markup {
    let rows: Vec<String> = exchange.stored.iter().flat_map(changes).collect();
    html! {
        @if rows.is_empty() {
            p { "None." }
        } @else {
            ul { @for row in rows.iter().take(50) { li { (text::cut(&mask::sentence(row, contents), 300)) } } }
        }
    }
}

fn changes(reception: &Reception) -> Vec<String> {
    let friends = relation::rows::changes(reception);
    let friends = friends.into_iter().map(|change| {
        use relation::rows::Fact;
        let (owner, other) = (change.owner, change.other);
        match change.fact {
            Fact::Friend(true) => format!("{other} is on the friend list of {owner}"),
            Fact::Friend(false) => format!("{other} is not on the friend list of {owner}"),
            Fact::Request(Some(message)) => format!("{owner} waits for {other}: \"{message}\""),
            Fact::Request(None) => format!("no request of {owner} to {other} is pending"),
            Fact::Remark(remark) => format!("{owner} calls {other} \"{remark}\""),
            Fact::Block(true) => format!("{owner} blocks {other}"),
            Fact::Block(false) => format!("{owner} does not block {other}"),
            Fact::BlockIntended => format!("{owner} was about to block {other}"),
        }
    });
    let members = group::rows::changes(reception);
    let members = members.into_iter().map(|change| {
        use group::rows::Fact;
        let group = change.group;
        let user = change.user.map_or_else(String::new, |it| it.to_string());
        match change.fact {
            Fact::Joined(_) => format!("{user} is in group {group}"),
            Fact::Left => format!("{user} is not in group {group}"),
            Fact::Role(role) => format!("{user} has a role in group {group}: {role:?}"),
            Fact::Intended => format!("{user} was about to join group {group}"),
            Fact::Dissolved => format!("group {group} is dissolved"),
        }
    });
    friends.chain(members).collect()
}

fn log(exchange: &Exchange, contents: bool, is_local: bool) -> Markup {
    if exchange.lines.is_empty() {
        let why = if is_local { "None." } else { NOT_KNOWN };
        return html! { p { (why) } };
    }
    let lines = exchange.lines.iter().filter_map(|line| {
        let fields: Value = serde_json::from_str(line).ok()?;
        Some(mask::json(&fields, contents))
    });
    code("Log lines", &lines.collect::<Vec<_>>().join("\n"))
}

fn deliveries(exchange: &Exchange, is_local: bool) -> Markup {
    if exchange.followed.is_empty() {
        let why = if is_local { "None yet." } else { NOT_KNOWN };
        return html! { p { (why) } };
    }
    html! {
        ul {
            @for followed in &exchange.followed {
                li {
                    (clock(followed.at)) " " code { (followed.function) } " "
                    @if followed.failed { "did not take it, and gets it again" } @else { "took it" }
                }
            }
        }
    }
}

/// Headers that a connection makes anew.
const OF_CONNECTION: [&str; 5] = [
    "host",
    "content-length",
    "connection",
    "transfer-encoding",
    "accept-encoding",
];

/// The same request once more, with its secrets.
pub(super) fn call(exchange: &Exchange) -> Option<Call> {
    let request = exchange.request.as_ref()?;
    let mut call = Call::post(request.target.clone(), request.body.clone());
    call.method = match request.method.as_str() {
        "GET" => "GET",
        "PUT" => "PUT",
        _ => "POST",
    };
    let headers = request.headers.iter();
    call.headers = headers
        .filter(|(name, _)| !OF_CONNECTION.contains(&name.as_str()))
        .cloned()
        .collect();
    Some(call)
}

/// A request without what may be a secret.
struct Public {
    target: String,
    headers: Vec<(String, String)>,
    has_password: bool,
}

fn public(request: &Request) -> Public {
    let headers = request.headers.iter();
    let shown = headers.filter(|(name, value)| {
        mask::header(name, value) != mask::HIDDEN && !OF_CONNECTION.contains(&name.as_str())
    });
    let mut all = request.headers.iter();
    Public {
        target: mask::target(&request.target),
        headers: shown.cloned().collect(),
        has_password: all.any(|(name, _)| name == "authorization"),
    }
}

/// A command for a shell. A password comes from a variable.
pub(super) fn curl(exchange: &Exchange, receiver: &str) -> Option<String> {
    let request = exchange.request.as_ref()?;
    let Public {
        target,
        headers,
        has_password,
    } = public(request);
    let quoted = |text: &str| format!("'{}'", text.replace('\'', r"'\''"));
    let mut curl = format!(
        "curl -X {} {}",
        request.method,
        quoted(&format!("{receiver}{target}"))
    );
    if has_password {
        curl.push_str(" \\\n  -u \"openim:$OPENIM_BASIC_PASSWORD\"");
    }
    for (name, value) in headers {
        let _ = write!(curl, " \\\n  -H {}", quoted(&format!("{name}: {value}")));
    }
    if !request.body.is_empty() {
        let _ = write!(curl, " \\\n  --data-raw {}", quoted(&request.body));
    }
    curl.push('\n');
    Some(curl)
}

/// A case for the folder tests/cases.
pub(super) fn case(exchange: &Exchange) -> Option<String> {
    let request = exchange.request.as_ref()?;
    let Public {
        target, headers, ..
    } = public(request);
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let headers = headers.into_iter();
    let headers = headers.map(|(name, value)| (name, Value::from(value)));
    let mut asked = json!({
        "method": request.method,
        "path": path,
        "headers": Value::Object(headers.collect()),
        "body": request.body,
    });
    if !query.is_empty() {
        asked["query"] = query.into();
    }
    let dialect = match exchange.row.server {
        Some(Source::Tencent) => "tencent",
        _ => "openim",
    };
    let mut right = json!({"stored": !exchange.stored.is_empty()});
    if let Some(answer) = &exchange.answer {
        right["status"] = answer.status.into();
        right["json_subset"] = serde_json::from_str(&answer.body).unwrap_or_default();
    }
    let case = json!({
        "name": format!("{}-{}", exchange.row.command, exchange.id),
        "dialect": dialect,
        "kind": "recorded",
        "why": "",
        "request": asked,
        "right": right,
    });
    Some(format!("{}\n", serde_json::to_string_pretty(&case).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::seen::Seen;

    #[test]
    fn a_request_is_copied_for_a_shell_without_its_secrets() {
        let seen = Seen::new();
        let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let request = Request {
            method: "POST".to_owned(),
            target: "/callbackAfterX?key=s3cret".to_owned(),
            headers: vec![
                header("authorization", "Basic czNjcmV0"),
                header("content-type", "application/json"),
                header("host", "127.0.0.1:9000"),
            ],
            body: r#"{"a":"it's"}"#.to_owned(),
        };
        seen.asked("r1", 0, request);
        let curl = seen
            .read(0, |it| curl(it, "http://127.0.0.1:9000"))
            .unwrap();
        assert_eq!(
            curl.unwrap(),
            "curl -X POST 'http://127.0.0.1:9000/callbackAfterX?key=•••' \\\n  \
             -u \"openim:$OPENIM_BASIC_PASSWORD\" \\\n  \
             -H 'content-type: application/json' \\\n  \
             --data-raw '{\"a\":\"it'\\''s\"}'\n"
        );
        let case = seen.read(0, case).unwrap().unwrap();
        assert!(
            !case.contains("s3cret") && !case.contains("czNjcmV0"),
            "{case}"
        );
        // What is sent again has all of it.
        let call = seen.read(0, call).unwrap().unwrap();
        assert_eq!(call.path, "/callbackAfterX?key=s3cret");
        assert!(call.headers.iter().any(|(name, _)| name == "authorization"));
        assert!(call.headers.iter().all(|(name, _)| name != "host"));
    }
}
