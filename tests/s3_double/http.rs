//! The service's side of HTTP/1.1.

use std::fmt::Write as _;
use std::io;

use bytes::{Buf as _, Bytes, BytesMut};
use percent_encoding::percent_decode_str;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::Service;

/// A request with its body.
pub struct Request {
    pub method: String,
    /// Path and query as they came.
    pub raw_path: String,
    pub raw_query: String,
    headers: Vec<(String, String)>,
    pub body: Bytes,
}

/// An answer; its body may be made of several pieces.
#[derive(Default)]
pub struct Response {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub more_headers: Vec<(String, String)>,
    pub body: Vec<Bytes>,
    /// Send only half of the body and hang up.
    pub is_truncated: bool,
}

impl Request {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// A parameter of the query, decoded; empty when it has no value.
    pub fn query(&self, name: &str) -> Option<String> {
        self.raw_query.split('&').find_map(|pair| {
            let (found, value) = pair.split_once('=').unwrap_or((pair, ""));
            (found == name).then(|| decode(&value.replace('+', " ")))
        })
    }

    /// Bucket and key of the path, decoded.
    pub fn target(&self) -> (String, String) {
        let path = self.raw_path.strip_prefix('/').unwrap_or(&self.raw_path);
        let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
        (decode(bucket), decode(key))
    }
}

pub fn decode(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

impl Response {
    pub fn new(status: u16) -> Self {
        Self { status, ..Self::default() }
    }

    pub fn xml(text: String) -> Self {
        let headers = vec![("content-type", "application/xml".to_owned())];
        Self { status: 200, headers, body: vec![text.into()], ..Self::default() }
    }

    pub fn error(status: u16, code: &str, message: &str) -> Self {
        let text = format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>{message}</Message></Error>");
        Self { status, ..Self::xml(text) }
    }

    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// Serve one connection until the client closes it.
pub(super) async fn serve(mut socket: TcpStream, service: &Service) -> io::Result<()> {
    socket.set_nodelay(true)?;
    let mut buffer = BytesMut::with_capacity(16 << 10);
    loop {
        let Some(mut request) = read_head(&mut socket, &mut buffer).await? else { return Ok(()) };
        if request.header("expect").is_some_and(|text| text.eq_ignore_ascii_case("100-continue")) {
            socket.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await?;
        }
        request.body = read_body(&mut socket, &mut buffer, &request).await?;
        let is_head = request.method == "HEAD";
        let response = service.answer(request).await;
        write(&mut socket, &response, is_head).await?;
        if response.is_truncated {
            return Ok(());
        }
    }
}

async fn read_head(socket: &mut TcpStream, buffer: &mut BytesMut) -> io::Result<Option<Request>> {
    let end = loop {
        if let Some(at) = memchr::memmem::find(buffer, b"\r\n\r\n") {
            break at;
        }
        buffer.reserve(4 << 10);
        if socket.read_buf(buffer).await? == 0 {
            return Ok(None);
        }
    };
    let head = buffer.split_to(end);
    buffer.advance(4);
    let text = std::str::from_utf8(&head).map_err(io::Error::other)?;
    let mut lines = text.split("\r\n");
    let mut first = lines.next().unwrap_or_default().split(' ');
    let method = first.next().unwrap_or_default().to_owned();
    let (path, query) = first.next().map(|target| target.split_once('?').unwrap_or((target, ""))).unwrap_or_default();
    let header =
        |line: &str| line.split_once(':').map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()));
    let headers = lines.filter_map(header).collect();
    Ok(Some(Request { method, raw_path: path.to_owned(), raw_query: query.to_owned(), headers, body: Bytes::new() }))
}

async fn read_body(socket: &mut TcpStream, buffer: &mut BytesMut, request: &Request) -> io::Result<Bytes> {
    let is_chunked = request.header("transfer-encoding").is_some_and(|text| text.contains("chunked"));
    let length = request.header("content-length").and_then(|text| text.parse::<usize>().ok()).unwrap_or_default();
    let body = if is_chunked {
        let mut body = Vec::new();
        loop {
            let size = read_line(socket, buffer).await?;
            let size = usize::from_str_radix(size.split(';').next().unwrap_or_default().trim(), 16)
                .map_err(io::Error::other)?;
            if size == 0 {
                while !read_line(socket, buffer).await?.is_empty() {}
                break body.into();
            }
            body.extend_from_slice(&read_exactly(socket, buffer, size).await?);
            read_line(socket, buffer).await?;
        }
    } else {
        read_exactly(socket, buffer, length).await?
    };
    let is_signed_chunks = request.header("x-amz-content-sha256").is_some_and(|text| text.starts_with("STREAMING-"));
    Ok(if is_signed_chunks { without_chunks(&body) } else { body })
}

/// The content of a body in `aws-chunked` encoding.
fn without_chunks(mut body: &[u8]) -> Bytes {
    let mut content = Vec::with_capacity(body.len());
    while let Some(end) = memchr::memmem::find(body, b"\r\n") {
        let line = String::from_utf8_lossy(&body[..end]).into_owned();
        let size = usize::from_str_radix(line.split(';').next().unwrap_or_default(), 16).unwrap_or_default();
        if size == 0 || body.len() < end + 2 + size {
            break;
        }
        content.extend_from_slice(&body[end + 2..end + 2 + size]);
        body = body.get(end + 4 + size..).unwrap_or_default();
    }
    content.into()
}

async fn read_line(socket: &mut TcpStream, buffer: &mut BytesMut) -> io::Result<String> {
    loop {
        if let Some(at) = memchr::memchr(b'\n', buffer) {
            let line = buffer.split_to(at + 1);
            return Ok(String::from_utf8_lossy(&line).trim_end().to_owned());
        }
        if socket.read_buf(buffer).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
}

async fn read_exactly(socket: &mut TcpStream, buffer: &mut BytesMut, length: usize) -> io::Result<Bytes> {
    if length <= buffer.len() {
        return Ok(buffer.split_to(length).freeze());
    }
    let mut body = buffer.split().to_vec();
    body.reserve_exact(length - body.len());
    let rest = (length - body.len()) as u64;
    if socket.take(rest).read_to_end(&mut body).await? as u64 != rest {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(body.into())
}

async fn write(socket: &mut TcpStream, response: &Response, is_head: bool) -> io::Result<()> {
    let length: usize = response.body.iter().map(Bytes::len).sum();
    let mut head = String::with_capacity(512);
    let reason = if response.status < 300 { "OK" } else { "Error" };
    let _ = write!(head, "HTTP/1.1 {} {reason}\r\n", response.status);
    if response.status != 204 && !response.headers.iter().any(|(name, _)| *name == "content-length") {
        let _ = write!(head, "content-length: {length}\r\n");
    }
    for (name, value) in &response.headers {
        let _ = write!(head, "{name}: {value}\r\n");
    }
    for (name, value) in &response.more_headers {
        let _ = write!(head, "{name}: {value}\r\n");
    }
    head.push_str("\r\n");
    let mut head = head.into_bytes();
    if is_head || length == 0 {
        return socket.write_all(&head).await;
    }
    if length <= 64 << 10 && !response.is_truncated {
        response.body.iter().for_each(|piece| head.extend_from_slice(piece));
        return socket.write_all(&head).await;
    }
    socket.write_all(&head).await?;
    let mut left = if response.is_truncated { length / 2 } else { length };
    for piece in &response.body {
        let piece = &piece[..piece.len().min(left)];
        socket.write_all(piece).await?;
        left -= piece.len();
    }
    Ok(())
}
