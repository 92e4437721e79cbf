//! A function for comparison: `lambda_http` with its default features, as its documentation shows it, and a fixed
//! answer.

use lambda_http::{Body, Error, Request, Response, http::header::CONTENT_TYPE, run, service_fn};

#[tokio::main]
async fn main() -> Result<(), Error> {
    run(service_fn(answer)).await
}

async fn answer(_: Request) -> Result<Response<Body>, Error> {
    Ok(Response::builder()
        .header(CONTENT_TYPE, "application/json")
        .body(r#"{"actionCode":0,"errCode":0,"errMsg":"","errDlt":"","nextCode":0}"#.into())?)
}
