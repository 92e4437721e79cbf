use std::{io, panic, sync::OnceLock};

use tracing::{Subscriber, error, level_filters::LevelFilter};
use tracing_subscriber::{
    Layer as _, filter::Targets, layer::SubscriberExt as _, registry::LookupSpan,
    util::SubscriberInitExt as _,
};

/// Writes JSON lines to standard output, which Lambda hands to CloudWatch Logs.
///
/// `LOG_LEVEL` is `error`, `warn`, `info` (the default) or `off`. [`serve`](crate::serve) calls
/// this; so does a function that serves no callbacks.
pub fn init() {
    let level = std::env::var("LOG_LEVEL")
        .ok()
        .and_then(|level| level.parse().ok())
        .unwrap_or(LevelFilter::INFO);
    // What the SDK and the runtime say below warnings quotes requests: callers' bodies, signed headers.
    let filter = Targets::new().with_default(level).with_targets(
        ["aws_", "hyper", "h2", "rustls", "lambda_runtime"]
            .map(|library| (library, level.min(LevelFilter::WARN))),
    );
    // A second `init` in one process, as in tests, keeps the first.
    let _ = tracing_subscriber::registry()
        .with(json().with_filter(filter))
        .try_init();
    panic::set_hook(Box::new(|panic| {
        // The message could hold what a user wrote; the place is enough to find the line.
        let at = panic.location().map(ToString::to_string);
        error!(at, "panicked");
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
