//! Bodies of Tencent Chat that others have seen and published: in source files, tests and documents, from 2016 to 2026.
//! They have fields that the documents do not have, and lack some that the documents call required.
//!
//! `tests/tencent-seen` has the bodies, with invented names, ids and texts. Their form, the order of their fields and their
//! types are as they were. `index.json` says for each what is expected, and where it was seen.

use std::fs;

use models::root;
use serde::Deserialize;
use support::{Answer, Dynamodb, Function, Request, SDK_APP_ID, Table, Watch};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Seen {
    /// The file's name without its ending.
    file: String,
    command: String,
    /// The query, if it was published, too.
    query: Option<String>,
    /// The types of the events that are stored, in their order. None for a question.
    events: Vec<String>,
    /// Who published it.
    source: String,
}

impl Seen {
    fn all() -> Vec<Self> {
        let index = root().join("tests/tencent-seen/index.json");
        serde_json::from_slice(&fs::read(index).unwrap()).unwrap()
    }

    fn request(&self) -> Request {
        let file = format!("tests/tencent-seen/{}.json", self.file);
        let body = fs::read(root().join(file)).unwrap();
        let documented = format!(
            "SdkAppid={SDK_APP_ID}&CallbackCommand={}&contenttype=json&ClientIP=203.0.113.7&OptPlatform=iOS",
            self.command
        );
        let query = self.query.as_ref().unwrap_or(&documented);
        Request::post(&format!("/tencent?{query}"), body)
    }

    fn assert_allowed(&self, answer: &Answer) {
        assert_eq!(answer.status, 200, "{}: {answer:?}", self.file);
        assert_eq!(
            answer.body, r#"{"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":""}"#,
            "{}",
            self.file
        );
    }
}

/// Each with events is stored once, as what it is, and not as it came.
async fn assert_stored(seen: &[Seen], table: &Table) {
    let stored = table.receptions().await;
    let expected: Vec<&Seen> = seen.iter().filter(|it| !it.events.is_empty()).collect();
    assert_eq!(stored.len(), expected.len(), "each is stored once");
    for (seen, reception) in expected.into_iter().zip(&stored) {
        let events = serde_json::to_value(&reception.events).unwrap();
        let types: Vec<&str> = events["events"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|event| event["type"].as_str().unwrap())
            .collect();
        assert_eq!(types, seen.events, "{}: {reception:?}", seen.file);
        assert_eq!(reception.command, seen.command, "{}", seen.file);
        assert_eq!(reception.body, None, "{}", seen.file);
    }
}

#[tokio::test]
async fn published_bodies_over_http_are_answered_and_stored_as_what_they_are() {
    let dynamodb = Dynamodb::dynoxide().await;
    let table = dynamodb.events_table().await;
    let watch = Watch::start(table.environment()).await;
    let seen = Seen::all();
    for it in &seen {
        it.assert_allowed(&watch.send(&it.request()).await);
    }
    assert_stored(&seen, &table).await;
    println!("{} published bodies over HTTP", seen.len());
}

#[tokio::test]
async fn published_bodies_as_events_of_a_rest_api_are_answered_and_stored_as_what_they_are() {
    let dynamodb = Dynamodb::dynoxide().await;
    let table = dynamodb.events_table().await;
    let function = Function::start("tencent", table.environment()).await;
    let seen = Seen::all();
    for (it, time) in seen.iter().zip(1_795_264_496_789_i64..) {
        let event = it.request().to_rest_api_event(&it.file, time);
        let response = function.invoke(event).await;
        it.assert_allowed(&Answer::from_gateway_response(&response));
    }
    assert_stored(&seen, &table).await;
}

#[test]
fn every_published_body_is_in_the_index_with_its_source() {
    let folder = fs::read_dir(root().join("tests/tencent-seen")).unwrap();
    let names = folder.map(|file| file.unwrap().file_name().into_string().unwrap());
    let mut files: Vec<String> = names.filter(|name| name != "index.json").collect();
    files.sort();
    let seen = Seen::all();
    let listed: Vec<String> = seen.iter().map(|it| format!("{}.json", it.file)).collect();
    assert_eq!(files, listed);
    for it in &seen {
        assert!(!it.source.is_empty(), "{}", it.file);
    }
}
