//! HTTP/1.1 over kept connections, and nothing more than S3 needs.
//!
//! A copy of a small object is one request of five hundred bytes and an answer of as many. A general client spends more
//! time on such a request than the service does; this one writes the request with one system call and reads the answer
//! with another. It also sends a path as it is given: keys with `..` or `//` would be rewritten by a URL library.

use std::io::{self, Error, ErrorKind};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use bytes::{Buf as _, BufMut as _, Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Bodies up to this size travel in one write with the head.
const SMALL_BODY: usize = 64 << 10;
const MAX_HEAD: usize = 64 << 10;
const MAX_IDLE: usize = 1024;

/// Where a service listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Endpoint {
    is_tls: bool,
    name: String,
    port: u16,
    /// The value of the `Host` header.
    pub(super) host: String,
    /// What comes before every path, without a slash at the end.
    pub(super) base_path: String,
}

impl Endpoint {
    /// Read `http://host:port/path`; None when it is no such address.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let url = url::Url::parse(text).ok()?;
        let is_tls = match url.scheme() {
            "https" => true,
            "http" => false,
            _ => return None,
        };
        let name = url.host_str()?.to_owned();
        let host = url.port().map_or_else(|| name.clone(), |port| format!("{name}:{port}"));
        let base_path = url.path().trim_end_matches('/').to_owned();
        Some(Self { is_tls, name, port: url.port_or_known_default()?, host, base_path })
    }

    pub(super) fn is_tls(&self) -> bool {
        self.is_tls
    }
}

/// A request: what is signed and sent.
#[derive(Debug, Clone)]
pub(super) struct Request {
    pub(super) method: &'static str,
    /// Path in percent-encoded form, from the root of the host.
    pub(super) path: String,
    /// Query in percent-encoded form, sorted by name; empty for none.
    pub(super) query: String,
    /// Names in lower case.
    pub(super) headers: Vec<(std::borrow::Cow<'static, str>, String)>,
    pub(super) body: Bytes,
}

/// An answer with its whole body.
#[derive(Debug)]
pub(super) struct Response {
    pub(super) status: u16,
    head: Bytes,
    pub(super) body: Bytes,
}

impl Response {
    /// The value of a header, whose name is given in lower case.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers().find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// All headers, names as they came.
    pub(super) fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        header_lines(&self.head)
    }
}

fn header_lines(head: &[u8]) -> impl Iterator<Item = (&str, &str)> {
    head.split(|byte| *byte == b'\n').skip(1).filter_map(|line| {
        let (name, value) = std::str::from_utf8(line).ok()?.split_once(':')?;
        Some((name.trim(), value.trim()))
    })
}

trait Wire: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Wire for T {}

struct Connection {
    wire: Box<dyn Wire>,
    buffer: BytesMut,
}

/// A client of one endpoint, with its idle connections.
pub(super) struct Client {
    pub(super) endpoint: Endpoint,
    idle: Mutex<Vec<Connection>>,
}

impl Client {
    pub(super) fn new(endpoint: Endpoint) -> Self {
        Self { endpoint, idle: Mutex::default() }
    }

    /// Send a request and read the whole answer, of at most `timeout`.
    pub(super) async fn send(&self, request: &Request, timeout: Duration) -> io::Result<Response> {
        let out_of_time = || Error::new(ErrorKind::TimedOut, format!("no answer within {} s", timeout.as_secs()));
        tokio::time::timeout(timeout, self.exchange(request)).await.unwrap_or_else(|_| Err(out_of_time()))
    }

    async fn exchange(&self, request: &Request) -> io::Result<Response> {
        let kept = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        if let Some(mut connection) = kept {
            match connection.exchange(&self.endpoint.host, request).await {
                Ok((response, is_kept)) => {
                    self.keep(connection, is_kept);
                    return Ok(response);
                }
                // The service closed it while it was idle, before it saw the request: that is no failure.
                Err(Failed { is_untouched: true, .. }) => {}
                Err(Failed { source, .. }) => return Err(source),
            }
        }
        let mut connection = self.connect().await?;
        let (response, is_kept) =
            connection.exchange(&self.endpoint.host, request).await.map_err(|failed| failed.source)?;
        self.keep(connection, is_kept);
        Ok(response)
    }

    fn keep(&self, connection: Connection, is_kept: bool) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if is_kept && idle.len() < MAX_IDLE {
            idle.push(connection);
        }
    }

    async fn connect(&self) -> io::Result<Connection> {
        let Endpoint { name, port, is_tls, .. } = &self.endpoint;
        let connecting = async {
            let bare = name.trim_start_matches('[').trim_end_matches(']');
            let stream = TcpStream::connect((bare, *port)).await?;
            stream.set_nodelay(true)?;
            if !is_tls {
                return Ok::<Box<dyn Wire>, Error>(Box::new(stream));
            }
            let server = ServerName::try_from(bare.to_owned()).map_err(Error::other)?;
            Ok(Box::new(TlsConnector::from(tls()?).connect(server, stream).await?))
        };
        let wire = tokio::time::timeout(CONNECT_TIMEOUT, connecting)
            .await
            .map_err(|_| Error::new(ErrorKind::TimedOut, format!("cannot connect to {name}:{port} within 10 s")))?
            .map_err(|source| Error::new(source.kind(), format!("cannot connect to {name}:{port}: {source}")))?;
        Ok(Connection { wire, buffer: BytesMut::with_capacity(8 << 10) })
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Client").field(&self.endpoint.host).finish()
    }
}

/// The machine's own certificates, read once.
fn tls() -> io::Result<Arc<ClientConfig>> {
    static CONFIG: OnceLock<Arc<ClientConfig>> = OnceLock::new();
    if let Some(config) = CONFIG.get() {
        return Ok(Arc::clone(config));
    }
    let mut roots = RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    let (added, _) = roots.add_parsable_certificates(found.certs);
    if added == 0 {
        let reasons: Vec<String> = found.errors.iter().map(ToString::to_string).collect();
        return Err(Error::other(format!("this machine has no certificates to check servers by: {reasons:?}")));
    }
    let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(Error::other)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::clone(CONFIG.get_or_init(|| Arc::new(config))))
}

/// A failed exchange, and whether the other side can have seen the request.
struct Failed {
    source: Error,
    is_untouched: bool,
}

impl Failed {
    fn late(source: Error) -> Self {
        Self { source, is_untouched: false }
    }
}

impl Connection {
    /// One request and its answer; whether the connection can be used again.
    async fn exchange(&mut self, host: &str, request: &Request) -> Result<(Response, bool), Failed> {
        self.buffer.clear();
        let written = self.write(host, request).await;
        // A service may refuse a body before it has read it, so the answer is looked for even then.
        let head = match (self.read_head().await, written) {
            (Ok(head), _) => head,
            (Err(source), Ok(())) => {
                let is_untouched = self.buffer.is_empty() && is_closed(&source);
                return Err(Failed { source, is_untouched });
            }
            (Err(_), Err(source)) => return Err(Failed { is_untouched: is_closed(&source), source }),
        };
        let status = status_of(&head).ok_or_else(|| Failed::late(invalid("the answer has no status line")))?;
        let (mut length, mut is_chunked, mut is_kept) = (None, false, true);
        for (name, value) in header_lines(&head) {
            if name.eq_ignore_ascii_case("content-length") {
                length = value.parse::<usize>().ok();
            } else if name.eq_ignore_ascii_case("transfer-encoding") {
                is_chunked = value.eq_ignore_ascii_case("chunked");
            } else if name.eq_ignore_ascii_case("connection") {
                is_kept = !value.eq_ignore_ascii_case("close");
            }
        }
        let body = if request.method == "HEAD" || matches!(status, 204 | 304) {
            Ok(Bytes::new())
        } else if is_chunked {
            self.read_chunks().await
        } else if let Some(length) = length {
            self.read_exactly(length).await
        } else {
            is_kept = false;
            self.read_to_end().await
        };
        Ok((Response { status, head, body: body.map_err(Failed::late)? }, is_kept))
    }

    async fn write(&mut self, host: &str, request: &Request) -> io::Result<()> {
        let Request { method, path, query, headers, body } = request;
        let mut head = Vec::with_capacity(1024 + if body.len() <= SMALL_BODY { body.len() } else { 0 });
        let mark = if query.is_empty() { "" } else { "?" };
        for text in [*method, " ", path.as_str(), mark, query.as_str()] {
            head.extend_from_slice(text.as_bytes());
        }
        for text in [" HTTP/1.1\r\nhost: ", host, "\r\nuser-agent: bayou\r\n"] {
            head.extend_from_slice(text.as_bytes());
        }
        for (name, value) in headers {
            for text in [name.as_ref(), ": ", value.as_str(), "\r\n"] {
                head.extend_from_slice(text.as_bytes());
            }
        }
        if !body.is_empty() || matches!(*method, "PUT" | "POST") {
            head.extend_from_slice(format!("content-length: {}\r\n", body.len()).as_bytes());
        }
        head.extend_from_slice(b"\r\n");
        if body.len() <= SMALL_BODY {
            head.extend_from_slice(body);
            self.wire.write_all(&head).await?;
        } else {
            self.wire.write_all(&head).await?;
            self.wire.write_all(body).await?;
        }
        self.wire.flush().await
    }

    /// Everything up to the empty line, which is taken off; answers `100 Continue` are passed over.
    async fn read_head(&mut self) -> io::Result<Bytes> {
        loop {
            let mut searched = 0;
            let end = loop {
                if let Some(at) = memchr::memmem::find(&self.buffer[searched..], b"\r\n\r\n") {
                    break searched + at;
                }
                searched = self.buffer.len().saturating_sub(3);
                if self.buffer.len() > MAX_HEAD {
                    return Err(invalid("the answer's head is larger than 64 KiB"));
                }
                self.fill().await?;
            };
            let head = self.buffer.split_to(end).freeze();
            self.buffer.advance(4);
            if status_of(&head) != Some(100) {
                return Ok(head);
            }
        }
    }

    async fn fill(&mut self) -> io::Result<()> {
        self.buffer.reserve(4 << 10);
        if self.wire.read_buf(&mut self.buffer).await? == 0 {
            return Err(Error::new(ErrorKind::UnexpectedEof, "the connection was closed in the middle of an answer"));
        }
        Ok(())
    }

    async fn read_exactly(&mut self, length: usize) -> io::Result<Bytes> {
        if length <= self.buffer.len() {
            return Ok(self.buffer.split_to(length).freeze());
        }
        let mut body = Vec::new();
        body.try_reserve_exact(length).map_err(|_| Error::new(ErrorKind::OutOfMemory, "the answer is too large"))?;
        body.extend_from_slice(&self.buffer);
        self.buffer.clear();
        while body.len() < length {
            let left = length - body.len();
            if self.wire.read_buf(&mut (&mut body).limit(left)).await? == 0 {
                let short = format!("the connection was closed after {} of {length} bytes", body.len());
                return Err(Error::new(ErrorKind::UnexpectedEof, short));
            }
        }
        Ok(body.into())
    }

    async fn read_to_end(&mut self) -> io::Result<Bytes> {
        let mut body = self.buffer.split().to_vec();
        self.wire.read_to_end(&mut body).await?;
        Ok(body.into())
    }

    async fn read_chunks(&mut self) -> io::Result<Bytes> {
        let mut body = Vec::new();
        loop {
            let line = self.read_line().await?;
            let size = line.split(';').next().unwrap_or_default().trim();
            let size = usize::from_str_radix(size, 16).map_err(|_| invalid("a chunk has no size"))?;
            if size == 0 {
                while !self.read_line().await?.is_empty() {}
                return Ok(body.into());
            }
            body.extend_from_slice(&self.read_exactly(size).await?);
            self.read_line().await?;
        }
    }

    async fn read_line(&mut self) -> io::Result<String> {
        loop {
            if let Some(at) = memchr::memchr(b'\n', &self.buffer) {
                let line = self.buffer.split_to(at + 1);
                return Ok(String::from_utf8_lossy(&line).trim_end().to_owned());
            }
            if self.buffer.len() > MAX_HEAD {
                return Err(invalid("a line of the answer is larger than 64 KiB"));
            }
            self.fill().await?;
        }
    }
}

fn status_of(head: &[u8]) -> Option<u16> {
    let line = head.split(|byte| *byte == b'\r').next()?;
    let text = std::str::from_utf8(line).ok()?.strip_prefix("HTTP/1.")?;
    text.split(' ').nth(1)?.parse().ok()
}

fn is_closed(error: &Error) -> bool {
    use ErrorKind as Kind;
    matches!(
        error.kind(),
        Kind::UnexpectedEof | Kind::ConnectionReset | Kind::ConnectionAborted | Kind::BrokenPipe | Kind::NotConnected
    )
}

fn invalid(reason: &'static str) -> Error {
    Error::new(ErrorKind::InvalidData, reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn answer(bytes: &'static [u8], method: &'static str) -> io::Result<(u16, Bytes)> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut seen = [0; 4096];
            let _ = socket.read(&mut seen).await.unwrap();
            // Byte by byte, so that every border between two reads occurs.
            for byte in bytes {
                socket.write_all(&[*byte]).await.unwrap();
                socket.flush().await.unwrap();
            }
        });
        let client = Client::new(Endpoint::parse(&format!("http://{address}")).unwrap());
        let request =
            Request { method, path: "/".into(), query: String::new(), headers: Vec::new(), body: Bytes::new() };
        client.send(&request, Duration::from_secs(10)).await.map(|response| (response.status, response.body))
    }

    #[tokio::test]
    async fn bodies_end_by_length_by_chunks_or_with_the_connection() {
        for (text, method, body) in [
            (&b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"[..], "GET", "hello"),
            (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", "PUT", "ok"),
            (
                b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
                "GET",
                "abcde",
            ),
            (b"HTTP/1.1 200 OK\r\n\r\nuntil the end", "GET", "until the end"),
            (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "HEAD", ""),
        ] {
            let (status, found) = answer(text, method).await.unwrap();
            assert_eq!((status, found.as_ref()), (200, body.as_bytes()));
        }
    }

    #[tokio::test]
    async fn a_body_that_is_cut_off_is_an_error() {
        let error = answer(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nshort", "GET").await.unwrap_err();
        assert!(error.to_string().contains("5 of 50"), "{error}");
    }

    #[test]
    fn endpoints_keep_their_path_and_port() {
        let endpoint = Endpoint::parse("http://localhost:9000/minio/").unwrap();
        assert_eq!((endpoint.host.as_str(), endpoint.base_path.as_str()), ("localhost:9000", "/minio"));
        assert_eq!(Endpoint::parse("https://s3.amazonaws.com").unwrap().host, "s3.amazonaws.com");
        assert!(Endpoint::parse("ftp://x").is_none() && Endpoint::parse("nonsense").is_none());
    }
}
