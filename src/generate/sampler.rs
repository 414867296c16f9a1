//! Samplers: one for each tag, with its arguments checked and what can be prepared prepared.

use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, Float64Array, Int64Array, StringArray, new_null_array};
use arrow::buffer::{OffsetBuffer, ScalarBuffer};
use arrow::datatypes::DataType;
use serde_json::Value;

use super::date_format::DateFormat;
use super::draw::{Draw, Record};
use super::number::push_number;
use super::permutation::Permutation;
use super::repeat::Repeat;

/// Ranges of at most so many integers are printed once, when the template is compiled.
pub(super) const TABLE: u64 = 4_096;

/// Text of several values in one buffer.
#[derive(Debug, Clone)]
pub(crate) struct Texts {
    bytes: Vec<u8>,
    ends: Vec<u32>,
}

impl Texts {
    pub(crate) fn new<T: AsRef<[u8]>>(texts: impl IntoIterator<Item = T>) -> Self {
        let mut all = Self { bytes: Vec::new(), ends: vec![0] };
        for text in texts {
            all.bytes.extend_from_slice(text.as_ref());
            all.ends.push(all.bytes.len() as u32);
        }
        all
    }

    pub(crate) fn len(&self) -> usize {
        self.ends.len() - 1
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        (0..self.len()).map(|place| self.get(place))
    }

    #[inline]
    fn get(&self, place: usize) -> &[u8] {
        &self.bytes[self.ends[place] as usize..self.ends[place + 1] as usize]
    }
}

/// The values of a choice, by their common type.
#[derive(Debug, Clone)]
enum Values {
    Integers(Vec<i64>),
    Floats(Vec<f64>),
    Booleans(Vec<bool>),
    Texts,
}

/// Some values to choose from.
#[derive(Debug, Clone)]
pub(crate) struct Choices {
    texts: Texts,
    values: Values,
    /// Running sums of the weights; empty when all are alike.
    sums: Vec<f64>,
}

impl Choices {
    /// Choices of JSON values; of `weights` those of the values in order.
    pub(crate) fn new(data: &[Value], weights: &[f64]) -> Self {
        let texts = Texts::new(data.iter().map(json_text));
        let integers: Option<Vec<i64>> = data.iter().map(Value::as_i64).collect();
        let floats: Option<Vec<f64>> = data.iter().map(Value::as_f64).collect();
        let booleans: Option<Vec<bool>> = data.iter().map(Value::as_bool).collect();
        let values = match (integers, floats, booleans) {
            (Some(values), _, _) => Values::Integers(values),
            (_, Some(values), _) => Values::Floats(values),
            (_, _, Some(values)) => Values::Booleans(values),
            _ => Values::Texts,
        };
        let mut sum = 0.0;
        let sums = weights.iter().map(|weight| {
            sum += weight;
            sum
        });
        Self { texts, values, sums: sums.collect() }
    }

    #[inline]
    fn place(&self, draw: &mut Draw) -> usize {
        let Some(total) = self.sums.last() else { return draw.below(self.texts.len() as u64) as usize };
        let wanted = draw.unit() * total;
        self.sums.partition_point(|sum| *sum <= wanted).min(self.texts.len() - 1)
    }
}

/// A JSON value as a template shows it: strings without quotes, arrays joined by commas.
pub(crate) fn json_text(value: &Value) -> Vec<u8> {
    match value {
        Value::String(text) => text.clone().into_bytes(),
        Value::Number(number) => {
            let mut out = Vec::new();
            match number.as_f64() {
                Some(number) => push_number(number, &mut out),
                None => out.extend_from_slice(number.to_string().as_bytes()),
            }
            out
        }
        Value::Array(values) => values.iter().map(json_text).collect::<Vec<_>>().join(&b","[..]),
        other => other.to_string().into_bytes(),
    }
}

/// Appends a text made of draws; always whole UTF-8.
pub(crate) type TextOf = Arc<dyn Fn(&mut Draw, &Record, &mut Vec<u8>) + Send + Sync>;
/// Makes a number of draws.
pub(crate) type NumberOf = Arc<dyn Fn(&mut Draw) -> f64 + Send + Sync>;

/// Renders one tag.
#[derive(Clone)]
pub(crate) enum Sampler {
    /// Integers `min`, `min + 1` … whose texts are there.
    SmallInteger { min: i64, texts: Texts },
    /// `count` integers from `min`, in steps.
    Integer { min: i64, step: i64, count: u64 },
    /// `precision · ⌊u · span + low⌋`
    Number { low: f64, span: f64, precision: f64 },
    /// The same in whole numbers.
    WholeNumber { low: f64, span: f64, precision: f64 },
    /// Any distribution of doubles.
    Double(NumberOf),
    /// `start + step · index of the record`
    Counter { start: i64, step: i64 },
    /// `min` and what the permutation has for the record.
    Unique { min: i64, order: Permutation },
    /// `true` or `false`
    Boolean,
    /// Version 4, random.
    Uuid,
    /// One of some values.
    Choice(Choices),
    /// One of a word list.
    Words(&'static [&'static str]),
    /// Text made of several draws.
    Text(TextOf),
    /// Text that reads as a number, such as `12.00`.
    NumberText(TextOf),
    /// An object or array as JSON.
    Json(TextOf),
    /// An array of what a template gives.
    Repeat(Arc<Repeat>),
    /// The record's instant.
    Date(DateFormat),
}

impl std::fmt::Debug for Sampler {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sampler").field("data_type", &self.data_type()).finish_non_exhaustive()
    }
}

impl Sampler {
    /// Text made of draws alone.
    pub(crate) fn text(make: impl Fn(&mut Draw, &mut Vec<u8>) + Send + Sync + 'static) -> Self {
        Self::Text(Arc::new(move |draw, _, out| make(draw, out)))
    }

    /// Text made of draws alone that reads as a number.
    pub(crate) fn number_text(make: impl Fn(&mut Draw, &mut Vec<u8>) + Send + Sync + 'static) -> Self {
        Self::NumberText(Arc::new(move |draw, _, out| make(draw, out)))
    }

    /// The same text in each record.
    pub(crate) fn constant(text: impl Into<String>) -> Self {
        let text = text.into();
        Self::text(move |_, out| out.extend_from_slice(text.as_bytes()))
    }

    /// The Arrow type of its values, where they stand alone and without quotes.
    pub(crate) fn data_type(&self) -> DataType {
        match self {
            Self::SmallInteger { .. }
            | Self::Integer { .. }
            | Self::WholeNumber { .. }
            | Self::Counter { .. }
            | Self::Unique { .. } => DataType::Int64,
            Self::Repeat(repeat) => repeat.data_type(),
            Self::Number { .. } | Self::Double(_) | Self::NumberText(_) => DataType::Float64,
            Self::Boolean => DataType::Boolean,
            Self::Choice(choices) => match choices.values {
                Values::Integers(_) => DataType::Int64,
                Values::Floats(_) => DataType::Float64,
                Values::Booleans(_) => DataType::Boolean,
                Values::Texts => DataType::Utf8,
            },
            Self::Date(format) if format.is_number() => DataType::Int64,
            Self::Uuid | Self::Words(_) | Self::Text(_) | Self::Json(_) | Self::Date(_) => DataType::Utf8,
        }
    }

    /// Whether its values are JSON where they stand without quotes.
    pub(crate) fn is_json(&self) -> bool {
        matches!(self, Self::Json(_) | Self::Repeat(_)) || self.data_type() != DataType::Utf8
    }

    /// Whether a value may hold what a JSON string cannot: quotes, backslashes, control characters. Texts that are
    /// composed are tried, the same ones each time.
    pub(crate) fn breaks_strings(&self) -> bool {
        const TRIES: u64 = 200;
        let breaks = |text: &[u8]| text.iter().any(|byte| *byte < 0x20 || matches!(byte, b'"' | b'\\'));
        match self {
            Self::Choice(choices) => choices.texts.iter().any(breaks),
            Self::Text(_) | Self::Json(_) | Self::Date(_) | Self::Repeat(_) => (0..TRIES).any(|index| {
                let mut text = Vec::new();
                let record = Record { index, instant: crate::time::Timestamp(0) };
                self.render(&mut Draw::new(0, index, 1, 0), &record, &mut text);
                breaks(&text)
            }),
            _ => false,
        }
    }

    /// All texts, when one of them is drawn and all are equally likely.
    pub(crate) fn uniform_texts(&self) -> Option<&Texts> {
        match self {
            Self::SmallInteger { texts, .. } => Some(texts),
            Self::Choice(choices) if choices.sums.is_empty() => Some(&choices.texts),
            _ => None,
        }
    }

    /// Append the value's text.
    #[inline]
    pub(crate) fn render(&self, draw: &mut Draw, record: &Record, out: &mut Vec<u8>) {
        match self {
            Self::SmallInteger { texts, .. } => {
                out.extend_from_slice(texts.get(draw.below(texts.len() as u64) as usize))
            }
            Self::Choice(choices) => out.extend_from_slice(choices.texts.get(choices.place(draw))),
            Self::Integer { min, step, count } => {
                let value = min + step * draw.below(*count) as i64;
                out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
            }
            other => other.render_other(draw, record, out),
        }
    }

    fn render_other(&self, draw: &mut Draw, record: &Record, out: &mut Vec<u8>) {
        match self {
            Self::Number { low, span, precision } | Self::WholeNumber { low, span, precision } => {
                push_number(number(draw, *low, *span, *precision), out)
            }
            Self::Double(make) => push_number(make(draw), out),
            Self::Counter { start, step } => {
                out.extend_from_slice(itoa::Buffer::new().format(count(*start, *step, record)).as_bytes());
            }
            Self::Unique { min, order } => {
                let value = min.wrapping_add(order.at(record.index) as i64);
                out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
            }
            Self::Repeat(repeat) => repeat.render(draw, record, out),
            Self::Boolean => out.extend_from_slice(if draw.bits() >> 63 == 1 { b"true" } else { b"false" }),
            Self::Uuid => {
                out.extend_from_slice(uuid(draw).hyphenated().encode_lower(&mut uuid::Uuid::encode_buffer()).as_bytes())
            }
            Self::Words(words) => out.extend_from_slice(draw.word(words).as_bytes()),
            Self::Text(render) | Self::NumberText(render) | Self::Json(render) => render(draw, record, out),
            Self::Date(format) => format.render(record.instant, out),
            Self::SmallInteger { .. } | Self::Choice(_) | Self::Integer { .. } => self.render(draw, record, out),
        }
    }

    /// A column of values, from the draws of some records.
    pub(crate) fn column(&self, draws: impl Iterator<Item = (Draw, Record)>) -> ArrayRef {
        match self {
            Self::SmallInteger { min, texts } => {
                let count = texts.len() as u64;
                Arc::new(draws.map(|(mut draw, _)| Some(min + draw.below(count) as i64)).collect::<Int64Array>())
            }
            Self::Integer { min, step, count } => Arc::new(
                draws.map(|(mut draw, _)| Some(min + step * draw.below(*count) as i64)).collect::<Int64Array>(),
            ),
            Self::Number { low, span, precision } => Arc::new(
                draws.map(|(mut draw, _)| Some(number(&mut draw, *low, *span, *precision))).collect::<Float64Array>(),
            ),
            Self::WholeNumber { low, span, precision } => Arc::new(
                draws
                    .map(|(mut draw, _)| Some(number(&mut draw, *low, *span, *precision) as i64))
                    .collect::<Int64Array>(),
            ),
            Self::Double(make) => Arc::new(draws.map(|(mut draw, _)| Some(make(&mut draw))).collect::<Float64Array>()),
            Self::NumberText(_) => Arc::new(self.read_back::<f64>(draws).collect::<Float64Array>()),
            Self::Date(format) if format.is_number() => Arc::new(self.read_back::<i64>(draws).collect::<Int64Array>()),
            Self::Counter { start, step } => {
                Arc::new(draws.map(|(_, record)| Some(count(*start, *step, &record))).collect::<Int64Array>())
            }
            Self::Unique { min, order } => Arc::new(
                draws.map(|(_, record)| Some(min.wrapping_add(order.at(record.index) as i64))).collect::<Int64Array>(),
            ),
            Self::Repeat(repeat) => match repeat.item() {
                Some((item, _)) => repeat.column(item, draws),
                None => self.text_column(draws),
            },
            Self::Boolean => {
                Arc::new(draws.map(|(mut draw, _)| Some(draw.bits() >> 63 == 1)).collect::<BooleanArray>())
            }
            Self::Choice(choices) => match &choices.values {
                Values::Integers(values) => {
                    Arc::new(draws.map(|(mut draw, _)| Some(values[choices.place(&mut draw)])).collect::<Int64Array>())
                }
                Values::Floats(values) => Arc::new(
                    draws.map(|(mut draw, _)| Some(values[choices.place(&mut draw)])).collect::<Float64Array>(),
                ),
                Values::Booleans(values) => Arc::new(
                    draws.map(|(mut draw, _)| Some(values[choices.place(&mut draw)])).collect::<BooleanArray>(),
                ),
                Values::Texts => self.text_column(draws),
            },
            Self::Uuid | Self::Words(_) | Self::Text(_) | Self::Json(_) | Self::Date(_) => self.text_column(draws),
        }
    }

    fn text_column(&self, draws: impl Iterator<Item = (Draw, Record)>) -> ArrayRef {
        let (mut offsets, mut bytes) = (vec![0i32], Vec::new());
        for (mut draw, record) in draws {
            self.render(&mut draw, &record, &mut bytes);
            offsets.push(i32::try_from(bytes.len()).unwrap_or(i32::MAX));
        }
        let rows = offsets.len() - 1;
        // A chunk of records cannot reach the 2 GiB that offsets can tell, and samplers write UTF-8.
        match StringArray::try_new(OffsetBuffer::new(ScalarBuffer::from(offsets)), bytes.into(), None) {
            Ok(column) => Arc::new(column),
            Err(_) => new_null_array(&DataType::Utf8, rows),
        }
    }

    /// The values that a reader of the texts gets.
    fn read_back<T: std::str::FromStr>(
        &self,
        draws: impl Iterator<Item = (Draw, Record)>,
    ) -> impl Iterator<Item = Option<T>> {
        let mut text = Vec::new();
        draws.map(move |(mut draw, record)| {
            text.clear();
            self.render(&mut draw, &record, &mut text);
            std::str::from_utf8(&text).ok()?.parse().ok()
        })
    }
}

#[inline]
fn count(start: i64, step: i64, record: &Record) -> i64 {
    start.wrapping_add(step.wrapping_mul(record.index as i64))
}

#[inline]
fn number(draw: &mut Draw, low: f64, span: f64, precision: f64) -> f64 {
    precision * (draw.unit() * span + low).floor()
}

fn uuid(draw: &mut Draw) -> uuid::Uuid {
    let (high, low) = (draw.bits(), draw.bits());
    uuid::Builder::from_random_bytes((u128::from(high) << 64 | u128::from(low)).to_be_bytes()).into_uuid()
}
