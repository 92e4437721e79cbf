//! The page of a receiver: what arrives and what comes of it. `imhook run` serves it, and `imhook inspect` serves it of tables.

mod about;
mod detail;
mod filter;
mod health;
mod live;
mod mask;
mod pages;
pub(crate) mod seen;
mod web;

use std::{
    convert::Infallible,
    env,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::Arc,
};

use clap::Args;
use domain::Timestamp;
use ring::rand::{SecureRandom as _, SystemRandom};
use serde_json::Value;
use store::{EventsTable, RelationshipsTable, Retention, stream_record};
use tokio::net::TcpListener;

use self::seen::Seen;
use crate::{
    Result, exit, out,
    queues::{Queue, Queues},
    smoke::http::Http,
    tables::{Database, EVENTS, RELATIONSHIPS},
    tail::{self, stream::Stream},
};

#[derive(Args)]
#[command(after_help = "\
`imhook run` and `make run` serve the same page with more: they also see the requests, the answers and the log.

With an --address that other machines reach, the page wants a token. IMHOOK_INSPECT_TOKEN has it, or one is made and printed.
The page speaks HTTP without TLS: put a proxy with TLS in front, or use it through ssh.

Exit codes: 0 after Ctrl-C; 10 the tables went away; 1 they were never there.

Examples:
  imhook inspect
  imhook inspect --aws --events-table <EventsTableName> --relationships-table <RelationshipsTableName>
  imhook inspect --address 0.0.0.0 --port 9100

With the queues' URLs, as for `imhook dead-letters`, the page of health says how many messages wait in each.")]
pub(crate) struct Options {
    /// Address to listen on
    #[arg(long, default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    address: IpAddr,
    /// Port of the page; 0 takes a free one
    #[arg(long, default_value_t = 9001)]
    port: u16,
    /// Begin the list with what was stored since then, as in `imhook tail`. Without it, the list begins with the last day on this
    /// machine, and in AWS with what comes
    #[arg(long, value_name = "TIME", value_parser = tail::since)]
    since: Option<Timestamp>,
    #[command(flatten)]
    database: Database,
    /// Name of the events table
    #[arg(long, value_name = "NAME", default_value = EVENTS)]
    events_table: String,
    /// Name of the relationships table
    #[arg(long, value_name = "NAME", default_value = RELATIONSHIPS)]
    relationships_table: String,
    #[command(flatten)]
    queues: Queues,
}

/// What the pages read.
pub(crate) struct Inspector {
    pub(crate) seen: Arc<Seen>,
    events: EventsTable,
    relationships: RelationshipsTable,
    /// Where a request can be sent again. `None` if only tables are known.
    receiver: Option<Http>,
    /// The queues that the options name, with what each has.
    queues: Vec<(&'static str, Queue)>,
    /// What a reader must know, if other machines reach the page.
    token: Option<String>,
    /// What the page is about.
    place: String,
}

impl Inspector {
    pub(crate) fn new(database: &Database, tables: [&str; 2], seen: Arc<Seen>) -> Result<Self> {
        let client = database.client()?;
        Ok(Self {
            seen,
            events: EventsTable::new(client.clone(), tables[0], Retention::default()),
            relationships: RelationshipsTable::new(client, tables[1]),
            receiver: None,
            queues: Vec::new(),
            token: None,
            place: format!("{} of {}", tables[0], database.shown()),
        })
    }

    /// The page is about a receiver that runs here.
    pub(crate) fn of_receiver(mut self, url: &str) -> Result<Self> {
        self.receiver = Some(Http::new("the receiver", url)?);
        url.clone_into(&mut self.place);
        Ok(self)
    }

    fn receiver_url(&self) -> &str {
        let receiver = self.receiver.as_ref();
        receiver.map_or("http://127.0.0.1:9000", |it| it.url.as_str())
    }

    /// Serves the page until the process ends. Gives the address to open.
    pub(crate) fn serve(mut self, listener: TcpListener) -> Result<String> {
        let address = listener.local_addr()?;
        let mut url = shown(address);
        if !address.ip().is_loopback() {
            let token = match env::var("IMHOOK_INSPECT_TOKEN") {
                Ok(token) if !is_good(&token) => {
                    return Err(
                        "IMHOOK_INSPECT_TOKEN must have 16 letters or digits, or more".into(),
                    );
                }
                Ok(token) => token,
                Err(_) => {
                    let token = new_token()?;
                    // Only one that was made is printed.
                    url = format!("{url}/?token={token}");
                    token
                }
            };
            self.token = Some(token);
        }
        tokio::spawn(web::serve(listener, Arc::new(self)));
        Ok(url)
    }
}

/// The URL to print. If the page listens on all addresses, it has one that works on this machine.
fn shown(address: SocketAddr) -> String {
    match address.ip().is_unspecified() {
        true => format!("http://127.0.0.1:{}", address.port()),
        false => format!("http://{address}"),
    }
}

/// It is part of a URL and of a cookie.
fn is_good(token: &str) -> bool {
    token.len() >= 16 && token.bytes().all(|it| it.is_ascii_alphanumeric())
}

fn new_token() -> Result<String> {
    let mut bytes = [0; 16];
    let random = SystemRandom::new().fill(&mut bytes);
    random.map_err(|_| "this machine has no random numbers for a token")?;
    Ok(base16ct::lower::encode_string(&bytes))
}

pub(crate) async fn inspect(options: Options) -> Result<()> {
    let database = &options.database;
    let everything = Timestamp::from_unix_millis(0).ok();
    let since = options.since.or(everything.filter(|_| !database.is_aws()));
    let mut stream = Stream::open(database, &options.events_table, since).await?;
    let tables = [options.events_table.as_str(), &options.relationships_table];
    let mut inspector = Inspector::new(database, tables, Seen::new())?;
    let named = options.queues.named();
    let queues = named.map(|(name, url)| Ok((name, options.queues.queue(database.is_aws(), url)?)));
    inspector.queues = queues.collect::<Result<_>>()?;
    let seen = inspector.seen.clone();
    let listener = listen((options.address, options.port).into()).await?;
    out::line(&format!("inspect: {}", inspector.serve(listener)?))?;
    tokio::select! {
        _ = tokio::signal::ctrl_c() => Ok(()),
        Err(why) = follow(&mut stream, &seen, since) => {
            out::complain(&format!("gone: {why}"));
            Err(exit::With(exit::GONE).into())
        }
    }
}

pub(crate) async fn listen(address: SocketAddr) -> Result<TcpListener> {
    let refused = |error| format!("the page cannot use {address}: {error}");
    Ok(TcpListener::bind(address).await.map_err(refused)?)
}

/// Remembers what the stream of the events table says, until it cannot be read any more.
async fn follow(
    stream: &mut Stream,
    seen: &Seen,
    since: Option<Timestamp>,
) -> std::result::Result<Infallible, String> {
    loop {
        let records = stream.next().await?;
        remember(&records, seen, since);
    }
}

/// Remembers the receptions of some records of the stream.
pub(crate) fn remember(records: &[Value], seen: &Seen, since: Option<Timestamp>) {
    let receptions = records.iter().map(Value::to_string);
    let receptions = receptions.filter_map(|it| stream_record::reception(&it).ok().flatten());
    let mut receptions: Vec<_> = receptions
        .map(|(_, reception)| reception)
        .filter(|it| since.is_none_or(|since| it.received_at >= since))
        .collect();
    receptions.sort_by_key(|it| it.received_at);
    for reception in receptions {
        seen.stored(reception);
    }
}
