use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, State},
    http::{HeaderMap, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use tokio::task::JoinHandle;

use crate::{FUNCTIONS, Function, Request, function_at, serve};

/// A local server that behaves like a REST API with the stage "prod": real HTTP, with OpenIM's real functions behind
/// its routes. It keeps all requests.
pub struct RestApi {
    /// Its URL without the stage.
    pub endpoint: String,
    state: Arc<Behind>,
    serving: JoinHandle<()>,
}

struct Behind {
    functions: HashMap<&'static str, Function>,
    received: Mutex<Vec<Received>>,
}

/// A request, unchanged.
#[derive(Clone, Debug)]
pub struct Received {
    /// Path and query.
    pub target: String,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Received {
    /// All values of a header.
    pub fn all(&self, name: &str) -> Vec<&str> {
        let values = self.headers.get_all(name).iter();
        values.map(|value| value.to_str().unwrap()).collect()
    }
}

impl RestApi {
    /// Starts the server and all functions, each function with this environment.
    pub async fn start(
        environment: impl IntoIterator<Item = (impl AsRef<str>, impl AsRef<str>)>,
    ) -> Self {
        let environment: Vec<_> = environment.into_iter().collect();
        let mut functions = HashMap::new();
        for (name, _) in FUNCTIONS {
            let environment = environment
                .iter()
                .map(|(name, value)| (name.as_ref(), value.as_ref()));
            functions.insert(*name, Function::start(name, environment).await);
        }
        let state = Arc::new(Behind {
            functions,
            received: Mutex::default(),
        });
        let router = Router::new()
            .fallback(answer)
            .layer(DefaultBodyLimit::disable())
            .with_state(state.clone());
        let (endpoint, serving) = serve(router).await;
        Self {
            endpoint,
            state,
            serving,
        }
    }

    /// All requests, in the order of their arrival.
    pub fn received(&self) -> Vec<Received> {
        self.state.received.lock().unwrap().clone()
    }
}

impl Drop for RestApi {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn answer(
    State(behind): State<Arc<Behind>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let target = uri.path_and_query().unwrap().to_string();
    behind.received.lock().unwrap().push(Received {
        target: target.clone(),
        headers: headers.clone(),
        body: body.clone(),
    });
    let json = [(header::CONTENT_TYPE, "application/json")];
    let Some(path) = target.strip_prefix("/prod/") else {
        // API Gateway's answer for a stage that does not exist. Nobody can configure this answer.
        return (
            StatusCode::FORBIDDEN,
            json,
            r#"{"message":"Forbidden"}"#.to_owned(),
        )
            .into_response();
    };
    let mut request = Request::post(&format!("/{path}"), body);
    if method != Method::POST {
        request = request.method("GET");
    }
    for (name, value) in &headers {
        request = request.header(name.as_str(), value.to_str().unwrap());
    }
    let function = match method {
        Method::POST => function_at(&request.path),
        _ => "any-command",
    };
    let function = &behind.functions[function];
    let answer = function.send(&request).await;
    let status = StatusCode::from_u16(answer.status).unwrap();
    (status, json, answer.body).into_response()
}
