//! The crawl itself: list, read, group, plan, commit.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use std::time::Instant;

use super::commit::{Committed, commit};
use super::folder::{Folder, Found};
use super::group::{Draft, Grouped, group, is_hive_folder};
use super::known::{Known, KnownTable};
use super::naming::{distinct_name, table_name};
use super::plan::{Plan, Planner};
use super::read::{Inventory, take_inventory};
use super::rules::{Careful, Rules, StrictGlue, Told};
use super::seen::{Seen, Sight};
use super::{CrawlOptions, CrawlReport, CsvHints, Error, Grouping, LeftOut, PartitionTyping, Result};
use crate::catalog::Catalog;
use crate::storage::{Glob, LakePath, ObjectInfo, Storage};
use crate::time::{Clock, SystemClock};

/// How often a crawl starts again when another process changes its tables meanwhile.
const ATTEMPTS: usize = 5;

/// Crawls `target`, a folder or a file of the lake, and registers what it finds.
///
/// # Errors
/// [`Error::NothingThere`], [`Error::TooManyTables`], [`Error::Exclusion`], or what storage and catalog say; in every
/// case nothing was written. Files that cannot be understood are no error but listed in the report.
pub async fn crawl(
    storage: &Storage,
    catalog: &Catalog,
    target: &LakePath,
    options: &CrawlOptions,
) -> Result<CrawlReport> {
    let start = Instant::now();
    let mut options = CrawlOptions { database: options.database.to_lowercase(), ..options.clone() };
    if options.strict_glue {
        options.partition_types = PartitionTyping::Strings;
    }
    let rules: Arc<dyn Rules> = if options.strict_glue { Arc::new(StrictGlue) } else { Arc::new(Careful) };
    let rules = match options.csv {
        hints if hints == CsvHints::default() => rules,
        csv => Arc::new(Told { rules, csv }),
    };
    let globs = options.exclusions.iter().map(|pattern| glob(pattern)).collect::<Result<Vec<_>>>()?;
    let crawl = Crawl { storage, catalog, target, options: &options, rules: &rules, globs: &globs };
    let mut overtaken = String::new();
    for _ in 0..ATTEMPTS {
        match crawl.attempt().await? {
            Ok(mut report) => {
                report.seconds = start.elapsed().as_secs_f64();
                return Ok(report);
            }
            Err(table) => overtaken = table,
        }
    }
    Err(Error::Contended { table: overtaken, attempts: ATTEMPTS })
}

/// One crawl and what it was asked.
struct Crawl<'a> {
    storage: &'a Storage,
    catalog: &'a Catalog,
    target: &'a LakePath,
    options: &'a CrawlOptions,
    rules: &'a Arc<dyn Rules>,
    globs: &'a [Glob],
}

/// The files below a target.
struct Listing {
    data: Vec<ObjectInfo>,
    all: HashSet<LakePath>,
    skipped: u64,
}

impl Crawl<'_> {
    /// Everything once. The inner error names a table that another process changed meanwhile.
    async fn attempt(&self) -> Result<Result<CrawlReport, String>> {
        let known = Known::load(self.storage, self.catalog, &self.options.database, self.target)?;
        let listing = self.list(&known).await?;
        // What is remembered was found without hints.
        let is_told = self.options.csv != CsvHints::default();
        let mut seen = if is_told { Seen::default() } else { Seen::load(self.storage) };
        let Listing { data, all, skipped } = listing;
        let inventory = take_inventory(self.storage, data, &known, &seen, self.options, self.rules).await?;
        let grouped = self.group(&inventory.found, &known);
        if let Some(threshold) = self.options.table_threshold.filter(|threshold| grouped.drafts.len() > *threshold) {
            return Err(Error::TooManyTables {
                target: self.target.to_string(),
                found: grouped.drafts.len(),
                threshold,
            });
        }
        let plans = self.plan(&grouped, &inventory, &known, &all);
        let change_id = match commit(self.catalog, &self.options.database, self.target.as_str(), &plans)? {
            Committed::Written(id) => Some(id),
            Committed::Nothing => None,
            Committed::Overtaken(table) => return Ok(Err(table)),
        };
        let mut report = CrawlReport {
            change_id,
            database: self.options.database.clone(),
            target: self.target.to_string(),
            seconds: 0.0,
            tables: plans.into_iter().map(|plan| plan.outcome).collect(),
            unclassified: Vec::new(),
            misplaced: misplaced(&grouped, &inventory.found),
            folders: grouped.notes,
            files_listed: all.len() as u64,
            files_skipped: skipped,
            files_read: inventory.files_read,
            bytes_read: inventory.bytes_read,
        };
        report.tables.sort_by(|a, b| a.name.cmp(&b.name));
        let outside = grouped.misplaced.iter().filter_map(|(place, _)| inventory.found.get(*place));
        let sight = |found: &Found| {
            let sight =
                Sight::new(&found.info, self.options.strict_glue, found.info.bytes, Ok(found.schema.as_ref().clone()));
            (found.info.path.clone(), sight)
        };
        let mut sights: HashMap<LakePath, Sight> = outside.map(sight).collect();
        sights.extend(inventory.sights);
        report.unclassified = inventory.unclassified;
        if !is_told {
            seen.replace_below(self.target, sights);
            seen.save();
        }
        Ok(Ok(report))
    }

    /// Lists the target once.
    async fn list(&self, known: &Known) -> Result<Listing> {
        let mut files = self.storage.list(self.target).await?;
        if files.is_empty() && !self.target.is_root() {
            match self.storage.head(self.target).await {
                Ok(file) => files.push(file),
                Err(error) if error.is_not_found() => {}
                Err(error) => return Err(error.into()),
            }
        }
        let had_files = known.tables.iter().any(|table| table.path.is_below(self.target) && !table.files.is_empty());
        if files.is_empty() && !had_files {
            return Err(Error::NothingThere { target: self.target.to_string() });
        }
        let all: HashSet<LakePath> = files.iter().map(|file| file.path.clone()).collect();
        files.retain(|file| self.is_data(file));
        let skipped = (all.len() - files.len()) as u64;
        Ok(Listing { data: files, all, skipped })
    }

    /// Empty files, hidden ones and excluded ones are no data.
    fn is_data(&self, file: &ObjectInfo) -> bool {
        let below = file.path.below(self.target).unwrap_or_default();
        let below = if below.is_empty() { file.path.file_name().unwrap_or_default() } else { below };
        // A folder `_x=1` is a partition whose key begins with `_`.
        let is_hidden =
            |segment: &str| segment.starts_with('.') || (segment.starts_with('_') && !segment.contains('='));
        file.bytes > 0 && !below.split('/').any(is_hidden) && !self.globs.iter().any(|glob| glob.covers(below))
    }

    fn group(&self, files: &[Found], known: &Known) -> Grouped {
        if let Some(file) = files.iter().find(|file| file.info.path == *self.target) {
            return self.single_file(file, known);
        }
        let (root, forced) = self.root(known);
        let tree = Folder::tree(root.as_str(), files.iter().map(|file| file.info.path.as_str()));
        let anchors = known.anchors();
        let options = CrawlOptions {
            group: if forced { Grouping::OneTable } else { self.options.group },
            ..self.options.clone()
        };
        group(&tree, files, &anchors, &options, self.rules.as_ref())
    }

    /// A target that is a file: a table on the file, or a file of the partitioned table that it lies in.
    fn single_file(&self, file: &Found, known: &Known) -> Grouped {
        let parent = self.target.parent().unwrap_or_default();
        let in_table = known.tables.iter().any(|table| self.target.is_below(&table.path) && table.path != *self.target);
        if in_table || (self.rules.trusts_hive_folders() && parent.file_name().is_some_and(is_hive_folder)) {
            let (root, _) = self.root(known);
            let tree = Folder::tree(root.as_str(), std::iter::once(self.target.as_str()));
            let options = CrawlOptions { group: Grouping::OneTable, ..self.options.clone() };
            return group(&tree, std::slice::from_ref(file), &BTreeMap::new(), &options, self.rules.as_ref());
        }
        let draft = Draft {
            path: self.target.to_string(),
            is_file: true,
            levels: Vec::new(),
            files: vec![0],
            schema: Arc::clone(&file.schema),
            reason: "the target is a file".to_owned(),
        };
        Grouped { drafts: vec![draft], ..Grouped::default() }
    }

    /// The folder that tables are looked for from, and whether it is one table for sure.
    ///
    /// A target inside of a partitioned table adds to that table: its root is the table's folder.
    fn root(&self, known: &Known) -> (LakePath, bool) {
        let above = |table: &&KnownTable| self.target.is_below(&table.path) && table.path != *self.target;
        let inside = known.tables.iter().filter(above).max_by_key(|table| table.path.as_str().len());
        if let Some(table) = inside.filter(|table| !table.table.partition_keys.is_empty() || !table.files.is_empty()) {
            return (table.path.clone(), true);
        }
        let mut root = self.target.clone();
        while self.rules.trusts_hive_folders()
            && (root.file_name().is_some_and(is_hive_folder) || self.is_target_file(&root))
        {
            root = root.parent().unwrap_or_default();
        }
        (root, false)
    }

    fn is_target_file(&self, root: &LakePath) -> bool {
        root == self.target
            && self.target.parent().and_then(|parent| parent.file_name().map(is_hive_folder)) == Some(true)
            && !root.file_name().is_some_and(is_hive_folder)
    }

    fn plan(&self, grouped: &Grouped, inventory: &Inventory, known: &Known, listed: &HashSet<LakePath>) -> Vec<Plan> {
        let run_id =
            uuid::Uuid::from_u64_pair(SystemClock.now().millis().unsigned_abs(), u64::from(std::process::id()))
                .to_string();
        let planner = Planner {
            storage: self.storage,
            options: self.options,
            files: &inventory.found,
            listed,
            target: self.target,
            now: SystemClock.now(),
            run_id: &run_id,
        };
        let names = self.names(&grouped.drafts, known);
        let excluded = self.exclusions(grouped, inventory, listed);
        let mut plans = Vec::with_capacity(grouped.drafts.len());
        let mut planned: HashSet<LakePath> = HashSet::new();
        for (draft, name) in grouped.drafts.iter().zip(&names) {
            let path = LakePath::parse(&draft.path).unwrap_or_default();
            let globs = excluded.get(&draft.path).map_or(&[][..], Vec::as_slice);
            plans.push(planner.plan(draft, name, known.at(&path), globs));
            planned.insert(path);
        }
        let gone = known.tables.iter().filter(|table| !planned.contains(&table.path));
        plans.extend(gone.filter_map(|table| planner.plan_gone(table)));
        plans
    }

    /// Per table folder, globs for what other readers of the folder must leave out too: what lies in it and is none of it,
    /// and what the caller excluded.
    fn exclusions(
        &self,
        grouped: &Grouped,
        inventory: &Inventory,
        listed: &HashSet<LakePath>,
    ) -> BTreeMap<String, Vec<String>> {
        let location = |path: &LakePath| self.storage.location(path).trim_end_matches('/').to_owned();
        let mut found = exclusions(grouped, inventory);
        for (folder, globs) in &mut found {
            let folder = location(&LakePath::parse(folder).unwrap_or_default());
            globs.iter_mut().for_each(|glob| *glob = format!("{folder}/{glob}"));
        }
        let told = self.options.exclusions.iter().map(|glob| format!("{}/{glob}", location(self.target)));
        let told: Vec<String> = told.collect();
        let is_excluded = |path: &&LakePath| {
            path.below(self.target).is_some_and(|below| self.globs.iter().any(|glob| glob.covers(below)))
        };
        let excluded: HashSet<LakePath> = listed
            .iter()
            .filter(is_excluded)
            .flat_map(|path| std::iter::successors(path.parent(), LakePath::parent))
            .collect();
        for draft in grouped.drafts.iter().filter(|draft| !draft.is_file) {
            if LakePath::parse(&draft.path).is_ok_and(|path| excluded.contains(&path)) {
                found.entry(draft.path.clone()).or_default().extend(told.iter().cloned());
            }
        }
        found
    }

    /// Names of the drafts: that of the table at the same place, else the folder's, else one made distinct.
    fn names(&self, drafts: &[Draft], known: &Known) -> Vec<String> {
        let mut taken: HashSet<String> = known.names.keys().cloned().collect();
        let present = |draft: &Draft| {
            let path = LakePath::parse(&draft.path).unwrap_or_default();
            known.at(&path).map(|table| table.table.name.clone())
        };
        let mut names = Vec::with_capacity(drafts.len());
        for draft in drafts {
            if let Some(name) = present(draft) {
                names.push(name);
                continue;
            }
            let folder = draft.path.rsplit('/').next().unwrap_or_default();
            let folder = if folder.is_empty() { self.options.database.as_str() } else { folder };
            let name = match &self.options.table_name {
                Some(name) if drafts.len() == 1 => name.to_lowercase(),
                _ => table_name(&self.options.table_prefix, folder),
            };
            let name = if taken.contains(&name) { distinct_name(&name, &draft.path) } else { name };
            taken.insert(name.clone());
            names.push(name);
        }
        names
    }
}

fn misplaced(grouped: &Grouped, files: &[Found]) -> Vec<LeftOut> {
    let left_out = |(place, reason): &(usize, String)| {
        let found = files.get(*place)?;
        Some(LeftOut {
            path: found.info.path.to_string(),
            bytes: found.info.bytes,
            bytes_seen: found.evidence.as_ref().map_or(0, |evidence| evidence.sampled_bytes.min(found.info.bytes)),
            reason: reason.clone(),
            nearest: Some(found.schema.format.as_str().to_owned()),
        })
    };
    grouped.misplaced.iter().filter_map(left_out).collect()
}

/// Per table folder, globs below it for what lies in it and is none of it.
fn exclusions(grouped: &Grouped, inventory: &Inventory) -> BTreeMap<String, Vec<String>> {
    let folders: HashSet<&str> =
        grouped.drafts.iter().filter(|draft| !draft.is_file).map(|draft| draft.path.as_str()).collect();
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut exclude = |path: &str, glob_of: &dyn Fn(&str) -> String| {
        let mut folder = path;
        loop {
            folder = folder.rsplit_once('/').map_or("", |(parent, _)| parent);
            if folders.contains(folder) {
                let below = path.get(folder.len()..).unwrap_or_default().trim_start_matches('/');
                found.entry(folder.to_owned()).or_default().insert(glob_of(below));
            }
            if folder.is_empty() {
                break;
            }
        }
    };
    for draft in &grouped.drafts {
        let whole =
            |below: &str| if draft.is_file { Glob::escape(below) } else { format!("{}/**", Glob::escape(below)) };
        exclude(&draft.path, &whole);
    }
    for (place, _) in &grouped.misplaced {
        if let Some(file) = inventory.found.get(*place) {
            exclude(file.info.path.as_str(), &|below| Glob::escape(below));
        }
    }
    for file in &inventory.unclassified {
        exclude(&file.path, &|below| Glob::escape(below));
    }
    found.into_iter().map(|(folder, globs)| (folder, globs.into_iter().collect())).collect()
}

fn glob(pattern: &str) -> Result<Glob> {
    Glob::parse(pattern).map_err(|reason| Error::Exclusion { pattern: pattern.to_owned(), reason })
}
