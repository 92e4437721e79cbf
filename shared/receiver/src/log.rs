//! Writes the log: one line for each callback, and lines about problems.

use std::{io, panic, sync::OnceLock};

use domain::{
    Source,
    decision::{By, Verdict},
};
use store::Recorded;
use tokio::time::Instant;
use tracing::{Span, Subscriber, error, error_span, field, info, level_filters::LevelFilter, warn};
use tracing_subscriber::{
    Layer as _, filter::Targets, layer::SubscriberExt as _, registry::LookupSpan,
    util::SubscriberInitExt as _,
};

use crate::{
    OnFailure, Problem, ProblemKind, Rejection,
    decide::{Answered, Decision, Ruling},
    end::Done,
    find::printable,
    messages::{CONSOLE_CHECK, FAILED, PANICKED, REFUSED, SIGNAL, STORED, STORED_AS_IT_CAME},
    record::Kept,
};

/// Starts logging: JSON lines on standard output, which Lambda sends to CloudWatch Logs.
///
/// `LOG_LEVEL` is `warn` or `info` (the default). Warnings are always written, because the stack's alarms count them.
/// [`serve`](crate::serve) calls this. A function that serves no callbacks calls it itself.
pub fn init() {
    let level = std::env::var("LOG_LEVEL")
        .ok()
        .and_then(|level| level.parse().ok())
        .unwrap_or(LevelFilter::INFO)
        .max(LevelFilter::WARN);
    // Below warnings, the SDK and the runtime quote requests: callers' bodies and signed headers.
    let filter = Targets::new().with_default(level).with_targets(
        ["aws_", "hyper", "h2", "rustls", "lambda_runtime"]
            .map(|library| (library, level.min(LevelFilter::WARN))),
    );
    // A second `init` in one process, as in tests, fails and changes nothing.
    let _ = tracing_subscriber::registry()
        .with(json().with_filter(filter))
        .try_init();
    panic::set_hook(Box::new(|panic| {
        // Without the message, which could contain what a user wrote. The place is enough to find the line.
        let at = panic.location().map(ToString::to_string);
        error!(at, "{PANICKED}");
    }));
}

fn json<S>() -> json_subscriber::fmt::Layer<S, fn() -> io::Stdout>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    static FUNCTION: OnceLock<String> = OnceLock::new();
    let function =
        FUNCTION.get_or_init(|| std::env::var("AWS_LAMBDA_FUNCTION_NAME").unwrap_or_default());
    let mut layer = json_subscriber::fmt::layer()
        .with_writer(io::stdout as fn() -> io::Stdout)
        .flatten_event(true)
        .flatten_current_span_on_top_level(true)
        .with_current_span(false)
        .with_span_list(false)
        .with_target(false);
    layer
        .inner_layer_mut()
        .add_static_field("function", function.as_str().into());
    layer
}

/// Adds to the line of a callback how long it took and whether it asks, for the metrics of the stack.
pub(crate) fn took(span: &Span, start: Instant, asks: bool) {
    // Microseconds are enough. More digits would only make the line longer.
    let micros = u32::try_from(start.elapsed().as_micros()).unwrap_or(u32::MAX);
    span.record("durationMs", f64::from(micros) / 1000.0);
    span.record("asks", asks);
}

/// The span of a callback if no receiver could be started for it, or if its request cannot be read.
pub(crate) fn without_receiver(invocation_id: &str, start: Instant, asks: bool) -> Span {
    let span = error_span!(
        "callback",
        requestId = invocation_id,
        durationMs = field::Empty,
        asks = field::Empty,
    );
    took(&span, start, asks);
    span
}

/// Writes the line of a callback that was accepted.
pub(crate) fn done(done: &Done) {
    match done {
        Done::Handled {
            decision: None,
            kept,
            ..
        } => match kept {
            Kept::Recorded(events, Recorded::New) => info!(events, "{STORED}"),
            Kept::Recorded(events, Recorded::Known) => info!(events, "callback was stored before"),
            Kept::Queued(events) => info!(events, "callback queued"),
            Kept::Recorded(events, Recorded::Nothing) | Kept::Nowhere(events) => {
                info!(events, "callback accepted, nothing stored");
            }
        },
        Done::Handled {
            decision: Some(decision),
            kept,
            ..
        } => {
            let message = match kept {
                Kept::Recorded(_, Recorded::New) => "callback decided and stored",
                Kept::Recorded(_, Recorded::Known) => "callback decided, it was stored before",
                Kept::Queued(_) => "callback decided and queued",
                Kept::Recorded(_, Recorded::Nothing) | Kept::Nowhere(_) => "callback decided",
            };
            let Decision { whole, failed, .. } = decision;
            let Ruling {
                verdict,
                by,
                code,
                rule,
            } = whole;
            let (decision, rule) = (verdict.as_str(), rule.as_deref());
            let problem = failed.map(ProblemKind::message);
            if *by == By::Failure {
                warn!(
                    decision,
                    code,
                    decidedBy = by.as_str(),
                    rule,
                    problem,
                    "{message}"
                );
            } else {
                info!(decision, code, decidedBy = by.as_str(), rule, "{message}");
            }
        }
        Done::Signal(_, asks) => {
            let (decision, by) = match asks {
                true => (Some("allowed"), Some("settings")),
                false => (None, None),
            };
            info!(decision, decidedBy = by, "{SIGNAL}");
        }
        Done::Check => {
            warn!("{CONSOLE_CHECK}");
        }
        Done::Kept(problem, kept) => {
            let message = match kept {
                Kept::Queued(_) => "callback queued as it came",
                Kept::Nowhere(_) => "callback accepted, nothing stored",
                Kept::Recorded(..) => STORED_AS_IT_CAME,
            };
            warn!(
                problem = problem.kind().message(),
                detail = problem.detail(),
                at = problem.json_path(),
                "{message}"
            );
        }
        Done::Unknown(name, _) | Done::UnknownAsked(name, _) => unknown(done, name, false),
    }
}

/// Writes the line of a callback whose command is unknown. It is a warning if `is_new` says that the command comes for
/// the first time since the start.
pub(crate) fn unknown(done: &Done, name: &str, is_new: bool) {
    let name = printable(name);
    let (decision, message) = match done {
        Done::UnknownAsked(_, decision) => (Some(decision), "unknown command answered"),
        Done::Unknown(_, Kept::Queued(_)) => (None, "unknown command queued as it came"),
        Done::Unknown(_, Kept::Nowhere(_)) => (None, "unknown command accepted, nothing stored"),
        _ => (None, "unknown command stored as it came"),
    };
    let (word, by, code) = match decision {
        Some(Decision { whole: it, .. }) => {
            (Some(it.verdict.as_str()), Some(it.by.as_str()), it.code)
        }
        None => (None, None, None),
    };
    if is_new {
        warn!(
            unknownCommand = name,
            decision = word,
            decidedBy = by,
            code,
            "{message}"
        );
    } else {
        info!(
            unknownCommand = name,
            decision = word,
            decidedBy = by,
            code,
            "{message}"
        );
    }
}

/// Writes the line of a callback that was not accepted.
pub(crate) fn failed(
    problem: &Problem,
    answer: Option<&Answered>,
    source: Source,
    on_failure: OnFailure,
    asks: bool,
) {
    let kind = problem.kind();
    let by_failure = asks && kind.leaves_undecided();
    // The verifier did not accept the caller, so nobody else decided.
    let by_verifier = asks && kind == ProblemKind::Unauthorized;
    let by = match by_failure {
        true => Some(By::Failure.as_str()),
        false => by_verifier.then_some("verifier"),
    };
    let decides = kind.is_ours() || by_failure;
    // "failed" for Tencent Chat, because its console says what happens after a failure.
    let word = match (answer, source, on_failure) {
        (Some(answer), ..) => Ruling::by_failure(answer.code()).verdict.as_str(),
        (None, Source::Tencent, _) => "failed",
        (None, Source::OpenIm, OnFailure::Allow) if decides => Verdict::Allowed.as_str(),
        (None, Source::OpenIm, _) => Verdict::Refused.as_str(),
    };
    // A failure is not called "refused", because the answer to OpenIM may be "allowed".
    let message = if kind.is_ours() || word != Verdict::Refused.as_str() && by_failure {
        FAILED
    } else {
        REFUSED
    };
    let code = answer.and_then(Answered::code);
    warn!(
        code = code.unwrap_or(kind.code().get()),
        problem = kind.message(),
        detail = problem.detail(),
        at = problem.json_path(),
        rejection = problem.rejection().map(Rejection::kind),
        decision = (kind.is_ours() || by.is_some()).then_some(word),
        decidedBy = by,
        "{message}"
    );
}
