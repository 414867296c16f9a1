//! Which Hive statement a text is.

use super::ast::{Detail, HiveStatement};
use super::{alter, create_table};
use crate::query::cursor::{Cursor, TableName};
use crate::query::error::{Error, Result};
use crate::query::lex::Language;

/// The one Hive statement of `text`.
///
/// # Errors
/// `FAILED: ParseException` with the place, or [`Error::Unsupported`] for what Athena does not have either.
pub(in crate::query) fn parse(text: &str) -> Result<HiveStatement> {
    let mut cursor = Cursor::new(text, Language::Hive)?;
    let cursor = &mut cursor;
    let statement = if cursor.accept(&["CREATE"]) {
        create(cursor)?
    } else if cursor.accept(&["DROP"]) {
        drop_object(cursor)?
    } else if cursor.accept(&["ALTER"]) {
        alter_object(cursor)?
    } else if cursor.accept(&["MSCK"]) {
        cursor.expect(&["REPAIR", "TABLE"])?;
        HiveStatement::Repair { table: cursor.table()? }
    } else if cursor.accept(&["SHOW"]) {
        show(cursor)?
    } else if cursor.accept_any(&["DESCRIBE", "DESC"]) {
        describe(cursor)?
    } else {
        return Err(cursor.unexpected("CREATE, DROP, ALTER, MSCK, SHOW or DESCRIBE"));
    };
    cursor.end()?;
    Ok(statement)
}

fn create(cursor: &mut Cursor<'_>) -> Result<HiveStatement> {
    if cursor.accept_any(&["DATABASE", "SCHEMA"]) {
        let if_not_exists = cursor.accept(&["IF", "NOT", "EXISTS"]);
        let name = cursor.name()?;
        let comment = if cursor.accept(&["COMMENT"]) { Some(cursor.string()?) } else { None };
        let location = if cursor.accept(&["LOCATION"]) { Some(cursor.string()?) } else { None };
        let properties =
            if cursor.accept(&["WITH", "DBPROPERTIES"]) { cursor.properties()? } else { Default::default() };
        return Ok(HiveStatement::CreateDatabase { name, if_not_exists, comment, location, properties });
    }
    let external = cursor.accept(&["EXTERNAL"]);
    if !cursor.accept(&["TABLE"]) {
        return Err(refused(cursor, "CREATE"));
    }
    create_table::create_table(cursor, external).map(|table| HiveStatement::CreateTable(Box::new(table)))
}

fn drop_object(cursor: &mut Cursor<'_>) -> Result<HiveStatement> {
    if cursor.accept_any(&["DATABASE", "SCHEMA"]) {
        let if_exists = cursor.accept(&["IF", "EXISTS"]);
        let name = cursor.name()?;
        let cascade = cursor.accept(&["CASCADE"]);
        if !cascade {
            cursor.accept(&["RESTRICT"]);
        }
        return Ok(HiveStatement::DropDatabase { name, if_exists, cascade });
    }
    if cursor.accept(&["TABLE"]) {
        let if_exists = cursor.accept(&["IF", "EXISTS"]);
        let table = cursor.table()?;
        // Nothing is moved to a trash, so there is nothing to purge.
        cursor.accept(&["PURGE"]);
        return Ok(HiveStatement::DropTable { table, if_exists });
    }
    Err(refused(cursor, "DROP"))
}

fn alter_object(cursor: &mut Cursor<'_>) -> Result<HiveStatement> {
    if cursor.accept_any(&["DATABASE", "SCHEMA"]) {
        let name = cursor.name()?;
        cursor.expect(&["SET", "DBPROPERTIES"])?;
        return Ok(HiveStatement::AlterDatabase { name, properties: cursor.properties()? });
    }
    if cursor.accept(&["TABLE"]) {
        return alter::alter_table(cursor);
    }
    Err(refused(cursor, "ALTER"))
}

fn show(cursor: &mut Cursor<'_>) -> Result<HiveStatement> {
    if cursor.accept_any(&["DATABASES", "SCHEMAS"]) {
        return Ok(HiveStatement::ShowDatabases { pattern: pattern(cursor)? });
    }
    if cursor.accept(&["TABLES"]) {
        let database = in_database(cursor)?;
        return Ok(HiveStatement::ShowTables { database, pattern: pattern(cursor)? });
    }
    if cursor.accept(&["VIEWS"]) {
        let database = in_database(cursor)?;
        return Ok(HiveStatement::ShowViews { database, pattern: pattern(cursor)? });
    }
    if cursor.accept(&["COLUMNS"]) {
        if !cursor.accept_any(&["FROM", "IN"]) {
            return Err(cursor.unexpected("FROM or IN"));
        }
        let mut table = cursor.table()?;
        if let Some(database) = in_database(cursor)? {
            table = TableName { database: Some(database), ..table };
        }
        return Ok(HiveStatement::ShowColumns { table });
    }
    if cursor.accept(&["PARTITIONS"]) {
        return Ok(HiveStatement::ShowPartitions { table: cursor.table()? });
    }
    if cursor.accept(&["TBLPROPERTIES"]) {
        let table = cursor.table()?;
        let key = if cursor.accept_symbol('(') {
            let key = cursor.string()?;
            cursor.expect_symbol(')')?;
            Some(key)
        } else {
            None
        };
        return Ok(HiveStatement::ShowProperties { table, key });
    }
    if cursor.accept(&["CREATE", "TABLE"]) {
        return Ok(HiveStatement::ShowCreateTable { table: cursor.table()? });
    }
    if cursor.accept(&["FUNCTIONS"]) {
        return Ok(HiveStatement::ShowFunctions { pattern: pattern(cursor)? });
    }
    Err(refused(cursor, "SHOW"))
}

fn in_database(cursor: &mut Cursor<'_>) -> Result<Option<String>> {
    if cursor.accept_any(&["IN", "FROM"]) { cursor.name().map(Some) } else { Ok(None) }
}

/// `[LIKE] 'regex'`
fn pattern(cursor: &mut Cursor<'_>) -> Result<Option<String>> {
    if cursor.accept(&["LIKE"]) { cursor.string().map(Some) } else { Ok(cursor.accept_string()) }
}

fn describe(cursor: &mut Cursor<'_>) -> Result<HiveStatement> {
    if cursor.sees(0, "INPUT") || cursor.sees(0, "OUTPUT") {
        return Err(refused(cursor, "DESCRIBE"));
    }
    let detail = if cursor.accept(&["EXTENDED"]) {
        Detail::Extended
    } else if cursor.accept(&["FORMATTED"]) {
        Detail::Formatted
    } else {
        Detail::Plain
    };
    let place = cursor.place();
    if cursor.sees(0, "TABLE") {
        return Err(cursor.error_at(place, "`DESCRIBE` is followed by the table's name, without the word TABLE"));
    }
    let mut table = cursor.table()?;
    let mut partition = cursor.partition()?;
    let mut path = Vec::new();
    if !cursor.is_at_end() && partition.is_none() {
        path.push(cursor.name()?);
        while cursor.accept_symbol('.') {
            path.push(match cursor.accept_string() {
                Some(special) => special.to_lowercase(),
                None => cursor.name()?,
            });
        }
        partition = cursor.partition()?;
    }
    table.place = place;
    Ok(HiveStatement::Describe { table, detail, partition, path })
}

/// A statement that Athena does not have, named by its first words.
fn refused(cursor: &mut Cursor<'_>, verb: &str) -> Error {
    match cursor.name() {
        Ok(object) => Error::Unsupported { what: format!("The statement {verb} {}", object.to_uppercase()) },
        Err(error) => error,
    }
}
