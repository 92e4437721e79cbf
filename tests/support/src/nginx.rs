use std::{
    fs,
    net::SocketAddr,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    time::Duration,
};

use models::root;
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use tokio::{io::AsyncWriteExt as _, net::TcpStream, process::Command};

use crate::{Authority, Process, free_port, process::scratch};

/// The host name that replaces `….execute-api.….amazonaws.com`.
pub const RECEIVER: &str = "receiver.example";

/// The folders where nginx puts bodies that do not fit into memory.
const TEMPORARY: [&str; 5] = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];

/// The tests run the blocks of `docs/reverse-proxy.md` that contain one of these.
pub const TYPED_IN: [&str; 3] = ["RECEIVER_HOST", "read -r", "/etc/cron.d"];

/// nginx, set up by the commands of `docs/reverse-proxy.md` with other addresses and folders.
pub struct Nginx {
    /// The URL to which OpenIM would send callbacks.
    pub url: String,
    /// The same address without `http://`.
    pub address: SocketAddr,
    folder: PathBuf,
    process: Process,
}

impl Nginx {
    /// Starts nginx. The receiver's name resolves to the addresses in `receiver`.
    pub async fn start(
        test: &str,
        receiver: &[SocketAddr],
        trusted: &Authority,
        password: &str,
    ) -> Self {
        let folder = scratch().join(format!("nginx-{test}"));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        let address = SocketAddr::from(([127, 0, 0, 1], free_port()));

        type_in(&folder, TYPED_IN[0], "").await;
        write_secret(&folder, password).await;
        type_in(&folder, TYPED_IN[2], "").await;
        let cron = fs::read_to_string(folder.join("webhook-proxy")).unwrap();
        let fields: Vec<&str> = cron.split_whitespace().collect();
        // Five say when; then who does what.
        assert_eq!(fields[5..], ["root", "/usr/sbin/nginx", "-s", "reload"]);
        let file = folder.join("webhook-proxy.conf");
        let mut config = fs::read_to_string(&file).unwrap();
        let folder_name = folder.to_str().unwrap();
        fs::write(folder.join("trusted.pem"), &trusted.certificate).unwrap();
        let servers: Vec<String> = receiver
            .iter()
            .map(|address| format!("server {address} max_fails=0;"))
            .collect();
        for (documented, here, times) in [
            (
                format!("server {RECEIVER}:443 max_fails=0;"),
                servers.join(" "),
                1,
            ),
            ("127.0.0.1:9080".to_owned(), address.to_string(), 1),
            ("/var/log/nginx".to_owned(), folder_name.to_owned(), 2),
            (
                "/etc/nginx/webhook-proxy.secret".to_owned(),
                format!("{folder_name}/webhook-proxy.secret"),
                1,
            ),
            // A TLS handshake can be slow on a machine that runs other tests at the same time.
            (
                "proxy_connect_timeout 700ms".to_owned(),
                "proxy_connect_timeout 3s".to_owned(),
                1,
            ),
            (
                "proxy_next_upstream_timeout 1s".to_owned(),
                "proxy_next_upstream_timeout 4s".to_owned(),
                1,
            ),
            (
                "/etc/ssl/certs/ca-certificates.crt".to_owned(),
                format!("{folder_name}/trusted.pem"),
                1,
            ),
        ] {
            assert_eq!(config.matches(&documented).count(), times, "{documented}");
            config = config.replace(&documented, &here);
        }
        fs::write(&file, config).unwrap();

        // The part that Debian's nginx.conf has. One worker, so that a test can count connections.
        let temporary = TEMPORARY
            .map(|kind| format!("{kind}_temp_path {folder_name}/{kind};"))
            .join("\n");
        let main = format!(
            "daemon off;\nworker_processes 1;\npid {folder_name}/nginx.pid;\nevents {{}}\n\
             http {{\n{temporary}\ninclude {folder_name}/webhook-proxy.conf;\n}}\n"
        );
        fs::write(folder.join("nginx.conf"), main).unwrap();

        let program = root().join(".local/nginx/nginx");
        assert!(program.exists(), "nginx is not installed: run `make test`");
        let process = Process::start(
            Command::new(program)
                .args(["-e", "stderr", "-p", folder_name, "-c", "nginx.conf"])
                .kill_on_drop(true),
        );
        let this = Self {
            url: format!("http://{address}"),
            address,
            folder,
            process,
        };
        this.wait_until_ready().await;
        // From here on, nginx fails if it writes a body to a file.
        for folder in TEMPORARY {
            fs::remove_dir(this.folder.join(folder)).unwrap();
        }
        this
    }

    async fn wait_until_ready(&self) {
        for _ in 0..1200 {
            // nginx writes this file once it has the port. Without the file, another program answers there.
            if self.folder.join("nginx.pid").exists()
                && TcpStream::connect(self.address).await.is_ok()
            {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!(
            "nginx does not listen:\n{}",
            self.process.lines().join("\n")
        );
    }

    /// Changes the password as the document says, and makes nginx read it.
    pub async fn change_password(&self, password: &str) {
        write_secret(&self.folder, password).await;
        self.signal(Signal::SIGHUP);
    }

    fn signal(&self, signal: Signal) {
        let master = Pid::from_raw(i32::try_from(self.process.id()).unwrap());
        kill(master, signal).unwrap();
    }

    /// The access log, once it has this many lines. nginx writes a line only after it has answered.
    pub async fn access_log(&self, lines: usize) -> String {
        for _ in 0..200 {
            let log = fs::read_to_string(self.folder.join("webhook-proxy.access.log")).unwrap();
            if log.lines().count() >= lines {
                return log;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the access log has fewer than {lines} lines");
    }

    /// The error log, and what nginx has written to the console.
    pub fn errors(&self) -> String {
        let log = fs::read_to_string(self.folder.join("webhook-proxy.error.log")).unwrap();
        log + &self.process.lines().join("\n")
    }
}

impl Drop for Nginx {
    /// nginx must end by itself: its workers would outlive a master that is killed.
    fn drop(&mut self) {
        self.signal(Signal::SIGTERM);
        for _ in 0..100 {
            if !self.folder.join("nginx.pid").exists() {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

async fn write_secret(folder: &Path, password: &str) {
    type_in(folder, TYPED_IN[1], &format!("{password}\n")).await;
    let secret = fs::metadata(folder.join("webhook-proxy.secret")).unwrap();
    assert_eq!(secret.permissions().mode() & 0o777, 0o600);
}

/// Runs the commands of the only block of the document that contains `part`.
async fn type_in(folder: &Path, part: &str, input: &str) {
    let document = fs::read_to_string(root().join("docs/reverse-proxy.md")).unwrap();
    let blocks = document
        .split("```sh\n")
        .skip(1)
        .map(|block| block.split("```").next().unwrap());
    let found: Vec<&str> = blocks.filter(|block| block.contains(part)).collect();
    let [block] = found[..] else {
        panic!(
            "docs/reverse-proxy.md has {} blocks with {part:?}, not one",
            found.len()
        );
    };
    let folder = folder.to_str().unwrap();
    let commands = block
        .replace("sudo ", "")
        .replace("/etc/nginx/conf.d", folder)
        .replace("/etc/nginx", folder)
        .replace("/etc/cron.d", folder)
        .replace(
            "host=abcde12345.execute-api.eu-central-1.amazonaws.com",
            &format!("host={RECEIVER}"),
        );
    let mut shell = Command::new("bash")
        .args(["-euc", &commands])
        .current_dir(root())
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let mut stdin = shell.stdin.take().unwrap();
    stdin.write_all(input.as_bytes()).await.unwrap();
    drop(stdin);
    assert!(shell.wait().await.unwrap().success(), "{commands}");
}
