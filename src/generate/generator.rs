//! A compiled template: records as text, as columns, and their partition keys.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch};
use arrow::datatypes::{DataType, Schema, SchemaRef};
use arrow::error::ArrowError;
use chrono_tz::Tz;

use super::column;
use super::draw::Draw;
use super::error::TemplateError;
use super::functions::{Call, NoSampler, sampler};
use super::fused::FusedTable;
use super::sampler::Sampler;
use super::shape::{Source, Unit, members};
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
}

impl Default for GeneratorOptions {
    fn default() -> Self {
        Self { seed: None, start_time: None, interval_ms: 0.0, timezone: Tz::UTC, keep_newlines: false }
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
    schema: SchemaRef,
    warnings: Vec<String>,
    seed: u64,
    start: Timestamp,
    interval_ms: f64,
    /// Bytes that a record will probably have.
    expected: usize,
}

impl Generator {
    /// Compile a template.
    ///
    /// # Errors
    /// [`TemplateError`] with the tag and its place, for an empty template, an unknown function, or arguments that do not fit.
    pub fn compile(template: &str, options: &GeneratorOptions) -> Result<Self, TemplateError> {
        let (parts, warnings) = parse(template, options.keep_newlines);
        if parts.is_empty() {
            return Err(TemplateError::new(template, 0, 0, "The template is empty", None));
        }
        let mut ops = Vec::with_capacity(parts.len());
        let mut samplers = Vec::new();
        for part in parts {
            match part {
                Part::Literal(text) => ops.push(Op::Literal(text.into_bytes().into())),
                Part::Tag(tag) => {
                    ops.push(Op::Tag(samplers.len()));
                    samplers.push(compile_tag(template, &tag, options)?);
                }
            }
        }
        let now = SystemClock.now();
        let entropy = uuid_like_entropy(now);
        let mut generator = Self {
            ops,
            samplers,
            columns: Vec::new(),
            schema: Arc::new(Schema::empty()),
            warnings,
            seed: options.seed.unwrap_or(entropy),
            start: options.start_time.unwrap_or(now),
            interval_ms: options.interval_ms,
            expected: 0,
        };
        generator.find_columns();
        generator.fuse();
        let sample = generator.render(0..16);
        generator.expected = sample.bytes.len() / 16 + 8;
        Ok(generator)
    }

    fn find_columns(&mut self) {
        let units: Vec<Unit> = self
            .ops
            .iter()
            .flat_map(|op| match op {
                Op::Literal(bytes) => bytes.iter().map(|byte| Unit::Byte(*byte)).collect::<Vec<_>>(),
                Op::Tag(tag) | Op::Fused(tag, _) => vec![Unit::Tag(*tag)],
            })
            .collect();
        match members(&units) {
            Some(columns) => {
                for (name, source) in &columns {
                    if let Source::Tag(tag) = source
                        && self.samplers[*tag].data_type() == DataType::Utf8
                    {
                        self.warnings.push(format!(
                            "The value of `{name}` is text without quotes: the records will not be JSON"
                        ));
                    }
                }
                self.columns = columns;
            }
            None => self.columns = vec![("record".to_owned(), Source::Text { units, escaped: false })],
        }
        self.schema = Arc::new(Schema::new(column::fields(&self.columns, self)));
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
        let instant = self.instant(record);
        let tags = self.samplers.len() as u64;
        for op in &self.ops {
            match op {
                Op::Literal(bytes) => out.extend_from_slice(bytes),
                Op::Fused(tag, table) => table.render(&mut Draw::new(self.seed, record, tags, *tag as u64), out),
                Op::Tag(tag) => {
                    self.samplers[*tag].render(&mut Draw::new(self.seed, record, tags, *tag as u64), instant, out)
                }
            }
        }
    }

    /// Some records as columns: equal to reading the texts of [`Generator::render`], without making them.
    ///
    /// # Errors
    /// Only when the columns do not fit their own schema.
    pub fn table(&self, range: Range<u64>) -> Result<RecordBatch, ArrowError> {
        let columns: Vec<ArrayRef> =
            self.columns.iter().map(|(_, source)| column::values(source, self, &range)).collect();
        let options = arrow::array::RecordBatchOptions::new().with_row_count(Some((range.end - range.start) as usize));
        RecordBatch::try_new_with_options(self.schema(), columns, &options)
    }

    /// The partition keys of some records.
    ///
    /// # Errors
    /// The column's name and those that there are, when `key` names none.
    pub fn partition_keys(&self, key: &PartitionKey, range: Range<u64>) -> Result<Rendered, String> {
        let rows = (range.end - range.start) as usize;
        let mut keys = Rendered { offsets: Vec::with_capacity(rows + 1), bytes: Vec::with_capacity(rows * 10) };
        keys.offsets.push(0);
        let source = match key {
            PartitionKey::Field(name) => Some(self.field(name)?),
            PartitionKey::Random | PartitionKey::Constant(_) => None,
        };
        for record in range {
            match (key, source) {
                (PartitionKey::Constant(text), _) => keys.bytes.extend_from_slice(text.as_bytes()),
                (_, Some(Source::Tag(tag))) => self.render_tag(record, *tag, &mut keys.bytes),
                (_, Some(Source::Text { units, escaped })) => {
                    keys.bytes.extend_from_slice(column::text(units, *escaped, self, record).as_bytes())
                }
                (_, Some(Source::Constant(value))) => keys.bytes.extend_from_slice(&super::sampler::json_text(value)),
                (_, Some(Source::Object(_)) | None) => {
                    // A seed of its own: a tag's numbers must not repeat in the keys.
                    let mut draw = Draw::new(!self.seed, record, 1, 0);
                    keys.bytes.extend_from_slice(itoa::Buffer::new().format(draw.below(10_000_000_000)).as_bytes());
                }
            }
            keys.offsets.push(keys.bytes.len() as i32);
        }
        Ok(keys)
    }

    /// The column at a path such as `device.id`.
    fn field(&self, path: &str) -> Result<&Source, String> {
        let unknown = || {
            let known: Vec<String> = self.columns.iter().map(|(name, _)| format!("`{name}`")).collect();
            format!("The template has no field `{path}` for the partition key\nhint: it has {}", known.join(", "))
        };
        let mut columns = &self.columns;
        let mut rest = path;
        loop {
            if let Some((_, source)) = columns.iter().find(|(name, _)| name == rest) {
                return if matches!(source, Source::Object(_)) { Err(unknown()) } else { Ok(source) };
            }
            let (first, inner) = rest.split_once('.').ok_or_else(unknown)?;
            match columns.iter().find(|(name, _)| name == first) {
                Some((_, Source::Object(members))) => columns = members,
                _ => return Err(unknown()),
            }
            rest = inner;
        }
    }

    pub(crate) fn sampler(&self, tag: usize) -> &Sampler {
        &self.samplers[tag]
    }

    #[inline]
    pub(crate) fn draw(&self, record: u64, tag: usize) -> Draw {
        Draw::new(self.seed, record, self.samplers.len() as u64, tag as u64)
    }

    #[inline]
    pub(crate) fn render_tag(&self, record: u64, tag: usize, out: &mut Vec<u8>) {
        self.samplers[tag].render(&mut self.draw(record, tag), self.instant(record), out);
    }

    /// The instant of a record.
    #[inline]
    pub(crate) fn instant(&self, record: u64) -> Timestamp {
        if self.interval_ms == 0.0 {
            self.start
        } else {
            self.start.plus_millis((record as f64 * self.interval_ms) as i64)
        }
    }
}

fn compile_tag(template: &str, tag: &Tag, options: &GeneratorOptions) -> Result<Sampler, TemplateError> {
    let shown = &template[tag.at..tag.at + tag.length];
    let call = Call { arguments: &tag.arguments, timezone: options.timezone };
    sampler(&tag.module, &tag.function, &call).map_err(|reason| {
        let (message, hint) = match reason {
            NoSampler::UnknownModule { known } => (
                format!("`{}` is not a module of the template language, in `{shown}`", tag.module),
                Some(format!("the modules are {known}")),
            ),
            NoSampler::UnknownFunction { nearest } => (
                format!("`{}.{}` is not a function of the template language, in `{shown}`", tag.module, tag.function),
                Some(format!("the nearest is `{nearest}`")),
            ),
            NoSampler::Arguments(message) => (format!("In `{shown}`, {message}"), None),
        };
        TemplateError::new(template, tag.at, tag.length, message, hint)
    })
}

/// A seed nobody else has.
fn uuid_like_entropy(now: Timestamp) -> u64 {
    use std::hash::{BuildHasher, Hasher};
    let mut hasher = std::collections::hash_map::RandomState::new().build_hasher();
    hasher.write_i64(now.millis());
    // Of 53 bits, so that JSON and JavaScript keep it.
    hasher.finish() >> 11
}

#[cfg(test)]
mod tests;
