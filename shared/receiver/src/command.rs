//! Which command a request is about, and whether all who say so agree.

use std::{borrow::Cow, collections::BTreeMap};

use domain::Source;
use protocol::{openim, tencent};
use serde::{Deserialize, de::IgnoredAny};

use crate::{Handler, Problem, ProblemKind, Request, handler::decode};

/// The server whose words a request uses.
pub(crate) fn dialect(handlers: &[Handler], request: &Request) -> Source {
    let serves = |dialect| handlers.iter().any(|handler| handler.dialect == dialect);
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
    let query = ["command", "CallbackCommand"];
    let mut query = query
        .into_iter()
        .flat_map(|name| request.query_values(name));
    command_in_path(request).or_else(|| query.next())
}

/// The same for what is logged before it is known whether all agree.
pub(crate) fn claimed_name(request: &Request) -> Option<String> {
    claimed(request).map(name_of)
}

/// Whether path or query name a command that asks before something happens. Where they name none, the body may:
/// then it is enough that one such command is served here.
pub(crate) fn is_before(handlers: &[Handler], request: &Request) -> bool {
    let claimed = claimed(request);
    let mut named = handlers
        .iter()
        .filter(|handler| claimed == Some(handler.command));
    match (named.next(), claimed) {
        (Some(handler), _) => handler.is_before(),
        (None, Some(_)) => handlers.iter().all(Handler::is_before),
        (None, None) => handlers.iter().any(Handler::is_before),
    }
}

/// Anything else than a command at the end of the path is the base path, or a stage.
fn command_in_path(request: &Request) -> Option<&str> {
    request
        .path
        .rsplit('/')
        .find(|segment| !segment.is_empty())
        .filter(|segment| segment.starts_with(openim::COMMAND_PREFIX))
}

/// The handler of the command that the request is about; `None` when Tencent Chat sends nothing at all,
/// as the console's check of a new URL may do.
pub(crate) fn find<'h>(
    handlers: &'h [Handler],
    dialect: Source,
    request: &Request,
    body: &str,
) -> Result<Option<&'h Handler>, Problem> {
    let claims = match dialect {
        Source::Tencent => tencent_claims(request, body)?,
        _ => openim_claims(request, body)?,
    };
    let named = agreed(&claims)?;
    let mut served = handlers.iter().filter(|handler| handler.dialect == dialect);
    let Some(named) = named else {
        return match (served.next(), served.next(), dialect) {
            (_, _, Source::Tencent) if decode::<BTreeMap<String, IgnoredAny>>(body)?.is_empty() => {
                Ok(None)
            }
            // Reached under another path: the function itself says what it is for.
            (Some(only), None, _) => Ok(Some(only)),
            _ => Err(Problem::new(
                ProblemKind::UnknownCommand,
                "neither path nor query nor body names a command",
            )),
        };
    };
    if let Some(handler) = served.find(|handler| handler.command == named) {
        return Ok(Some(handler));
    }
    let known = match dialect {
        Source::Tencent => tencent::COMMANDS,
        _ => openim::COMMANDS,
    };
    Err(if known.contains(&named) {
        Problem::new(
            ProblemKind::Contradiction,
            format!("{named} reached a function that does not serve it"),
        )
    } else {
        Problem::new(ProblemKind::UnknownCommand, name_of(named))
    })
}

/// Somebody's word for the command.
struct Claim<'a> {
    from: &'static str,
    command: Cow<'a, str>,
}

fn openim_claims<'a>(request: &'a Request, body: &'a str) -> Result<Vec<Claim<'a>>, Problem> {
    let path = command_in_path(request);
    let query = request.query_values("command");
    let envelope: OpenImEnvelope<'_> = decode(body)?;
    Ok(claims(path, query, envelope.callback_command))
}

fn tencent_claims<'a>(request: &'a Request, body: &'a str) -> Result<Vec<Claim<'a>>, Problem> {
    let query = request.query_values("CallbackCommand");
    let envelope: TencentEnvelope<'_> = decode(body)?;
    Ok(claims(None, query, envelope.callback_command))
}

fn claims<'a>(
    path: Option<&'a str>,
    query: impl Iterator<Item = &'a str>,
    body: Option<Cow<'a, str>>,
) -> Vec<Claim<'a>> {
    let claim = |from, command| Claim { from, command };
    let path = path.map(|command| claim("path", command.into()));
    let query = query.map(|command| claim("query", command.into()));
    let body = body.map(|command| claim("body", command));
    path.into_iter()
        .chain(query)
        .chain(body)
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
        .map(|Claim { from, command }| format!("{from} says {}", name_of(command)))
        .collect();
    Err(Problem::new(ProblemKind::Contradiction, said.join(", ")))
}

/// A command for an answer or the log. Real ones are short words; whatever else a stranger sends is
/// neither repeated at length nor with characters of its choice.
fn name_of(command: &str) -> String {
    command
        .chars()
        .take(80)
        .map(|c| if c.is_ascii_graphic() { c } else { '?' })
        .collect()
}

#[derive(Deserialize)]
struct OpenImEnvelope<'a> {
    #[serde(rename = "callbackCommand", borrow, default)]
    callback_command: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct TencentEnvelope<'a> {
    #[serde(rename = "CallbackCommand", borrow, default)]
    callback_command: Option<Cow<'a, str>>,
}
