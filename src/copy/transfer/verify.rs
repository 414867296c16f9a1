//! Reading both sides, for who trusts no answer.

use std::io::Read as _;

use super::parts::{each, ranges};
use super::{Item, Shared};
use crate::copy::crc64::Crc64;
use crate::copy::location::file_path;
use crate::copy::side::Side;
use crate::copy::{Error, Result, stopped_worker};

const MIB: u64 = 1 << 20;

/// Compare the content of source and copy.
pub(crate) async fn read_both(shared: &Shared, item: &Item) -> Result<()> {
    let (source, target) =
        futures::try_join!(read(shared, &shared.source, &item.source.key), read(shared, &shared.target, &item.target))?;
    if source == target {
        return Ok(());
    }
    let (expected, found) = (source.to_base64(), target.to_base64());
    Err(Error::Mismatch { key: item.target.clone(), what: "CRC64NVME", expected, found })
}

/// The checksum of an object's content, as it is now.
pub(crate) async fn read(shared: &Shared, side: &Side, key: &str) -> Result<Crc64> {
    match side {
        Side::Local(local) => {
            let path = file_path(&local.root, key)?;
            tokio::task::spawn_blocking(move || read_file(&path)).await.map_err(stopped_worker)?
        }
        Side::Remote(remote) => {
            let key = remote.key(key);
            let head = remote.s3.head(&key).await?;
            let parts = ranges(head.size, shared.options.part_mib * MIB);
            let sums = each(shared, &remote.s3.pace, parts, true, async |_, range| {
                let got = remote.s3.get(&key, range, Some(&head.etag)).await?;
                Ok(Crc64::of(&got.bytes))
            });
            Ok(sums.await?.into_iter().fold(Crc64::default(), Crc64::join))
        }
    }
}

fn read_file(path: &std::path::Path) -> Result<Crc64> {
    let failed = |source| Error::file(path, source);
    if path.is_dir() {
        return Ok(Crc64::default());
    }
    let mut file = std::fs::File::open(path).map_err(failed)?;
    let (mut buffer, mut sum) = (vec![0; MIB as usize], Crc64::default());
    loop {
        let read = file.read(&mut buffer).map_err(failed)?;
        if read == 0 {
            return Ok(sum);
        }
        sum.update(buffer.get(..read).unwrap_or_default());
    }
}
