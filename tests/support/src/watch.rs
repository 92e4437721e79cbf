use std::time::Duration;

use models::root;
use tokio::process::Command;

use crate::{Answer, FED, FUNCTIONS, Process, Request, binary, free_port, tool};

/// `cargo lambda watch` with the workspace's routes and all functions.
pub struct Watch {
    /// Its URL.
    pub base: String,
    _watch: Process,
    _functions: Vec<Process>,
}

impl Watch {
    /// Starts `cargo lambda watch` and all functions, each function with this environment.
    pub async fn start(
        environment: impl IntoIterator<Item = (impl AsRef<str>, impl AsRef<str>)>,
    ) -> Self {
        let port = free_port();
        let mut watch = Process::start(
            Command::new(tool("cargo-lambda"))
                .current_dir(root())
                .args(["lambda", "watch", "--only-lambda-apis"])
                .args([
                    "--invoke-address",
                    "127.0.0.1",
                    "--invoke-port",
                    &port.to_string(),
                ]),
        );
        watch
            .wait_for(|line| line.contains("starting Runtime server").then_some(()))
            .await;
        let base = format!("http://127.0.0.1:{port}");
        let environment: Vec<_> = environment.into_iter().collect();
        let called = FUNCTIONS.iter().map(|(name, _)| name);
        let functions = called.chain(FED).map(|name| {
            let mut command = Command::new(binary(name));
            command
                .env_clear()
                .env("AWS_LAMBDA_RUNTIME_API", format!("{base}/.rt/{name}"))
                .env("AWS_LAMBDA_FUNCTION_NAME", name)
                .env("AWS_LAMBDA_FUNCTION_VERSION", "1")
                .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128");
            for (name, value) in &environment {
                command.env(name.as_ref(), value.as_ref());
            }
            Process::start(&mut command)
        });
        let this = Self {
            _functions: functions.collect(),
            base,
            _watch: watch,
        };
        this.wait_until_ready().await;
        this
    }

    async fn wait_until_ready(&self) {
        for _ in 0..200 {
            if reqwest::get(&self.base).await.is_ok() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("cargo lambda watch does not listen");
    }

    /// Sends a request over HTTP.
    pub async fn send(&self, request: &Request) -> Answer {
        request.send(&self.base).await
    }
}
