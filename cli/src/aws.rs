//! A client of AWS that writes its JSON itself, for services of which this program needs few operations. One more SDK for
//! each would only make builds longer.

use std::{
    env,
    time::{Duration, SystemTime},
};

use aws_sdk_dynamodb::config::Credentials;
use aws_sigv4::{
    http_request::{SignableBody, SignableRequest, SigningSettings, sign},
    sign::v4,
};
use serde_json::Value;
use tokio::time::sleep;

use crate::{
    Result,
    smoke::http::{Call, Http},
    tables::{Database, local_account},
};

/// A service of AWS that takes JSON.
pub(crate) struct Service {
    /// What its address has before the region.
    host: &'static str,
    /// Its name in signatures.
    name: &'static str,
    /// The variable that names another endpoint.
    endpoint: &'static str,
    /// What stands before an operation in `x-amz-target`.
    target: &'static str,
    content_type: &'static str,
}

pub(crate) const STREAMS: Service = Service {
    host: "streams.dynamodb",
    name: "dynamodb",
    endpoint: "AWS_ENDPOINT_URL_DYNAMODB_STREAMS",
    target: "DynamoDBStreams_20120810",
    content_type: "application/x-amz-json-1.0",
};

pub(crate) const LOGS: Service = Service {
    host: "logs",
    name: "logs",
    endpoint: "AWS_ENDPOINT_URL_CLOUDWATCH_LOGS",
    target: "Logs_20140328",
    content_type: "application/x-amz-json-1.1",
};

pub(crate) const ALARMS: Service = Service {
    host: "monitoring",
    name: "monitoring",
    endpoint: "AWS_ENDPOINT_URL_CLOUDWATCH",
    target: "GraniteServiceVersion20100801",
    content_type: "application/x-amz-json-1.0",
};

pub(crate) const BUS: Service = Service {
    host: "events",
    name: "events",
    endpoint: "AWS_ENDPOINT_URL_EVENTBRIDGE",
    target: "AWSEvents",
    content_type: "application/x-amz-json-1.1",
};

pub(crate) const QUEUES: Service = Service {
    host: "sqs",
    name: "sqs",
    endpoint: "AWS_ENDPOINT_URL_SQS",
    target: "AmazonSQS",
    content_type: "application/x-amz-json-1.0",
};

/// The pauses before a call is made again that failed.
const PAUSES: [Duration; 3] = [
    Duration::from_millis(200),
    Duration::from_millis(500),
    Duration::from_secs(1),
];

pub(crate) struct Client {
    service: &'static Service,
    http: Http,
    region: String,
    credentials: Credentials,
}

impl Client {
    /// A client of the service that is where the database is.
    pub(crate) fn new(service: &'static Service, database: &Database) -> Result<Self> {
        let is_aws = database.is_aws();
        let variable = |name: &str| match is_aws {
            true => env::var(name).ok().filter(|value| !value.is_empty()),
            false => local_account(name),
        };
        let need = |name: &str| variable(name).ok_or_else(|| format!("{name} is not set"));
        let region = need("AWS_REGION")?;
        let credentials = Credentials::new(
            need("AWS_ACCESS_KEY_ID")?,
            need("AWS_SECRET_ACCESS_KEY")?,
            variable("AWS_SESSION_TOKEN"),
            None,
            "environment",
        );
        let endpoint = match database.here() {
            Some(here) => here.to_owned(),
            None => variable(service.endpoint)
                .or_else(|| variable("AWS_ENDPOINT_URL"))
                .unwrap_or_else(|| format!("https://{}.{region}.amazonaws.com", service.host)),
        };
        Ok(Self {
            service,
            http: Http::new("the endpoint", &endpoint)?,
            region,
            credentials,
        })
    }
    /// Calls an operation, again if it fails.
    pub(crate) async fn call(
        &self,
        operation: &str,
        request: &Value,
    ) -> std::result::Result<Value, String> {
        let mut pauses = PAUSES.iter();
        loop {
            let why = match self.once(operation, request.to_string()).await {
                Ok(answer) => return Ok(answer),
                Err(why) => why,
            };
            let Some(pause) = pauses.next() else {
                return Err(why);
            };
            sleep(*pause).await;
        }
    }

    async fn once(&self, operation: &str, request: String) -> std::result::Result<Value, String> {
        let call = self
            .signed(operation, request)
            .map_err(|it| it.to_string())?;
        let answer = self.http.send(call).await?;
        match answer.status {
            200 => Ok(answer.json()),
            status => Err(format!("{operation}: {status} {}", answer.body)),
        }
    }

    fn signed(&self, operation: &str, body: String) -> Result<Call> {
        let service = self.service;
        let target = format!("{}.{operation}", service.target);
        let url = format!("{}/", self.http.url);
        let headers = [
            ("content-type", service.content_type),
            ("x-amz-target", &target),
        ];
        let identity = self.credentials.clone().into();
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name(service.name)
            .time(SystemTime::now())
            .settings(SigningSettings::default())
            .build()?
            .into();
        let signable = SignableBody::Bytes(body.as_bytes());
        let request = SignableRequest::new("POST", &url, headers.into_iter(), signable)?;
        let (instructions, _) = sign(request, &parameters)?.into_parts();
        let mut call = Call::post("/", "");
        call.headers.clear();
        for (name, value) in headers.into_iter().chain(instructions.headers()) {
            call = call.header(name, value);
        }
        call.body = body;
        Ok(call)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_signed_for_the_region_and_with_the_token_of_the_session() {
        let client = Client {
            service: &STREAMS,
            http: Http::new(
                "the endpoint",
                "https://streams.dynamodb.eu-central-1.amazonaws.com",
            )
            .unwrap(),
            region: "eu-central-1".to_owned(),
            credentials: Credentials::new("AKID", "s3cret", Some("t0ken".to_owned()), None, "test"),
        };
        let call = client.signed("GetRecords", "{}".to_owned()).unwrap();
        let header = |name: &str| {
            let mut all = call.headers.iter();
            all.find(|(known, _)| known == name)
                .map(|(_, value)| value.as_str())
        };
        let authorization = header("authorization").unwrap();
        assert!(authorization.starts_with("AWS4-HMAC-SHA256 Credential=AKID/"));
        assert!(authorization.contains("/eu-central-1/dynamodb/aws4_request, "));
        for signed in [
            "content-type",
            "host",
            "x-amz-date",
            "x-amz-security-token",
            "x-amz-target",
        ] {
            assert!(authorization.contains(signed), "{signed}");
        }
        assert_eq!(header("x-amz-security-token"), Some("t0ken"));
        assert_eq!(
            header("x-amz-target"),
            Some("DynamoDBStreams_20120810.GetRecords")
        );
        assert!(
            call.headers
                .iter()
                .all(|(_, value)| !value.contains("s3cret"))
        );
    }
}
