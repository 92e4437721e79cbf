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

/// The name that stands in the place of `….execute-api.….amazonaws.com`.
pub const RECEIVER: &str = "receiver.example";

/// Where it puts bodies that do not fit into memory.
const TEMPORARY: [&str; 5] = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];

/// The blocks of commands in `docs/reverse-proxy.md` that [`Nginx`] types in: each contains one of these.
pub const TYPED_IN: [&str; 3] = ["RECEIVER_HOST", "read -r", "/etc/cron.d"];

/// nginx, set up by the commands of `docs/reverse-proxy.md`, with other addresses and folders.
pub struct Nginx {
    /// Where OpenIM would send callbacks.
    pub url: String,
    /// The same without `http://`.
    pub address: SocketAddr,
    folder: PathBuf,
    process: Process,
}

impl Nginx {
    /// `receiver` are the addresses that the receiver's name has.
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
            // A machine that runs other tests at the same time can be slow with a handshake.
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

        // What Debian's nginx.conf has around it. One worker, so that connections can be counted.
        let temporary = TEMPORARY
            .map(|kind| format!("{kind}_temp_path {folder_name}/{kind};"))
            .join("\n");
        let main = format!(
            "daemon off;\nworker_processes 1;\npid {folder_name}/nginx.pid;\nevents {{}}\n\
             http {{\n{temporary}\ninclude {folder_name}/webhook-proxy.conf;\n}}\n"
        );
        fs::write(folder.join("nginx.conf"), main).unwrap();

        let program = root().join(".local/nginx/nginx");
        assert!(
            program.exists(),
            "nginx is not installed: `make test` does that"
        );
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
        this.until_ready().await;
        // Whatever would be written to a file is an error from here on.
        for folder in TEMPORARY {
            fs::remove_dir(this.folder.join(folder)).unwrap();
        }
        this
    }

    async fn until_ready(&self) {
        for _ in 0..1200 {
            // It writes this once it has the port; whoever answers there without it is somebody else.
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

    /// Writes another password, as the document says, and has nginx read it.
    pub async fn change_password(&self, password: &str) {
        write_secret(&self.folder, password).await;
        self.signal(Signal::SIGHUP);
    }

    fn signal(&self, signal: Signal) {
        let master = Pid::from_raw(i32::try_from(self.process.id()).unwrap());
        kill(master, signal).unwrap();
    }

    /// Its access log, once it has so many lines: nginx writes each after it has answered.
    pub async fn access_log(&self, lines: usize) -> String {
        for _ in 0..200 {
            let log = fs::read_to_string(self.folder.join("webhook-proxy.access.log")).unwrap();
            if log.lines().count() >= lines {
                return log;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("there are not {lines} lines in the access log");
    }

    /// Its error log, and what it has written to the console.
    pub fn errors(&self) -> String {
        let log = fs::read_to_string(self.folder.join("webhook-proxy.error.log")).unwrap();
        log + &self.process.lines().join("\n")
    }
}

impl Drop for Nginx {
    /// Its workers would outlive a master that is killed.
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

/// Runs the commands of the document's one block that has `part` in it.
async fn type_in(folder: &Path, part: &str, input: &str) {
    let document = fs::read_to_string(root().join("docs/reverse-proxy.md")).unwrap();
    let blocks = document
        .split("```sh\n")
        .skip(1)
        .map(|block| block.split("```").next().unwrap());
    let found: Vec<&str> = blocks.filter(|block| block.contains(part)).collect();
    let [block] = found[..] else {
        panic!("the document has {} blocks with {part}", found.len());
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
