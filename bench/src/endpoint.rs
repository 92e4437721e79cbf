//! The local endpoints that the functions use as AWS.
//!
//! This is not a library's mock server: its scheduler, and the work of a real table, would be in every figure.

use std::{
    fs,
    io::{self, BufRead as _, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    thread,
};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::{
    ServerConfig, ServerConnection, StreamOwned,
    crypto::ring,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
};
use serde_json::json;

use crate::{Result, http::Connection, lock, process::Process};

/// The password in the secret.
pub(crate) const PASSWORD: &str = "5f2c9e07b1d84a63";
/// Signs the questions to the service that decides.
pub(crate) const DECISION_SECRET: &str = "whsec_bmV3IHNlY3JldCBuZXcgc2VjcmV0IG5ldyBzZWNyZXQ=";
pub(crate) const TABLE: &str = "events";
pub(crate) const RELATIONSHIPS: &str = "relationships";
/// The place of a fact in the order of all facts.
const AS_OF: &str = "2026-11-21T12:34:56.789Z#BeNcH00000000=#000000";
/// The password of the trust store that Java is delivered with.
pub(crate) const TRUST_STORE_PASSWORD: &str = "changeit";

/// The root certificates that the functions are compiled with.
const AMAZON_TRUST_SERVICES: &str =
    include_str!("../../shared/store/src/amazon-trust-services.pem");

/// A TLS server's configuration. Its authority is made for this run, and a file has the authority's certificate.
#[derive(Clone)]
pub(crate) struct Tls {
    config: Arc<ServerConfig>,
    /// A file with Amazon's roots and the authority's certificate. So our functions read one root more than in
    /// production.
    pub(crate) bundle: PathBuf,
    /// The authority's certificate.
    authority: String,
}

impl Tls {
    /// Makes an authority, and writes its file into this folder.
    pub(crate) fn new(folder: &Path) -> Result<Self> {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::new(Vec::new())?;
        let name = "the benchmark's certificate authority";
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = params.self_signed(&key)?.pem();
        let bundle = folder.join("roots.pem");
        fs::write(&bundle, format!("{AMAZON_TRUST_SERVICES}\n{authority}"))?;

        let issuer = Issuer::new(params, key);
        let key = KeyPair::generate()?;
        let names = ["localhost", "127.0.0.1"].map(str::to_owned);
        let certificate = CertificateParams::new(names)?.signed_by(&key, &issuer)?;
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)?;
        Ok(Self {
            config: config.into(),
            bundle,
            authority,
        })
    }

    /// Writes a file with the roots of another file and the authority's certificate.
    pub(crate) fn bundle_with(&self, roots: &Path, name: &str) -> Result<PathBuf> {
        let bundle = self.bundle.with_file_name(format!("roots-{name}.pem"));
        let roots =
            fs::read_to_string(roots).map_err(|error| format!("{}: {error}", roots.display()))?;
        fs::write(&bundle, format!("{roots}\n{}", self.authority))?;
        Ok(bundle)
    }

    /// Makes a trust store with Java's own roots and the authority's certificate.
    pub(crate) fn trust_store(&self, java_home: &Path) -> Result<PathBuf> {
        let store = self.bundle.with_file_name("roots.java");
        let authority = self.bundle.with_file_name("authority.pem");
        fs::write(&authority, &self.authority)?;
        fs::copy(java_home.join("lib/security/cacerts"), &store)?;
        let keytool = Command::new(java_home.join("bin/keytool"))
            .args(["-importcert", "-noprompt", "-alias", "authority"])
            .args(["-storepass", TRUST_STORE_PASSWORD, "-keystore"])
            .arg(&store)
            .arg("-file")
            .arg(&authority)
            .output()?;
        if !keytool.status.success() {
            let output = String::from_utf8_lossy(&keytool.stdout);
            return Err(format!("keytool failed: {output}").into());
        }
        Ok(store)
    }

    pub(crate) fn wrap(
        &self,
        stream: TcpStream,
    ) -> Result<StreamOwned<ServerConnection, TcpStream>> {
        let session = ServerConnection::new(self.config.clone())?;
        Ok(StreamOwned::new(session, stream))
    }
}

/// Accepts connections until the program ends, with a thread for each of them.
pub(crate) fn accept(
    serve: impl Fn(TcpStream) -> Result<()> + Send + Sync + 'static,
) -> io::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let serve = Arc::new(serve);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let serve = serve.clone();
            // An error means that the client has gone, because its process has ended.
            thread::spawn(move || stream.set_nodelay(true).is_ok() && serve(stream).is_ok());
        }
    });
    Ok(address)
}

/// An endpoint for DynamoDB and Secrets Manager, and a service that allows everything. It answers at once, with the same answer to every request.
pub(crate) struct Constant {
    pub(crate) url: String,
    seen: Arc<Seen>,
}

/// What an endpoint has received.
#[derive(Default)]
struct Seen {
    items: AtomicU64,
    /// The bytes of all requests for tables, with their heads.
    bytes: AtomicU64,
    /// The body of the last `PutItem`.
    last: Mutex<Vec<u8>>,
}

impl Constant {
    /// Starts the endpoint with TLS or without.
    pub(crate) fn start(tls: Option<&Tls>) -> Result<Self> {
        let seen = Arc::new(Seen::default());
        let (kept, own_tls) = (seen.clone(), tls.cloned());
        let address = accept(move |stream| {
            match &own_tls {
                Some(tls) => answer_all(&mut Connection::new(tls.wrap(stream)?), &kept)?,
                None => answer_all(&mut Connection::new(stream), &kept)?,
            }
            Ok(())
        })?;
        let scheme = if tls.is_some() { "https" } else { "http" };
        Ok(Self {
            url: format!("{scheme}://{address}"),
            seen,
        })
    }

    /// The number of items that the endpoint has received.
    pub(crate) fn items(&self) -> u64 {
        self.seen.items.load(Ordering::Relaxed)
    }

    /// The bytes of the requests for tables that the endpoint has received.
    pub(crate) fn bytes(&self) -> u64 {
        self.seen.bytes.load(Ordering::Relaxed)
    }

    /// The body of the last `PutItem` that the endpoint has received.
    pub(crate) fn last(&self) -> Vec<u8> {
        lock(&self.seen.last).clone()
    }
}

fn answer_all(connection: &mut Connection<impl Read + Write>, seen: &Seen) -> io::Result<()> {
    let secret = json!({
        "ARN": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:OpenIMSecret-AbCdEf",
        "Name": "OpenIMSecret-AbCdEf",
        "VersionId": "a1b2c3d4-5678-90ab-cdef-EXAMPLE11111",
        "VersionStages": ["AWSCURRENT"],
        "CreatedDate": 1_795_264_496.789,
        "SecretString": json!({ "OPENIM_BASIC_PASSWORD": PASSWORD }).to_string(),
    });
    let item = answer("200 OK", "1.0", "{}");
    // Who asks is a friend, and is not blocked.
    let friend = json!({"Responses": {RELATIONSHIPS: [{
        "pk": {"S": "user#bob"},
        "sk": {"S": "friend#alice"},
        "sk_by_other": {"S": "friend#bob"},
        "owner": {"S": "bob"},
        "other": {"S": "alice"},
        "aspect": {"S": "friend"},
        "present": {"BOOL": true},
        "as_of": {"S": AS_OF},
    }]}, "UnprocessedKeys": {}});
    let friend = answer("200 OK", "1.0", &friend.to_string());
    let secret = answer("200 OK", "1.1", &secret.to_string());
    let decision = answer("200 OK", "1.1", r#"{"decision":"allow"}"#);
    let unknown = r#"{"__type":"com.amazon.coral.service#UnknownOperationException"}"#;
    let unknown = answer("400 Bad Request", "1.0", unknown);
    while let Some(request) = connection.read_request()? {
        let is_last = request.is_last();
        let target = request.header("x-amz-target");
        if target.is_some_and(|target| target.starts_with("DynamoDB")) {
            let bytes = request.as_request().len() as u64;
            seen.bytes.fetch_add(bytes, Ordering::Relaxed);
        }
        let bytes = match target {
            Some("DynamoDB_20120810.PutItem") => {
                seen.items.fetch_add(1, Ordering::Relaxed);
                *lock(&seen.last) = request.body;
                &item
            }
            Some("DynamoDB_20120810.BatchGetItem") => &friend,
            Some("secretsmanager.GetSecretValue") => &secret,
            None if request.header("webhook-signature").is_some() => &decision,
            _ => &unknown,
        };
        connection.write(bytes)?;
        if is_last {
            break;
        }
    }
    Ok(())
}

/// An answer as AWS services with a JSON protocol send it.
pub(crate) fn answer(status: &str, protocol: &str, body: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 {status}\r\nserver: Server\r\ndate: Sat, 21 Nov 2026 12:34:56 GMT\r\n\
         content-type: application/x-amz-json-{protocol}\r\ncontent-length: {}\r\nconnection: keep-alive\r\n\
         x-amzn-requestid: 8N7CB5UEQ6AAO4SEAUI3EJ5Q2VVV4KQNSO5AEMVJF66Q9ASUAAJG\r\nx-amz-crc32: {}\r\n\r\n{body}",
        body.len(),
        // Some SDKs check it.
        crc32fast::hash(body.as_bytes())
    )
    .into_bytes()
}

/// The DynamoDB that runs on a laptop, in memory, with one table.
pub(crate) struct Dynamodb {
    _process: Process,
    pub(crate) url: String,
}

impl Dynamodb {
    /// Starts it and makes a table as template.yaml describes that resource. `program` is the path of `imhook`.
    pub(crate) fn start(program: &Path, resource: &str, table: &str) -> Result<Self> {
        let mut process = Command::new(program)
            .args(["dynamodb", "--port", "0"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("{}: {error}; run make bench", program.display()))?;
        let mut line = String::new();
        if let Some(output) = process.stdout.take() {
            BufReader::new(output).read_line(&mut line)?;
        }
        let url = line.split_whitespace().last().unwrap_or_default();
        let started = Self {
            _process: Process(process),
            url: url.to_owned(),
        };
        let status = Command::new(program)
            .args(["create-table", "--dynamodb", url])
            .args(["--resource", resource, "--table", table])
            .stdout(Stdio::null())
            .status()?;
        if !status.success() {
            return Err(format!("imhook could not make the {table} table").into());
        }
        Ok(started)
    }
}

/// Starts TLS in front of a server without it. Returns its URL.
pub(crate) fn tls_front(tls: &Tls, upstream: &str) -> Result<String> {
    let upstream: SocketAddr = upstream.trim_start_matches("http://").parse()?;
    let tls = tls.clone();
    let address = accept(move |stream| {
        let mut client = Connection::new(tls.wrap(stream)?);
        let stream = TcpStream::connect(upstream)?;
        stream.set_nodelay(true)?;
        let mut server = Connection::new(stream);
        let gone = || io::Error::from(io::ErrorKind::UnexpectedEof);
        while let Some(request) = client.read_request()? {
            server.write(&request.as_request())?;
            let answer = server.read_answer()?.ok_or_else(gone)?;
            client.write(&answer.as_answer())?;
        }
        Ok(())
    })?;
    Ok(format!("https://{address}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_that_of_dynamodb() {
        // For the empty object, it is in every answer to a PutItem. The second value is the algorithm's example.
        assert_eq!(crc32fast::hash(b"{}"), 2_745_614_147);
        assert_eq!(crc32fast::hash(b"123456789"), 0xCBF4_3926);
    }

    #[test]
    fn only_items_are_counted_and_kept() {
        let endpoint = Constant::start(None).unwrap();
        let address = endpoint.url.trim_start_matches("http://");
        let mut client = Connection::new(TcpStream::connect(address).unwrap());
        for (target, status) in [
            ("DynamoDB_20120810.PutItem", "200"),
            ("secretsmanager.GetSecretValue", "200"),
            ("DynamoDB_20120810.PutItem", "200"),
            ("DynamoDB_20120810.DropTable", "400"),
        ] {
            let request = format!(
                "POST / HTTP/1.1\r\nx-amz-target: {target}\r\ncontent-length: 3\r\n\r\n{status}"
            );
            client.write(request.as_bytes()).unwrap();
            let answer = client.read_answer().unwrap().unwrap();
            assert_eq!(answer.start.0, status, "{target}");
        }
        assert_eq!(endpoint.items(), 2);
        assert!(endpoint.bytes() > 3 * 80);
        assert_eq!(endpoint.last(), b"200");
    }
}
