//! The list of callbacks as they arrive.

use domain::{Family, Timestamp};
use maud::{Markup, html};

use super::{
    Inspector, detail,
    filter::Filter,
    pages,
    seen::{Exchange, Outcome},
};
use crate::{reading::server_name, text};

/// How many rows a page has, and the list in a browser.
pub(super) const ROWS: usize = 200;
/// How many rows are sent at once.
const AT_ONCE: usize = 50;

/// What the URL asks for.
pub(super) struct Wanted {
    pub(super) filter: Filter,
    /// Only callbacks that came before this one.
    pub(super) before: Option<u64>,
    pub(super) selected: Option<u64>,
    pub(super) contents: bool,
}

pub(super) fn page(page: &Inspector, wanted: &Wanted) -> Markup {
    let filter = &wanted.filter;
    let (rows, more) = page.seen.newest(wanted.before, ROWS, |exchange| {
        let passes = filter.lets_pass(exchange);
        passes.then(|| (exchange.number, row(exchange, filter, wanted.selected)))
    });
    let last = rows.last().map(|(number, _)| number.to_string());
    let (kept, seen) = page.seen.counts();
    let live = wanted.before.is_none();
    let body = html! {
        (form(filter))
        div.split {
            section.list aria-label="Callbacks" {
                p.state {
                    @if live {
                        span #state role="status" { "connecting" }
                        " "
                        button #pause type="button" hidden { "Pause" }
                    } @else {
                        "These are older ones. " a href=(filter.query(&[])) { "Newest" }
                    }
                }
                table.rows data-live=[live.then(|| format!("/live{}", filter.query(&[])))] data-most=(ROWS) {
                    caption.hidden { "Callbacks, the newest first" }
                    thead {
                        tr {
                            th scope="col" { "Time" }
                            th scope="col" { "Server" }
                            th scope="col" { "Command" }
                            th scope="col" { "Subject" }
                            th scope="col" { "Answer" }
                            th scope="col" { "Decided by" }
                            th.number scope="col" { "ms" }
                        }
                    }
                    tbody #rows {
                        @for (_, row) in &rows { (row) }
                    }
                }
                @if rows.is_empty() {
                    p #nothing {
                        @if filter.is_empty() {
                            "Nothing has come yet. " code { "make sample" } " or "
                            code { "imhook send callbackAfterDeleteFriendCommand" } " sends something."
                        } @else {
                            "Nothing that is kept matches the filter."
                        }
                    }
                }
                p.paging {
                    @if more {
                        @if let Some(last) = &last {
                            a rel="next" href=(filter.query(&[("before", last)])) { "Older" }
                            " "
                        }
                    }
                    (kept) " of " (seen) " callbacks are kept here. "
                    "Older ones are on the pages of persons, groups and conversations."
                }
            }
            section #detail tabindex="-1" aria-label="One callback" {
                @match wanted.selected {
                    Some(number) => (detail::pane(page, number, filter, wanted.contents)),
                    None => p.hint {
                        "Choose a callback. Keys: " kbd { "j" } " and " kbd { "k" } " or the arrows move, "
                        kbd { "Enter" } " opens, " kbd { "/" } " goes to the text of the filter."
                    },
                }
            }
        }
    };
    pages::whole(page, "Callbacks", "/", &body)
}

fn form(filter: &Filter) -> Markup {
    let select = |label: &str, name: &str, value: &str, options: Vec<&str>| {
        html! {
            label {
                span { (label) }
                select name=(name) {
                    option value="" { "all" }
                    @for option in options {
                        option value=(option) selected[option == value] { (option) }
                    }
                }
            }
        }
    };
    let families = Family::ALL.iter().map(|it| it.as_str()).collect();
    let outcomes = Outcome::ALL.iter().map(|it| it.as_str()).collect();
    html! {
        form.filters role="search" aria-label="Filter" {
            (select("Family", "family", &filter.family, families))
            (select("Answer", "outcome", &filter.outcome, outcomes))
            label {
                span { "Subject" }
                input name="subject" value=(filter.subject) placeholder="user/ana, group/*" autocomplete="off";
            }
            label {
                span { "Text" }
                input #text name="text" type="search" value=(filter.text) autocomplete="off";
            }
            button { "Filter" }
            @if !filter.is_empty() {
                a href="/" { "Show all" }
            }
        }
    }
}

/// A row of the list.
fn row(exchange: &Exchange, filter: &Filter, selected: Option<u64>) -> Markup {
    let row = &exchange.row;
    let number = exchange.number.to_string();
    let is_selected = selected == Some(exchange.number);
    html! {
        tr id={ "x" (number) } data-number=(number) class=(row.outcome.as_str()) aria-current=[is_selected.then_some("true")] {
            td.time {
                a.open href=(filter.query(&[("selected", &number)])) data-pane={ "/exchange/" (number) (filter.query(&[])) } {
                    (clock(exchange.at))
                }
            }
            td.server { (row.server.map(server_name).unwrap_or("?")) }
            td.command { (command(&row.command)) }
            td.subject { (pages::subject(&row.subject)) }
            td.outcome { span.badge { (row.outcome.as_str()) } }
            td.by { (text::cut(&row.by, 60)) }
            td.number {
                @match row.milliseconds {
                    Some(milliseconds) => (format!("{milliseconds:.1}")),
                    None => "",
                }
            }
        }
    }
}

/// A command, which can be broken between its words.
pub(super) fn command(name: &str) -> Markup {
    let name = text::cut(name, 60);
    let mut was_small = false;
    html! {
        @for letter in name.chars() {
            @if letter.is_uppercase() && was_small { wbr; }
            (letter)
            @let () = was_small = letter.is_lowercase() || letter == '.';
        }
    }
}

/// The time of the day, in UTC.
pub(super) fn clock(time: Timestamp) -> String {
    let time = time.to_string();
    time.get(11..23).unwrap_or_default().to_owned()
}

/// The rows that changed and match, the newest first. `None` if there are none.
pub(super) fn changed(page: &Inspector, filter: &Filter, numbers: &[u64]) -> Option<Markup> {
    let mut rows = Vec::new();
    let mut left_out = 0;
    for number in numbers.iter().rev() {
        let matching = page.seen.read(*number, |exchange| {
            let wanted = filter.lets_pass(exchange);
            wanted.then(|| (rows.len() < AT_ONCE).then(|| row(exchange, filter, None)))
        });
        match matching.flatten() {
            Some(Some(row)) => rows.push(row),
            Some(None) => left_out += 1,
            None => {}
        }
    }
    (!rows.is_empty()).then(|| {
        html! {
            @for row in &rows { (row) }
            @if left_out > 0 {
                tr data-left-out=(left_out) {}
            }
        }
    })
}
