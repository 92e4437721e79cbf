//! Finds the command of a request, and checks that path, query and body do not name different commands.

use domain::Source;
use protocol::{FreeText, Json, Unreadable};
use serde::Deserialize;

use crate::{
    Handler, Problem, ProblemKind,
    call::{Call, is_command, without_path},
};

/// The command of a request.
pub(crate) enum Found<'h> {
    /// A command that this function serves.
    Known(&'h Handler),
    /// A command that this version does not know, or one that the function does not serve and that must not be refused.
    Unknown {
        /// Its name, as the caller wrote it.
        name: String,
        /// Whether it is a before command.
        asks: bool,
    },
    /// No command: the console of Tencent Chat checks a new URL.
    Check,
}

/// The fields that every body can have, whatever its command is.
#[derive(Default, Deserialize)]
pub(crate) struct Envelope {
    #[serde(rename = "callbackCommand", default)]
    openim: FreeText,
    #[serde(rename = "CallbackCommand", default)]
    tencent: FreeText,
    #[serde(rename = "operationID", default)]
    pub(crate) operation_id: FreeText,
    #[serde(skip)]
    is_empty: bool,
}

impl Envelope {
    /// Reads a body, which may be something other than an object.
    pub(crate) fn of(body: Json<'_>) -> Self {
        Self {
            is_empty: body.is_empty_object(),
            ..body.read().map(|read| read.callback).unwrap_or_default()
        }
    }

    fn command(&self, source: Source) -> &str {
        match source {
            Source::OpenIm => &self.openim,
            Source::Tencent => &self.tencent,
        }
    }
}

/// The handler of the command that the path or the query names.
pub(crate) fn claimed<'h>(handlers: &'h [Handler], call: &Call<'_>) -> Option<&'h Handler> {
    match &call.claimed {
        Some(name) => served(handlers, call.source).find(|handler| handler.is_called(name)),
        None => only(handlers, call.source),
    }
}

/// The command of a request of which only the gateway's event is known, if even that.
pub(crate) fn likely<'a>(handlers: &'a [Handler], call: Option<&'a Call<'_>>) -> Option<&'a str> {
    let claimed = call.and_then(|call| call.claimed.as_deref());
    claimed.or_else(|| {
        let source = handlers.first()?.source();
        only(handlers, call.map_or(source, |call| call.source)).map(Handler::name)
    })
}

fn served(handlers: &[Handler], source: Source) -> impl Iterator<Item = &Handler> {
    handlers.iter().filter(move |it| it.source() == source)
}

/// The handler, if the function serves only one command of a server. Such a function can have any path.
fn only(handlers: &[Handler], source: Source) -> Option<&Handler> {
    let mut served = served(handlers, source);
    served.next().filter(|_| served.next().is_none())
}

/// Finds the command of the request.
pub(crate) fn find<'h>(
    handlers: &'h [Handler],
    call: &Call<'_>,
    body: Result<&Envelope, &Unreadable>,
) -> Result<Found<'h>, Problem> {
    let request = call.request;
    let source = call.source;
    let claim = |from, name: &str| Claim {
        from,
        command: protocol::command(source, name)
            .map_or_else(|| name.to_owned(), |known| known.name.to_owned()),
    };
    let (path, query) = match source {
        Source::OpenIm => (call.path.as_deref(), "command"),
        Source::Tencent => (None, "CallbackCommand"),
    };
    let sure = path.filter(|path| is_command(path));
    let query = request.query_values(query).map(without_path);
    let inside = body.ok().map(|body| body.command(source));
    let claims: Vec<Claim> = (sure.into_iter().map(|it| claim("path", it)))
        .chain(query.map(|it| claim("query", it)))
        .chain(inside.into_iter().map(|it| claim("body", it)))
        .filter(|claim| !claim.command.is_empty())
        .collect();
    let named = match (agreed(&claims)?, source) {
        (Some(named), _) => named.to_owned(),
        (None, Source::Tencent) if body.is_ok_and(|body| body.is_empty) => {
            return Ok(Found::Check);
        }
        (None, _) => match (only(handlers, source), path) {
            (Some(only), _) => return Ok(Found::Known(only)),
            (None, Some(path)) => path.to_owned(),
            (None, None) => {
                body.map_err(Problem::from)?;
                return Err(Problem::new(
                    ProblemKind::NoCommand,
                    "neither path nor query nor body names a command",
                ));
            }
        },
    };
    if let Some(handler) = served(handlers, source).find(|handler| handler.name() == named) {
        Ok(Found::Known(handler))
    } else if protocol::command(source, &named).is_some() && protocol::may_be_refused(&named) {
        Err(Problem::new(
            ProblemKind::Contradiction,
            format!("{named} reached a function that does not serve it"),
        ))
    } else {
        Ok(Found::Unknown {
            asks: protocol::asks(source, &named),
            name: named,
        })
    }
}

/// A command, and which part of the request names it.
struct Claim {
    from: &'static str,
    command: String,
}

fn agreed(claims: &[Claim]) -> Result<Option<&str>, Problem> {
    let Some((first, rest)) = claims.split_first() else {
        return Ok(None);
    };
    if rest.iter().all(|claim| claim.command == first.command) {
        return Ok(Some(&first.command));
    }
    let said: Vec<String> = claims
        .iter()
        .map(|Claim { from, command }| format!("{from} says {}", printable(command)))
        .collect();
    Err(Problem::new(ProblemKind::Contradiction, said.join(", ")))
}

/// A command for an answer or the log. Real commands are short words. Anything else that a stranger sends is cut to 80
/// characters, and characters other than visible ASCII become `?`.
pub(crate) fn printable(command: &str) -> String {
    command
        .chars()
        .take(80)
        .map(|c| if c.is_ascii_graphic() { c } else { '?' })
        .collect()
}

/// A text of a caller that is not authenticated yet, for the log. Control characters and marks that change the writing
/// direction become `?`, because a terminal would obey them.
pub(crate) fn safe(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() || is_mark(c) { '?' } else { c })
        .collect()
}

fn is_mark(c: char) -> bool {
    matches!(
        c,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    )
}
