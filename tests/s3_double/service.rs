//! Who answers which request.

use std::sync::atomic::Ordering;

use chrono::{NaiveDateTime, Utc};

use super::faults::is_turn;
use super::http::{Request, Response};
use super::{Counted, Faults, Store, auth, listing, multipart, object, seed};

/// The store with its faults.
#[derive(Default)]
pub struct Service {
    pub store: Store,
    pub faults: Faults,
}

impl Service {
    pub(super) async fn answer(&self, request: Request) -> Response {
        if let Some(command) = request.raw_path.strip_prefix("/_double/") {
            return self.command(command, &request);
        }
        let time = self.faults.requests.fetch_add(1, Ordering::Relaxed) + 1;
        self.faults.wait(time).await;
        let skew = i64::try_from(self.faults.skew_ms.load(Ordering::Relaxed)).unwrap_or_default();
        let date = Utc::now() + chrono::TimeDelta::milliseconds(skew);
        let response = match self.refuse(&request, time, skew) {
            Some(refused) => refused,
            None => self.route(request, time),
        };
        response.with("date", date.format("%a, %d %b %Y %H:%M:%S GMT").to_string()).with("x-amz-request-id", "0")
    }

    fn refuse(&self, request: &Request, time: u64, skew: i64) -> Option<Response> {
        let faults = &self.faults;
        if is_turn(&faults.slow_down_every, time) {
            return Some(Response::error(503, "SlowDown", "Please reduce your request rate."));
        }
        let expired = faults.expired_after.load(Ordering::Relaxed);
        if expired > 0 && time > expired {
            return Some(Response::error(400, "ExpiredToken", "The provided token has expired."));
        }
        if skew != 0 {
            let sent = request
                .header("x-amz-date")
                .and_then(|text| NaiveDateTime::parse_from_str(text, "%Y%m%dT%H%M%SZ").ok());
            let distance = sent.map(|sent| sent.and_utc().timestamp_millis() - Utc::now().timestamp_millis() - skew);
            if distance.is_none_or(|millis| millis.abs() > 900_000) {
                return Some(Response::error(403, "RequestTimeTooSkewed", "The difference is too large."));
            }
        }
        let forbidden = faults.forbidden.lock().unwrap();
        if !forbidden.is_empty() && request.target().1.contains(forbidden.as_str()) {
            return Some(Response::error(403, "AccessDenied", "Access Denied"));
        }
        if faults.verify.load(Ordering::Relaxed) == 1
            && let Err(code) = auth::check(request)
        {
            return Some(Response::error(403, code, "The request is not signed as it should be."));
        }
        None
    }

    fn route(&self, request: Request, time: u64) -> Response {
        let (bucket, key) = request.target();
        let has = |name: &str| request.query(name).is_some();
        match (request.method.as_str(), bucket.is_empty(), key.is_empty()) {
            (_, true, _) => self.list_buckets(),
            ("PUT", _, true) => {
                self.store.create_bucket(&bucket);
                Response::new(200)
            }
            ("DELETE", _, true) => {
                self.store.delete_bucket(&bucket);
                Response::new(204)
            }
            (_, _, true) => {
                let Some(found) = self.store.bucket(&bucket) else {
                    return Response::error(404, "NoSuchBucket", "The specified bucket does not exist");
                };
                match request.method.as_str() {
                    "HEAD" => Response::new(200),
                    "POST" if has("delete") => object::delete_many(self, &bucket, &request),
                    "GET" if has("location") => Response::xml("<LocationConstraint/>".to_owned()),
                    "GET" if has("versioning") => Response::xml("<VersioningConfiguration/>".to_owned()),
                    "GET" if has("uploads") => multipart::list(self, &bucket, &request),
                    "GET" => {
                        self.faults.lists.fetch_add(1, Ordering::Relaxed);
                        listing::list(&request, &bucket, &found, self.store.counted(&bucket).as_deref())
                    }
                    _ => Response::error(405, "MethodNotAllowed", "Not here"),
                }
            }
            (method, _, false) => {
                if self.store.bucket(&bucket).is_none() {
                    return Response::error(404, "NoSuchBucket", "The specified bucket does not exist");
                }
                match method {
                    "POST" if has("uploads") => multipart::create(self, &bucket, &key, &request),
                    "POST" => multipart::complete(self, &bucket, &key, &request),
                    "PUT" if has("partNumber") => multipart::put_part(self, &request, time),
                    "PUT" if has("tagging") => object::put_tags(self, &bucket, &key, &request),
                    "PUT" if request.header("x-amz-copy-source").is_some() => {
                        object::copy(self, &bucket, &key, &request)
                    }
                    "PUT" => object::put(self, &bucket, &key, &request),
                    "DELETE" if has("uploadId") => multipart::abort(self, &request),
                    "DELETE" => object::delete(self, &bucket, &key),
                    "GET" if has("uploadId") => multipart::list_parts(self, &request),
                    "GET" if has("tagging") => object::get_tags(self, &bucket, &key),
                    "GET" if has("acl") => Response::xml("<AccessControlPolicy/>".to_owned()),
                    "GET" | "HEAD" => object::get(self, &bucket, &key, &request),
                    _ => Response::error(405, "MethodNotAllowed", "Not here"),
                }
            }
        }
    }

    fn list_buckets(&self) -> Response {
        let bucket =
            |name| format!("<Bucket><Name>{name}</Name><CreationDate>2026-01-01T00:00:00.000Z</CreationDate></Bucket>");
        let names: String = self.store.buckets().into_iter().map(bucket).collect();
        Response::xml(format!(
            "<ListAllMyBucketsResult><Owner><ID>o</ID></Owner><Buckets>{names}</Buckets></ListAllMyBucketsResult>"
        ))
    }

    /// Set faults, read counters, fill buckets: for programs in other processes.
    fn command(&self, command: &str, request: &Request) -> Response {
        let text = |name: &str| request.query(name).unwrap_or_default();
        let number = |name: &str| text(name).parse::<u64>().unwrap_or_default();
        match command {
            "faults" => {
                let pairs = request.raw_query.split('&').filter_map(|pair| pair.split_once('='));
                let is_known = pairs.map(|(name, _)| name).all(|name| self.faults.set(name, &text(name)));
                if is_known { Response::new(200) } else { Response::error(400, "InvalidArgument", "no such fault") }
            }
            "counters" => Response { body: vec![self.faults.counters().into()], ..Response::new(200) },
            "seed" => {
                let size = usize::try_from(number("size")).unwrap_or_default();
                seed::seed(&self.store, &text("bucket"), &text("prefix"), number("count"), size, &text("layout"));
                Response::new(200)
            }
            "count" => {
                let size = usize::try_from(number("size")).unwrap_or_default();
                let counted = Counted { prefix: text("prefix"), count: number("count"), size };
                self.store.count(&text("bucket"), counted);
                Response::new(200)
            }
            _ => Response::error(404, "NoSuchCommand", "faults, counters, seed, count"),
        }
    }
}
