//! Finds out once what is known of a request before the caller is authenticated.

use domain::{Source, Timestamp};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use protocol::openim::{COMMAND_PREFIX, COMMAND_SUFFIX};
use tokio::time::Instant;

use crate::{Handler, Request};

/// How much of an `operationID` is logged, stored and answered. The client chose it, so it can be long.
const OPERATION_ID_CHARS: usize = 128;

/// What is escaped in a path or a query: all but the unreserved characters (RFC 3986, section 2.3).
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// One request, and what every step needs to know about it.
pub(crate) struct Call<'a> {
    pub(crate) request: &'a Request,
    /// The server whose form the request has.
    pub(crate) source: Source,
    /// The end of the path, if it may be a command.
    pub(crate) path: Option<String>,
    /// The command that the path or the query names.
    pub(crate) claimed: Option<String>,
    /// Whether the request seems to be a before callback. The body can still name another command.
    pub(crate) asks: bool,
    /// OpenIM's `operationID`, or Tencent Chat's `RequestId`.
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
        let path = last_segment(&request.path);
        let claimed = claimed(request, path.as_deref());
        let operation_id = request.operation_id(source);
        Self {
            request,
            source,
            asks: asks(handlers, source, claimed.as_deref()),
            path,
            claimed,
            operation_id: operation_id.and_then(|id| short(&id)),
            now,
            start,
        }
    }

    /// What the server appended to the receiver's address: the command as a path, the query, or both. A path before the command
    /// belongs to the address.
    pub(crate) fn target(&self) -> String {
        let escaped = |text: &str| utf8_percent_encode(text, ESCAPED).to_string();
        let path = self.path.as_deref();
        let command = path.filter(|path| self.claimed.as_deref() == Some(path));
        let mut target = command.map_or_else(String::new, |it| format!("/{}", escaped(it)));
        for (n, (name, value)) in self.request.query.iter().enumerate() {
            target.push(if n == 0 { '?' } else { '&' });
            target.push_str(&format!("{}={}", escaped(name), escaped(value)));
        }
        target
    }

    /// Takes the `operationID` in the body if the header has none.
    pub(crate) fn named_in_body(&mut self, operation_id: &str) {
        if self.operation_id.is_none() {
            self.operation_id = short(operation_id);
        }
    }
}

fn short(operation_id: &str) -> Option<String> {
    let short: String = operation_id.chars().take(OPERATION_ID_CHARS).collect();
    (!short.is_empty()).then_some(short)
}

/// The server whose form a request has.
fn source(handlers: &[Handler], request: &Request) -> Source {
    let serves = |source| handlers.iter().any(|handler| handler.source() == source);
    match (serves(Source::OpenIm), serves(Source::Tencent)) {
        (true, false) => Source::OpenIm,
        (false, true) => Source::Tencent,
        // Only Tencent Chat sends these, and it always sends at least one of them.
        _ if ["SdkAppid", "CallbackCommand"]
            .into_iter()
            .any(|name| request.query_values(name).next().is_some()) =>
        {
            Source::Tencent
        }
        _ => Source::OpenIm,
    }
}

/// The command that the path or the query names, as the caller wrote it.
fn claimed(request: &Request, path: Option<&str>) -> Option<String> {
    let mut query = ["command", "CallbackCommand"]
        .into_iter()
        .flat_map(|name| request.query_values(name).map(without_path));
    let claimed = path
        .filter(|it| is_command(it))
        .or_else(|| query.next())
        .or(path);
    claimed.map(ToOwned::to_owned)
}

/// Whether the path or the query names a before command. If they name no command, the body may name one. Then the answer
/// is yes if the function serves any before command.
fn asks(handlers: &[Handler], source: Source, claimed: Option<&str>) -> bool {
    match claimed {
        Some(name) => protocol::asks(source, name),
        None => handlers.iter().any(Handler::is_before),
    }
}

/// The end of the path, if it may be a command. Escapes are decoded first (RFC 3986, section 6.2.2.2), also an escaped
/// slash.
fn last_segment(path: &str) -> Option<String> {
    let path = percent_decode_str(path).decode_utf8_lossy();
    let last = path.rsplit('/').find(|segment| !segment.is_empty())?;
    let rest = last.strip_prefix(COMMAND_PREFIX);
    let may_be = rest.is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_uppercase()));
    (may_be || is_known(last)).then(|| last.to_owned())
}

/// Whether the end of a path is certainly a command. Anything else counts as a base path, such as `/callbackExample`,
/// unless neither the query nor the body names a command.
pub(crate) fn is_command(segment: &str) -> bool {
    let what = segment
        .strip_prefix(COMMAND_PREFIX)
        .and_then(|rest| rest.strip_suffix(COMMAND_SUFFIX));
    what.is_some_and(|what| !what.is_empty()) || is_known(segment)
}

fn is_known(name: &str) -> bool {
    protocol::command(Source::OpenIm, name).is_some()
}

/// The command without the path before it. OpenIM appends a slash and the command to its configured URL. If that URL ends
/// in `?command=`, or in `?command=` and a path, the slash is in the query.
pub(crate) fn without_path(command: &str) -> &str {
    let mut segments = command.rsplit('/').map(str::trim);
    segments
        .find(|segment| !segment.is_empty())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_path_is_a_command_in_every_spelling() {
        for path in [
            "/callbackAfterDeleteFriendCommand",
            "//callbackAfterDeleteFriendCommand",
            "/callbackAfterDeleteFriendCommand/",
            "/base//callbackAfterDeleteFriendCommand//",
            "/callback/callbackAfterDeleteFriendCommand",
            "/callbackAfterRemoveBlackCommand/callbackAfterDeleteFriendCommand",
            "/callback%41fterDeleteFriendCommand",
            "/callback%61fter/callbackAfterDeleteFriendCommand",
            "/base%2FcallbackAfterDeleteFriendCommand",
            "/base%2fcallback%41fter%44eleteFriendCommand%2F",
            "callbackAfterDeleteFriendCommand",
        ] {
            let last = last_segment(path);
            assert_eq!(last.as_deref(), Some("callbackAfterDeleteFriendCommand"));
        }
        for (path, last) in [
            ("/callbackExample", Some("callbackExample")),
            ("/CallbackAfterDeleteFriendCommand", None),
            ("/callback", None),
            ("/callbacks", None),
            ("/", None),
            ("", None),
            ("/%ff", None),
            (
                "/callbackAfterSetFriendRemark",
                Some("callbackAfterSetFriendRemark"),
            ),
        ] {
            assert_eq!(last_segment(path).as_deref(), last, "{path}");
        }
    }

    #[test]
    fn a_base_path_is_not_a_command() {
        for (segment, is) in [
            ("callbackAfterDeleteFriendCommand", true),
            ("callbackBeforeSomethingNewCommand", true),
            ("callbackAfterSetFriendRemark", true),
            ("callbackExample", false),
            ("callbackUserOnlineCommand", true),
            ("callbackCommand", false),
        ] {
            assert_eq!(is_command(segment), is, "{segment}");
        }
    }

    #[test]
    fn a_path_before_the_command_in_the_query_is_removed() {
        for (value, command) in [
            ("callbackX", "callbackX"),
            ("/callbackX", "callbackX"),
            ("//callbackX/", "callbackX"),
            ("base/callbackX", "callbackX"),
            (" callbackX ", "callbackX"),
            ("/", ""),
            ("", ""),
        ] {
            assert_eq!(without_path(value), command);
        }
    }
}
