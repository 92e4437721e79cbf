//! Which command a request is about, and whether all who say so agree.

use std::{borrow::Cow, collections::BTreeMap};

use domain::Source;
use serde::{Deserialize, de::IgnoredAny};

use crate::{
    Handler, Problem, ProblemKind,
    call::{Call, is_command, last_segment, without_slash},
    decode::decode,
};

/// What a request is about.
pub(crate) enum Found<'h> {
    /// A command that is served here.
    Known(&'h Handler),
    /// A command that this version does not know.
    Unknown {
        /// Its name, as the caller wrote it.
        name: String,
        /// Whether the caller waits for a decision.
        asks: bool,
    },
    /// Nothing: the console of Tencent Chat tries a new URL.
    Check,
}

impl Found<'_> {
    /// Whether somebody waits for a decision.
    pub(crate) fn asks(&self) -> bool {
        match self {
            Self::Known(handler) => handler.is_before(),
            Self::Unknown { asks, .. } => *asks,
            Self::Check => false,
        }
    }
}

/// What the request is about.
pub(crate) fn find<'h>(
    handlers: &'h [Handler],
    call: &Call<'_>,
    body: &str,
) -> Result<Found<'h>, Problem> {
    let request = call.request;
    let outside = match call.source {
        Source::OpenIm => {
            let path = last_segment(request).filter(|it| is_command(it));
            claims(path, request.query_values("command"))
        }
        Source::Tencent => claims(None, request.query_values("CallbackCommand")),
    };
    let known = |name: &str| protocol::command(call.source, name).is_some();
    let outside_name = agreed(&outside)?.or_else(|| last_segment(request));
    let inside = match (outside_name, command_in_body(call.source, body)) {
        // The body of a command that nobody knows is not read: it may have any form.
        (Some(name), Err(_)) if !known(name) => None,
        (_, inside) => inside?,
    };
    let inside = inside.map(|command| Claim {
        from: "body",
        command,
    });
    let all: Vec<Claim<'_>> = outside
        .into_iter()
        .chain(inside)
        .filter(|claim| !claim.command.is_empty())
        .collect();
    let served = || handlers.iter().filter(|it| it.source() == call.source);
    let named = match (agreed(&all)?, call.source) {
        (Some(named), _) => named,
        (None, Source::Tencent) if decode::<BTreeMap<String, IgnoredAny>>(body)?.is_empty() => {
            return Ok(Found::Check);
        }
        (None, source) => {
            let path = last_segment(request).filter(|_| source == Source::OpenIm);
            let mut served = served();
            match (served.next(), served.next(), path) {
                // Reached under another path: the function itself says what it is for.
                (Some(only), None, _) => return Ok(Found::Known(only)),
                (.., Some(path)) => path,
                _ => {
                    return Err(Problem::new(
                        ProblemKind::NoCommand,
                        "neither path nor query nor body names a command",
                    ));
                }
            }
        }
    };
    if let Some(handler) = served().find(|handler| handler.name() == named) {
        Ok(Found::Known(handler))
    } else if known(named) {
        Err(Problem::new(
            ProblemKind::Contradiction,
            format!("{named} reached a function that does not serve it"),
        ))
    } else {
        Ok(Found::Unknown {
            name: named.to_owned(),
            asks: protocol::asks(call.source, named),
        })
    }
}

/// Somebody's word for the command.
struct Claim<'a> {
    from: &'static str,
    command: Cow<'a, str>,
}

fn claims<'a>(path: Option<&'a str>, query: impl Iterator<Item = &'a str>) -> Vec<Claim<'a>> {
    let claim = |from, command: &'a str| Claim {
        from,
        command: command.into(),
    };
    path.map(|command| claim("path", command))
        .into_iter()
        .chain(query.map(|command| claim("query", without_slash(command))))
        .filter(|claim| !claim.command.is_empty())
        .collect()
}

fn agreed<'a>(claims: &'a [Claim<'_>]) -> Result<Option<&'a str>, Problem> {
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

/// A command for an answer or the log. Real ones are short words; whatever else a stranger sends is
/// neither repeated at length nor with characters of its choice.
pub(crate) fn printable(command: &str) -> String {
    command
        .chars()
        .take(80)
        .map(|c| if c.is_ascii_graphic() { c } else { '?' })
        .collect()
}

fn command_in_body(source: Source, body: &str) -> Result<Option<Cow<'_, str>>, Problem> {
    #[derive(Deserialize)]
    struct OpenIm<'a> {
        #[serde(rename = "callbackCommand", borrow, default)]
        command: Option<Cow<'a, str>>,
    }

    #[derive(Deserialize)]
    struct Tencent<'a> {
        #[serde(rename = "CallbackCommand", borrow, default)]
        command: Option<Cow<'a, str>>,
    }

    Ok(match source {
        Source::OpenIm => decode::<OpenIm<'_>>(body)?.command,
        Source::Tencent => decode::<Tencent<'_>>(body)?.command,
    })
}
