//! The tree of folders below a target.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::evidence::{Evidence, Schema};
use crate::storage::ObjectInfo;

/// A data file and what it is known to hold.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) info: ObjectInfo,
    pub(super) schema: Arc<Schema>,
    /// What reading it told; `None` when it was known unchanged, or taken to be like a sampled sibling.
    pub(super) evidence: Option<Arc<Evidence>>,
    /// Exact number of rows, where reading it or the manifest told.
    pub(super) rows: Option<u64>,
}

/// A folder with its data files, by their place in the list of files, and its folders.
#[derive(Debug, Default)]
pub(super) struct Folder {
    /// Path inside the lake.
    pub(super) path: String,
    pub(super) files: Vec<usize>,
    pub(super) folders: BTreeMap<String, Self>,
}

impl Folder {
    /// The tree of files, whose paths are all below `root`.
    pub(super) fn tree<'a>(root: &str, paths: impl Iterator<Item = &'a str>) -> Self {
        let mut tree = Self { path: root.to_owned(), ..Self::default() };
        for (place, path) in paths.enumerate() {
            let below = if root.is_empty() {
                path
            } else {
                path.strip_prefix(root).map_or(path, |rest| rest.trim_start_matches('/'))
            };
            let mut folder = &mut tree;
            let mut segments = below.split('/').peekable();
            while let Some(segment) = segments.next() {
                if segments.peek().is_none() {
                    folder.files.push(place);
                    break;
                }
                let parent = &folder.path;
                let path = if parent.is_empty() { segment.to_owned() } else { format!("{parent}/{segment}") };
                folder = folder.folders.entry(segment.to_owned()).or_insert_with(|| Self { path, ..Self::default() });
            }
        }
        tree
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_hang_where_their_path_says() {
        let tree = Folder::tree("data", ["data/x.csv", "data/a/b/y.csv", "data/a/z.csv"].into_iter());
        assert_eq!(tree.files, [0]);
        assert_eq!(tree.folders["a"].files, [2]);
        assert_eq!(tree.folders["a"].folders["b"].path, "data/a/b");
        assert_eq!(tree.folders["a"].folders["b"].path, "a/b");
        assert_eq!(Folder::tree("", ["x.csv"].into_iter()).files, [0]);
    }
}
