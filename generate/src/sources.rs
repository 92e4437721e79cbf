//! Checks the files that a person has to write: each command has all of them, and each of them belongs to a command.

use std::{collections::BTreeSet, fs, path::Path};

use domain::Source;
use protocol::{Command, NEVER_SENT};

use crate::names;

/// The files that are missing, with their command.
pub(crate) fn missing(root: &Path, commands: &[&Command]) -> Vec<String> {
    let mut missing = Vec::new();
    for command in commands {
        let mut files = vec![names::wire_type(command), names::handler(command)];
        // A body that OpenIM's server sent. For Tencent Chat there are only the documents.
        let case = match command.source {
            Source::OpenIm => "server",
            Source::Tencent => "document",
        };
        files.push(names::payload(command, case));
        files.push(names::payload(command, &format!("{case}.events")));
        files.retain(|file| !root.join(file).is_file());
        missing.extend(
            files
                .into_iter()
                .map(|file| format!("{file}: missing, and {} needs it", command.name)),
        );
    }
    missing
}

/// Wire types, handlers and binaries that belong to no command of the catalogue.
pub(crate) fn not_in_the_catalogue(root: &Path, commands: &[&Command]) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut known = BTreeSet::new();
    let mut folders = BTreeSet::new();
    known.extend(NEVER_SENT.iter().map(|command| names::wire_type(command)));
    for command in commands {
        known.insert(names::wire_type(command));
        known.insert(names::handler(command));
        folders.insert(("impl Callback for", names::wire_types(command)));
        folders.insert(("fn handle(", names::handlers(command)));
        if let Some(binary) = names::binary(command) {
            let (folder, _) = binary.rsplit_once('/').unwrap_or_default();
            folders.insert(("fn main", folder.to_owned()));
            known.insert(binary);
        }
    }
    for (sign, folder) in folders {
        for file in files_with(root, &folder, sign) {
            if !known.contains(&file) {
                wrong.push(format!("{file}: belongs to no command of the catalogue"));
            }
        }
    }
    wrong
}

/// The Rust files of a folder whose text contains `sign`.
fn files_with(root: &Path, folder: &str, sign: &str) -> Vec<String> {
    let entries = fs::read_dir(root.join(folder)).into_iter().flatten();
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let mut files: Vec<String> = names
        .filter(|name| name.ends_with(".rs"))
        .map(|name| format!("{folder}/{name}"))
        .filter(|file| fs::read_to_string(root.join(file)).is_ok_and(|text| text.contains(sign)))
        .collect();
    files.sort();
    files
}
