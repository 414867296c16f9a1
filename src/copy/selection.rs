//! Which keys are copied, and what they are called then.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Mutex, PoisonError};

use super::given::Given;
use super::rename::Rename;
use super::{CopyOptions, Error, Result};
use crate::storage::Glob;

/// Includes, excludes and new names.
#[derive(Debug)]
pub(crate) struct Selection {
    include: Vec<Glob>,
    exclude: Vec<Glob>,
    renames: Vec<Rename>,
    /// The new names so far: two objects must not get one.
    given: Mutex<Given>,
    hasher: RandomState,
}

impl Selection {
    pub(crate) fn new(options: &CopyOptions) -> Result<Self> {
        let renames = options.rename.iter().map(|(pattern, template)| Rename::parse(pattern, template));
        Ok(Self {
            include: globs("include", &options.include)?,
            exclude: globs("exclude", &options.exclude)?,
            renames: renames.collect::<Result<_>>()?,
            given: Mutex::default(),
            hasher: RandomState::new(),
        })
    }

    /// Whether a key is to be copied.
    pub(crate) fn covers(&self, key: &str) -> bool {
        let is_included = self.include.is_empty() || self.include.iter().any(|glob| glob.covers(key));
        is_included && !self.exclude.iter().any(|glob| glob.covers(key))
    }

    pub(crate) fn renames(&self) -> bool {
        !self.renames.is_empty()
    }

    /// The name of a key at the destination.
    ///
    /// # Errors
    /// [`Error::Exists`] when another object of this copy got the same name.
    pub(crate) fn target(&self, key: &str) -> Result<String> {
        if self.renames.is_empty() {
            return Ok(key.to_owned());
        }
        let renamed = self.renames.iter().find_map(|rule| rule.apply(key)).unwrap_or_else(|| key.to_owned());
        let hash = self.hasher.hash_one(&renamed);
        if self.given.lock().unwrap_or_else(PoisonError::into_inner).insert(hash)? {
            Ok(renamed)
        } else {
            Err(Error::Exists { key: renamed })
        }
    }
}

/// Globs of an option; one without `/` fits names in every folder.
fn globs(option: &'static str, patterns: &[String]) -> Result<Vec<Glob>> {
    let parse = |pattern: &String| {
        let anywhere = if pattern.contains('/') { pattern.clone() } else { format!("**/{pattern}") };
        Glob::parse(&anywhere)
            .map_err(|reason| Error::InvalidOption { option, reason: format!("in the glob `{pattern}` {reason}") })
    };
    patterns.iter().map(parse).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selection(include: &[&str], exclude: &[&str], rename: &[(&str, &str)]) -> Selection {
        let own = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        let rename = rename.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
        Selection::new(&CopyOptions { include: own(include), exclude: own(exclude), rename, ..CopyOptions::default() })
            .unwrap()
    }

    #[test]
    fn a_glob_without_a_folder_fits_in_every_folder() {
        let csv = selection(&["*.csv"], &["tmp/**"], &[]);
        assert!(csv.covers("a.csv") && csv.covers("x/y/a.csv"));
        assert!(!csv.covers("a.json") && !csv.covers("tmp/a.csv"));
        assert!(selection(&[], &[], &[]).covers("anything"));
        assert!(
            selection(&["x/*.csv"], &[], &[]).covers("x/a.csv")
                && !selection(&["x/*.csv"], &[], &[]).covers("y/x/a.csv")
        );
    }

    #[test]
    fn two_objects_do_not_get_one_name() {
        let renaming = selection(&[], &[], &[("{a}-{b}.csv", "{b}.csv")]);
        assert_eq!(renaming.target("1-x.csv").unwrap(), "x.csv");
        assert_eq!(renaming.target("other").unwrap(), "other");
        assert!(matches!(renaming.target("2-x.csv"), Err(Error::Exists { key }) if key == "x.csv"));
    }
}
