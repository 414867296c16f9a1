//! Several templates in one stream of records, each drawn as often as its weight says.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringBuilder};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::error::ArrowError;

use super::draw::Draw;
use super::error::TemplateError;
use super::generator::{Generator, GeneratorOptions, Rendered};
use crate::time::Timestamp;

/// Sets the draws of the choice apart from those of the templates, which have the same seed.
const CHOICE: u64 = 0x5bf0_3635_d1a8_4e29;

/// Compiled templates with names and weights.
#[derive(Debug, Clone)]
pub(crate) struct Mixture {
    parts: Vec<(String, Generator)>,
    /// Running sums of the weights.
    sums: Vec<f64>,
}

impl Mixture {
    pub(crate) fn new(
        templates: &[(String, String)],
        weights: &[f64],
        options: &GeneratorOptions,
    ) -> Result<Self, TemplateError> {
        let refuse = |message: String| TemplateError::new("", 0, 0, message, None);
        if templates.is_empty() {
            return Err(refuse("There is no template".into()));
        }
        if !weights.is_empty() && weights.len() != templates.len() {
            return Err(refuse(format!("There are {} weights for {} templates", weights.len(), templates.len())));
        }
        let fits = |weight: &f64| weight.is_finite() && *weight >= 0.0;
        if !weights.iter().all(fits) || (!weights.is_empty() && weights.iter().sum::<f64>() <= 0.0) {
            return Err(refuse("The weights must not be negative, nor all 0".into()));
        }
        let compile = |(name, text): &(String, String)| {
            let part = Generator::compile(text, options)
                .map_err(|error| TemplateError { message: format!("Template `{name}`: {}", error.message), ..error })?;
            Ok((name.clone(), part))
        };
        let parts = templates.iter().map(compile).collect::<Result<Vec<_>, TemplateError>>()?;
        let mut sum = 0.0;
        let sums = (0..parts.len()).map(|place| {
            sum += weights.get(place).copied().unwrap_or(1.0);
            sum
        });
        Ok(Self { sums: sums.collect(), parts })
    }

    pub(crate) fn warnings(&self) -> Vec<String> {
        let of = |(name, part): &(String, Generator)| {
            part.warnings().iter().map(|warning| format!("Template `{name}`: {warning}")).collect::<Vec<_>>()
        };
        self.parts.iter().flat_map(of).collect()
    }

    pub(crate) fn expected(&self) -> usize {
        self.parts.iter().map(|(_, part)| part.expected()).max().unwrap_or_default()
    }

    /// Records of different templates have no columns in common but these.
    pub(crate) fn schema() -> SchemaRef {
        let column = |name: &str| Field::new(name, DataType::Utf8, true);
        Arc::new(Schema::new(vec![column("template"), column("record")]))
    }

    pub(crate) fn at_instant(&self, instant: Timestamp) -> Self {
        self.each(|part| part.at_instant(instant))
    }

    pub(crate) fn simulated(&self, instant: Timestamp) -> Self {
        self.each(|part| part.simulated(instant))
    }

    fn each(&self, make: impl Fn(&Generator) -> Generator) -> Self {
        let parts = self.parts.iter().map(|(name, part)| (name.clone(), make(part))).collect();
        Self { parts, sums: self.sums.clone() }
    }

    /// The template of a record: a draw of its own, which no tag shares.
    fn part(&self, seed: u64, record: u64) -> &(String, Generator) {
        let total = self.sums.last().copied().unwrap_or_default();
        let wanted = Draw::new(seed ^ CHOICE, record, 1, 0).unit() * total;
        let place = self.sums.partition_point(|sum| *sum <= wanted).min(self.parts.len() - 1);
        &self.parts[place]
    }

    pub(crate) fn render_into(&self, seed: u64, record: u64, out: &mut Vec<u8>) {
        self.part(seed, record).1.render_into(record, out);
    }

    pub(crate) fn table(&self, seed: u64, range: Range<u64>) -> Result<RecordBatch, ArrowError> {
        let (mut names, mut records) = (StringBuilder::new(), StringBuilder::new());
        let mut text = Vec::new();
        for record in range {
            let (name, part) = self.part(seed, record);
            text.clear();
            part.render_into(record, &mut text);
            names.append_value(name);
            records.append_value(String::from_utf8_lossy(&text));
        }
        let columns: Vec<ArrayRef> = vec![Arc::new(names.finish()), Arc::new(records.finish())];
        RecordBatch::try_new(Self::schema(), columns)
    }

    /// The partition keys from the field `name`, which every template must have.
    pub(crate) fn push_keys(
        &self,
        seed: u64,
        name: &str,
        range: Range<u64>,
        keys: &mut Rendered,
    ) -> Result<(), String> {
        for (template, part) in &self.parts {
            part.field(name).map_err(|message| format!("Template `{template}`: {message}"))?;
        }
        for record in range {
            let (_, part) = self.part(seed, record);
            part.push_key(part.field(name)?, record, &mut keys.bytes);
            keys.offsets.push(keys.bytes.len() as i32);
        }
        Ok(())
    }
}
