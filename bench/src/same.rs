//! `bench same`: do the contestants do the same work? They get the same events, and their items and answers are compared.

use std::time::Duration;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use clap::Args;
use serde_json::{Value, json};

use crate::{
    Result,
    contestants::{self, Contestant, FLOOR, Places, Table},
    event::Callback,
    scene::Scene,
};

const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Args)]
pub(crate) struct Options {
    #[command(flatten)]
    places: Places,
    /// Compare only these
    #[arg(long, value_delimiter = ',', value_name = "NAME,…")]
    only: Vec<String>,
}

/// What a function made of an event.
#[derive(Debug, PartialEq)]
struct Outcome {
    /// The condition and the item of its `PutItem`, if it wrote one.
    item: Option<Value>,
    status: Value,
    /// Codes for the server, without texts for people.
    answer: Value,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let mut comparable = contestants::all();
    comparable.retain(does_the_work);
    let selected = contestants::select(comparable, &options.only, &options.places)?;
    let scene = Scene::new(&options.places, &selected)?;
    let events = events();
    let mut all = Vec::new();
    for contestant in &selected {
        all.push((contestant.name, outcomes(&scene, contestant, &events)?));
    }
    let [first, others @ ..] = all.as_slice() else {
        return Ok(());
    };
    for other in others {
        let names = events.iter().map(|(event, _)| *event);
        if let Some(difference) = difference(names, first, other) {
            return Err(difference.into());
        }
        println!("{} did as {} in {} events", other.0, first.0, events.len());
    }
    Ok(())
}

/// What two contestants made of all events, each with its name.
type Outcomes = (&'static str, Vec<Outcome>);

/// The first event of which they made different things.
fn difference<'a>(
    mut events: impl Iterator<Item = &'a str>,
    (first, theirs): &Outcomes,
    (other, own): &Outcomes,
) -> Option<String> {
    let mut pairs = theirs.iter().zip(own);
    events.find_map(|event| {
        let (theirs, own) = pairs.next()?;
        (theirs != own).then(|| format!("{event}:\n{first}: {theirs:?}\n{other}: {own:?}"))
    })
}

/// The floor writes an item that does not depend on the event.
fn does_the_work(contestant: &Contestant) -> bool {
    contestant.callback == Callback::DeleteFriend
        && contestant.table == Table::Constant
        && !contestant.as_deployed
        && contestant.name != FLOOR
}

fn outcomes(
    scene: &Scene,
    contestant: &Contestant,
    events: &[(&str, Vec<u8>)],
) -> Result<Vec<Outcome>> {
    let mut function = scene.start(contestant, &[], &[], PATIENCE)?;
    let mut outcomes = Vec::new();
    for (_, event) in events {
        let (response, put_item) = function.send_one(event.clone(), PATIENCE)?;
        outcomes.push(outcome(&response, put_item.as_deref())?);
    }
    Ok(outcomes)
}

fn outcome(response: &[u8], put_item: Option<&[u8]>) -> Result<Outcome> {
    let response: Value = serde_json::from_slice(response)?;
    let body = response["body"].as_str().ok_or("an answer without body")?;
    let body: Value = serde_json::from_str(body)?;
    let codes = ["actionCode", "errCode", "nextCode"].map(|name| body[name].clone());
    // The SDKs add options of their own, such as what DynamoDB shall return.
    let item = put_item.map(|bytes| {
        let request: Value = serde_json::from_slice(bytes)?;
        let parts = ["TableName", "ConditionExpression", "Item"];
        Ok::<_, crate::Error>(json!(parts.map(|name| &request[name])))
    });
    Ok(Outcome {
        item: item.transpose()?,
        status: response["statusCode"].clone(),
        answer: json!(codes),
    })
}

/// The events, each with a name. All contestants get the same time and the same ids.
fn events() -> Vec<(&'static str, Vec<u8>)> {
    let event = |change: &dyn Fn(&mut Value)| Callback::DeleteFriend.changed_event(change);
    vec![
        ("as OpenIM sends it", event(&|_| {})),
        (
            "without an operation id",
            event(&|event| without_header(event, "operationID")),
        ),
        (
            "in base64",
            event(&|event| {
                let body = event["body"].as_str().unwrap_or_default();
                event["body"] = BASE64_STANDARD.encode(body).into();
                event["isBase64Encoded"] = true.into();
            }),
        ),
        (
            "ids with quotes, line ends and letters of several bytes",
            event(&|event| {
                let ids = json!({
                    "callbackCommand": "callbackAfterDeleteFriendCommand",
                    "ownerUserID": "Zo\u{eb} \"\u{738b}\"\\",
                    "friendUserID": "\u{1f600}\n</script>",
                });
                event["body"] = ids.to_string().into();
            }),
        ),
        (
            "at the first millisecond of a year",
            event(&|event| {
                event["requestContext"]["requestTimeEpoch"] = 1_798_761_600_000_u64.into();
            }),
        ),
        (
            "with a wrong password",
            event(&|event| set_header(event, "Authorization", json!(["Basic b3BlbmltOndyb25n"]))),
        ),
        (
            "without a password",
            event(&|event| without_header(event, "Authorization")),
        ),
    ]
}

fn set_header(event: &mut Value, name: &str, values: Value) {
    event["headers"][name] = values[0].clone();
    event["multiValueHeaders"][name] = values;
}

fn without_header(event: &mut Value, name: &str) {
    for headers in ["headers", "multiValueHeaders"] {
        if let Some(headers) = event[headers].as_object_mut() {
            headers.remove(name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &'static str, owner: &str, code: u64) -> Outcomes {
        let put_item = json!({
            "TableName": "events",
            "ConditionExpression": "attribute_not_exists(pk)",
            "Item": { "pk": { "S": format!("user#{owner}") } },
            "ReturnConsumedCapacity": name,
        });
        let body = json!({ "actionCode": 0, "errCode": code, "nextCode": 0, "errDlt": name });
        let response = json!({ "statusCode": 200, "body": body.to_string() });
        let bytes = |value: Value| value.to_string().into_bytes();
        let outcome = outcome(&bytes(response), Some(&bytes(put_item)));
        (name, vec![outcome.unwrap()])
    }

    #[test]
    fn another_item_or_answer_is_a_difference_and_other_words_are_none() {
        let differs = |other| difference(["an event"].into_iter(), &of("ours", "ana", 0), &other);
        assert_eq!(differs(of("go", "ana", 0)), None);
        assert!(differs(of("go", "bob", 0)).is_some_and(|it| it.starts_with("an event:\nours: ")));
        assert!(differs(of("go", "ana", 29001)).is_some());
    }
}
