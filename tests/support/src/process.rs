use std::{
    net::{SocketAddr, TcpListener},
    path::PathBuf,
    process::{ExitStatus, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use models::root;
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncRead, BufReader},
    net::TcpSocket,
    process::{Child, Command},
};

/// Cargo's folder for the files of tests. Cargo gives its path only to test crates, so this library computes it.
pub(crate) fn scratch() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    test.ancestors().nth(3).unwrap().join("tmp")
}

/// The path of a program of this workspace, which `make test` builds.
pub fn binary(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let path = test.parent().unwrap().parent().unwrap().join(name);
    assert!(
        path.exists(),
        "{} is not built: run `make test`",
        path.display()
    );
    path
}

/// The path of a program that `make test` installs.
pub fn tool(name: &str) -> PathBuf {
    let path = root().join(".local/tools/bin").join(name);
    assert!(
        path.exists(),
        "{} is not installed: run `make test`",
        path.display()
    );
    path
}

/// A port for a program that is about to start, never the same twice. The kernel gives a higher one to every program
/// that asks for any port. So no other test can take this port before the program listens.
pub fn free_port() -> u16 {
    const FIRST: u32 = 10_000;
    const NUMBER: u32 = 20_000;
    static GIVEN: AtomicU32 = AtomicU32::new(0);
    loop {
        // Another test process begins with another port.
        let next = std::process::id() * 997 + GIVEN.fetch_add(1, Ordering::Relaxed);
        let port = u16::try_from(FIRST + next % NUMBER).unwrap();
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// An address that refuses connections as long as the tests run.
pub fn nowhere() -> SocketAddr {
    // The socket is bound, so no other program gets the port. It does not listen.
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(([127, 0, 0, 1], 0).into()).unwrap();
    let address = socket.local_addr().unwrap();
    std::mem::forget(socket);
    address
}

/// A running program. This value keeps the output; when it is dropped, the program ends.
pub struct Process {
    child: Child,
    output: Arc<Mutex<Vec<String>>>,
}

impl Process {
    /// Starts the program.
    pub fn start(command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let output = Arc::new(Mutex::new(Vec::new()));
        keep(child.stdout.take().unwrap(), output.clone());
        keep(child.stderr.take().unwrap(), output.clone());
        Self { child, output }
    }

    /// The process id.
    pub fn id(&self) -> u32 {
        self.child.id().expect("the program still runs")
    }

    /// Waits until the program has ended.
    pub async fn ended(&mut self) -> ExitStatus {
        let ended = tokio::time::timeout(Duration::from_secs(60), self.child.wait()).await;
        ended.expect("the program ends within 60 seconds").unwrap()
    }

    /// Sends SIGTERM, and waits until the program has ended.
    pub async fn terminate(mut self) {
        let id = Pid::from_raw(i32::try_from(self.id()).unwrap());
        kill(id, Signal::SIGTERM).unwrap();
        self.ended().await;
    }

    /// Every line that the program has written.
    pub fn lines(&self) -> Vec<String> {
        self.output.lock().unwrap().clone()
    }

    /// Waits for a line of which `find` makes something, and returns that.
    pub async fn wait_for<T>(&mut self, find: impl Fn(&str) -> Option<T>) -> T {
        for _ in 0..12_000 {
            // Read before the lines: the last lines are often read only after the program has ended.
            let ended = self.child.try_wait().unwrap();
            if ended.is_some() {
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
            if let Some(found) = self.lines().iter().find_map(|line| find(line)) {
                return found;
            }
            if let Some(status) = ended {
                panic!(
                    "the program ended ({status}) after these lines:\n{}",
                    self.lines().join("\n")
                );
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!(
            "the line did not come in ten minutes, only these:\n{}",
            self.lines().join("\n")
        );
    }
}

fn keep(stream: impl AsyncRead + Unpin + Send + 'static, output: Arc<Mutex<Vec<String>>>) {
    tokio::spawn(async move {
        // Two programs that write to one pipe can cut a character, so a line need not be UTF-8.
        let mut lines = BufReader::new(stream).split(b'\n');
        while let Ok(Some(line)) = lines.next_segment().await {
            let line = String::from_utf8_lossy(&line);
            output
                .lock()
                .unwrap()
                .push(line.trim_end_matches('\r').to_owned());
        }
    });
}
