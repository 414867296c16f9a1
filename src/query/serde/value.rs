//! Text into columns of single values; what the text SerDes share.

use arrow::array::{Array, ArrayRef, StringArray, new_null_array};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::cell;
use super::column::ColumnBuilder;
use super::settings::Settings;
use crate::catalog::HiveType;
use crate::time::java::JavaPattern;

/// How a table writes its dates and times.
#[derive(Debug, Clone, Default)]
pub(super) struct Times {
    /// The patterns of `timestamp.formats`.
    formats: Vec<TimeFormat>,
    /// ISO forms are times as well.
    is_iso: bool,
}

#[derive(Debug, Clone)]
enum TimeFormat {
    /// Milliseconds since 1970, perhaps with a fraction.
    Millis,
    Pattern(JavaPattern),
}

impl Times {
    pub(super) fn new(settings: &Settings<'_>) -> Self {
        let formats = settings.get("timestamp.formats").unwrap_or_default();
        let format = |text: &str| match text.trim() {
            "" => None,
            "millis" => Some(TimeFormat::Millis),
            // A pattern that Java would refuse never matches there either.
            pattern => JavaPattern::parse(pattern).ok().map(TimeFormat::Pattern),
        };
        Self { formats: formats.split(',').filter_map(format).collect(), is_iso: settings.is_described_here() }
    }

    /// Microseconds since 1970.
    pub(super) fn timestamp(&self, text: &[u8]) -> Option<i64> {
        let plain = if self.is_iso { cell::iso_timestamp(text) } else { cell::timestamp(text) };
        plain.or_else(|| {
            let text = std::str::from_utf8(text).ok()?;
            self.formats.iter().find_map(|format| match format {
                TimeFormat::Millis => {
                    let millis = cell::float(text.as_bytes())?;
                    #[expect(clippy::cast_possible_truncation, reason = "rounding to whole milliseconds is meant")]
                    let millis = millis.floor() as i64;
                    millis.checked_mul(1000)
                }
                TimeFormat::Pattern(pattern) => pattern.read(text).map(|instant| instant.millis().saturating_mul(1000)),
            })
        })
    }
}

impl ColumnBuilder {
    /// Append the value that `text` holds; false, and nothing appended, when it holds none of the column's type.
    ///
    /// Nested types are not single values: the answer for them is false.
    pub(super) fn append_text(&mut self, text: &[u8], times: &Times) -> bool {
        macro_rules! append {
            ($builder:expr, $value:expr) => {
                match $value {
                    Some(value) => {
                        $builder.append_value(value);
                        true
                    }
                    None => false,
                }
            };
        }
        match self {
            Self::Boolean(builder) => append!(builder, cell::boolean(text)),
            Self::TinyInt(builder) => append!(builder, cell::integer(text).and_then(|value| value.try_into().ok())),
            Self::SmallInt(builder) => append!(builder, cell::integer(text).and_then(|value| value.try_into().ok())),
            Self::Int(builder) => append!(builder, cell::integer(text).and_then(|value| value.try_into().ok())),
            Self::BigInt(builder) => append!(builder, cell::integer(text)),
            #[expect(clippy::cast_possible_truncation, reason = "a float column holds the nearest float")]
            Self::Float(builder) => append!(builder, cell::float(text).map(|value| value as f32)),
            Self::Double(builder) => append!(builder, cell::float(text)),
            Self::Decimal(builder, precision, scale) => append!(builder, cell::decimal(text, *precision, *scale)),
            Self::Text(builder, None) => {
                builder.append(text);
                true
            }
            Self::Text(..) | Self::Char(..) => match std::str::from_utf8(text) {
                Ok(text) => self.append_str(text),
                Err(_) => self.append_str(&String::from_utf8_lossy(text)),
            },
            Self::Binary(builder) => {
                // Hive takes what is no base64 as it is.
                builder.append_value(STANDARD.decode(text).unwrap_or_else(|_| text.to_vec()));
                true
            }
            Self::Date(builder) => append!(builder, cell::date(text)),
            Self::Timestamp(builder) => append!(builder, times.timestamp(text)),
            Self::Array(_) | Self::Map(_) | Self::Struct(_) => false,
        }
    }
}

/// A column of texts as one of `data_type`: NULL where a text holds no value of the type.
pub(in crate::query) fn text_column(data_type: &HiveType, texts: &StringArray) -> ArrayRef {
    let times = Times { formats: Vec::new(), is_iso: true };
    let mut column = ColumnBuilder::new(data_type);
    for text in texts {
        if !text.is_some_and(|text| column.append_text(text.as_bytes(), &times)) {
            column.append_null();
        }
    }
    // Columns of single values have nothing that could fail.
    column.finish().unwrap_or_else(|_| new_null_array(&data_type.to_arrow(), texts.len()))
}
