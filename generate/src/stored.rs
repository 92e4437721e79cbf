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
        let payloads = payloads_of_tencent(root);
        let cases = |command: &Command| match command.source {
            Source::OpenIm => [
                "server", "server-2", "server-3", "server-4", "server-5", "document",
            ]
            .map(ToOwned::to_owned)
            .to_vec(),
            // One body of the documents does not show every event of a command.
            Source::Tencent => {
                let start = format!("{}.", command.name);
                let others = payloads.iter().filter_map(|name| name.strip_prefix(&start));
                let others = others.filter(|case| *case != "document");
                ["document"]
                    .into_iter()
                    .chain(others)
                    .map(ToOwned::to_owned)
                    .collect()
            }
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

/// The names of Tencent Chat's payloads, `<command>.<case>`, in their order.
fn payloads_of_tencent(root: &Path) -> Vec<String> {
    let files = fs::read_dir(root.join("tests/payloads/tencent"));
    let files = files.into_iter().flatten().flatten();
    let names = files.filter_map(|file| file.file_name().into_string().ok());
    let mut payloads: Vec<String> = names
        .filter_map(|name| Some(name.strip_suffix(".events.json")?.to_owned()))
        .collect();
    payloads.sort();
    payloads
}
