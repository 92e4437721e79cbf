//! Finds and reads `policies.json`.

use std::path::PathBuf;

use domain::Family;
use policies::{Mistakes, Policies, Rules};
use tracing::warn;

use crate::{Handler, messages::BYPASS};

/// Reads the file that `POLICIES_FILE` names, or `policies.json` next to the binary, and the files of words next to it. If
/// neither exists, or if no command of the function needs rules, there are no rules.
///
/// # Errors
///
/// Lists everything that is wrong in the file, each with its place.
pub(crate) fn load(
    handlers: &[Handler],
    get: impl Fn(&str) -> Option<String>,
) -> Result<Policies, Vec<String>> {
    // After a message was sent, the policies say whether a bot has sent it.
    let needs =
        |handler: &Handler| handler.is_before() || handler.command().family == Family::Message;
    if !handlers.iter().any(needs) {
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
    let beside = |name: &str| {
        std::fs::read_to_string(file.with_file_name(name)).map_err(|error| error.to_string())
    };
    let policies = Policies::with_files(&text, &beside).map_err(|Mistakes(mistakes)| {
        let mistakes = mistakes.iter();
        mistakes
            .map(|mistake| format!("{name}: {mistake}"))
            .collect::<Vec<_>>()
    })?;
    let uses = Uses::of(handlers, &policies);
    let mut missing = Vec::new();
    if uses.limits && get("LIMITS_TABLE").is_none() {
        missing.push(format!(
            "{name} limits requests, but LIMITS_TABLE is not set"
        ));
    }
    if uses.relationships && get("RELATIONSHIPS_TABLE").is_none() {
        missing.push(format!(
            "{name} depends on friends or blocks, but RELATIONSHIPS_TABLE is not set"
        ));
    }
    if !missing.is_empty() {
        return Err(missing);
    }
    for rules in rules(handlers, &policies) {
        rules.prepare();
    }
    Ok(policies)
}

/// Which tables the policies of a function need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Uses {
    pub(crate) limits: bool,
    pub(crate) relationships: bool,
}

impl Uses {
    pub(crate) fn of(handlers: &[Handler], policies: &Policies) -> Self {
        let rules = || rules(handlers, policies);
        Self {
            limits: rules().any(|rules| rules.limit().is_some()),
            relationships: rules().any(|rules| rules.contacts().is_some()),
        }
    }
}

/// The rules of the before commands of a function.
fn rules<'a>(handlers: &'a [Handler], policies: &'a Policies) -> impl Iterator<Item = &'a Rules> {
    let asking = handlers.iter().filter(|handler| handler.is_before());
    asking.map(|handler| policies.rules(handler.name()))
}

/// Warns of rules for these commands that can be bypassed.
pub(crate) fn warn_of_bypasses(handlers: &[Handler], policies: &Policies) {
    for (command, sentence) in policies.bypasses() {
        if handlers.iter().any(|handler| handler.name() == command) {
            warn!(command, bypass = sentence, "{BYPASS}");
        }
    }
}
