//! Where a projected partition lies: below the table by `key=value`, or as `storage.location.template` says.

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use crate::catalog::Table;
use crate::query::error::{Error, Result};

/// Characters that Hive writes as `%XX` in a folder's name. Source: Hive's `FileUtils.charToEscape`.
pub(in crate::query) const HIVE_ESCAPES: &AsciiSet = &CONTROLS
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'\'')
    .add(b'*')
    .add(b'/')
    .add(b':')
    .add(b'=')
    .add(b'?')
    .add(b'\\')
    .add(b'{')
    .add(b'[')
    .add(b']')
    .add(b'^');

/// A template with its keys.
#[derive(Debug)]
pub(super) struct Template {
    text: Option<String>,
    location: String,
    keys: Vec<String>,
}

impl Template {
    pub(super) fn new(table: &Table) -> Result<Self> {
        let keys: Vec<String> = table.partition_keys.iter().map(|key| key.name.clone()).collect();
        let text = table.parameters.get("storage.location.template").cloned();
        if let Some(text) = &text
            && let Some(missing) = keys.iter().find(|key| !text.contains(&format!("${{{key}}}")))
        {
            let message = format!(
                "`storage.location.template` of table {}.{} does not contain `${{{missing}}}`",
                table.database, table.name
            );
            return Err(Error::failed("INVALID_TABLE_PROPERTY", message));
        }
        Ok(Self { text, location: table.storage.location.trim_end_matches('/').to_owned(), keys })
    }

    /// The folder of these values.
    pub(super) fn location(&self, values: &[Option<String>]) -> String {
        let pairs = self.keys.iter().zip(values).map(|(key, value)| (key, value.as_deref().unwrap_or_default()));
        let folder = match &self.text {
            Some(text) => pairs.fold(text.clone(), |text, (key, value)| text.replace(&format!("${{{key}}}"), value)),
            None => pairs.fold(self.location.clone(), |location, (key, value)| {
                format!("{location}/{key}={}", utf8_percent_encode(value, HIVE_ESCAPES))
            }),
        };
        format!("{}/", folder.trim_end_matches('/'))
    }
}
