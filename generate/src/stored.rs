//! Which events a command stores, according to its payloads.

use std::{collections::BTreeMap, fs, path::Path};

use domain::Source;
use protocol::Command;
use serde_json::Value;

use crate::names;

/// The names of each command's events, in their order in the payloads, and the first payload's event of each name.
#[derive(Default)]
pub struct Stored {
    names: BTreeMap<&'static str, Vec<String>>,
    examples: BTreeMap<String, Value>,
}

impl Stored {
    /// Reads them from `tests/payloads`. A command without payloads has no events.
    pub fn read(root: &Path, commands: &[&Command]) -> Self {
        let cases = |command: &Command| match command.source {
            Source::OpenIm => &[
                "server", "server-2", "server-3", "server-4", "server-5", "document",
            ][..],
            Source::Tencent => &["document", "topic"][..],
        };
        let mut examples = BTreeMap::new();
        let mut events = |command: &Command| {
            let mut events = Vec::new();
            for case in cases(command) {
                let file = names::payload(command, &format!("{case}.events"));
                let text = fs::read(root.join(file)).unwrap_or_default();
                let listed: Vec<Value> = serde_json::from_slice(&text).unwrap_or_default();
                for event in listed {
                    let name = event["type"].as_str().unwrap_or_default().to_owned();
                    if !events.contains(&name) {
                        events.push(name.clone());
                    }
                    examples.entry(name).or_insert(event);
                }
            }
            events
        };
        let stored = commands
            .iter()
            .map(|command| (command.name, events(command)));
        let names = stored.collect();
        Self { names, examples }
    }

    /// An event of that name, as JSON.
    pub(crate) fn example(&self, event: &str) -> Option<&Value> {
        self.examples.get(event)
    }

    /// The names of a command's events.
    pub(crate) fn of(&self, command: &Command) -> &[String] {
        self.names.get(command.name).map_or(&[], Vec::as_slice)
    }
}
