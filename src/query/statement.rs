//! One statement: its text, where names are looked up, its parameters; and what it is.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use super::error::{Error, Result};
use super::history::StatementType;
use super::hive::{self, HiveStatement};
use super::lex::Language;
use super::route::language;
use super::scan::ScanCounter;
use super::trino::{self, TrinoStatement};

/// A statement and what it needs to run.
#[derive(Debug, Clone)]
pub(super) struct Statement {
    pub(super) id: String,
    pub(super) text: String,
    /// Database of names without one.
    pub(super) database: String,
    /// SQL expressions for `?`.
    pub(super) parameters: Vec<String>,
    pub(super) counter: Arc<ScanCounter>,
    manifest: Arc<OnceLock<String>>,
}

impl Statement {
    pub(super) fn new(text: String, database: String, parameters: Vec<String>, counter: Arc<ScanCounter>) -> Self {
        let id = uuid::Uuid::new_v4().to_string();
        Self { id, text, database, parameters, counter, manifest: Arc::default() }
    }

    /// The same statement with another text and parameters: what was prepared.
    pub(super) fn prepared(&self, text: String, parameters: Vec<String>) -> Self {
        Self { text, parameters, ..self.clone() }
    }

    /// The text with blanks in front of `range` and nothing behind it: what remains keeps its lines and columns.
    pub(super) fn blanked(&self, range: Range<usize>) -> String {
        let before = self.text.get(..range.start).unwrap_or_default();
        let mut blanked: String = before.chars().map(|c| if c == '\n' { '\n' } else { ' ' }).collect();
        blanked.push_str(self.text.get(range).unwrap_or_default());
        blanked
    }

    /// Hive's statements have no `?`.
    pub(super) fn refuse_parameters(&self) -> Result<()> {
        if self.parameters.is_empty() {
            return Ok(());
        }
        Err(Error::Unsupported { what: "A parameter in a DDL statement".into() })
    }

    pub(super) fn set_manifest(&self, location: String) {
        // A statement writes one manifest.
        let _ = self.manifest.set(location);
    }

    pub(super) fn manifest(&self) -> Option<&str> {
        self.manifest.get().map(String::as_str)
    }
}

/// What a statement is.
#[derive(Debug)]
pub(super) enum Kind {
    Hive(HiveStatement),
    Trino(TrinoStatement),
}

/// What the text is.
pub(super) fn classify(text: &str) -> Result<Kind> {
    match language(text)? {
        Language::Hive => hive::parse(text).map(Kind::Hive),
        Language::Trino => trino::parse(text).map(Kind::Trino),
    }
}

impl Kind {
    /// Athena's names for the sort of a statement; a text that cannot be read counts as a query.
    pub(super) fn names(kind: Option<&Self>) -> (StatementType, &'static str) {
        use StatementType::{Ddl, Dml, Utility};
        let Some(kind) = kind else { return (Dml, "SELECT") };
        match kind {
            Self::Trino(trino) => match trino {
                TrinoStatement::Query { .. } => (Dml, "SELECT"),
                TrinoStatement::CreateTableAs(_) => (Ddl, "CREATE_TABLE_AS_SELECT"),
                TrinoStatement::Insert { .. } => (Dml, "INSERT"),
                TrinoStatement::Unload { .. } => (Dml, "UNLOAD"),
                TrinoStatement::CreateView { .. } => (Ddl, "CREATE_VIEW"),
                TrinoStatement::DropView { .. } => (Ddl, "DROP_VIEW"),
                TrinoStatement::ShowCreateView { .. } => (Utility, "SHOW_CREATE_VIEW"),
                TrinoStatement::Prepare { .. } => (Ddl, "PREPARE"),
                TrinoStatement::Execute { .. } => (Dml, "EXECUTE"),
                TrinoStatement::Deallocate { .. } => (Ddl, "DEALLOCATE"),
                TrinoStatement::Explain { .. } => (Utility, "EXPLAIN"),
            },
            Self::Hive(hive) => match hive {
                HiveStatement::CreateDatabase { .. } => (Ddl, "CREATE_DATABASE"),
                HiveStatement::AlterDatabase { .. } => (Ddl, "ALTER_DATABASE"),
                HiveStatement::DropDatabase { .. } => (Ddl, "DROP_DATABASE"),
                HiveStatement::CreateTable(_) => (Ddl, "CREATE_TABLE"),
                HiveStatement::DropTable { .. } => (Ddl, "DROP_TABLE"),
                HiveStatement::AddPartitions { .. } => (Ddl, "ALTER_TABLE_ADD_PARTITION"),
                HiveStatement::DropPartitions { .. } => (Ddl, "ALTER_TABLE_DROP_PARTITION"),
                HiveStatement::RenamePartition { .. } => (Ddl, "ALTER_TABLE_RENAME_PARTITION"),
                HiveStatement::AddColumns { .. } => (Ddl, "ALTER_TABLE_ADD_COLUMNS"),
                HiveStatement::ReplaceColumns { .. } => (Ddl, "ALTER_TABLE_REPLACE_COLUMNS"),
                HiveStatement::ChangeColumn { .. } => (Ddl, "ALTER_TABLE_CHANGE_COLUMN"),
                HiveStatement::SetLocation { .. } => (Ddl, "ALTER_TABLE_SET_LOCATION"),
                HiveStatement::SetProperties { .. } => (Ddl, "ALTER_TABLE_SET_TBLPROPERTIES"),
                HiveStatement::Repair { .. } => (Ddl, "MSCK_REPAIR_TABLE"),
                HiveStatement::ShowDatabases { .. } => (Utility, "SHOW_DATABASES"),
                HiveStatement::ShowTables { .. } => (Utility, "SHOW_TABLES"),
                HiveStatement::ShowViews { .. } => (Utility, "SHOW_VIEWS"),
                HiveStatement::ShowColumns { .. } => (Utility, "SHOW_COLUMNS"),
                HiveStatement::ShowPartitions { .. } => (Utility, "SHOW_PARTITIONS"),
                HiveStatement::ShowProperties { .. } => (Utility, "SHOW_TBLPROPERTIES"),
                HiveStatement::ShowCreateTable { .. } => (Utility, "SHOW_CREATE_TABLE"),
                HiveStatement::ShowFunctions { .. } => (Utility, "SHOW_FUNCTIONS"),
                HiveStatement::Describe { .. } => (Utility, "DESCRIBE_TABLE"),
            },
        }
    }
}
