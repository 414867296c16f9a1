//! Where a lake lives: its URL, read once and written in one way.

use std::path::{Path, PathBuf};

use md5::{Digest as _, Md5};

use super::{Error, LakePath, Result, StorageOptions};

/// The root of a lake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Root {
    /// A folder, absolute and without symbolic links.
    Folder(PathBuf),
    /// A bucket and a prefix in it, possibly empty.
    Bucket { bucket: String, prefix: LakePath },
}

impl Root {
    /// Read a lake URL; a folder is created when it is missing.
    pub(super) fn parse(url: &str) -> Result<Self> {
        let invalid = |reason: &str| Error::InvalidUrl { url: url.to_owned(), reason: reason.to_owned() };
        if url.is_empty() {
            return Err(invalid("it is empty"));
        }
        if url.contains('\0') {
            return Err(invalid("it contains a NUL character"));
        }
        match scheme(url) {
            None => Self::folder(Path::new(url)),
            Some(("file", rest)) => Self::folder(&file_path(rest).ok_or_else(|| invalid("it names another host"))?),
            Some(("s3" | "s3a" | "s3n", rest)) => {
                let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
                if bucket.is_empty() {
                    return Err(invalid("it names no bucket"));
                }
                let prefix = LakePath::parse(prefix)?;
                Ok(Self::Bucket { bucket: bucket.to_owned(), prefix })
            }
            Some((scheme, _)) => Err(Error::UnsupportedScheme { url: url.to_owned(), scheme: scheme.to_owned() }),
        }
    }

    fn folder(path: &Path) -> Result<Self> {
        let shown = path.display().to_string();
        std::fs::create_dir_all(path).map_err(|source| Error::from_io(shown.as_str(), source))?;
        let path = std::fs::canonicalize(path).map_err(|source| Error::from_io(shown.as_str(), source))?;
        if path.to_str().is_none() {
            let reason = "its name is not Unicode".to_owned();
            return Err(Error::InvalidUrl { url: shown, reason });
        }
        Ok(Self::Folder(path))
    }

    /// The URL in its one canonical form, without a trailing slash.
    pub(super) fn url(&self) -> String {
        match self {
            Self::Folder(path) => format!("file://{}", path.display()).trim_end_matches('/').to_owned(),
            Self::Bucket { bucket, prefix } if prefix.is_root() => format!("s3://{bucket}"),
            Self::Bucket { bucket, prefix } => format!("s3://{bucket}/{prefix}"),
        }
    }

    /// The local folder for what the lake keeps for itself.
    pub(super) fn private_dir(&self, options: &StorageOptions) -> Result<PathBuf> {
        match self {
            Self::Folder(path) => Ok(path.join(PRIVATE)),
            Self::Bucket { bucket, .. } => {
                let endpoint = options.endpoint_url.as_deref().unwrap_or_default();
                let digest = Md5::digest(format!("{}\n{endpoint}", self.url()));
                let hash: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
                Ok(cache_dir(options)?.join(format!("{bucket}-{hash}")))
            }
        }
    }
}

/// Name of the folder that a lake keeps for itself.
pub(super) const PRIVATE: &str = ".bayou";

/// The scheme of a URL and what follows its colon and slashes; None for a plain path.
pub(super) fn scheme(url: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = url.split_once(':')?;
    let legal = scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'));
    // One letter is a Windows drive; a scheme without `//` is a file name with a colon, except for `file:/path`.
    if scheme.len() < 2 || !legal {
        return None;
    }
    match rest.strip_prefix("//") {
        Some(rest) => Some((scheme, rest)),
        None if scheme == "file" && rest.starts_with('/') => Some((scheme, rest)),
        None => None,
    }
}

/// The path of a `file:` URL, taken as it is; None when it names another host.
pub(super) fn file_path(rest: &str) -> Option<PathBuf> {
    let path = rest.strip_prefix("localhost").unwrap_or(rest);
    path.starts_with('/').then(|| PathBuf::from(path))
}

fn cache_dir(options: &StorageOptions) -> Result<PathBuf> {
    let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    options
        .cache_dir
        .clone()
        .or_else(|| variable("BAYOU_CACHE_DIR"))
        .or_else(|| variable("XDG_CACHE_HOME").map(|dir| dir.join("bayou")))
        .or_else(|| std::env::home_dir().map(|home| home.join(".cache").join("bayou")))
        .ok_or_else(|| Error::InvalidUrl {
            url: "BAYOU_CACHE_DIR".into(),
            reason: "there is no home folder to keep a cache in; set this variable to a folder".into(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_folder_have_one_url() {
        let dir = tempfile::tempdir().unwrap();
        let plain = dir.path().join("lake");
        let text = plain.to_str().unwrap();
        let canonical = Root::parse(text).unwrap();
        for other in [format!("file://{text}"), format!("file:{text}"), format!("{text}/"), format!("{text}/./")] {
            assert_eq!(Root::parse(&other).unwrap(), canonical, "{other}");
        }
        assert!(canonical.url().starts_with("file:///") && canonical.url().ends_with("/lake"));
    }

    #[test]
    fn buckets_have_optional_prefixes() {
        assert_eq!(Root::parse("s3://b").unwrap().url(), "s3://b");
        assert_eq!(Root::parse("s3://b/").unwrap().url(), "s3://b");
        assert_eq!(Root::parse("s3a://b/x/y/").unwrap().url(), "s3://b/x/y");
        assert!(Root::parse("s3://").is_err());
        assert!(Root::parse("s3://b/../c").is_err());
    }

    #[test]
    fn other_schemes_are_refused_by_name() {
        let error = Root::parse("gs://bucket/x").unwrap_err();
        assert!(matches!(&error, Error::UnsupportedScheme { scheme, .. } if scheme == "gs"), "{error}");
    }

    #[test]
    fn private_files_of_buckets_have_a_folder_each() {
        let options = StorageOptions { cache_dir: Some("/cache".into()), ..Default::default() };
        let one = Root::parse("s3://b/one").unwrap().private_dir(&options).unwrap();
        let two = Root::parse("s3://b/two").unwrap().private_dir(&options).unwrap();
        assert!(one.starts_with("/cache") && one != two);
    }
}
