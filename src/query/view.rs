//! Views as Athena keeps them: `/* Presto View: … */` around base64 of a JSON description.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::error::{Error, Result};
use super::relation::CATALOG;
use crate::catalog::Table;

/// The table type of a view.
pub(super) const VIRTUAL_VIEW: &str = "VIRTUAL_VIEW";
const PREFIX: &str = "/* Presto View: ";
const SUFFIX: &str = " */";
/// What the expanded text of every view is.
pub(super) const EXPANDED: &str = "/* Presto View */";

/// What a view's description holds.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Description {
    original_sql: String,
    #[serde(default)]
    catalog: Option<String>,
    #[serde(default)]
    schema: Option<String>,
    #[serde(default)]
    columns: Vec<DescribedColumn>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct DescribedColumn {
    name: String,
    #[serde(rename = "type")]
    data_type: String,
}

/// The query of a view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ViewQuery {
    pub(super) sql: String,
    /// Database of the names in it that have none.
    pub(super) database: String,
}

/// The text that the catalog keeps for a view.
pub(super) fn original_text(sql: &str, database: &str, columns: &[(String, String)]) -> String {
    let columns = columns
        .iter()
        .map(|(name, data_type)| DescribedColumn { name: name.clone(), data_type: data_type.clone() })
        .collect();
    let description = Description {
        original_sql: sql.to_owned(),
        catalog: Some(CATALOG.to_owned()),
        schema: Some(database.to_owned()),
        columns,
    };
    // A struct of texts is always JSON.
    let json = serde_json::to_string(&description).unwrap_or_default();
    format!("{PREFIX}{}{SUFFIX}", STANDARD.encode(json))
}

/// The query of `table`, when it is a view.
///
/// # Errors
/// `INVALID_VIEW` for a view that another engine made in another form.
pub(super) fn query_of(table: &Table) -> Result<Option<ViewQuery>> {
    if table.table_type != VIRTUAL_VIEW {
        return Ok(None);
    }
    let invalid = || {
        let message = format!("The view {}.{} has no text that Athena wrote", table.database, table.name);
        Error::failed("INVALID_VIEW", format!("{message}\nhint: create it again with CREATE OR REPLACE VIEW"))
    };
    let text = table.view_original_text.as_deref().unwrap_or_default().trim();
    let encoded = text.strip_prefix(PREFIX).and_then(|text| text.strip_suffix(SUFFIX)).ok_or_else(invalid)?;
    let json = STANDARD.decode(encoded.trim()).map_err(|_| invalid())?;
    let description: Description = serde_json::from_slice(&json).map_err(|_| invalid())?;
    let database = description.schema.unwrap_or_else(|| table.database.clone());
    Ok(Some(ViewQuery { sql: description.original_sql, database }))
}
