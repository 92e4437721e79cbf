//! A local DynamoDB: dynoxide, with a SQLite file or in memory.

use std::{future::Future, net::SocketAddr, path::PathBuf};

use dynoxide::{Database, server};
use tokio::net::TcpListener;

use crate::{Result, out};

/// Serves until Ctrl-C.
pub(crate) async fn serve(address: SocketAddr, file: Option<PathBuf>) -> Result<()> {
    let (endpoint, serving) = start(address, file, async {
        // An error would mean that this machine has no such signal. Nothing can be done about that.
        let _ = tokio::signal::ctrl_c().await;
    })
    .await?;
    out::line(&format!("dynamodb: {endpoint}"))?;
    serving.await
}

/// Starts. Gives the endpoint, and a future that serves while it is awaited.
pub(crate) async fn start(
    address: SocketAddr,
    file: Option<PathBuf>,
    until: impl Future<Output = ()> + Send + 'static,
) -> Result<(String, impl Future<Output = Result<()>>)> {
    let database = match file {
        Some(file) => {
            if let Some(folder) = file.parent() {
                std::fs::create_dir_all(folder)?;
            }
            let path = file.to_str().ok_or("the database's path is not UTF-8")?;
            Database::new(path)
        }
        None => Database::memory(),
    }
    .map_err(|error| format!("DynamoDB cannot open its database: {error}"))?;
    let listener = TcpListener::bind(address)
        .await
        .map_err(|error| format!("DynamoDB cannot use {address}: {error}"))?;
    let endpoint = format!("http://{}", listener.local_addr()?);
    let serving = async move {
        server::serve_with_shutdown(listener, database, until)
            .await
            .map_err(Into::into)
    };
    Ok((endpoint, serving))
}
