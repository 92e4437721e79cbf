//! `imhook replay`: sends stored events again.

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use clap::Args;
use cloudevents::{CloudEvent, Key};
use domain::{Family, Reception, Source, Timestamp};
use outgoing::{Addresses, Client, Signer, Target};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::Position;
use stream::{Failed, Stored};
use tokio::time::{sleep, timeout};

use crate::{
    Result, checkpoint,
    destinations::Destinations,
    out::Format,
    tables::{Tables, local_account},
};

#[derive(Args)]
pub(crate) struct Options {
    /// Begin of the time, such as 2026-11-21 or 2026-11-21T14:00:00Z; by the reception of the events
    #[arg(long, value_name = "TIME", value_parser = time)]
    from: Timestamp,
    /// End of the time, which is not part of it; now if it is not given
    #[arg(long, value_name = "TIME", value_parser = time)]
    to: Option<Timestamp>,
    /// Only events of this family; can be given several times
    #[arg(long, value_name = "FAMILY", value_parser = family)]
    family: Vec<Family>,
    #[command(flatten)]
    way: Way,
    /// The most events in a second
    #[arg(long, value_name = "NUMBER", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
    rate: u32,
    /// Say how many events would be sent, and send none
    #[arg(long)]
    dry_run: bool,
    /// File for the progress, so an interrupted run can be continued
    #[arg(long, value_name = "FILE", default_value = ".local/replay.json")]
    checkpoint: PathBuf,
    /// Begin with the first event, even after an interrupted run
    #[arg(long)]
    from_start: bool,
    /// The app of Tencent Chat, for --through-handlers
    #[arg(long, default_value = "1400000001")]
    sdk_app_id: String,
    #[command(flatten)]
    format: Format,
    #[command(flatten)]
    tables: Tables,
    #[command(flatten)]
    destinations: Destinations,
}

/// Where the events go.
#[derive(Args)]
#[group(required = true, multiple = false)]
struct Way {
    /// To the event bus that --event-bus names
    #[arg(long, requires = "event_bus")]
    to_bus: bool,
    /// To your service: one signed POST for each event. `DELIVERY_SECRET` of the environment signs
    #[arg(long, value_name = "URL")]
    to_url: Option<String>,
    /// Give callbacks that were kept as they came to the handlers of this version, and store their events
    #[arg(long, conflicts_with = "family")]
    through_handlers: bool,
}

/// A time as a person writes it.
pub(crate) fn time(text: &str) -> std::result::Result<Timestamp, String> {
    let whole = match text.len() {
        10 => format!("{text}T00:00:00.000Z"),
        20 => text.replace('Z', ".000Z"),
        _ => text.to_owned(),
    };
    Timestamp::try_from(whole)
        .map_err(|_| "it is not a time of UTC such as 2026-11-21T14:00:00Z".to_owned())
}

fn family(text: &str) -> std::result::Result<Family, String> {
    let known = Family::ALL.iter().find(|family| family.as_str() == text);
    known.copied().ok_or_else(|| {
        let all: Vec<&str> = Family::ALL.iter().map(|family| family.as_str()).collect();
        format!("the families are {}", all.join(", "))
    })
}

/// How many items of the table are read before the progress is saved.
const STEP: i32 = 200;

/// The pauses before an event is sent again that your service did not take.
const PAUSES: [Duration; 3] = [
    Duration::from_millis(500),
    Duration::from_secs(2),
    Duration::from_secs(8),
];

/// The media type of an event.
const MEDIA_TYPE: &str = "application/cloudevents+json";

/// How long your service may take.
const PATIENCE: Duration = Duration::from_secs(15);

/// The progress of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Progress {
    /// What this run does. A run that does something else does not continue it.
    what: String,
    /// Distinguishes the events table from another one with the same name.
    events_table_created: String,
    /// Unix seconds.
    begun: u64,
    /// The mark of the events of this run.
    replayed: Timestamp,
    before: Timestamp,
    /// The last item that was sent.
    after: Option<Position>,
    sent: u64,
    left_out: u64,
}

/// Sends the events of a time again, in the order of the table: those of one user or group in their order.
pub(crate) async fn replay(options: Options) -> Result<()> {
    let way = Sender::new(&options)?;
    let (events, _) = options.tables.patient()?;
    let created = events.description().await?.created;
    let mut progress = begin(&options, created)?;
    loop {
        let page = events
            .page_received(options.from, progress.before, progress.after.as_ref(), STEP)
            .await?;
        for position in &page.unreadable {
            options.format.say(
                &format!("cannot be read, left out: {position}"),
                &json!({"what": "leftOut", "item": position.to_string(), "reason": "cannot be read"}),
            )?;
        }
        progress.left_out += u64::try_from(page.unreadable.len())?;
        for (reception, position) in page.receptions.into_iter().zip(page.positions) {
            if !way.means(&options, &reception) {
                continue;
            }
            let begun = Instant::now();
            let id = reception.id.clone();
            match way.send(reception, &position, progress.replayed).await {
                Ok(sent) => {
                    progress.sent += u64::from(sent);
                    progress.after = Some(position);
                    let least = Duration::from_secs(1) * sent / options.rate;
                    if !options.dry_run {
                        sleep(least.saturating_sub(begun.elapsed())).await;
                    }
                }
                Err(Failed::Never(reason)) => {
                    options.format.say(
                        &format!("cannot be sent, left out: {id}: {reason}"),
                        &json!({"what": "leftOut", "id": id, "reason": reason}),
                    )?;
                    progress.left_out += 1;
                }
                Err(Failed::Now(error)) => {
                    checkpoint::save(&options.checkpoint, &progress)?;
                    return Err(format!(
                        "stopped after {} events: {error}\nwhen that works again, the same command continues from there",
                        progress.sent
                    )
                    .into());
                }
            }
        }
        progress.after = page.next;
        if progress.after.is_none() {
            break;
        }
        options.format.progress(
            &format!("{} events {}", progress.sent, way.done()),
            None,
            &json!({"what": "progress", "events": progress.sent}),
        )?;
        checkpoint::save(&options.checkpoint, &progress)?;
    }
    checkpoint::remove(&options.checkpoint)?;
    options.format.say(
        &format!("{} events {}", progress.sent, way.done()),
        &json!({"what": "done", "events": progress.sent, "leftOut": progress.left_out, "dryRun": options.dry_run}),
    )?;
    match progress.left_out {
        0 => Ok(()),
        left_out => Err(format!("{left_out} items were left out (see above)").into()),
    }
}

/// The progress of the interrupted run that this one continues, or that of a new run.
fn begin(options: &Options, created: String) -> Result<Progress> {
    let now = Timestamp::now();
    let families: Vec<&str> = options.family.iter().map(|it| it.as_str()).collect();
    let new = Progress {
        what: format!(
            "{} {} from {} to {} {} {:?} {} {} {}",
            options.tables.database(),
            options.tables.events_table,
            options.from,
            options.to.map_or("now".to_owned(), |to| to.to_string()),
            families.join(","),
            options.destinations.event_bus,
            options.way.to_url.as_deref().unwrap_or_default(),
            options.way.through_handlers,
            options.dry_run,
        ),
        events_table_created: created,
        begun: checkpoint::now()?,
        replayed: now,
        before: options.to.unwrap_or(now),
        after: None,
        sent: 0,
        left_out: 0,
    };
    if options.from_start {
        return Ok(new);
    }
    let Some(old) = checkpoint::read::<Progress>(&options.checkpoint)? else {
        return Ok(new);
    };
    let file = options.checkpoint.display();
    if old.what != new.what {
        return Err(format!(
            "{file} belongs to another interrupted replay: finish that one, or use --from-start"
        )
        .into());
    }
    let same_table = old.events_table_created == new.events_table_created;
    if !checkpoint::is_resumed(&options.checkpoint, same_table, old.begun)? {
        return Ok(new);
    }
    options.format.say(
        &format!("resuming after {} events ({file})", old.sent),
        &json!({"what": "resumed", "events": old.sent}),
    )?;
    Ok(old)
}

/// What sends events.
enum Sender {
    Nobody,
    Bus(publish::Publisher),
    Service {
        stack: String,
        client: Client,
        signer: Signer,
    },
    Handlers {
        function: receiver::Function,
        sdk_app_id: String,
    },
}

impl Sender {
    fn new(options: &Options) -> Result<Self> {
        if options.dry_run {
            return Ok(Self::Nobody);
        }
        if options.way.to_bus {
            let publisher = options.destinations.publisher(&options.tables, None)?;
            return Ok(Self::Bus(publisher));
        }
        let Some(url) = &options.way.to_url else {
            return Ok(Self::Handlers {
                function: handlers(options),
                sdk_app_id: options.sdk_app_id.clone(),
            });
        };
        let secret = |name: &str| std::env::var(name).ok().filter(|it| !it.is_empty());
        let current = secret("DELIVERY_SECRET").ok_or("DELIVERY_SECRET is not set")?;
        let previous = secret("DELIVERY_SECRET_PREVIOUS");
        let secrets = [Some(current.as_str()), previous.as_deref()];
        let signer = Signer::new(secrets.into_iter().flatten())
            .map_err(|wrong| format!("DELIVERY_SECRET {wrong}"))?;
        // An operator's own machine may be the service.
        let target =
            Target::new(url, Addresses::AlsoPrivate).map_err(|wrong| format!("the URL {wrong}"))?;
        Ok(Self::Service {
            stack: options.destinations.stack.clone(),
            client: Client::new(target)?,
            signer,
        })
    }

    /// What the count says.
    fn done(&self) -> &'static str {
        match self {
            Self::Nobody => "would be sent",
            Self::Bus(_) | Self::Service { .. } => "sent",
            Self::Handlers { .. } => "given to their handlers",
        }
    }

    /// Whether the options mean this reception.
    fn means(&self, options: &Options, reception: &Reception) -> bool {
        let family = reception.events.family();
        if options.way.through_handlers {
            // A part has only a piece of the body.
            return family == Family::Unknown && reception.part.is_none();
        }
        options.family.is_empty() || options.family.contains(&family)
    }

    /// Sends the events of a reception, and gives their number.
    async fn send(
        &self,
        reception: Reception,
        position: &Position,
        replayed: Timestamp,
    ) -> std::result::Result<u32, Failed> {
        let count = u32::try_from(reception.events.len().max(1)).unwrap_or(u32::MAX);
        match self {
            Self::Nobody => {}
            Self::Bus(publisher) => {
                let stored = Stored {
                    receptions: vec![reception],
                    keys: vec![position.clone()],
                };
                for result in publisher.publish(&stored, Some(replayed)).await {
                    result?;
                }
            }
            Self::Service {
                stack,
                client,
                signer,
            } => {
                let key = Key {
                    pk: &position.pk,
                    sk: &position.sk,
                };
                for mut event in cloudevents::from_reception(&reception, stack, key) {
                    event.replayed = Some(replayed);
                    post(client, signer, &event).await.map_err(Failed::Now)?;
                }
            }
            Self::Handlers {
                function,
                sdk_app_id,
            } => handle(function, sdk_app_id, &reception).await?,
        }
        Ok(count)
    }
}

/// Sends an event to a service, several times if it does not take it.
async fn post(
    client: &Client,
    signer: &Signer,
    event: &CloudEvent,
) -> std::result::Result<(), String> {
    let mut pauses = PAUSES.into_iter();
    loop {
        let posted = client.post(signer, &event.id, MEDIA_TYPE, event.to_json());
        let error = match timeout(PATIENCE, posted).await {
            Ok(Ok(answer)) if (200..300).contains(&answer.status) => return Ok(()),
            Ok(Ok(answer)) => format!("your service answered {}", answer.status),
            Ok(Err(failure)) => failure.to_string(),
            Err(_) => "your service did not answer in time".to_owned(),
        };
        let Some(pause) = pauses.next() else {
            return Err(error);
        };
        sleep(pause).await;
    }
}

/// The handlers of this program, in front of the events table. They believe the caller, who was believed when the callback
/// came.
fn handlers(options: &Options) -> receiver::Function {
    let aws = options.tables.aws();
    let (events_table, database) = (
        options.tables.events_table.clone(),
        options.tables.database(),
    );
    let sdk_app_id = options.sdk_app_id.clone();
    receiver::Function::new(any_command::handlers(), move |name| match name {
        "EVENTS_TABLE" => Some(events_table.clone()),
        "OPENIM_VERIFIER" | "TENCENT_VERIFIER" => Some("none".to_owned()),
        "TENCENT_SDK_APP_ID" => Some(sdk_app_id.clone()),
        // Nobody waits.
        "DEADLINE_MS" => Some("2500".to_owned()),
        "AWS_ENDPOINT_URL_DYNAMODB" if !aws => Some(database.clone()),
        _ if !aws => local_account(name),
        _ if name.starts_with("AWS_") || name.ends_with("_RETENTION_DAYS") => {
            std::env::var(name).ok()
        }
        _ => None,
    })
}

/// Gives a callback that was kept as it came to its handler, as the gateway did, with its id and time.
async fn handle(
    function: &receiver::Function,
    sdk_app_id: &str,
    reception: &Reception,
) -> std::result::Result<(), Failed> {
    let command = &reception.command;
    let (path, query) = match reception.source {
        Source::Tencent => (
            "/tencent".to_owned(),
            json!({"SdkAppid": [sdk_app_id], "CallbackCommand": [command]}),
        ),
        Source::OpenIm => (format!("/{command}"), Value::Null),
    };
    let headers: Vec<&str> = reception.operation_id.as_deref().into_iter().collect();
    let event = json!({
        "resource": path, "path": path, "httpMethod": "POST", "isBase64Encoded": false,
        "headers": null,
        "multiValueHeaders": {"content-type": ["application/json"], "operationID": headers},
        "multiValueQueryStringParameters": query,
        "requestContext": {
            "requestId": reception.id,
            "requestTimeEpoch": reception.received_at.unix_millis(),
            "identity": {"sourceIp": "127.0.0.1"}, "httpMethod": "POST", "path": path, "stage": "replay",
        },
        "body": reception.body,
    });
    let answer = function.answer(&event.to_string(), &reception.id).await;
    let answer = serde_json::to_value(answer).map_err(|error| Failed::Now(error.to_string()))?;
    match answer["statusCode"].as_u64() {
        Some(200) => Ok(()),
        _ => Err(Failed::Now(format!(
            "the receiver answers {}",
            answer["body"]
        ))),
    }
}
