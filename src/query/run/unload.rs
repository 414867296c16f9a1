//! UNLOAD: the rows of a query become files that belong to no table.

use std::ops::Range;

use bytes::Bytes;

use super::target::Taken;
use super::{Reply, Runner};
use crate::catalog::Column;
use crate::query::error::Result;
use crate::query::hive_trino::hive_type;
use crate::query::lex::Place;
use crate::query::plan::given_name;
use crate::query::trino::TrinoProperties;
use crate::query::write::WriteTarget;

impl Runner<'_> {
    pub(super) async fn unload(
        &self,
        query: Range<usize>,
        location: &str,
        properties: &TrinoProperties,
    ) -> Result<Reply> {
        let mut taken = Taken::new(self.text(), properties);
        let (format, compression, _) = taken.format(true)?;
        let partitioned_by = taken.list("partitioned_by")?;
        let folder = self.lake().path(location)?;
        let planned = self.plan(query.clone())?;
        let mut columns = Vec::new();
        for (at, column) in planned.columns().iter().enumerate() {
            let name = given_name(column).unwrap_or_else(|| format!("_col{at}"));
            let Some(data_type) = hive_type(&column.data_type) else {
                let message = format!("Unsupported Hive type: {} of column {name}", column.data_type);
                return Err(self.error_at(Place::of(self.text(), query.start), "NOT_SUPPORTED", message));
            };
            columns.push(Column::new(name, data_type));
        }
        let split = match &partitioned_by {
            None => columns.len(),
            Some((keys, at)) => {
                let split = columns.len().saturating_sub(keys.len());
                if split == 0 || !columns.iter().skip(split).map(|column| &column.name).eq(keys.iter()) {
                    return Err(taken.error(
                        *at,
                        format!("Partition keys must be the last columns, in their order: [{}]", keys.join(", ")),
                    ));
                }
                split
            }
        };
        taken.end("UNLOAD")?;
        self.check_empty(&folder, Some(location)).await?;
        let (data, keys) = columns.split_at(split);
        let target = WriteTarget::new(data, keys, format, compression, &self.statement.id);
        let mut writer = self.writer(target)?;
        self.write_all(planned, &mut writer).await?;
        let written = writer.finish()?.publish(self.lake(), &folder).await?;
        let mut manifest = String::new();
        for file in &written.files {
            manifest.push_str(&self.lake().storage.location(&file.path));
            manifest.push('\n');
        }
        let path = self.session.results_folder()?.join(&format!("{}-manifest.csv", self.statement.id))?;
        self.lake().storage.put(&path, Bytes::from(manifest)).await?;
        self.statement.set_manifest(self.lake().storage.location(&path));
        Ok(Reply { rows: crate::query::result::Rows::none(), update_count: Some(written.rows) })
    }
}
