//! Planning: what a draft means for the catalog, compared with what is there.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::describe::{describe, statistics};
use super::folder::Found;
use super::group::Draft;
use super::known::{DEPRECATED, KnownTable};
use super::merge::{RUN_ID, column_changes, keep_run, merge, misfit, same};
use super::naming::{NamedColumn, named_columns};
use super::partition::{Level, TypeNote, key_type};
use super::report::{TableOutcome, count};
use super::{CrawlOptions, DeleteBehavior, TableChange, UpdateBehavior};
use crate::catalog::{Column, DataFile, Origin, Partition, Table};
use crate::storage::{LakePath, Storage};
use crate::time::Timestamp;

/// What one table becomes.
#[derive(Debug)]
pub(super) struct Plan {
    /// The table to put; `None` when it stays as it is.
    pub(super) table: Option<Table>,
    /// Version of the table that the plan was made for; `None` when there was none.
    pub(super) expects: Option<u64>,
    pub(super) name: String,
    /// Empty the table's partitions and manifest first.
    pub(super) resets: bool,
    pub(super) drops_table: bool,
    pub(super) partitions: Vec<Partition>,
    pub(super) dropped: Vec<Vec<Option<String>>>,
    pub(super) files: Vec<DataFile>,
    pub(super) ended: Vec<LakePath>,
    pub(super) outcome: TableOutcome,
}

/// What plans are made with.
pub(super) struct Planner<'a> {
    pub(super) storage: &'a Storage,
    pub(super) options: &'a CrawlOptions,
    pub(super) files: &'a [Found],
    /// Everything listed below the target, data or not.
    pub(super) listed: &'a HashSet<LakePath>,
    /// What was listed.
    pub(super) target: &'a LakePath,
    pub(super) now: Timestamp,
    pub(super) run_id: &'a str,
}

/// The members of a draft, sorted out.
struct Members {
    /// The files, each with its values.
    files: Vec<(usize, Vec<Option<String>>)>,
    /// Partition folders by values.
    partitions: BTreeMap<Vec<Option<String>>, LakePath>,
}

impl Planner<'_> {
    /// The plan for a draft under its name, beside the table that is at its location already.
    pub(super) fn plan(&self, draft: &Draft, name: &str, known: Option<&KnownTable>, exclusions: &[String]) -> Plan {
        let members = self.members(draft);
        let keys: Vec<String> = key_names(draft, known);
        let mut notes = self.file_notes(draft);
        let columns = self.columns(draft, &keys, &mut notes);
        let conflict = known.and_then(|known| misfit(known, draft, &keys));
        if let (Some(known), Some(reason)) = (known, &conflict)
            && self.options.on_update != UpdateBehavior::Replace
        {
            return self.deprecate(known, draft, reason.clone(), notes);
        }
        let resets = conflict.is_some();
        let partition_keys = self.partition_keys(&keys, &members, known.filter(|_| !resets), &mut notes);
        let ended = known.map_or_else(Vec::new, |known| self.ended(known, &members));
        let mut plan = Plan {
            table: None,
            expects: known.map(|known| known.table.version),
            name: name.to_owned(),
            resets,
            drops_table: false,
            partitions: Vec::new(),
            dropped: Vec::new(),
            files: Vec::new(),
            ended,
            outcome: self.outcome(draft, name),
        };
        let before = known.filter(|_| !resets);
        self.plan_partitions(&mut plan, &members, before);
        self.plan_files(&mut plan, &members, before, !keys.is_empty());
        let others = before.map_or_else(Vec::new, |known| {
            let is_other = |file: &&DataFile| !self.listed.contains(&file.path) && !plan.ended.contains(&file.path);
            known.files.values().filter(is_other).collect()
        });
        let totals = statistics(draft, self.files, &others, before.map(|known| &known.table));
        let found = describe(self, draft, name, &columns, partition_keys, &totals, exclusions);
        let table = match known {
            Some(known) if self.options.on_update != UpdateBehavior::Replace => {
                merge(self, &known.table, found, &columns, draft, &mut notes)
            }
            _ => found,
        };
        self.decide(&mut plan, table, known, notes);
        plan
    }

    /// Sets what is put, and says what changed.
    fn decide(&self, plan: &mut Plan, mut table: Table, known: Option<&KnownTable>, notes: Vec<String>) {
        let mut changes = Vec::new();
        match known {
            None => {
                plan.outcome.outcome = TableChange::Added;
                self.stamp(&mut table);
                plan.table = Some(table.clone());
            }
            Some(known) => {
                keep_run(&mut table, &known.table);
                let is_same = same(&table, &known.table);
                if !is_same {
                    self.stamp(&mut table);
                    changes.extend(column_changes(&known.table, &table));
                    plan.table = Some(table.clone());
                }
                let is_quiet = is_same
                    && plan.partitions.is_empty()
                    && plan.dropped.is_empty()
                    && plan.files.is_empty()
                    && plan.ended.is_empty();
                plan.outcome.outcome = if is_quiet { TableChange::Unchanged } else { TableChange::Changed };
            }
        }
        let outcome = &mut plan.outcome;
        let counted = [
            (outcome.partitions_added, "new partition"),
            (outcome.partitions_removed, "partition without files"),
            (outcome.files_new, "new file"),
            (outcome.files_removed, "file gone"),
        ];
        changes.extend(counted.iter().filter(|(number, _)| *number > 0).map(|(number, noun)| match *noun {
            "partition without files" if *number > 1 => format!("{number} partitions without files"),
            "file gone" if *number > 1 => format!("{number} files gone"),
            noun => count(*number, noun),
        }));
        if !changes.is_empty() {
            outcome.reason = format!("{}. {}", outcome.reason, changes.join(", "));
        }
        outcome.columns.clone_from(&table.storage.columns);
        outcome.partition_keys.clone_from(&table.partition_keys);
        outcome.notes = notes;
    }

    fn members(&self, draft: &Draft) -> Members {
        let root = LakePath::parse(&draft.path).unwrap_or_default();
        let mut members = Members { files: Vec::with_capacity(draft.files.len()), partitions: BTreeMap::new() };
        for place in &draft.files {
            let Some(found) = self.files.get(*place) else { continue };
            let below = found.info.path.below(&root).unwrap_or_default();
            let mut values = Vec::with_capacity(draft.levels.len());
            let mut length = 0;
            for (level, segment) in draft.levels.iter().zip(below.split('/')) {
                values.push(level.value(segment));
                length += segment.len() + 1;
            }
            if !values.is_empty() && !members.partitions.contains_key(&values) {
                let folder = below.get(..length.saturating_sub(1)).and_then(|folder| root.join(folder).ok());
                members.partitions.insert(values.clone(), folder.unwrap_or_default());
            }
            members.files.push((*place, values));
        }
        members
    }

    fn file_notes(&self, draft: &Draft) -> Vec<String> {
        const MOST: usize = 10;
        let evidence = draft.files.iter().filter_map(|place| self.files.get(*place)?.evidence.as_ref());
        let mut notes: Vec<String> = evidence.flat_map(|evidence| evidence.notes.iter().cloned()).collect();
        notes.sort();
        notes.dedup();
        if notes.len() > MOST {
            notes.truncate(MOST);
            notes.push("… and more files with such findings".to_owned());
        }
        notes
    }

    /// The columns, lower-cased, and without those that a partition key hides.
    fn columns(&self, draft: &Draft, keys: &[String], notes: &mut Vec<String>) -> Vec<NamedColumn> {
        let is_positional = draft.schema.csv.is_some();
        let mut columns = named_columns(&draft.schema.columns, draft.schema.framing.is_some(), notes);
        if is_positional {
            for column in columns.iter_mut().filter(|column| keys.contains(&column.name)) {
                notes.push(format!("column `{0}` is called `{0}_1`: a partition key has its name", column.name));
                column.name.push_str("_1");
            }
        } else {
            for column in columns.iter().filter(|column| keys.contains(&column.name)) {
                notes
                    .push(format!("column `{}` of the files is hidden by the partition key of that name", column.name));
            }
            columns.retain(|column| !keys.contains(&column.name));
        }
        columns
    }

    fn partition_keys(
        &self,
        keys: &[String],
        members: &Members,
        known: Option<&KnownTable>,
        notes: &mut Vec<String>,
    ) -> Vec<Column> {
        let mut padded = Vec::new();
        let typed = |(place, key): (usize, &String)| {
            let found = members.partitions.keys();
            let before = known.map(|known| known.partitions.keys()).into_iter().flatten();
            let values: BTreeSet<&str> =
                found.chain(before).filter_map(|values| values.get(place)?.as_deref()).collect();
            let present = known.and_then(|known| known.table.partition_keys.get(place));
            let (data_type, note) =
                key_type(key, &values, &self.options.partition_types, present.map(|column| &column.data_type));
            match note {
                Some(TypeNote::MaybePadded) => padded.push(key.clone()),
                Some(TypeNote::Retyped(note)) => notes.push(note),
                None => {}
            }
            Column { comment: present.and_then(|column| column.comment.clone()), ..Column::new(key.clone(), data_type) }
        };
        let typed = keys.iter().enumerate().map(typed).collect();
        if !padded.is_empty() {
            let keys = padded.join(", ");
            notes.push(format!(
                "the values of {keys} may be padded with zeros, so they stay strings; `partition_types` overrides"
            ));
        }
        typed
    }

    fn plan_partitions(&self, plan: &mut Plan, members: &Members, known: Option<&KnownTable>) {
        for (values, folder) in &members.partitions {
            match known.and_then(|known| known.partitions.get(values)) {
                None => {
                    let location = format!("{}/", self.storage.location(folder));
                    plan.partitions.push(Partition::new(values.clone(), location));
                    plan.outcome.partitions_added += 1;
                }
                Some(partition) => {
                    plan.outcome.partitions_unchanged += 1;
                    if partition.parameters.contains_key(DEPRECATED) {
                        let mut revived = partition.clone();
                        revived.parameters.remove(DEPRECATED);
                        plan.partitions.push(revived);
                    }
                }
            }
        }
        let Some(known) = known else { return };
        // Partitions that had files, all of which are gone. A partition that somebody declared ahead of its data stays.
        let ended: HashSet<&LakePath> = plan.ended.iter().collect();
        let had: BTreeSet<_> = known
            .files
            .values()
            .filter(|file| ended.contains(&file.path))
            .filter_map(|file| file.partition.as_ref())
            .collect();
        let kept: BTreeSet<_> = known
            .files
            .values()
            .filter(|file| !ended.contains(&file.path))
            .filter_map(|file| file.partition.as_ref())
            .collect();
        for values in had.difference(&kept).filter(|values| !members.partitions.contains_key(**values)) {
            let Some(partition) = known.partitions.get(*values) else { continue };
            plan.outcome.partitions_removed += 1;
            match self.options.on_delete {
                DeleteBehavior::Delete => plan.dropped.push((*values).clone()),
                DeleteBehavior::Deprecate => {
                    let mut marked = partition.clone();
                    marked.parameters.insert(DEPRECATED.to_owned(), self.now.millis().to_string());
                    plan.partitions.push(marked);
                }
                DeleteBehavior::Log => {}
            }
        }
    }

    fn plan_files(&self, plan: &mut Plan, members: &Members, known: Option<&KnownTable>, is_partitioned: bool) {
        for (place, values) in &members.files {
            let Some(found) = self.files.get(*place) else { continue };
            plan.outcome.files += 1;
            plan.outcome.bytes += found.info.bytes;
            let partition = is_partitioned.then(|| values.clone());
            let entry = known.and_then(|known| known.files.get(&found.info.path));
            if entry.is_some_and(|entry| super::known::is_unchanged(entry, &found.info) && entry.partition == partition)
            {
                continue;
            }
            plan.outcome.files_new += 1;
            plan.files
                .push(DataFile { rows: found.rows, ..DataFile::of(found.info.clone(), partition, Origin::Found) });
        }
        plan.outcome.files_removed = plan.ended.len() as u64;
    }

    /// Manifest entries below the target that are no file of the table any more.
    fn ended(&self, known: &KnownTable, members: &Members) -> Vec<LakePath> {
        let present: HashSet<&LakePath> = members
            .files
            .iter()
            .filter_map(|(place, _)| self.files.get(*place))
            .map(|found| &found.info.path)
            .collect();
        let is_gone = |file: &&DataFile| {
            file.path.is_below(self.target)
                && !present.contains(&file.path)
                // What our own writers registered is right as long as the file is there.
                && (file.origin == Origin::Found || !self.listed.contains(&file.path))
        };
        let mut gone: Vec<LakePath> = known.files.values().filter(is_gone).map(|file| file.path.clone()).collect();
        gone.sort();
        gone
    }

    /// A table whose data no longer fits is marked; its entry stays as it is.
    fn deprecate(&self, known: &KnownTable, draft: &Draft, reason: String, notes: Vec<String>) -> Plan {
        let mut outcome = self.outcome(draft, &known.table.name);
        outcome.outcome = TableChange::Conflict;
        outcome.reason = reason;
        outcome.columns.clone_from(&known.table.storage.columns);
        outcome.partition_keys.clone_from(&known.table.partition_keys);
        outcome.notes = notes;
        let marks = self.options.on_update == UpdateBehavior::MergeNewColumns;
        Plan {
            table: self.marked(&known.table).filter(|_| marks),
            expects: Some(known.table.version),
            name: known.table.name.clone(),
            resets: false,
            drops_table: false,
            partitions: Vec::new(),
            dropped: Vec::new(),
            files: Vec::new(),
            ended: Vec::new(),
            outcome,
        }
    }

    /// The plan for a table whose files are all gone; `None` when it never had any.
    pub(super) fn plan_gone(&self, known: &KnownTable) -> Option<Plan> {
        let gone = !known.files.is_empty()
            && known.path.is_below(self.target)
            && known.files.keys().all(|path| !self.listed.contains(path));
        let drops_table = self.options.on_delete == DeleteBehavior::Delete;
        let marks = self.options.on_delete == DeleteBehavior::Deprecate;
        let location = format!("{}/", known.path.as_str());
        let outcome = TableOutcome {
            outcome: if drops_table { TableChange::Removed } else { TableChange::Deprecated },
            reason: "all its files are gone".to_owned(),
            files_removed: known.files.len() as u64,
            columns: known.table.storage.columns.clone(),
            partition_keys: known.table.partition_keys.clone(),
            ..blank(&known.table.name, location, known.table.storage.classification().unwrap_or_default(), "none")
        };
        gone.then(|| Plan {
            table: self.marked(&known.table).filter(|_| marks),
            expects: Some(known.table.version),
            name: known.table.name.clone(),
            resets: false,
            drops_table,
            partitions: Vec::new(),
            dropped: Vec::new(),
            files: Vec::new(),
            ended: if drops_table { Vec::new() } else { known.files.keys().cloned().collect() },
            outcome,
        })
    }

    fn marked(&self, table: &Table) -> Option<Table> {
        if table.parameters.contains_key(DEPRECATED) {
            return None;
        }
        let mut marked = table.clone();
        marked.parameters.insert(DEPRECATED.to_owned(), self.now.millis().to_string());
        Some(marked)
    }

    fn outcome(&self, draft: &Draft, name: &str) -> TableOutcome {
        let location =
            if draft.is_file || draft.path.is_empty() { draft.path.clone() } else { format!("{}/", draft.path) };
        TableOutcome {
            reason: draft.reason.clone(),
            ..blank(name, location, draft.schema.format.as_str(), draft.schema.compression.as_str())
        }
    }

    fn stamp(&self, table: &mut Table) {
        for parameters in [&mut table.parameters, &mut table.storage.parameters] {
            parameters.insert(RUN_ID.to_owned(), self.run_id.to_owned());
        }
    }
}

fn blank(name: &str, location: String, format: &str, compression: &str) -> TableOutcome {
    TableOutcome {
        name: name.to_owned(),
        location,
        format: format.to_owned(),
        compression: compression.to_owned(),
        outcome: TableChange::Unchanged,
        reason: String::new(),
        columns: Vec::new(),
        partition_keys: Vec::new(),
        partitions_added: 0,
        partitions_unchanged: 0,
        partitions_removed: 0,
        files: 0,
        files_new: 0,
        files_removed: 0,
        bytes: 0,
        notes: Vec::new(),
    }
}

/// Names of the keys: the folders' own, and for unnamed folders what the table calls them.
fn key_names(draft: &Draft, known: Option<&KnownTable>) -> Vec<String> {
    let name = |(depth, level): (usize, &Level)| {
        let given = known.and_then(|known| known.table.partition_keys.get(depth)).filter(|_| *level == Level::Plain);
        given.map_or_else(|| level.key(depth), |column| column.name.clone())
    };
    let mut names: Vec<String> = Vec::with_capacity(draft.levels.len());
    for (depth, level) in draft.levels.iter().enumerate() {
        let mut key = name((depth, level));
        while names.contains(&key) {
            key.push_str("_1");
        }
        names.push(key);
    }
    names
}
