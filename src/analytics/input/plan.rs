//! Which values of a JSON document belong to which columns of which rows.

use super::path::{JsonPath, Step};
use super::schema::{InputSchema, RecordFormat};

/// Where a value is looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// From the root of the document.
    Document(Vec<String>),
    /// From the element that the row is made of.
    Element(Vec<String>),
}

/// How documents become rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct JsonPlan {
    /// The array whose elements become rows.
    pub(super) each: Option<Vec<String>>,
    /// Whether RecordRowPath names that array: an empty one gives no row then, instead of one without values.
    pub(super) each_is_row: bool,
    /// What must be there for a document to give rows.
    pub(super) row: Vec<String>,
    /// For each column, where its value is looked for; the first place that has one counts.
    pub(super) columns: Vec<Vec<Place>>,
}

impl JsonPlan {
    /// The plan of a JSON schema; an error says what is wrong with its paths.
    pub(super) fn new(schema: &InputSchema) -> Result<Self, String> {
        let row_path = match &schema.format {
            RecordFormat::Json { row_path } => {
                JsonPath::parse(row_path).map_err(|message| format!("the row path `{row_path}` {message}"))?
            }
            RecordFormat::Csv { .. } => JsonPath::default(),
        };
        let row_each = row_path.around_each();
        let mut plan = Self {
            each: row_each.as_ref().map(|(before, _)| before.clone()),
            each_is_row: row_each.is_some(),
            row: if row_each.is_some() { Vec::new() } else { row_path.members().unwrap_or_default() },
            columns: Vec::with_capacity(schema.columns.len()),
        };
        for column in &schema.columns {
            let path = InputSchema::path_of(column)?;
            let is_full = path.steps.starts_with(&row_path.steps);
            let candidates = if is_full { vec![path] } else { vec![path.behind(&row_path), path] };
            let mut places = Vec::with_capacity(candidates.len());
            for candidate in &candidates {
                if let Some(place) = plan.place(candidate, &column.name)? {
                    places.push(place);
                }
            }
            plan.columns.push(places);
        }
        Ok(plan)
    }

    /// Where a full path leads; `None` where it would step into a second array.
    fn place(&mut self, path: &JsonPath, column: &str) -> Result<Option<Place>, String> {
        let Some((before, behind)) = path.around_each() else {
            return Ok(path.members().map(Place::Document));
        };
        let flattens = !behind.is_empty() || (self.each_is_row && self.each.as_ref() == Some(&before));
        if !flattens {
            // The array's own text.
            return Ok(Some(Place::Document(before)));
        }
        match &self.each {
            None => self.each = Some(before),
            Some(each) if *each == before => {}
            Some(_) if path.steps.iter().filter(|step| **step == Step::Each).count() > 1 => return Ok(None),
            Some(each) => {
                return Err(format!(
                    "column `{column}` flattens the array `{}[0:]`, another column or the row path flattens `{}[0:]`, and only \
                     one can be",
                    JsonPath::of_members(&before),
                    JsonPath::of_members(each)
                ));
            }
        }
        Ok(Some(Place::Element(behind)))
    }

    /// The members of each column, when every document is one row and every column one path from its root.
    pub(super) fn flat(&self) -> Option<Vec<&[String]>> {
        if self.each.is_some() || !self.row.is_empty() {
            return None;
        }
        self.columns
            .iter()
            .map(|places| match places.as_slice() {
                [Place::Document(members)] => Some(members.as_slice()),
                _ => None,
            })
            .collect()
    }
}
