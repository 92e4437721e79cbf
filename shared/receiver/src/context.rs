use std::{fmt, sync::Arc, time::Duration};

use tokio::time::Instant;

/// What a handler can use besides its callback.
#[derive(Clone)]
pub struct Context {
    pub(crate) end: Instant,
    pub(crate) surroundings: Arc<Surroundings>,
}

/// The part of a [`Context`] that is the same for all callbacks of a function.
pub(crate) struct Surroundings {
    pub(crate) dynamodb: Option<store::Client>,
    pub(crate) get: Arc<crate::Get>,
}

impl Context {
    /// How long the handler may still take. The function does not wait longer.
    #[must_use]
    pub fn time_left(&self) -> Duration {
        self.end.saturating_duration_since(Instant::now())
    }

    /// The client of the events table, with its connection open; `None` without a table. The function's role lets it put
    /// items into that table, and nothing else. A handler that does more needs its own policy in `template.yaml`.
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
