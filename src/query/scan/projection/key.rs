//! One projected key: its type and the values that it takes.

use super::conditions::Allowed;
use super::dates::Dates;
use crate::catalog::{Column, HiveType, Table};
use crate::query::error::{Error, Result};
use crate::time::Timestamp;

/// How the values of a key are made.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum ProjectedKey {
    /// A list.
    Enum(Vec<String>),
    /// Whole numbers.
    Integer { least: i64, most: i64, step: i64, digits: usize },
    /// Points in time.
    Date(Dates),
    /// What the query says.
    Injected { name: String },
}

/// The properties of one key.
pub(super) struct KeyProperties<'a> {
    table: &'a Table,
    name: &'a str,
}

impl<'a> KeyProperties<'a> {
    pub(super) fn get(&self, property: &str) -> Option<&'a str> {
        self.table.parameters.get(&format!("projection.{}.{property}", self.name)).map(String::as_str)
    }

    pub(super) fn required(&self, property: &str) -> Result<&'a str> {
        self.get(property).ok_or_else(|| self.wrong(property, "is missing"))
    }

    pub(super) fn wrong(&self, property: &str, reason: &str) -> Error {
        let (table, name) = (self.table, self.name);
        let place = format!("{}.{}", table.database, table.name);
        Error::failed("INVALID_TABLE_PROPERTY", format!("`projection.{name}.{property}` of table {place} {reason}"))
    }
}

impl ProjectedKey {
    pub(super) fn new(table: &Table, key: &Column) -> Result<Self> {
        let properties = KeyProperties { table, name: &key.name };
        let kind = properties.required("type")?;
        match kind.to_ascii_lowercase().as_str() {
            "enum" => {
                let values = properties.required("values")?.split(',').map(str::to_owned).collect();
                Ok(Self::Enum(values))
            }
            "integer" => integer(&properties),
            "date" => Dates::new(&properties).map(Self::Date),
            "injected" if matches!(key.data_type, HiveType::String | HiveType::Varchar(_) | HiveType::Char(_)) => {
                Ok(Self::Injected { name: key.name.clone() })
            }
            "injected" => Err(properties.wrong("type", "is `injected`, which a column of type string can be only")),
            _ => Err(properties.wrong("type", &format!("is `{kind}`; enum, integer, date and injected are known"))),
        }
    }

    /// The values that `allowed` leaves, `most` of them.
    pub(super) fn values(&self, allowed: &Allowed, now: Timestamp, most: usize) -> Result<Vec<String>> {
        match self {
            Self::Enum(values) => Ok(values.clone()),
            Self::Integer { least, most: greatest, step, digits } => {
                let number = |text: &Option<String>| text.as_ref().and_then(|text| text.trim().parse::<i64>().ok());
                let format = |value: i64| {
                    let sign = if value < 0 { "-" } else { "" };
                    format!("{sign}{:0width$}", value.unsigned_abs(), width = digits.saturating_sub(sign.len()))
                };
                let is_member = |value: i64| (*least..=*greatest).contains(&value) && (value - least) % step == 0;
                if let Some(values) = &allowed.values {
                    let numbers = values.iter().filter_map(|text| text.trim().parse().ok());
                    return Ok(distinct(numbers.filter(|value| is_member(*value)).map(format).collect()));
                }
                let from = number(&allowed.least).map_or(*least, |bound| bound.max(*least));
                // On the grid, at or above the bound.
                let from = from.saturating_add((step - (from - least).rem_euclid(*step)) % step);
                let to = number(&allowed.most).map_or(*greatest, |bound| bound.min(*greatest));
                let count = usize::try_from((to.saturating_sub(from)) / step + 1).unwrap_or_default();
                check_count(count, most)?;
                Ok((0..count).map(|place| format(from + step * i64::try_from(place).unwrap_or(i64::MAX))).collect())
            }
            Self::Date(dates) => dates.values(allowed, now, most),
            Self::Injected { name } => allowed.values.clone().map(distinct).ok_or_else(|| {
                Error::failed(
                    "CONSTRAINT_VIOLATION",
                    format!(
                        "For the injected projected partition column {name}, the WHERE clause must contain only static \
                         equality conditions, and at least one such condition must be present"
                    ),
                )
            }),
        }
    }
}

fn integer(properties: &KeyProperties<'_>) -> Result<ProjectedKey> {
    let number = |property: &str, text: &str| {
        text.trim().parse::<i64>().map_err(|_| properties.wrong(property, &format!("has `{text}`, which is no number")))
    };
    let range = properties.required("range")?;
    let Some((least, most)) = range.split_once(',') else {
        return Err(properties.wrong("range", &format!("is `{range}`, not two numbers with a comma between")));
    };
    let (least, most) = (number("range", least)?, number("range", most)?);
    if least > most {
        return Err(properties.wrong("range", &format!("is `{range}`, which ends before it begins")));
    }
    let step = properties.get("interval").map_or(Ok(1), |text| number("interval", text))?;
    if step < 1 {
        return Err(properties.wrong("interval", "is not above 0"));
    }
    let digits = properties.get("digits").map_or(Ok(0), |text| number("digits", text))?;
    let digits = usize::try_from(digits).map_err(|_| properties.wrong("digits", "is negative"))?;
    Ok(ProjectedKey::Integer { least, most, step, digits })
}

pub(super) fn check_count(count: usize, most: usize) -> Result<()> {
    if count <= most {
        return Ok(());
    }
    Err(Error::failed(
        "HIVE_EXCEEDED_PARTITION_LIMIT",
        format!("The projection gives {count} values of one partition key\nhint: add conditions on the partition keys"),
    ))
}

/// The values without repetitions, in their order.
pub(super) fn distinct(values: Vec<String>) -> Vec<String> {
    let mut seen = std::collections::HashSet::new();
    values.into_iter().filter(|value| seen.insert(value.clone())).collect()
}
