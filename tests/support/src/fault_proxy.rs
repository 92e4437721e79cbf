use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// What goes wrong with a request to an AWS service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The proxy reads the request and resets the connection.
    Reset,
    /// The proxy reads the request and closes the connection without an answer.
    Close,
    /// The proxy reads the request and never answers.
    Hang,
    /// The service does what the request asks, and its answer is lost.
    LoseAnswer,
    /// The service does what the request asks, and half of its answer arrives before a reset.
    ResetInsideAnswer,
    /// The service does what the request asks, and its answer arrives one byte at a time, too slowly.
    Trickle,
    /// The service says that it gets too many requests.
    Throttle,
    /// The service reports an internal error.
    InternalError,
    /// The service denies access.
    Deny,
    /// The answer is not HTTP.
    Garbage,
}

impl Fault {
    /// Every fault.
    pub const ALL: &[Self] = &[
        Self::Reset,
        Self::Close,
        Self::Hang,
        Self::LoseAnswer,
        Self::ResetInsideAnswer,
        Self::Trickle,
        Self::Throttle,
        Self::InternalError,
        Self::Deny,
        Self::Garbage,
    ];
}

/// A proxy between a function and an AWS service that makes a part of the requests fail.
pub struct FaultProxy {
    /// Its URL.
    pub endpoint: String,
    /// How many requests it has seen.
    pub seen: Arc<AtomicU32>,
    /// How many requests it has made fail.
    pub spoiled: Arc<AtomicU32>,
    serving: JoinHandle<()>,
}

impl FaultProxy {
    /// Makes `percent` of a hundred requests fail, evenly spread.
    pub async fn start(upstream: &str, fault: Fault, percent: u32) -> Self {
        let upstream: SocketAddr = upstream.strip_prefix("http://").unwrap().parse().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let spoiled = Arc::new(AtomicU32::new(0));
        let seen = Arc::new(AtomicU32::new(0));
        let counts = (seen.clone(), spoiled.clone());
        let serving = tokio::spawn(async move {
            loop {
                let (client, _) = listener.accept().await.unwrap();
                let (seen, spoiled) = counts.clone();
                tokio::spawn(async move {
                    // An error here only means that the connection ended.
                    let _ = serve(client, upstream, fault, percent, &seen, &spoiled).await;
                });
            }
        });
        Self {
            endpoint,
            seen,
            spoiled,
            serving,
        }
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn serve(
    mut client: TcpStream,
    upstream: SocketAddr,
    fault: Fault,
    percent: u32,
    seen: &AtomicU32,
    spoiled: &AtomicU32,
) -> std::io::Result<()> {
    loop {
        let Some(request) = read_message(&mut client).await? else {
            return Ok(());
        };
        // Steps through all remainders. So faults do not come in blocks, and do not hit every retry.
        let turn = seen.fetch_add(1, Ordering::Relaxed).wrapping_mul(37) % 100;
        if turn >= percent {
            let answer = ask(upstream, &request).await?;
            client.write_all(&answer).await?;
            continue;
        }
        spoiled.fetch_add(1, Ordering::Relaxed);
        match fault {
            Fault::Reset => return reset(&client),
            Fault::Close => return Ok(()),
            Fault::Hang => {
                tokio::time::sleep(Duration::from_secs(60)).await;
                return Ok(());
            }
            Fault::LoseAnswer => {
                ask(upstream, &request).await?;
                return Ok(());
            }
            Fault::ResetInsideAnswer => {
                let answer = ask(upstream, &request).await?;
                client.write_all(&answer[..answer.len() / 2]).await?;
                return reset(&client);
            }
            Fault::Trickle => {
                for byte in ask(upstream, &request).await? {
                    client.write_all(&[byte]).await?;
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
            Fault::Throttle => {
                answer_error(&mut client, 400, "ProvisionedThroughputExceededException").await?;
            }
            Fault::InternalError => answer_error(&mut client, 500, "InternalServerError").await?,
            Fault::Deny => answer_error(&mut client, 400, "AccessDeniedException").await?,
            Fault::Garbage => {
                client
                    .write_all(b"<html>bad gateway</html>\r\n\r\n")
                    .await?;
                return Ok(());
            }
        }
    }
}

async fn ask(upstream: SocketAddr, request: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut service = TcpStream::connect(upstream).await?;
    service.write_all(request).await?;
    Ok(read_message(&mut service).await?.unwrap_or_default())
}

async fn answer_error(client: &mut TcpStream, status: u16, kind: &str) -> std::io::Result<()> {
    let body = format!(r#"{{"__type":"com.amazonaws.dynamodb.v20120810#{kind}","message":"x"}}"#);
    let answer = format!(
        "HTTP/1.1 {status} x\r\ncontent-type: application/x-amz-json-1.0\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    client.write_all(answer.as_bytes()).await
}

/// Makes the kernel send a reset instead of closing the connection normally.
pub(crate) fn reset(client: &TcpStream) -> std::io::Result<()> {
    client.set_zero_linger()
}

/// Reads one HTTP/1.1 message with its body; `None` at the end of the connection.
pub(crate) async fn read_message(stream: &mut TcpStream) -> std::io::Result<Option<Vec<u8>>> {
    let mut message = Vec::new();
    let mut buffer = [0; 16 * 1024];
    loop {
        let read = stream.read(&mut buffer).await?;
        if read == 0 {
            return Ok(None);
        }
        message.extend_from_slice(&buffer[..read]);
        let Some(head) = message.windows(4).position(|window| window == b"\r\n\r\n") else {
            continue;
        };
        let length: usize = String::from_utf8_lossy(&message[..head])
            .lines()
            .find_map(|line| {
                let (name, value) = line.split_once(':')?;
                name.eq_ignore_ascii_case("content-length")
                    .then(|| value.trim().parse().unwrap())
            })
            .unwrap_or(0);
        if message.len() >= head + 4 + length {
            return Ok(Some(message));
        }
    }
}
