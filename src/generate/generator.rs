//! A compiled template: records as text, as columns, and their partition keys.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch};
use arrow::datatypes::{Schema, SchemaRef};
use arrow::error::ArrowError;
use chrono_tz::Tz;

use super::arguments::Call;
use super::column;
use super::draw::{Draw, Record, Slot, mix};
use super::error::TemplateError;
use super::functions::{NoSampler, sampler};
use super::fused::FusedTable;
use super::mixture::Mixture;
use super::sampler::Sampler;
use super::shape::{Shape, Source, Unit, shape_of, value};
use super::template::{Part, Tag, parse};
use crate::time::{Clock, SystemClock, Timestamp};

/// How records are made.
#[derive(Debug, Clone)]
pub struct GeneratorOptions {
    /// The seed; from the system when absent.
    pub seed: Option<u64>,
    /// The instant of the first record; now when absent.
    pub start_time: Option<Timestamp>,
    /// Milliseconds from one record to the next; without it all records have the same instant.
    pub interval_ms: f64,
    /// The zone of `date.now`.
    pub timezone: Tz,
    /// Keep the template's newlines, which are taken out otherwise.
    pub keep_newlines: bool,
    /// Write values inside of a JSON template's quotes with JSON's escapes.
    pub json_escape: bool,
    /// Errors and nonsense values as the Kinesis Data Generator has them.
    pub strict: bool,
    /// Names of the columns of a template that is a CSV line.
    pub columns: Option<Vec<String>>,
}

impl Default for GeneratorOptions {
    fn default() -> Self {
        Self {
            seed: None,
            start_time: None,
            interval_ms: 0.0,
            timezone: Tz::UTC,
            keep_newlines: false,
            json_escape: false,
            strict: false,
            columns: None,
        }
    }
}

/// Where the partition key of a record comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PartitionKey {
    /// A random integer below 10^10, as text.
    Random,
    /// The value of a column.
    Field(String),
    /// The same for every record.
    Constant(String),
}

/// Texts one behind the other.
#[derive(Debug, Clone, Default)]
pub struct Rendered {
    /// Where each text begins, and where the last one ends.
    pub offsets: Vec<i32>,
    /// The texts.
    pub bytes: Vec<u8>,
}

#[derive(Debug, Clone)]
enum Op {
    Literal(Box<[u8]>),
    Tag(usize),
    /// A tag inside of JSON quotes, escaped.
    Escaped(usize),
    /// A tag together with the literal behind it.
    Fused(usize, FusedTable),
}

/// A compiled template.
#[derive(Debug, Clone)]
pub struct Generator {
    ops: Vec<Op>,
    samplers: Vec<Sampler>,
    /// Columns of a JSON template, or the whole record as one.
    columns: Vec<(String, Source)>,
    /// The template as one JSON value, if it is one.
    value: Option<Source>,
    /// Tags inside of JSON quotes whose values are escaped.
    escaped: Vec<usize>,
    schema: SchemaRef,
    warnings: Vec<String>,
    seed: u64,
    start: Timestamp,
    interval_ms: f64,
    /// Whether the clock stands still unless told otherwise.
    fixed_clock: bool,
    /// Bytes that a record will probably have.
    expected: usize,
    /// Several templates instead of one.
    mixture: Option<Arc<Mixture>>,
}

impl Generator {
    /// Compile a template.
    ///
    /// # Errors
    /// [`TemplateError`] with the tag and its place, for an empty template, an unknown function, or arguments that do not fit.
    pub fn compile(template: &str, options: &GeneratorOptions) -> Result<Self, TemplateError> {
        let (parts, warnings) = parse(template, options.keep_newlines, options.strict)
            .map_err(|(at, message)| TemplateError::new(template, at, 2, message, None))?;
        if parts.is_empty() {
            return Err(TemplateError::new(template, 0, 0, "The template is empty", None));
        }
        let mut generator = Self::empty(options);
        generator.warnings = warnings;
        for part in parts {
            match part {
                Part::Literal(text) => generator.ops.push(Op::Literal(text.into_bytes().into())),
                Part::Tag(tag) => {
                    generator.ops.push(Op::Tag(generator.samplers.len()));
                    let sampler = generator.compile_tag(template, &tag, options)?;
                    generator.samplers.push(sampler);
                }
            }
        }
        generator.find_columns(options).map_err(|message| TemplateError::new(template, 0, 0, message, None))?;
        generator.fuse();
        let sample = generator.render(0..16);
        generator.expected = sample.bytes.len() / 16 + 8;
        Ok(generator)
    }

    /// Compile several templates, each drawn as often as its weight says.
    ///
    /// # Errors
    /// As [`Generator::compile`]; and a message when weights do not fit.
    pub fn compile_mixture(
        templates: &[(String, String)],
        weights: &[f64],
        options: &GeneratorOptions,
    ) -> Result<Self, TemplateError> {
        let mut generator = Self::empty(options);
        let options =
            GeneratorOptions { seed: Some(generator.seed), start_time: Some(generator.start), ..options.clone() };
        let mixture = Mixture::new(templates, weights, &options)?;
        generator.warnings = mixture.warnings();
        generator.schema = Mixture::schema();
        generator.expected = mixture.expected();
        generator.mixture = Some(Arc::new(mixture));
        Ok(generator)
    }

    fn empty(options: &GeneratorOptions) -> Self {
        let now = SystemClock.now();
        Self {
            ops: Vec::new(),
            samplers: Vec::new(),
            columns: Vec::new(),
            value: None,
            escaped: Vec::new(),
            schema: Arc::new(Schema::empty()),
            warnings: Vec::new(),
            seed: options.seed.unwrap_or_else(|| uuid_like_entropy(now)),
            start: options.start_time.unwrap_or(now),
            interval_ms: options.interval_ms,
            fixed_clock: options.start_time.is_some() || options.interval_ms != 0.0,
            expected: 0,
            mixture: None,
        }
    }

    /// The same generator with all records of one instant, unless its clock was fixed when it was made.
    #[must_use]
    pub fn at_instant(&self, instant: Timestamp) -> Self {
        let mut clone = self.clone();
        if !self.fixed_clock {
            clone.start = instant;
            clone.mixture = self.mixture.as_ref().map(|mixture| Arc::new(mixture.at_instant(instant)));
        }
        clone
    }

    /// The same generator with all records of one instant, whatever its clock was.
    #[must_use]
    pub fn simulated(&self, instant: Timestamp) -> Self {
        let mut clone = Self { start: instant, interval_ms: 0.0, ..self.clone() };
        clone.mixture = self.mixture.as_ref().map(|mixture| Arc::new(mixture.simulated(instant)));
        clone
    }

    /// The instant of the first record.
    #[must_use]
    pub fn start(&self) -> Timestamp {
        self.start
    }

    fn find_columns(&mut self, options: &GeneratorOptions) -> Result<(), String> {
        let units: Vec<Unit> = self
            .ops
            .iter()
            .flat_map(|op| match op {
                Op::Literal(bytes) => bytes.iter().map(|byte| Unit::Byte(*byte)).collect::<Vec<_>>(),
                Op::Tag(tag) | Op::Fused(tag, _) | Op::Escaped(tag) => vec![Unit::Tag(*tag)],
            })
            .collect();
        let shape = shape_of(&units, options.columns.as_deref())?;
        match shape {
            Shape::Json(columns) => {
                self.check_json(&columns, options.json_escape);
                self.value = Some(Source::Object(columns.clone()));
                self.columns = columns;
            }
            Shape::Csv(columns) => {
                self.warn_of_commas(&columns);
                self.columns = columns;
            }
            Shape::Text(units) => {
                if let Some(value @ (Source::List { .. } | Source::Text { escaped: true, .. })) = value(&units) {
                    self.check_json(&[("record".to_owned(), value)], options.json_escape);
                }
                self.value = value(&units);
                self.columns = vec![("record".to_owned(), Source::Text { units, escaped: false })];
            }
        }
        self.schema = Arc::new(Schema::new(column::fields(&self.columns, self)));
        Ok(())
    }

    /// Join tags of few values with the literals behind them.
    fn fuse(&mut self) {
        let mut fused = Vec::with_capacity(self.ops.len());
        let mut ops = std::mem::take(&mut self.ops).into_iter().peekable();
        while let Some(op) = ops.next() {
            let Op::Tag(tag) = op else {
                fused.push(op);
                continue;
            };
            let behind: &[u8] = match ops.peek() {
                Some(Op::Literal(text)) => text,
                _ => b"",
            };
            match FusedTable::new(&self.samplers[tag], behind) {
                Some(table) => {
                    fused.push(Op::Fused(tag, table));
                    ops.next_if(|op| matches!(op, Op::Literal(_)));
                }
                None => fused.push(op),
            }
        }
        self.ops = fused;
    }

    /// The seed: the one given, or the one taken from the system.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// The columns of [`Generator::table`].
    #[must_use]
    pub fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    /// What should be said about the template.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// The texts of some records, with `delimiter` behind each.
    #[must_use]
    pub fn render_delimited(&self, range: Range<u64>, delimiter: &[u8]) -> Rendered {
        let rows = (range.end - range.start) as usize;
        let mut rendered = Rendered {
            offsets: Vec::with_capacity(rows + 1),
            bytes: Vec::with_capacity(rows * (self.expected + delimiter.len())),
        };
        rendered.offsets.push(0);
        for record in range {
            self.render_into(record, &mut rendered.bytes);
            rendered.bytes.extend_from_slice(delimiter);
            rendered.offsets.push(rendered.bytes.len() as i32);
        }
        rendered
    }

    /// The texts of some records, exactly as the template reads.
    #[must_use]
    pub fn render(&self, range: Range<u64>) -> Rendered {
        self.render_delimited(range, b"")
    }

    /// Append the text of one record.
    #[inline]
    pub fn render_into(&self, record: u64, out: &mut Vec<u8>) {
        self.render_seeded_at(self.seed, record, &self.record(record), out);
    }

    /// Append a record of another seed inside of `record`.
    pub(crate) fn render_seeded(&self, seed: u64, record: &Record, out: &mut Vec<u8>) {
        self.render_seeded_at(seed, 0, record, out);
    }

    #[inline]
    fn render_seeded_at(&self, seed: u64, index: u64, record: &Record, out: &mut Vec<u8>) {
        if let Some(mixture) = &self.mixture {
            return mixture.render_into(seed, index, out);
        }
        let tags = self.samplers.len() as u64;
        for op in &self.ops {
            match op {
                Op::Literal(bytes) => out.extend_from_slice(bytes),
                Op::Fused(tag, table) => table.render(&mut Draw::new(seed, index, tags, *tag as u64), out),
                Op::Tag(tag) => self.samplers[*tag].render(&mut Draw::new(seed, index, tags, *tag as u64), record, out),
                Op::Escaped(tag) => {
                    let start = out.len();
                    self.samplers[*tag].render(&mut Draw::new(seed, index, tags, *tag as u64), record, out);
                    escape_behind(start, out);
                }
            }
        }
    }

    /// Some records as columns: equal to reading the texts of [`Generator::render`], without making them.
    ///
    /// # Errors
    /// Only when the columns do not fit their own schema.
    pub fn table(&self, range: Range<u64>) -> Result<RecordBatch, ArrowError> {
        if let Some(mixture) = &self.mixture {
            return mixture.table(self.seed, range);
        }
        let columns: Vec<ArrayRef> =
            self.columns.iter().map(|(_, source)| column::values(source, self, self.slots(&range))).collect();
        let options = arrow::array::RecordBatchOptions::new().with_row_count(Some((range.end - range.start) as usize));
        RecordBatch::try_new_with_options(self.schema(), columns, &options)
    }

    pub(crate) fn sampler(&self, tag: usize) -> &Sampler {
        &self.samplers[tag]
    }

    /// The template as one JSON value, if it is one.
    pub(super) fn value(&self) -> Option<&Source> {
        self.value.as_ref()
    }

    pub(super) fn columns(&self) -> &Vec<(String, Source)> {
        &self.columns
    }

    pub(super) fn mixture(&self) -> Option<&Mixture> {
        self.mixture.as_deref()
    }

    #[inline]
    pub(crate) fn draw(&self, slot: &Slot, tag: usize) -> Draw {
        Draw::new(slot.seed, slot.index, self.samplers.len() as u64, tag as u64)
    }

    /// A record as its columns are drawn.
    #[inline]
    pub(super) fn slot(&self, index: u64) -> Slot {
        Slot { seed: self.seed, index, record: self.record(index) }
    }

    fn slots(&self, range: &Range<u64>) -> impl Iterator<Item = Slot> + Clone {
        range.clone().map(|index| self.slot(index))
    }

    /// Append a tag's value as the record has it.
    #[inline]
    pub(crate) fn render_tag(&self, slot: &Slot, tag: usize, out: &mut Vec<u8>) {
        let start = out.len();
        self.samplers[tag].render(&mut self.draw(slot, tag), &slot.record, out);
        if self.escaped.contains(&tag) {
            escape_behind(start, out);
        }
    }

    /// A record's number and instant.
    #[inline]
    pub(crate) fn record(&self, index: u64) -> Record {
        let instant = if self.interval_ms == 0.0 {
            self.start
        } else {
            self.start.plus_millis((index as f64 * self.interval_ms) as i64)
        };
        Record { index, instant }
    }

    /// Bytes that a record will probably have.
    pub(super) fn expected(&self) -> usize {
        self.expected
    }

    fn compile_tag(&mut self, template: &str, tag: &Tag, options: &GeneratorOptions) -> Result<Sampler, TemplateError> {
        let shown = &template[tag.at..tag.at + tag.length];
        let nested_options =
            GeneratorOptions { seed: Some(self.seed), start_time: Some(self.start), columns: None, ..options.clone() };
        let nested = |text: &str| Self::compile(text, &nested_options).map_err(|error| error.to_string());
        let call = Call {
            arguments: &tag.arguments,
            seed: mix(self.seed ^ mix(self.samplers.len() as u64 + 1)),
            timezone: options.timezone,
            strict: options.strict,
            nested: &nested,
            warnings: std::cell::RefCell::default(),
        };
        let found = sampler(&tag.module, &tag.function, &call).map_err(|reason| {
            let (message, hint) = match reason {
                NoSampler::UnknownModule { known } => (
                    format!("`{}` is not a module of the template language, in `{shown}`", tag.module),
                    Some(format!("the modules are {known}")),
                ),
                NoSampler::UnknownFunction { nearest } => (
                    format!(
                        "`{}.{}` is not a function of the template language, in `{shown}`",
                        tag.module, tag.function
                    ),
                    Some(format!("the nearest is `{nearest}`")),
                ),
                NoSampler::Arguments(message) => (format!("In `{shown}`, {message}"), None),
            };
            TemplateError::new(template, tag.at, tag.length, message, hint)
        });
        self.warnings.extend(call.warnings.into_inner().into_iter().map(|warning| format!("In `{shown}`, {warning}")));
        found
    }
}

/// Escape what stands behind `start` for a JSON string.
fn escape_behind(start: usize, out: &mut Vec<u8>) {
    if !out[start..].iter().any(|byte| *byte < 0x20 || matches!(byte, b'"' | b'\\')) {
        return;
    }
    let raw = String::from_utf8_lossy(&out[start..]).into_owned();
    let quoted = serde_json::Value::String(raw).to_string();
    out.truncate(start);
    out.extend_from_slice(&quoted.as_bytes()[1..quoted.len() - 1]);
}

/// A seed nobody else has.
fn uuid_like_entropy(now: Timestamp) -> u64 {
    use std::hash::{BuildHasher, Hasher};
    let mut hasher = std::collections::hash_map::RandomState::new().build_hasher();
    hasher.write_i64(now.millis());
    // Of 53 bits, so that JSON and JavaScript keep it.
    hasher.finish() >> 11
}

mod check;
#[cfg(test)]
mod tests;
