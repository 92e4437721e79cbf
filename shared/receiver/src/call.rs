//! What is known of a request before anybody is believed, found once.

use domain::{Source, Timestamp};
use protocol::openim;
use tokio::time::Instant;

use crate::{Handler, Request};

/// One request, and what every step of its journey needs to know of it.
pub(crate) struct Call<'a> {
    pub(crate) request: &'a Request,
    /// Whose words the request uses.
    pub(crate) source: Source,
    /// The command that path or query name, as the caller wrote it.
    pub(crate) claimed: Option<&'a str>,
    /// Whether somebody seems to wait for a decision. The body can still name another command.
    pub(crate) asks: bool,
    /// What the caller calls the request, in the way of its server.
    pub(crate) operation_id: Option<String>,
    pub(crate) now: Timestamp,
    /// When the request came.
    pub(crate) start: Instant,
}

impl<'a> Call<'a> {
    pub(crate) fn new(
        handlers: &[Handler],
        request: &'a Request,
        now: Timestamp,
        start: Instant,
    ) -> Self {
        let source = source(handlers, request);
        let claimed = claimed(request);
        Self {
            request,
            source,
            claimed,
            asks: asks(handlers, source, claimed),
            operation_id: request.operation_id(source),
            now,
            start,
        }
    }
}

/// The server whose words a request uses.
fn source(handlers: &[Handler], request: &Request) -> Source {
    let serves = |source| handlers.iter().any(|handler| handler.source() == source);
    match (serves(Source::OpenIm), serves(Source::Tencent)) {
        (true, false) => Source::OpenIm,
        (false, true) => Source::Tencent,
        // Only Tencent Chat sends these, and it sends one of them always.
        _ if ["SdkAppid", "CallbackCommand"]
            .into_iter()
            .any(|name| request.query_values(name).next().is_some()) =>
        {
            Source::Tencent
        }
        _ => Source::OpenIm,
    }
}

/// The command that path or query name, as the caller wrote it.
fn claimed(request: &Request) -> Option<&str> {
    let mut query = ["command", "CallbackCommand"]
        .into_iter()
        .flat_map(|name| request.query_values(name).map(without_slash));
    let path = last_segment(request);
    path.filter(|it| is_command(it))
        .or_else(|| query.next())
        .or(path)
}

/// Whether a command that path or query name asks before something happens. Where they name none, the body may:
/// then it is enough that one such command is served here.
fn asks(handlers: &[Handler], source: Source, claimed: Option<&str>) -> bool {
    match claimed {
        Some(name) => protocol::asks(source, name),
        None => handlers.iter().any(Handler::is_before),
    }
}

/// The end of the path, where it may be a command.
pub(crate) fn last_segment(request: &Request) -> Option<&str> {
    request
        .path
        .rsplit('/')
        .find(|segment| !segment.is_empty())
        .filter(|segment| {
            let rest = segment.strip_prefix(openim::COMMAND_PREFIX);
            rest.is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_uppercase()))
        })
}

/// Anything else at the end of the path is rather a base path, such as `/callbackExample`, unless nobody names another
/// command.
pub(crate) fn is_command(segment: &str) -> bool {
    segment.ends_with(openim::COMMAND_SUFFIX)
        || protocol::command(Source::OpenIm, segment).is_some()
}

/// OpenIM puts a slash before the command. Where its configured URL ends in `?command=`, the slash is in the query.
pub(crate) fn without_slash(command: &str) -> &str {
    command.trim_start_matches('/')
}
