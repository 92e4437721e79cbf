//! What all pages share, and the page of health.

use std::fmt::Write as _;

use domain::Timestamp;
use maud::{DOCTYPE, Markup, html};

use super::{
    Inspector,
    health::{MINUTES, Minute, quantile_of},
};
use crate::queues::Count;

/// A whole page.
pub(super) fn whole(page: &Inspector, title: &str, path: &str, body: &Markup) -> Markup {
    let link = |target: &str, name: &str| {
        html! {
            a href=(target) aria-current=[(target == path).then_some("page")] { (name) }
        }
    };
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " – imhook" }
                link rel="icon" href="data:,";
                link rel="stylesheet" href="/inspect.css";
                script src="/inspect.js" defer {}
            }
            body {
                a.skip href="#main" { "To the content" }
                header {
                    nav aria-label="Pages" {
                        strong { "imhook" }
                        (link("/", "Callbacks"))
                        (link("/health", "Health"))
                    }
                    form.go action="/go" aria-label="Open a page" {
                        label {
                            span.hidden { "What" }
                            select name="kind" {
                                option value="person" { "person" }
                                option value="group" { "group" }
                                option value="conversation" { "conversation" }
                            }
                        }
                        label {
                            span.hidden { "Id, or two users" }
                            input name="id" placeholder="id, or two users" required autocomplete="off";
                        }
                        button { "Open" }
                    }
                    p.where { (page.place) }
                }
                main #main tabindex="-1" {
                    h1 class=[(path == "/").then_some("hidden")] { (title) }
                    (body)
                }
            }
        }
    }
}

/// A link to a page with one field.
pub(super) fn link(path: &str, (name, value): (&str, &str), shown: &str) -> Markup {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair(name, value);
    html! { a href={ (path) "?" (query.finish()) } { (crate::text::cut(shown, 60)) } }
}

/// A subject, which leads to its page.
pub(super) fn subject(subject: &str) -> Markup {
    let (kind, id) = subject.split_once('/').unwrap_or((subject, ""));
    match kind {
        "user" => link("/person", ("id", id), subject),
        "group" => link("/group", ("id", id), subject),
        "users" | "conversation" => link("/conversation", ("subject", subject), subject),
        _ => html! { (subject) },
    }
}

/// A person, which leads to the page.
pub(super) fn person(id: &str) -> Markup {
    link("/person", ("id", id), id)
}

pub(super) fn group(id: &str) -> Markup {
    link("/group", ("id", id), id)
}

/// What only the receiver itself knows.
pub(super) const NOT_KNOWN: &str = "not known from the tables";

pub(super) fn health(page: &Inspector, queues: &[(&str, Option<Count>)]) -> Markup {
    let minutes = page.seen.minutes();
    let now = Timestamp::now();
    let last = minutes.last_hour(now);
    let sum = |of: fn(&Minute) -> u32| last.iter().map(|it| of(it)).sum::<u32>();
    let (all, refused, failed) = (sum(|it| it.all), sum(|it| it.refused), sum(|it| it.failed));
    let time = |share| match quantile_of(&last, share) {
        Some(milliseconds) => format!("{milliseconds:.1} ms"),
        None => NOT_KNOWN.to_owned(),
    };
    let figure = |name: &str, value: String| html! { div { dt { (name) } dd { (value) } } };
    let (kept, seen) = page.seen.counts();
    // Callbacks by the function that got them, and whether it took them.
    let mut functions = std::collections::BTreeMap::<String, [u32; 2]>::new();
    page.seen.newest(None, usize::MAX, |exchange| {
        for followed in &exchange.followed {
            let counts = functions.entry(followed.function.clone()).or_default();
            counts[usize::from(followed.failed)] += 1;
        }
        None::<()>
    });
    let is_local = page.receiver.is_some();
    let body = html! {
        dl.figures {
            (figure("in the last hour", all.to_string()))
            (figure("refused", refused.to_string()))
            (figure("failed or not believed", failed.to_string()))
            (figure("half took at most", time(0.5)))
            (figure("99 of 100 took at most", time(0.99)))
            (figure("seen since the start", seen.to_string()))
            (figure("kept in memory", kept.to_string()))
        }
        h2 { "Callbacks a minute" }
        (bars(&last, now))
        h2 { "Milliseconds: half, and 99 of 100" }
        @if last.iter().any(|it| it.quantile(0.5).is_some()) {
            (times(&last, now))
        } @else {
            p { @if is_local { "No answer yet." } @else { (NOT_KNOWN) } }
        }
        h2 { "Who got the events" }
        @if functions.is_empty() {
            p { @if is_local { "No function yet." } @else { (NOT_KNOWN) } }
        } @else {
            table {
                thead { tr { th scope="col" { "Function" } th.number scope="col" { "took" } th.number scope="col" { "did not take" } } }
                tbody {
                    @for (function, [took, failed]) in &functions {
                        tr { td { (function) } td.number { (took) } td.number { (failed) } }
                    }
                }
            }
        }
        h2 { "Queues and dead letters" }
        @if is_local {
            p { "There are none on this machine: what a function does not take is tried again at once." }
        } @else if queues.is_empty() {
            p { "The options name no queue: " code { "imhook inspect --help" } " lists them." }
        } @else {
            table {
                thead { tr { th scope="col" { "Queue" } th.number scope="col" { "wait" } th.number scope="col" { "are handled" } } }
                tbody {
                    @for (name, count) in queues {
                        tr {
                            td { (name) }
                            @match count {
                                Some(Count { visible, hidden }) => { td.number { (visible) } td.number { (hidden) } }
                                None => { td.number colspan="2" { "SQS does not say" } }
                            }
                        }
                    }
                }
            }
            p { "SQS counts about. " code { "imhook dead-letters list" } " lists dead letters." }
        }
        h2 { "By minute" }
        div.wide tabindex="0" role="region" aria-label="By minute" {
            table {
                thead {
                    tr {
                        th scope="col" { "Minute" }
                        th.number scope="col" { "all" }
                        th.number scope="col" { "refused" }
                        th.number scope="col" { "failed" }
                        th.number scope="col" { "half, ms" }
                        th.number scope="col" { "99 of 100, ms" }
                    }
                }
                tbody {
                    @for minute in last.iter().rev() {
                        tr {
                            td { (clock(minute.at)) }
                            td.number { (minute.all) }
                            td.number { (minute.refused) }
                            td.number { (minute.failed) }
                            @for share in [0.5, 0.99] {
                                td.number { (minute.quantile(share).map(|it| format!("{it:.1}")).unwrap_or_default()) }
                            }
                        }
                    }
                }
            }
        }
    };
    whole(page, "Health", "/health", &body)
}

/// The minute of the day, in UTC.
fn clock(minute: i64) -> String {
    let time = Timestamp::from_unix_millis(minute * 60_000);
    let time = time.map(|it| it.to_string()).unwrap_or_default();
    time.get(11..16).unwrap_or_default().to_owned()
}

const WIDTH: f64 = 600.0;
const HEIGHT: f64 = 120.0;

/// The left edge of a minute in a chart.
fn left(minute: i64, now: Timestamp) -> f64 {
    let first = now.unix_seconds().div_euclid(60) - MINUTES as i64 + 1;
    (minute - first) as f64 * WIDTH / MINUTES as f64
}

fn bars(minutes: &[&Minute], now: Timestamp) -> Markup {
    let most = minutes.iter().map(|it| it.all).max().unwrap_or(0);
    let height = |count: u32| f64::from(count) / f64::from(most.max(1)) * (HEIGHT - 20.0);
    let bar = |minute: &Minute, from: u32, count: u32, class: &str| {
        html! {
            rect class=(class) x=(left(minute.at, now) + 1.0) width=(WIDTH / MINUTES as f64 - 2.0)
                y=(HEIGHT - height(from + count)) height=(height(count)) {}
        }
    };
    html! {
        svg.chart viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } role="img" aria-label={ "Callbacks of each minute of the last hour, at most " (most) } {
            text x="0" y="12" { "at most " (most) }
            @for minute in minutes {
                @let fine = minute.all.saturating_sub(minute.refused + minute.failed);
                (bar(minute, 0, fine, "fine"))
                (bar(minute, fine, minute.refused, "refused"))
                (bar(minute, fine + minute.refused, minute.failed, "failed"))
            }
        }
        p.legend {
            span.fine { "■" } " fine  " span.refused { "■" } " refused  " span.failed { "■" } " failed or not believed"
        }
    }
}

fn times(minutes: &[&Minute], now: Timestamp) -> Markup {
    let points = |share| {
        let known = minutes.iter();
        let known = known.filter_map(|it| Some((left(it.at, now), it.quantile(share)?)));
        known.collect::<Vec<_>>()
    };
    let (half, most_of_all) = (points(0.5), points(0.99));
    let most = most_of_all.iter().map(|it| it.1).fold(0.1, f64::max);
    let line = |points: &[(f64, f64)]| {
        let mut line = String::new();
        for (x, milliseconds) in points {
            let x = x + WIDTH / MINUTES as f64 / 2.0;
            let y = HEIGHT - milliseconds / most * (HEIGHT - 20.0);
            let _ = write!(line, "{x:.1},{y:.1} ");
        }
        line
    };
    let dots = |points: &[(f64, f64)], class: &str| {
        html! {
            polyline class=(class) points=(line(points)) {}
            @for (x, milliseconds) in points {
                circle class=(class) r="2.5" cx=(x + WIDTH / MINUTES as f64 / 2.0) cy=(HEIGHT - milliseconds / most * (HEIGHT - 20.0)) {}
            }
        }
    };
    html! {
        svg.chart viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } role="img" aria-label={ "Milliseconds of each minute of the last hour, at most " (format!("{most:.1}")) } {
            text x="0" y="12" { "at most " (format!("{most:.1}")) " ms" }
            (dots(&most_of_all, "slow"))
            (dots(&half, "half"))
        }
        p.legend { span.half { "■" } " half  " span.slow { "■" } " 99 of 100" }
    }
}
