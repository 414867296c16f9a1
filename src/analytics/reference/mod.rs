//! Reference tables: small tables that streams are joined with, loaded as a whole.
//!
//! A table is read from one object when the application is made, and again when it is told to reload; it is not followed.
//!
//! Source: Kinesis Data Analytics Developer Guide, "Configuring Reference Data".

mod arrow_table;

use arrow::array::RecordBatch;

use super::error::{Error, Result};
use super::input::{InputSchema, RecordDecoder, RecordFormat, discover};
use super::sql_type::SqlType;

/// The largest object that can be a table.
pub const LARGEST_REFERENCE: u64 = 1 << 30;
/// So many characters of an object without a schema are looked at.
const SAMPLE: usize = 1 << 20;

/// A table for joins, with its name exactly as queries must quote it.
#[derive(Clone, Debug, PartialEq)]
pub struct ReferenceTable {
    /// Its name.
    pub name: String,
    /// Its columns, in order.
    pub columns: Vec<(String, SqlType)>,
    /// All of its rows.
    pub rows: RecordBatch,
}

impl ReferenceTable {
    /// The table in the bytes of a CSV or JSON object; without a schema, what discovery proposes.
    ///
    /// # Errors
    /// [`Error::ReferenceData`] for a row that does not fit, and [`Error::Discovery`].
    pub fn read(name: &str, object: &[u8], schema: Option<&InputSchema>) -> Result<Self> {
        let invalid = |message: String| Error::ReferenceData { table: name.to_owned(), message };
        if object.len() as u64 > LARGEST_REFERENCE {
            return Err(invalid(format!(
                "its object has {} bytes, at most {LARGEST_REFERENCE} are allowed",
                object.len()
            )));
        }
        let (schema, object) = match schema {
            // Columns alone say nothing of the format, which the object shows.
            Some(columns) if columns.format == RecordFormat::default() && !begins_like_json(object) => {
                let (found, rows) = discovered(name, object)?;
                (InputSchema { format: found.format, columns: columns.columns.clone() }, rows)
            }
            Some(schema) => (schema.clone(), object),
            None => discovered(name, object)?,
        };
        schema.validate(name)?;
        let mut decoder = RecordDecoder::new(&schema)?;
        let mut bad = Vec::new();
        decoder.decode(object, false, &mut bad);
        if let Some(first) = bad.first() {
            let more =
                if bad.len() > 1 { format!(", and {} more rows do not fit", bad.len() - 1) } else { String::new() };
            return Err(invalid(format!("{}{more}", first.message)));
        }
        let rows = RecordBatch::try_new(schema.to_arrow(), decoder.finish()?)?;
        let columns = schema.columns.into_iter().map(|column| (column.name, column.sql_type)).collect();
        Ok(Self { name: name.to_owned(), columns, rows })
    }
}

fn begins_like_json(object: &[u8]) -> bool {
    matches!(object.trim_ascii_start().first(), Some(b'{' | b'['))
}

/// The schema that an object's start proposes, and the object without the header that names its columns.
fn discovered<'a>(name: &str, object: &'a [u8]) -> Result<(InputSchema, &'a [u8])> {
    let sample = match std::str::from_utf8(&object[..object.len().min(SAMPLE)]) {
        Ok(sample) => sample,
        // The sample may end within a character.
        Err(error) => std::str::from_utf8(&object[..error.valid_up_to()]).unwrap_or_default(),
    };
    // A sample that is a part only must end with a whole row.
    let whole = if object.len() > SAMPLE { sample.rfind('\n').map_or(sample, |end| &sample[..=end]) } else { sample };
    let found = discover(name, [whole.as_bytes()])?;
    Ok((found.schema, &object[found.header..]))
}

#[cfg(test)]
mod tests {
    use arrow::array::AsArray;
    use serde_json::json;

    use super::*;
    use crate::analytics::input::InputColumn;

    #[test]
    fn tables_are_read_with_the_schema_of_the_api() {
        let schema = InputSchema::from_api(&json!({
            "RecordFormat": {"RecordFormatType": "CSV"},
            "RecordColumns": [{"Name": "Ticker", "SqlType": "VARCHAR(4)"}, {"Name": "Company", "SqlType": "VARCHAR(20)"}],
        }))
        .unwrap();
        let table = ReferenceTable::read("CompanyName", b"AMZN,Amazon\nXYZ,SomeCompany\n", Some(&schema)).unwrap();
        assert_eq!(table.rows.num_rows(), 2);
        assert_eq!(table.rows.column(1).as_string::<i32>().value(1), "SomeCompany");
        assert_eq!(table.columns[0], ("Ticker".to_owned(), SqlType::Varchar(4)));
    }

    #[test]
    fn tables_without_a_schema_are_discovered_and_the_header_is_no_row() {
        let table = ReferenceTable::read("t", b"id,name\r\n1,a\r\n2,b\r\n", None).unwrap();
        assert_eq!(table.columns, [("id".to_owned(), SqlType::Integer), ("name".to_owned(), SqlType::Varchar(4))]);
        assert_eq!(table.rows.num_rows(), 2);
        let json = ReferenceTable::read("t", b"{\"a\":1}\n{\"a\":2}", None).unwrap();
        assert_eq!(json.rows.num_rows(), 2);
    }

    #[test]
    fn columns_without_a_format_take_that_of_the_object() {
        let column = |name: &str, sql_type| InputColumn { name: name.into(), sql_type, mapping: None };
        let columns = vec![column("Code", SqlType::Varchar(8)), column("Rate", SqlType::Double)];
        let schema = InputSchema::json(columns);
        let table = ReferenceTable::read("t", b"code;rate\nUK;1.5\nFR;2\n", Some(&schema)).unwrap();
        assert_eq!((table.rows.num_rows(), table.columns[1].0.as_str()), (2, "Rate"));
        assert_eq!(ReferenceTable::read("t", br#"{"Code":"UK"}"#, Some(&schema)).unwrap().rows.num_rows(), 1);
    }

    #[test]
    fn a_row_that_does_not_fit_is_told() {
        let schema = InputSchema::from_api(&json!({
            "RecordFormat": {"RecordFormatType": "CSV"},
            "RecordColumns": [{"Name": "n", "SqlType": "INTEGER"}],
        }))
        .unwrap();
        let message = ReferenceTable::read("Codes", b"1\nx\ny\n", Some(&schema)).unwrap_err().to_string();
        assert!(message.contains("Codes") && message.contains("`x`") && message.contains("1 more"), "{message}");
    }
}
