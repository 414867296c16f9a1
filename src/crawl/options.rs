//! What a crawl may be told.

use std::collections::BTreeMap;

use crate::catalog::HiveType;

/// How folders become tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Grouping {
    /// Alike folders are partitions of one table: same format, same path structure, schemas with a similarity above 0.7.
    #[default]
    Similar,
    /// Everything below a table folder that has the same format is one table, whatever its columns
    /// (Glue's `CombineCompatibleSchemas`).
    OneTable,
}

/// How the columns of partition keys are typed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum PartitionTyping {
    /// `int` (or `bigint`) when every value is a canonical whole number that cannot be a padded one, `date` when every
    /// value is an ISO date, else `string`.
    #[default]
    Infer,
    /// `string` always, as Glue does.
    Strings,
    /// These keys have these types; the others are inferred.
    Given(BTreeMap<String, HiveType>),
}

/// What happens to a catalog table whose data looks different now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum UpdateBehavior {
    /// New columns are added at the end; nothing is removed or retyped (Glue's `MergeNewColumns`).
    #[default]
    MergeNewColumns,
    /// The table's columns become what the crawl found: adds, removes and retypes (Glue's `UPDATE_IN_DATABASE`).
    Replace,
    /// The difference is only reported (Glue's `LOG`). New tables and partitions are registered all the same.
    Log,
}

/// What happens to tables and partitions whose data is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DeleteBehavior {
    /// They stay, marked with the parameter `DEPRECATED_BY_CRAWLER`.
    #[default]
    Deprecate,
    /// They leave the catalog.
    Delete,
    /// They are only reported.
    Log,
}

/// What is known of delimited text before it is read; what is `None` is found out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CsvHints {
    /// What stands between cells.
    pub delimiter: Option<u8>,
    /// Whether the first row holds the names of the columns.
    pub header: Option<bool>,
    /// Whether quotes have a meaning.
    pub quotes: Option<bool>,
}

/// Options of a crawl. The defaults crawl everything below the target and register what they find.
#[derive(Debug, Clone)]
pub struct CrawlOptions {
    /// Database that the tables go to; created when it is not there. Stored lower case.
    pub database: String,
    /// Put in front of every table name.
    pub table_prefix: String,
    /// Name of the table, where the crawl yields exactly one.
    pub table_name: Option<String>,
    /// What the caller knows of delimited text.
    pub csv: CsvHints,
    /// Name of the crawler, in `UPDATED_BY_CRAWLER`.
    pub crawler_name: String,
    /// Decide as Glue's crawler would, instead of as bayou would.
    pub strict_glue: bool,
    /// How folders become tables.
    pub group: Grouping,
    /// Tables are the folders this many levels below the target; 0 is the target itself. `None`: grouping decides.
    pub levels: Option<usize>,
    /// Globs relative to the target: `*` within a folder, `**` across, `?`, `[a-z]`, `[!a]`, `{a,b}`, `\` escapes.
    pub exclusions: Vec<String>,
    /// Read at most this many new files per leaf folder; the others are taken to be like them. `None`: read all.
    pub sample_size: Option<usize>,
    /// How partition keys are typed.
    pub partition_types: PartitionTyping,
    /// What happens to changed tables.
    pub on_update: UpdateBehavior,
    /// What happens to tables and partitions whose data is gone.
    pub on_delete: DeleteBehavior,
    /// Fail, and write nothing, when the crawl finds more tables than this.
    pub table_threshold: Option<usize>,
}

impl Default for CrawlOptions {
    fn default() -> Self {
        Self {
            database: "default".to_owned(),
            table_prefix: String::new(),
            table_name: None,
            csv: CsvHints::default(),
            crawler_name: "bayou".to_owned(),
            strict_glue: false,
            group: Grouping::default(),
            levels: None,
            exclusions: Vec::new(),
            sample_size: None,
            partition_types: PartitionTyping::default(),
            on_update: UpdateBehavior::default(),
            on_delete: DeleteBehavior::default(),
            table_threshold: None,
        }
    }
}
