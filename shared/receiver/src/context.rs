use std::{fmt, sync::Arc, time::Duration};

use tokio::time::Instant;

/// What a handler may want to know beside its callback.
#[derive(Clone)]
pub struct Context {
    pub(crate) end: Instant,
    pub(crate) surroundings: Arc<Surroundings>,
}

/// The same for all callbacks of a function.
pub(crate) struct Surroundings {
    pub(crate) dynamodb: Option<store::Client>,
    pub(crate) get: Arc<crate::Get>,
}

impl Context {
    /// How long the handler may still take. What it answers later is not waited for.
    #[must_use]
    pub fn time_left(&self) -> Duration {
        self.end.saturating_duration_since(Instant::now())
    }

    /// The client of the events table, with its connection open; `None` without a table. The function's role
    /// allows it to put items into that table and nothing else: what a handler does beyond that needs a policy of
    /// its own in `template.yaml`.
    #[must_use]
    pub fn dynamodb(&self) -> Option<&store::Client> {
        self.surroundings.dynamodb.as_ref()
    }

    /// A setting of the function: an environment variable that is not empty.
    #[must_use]
    pub fn setting(&self, name: &str) -> Option<String> {
        (self.surroundings.get)(name).filter(|value| !value.is_empty())
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context")
            .field("time_left", &self.time_left())
            .finish_non_exhaustive()
    }
}
