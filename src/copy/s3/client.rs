//! One bucket: requests are signed, sent, repeated and judged here.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};

use super::hedge::Latencies;
use super::http::{Client, Endpoint, Request, Response};
use super::sign::{Signer, encode};
use super::xml;
use crate::copy::dice::Dice;
use crate::copy::pace::Pace;
use crate::copy::{Error, Result};
use crate::storage::S3Access;

/// One bucket of one service.
pub(crate) struct S3 {
    access: S3Access,
    http: Client,
    signer: Signer,
    dice: Dice,
    attempts: u32,
    pub(crate) pace: Arc<Pace>,
    /// Service time minus ours, in milliseconds.
    skew: AtomicI64,
    /// Whether the service takes CRC64NVME; until it refuses one.
    has_checksums: AtomicBool,
    retried: AtomicU64,
    hedged: AtomicU64,
    latencies: [Latencies; 2],
}

/// A request before it is signed.
pub(super) struct Call<'a> {
    pub(super) method: &'static str,
    /// Key of the object; None for requests to the bucket.
    pub(super) key: Option<&'a str>,
    /// Names and values, sorted by name, not encoded.
    pub(super) query: Vec<(&'static str, Cow<'a, str>)>,
    pub(super) headers: Vec<(Cow<'static, str>, String)>,
    pub(super) body: Bytes,
    /// Longest time that one attempt may take.
    pub(super) timeout: Duration,
    pub(super) kind: Kind,
}

/// What a request does, as far as its latency is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Small questions and copies of small objects, which may be sent twice when the answer is late.
    Small,
    /// Ranges and copies of parts, likewise.
    Part,
    /// What must not be sent twice at once.
    Single,
}

impl<'a> Call<'a> {
    pub(super) fn new(method: &'static str, key: Option<&'a str>) -> Self {
        Self {
            method,
            key,
            query: Vec::new(),
            headers: Vec::new(),
            body: Bytes::new(),
            timeout: Duration::from_secs(60),
            kind: Kind::Single,
        }
    }

    pub(super) fn header(&mut self, name: &'static str, value: impl Into<String>) {
        self.headers.push((Cow::Borrowed(name), value.into()));
    }
}

impl S3 {
    /// The bucket that `access` names.
    ///
    /// # Errors
    /// [`Error::InvalidLocation`] when the endpoint is not an address.
    pub(crate) fn new(access: S3Access, pace: Arc<Pace>, attempts: u32, seed: u64) -> Result<Self> {
        let endpoint = Endpoint::parse(&access.endpoint).ok_or_else(|| Error::InvalidLocation {
            location: access.endpoint.clone(),
            reason: "an endpoint looks like `http://host:9000` or `https://host`".to_owned(),
        })?;
        Ok(Self {
            signer: Signer::new(&access.region),
            http: Client::new(endpoint),
            access,
            dice: Dice::new(seed),
            attempts: attempts.max(1),
            pace,
            skew: AtomicI64::new(0),
            has_checksums: AtomicBool::new(true),
            retried: AtomicU64::new(0),
            hedged: AtomicU64::new(0),
            latencies: [Latencies::new(), Latencies::new()],
        })
    }

    /// Name of the bucket.
    pub(crate) fn bucket(&self) -> &str {
        &self.access.bucket
    }

    /// Where and as whom the bucket is reached; equal for buckets that can copy from each other.
    pub(crate) fn service(&self) -> &str {
        let amazon = ".amazonaws.com";
        if self.access.endpoint.ends_with(amazon) { amazon } else { &self.access.endpoint }
    }

    /// Requests that were repeated, and that were sent a second time because the answer was late.
    pub(crate) fn repeats(&self) -> (u64, u64) {
        (self.retried.load(Ordering::Relaxed), self.hedged.load(Ordering::Relaxed))
    }

    pub(super) fn has_checksums(&self) -> bool {
        self.has_checksums.load(Ordering::Relaxed)
    }

    /// The service does not know CRC64NVME: never send one again.
    pub(super) fn give_up_checksums(&self) {
        self.has_checksums.store(false, Ordering::Relaxed);
    }

    /// `s3://bucket/key`, for messages.
    pub(crate) fn url(&self, key: &str) -> String {
        format!("s3://{}/{key}", self.access.bucket)
    }

    /// Send a request, again and again where that helps; the answer is a success.
    pub(super) async fn call(&self, call: &Call<'_>) -> Result<Response> {
        let prefix = call.key.map_or("", |key| key.rsplit_once('/').map_or("", |(folder, _)| folder));
        let mut attempt = 0;
        loop {
            attempt += 1;
            self.pace.admit(prefix).await;
            let error = match self.attempt(call).await {
                Ok(response) => return Ok(response),
                Err(error) => error,
            };
            if is_slow_down(&error) {
                self.pace.slow_down(prefix);
            }
            if attempt >= self.attempts || !is_passing(&error) {
                return Err(error);
            }
            self.retried.fetch_add(1, Ordering::Relaxed);
            tracing::debug!(attempt, %error, "request is repeated");
            tokio::time::sleep(self.dice.backoff(attempt)).await;
        }
    }

    async fn attempt(&self, call: &Call<'_>) -> Result<Response> {
        let request = self.request(call).await?;
        let began = Instant::now();
        let sent = self.send(call, &request).await;
        let response = sent.map_err(|source| Error::Network { request: self.name(call), source })?;
        let latency = began.elapsed();
        self.pace.answered(latency);
        if let Some(latencies) = self.latencies_of(call.kind) {
            latencies.record(latency);
        }
        match self.failure(call, &response) {
            None => Ok(response),
            Some(error) => {
                self.learn_time(&error, &response);
                Err(error)
            }
        }
    }

    /// Send the request, and once more when the answer is unusually late; the first answer counts.
    async fn send(&self, call: &Call<'_>, request: &Request) -> std::io::Result<Response> {
        let first = self.http.send(request, call.timeout);
        let Some((latencies, after)) = self.latencies_of(call.kind).and_then(|l| Some((l, l.hedge_after()?))) else {
            return first.await;
        };
        tokio::pin!(first);
        tokio::select! {
            answer = &mut first => return answer,
            () = tokio::time::sleep(after) => {}
        }
        latencies.hedge();
        self.hedged.fetch_add(1, Ordering::Relaxed);
        tokio::select! {
            answer = &mut first => answer,
            answer = self.http.send(request, call.timeout) => answer,
        }
    }

    fn latencies_of(&self, kind: Kind) -> Option<&Latencies> {
        match kind {
            Kind::Small => self.latencies.first(),
            Kind::Part => self.latencies.get(1),
            Kind::Single => None,
        }
    }

    async fn request(&self, call: &Call<'_>) -> Result<Request> {
        let mut path = self.http.endpoint.base_path.clone();
        if !self.access.is_virtual_hosted {
            path.push('/');
            path.push_str(&self.access.bucket);
        }
        if let Some(key) = call.key {
            path.push('/');
            path.push_str(&encode(key, true));
        } else if path.is_empty() {
            path.push('/');
        }
        let pairs: Vec<String> =
            call.query.iter().map(|(name, value)| format!("{name}={}", encode(value, false))).collect();
        let mut request = Request {
            method: call.method,
            path,
            query: pairs.join("&"),
            headers: call.headers.clone(),
            body: call.body.clone(),
        };
        if let Some(provider) = &self.access.credentials {
            let bucket = || self.access.bucket.clone();
            let credential = provider.get_credential().await;
            let credential = credential.map_err(|source| Error::Credentials { bucket: bucket(), source })?;
            let endpoint = &self.http.endpoint;
            self.signer.sign(&mut request, &endpoint.host, &credential, self.now(), endpoint.is_tls());
        }
        Ok(request)
    }

    fn now(&self) -> DateTime<Utc> {
        Utc::now() + TimeDelta::milliseconds(self.skew.load(Ordering::Relaxed))
    }

    /// When the service finds our clock wrong, go by its own.
    fn learn_time(&self, error: &Error, response: &Response) {
        if !matches!(error.service(), Some((_, "RequestTimeTooSkewed"))) {
            return;
        }
        if let Some(date) = response.header("date").and_then(|text| DateTime::parse_from_rfc2822(text).ok()) {
            let skew = date.to_utc() - Utc::now();
            self.skew.store(skew.num_milliseconds(), Ordering::Relaxed);
        }
    }

    pub(super) fn name(&self, call: &Call<'_>) -> String {
        format!("{} {}", call.method, self.url(call.key.unwrap_or_default()))
    }

    /// The error that an answer is, also one in the body of a success.
    fn failure(&self, call: &Call<'_>, response: &Response) -> Option<Error> {
        let is_success = (200..300).contains(&response.status);
        // Copies and completions begin to answer before they are done.
        let may_hide = response.body.len() < 4096 && memchr::memmem::find(&response.body, b"<Error").is_some();
        if is_success && !(may_hide && matches!(call.method, "PUT" | "POST")) {
            return None;
        }
        let text = std::str::from_utf8(&response.body).unwrap_or_default();
        if is_success && xml::root_of(text) != Some("Error") {
            return None;
        }
        let part = |name| xml::text_of(text, name).map(Cow::into_owned).filter(|text| !text.is_empty());
        let code = part("Code").unwrap_or_else(|| code_of(response.status).to_owned());
        let mut message = part("Message").unwrap_or_else(|| "no explanation".to_owned());
        if let Some(region) = response.header("x-amz-bucket-region").filter(|_| response.status == 301) {
            message.push_str(&format!(" (the bucket is in `{region}`)"));
        }
        Some(Error::Service { request: self.name(call), status: response.status, code, message })
    }
}

/// What S3 calls the errors of answers that have no body, as those to HEAD.
fn code_of(status: u16) -> &'static str {
    match status {
        301 => "PermanentRedirect",
        304 => "NotModified",
        400 => "BadRequest",
        403 => "AccessDenied",
        404 => "NoSuchKey",
        409 => "Conflict",
        412 => "PreconditionFailed",
        416 => "InvalidRange",
        429 | 503 => "SlowDown",
        500 => "InternalError",
        _ => "Unknown",
    }
}

fn is_slow_down(error: &Error) -> bool {
    matches!(
        error.service(),
        Some((429, _))
            | Some((_, "SlowDown" | "ServiceUnavailable" | "Throttling" | "ThrottlingException" | "TooManyRequests"))
    )
}

/// Whether the same request may succeed later.
fn is_passing(error: &Error) -> bool {
    match error {
        Error::Network { .. } => true,
        Error::Service { status, code, .. } => {
            matches!(status, 408 | 429 | 500 | 502 | 503 | 504)
                || is_slow_down(error)
                || matches!(
                    code.as_str(),
                    "InternalError"
                        | "RequestTimeout"
                        | "RequestTimeTooSkewed"
                        | "OperationAborted"
                        | "ConditionalRequestConflict"
                )
        }
        _ => false,
    }
}

impl std::fmt::Debug for S3 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("S3").field("bucket", &self.access.bucket).field("endpoint", &self.access.endpoint).finish()
    }
}
