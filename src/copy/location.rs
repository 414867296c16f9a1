//! Where a copy comes from and goes to: a local folder or a prefix of a bucket.

use std::path::{Path, PathBuf};

use super::{Error, Result};

/// A place, as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Location {
    pub(crate) url: String,
    pub(crate) place: Place,
    /// Whether it was written as a folder, with a `/` at the end, or can be nothing else.
    pub(crate) is_folder: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    Local(PathBuf),
    /// A key or prefix in a bucket, as it was written.
    Bucket {
        bucket: String,
        key: String,
    },
}

impl Location {
    /// Read `s3://bucket/prefix/`, `file:///folder/` or a path.
    ///
    /// # Errors
    /// [`Error::InvalidLocation`] with the reason.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let refuse = |reason: &str| Error::InvalidLocation { location: text.to_owned(), reason: reason.to_owned() };
        if text.is_empty() {
            return Err(refuse("it is empty"));
        }
        if text.contains('\0') {
            return Err(refuse("it contains a NUL character"));
        }
        let (scheme, rest) = text.split_once("://").unwrap_or(("file", text));
        match scheme {
            "s3" | "s3a" | "s3n" => {
                let (bucket, key) = rest.split_once('/').unwrap_or((rest, ""));
                if bucket.is_empty() {
                    return Err(refuse("it names no bucket"));
                }
                let is_folder = key.is_empty() || key.ends_with('/');
                let place = Place::Bucket { bucket: bucket.to_owned(), key: key.to_owned() };
                Ok(Self { url: format!("s3://{bucket}/{key}"), place, is_folder })
            }
            "file" => {
                let path = PathBuf::from(rest.strip_prefix("localhost/").map_or(rest, |_| &rest["localhost".len()..]));
                let is_folder = rest.ends_with('/') || path.is_dir();
                Ok(Self { url: text.to_owned(), place: Place::Local(path), is_folder })
            }
            other => Err(refuse(&format!(
                "the scheme `{other}` is not supported\nhint: use a path or `s3://bucket/prefix/`"
            ))),
        }
    }

    /// The place as a folder: a prefix that ends with `/`, or is empty.
    pub(crate) fn into_folder(mut self) -> Self {
        if let Place::Bucket { key, .. } = &mut self.place
            && !key.is_empty()
            && !key.ends_with('/')
        {
            key.push('/');
            self.url.push('/');
        }
        self.is_folder = true;
        self
    }

    /// The folder that a single object is in, and its name there.
    pub(crate) fn split(&self) -> Option<(Self, String)> {
        match &self.place {
            Place::Local(path) => {
                let name = path.file_name()?.to_str()?.to_owned();
                let parent = path.parent().filter(|parent| *parent != Path::new("")).unwrap_or(Path::new("."));
                let place = Place::Local(parent.to_path_buf());
                Some((Self { url: parent.display().to_string(), place, is_folder: true }, name))
            }
            Place::Bucket { bucket, key } => {
                let (folder, name) = key.rfind('/').map_or(("", key.as_str()), |at| key.split_at(at + 1));
                let place = Place::Bucket { bucket: bucket.clone(), key: folder.to_owned() };
                Some((Self { url: format!("s3://{bucket}/{folder}"), place, is_folder: true }, name.to_owned()))
            }
        }
    }
}

/// The file that `key` becomes below `root`.
///
/// # Errors
/// [`Error::UnsafeName`] for keys that would lead elsewhere or that a file system cannot hold.
pub(crate) fn file_path(root: &Path, key: &str) -> Result<PathBuf> {
    let refuse = |reason: &str| Err(Error::UnsafeName { key: key.to_owned(), reason: reason.to_owned() });
    let bare = key.strip_suffix('/').unwrap_or(key);
    if bare.contains('\0') {
        return refuse("it contains a NUL character");
    }
    for (index, segment) in bare.split('/').enumerate() {
        match segment {
            "" => return refuse("it contains `//`, or begins with `/`"),
            "." | ".." => return refuse("it contains a folder named `.` or `..`"),
            ".bayou" if index == 0 => return refuse("the folder `.bayou` belongs to the lake itself"),
            _ if segment.len() > 255 => return refuse("a part of it is longer than 255 bytes"),
            _ if segment.starts_with(super::list::TEMPORARY) => {
                return refuse("it looks like a file that is being written");
            }
            _ => {}
        }
    }
    Ok(root.join(bare))
}

/// Refuse places that lie in each other in a way that cannot work.
pub(crate) fn check_overlap(source: &str, target: &str, urls: (&str, &str), deletes: bool) -> Result<()> {
    let refuse =
        |reason| Err(Error::Overlap { source_url: urls.0.to_owned(), destination_url: urls.1.to_owned(), reason });
    if source == target {
        return refuse("they are the same place");
    }
    if target.starts_with(source) {
        return refuse("the destination lies in the source, so that the copy would copy itself");
    }
    if deletes && source.starts_with(target) {
        return refuse("the source lies in the destination, where it would be deleted as an extra");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_keep_their_keys_as_they_are() {
        let location = Location::parse("s3://b/a//x").unwrap();
        assert_eq!(location.place, Place::Bucket { bucket: "b".into(), key: "a//x".into() });
        assert!(!location.is_folder && Location::parse("s3://b").unwrap().is_folder);
        assert_eq!(location.into_folder().url, "s3://b/a//x/");
        let (folder, name) = Location::parse("s3://b/a/x").unwrap().split().unwrap();
        assert_eq!((folder.url.as_str(), name.as_str()), ("s3://b/a/", "x"));
    }

    #[test]
    fn other_schemes_and_empty_names_are_refused() {
        for text in ["", "gs://b/x", "s3://", "s3:///x", "a\0b"] {
            assert!(Location::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn keys_that_would_leave_the_folder_are_no_file_names() {
        let root = Path::new("/data");
        for key in ["../x", "a/../x", "a//b", "/a", "a/./b", ".bayou/catalog.db", "a\0", "a/._tmp-1"] {
            assert!(matches!(file_path(root, key), Err(Error::UnsafeName { .. })), "{key}");
        }
        assert!(file_path(root, &"x".repeat(256)).is_err());
        for key in ["a/b c+%&ü", "...", "a/.bayou/x", "folder/"] {
            assert_eq!(file_path(root, key).unwrap(), root.join(key.trim_end_matches('/')), "{key}");
        }
    }

    #[test]
    fn places_in_each_other_are_refused() {
        let check = |source, target, deletes| check_overlap(source, target, ("", ""), deletes);
        assert!(check("s3://b/a/", "s3://b/a/", false).is_err());
        assert!(check("s3://b/a/", "s3://b/a/b/", false).is_err());
        assert!(check("s3://b/a/", "s3://b/ab/", true).is_ok());
        assert!(check("s3://b/a/b/", "s3://b/a/", false).is_ok());
        assert!(check("s3://b/a/b/", "s3://b/a/", true).is_err());
    }
}
