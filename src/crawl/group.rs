//! Grouping: which folders are tables, and which are partitions of one.
//!
//! Folders are judged from the leaves up. A folder whose files are alike is a group that a folder further up may take as
//! a partition; where groups do not fit together, each becomes a table. `key=value` folders are never taken by anything
//! but the table that their keys name, so two such tables with the same columns stay two.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::cluster::{ALIKE, Cluster, Group, Likeness, MOST_CLUSTERS, cluster};
use super::evidence::{Schema, similarity};
use super::folder::{Folder, Found};
use super::partition::{Level, are_values, describe, hive_key};
use super::report::count;
use super::rules::Rules;
use super::{CrawlOptions, FolderNote, Grouping};

/// A table as the files suggest it.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    /// Folder or file inside the lake.
    pub(super) path: String,
    pub(super) is_file: bool,
    pub(super) levels: Vec<Level>,
    pub(super) files: Vec<usize>,
    pub(super) schema: Arc<Schema>,
    pub(super) reason: String,
}

/// What grouping decided.
#[derive(Debug, Default)]
pub(super) struct Grouped {
    pub(super) drafts: Vec<Draft>,
    /// Files that lie where they cannot belong to the table around them, each with the reason.
    pub(super) misplaced: Vec<(usize, String)>,
    pub(super) notes: Vec<FolderNote>,
}

/// Groups the files of a tree. `anchors` are folders that the catalog has tables on, with the number
/// of their partition keys: they stay tables of their own.
pub(super) fn group(
    tree: &Folder,
    files: &[Found],
    anchors: &BTreeMap<String, usize>,
    options: &CrawlOptions,
    rules: &dyn Rules,
) -> Grouped {
    let mut grouping = Grouper { files, anchors, options, rules, done: Grouped::default() };
    let level = options.levels.or_else(|| (options.group == Grouping::OneTable).then_some(0));
    let top = match level {
        Some(level) => grouping.at_level(tree, level),
        None => grouping.visit(tree, false),
    };
    if let Verdict::Group(group) = top {
        let reason = reason_of(&group, "the target's files are alike");
        grouping.emit(&tree.path, group, reason);
    }
    let mut done = grouping.done;
    done.drafts.sort_by(|a, b| (&a.path, a.is_file).cmp(&(&b.path, b.is_file)));
    done.misplaced.sort();
    done.notes.sort_by(|a, b| a.folder.cmp(&b.folder));
    done
}

/// What a folder is, seen from above.
enum Verdict {
    /// Nothing is in it.
    Empty,
    /// One group, which may become a table or a part of one.
    Group(Group),
    /// Tables are in it; it is no part of another.
    Tables,
}

/// The work under way.
struct Grouper<'a> {
    files: &'a [Found],
    anchors: &'a BTreeMap<String, usize>,
    options: &'a CrawlOptions,
    rules: &'a dyn Rules,
    done: Grouped,
}

impl Grouper<'_> {
    /// Judges a folder. `in_hive`: a trusted `key=value` folder is above it.
    fn visit(&mut self, folder: &Folder, in_hive: bool) -> Verdict {
        let mut hive = Vec::new();
        let mut plain: Vec<(String, Group)> = Vec::new();
        let mut has_tables = false;
        for (name, child) in &folder.folders {
            let level = Level::of(name);
            let is_hive = self.rules.trusts_hive_folders() && level != Level::Plain;
            match self.visit(child, in_hive || is_hive) {
                Verdict::Empty => {}
                Verdict::Tables => has_tables = true,
                Verdict::Group(group) if is_hive || in_hive => hive.push(group.below(level)),
                Verdict::Group(group) => plain.push((child.path.clone(), group.below(level))),
            }
        }
        if in_hive {
            hive.extend(folder.files.iter().map(|file| self.single(*file)));
            return self
                .combine(hive, "of another format, layout or path structure than the rest of its table")
                .map_or(Verdict::Empty, Verdict::Group);
        }
        let is_anchor = self.anchors.contains_key(&folder.path);
        if !hive.is_empty() {
            self.hive_table(folder, hive, plain);
            return Verdict::Tables;
        }
        let verdict = self.plain_folder(folder, plain, has_tables);
        match verdict {
            Verdict::Group(group) if is_anchor => {
                let reason = reason_of(&group, "the catalog has a table here");
                self.emit(&folder.path, group, reason);
                Verdict::Tables
            }
            other => other,
        }
    }

    /// A table of `key=value` folders, and what lies beside them.
    fn hive_table(&mut self, folder: &Folder, hive: Vec<Group>, plain: Vec<(String, Group)>) {
        let Some(table) = self.combine(hive, "of another format, layout or path structure than the rest of its table")
        else {
            return;
        };
        for (path, group) in plain {
            self.emit_child(&path, group, "it lies beside `key=value` folders, which are a table of their own");
        }
        let own: Vec<Group> = folder.files.iter().map(|file| self.single(*file)).collect();
        self.beside(&table, own);
        let reason = reason_of(&table, "its folders are named `key=value`");
        self.emit(&folder.path, table, reason);
    }

    /// A folder without `key=value` folders.
    fn plain_folder(&mut self, folder: &Folder, plain: Vec<(String, Group)>, has_tables: bool) -> Verdict {
        let own: Vec<Group> = folder.files.iter().map(|file| self.single(*file)).collect();
        if plain.is_empty() && !has_tables {
            return self.own_files(folder, own);
        }
        if has_tables {
            for (path, group) in plain {
                self.emit_child(&path, group, "there are tables beside it");
            }
            return self.own_table(folder, own);
        }
        let groups: Vec<Group> = plain.iter().map(|(_, group)| group.clone()).collect();
        let is_partitioned = self.anchors.get(&folder.path).is_some_and(|keys| *keys > 0);
        let is_free = is_partitioned || self.options.group == Grouping::OneTable;
        let likeness = if is_free { Likeness::Compatible } else { Likeness::Similar };
        let clusters = cluster(&groups, likeness, self.rules);
        let joined = majority(&clusters, groups.len()).filter(|first| {
            let names = plain.iter().map(|(path, _)| path.rsplit('/').next().unwrap_or_default());
            first.members.len() > 1 || is_partitioned || !self.rules.trusts_hive_folders() || are_values(names)
        });
        self.note_siblings(&plain, &clusters, joined);
        let Some(first) = joined else {
            for (path, group) in plain {
                let why =
                    if clusters.len() > 1 { "the folders beside it differ" } else { "it is the only folder here" };
                self.emit_child(&path, group, why);
            }
            return self.own_table(folder, own);
        };
        let mut table = Group { levels: first.levels.clone(), files: Vec::new(), schema: Arc::clone(&first.schema) };
        for (place, (path, group)) in plain.into_iter().enumerate() {
            if first.members.binary_search(&place).is_ok() {
                table.files.extend(group.files);
            } else {
                self.emit_child(&path, group, "the majority of the folders beside it are alike, this one differs");
            }
        }
        self.beside(&table, own);
        Verdict::Group(table)
    }

    /// Files in a folder without folders.
    fn own_files(&mut self, folder: &Folder, own: Vec<Group>) -> Verdict {
        if own.is_empty() {
            return Verdict::Empty;
        }
        let likeness = match (self.anchors.contains_key(&folder.path), self.rules.trusts_hive_folders()) {
            (true, _) => Likeness::Compatible,
            // One value that does not fit makes a column of text, not a table of its own.
            (false, true) => Likeness::Named,
            (false, false) => Likeness::Similar,
        };
        let clusters = cluster(&own, likeness, self.rules);
        let Some(first) = majority(&clusters, own.len()) else {
            for file in own {
                self.emit_file(
                    file,
                    &format!(
                        "the files beside it differ: {} in `{}/`",
                        count(clusters.len() as u64, "schema"),
                        folder.path
                    ),
                );
            }
            return Verdict::Tables;
        };
        let mut table = Group { levels: Vec::new(), files: Vec::new(), schema: Arc::clone(&first.schema) };
        for (place, file) in own.into_iter().enumerate() {
            if first.members.binary_search(&place).is_ok() {
                table.files.extend(file.files);
            } else {
                self.emit_file(file, "the majority of the files beside it are alike, this one differs");
            }
        }
        Verdict::Group(table)
    }

    /// Files in a folder whose folders are tables: a table of their own at the folder.
    fn own_table(&mut self, folder: &Folder, own: Vec<Group>) -> Verdict {
        if let Verdict::Group(group) = self.own_files(folder, own) {
            let reason = reason_of(&group, "files beside folders that are tables");
            self.emit(&folder.path, group, reason);
        }
        Verdict::Tables
    }

    /// Files beside the partition folders of a table: misplaced when they are like the table, else tables.
    fn beside(&mut self, table: &Group, own: Vec<Group>) {
        for file in own {
            let is_alike = self.rules.is_compatible(&table.schema, &file.schema)
                && similarity(&table.schema, &file.schema) > ALIKE;
            if is_alike {
                let reason = format!(
                    "it is like the table around it, but lies outside of its folders {}",
                    describe(&table.levels)
                );
                self.done.misplaced.extend(file.files.iter().map(|file| (*file, reason.clone())));
            } else {
                self.emit_file(file, "it lies beside the partitions of a table with another schema");
            }
        }
    }

    /// Takes the compatible majority by files; the others are misplaced.
    fn combine(&mut self, groups: Vec<Group>, why_not: &str) -> Option<Group> {
        let clusters = cluster(&groups, Likeness::Compatible, self.rules);
        let files = |cluster: &Cluster| {
            cluster
                .members
                .iter()
                .filter_map(|member| groups.get(*member))
                .map(|group| group.files.len())
                .sum::<usize>()
        };
        let first =
            clusters.iter().enumerate().max_by_key(|(place, cluster)| (files(cluster), std::cmp::Reverse(*place)))?.1;
        let mut table = Group { levels: first.levels.clone(), files: Vec::new(), schema: Arc::clone(&first.schema) };
        let members: BTreeSet<usize> = first.members.iter().copied().collect();
        let expected = expectation(&table);
        for (place, group) in groups.into_iter().enumerate() {
            if members.contains(&place) {
                table.files.extend(group.files);
            } else {
                let reason = format!("{why_not}: {} instead of {expected}", expectation(&group));
                self.done.misplaced.extend(group.files.into_iter().map(|file| (file, reason.clone())));
            }
        }
        Some(table)
    }

    /// Makes every folder at a depth a table, whatever its columns are.
    fn at_level(&mut self, folder: &Folder, level: usize) -> Verdict {
        let forced = if self.options.levels.is_some() {
            "`levels` makes this folder a table"
        } else {
            "one table was asked for"
        };
        if level == 0 {
            let mut all = Vec::new();
            self.everything(folder, &mut Vec::new(), &mut all);
            if let Some(table) =
                self.combine(all, "of another format, layout or path structure than the rest of the table")
            {
                let reason = reason_of(&table, forced);
                self.emit(&folder.path, table, reason);
            }
            return Verdict::Tables;
        }
        for child in folder.folders.values() {
            self.at_level(child, level - 1);
        }
        let own: Vec<Group> = folder.files.iter().map(|file| self.single(*file)).collect();
        self.own_table(folder, own)
    }

    fn everything(&self, folder: &Folder, levels: &mut Vec<Level>, all: &mut Vec<Group>) {
        all.extend(folder.files.iter().map(|file| Group { levels: levels.clone(), ..self.single(*file) }));
        for (name, child) in &folder.folders {
            levels.push(Level::of(name));
            self.everything(child, levels, all);
            levels.pop();
        }
    }

    fn single(&self, file: usize) -> Group {
        let schema = self.files.get(file).map_or_else(|| Arc::new(Schema::empty()), |found| Arc::clone(&found.schema));
        Group { levels: Vec::new(), files: vec![file], schema }
    }

    /// A table at a folder inside the one that was judged; its group was already moved up by one level.
    fn emit_child(&mut self, path: &str, mut group: Group, why: &str) {
        group.levels.remove(0);
        let reason = reason_of(&group, why);
        self.emit(path, group, reason);
    }

    fn emit_file(&mut self, file: Group, why: &str) {
        for place in &file.files {
            let Some(found) = self.files.get(*place) else { continue };
            let group = Group { files: vec![*place], ..file.clone() };
            let path = found.info.path.as_str().to_owned();
            self.push(Draft {
                path,
                is_file: true,
                levels: Vec::new(),
                files: group.files,
                schema: group.schema,
                reason: why.to_owned(),
            });
        }
    }

    fn emit(&mut self, path: &str, group: Group, reason: String) {
        let Group { levels, mut files, schema } = group;
        files.sort_unstable();
        self.push(Draft { path: path.to_owned(), is_file: false, levels, files, schema, reason });
    }

    fn push(&mut self, draft: Draft) {
        if !self.done.notes.iter().any(|note| note.folder == draft.path) {
            self.done.notes.push(FolderNote {
                folder: draft.path.clone(),
                format: draft.schema.format.as_str().to_owned(),
                schema: draft.schema.summary(),
                nearest: None,
                similarity: None,
                rule: format!("a table: {}", draft.reason),
            });
        }
        self.done.drafts.push(draft);
    }

    /// Notes how folders of one parent compare, and what follows from it.
    fn note_siblings(&mut self, siblings: &[(String, Group)], clusters: &[Cluster], joined: Option<&Cluster>) {
        // Every pair is compared; of very many folders the first ones show the pattern.
        const COMPARED: usize = 64;
        for (place, (path, group)) in siblings.iter().enumerate().take(COMPARED) {
            let others = siblings.iter().take(COMPARED).filter(|(other, _)| other != path);
            let nearest = others
                .map(|(other, sibling)| (other, similarity(&group.schema, &sibling.schema)))
                .max_by(|a, b| a.1.total_cmp(&b.1));
            let is_joined = joined.is_some_and(|cluster| cluster.members.binary_search(&place).is_ok());
            let rule = match (is_joined, joined) {
                (true, _) if siblings.len() == 1 => {
                    "a partition: the only folder here, and its name is a number or date".to_owned()
                }
                (true, _) => format!(
                    "a partition: most of the {} here are alike (similarity above {ALIKE})",
                    count(siblings.len() as u64, "folder")
                ),
                (false, Some(_)) => "a table: most folders here are alike, this one is not".to_owned(),
                (false, None) if siblings.len() == 1 => {
                    "a table: the only folder here, and its name is no number or date".to_owned()
                }
                (false, None) if clusters.len() > MOST_CLUSTERS => {
                    format!("a table: the folders here have {} schemas, more than {MOST_CLUSTERS}", clusters.len())
                }
                (false, None) => {
                    "a table: no majority of the folders here is alike in format, path structure and columns".to_owned()
                }
            };
            self.done.notes.push(FolderNote {
                folder: path.clone(),
                format: group.schema.format.as_str().to_owned(),
                schema: group.schema.summary(),
                nearest: nearest.map(|(other, _)| other.clone()),
                similarity: nearest.map(|(_, similarity)| similarity),
                rule,
            });
        }
    }
}

/// The largest cluster, when it is more than half and there are not too many.
fn majority(clusters: &[Cluster], total: usize) -> Option<&Cluster> {
    clusters.first().filter(|first| first.members.len() * 2 > total && clusters.len() <= MOST_CLUSTERS)
}

/// Format, layout and folders, for a person.
fn expectation(group: &Group) -> String {
    let schema = &group.schema;
    let layout = schema.csv.map_or(String::new(), |csv| {
        let header = if csv.has_header { "with header" } else { "without header" };
        format!(" ({:?}, {header})", char::from(csv.delimiter))
    });
    let folders = if group.levels.is_empty() { "no folders".to_owned() } else { describe(&group.levels) };
    format!("{}{layout} below {folders}", schema.format.as_str())
}

fn reason_of(group: &Group, why: &str) -> String {
    let files = count(group.files.len() as u64, "file");
    if group.levels.is_empty() {
        return format!("{why}; {files} without partitions");
    }
    let hive = group.levels.iter().all(|level| matches!(level, Level::Hive(_)));
    let kind = if hive { "keys from `key=value` folders" } else { "keys from folders" };
    format!("{why}; {files}, {kind}: {}", describe(&group.levels))
}

/// Whether a folder name is one that a trusted table key makes.
pub(super) fn is_hive_folder(name: &str) -> bool {
    hive_key(name).is_some()
}
