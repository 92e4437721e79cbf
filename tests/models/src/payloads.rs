use std::{fs, path::PathBuf};

use domain::{Events, Source};

use crate::root;

/// A body of `tests/payloads`, and the events that follow from it.
pub struct Payload {
    /// The server that sends it.
    pub source: Source,
    /// The name of the callback.
    pub command: String,
    /// `server`: byte for byte what the server sends. `document`: what its documents show.
    pub case: String,
    /// The file name without `.json`, for messages.
    pub name: String,
    /// The bytes of the file.
    pub body: Vec<u8>,
    /// The events that follow from the body.
    pub events: Events,
}

impl Payload {
    /// The name of the server's folder, and of the module with the server's types.
    pub fn server(&self) -> &'static str {
        match self.source {
            Source::OpenIm => "openim",
            Source::Tencent => "tencent",
        }
    }

    /// Whether an OpenIM body contains its command.
    pub fn names_its_command(&self) -> bool {
        let body: serde_json::Value = serde_json::from_slice(&self.body).unwrap();
        body["callbackCommand"] == *self.command
    }

    /// The people about whom Tencent Chat asks in this body.
    pub fn asks_about(&self) -> Vec<String> {
        let body: serde_json::Value = serde_json::from_slice(&self.body).unwrap();
        let items = match self.command.as_str() {
            "Sns.CallbackPrevFriendAdd" => &body["FriendItem"],
            "Sns.CallbackPrevFriendResponse" => &body["ResponseFriendItem"],
            _ => return Vec::new(),
        };
        let people = items.as_array().unwrap().iter();
        people
            .map(|item| item["To_Account"].as_str().unwrap().to_owned())
            .collect()
    }
}

/// Reads every body of `tests/payloads`. A file is named `<command>.<case>.json`. Its events are a list in
/// `<command>.<case>.events.json`, of the command's family.
pub fn payloads() -> Vec<Payload> {
    let mut payloads: Vec<Payload> = [(Source::OpenIm, "openim"), (Source::Tencent, "tencent")]
        .into_iter()
        .flat_map(|(source, folder)| {
            let folder = root().join("tests/payloads").join(folder);
            let files = fs::read_dir(folder)
                .unwrap()
                .map(|entry| entry.unwrap().path());
            let bodies = files.filter(|file| !file.to_str().unwrap().ends_with(".events.json"));
            bodies
                .map(move |file| read(source, file))
                .collect::<Vec<_>>()
        })
        .collect();
    payloads.sort_by(|a, b| a.name.cmp(&b.name));
    payloads
}

fn read(source: Source, file: PathBuf) -> Payload {
    let name = file.file_stem().unwrap().to_str().unwrap().to_owned();
    let (command, case) = name.rsplit_once('.').unwrap();
    let known = protocol::command(source, command);
    let known = known.unwrap_or_else(|| panic!("{name}: the catalogue has no such command"));
    let events = fs::read(file.with_extension("events.json")).unwrap();
    let events: serde_json::Value = serde_json::from_slice(&events).unwrap();
    let stored = serde_json::json!({"family": known.family, "events": events});
    let events = serde_json::from_value::<Events>(stored);
    Payload {
        source,
        command: command.to_owned(),
        case: case.to_owned(),
        body: fs::read(&file).unwrap(),
        events: events.unwrap_or_else(|error| panic!("{name}: {error}")),
        name,
    }
}
