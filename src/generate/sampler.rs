//! Samplers: one for each tag, with its arguments checked and what can be prepared prepared.

use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, Float64Array, Int64Array, StringArray};
use arrow::datatypes::DataType;
use serde_json::Value;

use super::date_format::DateFormat;
use super::draw::Draw;
use super::number::push_number;
use crate::time::Timestamp;

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

/// Renders one tag.
#[derive(Debug, Clone)]
pub(crate) enum Sampler {
    /// Integers `min`, `min + 1` … whose texts are there.
    SmallInteger { min: i64, texts: Texts },
    /// `count` integers from `min`, in steps.
    Integer { min: i64, step: i64, count: u64 },
    /// `precision · ⌊u · span + low⌋`
    Number { low: f64, span: f64, precision: f64 },
    /// Uniform from `min` to `max`, with so many decimals.
    Float { min: f64, max: f64, decimals: usize },
    /// `true` or `false`
    Boolean,
    /// Version 4, random.
    Uuid,
    /// One of some values.
    Choice(Choices),
    /// One of a word list.
    Words(&'static [&'static str]),
    /// Text made of several draws.
    Composite(fn(&mut Draw, &mut Vec<u8>)),
    /// The record's instant.
    Date(DateFormat),
}

impl Sampler {
    /// The Arrow type of its values.
    pub(crate) fn data_type(&self) -> DataType {
        match self {
            Self::SmallInteger { .. } | Self::Integer { .. } => DataType::Int64,
            Self::Number { .. } | Self::Float { .. } => DataType::Float64,
            Self::Boolean => DataType::Boolean,
            Self::Choice(choices) => match choices.values {
                Values::Integers(_) => DataType::Int64,
                Values::Floats(_) => DataType::Float64,
                Values::Booleans(_) => DataType::Boolean,
                Values::Texts => DataType::Utf8,
            },
            Self::Uuid | Self::Words(_) | Self::Composite(_) | Self::Date(_) => DataType::Utf8,
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
    pub(crate) fn render(&self, draw: &mut Draw, instant: Timestamp, out: &mut Vec<u8>) {
        match self {
            Self::SmallInteger { texts, .. } => {
                out.extend_from_slice(texts.get(draw.below(texts.len() as u64) as usize))
            }
            Self::Choice(choices) => out.extend_from_slice(choices.texts.get(choices.place(draw))),
            Self::Integer { min, step, count } => {
                let value = min + step * draw.below(*count) as i64;
                out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
            }
            other => other.render_other(draw, instant, out),
        }
    }

    fn render_other(&self, draw: &mut Draw, instant: Timestamp, out: &mut Vec<u8>) {
        match self {
            Self::Number { low, span, precision } => push_number(number(draw, *low, *span, *precision), out),
            Self::Float { min, max, decimals } => push_number(float(draw, *min, *max, *decimals), out),
            Self::Boolean => out.extend_from_slice(if draw.bits() >> 63 == 1 { b"true" } else { b"false" }),
            Self::Uuid => {
                out.extend_from_slice(uuid(draw).hyphenated().encode_lower(&mut uuid::Uuid::encode_buffer()).as_bytes())
            }
            Self::Words(words) => out.extend_from_slice(draw.word(words).as_bytes()),
            Self::Composite(render) => render(draw, out),
            Self::Date(format) => format.render(instant, out),
            Self::SmallInteger { .. } | Self::Choice(_) | Self::Integer { .. } => self.render(draw, instant, out),
        }
    }

    /// A column of values, from the draws of some records.
    pub(crate) fn column(&self, draws: impl Iterator<Item = (Draw, Timestamp)>) -> ArrayRef {
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
            Self::Float { min, max, decimals } => Arc::new(
                draws.map(|(mut draw, _)| Some(float(&mut draw, *min, *max, *decimals))).collect::<Float64Array>(),
            ),
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
            Self::Uuid | Self::Words(_) | Self::Composite(_) | Self::Date(_) => self.text_column(draws),
        }
    }

    fn text_column(&self, draws: impl Iterator<Item = (Draw, Timestamp)>) -> ArrayRef {
        let mut text = Vec::new();
        let column = draws.map(|(mut draw, instant)| {
            text.clear();
            self.render(&mut draw, instant, &mut text);
            Some(String::from_utf8_lossy(&text).into_owned())
        });
        Arc::new(column.collect::<StringArray>())
    }
}

#[inline]
fn number(draw: &mut Draw, low: f64, span: f64, precision: f64) -> f64 {
    precision * (draw.unit() * span + low).floor()
}

fn float(draw: &mut Draw, min: f64, max: f64, decimals: usize) -> f64 {
    let scale = 10f64.powi(decimals as i32);
    ((min + draw.unit() * (max - min)) * scale).round() / scale
}

fn uuid(draw: &mut Draw) -> uuid::Uuid {
    let (high, low) = (draw.bits(), draw.bits());
    uuid::Builder::from_random_bytes((u128::from(high) << 64 | u128::from(low)).to_be_bytes()).into_uuid()
}
