use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use serde_json::Value;
use tokio::{
    io::AsyncWriteExt as _,
    net::{TcpListener, TcpStream},
    task::{JoinHandle, JoinSet},
};

use crate::fault_proxy::{read_message, reset};

/// What an app's own service does with each request.
#[derive(Clone, Debug)]
pub enum Behaviour {
    /// It answers with this status and body.
    Answer(u16, String),
    /// It answers so, but only after some time.
    Slow(Duration, String),
    /// It answers with this status and these header lines.
    Headers(u16, &'static str),
    /// It sends its questions to another path.
    Redirect,
    /// It never answers.
    Hang,
    /// It resets the connection.
    Reset,
}

/// A question as it came.
#[derive(Clone, Debug)]
pub struct Question {
    /// The first line.
    pub line: String,
    /// With names in lower case.
    pub headers: BTreeMap<String, String>,
    /// The bytes that are signed.
    pub body: Vec<u8>,
}

impl Question {
    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// An app's decision service.
pub struct DecisionService {
    /// Its URL.
    pub url: String,
    behaviour: Arc<Mutex<Behaviour>>,
    questions: Arc<Mutex<Vec<Question>>>,
    connections: Arc<AtomicU32>,
    /// The connections that are open.
    open: Arc<Mutex<JoinSet<()>>>,
    serving: JoinHandle<()>,
}

impl DecisionService {
    /// Starts it.
    pub async fn start(behaviour: Behaviour) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let behaviour = Arc::new(Mutex::new(behaviour));
        let questions = Arc::new(Mutex::new(Vec::new()));
        let connections = Arc::new(AtomicU32::new(0));
        let open = Arc::new(Mutex::new(JoinSet::new()));
        let shared = (behaviour.clone(), questions.clone(), connections.clone());
        let opened = open.clone();
        let serving = tokio::spawn(async move {
            loop {
                let (client, _) = listener.accept().await.unwrap();
                let (behaviour, questions, connections) = shared.clone();
                connections.fetch_add(1, Ordering::Relaxed);
                opened.lock().unwrap().spawn(async move {
                    // An error here only means that the connection ended.
                    let _ = serve(client, &behaviour, &questions).await;
                });
            }
        });
        Self {
            url,
            behaviour,
            questions,
            connections,
            open,
            serving,
        }
    }

    /// Starts one that answers each question with this JSON.
    pub async fn answering(answer: &Value) -> Self {
        Self::start(Behaviour::Answer(200, answer.to_string())).await
    }

    /// Changes what it does from now on.
    pub fn set(&self, behaviour: Behaviour) {
        *self.behaviour.lock().unwrap() = behaviour;
    }

    /// The questions that came.
    pub fn questions(&self) -> Vec<Question> {
        self.questions.lock().unwrap().clone()
    }

    /// Closes all connections.
    pub fn close_connections(&self) {
        self.open.lock().unwrap().abort_all();
    }

    /// How many connections it took.
    pub fn connections(&self) -> u32 {
        self.connections.load(Ordering::Relaxed)
    }
}

impl Drop for DecisionService {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn serve(
    mut client: TcpStream,
    behaviour: &Mutex<Behaviour>,
    questions: &Mutex<Vec<Question>>,
) -> std::io::Result<()> {
    client.set_nodelay(true)?;
    while let Some(message) = read_message(&mut client).await? {
        questions.lock().unwrap().push(question(&message));
        let behaviour = behaviour.lock().unwrap().clone();
        let (status, more, body) = match behaviour {
            Behaviour::Answer(status, body) => (status, "", body),
            Behaviour::Slow(time, body) => {
                tokio::time::sleep(time).await;
                (200, "", body)
            }
            Behaviour::Headers(status, lines) => (status, lines, String::new()),
            Behaviour::Redirect => (307, "location: /elsewhere\r\n", String::new()),
            Behaviour::Hang => {
                tokio::time::sleep(Duration::from_secs(60)).await;
                return Ok(());
            }
            Behaviour::Reset => return reset(&client),
        };
        let answer = format!(
            "HTTP/1.1 {status} x\r\n{more}content-length: {}\r\n\r\n{body}",
            body.len()
        );
        client.write_all(answer.as_bytes()).await?;
    }
    Ok(())
}

fn question(message: &[u8]) -> Question {
    let head = message
        .windows(4)
        .position(|window| window == b"\r\n\r\n")
        .unwrap();
    let text = String::from_utf8_lossy(&message[..head]).into_owned();
    let mut lines = text.lines();
    let line = lines.next().unwrap_or_default().to_owned();
    let headers = lines.filter_map(|line| line.split_once(": "));
    Question {
        line,
        headers: headers
            .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
            .collect(),
        body: message[head + 4..].to_vec(),
    }
}
