//! Finds and reads `policies.json`.

use std::path::PathBuf;

use policies::{Mistakes, Policies};
use tracing::warn;

use crate::{Handler, messages::BYPASS};

/// Reads the file that `POLICIES_FILE` names, or `policies.json` next to the binary. If neither exists, or if the
/// function serves no before command, there are no rules.
///
/// # Errors
///
/// Lists everything that is wrong in the file, each with its place.
pub(crate) fn load(
    handlers: &[Handler],
    get: impl Fn(&str) -> Option<String>,
) -> Result<Policies, Vec<String>> {
    if !handlers.iter().any(Handler::is_before) {
        return Ok(Policies::default());
    }
    let beside = || Some(PathBuf::from(get("LAMBDA_TASK_ROOT")?).join("policies.json"));
    let file = match get("POLICIES_FILE") {
        Some(file) => PathBuf::from(file),
        None => match beside().filter(|file| file.exists()) {
            Some(file) => file,
            None => return Ok(Policies::default()),
        },
    };
    let name = file.display();
    let text = std::fs::read_to_string(&file)
        .map_err(|error| vec![format!("{name} cannot be read: {error}")])?;
    let policies = Policies::from_json(&text).map_err(|Mistakes(mistakes)| {
        let mistakes = mistakes.iter();
        mistakes
            .map(|mistake| format!("{name}: {mistake}"))
            .collect::<Vec<_>>()
    })?;
    if limits_requests(handlers, &policies) && get("LIMITS_TABLE").is_none() {
        return Err(vec![format!(
            "{name} limits requests, but LIMITS_TABLE is not set"
        )]);
    }
    Ok(policies)
}

/// Warns of rules for these commands that can be bypassed.
pub(crate) fn warn_of_bypasses(handlers: &[Handler], policies: &Policies) {
    for (command, sentence) in policies.bypasses() {
        if handlers.iter().any(|handler| handler.name() == command) {
            warn!(command, bypass = sentence, "{BYPASS}");
        }
    }
}

/// Whether a policy limits the requests of one of these commands.
pub(crate) fn limits_requests(handlers: &[Handler], policies: &Policies) -> bool {
    handlers
        .iter()
        .filter(|handler| handler.is_before())
        .any(|handler| policies.rules(handler.name()).request_limit().is_some())
}
