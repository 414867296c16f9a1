//! Paths inside a lake: relative, with `/`, and unable to leave it.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Error, Result};

/// A path inside a lake, such as `data/raw/year=2019/part-0.json`.
///
/// Invariant: relative, segments separated by single `/`, none of them empty, `.` or `..`, no backslash and no control
/// character. Folders are paths too, without a trailing `/`; the root of the lake is the empty path. The text is
/// kept as it is: nothing is percent-encoded or decoded, so `city=S%2FW` names exactly that folder.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct LakePath(String);

impl LakePath {
    /// The root of the lake.
    #[must_use]
    pub fn root() -> Self {
        Self::default()
    }

    /// Read a path; one trailing `/` is taken off.
    ///
    /// # Errors
    /// [`Error::InvalidPath`] says which rule the text breaks.
    pub fn parse(text: &str) -> Result<Self> {
        check(text).map_err(|reason| Error::InvalidPath { path: text.to_owned(), reason })?;
        Ok(Self(text.strip_suffix('/').unwrap_or(text).to_owned()))
    }

    /// The path as text, without a trailing `/`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is the root of the lake.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// This path with `relative` below it.
    ///
    /// # Errors
    /// [`Error::InvalidPath`] when `relative` is not a path inside this folder.
    pub fn join(&self, relative: &str) -> Result<Self> {
        let mut below = Self::parse(relative)?;
        if below.is_root() {
            return Ok(self.clone());
        }
        if !self.is_root() {
            below.0.insert(0, '/');
            below.0.insert_str(0, &self.0);
        }
        Ok(below)
    }

    /// The folder this path is in; None for the root.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        if self.is_root() {
            return None;
        }
        Some(Self(self.0.rsplit_once('/').map_or(String::new(), |(parent, _)| parent.to_owned())))
    }

    /// The last segment; None for the root.
    #[must_use]
    pub fn file_name(&self) -> Option<&str> {
        if self.is_root() {
            return None;
        }
        Some(self.0.rsplit_once('/').map_or(self.0.as_str(), |(_, name)| name))
    }

    /// The segments from the root down.
    pub fn segments(&self) -> impl Iterator<Item = &str> {
        self.0.split('/').filter(|segment| !segment.is_empty())
    }

    /// What comes below `folder`, or None when this path is not in it; empty when the two are the same.
    #[must_use]
    pub fn below<'a>(&'a self, folder: &Self) -> Option<&'a str> {
        if folder.is_root() {
            return Some(&self.0);
        }
        let rest = self.0.strip_prefix(&folder.0)?;
        if rest.is_empty() { Some(rest) } else { rest.strip_prefix('/') }
    }

    /// Whether this path is `folder` or lies below it.
    #[must_use]
    pub fn is_below(&self, folder: &Self) -> bool {
        self.below(folder).is_some()
    }

    /// A path from text that is known to keep the rules.
    pub(super) fn from_checked(text: String) -> Self {
        debug_assert!(check(&text).is_ok());
        Self(text)
    }
}

/// Why `text` is not a path inside a lake.
pub(super) fn check(text: &str) -> Result<(), String> {
    if text.starts_with('/') {
        return Err("it is absolute; paths are relative to the root of the lake".into());
    }
    if text.contains('\\') {
        return Err("it contains a backslash; folders are separated by `/`".into());
    }
    if let Some(control) = text.chars().find(char::is_ascii_control) {
        return Err(format!("it contains the control character {control:?}"));
    }
    let text = text.strip_suffix('/').unwrap_or(text);
    if text.is_empty() {
        return Ok(());
    }
    for segment in text.split('/') {
        match segment {
            "" => return Err("it contains `//`, an empty folder name".into()),
            "." => return Err("it contains the folder name `.`".into()),
            ".." => return Err("it contains `..`, which could lead out of the lake".into()),
            _ => {}
        }
    }
    Ok(())
}

impl fmt::Display for LakePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl AsRef<str> for LakePath {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl std::str::FromStr for LakePath {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::parse(text)
    }
}

impl TryFrom<String> for LakePath {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        Self::parse(&text)
    }
}

impl From<LakePath> for String {
    fn from(path: LakePath) -> Self {
        path.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_leave_the_lake_is_refused_with_the_reason() {
        for (text, reason) in [
            ("../x", "`..`"),
            ("a/../../x", "`..`"),
            ("a/..", "`..`"),
            ("/etc/passwd", "absolute"),
            ("a\\..\\x", "backslash"),
            ("a\0b", "control character"),
            ("a//b", "empty folder name"),
            ("./a", "`.`"),
        ] {
            let message = LakePath::parse(text).unwrap_err().to_string();
            assert!(message.contains(reason), "{text:?}: {message}");
        }
    }

    #[test]
    fn odd_but_legal_names_are_kept_as_they_are() {
        for text in ["year=2019/city=S%2FW", "spa ce/ünï/数", "...", "a:b/c=d?e#f", ".hidden"] {
            assert_eq!(LakePath::parse(text).unwrap().as_str(), text);
        }
    }

    #[test]
    fn a_folder_is_the_same_path_with_and_without_a_trailing_slash() {
        assert_eq!(LakePath::parse("data/x/").unwrap(), LakePath::parse("data/x").unwrap());
        assert!(LakePath::parse("").unwrap().is_root());
    }

    #[test]
    fn join_parent_and_file_name_agree() {
        let path = LakePath::parse("data").unwrap().join("x/part.json").unwrap();
        assert_eq!(path.as_str(), "data/x/part.json");
        assert_eq!(path.file_name(), Some("part.json"));
        assert_eq!(path.parent().unwrap().as_str(), "data/x");
        assert_eq!(LakePath::root().join("a").unwrap().parent(), Some(LakePath::root()));
        assert!(LakePath::root().join("../a").is_err());
    }

    #[test]
    fn below_respects_segment_borders() {
        let folder = LakePath::parse("data/x").unwrap();
        assert_eq!(LakePath::parse("data/x/y").unwrap().below(&folder), Some("y"));
        assert_eq!(LakePath::parse("data/xy").unwrap().below(&folder), None);
        assert_eq!(folder.below(&LakePath::root()), Some("data/x"));
    }
}
