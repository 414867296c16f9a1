//! PREPARE and DEALLOCATE PREPARE; EXECUTE is resolved by the session.

use std::ops::Range;

use super::{Reply, Runner};
use crate::catalog;
use crate::query::error::Result;
use crate::query::lex::Place;
use crate::query::{hive, lex, route, trino};

impl Runner<'_> {
    pub(super) fn prepare(&self, name: &str, statement: Range<usize>) -> Result<Reply> {
        // Errors in the statement point into the whole text.
        let blanked = self.statement.blanked(statement.clone());
        match route::language(&blanked)? {
            lex::Language::Hive => drop(hive::parse(&blanked)?),
            lex::Language::Trino => drop(trino::parse(&blanked)?),
        }
        let text = self.text().get(statement).unwrap_or_default();
        let group = self.session.work_group();
        let kept =
            self.lake().catalog.transaction("sql", &format!("PREPARE {name}"), |tx| tx.put_prepared(group, name, text));
        match kept {
            Ok(()) => Ok(Reply::none()),
            Err(error @ catalog::Error::StatementExists { .. }) => {
                let message = error.to_string();
                Err(crate::query::error::Error::failed("ALREADY_EXISTS", message))
            }
            Err(error) => Err(error.into()),
        }
    }

    pub(super) fn deallocate(&self, name: &str, place: Place) -> Result<Reply> {
        let group = self.session.work_group();
        let summary = format!("DEALLOCATE PREPARE {name}");
        if self.lake().catalog.transaction("sql", &summary, |tx| tx.drop_prepared(group, name))? {
            return Ok(Reply::none());
        }
        Err(self.error_at(place, "NOT_FOUND", format!("Prepared statement not found: {name}")))
    }
}
