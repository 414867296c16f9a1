//! The S3 service of the tests as a program: `s3_double [PORT]` prints its address and runs until it is killed.

#[path = "../tests/s3_double/mod.rs"]
mod s3_double;

use std::io::Write as _;

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let port = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(0);
    let double = s3_double::Double::start(port).await?;
    let mut out = std::io::stdout();
    writeln!(out, "{}", double.url())?;
    out.flush()?;
    std::future::pending().await
}
