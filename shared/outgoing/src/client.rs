use std::{
    fmt, io,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};

use http::{HeaderMap, HeaderValue, Request, Uri, header, uri::Scheme};
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::{
    body::{Bytes, Incoming},
    client::conn::http1::{self, SendRequest},
};
use hyper_util::rt::TokioIo;
use rustls::{ClientConfig, RootCertStore, crypto::ring, pki_types::ServerName};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpStream, lookup_host},
};
use tokio_rustls::TlsConnector;

use crate::{Addresses, Signer};

/// The longest answer to a signed request that is read.
pub const MOST_ANSWER_BYTES: usize = 64 * 1024;

/// Where requests go.
#[derive(Clone, Debug)]
pub struct Target {
    /// Path and query.
    path: Uri,
    host: String,
    port: u16,
    /// The value of `host`.
    authority: HeaderValue,
    is_https: bool,
    addresses: Addresses,
}

/// Why requests cannot go to a URL. It does not show the URL, which may contain a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidUrl(&'static str);

impl fmt::Display for InvalidUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for InvalidUrl {}

impl Target {
    /// Reads a URL. Only with [`Addresses::AlsoPrivate`], it may begin with `http://`.
    ///
    /// # Errors
    ///
    /// If it is no URL, has a user or a password, or names an address to which requests may not go.
    pub fn new(url: &str, addresses: Addresses) -> Result<Self, InvalidUrl> {
        let invalid = InvalidUrl("is not a URL such as https://app.example.com/decide");
        let uri: Uri = url.parse().map_err(|_| invalid)?;
        let authority = uri.authority().ok_or(invalid)?;
        let is_https = match uri.scheme() {
            Some(scheme) if *scheme == Scheme::HTTPS => true,
            Some(scheme) if *scheme == Scheme::HTTP => false,
            _ => return Err(invalid),
        };
        if authority.as_str().contains('@') {
            return Err(InvalidUrl(
                "has a user or a password; the signature says who asks",
            ));
        }
        if !is_https && addresses == Addresses::Public {
            return Err(InvalidUrl(
                "does not begin with https://; http:// is only for private addresses, if they are allowed",
            ));
        }
        let host = authority.host().trim_matches(['[', ']']);
        if host.is_empty() {
            return Err(invalid);
        }
        let ip = host.parse::<IpAddr>();
        if ip.is_ok_and(|ip| !addresses.allow(ip)) {
            return Err(InvalidUrl("names an address that is not allowed"));
        }
        let path = uri.path_and_query().map_or("/", |it| it.as_str());
        Ok(Self {
            path: path.parse().map_err(|_| invalid)?,
            host: host.to_owned(),
            port: authority
                .port_u16()
                .unwrap_or(if is_https { 443 } else { 80 }),
            authority: HeaderValue::from_str(authority.as_str()).map_err(|_| invalid)?,
            is_https,
            addresses,
        })
    }

    /// The URL's path and query, with this path and query after them.
    fn with(&self, more: &str) -> Result<Uri, Failure> {
        if more.is_empty() {
            return Ok(self.path.clone());
        }
        let (path, query) = more.split_once('?').unwrap_or((more, ""));
        let path = match path {
            "" => self.path.path().to_owned(),
            path => format!("{}{path}", self.path.path().trim_end_matches('/')),
        };
        let queries = [self.path.query().unwrap_or_default(), query];
        let queries: Vec<_> = queries.into_iter().filter(|it| !it.is_empty()).collect();
        let all = match queries[..] {
            [] => path,
            _ => format!("{path}?{}", queries.join("&")),
        };
        all.parse().map_err(|_| Failure::InvalidTarget)
    }
}

/// Sends requests to one target, one after the other, over one connection. It follows no redirect.
///
/// It has no time-outs: the caller drops the future when its time is over. Then the connection is closed.
pub struct Client {
    target: Target,
    tls: Option<TlsConnector>,
    /// The connection, while no request uses it.
    idle: Mutex<Option<Connection>>,
}

type Connection = SendRequest<Full<Bytes>>;

/// A whole answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// At most [`MOST_ANSWER_BYTES`], if the request was signed.
    pub body: Bytes,
}

/// Why there is no answer.
#[derive(Debug)]
pub enum Failure {
    /// The name has no address, or only such that are not allowed.
    NoAddress(&'static str),
    /// No connection, or none that can be trusted.
    Unreachable(io::Error),
    /// The connection ended before the answer was complete.
    Broken(hyper::Error),
    /// More bytes than are read.
    TooLong(usize),
    /// What is appended to the URL is neither a path nor a query.
    InvalidTarget,
}

/// What a request has besides its signed body.
#[derive(Clone, Debug, Default)]
pub struct More<'a> {
    /// What is appended to the URL: a path, a query, or both.
    pub target: &'a str,
    /// Headers.
    pub headers: HeaderMap,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoAddress(why) => f.write_str(why),
            Self::Unreachable(error) => write!(f, "it cannot be reached: {error}"),
            Self::Broken(error) => write!(f, "the connection ended: {error}"),
            Self::TooLong(most) => write!(f, "the answer has more than {most} bytes"),
            Self::InvalidTarget => {
                f.write_str("what is appended to the URL is no path and no query")
            }
        }
    }
}

impl std::error::Error for Failure {}

impl Client {
    /// A client that trusts the roots of this system, or those in the file that `SSL_CERT_FILE` names.
    ///
    /// # Errors
    ///
    /// If the target needs TLS and there are no roots.
    pub fn new(target: Target) -> Result<Self, String> {
        let tls = match target.is_https {
            true => Some(TlsConnector::from(Arc::new(tls()?))),
            false => None,
        };
        Ok(Self {
            target,
            tls,
            idle: Mutex::new(None),
        })
    }

    /// Opens the connection, so that the first request does not wait for it.
    ///
    /// # Errors
    ///
    /// If there is no connection.
    pub async fn open(&self) -> Result<(), Failure> {
        let connection = self.connect().await?;
        self.keep(connection);
        Ok(())
    }

    /// Sends a signed body of this media type. `id` has no dot, and is the same if the request is sent again.
    ///
    /// # Errors
    ///
    /// If there is no complete answer. A redirect is an answer.
    pub async fn post(
        &self,
        signer: &Signer,
        id: &str,
        media_type: &'static str,
        body: impl Into<Bytes>,
    ) -> Result<Answer, Failure> {
        let more = More::default();
        self.post_with(signer, id, media_type, body, &more).await
    }

    /// The same, with more than the body.
    ///
    /// # Errors
    ///
    /// As [`post`](Self::post), and if the target cannot be appended.
    pub async fn post_with(
        &self,
        signer: &Signer,
        id: &str,
        media_type: &'static str,
        body: impl Into<Bytes>,
        more: &More<'_>,
    ) -> Result<Answer, Failure> {
        let body = body.into();
        let path = self.target.with(more.target)?;
        let request = || {
            let mut request = self.signed(signer, id, media_type, &body);
            *request.uri_mut() = path.clone();
            request.headers_mut().extend(more.headers.clone());
            request
        };
        self.answered(request, MOST_ANSWER_BYTES).await
    }

    /// Sends JSON without a signature to a path after the URL's path, with these headers. It reads an answer of at most so
    /// many bytes.
    ///
    /// # Errors
    ///
    /// If there is no complete answer, or if the path cannot be appended. A redirect is an answer.
    ///
    /// # Panics
    ///
    /// If a header has a character that cannot be there.
    pub async fn post_below(
        &self,
        path: &str,
        headers: &[(&'static str, &str)],
        json: impl Into<Bytes>,
        most_bytes: usize,
    ) -> Result<Answer, Failure> {
        let json = json.into();
        let path = self.target.with(path)?;
        let request = || {
            let mut request = self.request(path.clone(), "application/json", &json);
            for (name, value) in headers {
                let value = HeaderValue::from_str(value).expect("the caller checks it");
                request.headers_mut().insert(*name, value);
            }
            request
        };
        self.answered(request, most_bytes).await
    }

    /// Sends a request over the idle connection, or else over a new one.
    async fn answered(
        &self,
        request: impl Fn() -> Request<Full<Bytes>>,
        most_bytes: usize,
    ) -> Result<Answer, Failure> {
        let idle = self
            .idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(connection) = idle.filter(|it| !it.is_closed()) {
            let answered = self.send(connection, request(), most_bytes).await;
            // If it fails, the service may have closed the connection while nobody used it.
            if let Ok(answered) = answered {
                return answered;
            }
        }
        let connection = self.connect().await?;
        let answered = self.send(connection, request(), most_bytes).await;
        answered.map_err(Failure::Broken)?
    }

    /// Sends a request. Fails if no part of an answer came.
    async fn send(
        &self,
        mut connection: Connection,
        request: Request<Full<Bytes>>,
        most_bytes: usize,
    ) -> hyper::Result<Result<Answer, Failure>> {
        connection.ready().await?;
        let response = connection.send_request(request).await?;
        Ok(self.read(connection, response, most_bytes).await)
    }

    async fn read(
        &self,
        connection: Connection,
        response: http::Response<Incoming>,
        most_bytes: usize,
    ) -> Result<Answer, Failure> {
        let (head, body) = response.into_parts();
        let body = Limited::new(body, most_bytes);
        let body =
            body.collect()
                .await
                .map_err(|error| match error.downcast::<hyper::Error>() {
                    Ok(error) => Failure::Broken(*error),
                    Err(error) => {
                        debug_assert!(error.is::<LengthLimitError>());
                        Failure::TooLong(most_bytes)
                    }
                })?;
        self.keep(connection);
        Ok(Answer {
            status: head.status.as_u16(),
            headers: head.headers,
            body: body.to_bytes(),
        })
    }

    fn keep(&self, connection: Connection) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        *idle = Some(connection);
    }

    fn request(&self, path: Uri, media_type: &'static str, body: &Bytes) -> Request<Full<Bytes>> {
        let mut request = Request::new(Full::new(body.clone()));
        *request.method_mut() = http::Method::POST;
        *request.uri_mut() = path;
        let headers = request.headers_mut();
        headers.insert(header::HOST, self.target.authority.clone());
        let media_type = HeaderValue::from_static(media_type);
        headers.insert(header::CONTENT_TYPE, media_type);
        let agent = HeaderValue::from_static(concat!("imhook/", env!("CARGO_PKG_VERSION")));
        headers.insert(header::USER_AGENT, agent);
        request
    }

    fn signed(
        &self,
        signer: &Signer,
        id: &str,
        media_type: &'static str,
        body: &Bytes,
    ) -> Request<Full<Bytes>> {
        let now = std::time::UNIX_EPOCH.elapsed().unwrap_or_default();
        let now = i64::try_from(now.as_secs()).unwrap_or_default();
        let mut request = self.request(self.target.path.clone(), media_type, body);
        let headers = request.headers_mut();
        headers.insert("webhook-timestamp", now.into());
        let signature = signer.sign(id, now, body);
        for (name, value) in [("webhook-id", id), ("webhook-signature", &signature)] {
            // An id that cannot be sent has no valid signature either, so the service refuses the request.
            if let Ok(value) = HeaderValue::from_str(value) {
                headers.insert(name, value);
            }
        }
        request
    }

    async fn connect(&self) -> Result<Connection, Failure> {
        // Checked here and not earlier, because a name can get another address at any time.
        let found = lookup_host((self.target.host.as_str(), self.target.port)).await;
        let found: Vec<_> = found
            .map_err(|_| Failure::NoAddress("its name has no address"))?
            .collect();
        let allowed = |address: &&std::net::SocketAddr| self.target.addresses.allow(address.ip());
        let mut refused = Failure::NoAddress("its address is not allowed");
        for address in found.iter().filter(allowed) {
            match TcpStream::connect(address).await {
                Ok(stream) => return self.shake_hands(stream).await,
                Err(error) => refused = Failure::Unreachable(error),
            }
        }
        Err(refused)
    }

    async fn shake_hands(&self, stream: TcpStream) -> Result<Connection, Failure> {
        stream.set_nodelay(true).map_err(Failure::Unreachable)?;
        let Some(tls) = &self.tls else {
            return speak_http(stream).await;
        };
        let name = ServerName::try_from(self.target.host.clone())
            .map_err(|_| Failure::NoAddress("its name cannot be in a certificate"))?;
        let stream = tls.connect(name, stream).await;
        speak_http(stream.map_err(Failure::Unreachable)?).await
    }
}

async fn speak_http<S>(stream: S) -> Result<Connection, Failure>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (sender, connection) = http1::handshake(TokioIo::new(stream))
        .await
        .map_err(Failure::Broken)?;
    // It ends when the sender is dropped. Its error is also that of the request.
    tokio::spawn(connection);
    Ok(sender)
}

fn tls() -> Result<ClientConfig, String> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        return Err("this system has no root certificates".to_owned());
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_that_is_not_allowed_is_refused_and_not_shown() {
        for (url, addresses, wrong) in [
            ("", Addresses::AlsoPrivate, "is not a URL"),
            ("app.example.com", Addresses::AlsoPrivate, "is not a URL"),
            (
                "ftp://app.example.com",
                Addresses::AlsoPrivate,
                "is not a URL",
            ),
            ("https:///decide", Addresses::AlsoPrivate, "is not a URL"),
            (
                "https://ana:hunter2@app.example.com",
                Addresses::Public,
                "has a user",
            ),
            (
                "http://app.example.com",
                Addresses::Public,
                "does not begin",
            ),
            ("https://127.0.0.1", Addresses::Public, "names an address"),
            (
                "https://[::1]:8443/x",
                Addresses::Public,
                "names an address",
            ),
            (
                "https://[::ffff:10.0.0.1]",
                Addresses::Public,
                "names an address",
            ),
            (
                "http://169.254.169.254/",
                Addresses::AlsoPrivate,
                "names an address",
            ),
        ] {
            let error = Target::new(url, addresses).unwrap_err().to_string();
            assert!(error.starts_with(wrong), "{url}: {error}");
            assert!(!error.contains("hunter2"));
        }
        for url in [
            "http://127.0.0.1:8080/decide?a=b",
            "http://[::1]",
            "https://10.0.0.1",
        ] {
            Target::new(url, Addresses::AlsoPrivate).unwrap();
        }
        let target = Target::new("https://app.example.com", Addresses::Public).unwrap();
        assert_eq!((target.port, target.path.to_string().as_str()), (443, "/"));
    }

    #[test]
    fn what_is_appended_to_a_url_keeps_its_path_and_its_query() {
        for (url, more, all) in [
            ("https://a.example", "", "/"),
            ("https://a.example", "/x", "/x"),
            ("https://a.example/base", "/x?a=b", "/base/x?a=b"),
            ("https://a.example/base/", "/x", "/base/x"),
            (
                "https://a.example/base/?token=t",
                "/x?a=b&c=",
                "/base/x?token=t&a=b&c=",
            ),
            ("https://a.example/base?token=t", "/x", "/base/x?token=t"),
            ("https://a.example/base", "?SdkAppid=1", "/base?SdkAppid=1"),
            ("https://a.example", "?SdkAppid=1", "/?SdkAppid=1"),
        ] {
            let target = Target::new(url, Addresses::Public).unwrap();
            assert_eq!(target.with(more).unwrap().to_string(), all, "{url} {more}");
        }
        let target = Target::new("https://a.example", Addresses::Public).unwrap();
        for more in ["/x y", "?a\nb"] {
            assert!(matches!(target.with(more), Err(Failure::InvalidTarget)));
        }
    }

    #[tokio::test]
    async fn a_name_is_refused_if_its_address_is_not_allowed() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        // Other spellings of the address are names, too: the system reads them.
        for host in ["localhost", "127.1", "2130706433", "0x7f.1"] {
            let url = format!("https://{host}:{port}/");
            let target = Target::new(&url, Addresses::Public).unwrap();
            let client = Client {
                target,
                tls: None,
                idle: Mutex::new(None),
            };
            let refused = client.open().await.unwrap_err();
            assert!(
                matches!(refused, Failure::NoAddress(_)),
                "{host}: {refused}"
            );
        }
        let accepted = listener.accept();
        let accepted = tokio::time::timeout(std::time::Duration::from_millis(50), accepted).await;
        assert!(accepted.is_err(), "a connection was made");
    }
}
