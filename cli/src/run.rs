//! `imhook run`, for `make run`: starts DynamoDB, a gateway and all functions, and prints a line for each callback.

pub(crate) mod clock;
pub(crate) mod event;
mod functions;
mod gateway;
pub(crate) mod print;
mod runtime_api;
pub(crate) mod stack;

use std::{
    collections::BTreeMap,
    env,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    time::Duration,
};

use axum::serve::ListenerExt as _;
use clap::Args;
use publish::Only;
use receiver::JudgedLater;
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
    sync::{mpsc, oneshot},
    time::timeout,
};

use self::{
    clock::Clock,
    functions::{Functions, Lambda},
    gateway::Gateway,
    runtime_api::RuntimeApi,
    stack::Stack,
};
use crate::{
    Result, dynamodb,
    inspect::{self, Inspector, seen::Seen},
    policies,
    stream::{self, Reader},
    table,
    tables::{self, Database, LOCAL_ACCOUNT},
};

/// How long the last requests may take after Ctrl-C. It is longer than any callback's function may take to answer.
const LAST_ANSWERS: Duration = Duration::from_secs(4);

#[derive(Args)]
pub(crate) struct Options {
    /// Address to listen on; an OpenIM in a container needs 0.0.0.0
    #[arg(long, default_value = "127.0.0.1")]
    address: IpAddr,
    /// Port of the callbacks
    #[arg(long, default_value_t = 9000)]
    port: u16,
    /// Port of DynamoDB
    #[arg(long, default_value_t = 8000)]
    dynamodb_port: u16,
    /// The app of Tencent Chat whose callbacks are accepted
    #[arg(long, default_value = "1400000001")]
    sdk_app_id: String,
    /// Folder for the data
    #[arg(long, default_value = ".local")]
    folder: PathBuf,
    /// File with the rules for before callbacks
    #[arg(long, default_value = "policies.json")]
    policies: PathBuf,
    /// Your service that decides about before callbacks; it may be on this machine
    #[arg(long)]
    decision_url: Option<String>,
    /// Your service that gets events; it may be on this machine
    #[arg(long)]
    delivery_url: Option<String>,
    /// Another receiver of callbacks, which gets after callbacks as they came; it may be on this machine
    #[arg(long)]
    forward_url: Option<String>,
    /// EventBridge on this machine, such as MiniStack's, that gets every event
    #[arg(long, value_name = "URL", requires = "event_bus")]
    eventbridge: Option<String>,
    /// Name or ARN of the bus there
    #[arg(long, value_name = "NAME", requires = "eventbridge")]
    event_bus: Option<String>,
    /// Port of the page that shows what arrives; 0 turns the page off. Without it, the one after the callbacks' port, or a free one
    #[arg(long, value_name = "PORT")]
    inspect_port: Option<u16>,
    #[command(flatten)]
    moderation: Moderation,
}

/// What is judged after it was sent, and where messages are withdrawn. The secrets are in this program's environment.
#[derive(Args)]
struct Moderation {
    /// Kinds of messages that your service judges after they were sent, such as picture,video
    #[arg(long, value_name = "KINDS", requires = "decision_url")]
    moderate_later: Option<String>,
    /// REST API of the OpenIM server that refused messages are withdrawn from; OPENIM_ADMIN_SECRET is its secret
    #[arg(long, value_name = "URL", requires = "moderate_later")]
    openim_api_url: Option<String>,
    /// User id of an administrator of that server
    #[arg(long, default_value = "imAdmin")]
    openim_admin_user: String,
    /// REST API of Tencent Chat that refused messages are withdrawn from; TENCENT_KEY is the app's key
    #[arg(long, value_name = "URL", requires = "moderate_later")]
    tencent_api_url: Option<String>,
    /// Account of an administrator of that app
    #[arg(long, default_value = "administrator")]
    tencent_admin: String,
}

pub(crate) async fn run(options: Options) -> Result<()> {
    // Ctrl-C, and the signal of scripts.
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    // Checked here, because with a mistake in it no function would work.
    policies::read(&options.policies)?;
    let stack = Stack::read(env::var("ON_FAILURE").ok().as_deref())?;
    let only = |name: &str| {
        let only = Only::new(&env::var(name).unwrap_or_default());
        only.map_err(|wrong| format!("{name} {wrong}"))
    };
    let (delivered, forwarded) = (only("DELIVERY_ONLY")?, only("FORWARD_ONLY")?);
    let mut wrong = Vec::new();
    let later = options.moderation.moderate_later.as_deref();
    let later = JudgedLater::read(later.unwrap_or_default(), &mut wrong);
    if !wrong.is_empty() {
        return Err(wrong.join("; ").into());
    }
    let listener = listener(options.address, options.port).await?;
    let url = url(listener.local_addr()?);

    let data = options.folder.join("dynamodb.sqlite");
    let address = (Ipv4Addr::LOCALHOST, options.dynamodb_port).into();
    let (stop_database, database_stopped) = oneshot::channel::<()>();
    let (endpoint, serving) = dynamodb::start(address, Some(data.clone()), async move {
        let _ = database_stopped.await;
    })
    .await?;
    let serving = async { serving.await.map_err(|error| error.to_string()) };
    let database = tokio::spawn(serving);
    for (resource, table) in [
        (table::EVENTS, tables::EVENTS),
        (table::RELATIONSHIPS, tables::RELATIONSHIPS),
        (table::LIMITS, tables::LIMITS),
        (table::NONCES, tables::NONCES),
    ] {
        table::create(&endpoint, resource, table).await?;
    }

    let page = page(&options, listener.local_addr()?).await?;
    let seen = page.as_ref().map(|_| Seen::new());
    let here = Database::at(&endpoint);
    let page = match (page, seen.clone()) {
        (Some(page), Some(seen)) => {
            let tables = [tables::EVENTS, tables::RELATIONSHIPS];
            let inspector = Inspector::new(&here, tables, seen)?.of_receiver(&url)?;
            Some(inspector.serve(page)?)
        }
        _ => None,
    };
    let (alive, mut all_gone) = mpsc::channel(1);
    let runtime_api = RuntimeApi::default();
    let lambda = Lambda {
        binaries: binaries()?,
        policies: std::path::absolute(&options.policies)?,
        set: environment(&options, &endpoint, &stack),
        removed: REMOVED,
        runtime_api_address: runtime_api.serve().await?.to_string(),
        runtime_api,
        seen: seen.clone(),
        _alive: alive,
    };
    let gateway = Gateway {
        functions: Functions::new(lambda, &stack.functions),
        stack,
        clock: Clock::new(),
        seen: seen.clone(),
    };
    let service = gateway
        .router()
        .into_make_service_with_connect_info::<SocketAddr>();
    let (stop, stopped) = oneshot::channel::<()>();
    // Without this, each small answer would wait for an acknowledgement.
    let listener = listener.tap_io(|connection| {
        let _ = connection.set_nodelay(true);
    });
    let serving = axum::serve(listener, service).with_graceful_shutdown(async move {
        let _ = stopped.await;
    });
    let mut serving = tokio::spawn(async move { serving.await });

    let checkpoint = options.folder.join("stream.json");
    for (what, url, secret) in [
        ("decisions", &options.decision_url, "DECISION_SECRET"),
        ("deliveries", &options.delivery_url, "DELIVERY_SECRET"),
        ("forward", &options.forward_url, "FORWARD_SECRET"),
    ] {
        if let Some(url) = url {
            let secret = match env::var_os(secret) {
                Some(_) => secret,
                None => SERVICE_SECRET,
            };
            print::line(&format!("{what}: {url}, signed with {secret}"));
        }
    }
    if let Some(later) = &options.moderation.moderate_later {
        print::line(&format!("judged after they were sent: {later}"));
    }
    for line in [
        format!("url: {url}"),
        format!("dynamodb: {endpoint}"),
        format!("data: {}", data.display()),
        format!("table: {}", tables::EVENTS),
        format!("relationships: {}", tables::RELATIONSHIPS),
        format!("checkpoint: {}", checkpoint.display()),
        format!("policies: {}", options.policies.display()),
        format!("SdkAppid: {}", options.sdk_app_id),
    ]
    .into_iter()
    .chain(page.map(|page| format!("inspect: {page}")))
    .chain(["ready: `make sample` posts one of each callback; Ctrl-C stops".to_owned()])
    {
        print::line(&line);
    }

    // A reader that is not wanted never gets anything.
    let also = async |reader: Option<Reader>, file: &str| match reader {
        Some(reader) => {
            let checkpoint = options.folder.join(file);
            feed(&reader, &endpoint, &url, &checkpoint, None).await
        }
        None => std::future::pending().await,
    };
    let bus = options.event_bus.is_some().then_some(Reader::Bus);
    let deliveries = options.delivery_url.as_ref();
    let deliveries = deliveries.map(|_| Reader::Deliveries(delivered));
    let forwards = options.forward_url.as_ref();
    let forwards = forwards.map(|_| Reader::Forwards(forwarded));
    let moderation = (!later.is_none()).then_some(Reader::Moderation(later));
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
        never = feed(&Reader::Views, &endpoint, &url, &checkpoint, seen.as_deref()) => match never {},
        never = also(bus, "bus.json") => match never {},
        never = also(deliveries, "deliveries.json") => match never {},
        never = also(forwards, "forward.json") => match never {},
        never = also(moderation, "moderation.json") => match never {},
    }
    let _ = stop.send(());
    if timeout(LAST_ANSWERS, &mut serving).await.is_err() {
        serving.abort();
    }
    // The processes of the functions end with the gateway. A process that is still working ends with this program.
    let _ = timeout(Duration::from_secs(1), all_gone.recv()).await;
    let _ = stop_database.send(());
    if let Ok(database) = timeout(Duration::from_secs(1), database).await {
        database??;
    }
    print::line("stopped");
    Ok(())
}

/// The page's own port. `None` if the page is off.
async fn page(options: &Options, callbacks: SocketAddr) -> Result<Option<TcpListener>> {
    let page = |port| inspect::listen((options.address, port).into());
    Ok(match options.inspect_port {
        Some(0) => None,
        Some(port) => Some(page(port).await?),
        None => match page(callbacks.port().saturating_add(1)).await {
            Ok(listener) => Some(listener),
            Err(_) => Some(page(0).await?),
        },
    })
}

async fn listener(address: IpAddr, port: u16) -> Result<TcpListener> {
    let address = SocketAddr::new(address, port);
    let refused = |error| {
        format!(
            "the gateway cannot use {address}: {error}; `make run PORT=9001` takes another port"
        )
    };
    Ok(TcpListener::bind(address).await.map_err(refused)?)
}

/// The URL to print. If the gateway listens on all addresses, it has one that works on this machine.
fn url(address: SocketAddr) -> String {
    if address.ip().is_unspecified() {
        format!("http://127.0.0.1:{}", address.port())
    } else {
        format!("http://{address}")
    }
}

/// The folder of the functions' binaries. `cargo build` puts all programs of the workspace into one folder.
fn binaries() -> Result<PathBuf> {
    let this = env::current_exe()?;
    let folder = this
        .parent()
        .ok_or("the folder of this program is not known")?;
    Ok(folder.to_owned())
}

/// Signs what your services get, unless this program's environment has `DECISION_SECRET` or `DELIVERY_SECRET`. It protects
/// nothing: it is for trying.
const SERVICE_SECRET: &str = "whsec_Zm9yIHRyeWluZyBvbmx5LCBvbiBhIGxhcHRvcC4u";

/// Variables that the functions must not inherit, so that a local run never reaches AWS.
const REMOVED: &[&str] = &[
    "AWS_SESSION_TOKEN",
    "EVENTS_QUEUE_URL",
    "DECISION_SECRET_ID",
    "DELIVERIES_DEAD_LETTER_QUEUE_URL",
    "DELIVERIES_QUEUE_URL",
    "DELIVERY_SECRET_ID",
    "EVENT_BUS",
    "FORWARD_QUEUE_URL",
    "FORWARD_SECRET_ID",
    "MODERATION_QUEUE_URL",
    "MODERATION_SECRET_ID",
    "OPENIM_SECRET_ID",
    "PUBLISH_FAILURES_QUEUE_URL",
    "TENCENT_SECRET_ID",
    "VIEW_FAILURES_QUEUE_URL",
];

/// The variables that the functions get, besides those of this program. A variable of this program replaces the default of
/// the stack's parameter.
fn environment(options: &Options, dynamodb: &str, stack: &Stack) -> Vec<(String, String)> {
    let here = [
        ("AWS_ENDPOINT_URL_DYNAMODB", dynamodb),
        ("EVENTS_TABLE", tables::EVENTS),
        ("RELATIONSHIPS_TABLE", tables::RELATIONSHIPS),
        ("LIMITS_TABLE", tables::LIMITS),
        ("NONCES_TABLE", tables::NONCES),
        ("TENCENT_SDK_APP_ID", &options.sdk_app_id),
    ];
    let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    let mut defaults: BTreeMap<String, String> = stack.environment.iter().cloned().collect();
    // Without a verifier, unless this program's environment names one.
    defaults.extend([("OPENIM_VERIFIER", "none"), ("TENCENT_VERIFIER", "none")].map(owned));
    let services = [
        (&options.decision_url, "DECISION"),
        (&options.delivery_url, "DELIVERY"),
        (&options.forward_url, "FORWARD"),
    ];
    let services = services.map(|(url, name)| Some((url.as_ref()?, name)));
    let services = services.into_iter().flatten();
    for (_, name) in services.clone() {
        defaults.insert(format!("{name}_SECRET"), SERVICE_SECRET.to_owned());
    }
    if options.forward_url.is_some() {
        defaults.insert("KEEP_BODY".to_owned(), "all".to_owned());
    }
    defaults.retain(|name, _| env::var_os(name).is_none());
    defaults.extend(LOCAL_ACCOUNT.into_iter().chain(here).map(owned));
    for (url, name) in services {
        defaults.insert(format!("{name}_URL"), url.clone());
        defaults.extend([("ALLOW_PRIVATE_ADDRESSES", "yes")].map(owned));
    }
    let bus = [
        ("EVENT_BUS", &options.event_bus),
        ("AWS_ENDPOINT_URL_EVENTBRIDGE", &options.eventbridge),
    ];
    let bus = bus.into_iter();
    defaults.extend(bus.filter_map(|(name, value)| Some(owned((name, value.as_deref()?)))));
    let Moderation {
        moderate_later,
        openim_api_url,
        openim_admin_user,
        tencent_api_url,
        tencent_admin,
    } = &options.moderation;
    let moderation = [
        ("MODERATE_LATER", moderate_later.as_deref()),
        ("OPENIM_API_URL", openim_api_url.as_deref()),
        ("OPENIM_ADMIN_USER", Some(openim_admin_user.as_str())),
        ("TENCENT_API_URL", tencent_api_url.as_deref()),
        ("TENCENT_ADMIN", Some(tencent_admin.as_str())),
    ];
    let moderation = moderation.into_iter().filter(|_| moderate_later.is_some());
    defaults.extend(moderation.filter_map(|(name, value)| Some(owned((name, value?)))));
    defaults.into_iter().collect()
}

/// Sends the stream to a reader. If reading the stream fails, it starts again.
async fn feed(
    reader: &Reader,
    endpoint: &str,
    url: &str,
    checkpoint: &Path,
    seen: Option<&Seen>,
) -> std::convert::Infallible {
    loop {
        let Err(error) = stream::feed(
            reader,
            endpoint,
            tables::EVENTS,
            url,
            Some(checkpoint),
            seen,
        )
        .await;
        print::line(&format!(
            "the events table's stream is read again, because {error}"
        ));
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}
