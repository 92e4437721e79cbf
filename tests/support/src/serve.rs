use axum::Router;
use tokio::{net::TcpListener, task::JoinHandle};

/// Serves a router at a free port of this machine. Gives its URL, and the task that serves it until it is aborted.
pub async fn serve(router: Router) -> (String, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let serving = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (endpoint, serving)
}
