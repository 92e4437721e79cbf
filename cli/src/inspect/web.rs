//! The server of the page: who may read it, and its paths.

use std::{
    convert::Infallible,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use axum::{
    Router,
    extract::{Path, RawQuery, Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    middleware::{self, Next},
    response::{
        Html, IntoResponse, Redirect, Response,
        sse::{Event, KeepAlive, Sse},
    },
    routing::{get, post},
};
use futures_util::{Stream, future::join_all, stream};
use maud::Markup;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use tokio::{
    net::TcpListener,
    sync::broadcast::error::RecvError,
    time::{Instant, timeout, timeout_at},
};

use super::{Inspector, about, detail, filter::Filter, live, pages};

const SCRIPT: &str = include_str!("inspect.js");
const STYLE: &str = include_str!("inspect.css");

const COOKIE: &str = "imhook_inspect";
/// A page of another origin cannot send this header without asking first, and nothing here answers such a question.
const OWN_HEADER: &str = "x-imhook";

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
    img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// How long a queue may take to say how many messages it has.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long changes are gathered before they are sent.
const GATHERED: Duration = Duration::from_millis(250);

pub(super) type Page = State<Arc<Inspector>>;

/// Serves until the process ends.
pub(super) async fn serve(listener: TcpListener, inspector: Arc<Inspector>) {
    let guard = middleware::from_fn_with_state(inspector.clone(), guard);
    let router = Router::new()
        .route("/", get(list))
        .route("/live", get(follow))
        .route("/exchange/{number}", get(exchange))
        .route("/exchange/{number}/curl", get(curl))
        .route("/exchange/{number}/case", get(case))
        .route("/exchange/{number}/again", post(again))
        .route("/person", get(about::person))
        .route("/group", get(about::group))
        .route("/conversation", get(about::conversation))
        .route("/go", get(about::go))
        .route("/health", get(health))
        .route("/inspect.js", get(async || text("text/javascript", SCRIPT)))
        .route("/inspect.css", get(async || text("text/css", STYLE)))
        .layer(guard)
        .with_state(inspector);
    // Ends only with an error of the listener, which axum handles.
    let _ = axum::serve(listener, router).await;
}

fn text(kind: &str, text: impl Into<String>) -> Response {
    let kind = [(header::CONTENT_TYPE, format!("{kind}; charset=utf-8"))];
    (kind, text.into()).into_response()
}

pub(super) fn html(markup: Markup) -> Response {
    Html(markup.into_string()).into_response()
}

pub(super) fn error(status: StatusCode, why: &str) -> Response {
    (status, why.to_owned() + "\n").into_response()
}

/// Lets only those in who may read the page, and adds the headers of every answer.
async fn guard(State(page): Page, request: Request, next: Next) -> Response {
    let mut response = match refusal(&page, &request) {
        None => next.run(request).await,
        Some(refusal) => refusal,
    };
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

/// Why the caller gets no page. `None` if it gets one.
fn refusal(page: &Inspector, request: &Request) -> Option<Response> {
    let Some(token) = &page.token else {
        // A name that an attacker makes point to this machine would give the page to the attacker's own page. A token protects
        // against that by itself, because its cookie belongs to another name.
        return match is_this_machine(request.headers()) {
            true => None,
            false => Some(error(
                StatusCode::MISDIRECTED_REQUEST,
                "open the page by the address that imhook printed",
            )),
        };
    };
    let query = request.uri().query().unwrap_or_default();
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    if let Some((_, given)) = pairs.find(|(name, _)| name == "token") {
        if !is_same(&given, token) {
            return Some(error(StatusCode::UNAUTHORIZED, "the token is wrong"));
        }
        // The token leaves the address, so that it is in no history.
        let mut rest = form_urlencoded::Serializer::new(String::new());
        rest.extend_pairs(form_urlencoded::parse(query.as_bytes()).filter(|it| it.0 != "token"));
        let target = format!("{}?{}", request.uri().path(), rest.finish());
        let cookie = format!("{COOKIE}={token}; HttpOnly; SameSite=Strict; Path=/");
        let cookie = [(header::SET_COOKIE, cookie)];
        return Some((cookie, Redirect::to(&target)).into_response());
    }
    let cookies = request.headers().get_all(header::COOKIE).iter();
    let mut cookies = cookies
        .filter_map(|it| it.to_str().ok())
        .flat_map(|it| it.split(';'));
    let given = cookies.find_map(|it| it.trim().strip_prefix(COOKIE)?.strip_prefix('='));
    match given.is_some_and(|given| is_same(given, token)) {
        true => None,
        false => Some(error(
            StatusCode::UNAUTHORIZED,
            "the page wants its token: open the address that imhook printed",
        )),
    }
}

/// Compares in a time that does not depend on the texts.
fn is_same(one: &str, other: &str) -> bool {
    let digest = |text: &str| Sha256::digest(text.as_bytes());
    digest(one)[..].ct_eq(&digest(other)[..]).into()
}

/// Whether the caller named this machine, or an address in place of a name.
fn is_this_machine(headers: &HeaderMap) -> bool {
    let Some(host) = headers.get(header::HOST).and_then(|it| it.to_str().ok()) else {
        return false;
    };
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|it| it.is_ascii_digit()) => name,
        _ => host,
    };
    let address = name.trim_start_matches('[').trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost")
        || address.parse::<IpAddr>().is_ok()
        || host.parse::<SocketAddr>().is_ok()
}

fn number(query: &str, name: &str) -> Option<u64> {
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    let (_, value) = pairs.find(|(known, _)| known == name)?;
    value.parse().ok()
}

fn shows_contents(query: &str) -> bool {
    form_urlencoded::parse(query.as_bytes()).any(|it| it.0 == "contents" && it.1 == "show")
}

async fn list(State(page): Page, RawQuery(query): RawQuery) -> Response {
    let query = query.unwrap_or_default();
    let filter = Filter::read(&query);
    let wanted = live::Wanted {
        before: number(&query, "before"),
        selected: number(&query, "selected"),
        contents: shows_contents(&query),
        filter,
    };
    html(live::page(&page, &wanted))
}

async fn exchange(
    State(page): Page,
    Path(number): Path<u64>,
    RawQuery(query): RawQuery,
) -> Response {
    let query = query.unwrap_or_default();
    let filter = Filter::read(&query);
    html(detail::pane(&page, number, &filter, shows_contents(&query)))
}

fn gone() -> Response {
    error(StatusCode::NOT_FOUND, "this callback is not kept any more")
}

async fn curl(State(page): Page, Path(number): Path<u64>) -> Response {
    let receiver = page.receiver_url();
    let curl = page.seen.read(number, |it| detail::curl(it, receiver));
    curl.flatten()
        .map_or_else(gone, |it| text("text/plain", it))
}

async fn case(State(page): Page, Path(number): Path<u64>) -> Response {
    let case = page.seen.read(number, detail::case);
    case.flatten()
        .map_or_else(gone, |it| text("text/plain", it))
}

/// Sends a kept request once more. Only the page itself can ask for that.
async fn again(State(page): Page, Path(number): Path<u64>, headers: HeaderMap) -> Response {
    let text_of = |name: &str| headers.get(name).and_then(|it| it.to_str().ok());
    let own = text_of("host").map(|host| format!("http://{host}"));
    if text_of("origin") != own.as_deref() || own.is_none() || text_of(OWN_HEADER).is_none() {
        return error(
            StatusCode::FORBIDDEN,
            "only this page itself can send again",
        );
    }
    let Some(receiver) = &page.receiver else {
        return error(StatusCode::NOT_FOUND, "nothing is known of the receiver");
    };
    let Some(call) = page.seen.read(number, detail::call).flatten() else {
        return gone();
    };
    match receiver.send(call).await {
        Ok(answer) => {
            let took = answer.took.as_secs_f64() * 1000.0;
            text(
                "text/plain",
                format!("sent again: {} in {took:.1} ms", answer.status),
            )
        }
        Err(why) => error(StatusCode::BAD_GATEWAY, &why),
    }
}

async fn health(State(page): Page) -> Response {
    let counts = page.queues.iter().map(async |(name, queue)| {
        let count = timeout(PATIENCE, queue.count()).await;
        // The page does not say why SQS gave none: it can be the credentials.
        (*name, count.ok().and_then(Result::ok))
    });
    let counts = join_all(counts).await;
    html(pages::health(&page, &counts))
}

/// Sends the rows that match the filter, as they change. Of many at once, it sends the newest.
async fn follow(
    State(page): Page,
    RawQuery(query): RawQuery,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let filter = Filter::read(&query.unwrap_or_default());
    let changes = page.seen.changes();
    let begin = Event::default().event("ready").data("live");
    let first = stream::iter([Ok(begin)]);
    let state = (page, filter, changes);
    let rest = stream::unfold(state, async |(page, filter, mut changes)| {
        loop {
            let mut numbers = Vec::new();
            match changes.recv().await {
                Ok(number) => numbers.push(number),
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return None,
            }
            let end = Instant::now() + GATHERED;
            loop {
                match timeout_at(end, changes.recv()).await {
                    Ok(Ok(number)) => numbers.push(number),
                    Ok(Err(RecvError::Lagged(_))) => {}
                    Ok(Err(RecvError::Closed)) => return None,
                    Err(_) => break,
                }
            }
            numbers.sort_unstable();
            numbers.dedup();
            let rows = live::changed(&page, &filter, &numbers);
            if let Some(rows) = rows {
                let event = Event::default().event("rows").data(rows.into_string());
                return Some((Ok(event), (page, filter, changes)));
            }
        }
    });
    let all = futures_util::StreamExt::chain(first, rest);
    Sse::new(all).keep_alive(KeepAlive::default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_and_this_machine_are_believed_without_a_token() {
        let is = |host: &str| {
            let host = HeaderValue::from_str(host).unwrap();
            is_this_machine(&HeaderMap::from_iter([(header::HOST, host)]))
        };
        for host in [
            "127.0.0.1:9001",
            "localhost:9001",
            "LOCALHOST",
            "[::1]:9001",
            "10.0.0.7",
        ] {
            assert!(is(host), "{host}");
        }
        for host in [
            "evil.example:9001",
            "127.0.0.1.evil.example",
            "localhost.evil.example",
            "",
        ] {
            assert!(!is(host), "{host}");
        }
        assert!(!is_this_machine(&HeaderMap::new()));
    }
}
