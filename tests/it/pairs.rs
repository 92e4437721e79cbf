//! What both servers tell is the same event, so that whoever reads the events need not know the server.
//!
//! `tests/pairs` has bodies of both servers that tell the same fact. Which events both servers give, and which of their
//! fields only one server knows, is computed from `tests/payloads`; `docs/events.md` shows it.

use std::collections::{BTreeMap, BTreeSet};

use generate::{Both, Pair, Stored, both, fields, pairs, remove};
use models::root;
use serde_json::Value;
use support::{Dynamodb, Request, SDK_APP_ID};

/// The events that both servers give.
fn given_by_both() -> Vec<Both> {
    let commands: Vec<_> = protocol::catalogue().collect();
    both(&root(), &commands, &Stored::read(&root(), &commands))
}

/// The events of every body of the pairs, of OpenIM and of Tencent Chat. They are what the functions store.
async fn stored(pairs: &[Pair]) -> BTreeMap<String, [Vec<Value>; 2]> {
    let dynamodb = Dynamodb::dynoxide().await;
    let table = dynamodb.events_table().await;
    let environment = table.environment();
    let get = move |name: &str| environment.get(name).cloned();
    let function = receiver::Function::new(any_command::handlers(), get);
    for pair in pairs {
        for (server, (command, body)) in pair.bodies.iter().enumerate() {
            let url = match server {
                0 => format!("/{command}"),
                _ => format!("/tencent?SdkAppid={SDK_APP_ID}&CallbackCommand={command}"),
            };
            let id = format!("{}/{server}", pair.name);
            let event = Request::post(&url, body.to_string());
            let event = event.to_rest_api_event(&id, 1_795_264_496_789);
            let response = function.answer(&event.to_string(), "invocation").await;
            let response = serde_json::to_value(response).unwrap();
            let answer = support::Answer::from_gateway_response(&response);
            assert_eq!(answer.status, 200, "{id}: {answer:?}");
        }
    }
    let mut events: BTreeMap<String, [Vec<Value>; 2]> = BTreeMap::new();
    for reception in table.receptions().await {
        let (name, server) = reception.id.rsplit_once('/').unwrap();
        let pair = pairs.iter().find(|pair| pair.name == name).unwrap();
        let stored = serde_json::to_value(&reception.events).unwrap();
        let stored = stored["events"].as_array().cloned().unwrap_or_default();
        let wanted = stored.into_iter().filter(|it| {
            let has = |field: &String| fields(it).contains(field);
            it["type"] == *pair.event && pair.with.as_ref().is_none_or(has)
        });
        events.entry(name.to_owned()).or_default()[server.parse::<usize>().unwrap()] =
            wanted.collect();
    }
    events
}

#[tokio::test]
async fn the_same_fact_from_both_servers_is_the_same_event() {
    let (given, pairs) = (given_by_both(), pairs(&root()));
    let stored = stored(&pairs).await;
    let mut wrong = Vec::new();
    for pair in &pairs {
        let Some(both) = given.iter().find(|it| it.event == pair.event) else {
            wrong.push(format!("{}: no payloads of both servers", pair.name));
            continue;
        };
        let mut events = stored.get(&pair.name).cloned().unwrap_or_default();
        for (server, events) in events.iter_mut().enumerate() {
            let (command, _) = &pair.bodies[server];
            if events.is_empty() {
                wrong.push(format!("{}: {command} gives no such event", pair.name));
            }
            if !both.commands[server].contains(&command.as_str()) {
                wrong.push(format!("{}: no payload of {command} gives it", pair.name));
            }
            for event in events {
                // What the payloads of a server do not show cannot be in its events.
                for field in &both.only[1 - server] {
                    if fields(event).contains(field) {
                        wrong.push(format!("{}: {command} fills in `{field}`, too", pair.name));
                    }
                }
                both.only.iter().flatten().for_each(|it| remove(event, it));
            }
        }
        let differs = |fields: &BTreeSet<&String>| {
            let mut events = events.clone();
            for event in events.iter_mut().flatten() {
                fields.iter().for_each(|field| remove(event, field));
            }
            (events[0] != events[1]).then_some(events)
        };
        let except: BTreeSet<&String> = pair.except.keys().collect();
        if let Some([openim, tencent]) = differs(&except) {
            let [openim, tencent] = [openim, tencent].map(|it| Value::Array(it).to_string());
            wrong.push(format!(
                "{}:\n  OpenIM  {openim}\n  Tencent {tencent}",
                pair.name
            ));
        }
        for field in &except {
            let mut others = except.clone();
            others.remove(field);
            if differs(&others).is_none() {
                wrong.push(format!("{}: `{field}` does not differ", pair.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    println!("{} pairs of bodies give equal events", pairs.len());
}

#[tokio::test]
async fn every_event_that_both_servers_give_has_a_pair_that_shows_each_shared_field() {
    let (given, pairs) = (given_by_both(), pairs(&root()));
    let stored = stored(&pairs).await;
    let mut missing = Vec::new();
    for both in &given {
        let of_event = pairs.iter().filter(|pair| pair.event == both.event);
        let of_event: Vec<&Pair> = of_event.collect();
        for field in &both.shared {
            let shown = of_event.iter().any(|pair| {
                let events = stored.get(&pair.name);
                events.is_some_and(|servers| {
                    let mut servers = servers.iter();
                    servers.all(|events| events.iter().any(|it| fields(it).contains(field)))
                })
            });
            // A field that always differs is shown by one server at a time.
            let is_excepted = of_event.iter().any(|pair| pair.except.contains_key(field));
            if !shown && !is_excepted {
                missing.push(format!("tests/pairs/{}.….json: `{field}`", both.event));
            }
        }
        // Every command of OpenIM that gives the event is compared with one of Tencent Chat.
        for command in &both.commands[0] {
            if of_event.iter().all(|pair| pair.bodies[0].0 != *command) {
                missing.push(format!("tests/pairs/{}.….json: {command}", both.event));
            }
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));

    assert!(!given.is_empty());
}
