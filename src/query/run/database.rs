//! CREATE, ALTER and DROP DATABASE.

use super::{Reply, Runner};
use crate::catalog::{self, Database};
use crate::query::error::{Error, Result};
use crate::query::hive::Properties;

impl Runner<'_> {
    pub(super) fn create_database(
        &self,
        name: &str,
        if_not_exists: bool,
        comment: Option<&str>,
        location: Option<&str>,
        properties: &Properties,
    ) -> Result<Reply> {
        let location = location.map(|location| self.lake().path(location)).transpose()?;
        let database = Database {
            description: comment.map(str::to_owned),
            location_uri: location.map(|path| self.lake().folder_location(&path)),
            parameters: properties.clone(),
            ..Database::new(name)
        };
        let summary = format!("CREATE DATABASE {name}");
        let created =
            self.lake().catalog.transaction("sql", &summary, |tx| tx.create_database(&database, if_not_exists));
        match created {
            Ok(_) => Ok(Reply::none()),
            Err(catalog::Error::DatabaseExists { name }) => {
                Err(Error::hive(format!("Database {name} already exists\nhint: write CREATE DATABASE IF NOT EXISTS")))
            }
            Err(error) => Err(error.into()),
        }
    }

    pub(super) fn alter_database(&self, name: &str, properties: &Properties) -> Result<Reply> {
        let altered = self.lake().catalog.transaction("sql", &format!("ALTER DATABASE {name}"), |tx| {
            let mut database = tx.database(name)?;
            database.parameters.extend(properties.clone());
            tx.update_database(&database)
        });
        altered.map_err(|error| self.hive_missing(error.into()))?;
        Ok(Reply::none())
    }

    pub(super) fn drop_database(&self, name: &str, if_exists: bool, cascade: bool) -> Result<Reply> {
        let summary = format!("DROP DATABASE {name}");
        match self.lake().catalog.transaction("sql", &summary, |tx| tx.drop_database(name, cascade)) {
            Err(catalog::Error::UnknownDatabase { .. }) if if_exists => Ok(Reply::none()),
            Err(catalog::Error::DatabaseNotEmpty { name, tables }) => Err(Error::hive(format!(
                "Database {name} is not empty. One or more tables exist ({tables})\nhint: DROP DATABASE {name} CASCADE"
            ))),
            dropped => dropped.map(|()| Reply::none()).map_err(|error| self.hive_missing(error.into())),
        }
    }
}
