//! Reading: the files of a listing, those that need it, in parallel and bounded.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use super::classify::Examined;
use super::csv::columns;
use super::evidence::{Evidence, Schema};
use super::folder::Found;
use super::known::{Known, is_unchanged};
use super::naming::catalog_names;
use super::rules::Rules;
use super::seen::{Seen, Sight};
use super::workers::examine_all;
use super::{CrawlOptions, LeftOut, Result, UpdateBehavior};
use crate::storage::{ObjectInfo, Storage};

/// What the files of a listing hold.
#[derive(Debug, Default)]
pub(super) struct Inventory {
    pub(super) found: Vec<Found>,
    pub(super) unclassified: Vec<LeftOut>,
    pub(super) sights: HashMap<crate::storage::LakePath, Sight>,
    pub(super) files_read: u64,
    pub(super) bytes_read: u64,
}

/// Where the knowledge of a file comes from.
enum Source {
    Known(Arc<Schema>, Option<u64>),
    Seen(Sight),
    Read(Box<Examined>),
    /// Taken to be like the sampled files of its folder.
    Alike,
}

/// Finds out what every file holds, reading only those that neither the manifest nor the cache knows.
pub(super) async fn take_inventory(
    storage: &Storage,
    listing: Vec<ObjectInfo>,
    known: &Known,
    seen: &Seen,
    options: &CrawlOptions,
    rules: &Arc<dyn Rules>,
) -> Result<Inventory> {
    // Replacing columns takes all evidence anew.
    let manifest = if options.on_update == UpdateBehavior::Replace { HashMap::new() } else { known.files() };
    let mut sources: Vec<Option<Source>> = Vec::with_capacity(listing.len());
    for file in &listing {
        let entry = manifest.get(&file.path).filter(|(entry, _)| is_unchanged(entry, file));
        sources.push(match entry {
            Some((entry, schema)) => Some(Source::Known(Arc::clone(schema), entry.rows)),
            None => seen.get(file, options.strict_glue).cloned().map(Source::Seen),
        });
    }
    drop(manifest);
    skip_beyond_sample(&listing, &mut sources, options.sample_size);
    let unread: Vec<usize> =
        sources.iter().enumerate().filter(|(_, source)| source.is_none()).map(|(place, _)| place).collect();
    let unread = unread.into_iter().filter_map(|place| Some((place, listing.get(place)?))).collect();
    let reads = examine_all(storage, unread, rules).await?;
    let mut inventory = Inventory::default();
    for (place, examined) in reads {
        inventory.files_read += 1;
        inventory.bytes_read += examined.bytes_read;
        if let Some(source) = sources.get_mut(place) {
            *source = Some(Source::Read(Box::new(examined)));
        }
    }
    if !options.strict_glue {
        share_headers(&mut sources, known);
    }
    inventory.fill(listing, sources, options.strict_glue);
    Ok(inventory)
}

/// Of the unknown files of each folder, marks those that the sample leaves out.
fn skip_beyond_sample(listing: &[ObjectInfo], sources: &mut [Option<Source>], sample_size: Option<usize>) {
    let Some(size) = sample_size.map(|size| size.max(1)) else { return };
    let mut folders: BTreeMap<Option<crate::storage::LakePath>, Vec<usize>> = BTreeMap::new();
    for (place, file) in listing.iter().enumerate() {
        if sources.get(place).is_some_and(Option::is_none) {
            folders.entry(file.path.parent()).or_default().push(place);
        }
    }
    for places in folders.into_values().filter(|places| places.len() > size) {
        // Evenly spread, so that early and late files are both seen.
        let chosen: HashSet<usize> =
            (0..size).map(|n| n * (places.len() - 1) / size.saturating_sub(1).max(1)).collect();
        for (_, place) in places.iter().enumerate().filter(|(n, _)| !chosen.contains(n)) {
            if let Some(source) = sources.get_mut(*place) {
                *source = Some(Source::Alike);
            }
        }
    }
}

/// A first row that is a header in one file is a header in its siblings, whatever the types below it.
fn share_headers(sources: &mut [Option<Source>], known: &Known) {
    let lower = |cells: &[String]| cells.iter().map(|cell| cell.trim().to_lowercase()).collect::<Vec<_>>();
    let mut headers = known.headers();
    let mut counts: HashMap<Vec<String>, usize> = HashMap::new();
    let evidence = |source: &Option<Source>| match source {
        Some(Source::Read(examined)) => examined.outcome.as_ref().ok().cloned(),
        _ => None,
    };
    for evidence in sources.iter().filter_map(evidence) {
        let (Some(first), Some(csv)) = (&evidence.first_row, evidence.schema.csv) else { continue };
        if csv.has_header {
            headers.insert(lower(&first.cells));
        } else if first.is_name_like {
            *counts.entry(lower(&first.cells)).or_default() += 1;
        }
    }
    headers.extend(counts.into_iter().filter(|(_, count)| *count > 1).map(|(cells, _)| cells));
    for source in sources.iter_mut() {
        let Some(Source::Read(examined)) = source else { continue };
        let Ok(evidence) = &mut examined.outcome else { continue };
        let (Some(first), Some(csv)) = (&evidence.first_row, evidence.schema.csv) else { continue };
        if !csv.has_header && headers.contains(&lower(&first.cells)) {
            let columns = catalog_names(&columns(first, true), &mut Vec::new());
            let schema = Arc::make_mut(&mut evidence.schema);
            schema.columns = columns;
            schema.csv = Some(super::evidence::CsvLayout { has_header: true, ..csv });
        }
    }
}

impl Inventory {
    fn fill(&mut self, listing: Vec<ObjectInfo>, sources: Vec<Option<Source>>, strict: bool) {
        let mut interned: HashMap<Arc<Schema>, Arc<Schema>> = HashMap::new();
        let mut intern = |schema: Arc<Schema>| Arc::clone(interned.entry(Arc::clone(&schema)).or_insert(schema));
        let mut alike = Vec::new();
        for (info, source) in listing.into_iter().zip(sources) {
            match source {
                None => {}
                Some(Source::Alike) => alike.push(info),
                Some(Source::Known(schema, rows)) => {
                    self.found.push(Found { info, schema: intern(schema), evidence: None, rows });
                }
                Some(Source::Seen(sight)) => match &sight.outcome {
                    Ok(schema) => {
                        let schema = intern(Arc::new(schema.clone()));
                        self.found.push(Found { info, schema, evidence: None, rows: None });
                    }
                    Err(_) => self.leave_out(info, sight),
                },
                Some(Source::Read(examined)) => match examined.outcome {
                    Ok(evidence) => {
                        let schema = intern(Arc::clone(&evidence.schema));
                        let rows = evidence.rows;
                        let evidence = Some(Arc::new(Evidence { schema: Arc::clone(&schema), ..evidence }));
                        self.found.push(Found { info, schema, evidence, rows });
                    }
                    Err(unknown) => {
                        let sight = Sight::new(&info, strict, examined.bytes_read, Err(unknown));
                        self.leave_out(info, sight);
                    }
                },
            }
        }
        self.add_alike(alike);
        self.found.sort_by(|a, b| a.info.path.cmp(&b.info.path));
    }

    /// Files beyond the sample have the schema of the first known file of their folder.
    fn add_alike(&mut self, files: Vec<ObjectInfo>) {
        let mut by_folder: HashMap<Option<crate::storage::LakePath>, Arc<Schema>> = HashMap::new();
        for found in &self.found {
            let schema = by_folder.entry(found.info.path.parent()).or_insert_with(|| Arc::clone(&found.schema));
            if *schema != found.schema && schema.format == found.schema.format {
                Arc::make_mut(schema).merge(&found.schema);
            }
        }
        for info in files {
            if let Some(schema) = by_folder.get(&info.path.parent()) {
                self.found.push(Found { schema: Arc::clone(schema), info, evidence: None, rows: None });
            }
        }
    }

    fn leave_out(&mut self, info: ObjectInfo, sight: Sight) {
        if let Err(unknown) = &sight.outcome {
            self.unclassified.push(LeftOut {
                path: info.path.as_str().to_owned(),
                bytes: info.bytes,
                bytes_seen: sight.bytes_seen,
                reason: unknown.reason.clone(),
                nearest: unknown.nearest.clone(),
            });
        }
        self.sights.insert(info.path, sight);
    }
}
