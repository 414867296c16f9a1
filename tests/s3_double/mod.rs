//! An S3 service in memory, for tests and benchmarks: enough of the protocol for boto3, s5cmd, rclone and bayou, and
//! faults that no emulator has: latency, `503 SlowDown`, bodies that break off, errors inside of successes, a small limit
//! for whole copies, clocks that are wrong, keys that are forbidden, sources that change.
//!
//! It writes to sockets itself, so that it is never what limits a benchmark: a copy of an object takes it some
//! microseconds.

#![allow(dead_code, reason = "the program and the tests use different parts of it")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, unreachable_pub)]

mod auth;
mod counted;
mod faults;
mod http;
mod listing;
mod multipart;
mod object;
mod seed;
mod service;
mod store;

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpListener;

pub use faults::Faults;

pub use counted::Counted;
pub use service::Service;
pub use store::Store;

/// A running service; it ends with its runtime.
pub struct Double {
    pub address: SocketAddr,
    pub service: Arc<Service>,
}

impl Double {
    /// Listen on `port` of this machine; 0 takes a free one.
    pub async fn start(port: u16) -> std::io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", port)).await?;
        let address = listener.local_addr()?;
        let service = Arc::new(Service::default());
        let accepting = Arc::clone(&service);
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let service = Arc::clone(&accepting);
                tokio::spawn(async move {
                    // A client that hangs up has its reasons.
                    let _ = http::serve(socket, &service).await;
                });
            }
        });
        Ok(Self { address, service })
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn store(&self) -> &Store {
        &self.service.store
    }

    pub fn faults(&self) -> &Faults {
        &self.service.faults
    }
}
