//! What has to be known about the two ends of a copy before it begins.

use super::entry::Entry;
use super::list::TEMPORARY;
use super::location::{Location, Place, check_overlap};
use super::side::Side;
use super::{CopyOptions, Error, Result};

/// The object that `from` names, with its folder, when it is one and not a folder.
pub(super) async fn find_single(from: &Location, options: &CopyOptions) -> Result<Option<(Location, Entry)>> {
    if from.is_folder {
        return refuse_file(from).map(|()| None);
    }
    let Some((folder, name)) = from.split() else { return Ok(None) };
    let side = Side::open(&folder, &options.source, options)?;
    match side.find(&name).await? {
        Some(entry) => Ok(Some((folder, entry))),
        None if side.is_local() => Err(Error::NothingThere { location: from.url.clone() }),
        None => Ok(None),
    }
}

/// Refuse sides that overlap in a way that cannot work.
pub(super) fn check_sides(
    source: &Side,
    target: &Side,
    urls: &(String, String),
    single: Option<&(Entry, String)>,
    options: &CopyOptions,
) -> Result<()> {
    let (mut one, mut other) = (source.identity(), target.identity());
    if let Some((entry, name)) = single {
        one.push_str(&entry.key);
        other.push_str(name);
        if one == other {
            return check_overlap(&one, &other, (&urls.0, &urls.1), false);
        }
        return Ok(());
    }
    check_overlap(&one, &other, (&urls.0, &urls.1), options.delete || options.move_source)
}

/// Whether names that differ only in case are the same file there.
pub(super) fn is_case_blind(folder: &std::path::Path) -> bool {
    let id = uuid::Uuid::new_v4().simple().to_string();
    let lower = folder.join(format!("{}{id}-a", TEMPORARY));
    let upper = folder.join(format!("{}{id}-A", TEMPORARY));
    let is_blind = std::fs::write(&lower, b"").is_ok() && upper.exists();
    let _ = std::fs::remove_file(lower); // when it could not be written it is not there
    is_blind
}

/// Refuse a file whose name was written like a folder's.
fn refuse_file(from: &Location) -> Result<()> {
    let reason = "it is a file, and written as a folder\nhint: leave out the `/` at its end".to_owned();
    match &from.place {
        Place::Local(path) if path.components().as_path().is_file() => {
            Err(Error::InvalidLocation { location: from.url.clone(), reason })
        }
        Place::Local(_) | Place::Bucket { .. } => Ok(()),
    }
}
