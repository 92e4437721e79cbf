//! `make run`: DynamoDB and all functions, with a readable line for each callback.

use std::{
    net::{IpAddr, Ipv4Addr},
    path::PathBuf,
    process::Stdio,
    time::Duration,
};

use clap::Args;
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncRead, BufReader},
    process::{Child, Command},
    signal::unix::{SignalKind, signal},
    sync::watch,
};

use crate::{Result, dynamodb, stream, table, tables};

#[derive(Args)]
pub(crate) struct Options {
    /// Address to listen on; 0.0.0.0 lets an OpenIM in a container in
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
    /// What callbacks that ask before something happens are answered
    #[arg(long, default_value = "policies.json")]
    policies: PathBuf,
    /// The cargo-lambda program
    #[arg(long, default_value = ".local/tools/bin/cargo-lambda")]
    cargo_lambda: PathBuf,
}

pub(crate) async fn run(options: Options) -> Result<()> {
    let (stop, mut stopped) = watch::channel(false);
    tokio::spawn(async move {
        until_signal().await;
        let _ = stop.send(true);
    });

    let mut database_stopped = stopped.clone();
    let database = options.folder.join("dynamodb.sqlite");
    let address = (Ipv4Addr::LOCALHOST, options.dynamodb_port).into();
    let (endpoint, serving) = dynamodb::start(address, Some(database), async move {
        let _ = database_stopped.wait_for(|stopped| *stopped).await;
    })
    .await?;
    let serving = async { serving.await.map_err(|error| error.to_string()) };
    let database = tokio::spawn(serving);
    table::create(&endpoint, table::EVENTS, tables::EVENTS).await?;
    table::create(&endpoint, table::RELATIONSHIPS, tables::RELATIONSHIPS).await?;
    table::create(&endpoint, table::LIMITS, tables::LIMITS).await?;

    let mut functions = start_functions(&options, &endpoint)?;
    let (ready, is_ready) = watch::channel(false);
    if let Some(stdout) = functions.stdout.take() {
        tokio::spawn(print_lines(stdout, is_ready.clone()));
    }
    if let Some(stderr) = functions.stderr.take() {
        tokio::spawn(print_lines(stderr, is_ready));
    }

    let url = url(options.address, options.port);
    let announced_and_fed = async {
        until_ready(&url).await;
        println!("url: {url}");
        println!("dynamodb: {endpoint}");
        println!("table: {}", tables::EVENTS);
        println!("relationships: {}", tables::RELATIONSHIPS);
        println!("SdkAppid: {}", options.sdk_app_id);
        println!("ready: `make sample` posts one of each callback; Ctrl-C stops");
        let _ = ready.send(true);
        loop {
            let Err(error) = stream::feed(&endpoint, tables::EVENTS, &url).await;
            // From its beginning: what is applied already changes nothing.
            println!("the stream is read again, because {error}");
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    };
    let ended = tokio::select! {
        // First, because DynamoDB stops as well, and the feeding with it.
        biased;
        _ = stopped.wait_for(|stopped| *stopped) => None,
        status = functions.wait() => Some(status?),
        () = announced_and_fed => None,
    };
    if let Some(status) = ended {
        return Err(format!(
            "cargo lambda watch ended by itself ({status}); is port {} free?",
            options.port
        )
        .into());
    }
    stop_functions(&mut functions).await?;
    database.await??;
    println!("stopped");
    Ok(())
}

/// Ctrl-C, or the polite way of a script.
async fn until_signal() {
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        return;
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}

fn start_functions(options: &Options, dynamodb: &str) -> Result<Child> {
    // Functions may be started in another folder.
    let policies = std::path::absolute(&options.policies)?;
    Command::new(&options.cargo_lambda)
        .args(["lambda", "watch"])
        .args(["--invoke-address", &options.address.to_string()])
        .args(["--invoke-port", &options.port.to_string()])
        // The real table and queue are never within reach of a local run.
        .env("AWS_ENDPOINT_URL_DYNAMODB", dynamodb)
        .env("AWS_REGION", "eu-central-1")
        .env("AWS_ACCESS_KEY_ID", "local")
        .env("AWS_SECRET_ACCESS_KEY", "local")
        .env_remove("AWS_SESSION_TOKEN")
        .env_remove("EVENTS_QUEUE_URL")
        .env("EVENTS_TABLE", tables::EVENTS)
        .env("RELATIONSHIPS_TABLE", tables::RELATIONSHIPS)
        .env("LIMITS_TABLE", tables::LIMITS)
        .env("POLICIES_FILE", policies)
        .env("OPENIM_VERIFIER", "none")
        .env("TENCENT_SDK_APP_ID", &options.sdk_app_id)
        .env("TENCENT_VERIFIER", "none")
        .env_remove("OPENIM_SECRET_ID")
        .env_remove("TENCENT_SECRET_ID")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| {
            format!(
                "{} cannot be started: {error} (`make run` installs it)",
                options.cargo_lambda.display()
            )
            .into()
        })
}

/// Asks, so that it stops the functions too, which it started through cargo.
async fn stop_functions(functions: &mut Child) -> Result<()> {
    if let Some(pid) = functions.id() {
        // It may be gone already: Ctrl-C reaches every process of the terminal.
        let _ = kill(Pid::from_raw(i32::try_from(pid)?), Signal::SIGTERM);
    }
    if tokio::time::timeout(Duration::from_secs(10), functions.wait())
        .await
        .is_err()
    {
        functions.kill().await?;
    }
    Ok(())
}

/// Every function, the way a callback or a stream reaches it. The first request builds and starts it.
async fn until_ready(url: &str) {
    let client = reqwest::Client::new();
    let openim = protocol::catalogue().filter(|command| command.switch.is_some());
    for path in openim.map(|command| command.name).chain(["tencent", "any"]) {
        loop {
            // A GET is refused by the function itself, so an answer of ours proves that it runs.
            let answered = client.get(format!("{url}/{path}")).send().await;
            if let Ok(answer) = answered
                && answer.status().is_client_error()
                && answer.text().await.is_ok_and(|body| is_ours(&body))
            {
                break;
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }
    let projection = stream::projection(url);
    while stream::invoke(&client, &projection, &[]).await.is_err() {
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

fn is_ours(body: &str) -> bool {
    serde_json::from_str::<Value>(body)
        .is_ok_and(|body| body.get("nextCode").is_some() || body.get("ActionStatus").is_some())
}

fn url(address: IpAddr, port: u16) -> String {
    if address.is_unspecified() {
        format!("http://127.0.0.1:{port}")
    } else {
        format!("http://{}", std::net::SocketAddr::new(address, port))
    }
}

/// Makes a line for people of each JSON line of a function, and leaves other lines, such as the
/// compiler's, as they are.
async fn print_lines(output: impl AsyncRead + Unpin, ready: watch::Receiver<bool>) {
    let mut lines = BufReader::new(output).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        match readable(&line) {
            Some(readable) if *ready.borrow() => println!("{readable}"),
            // The requests of `until_ready`.
            Some(_) => {}
            None => println!("{line}"),
        }
    }
}

fn readable(line: &str) -> Option<String> {
    let fields: serde_json::Map<String, Value> = serde_json::from_str(line).ok()?;
    let text = |name: &str| fields.get(name).and_then(Value::as_str);
    let time = text("timestamp")?.get(11..19)?;
    let mut readable = format!(
        "{time} {level:5} {function}: {message}",
        level = text("level")?,
        function = text("function")?,
        message = text("message")?,
    );
    let shown = ["timestamp", "level", "function", "message", "name"];
    for (name, value) in fields
        .iter()
        .filter(|(name, _)| !shown.contains(&name.as_str()))
    {
        let value = value
            .as_str()
            .map_or_else(|| value.to_string(), ToOwned::to_owned);
        readable.push_str(&format!("  {name}={value}"));
    }
    Some(readable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_functions_line_is_made_readable_and_others_are_left() {
        let line = r#"{"function":"after-x","level":"INFO","timestamp":"2026-11-21T13:04:00.560275Z","events":1,"message":"callback stored","name":"callback","requestId":"r1"}"#;
        assert_eq!(
            readable(line).unwrap(),
            "13:04:00 INFO  after-x: callback stored  events=1  requestId=r1"
        );
        for other in ["   Compiling x v0.1.0", "{}", "", "{\"message\":\"x\"}"] {
            assert_eq!(readable(other), None);
        }
    }
}
