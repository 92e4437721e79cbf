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

/// Cargo's folder for the files of tests, which tells it to nobody but the tests.
pub(crate) fn scratch() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    test.ancestors().nth(3).unwrap().join("tmp")
}

/// A program of this workspace, which `make test` has built.
pub fn binary(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let path = test.parent().unwrap().parent().unwrap().join(name);
    assert!(
        path.exists(),
        "{} is not built: `make test` does",
        path.display()
    );
    path
}

/// A program that `make test` has installed.
pub fn tool(name: &str) -> PathBuf {
    let path = root().join(".local/tools/bin").join(name);
    assert!(
        path.exists(),
        "{} is not installed: `make test` does",
        path.display()
    );
    path
}

/// A port for a program that is about to start, another one each time. It is below those that the kernel gives
/// to whoever asks for any port, as other tests do before the program listens.
pub fn free_port() -> u16 {
    const FIRST: u32 = 10_000;
    const NUMBER: u32 = 20_000;
    static GIVEN: AtomicU32 = AtomicU32::new(0);
    loop {
        // Another process of tests begins elsewhere.
        let next = std::process::id() * 997 + GIVEN.fetch_add(1, Ordering::Relaxed);
        let port = u16::try_from(FIRST + next % NUMBER).unwrap();
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// An address that refuses connections for as long as the tests run.
pub fn nowhere() -> SocketAddr {
    // Bound, so that nobody else gets the port, and without a listener.
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(([127, 0, 0, 1], 0).into()).unwrap();
    let address = socket.local_addr().unwrap();
    std::mem::forget(socket);
    address
}

/// A running program whose output is kept, and which ends with this value.
pub struct Process {
    child: Child,
    output: Arc<Mutex<Vec<String>>>,
}

impl Process {
    /// Starts it.
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

    /// Its process id, while it runs.
    pub fn id(&self) -> u32 {
        self.child.id().expect("it runs")
    }

    /// Waits until it has ended.
    pub async fn ended(&mut self) -> ExitStatus {
        let ended = tokio::time::timeout(Duration::from_secs(60), self.child.wait()).await;
        ended.expect("it still runs").unwrap()
    }

    /// Asks it to end, and waits until it has.
    pub async fn terminate(mut self) {
        let id = Pid::from_raw(i32::try_from(self.id()).unwrap());
        kill(id, Signal::SIGTERM).unwrap();
        self.ended().await;
    }

    /// Every line it has written.
    pub fn lines(&self) -> Vec<String> {
        self.output.lock().unwrap().clone()
    }

    /// Waits for a line, and gives what `find` makes of it.
    pub async fn wait_for<T>(&mut self, find: impl Fn(&str) -> Option<T>) -> T {
        for _ in 0..12_000 {
            // First, because what it wrote last is read after it has ended.
            let ended = self.child.try_wait().unwrap();
            if ended.is_some() {
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
            if let Some(found) = self.lines().iter().find_map(|line| find(line)) {
                return found;
            }
            if let Some(status) = ended {
                panic!("it ended ({status}) after:\n{}", self.lines().join("\n"));
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("nothing in ten minutes but:\n{}", self.lines().join("\n"));
    }
}

fn keep(stream: impl AsyncRead + Unpin + Send + 'static, output: Arc<Mutex<Vec<String>>>) {
    tokio::spawn(async move {
        let mut lines = BufReader::new(stream).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            output.lock().unwrap().push(line);
        }
    });
}
