//! The aggregate and analytic functions by name, with their result types.
//!
//! Source: Kinesis Data Analytics SQL Reference, "Aggregate Functions", "Analytic Functions".

use arrow::datatypes::DataType;

/// The most digits of an exact number that is computed.
const SUM_DIGITS: u8 = 18;

/// What is computed over the rows of a group or window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AggregateFunction {
    /// `COUNT(*)`
    CountRows,
    Count,
    Sum,
    Avg,
    Min,
    Max,
    VarPop,
    VarSamp,
    StddevPop,
    StddevSamp,
    Any,
    Every,
    /// Weight 2^-floor(age / half-life in milliseconds).
    ExpAvg(i64),
    FirstValue,
    LastValue,
    /// The value so many rows before; the second argument column, if there is one, is the default.
    Lag(usize),
    NthValue {
        n: usize,
        from_last: bool,
    },
}

impl AggregateFunction {
    /// Whether it is one of the statistics over floating-point numbers.
    pub(crate) fn is_statistic(self) -> bool {
        matches!(self, Self::VarPop | Self::VarSamp | Self::StddevPop | Self::StddevSamp)
    }

    /// Whether it looks at the place of a row inside of the window, not at its value.
    pub(crate) fn is_positional(self) -> bool {
        matches!(self, Self::FirstValue | Self::LastValue | Self::Lag(_) | Self::NthValue { .. })
    }

    /// The type of its result over arguments of type `argument`.
    ///
    /// # Errors
    /// What is wrong with the argument.
    pub(crate) fn result_type(self, argument: &DataType) -> Result<DataType, String> {
        let numeric = argument.is_numeric() || argument.is_null();
        let text = || matches!(argument, DataType::Utf8);
        match self {
            Self::CountRows | Self::Count => Ok(DataType::Int64),
            Self::Any | Self::Every if matches!(argument, DataType::Boolean | DataType::Null) => Ok(DataType::Boolean),
            Self::Any | Self::Every => Err("takes a BOOLEAN".into()),
            Self::Sum
            | Self::Avg
            | Self::VarPop
            | Self::VarSamp
            | Self::StddevPop
            | Self::StddevSamp
            | Self::ExpAvg(_)
                if !numeric =>
            {
                Err(if text() { "takes a number; CAST the text to one".into() } else { "takes a number".into() })
            }
            Self::VarPop | Self::VarSamp | Self::StddevPop | Self::StddevSamp | Self::ExpAvg(_) => {
                Ok(DataType::Float64)
            }
            Self::Sum => Ok(match argument {
                DataType::Decimal128(_, scale) => DataType::Decimal128(SUM_DIGITS, *scale),
                DataType::Float32 | DataType::Float64 => DataType::Float64,
                _ => DataType::Int64,
            }),
            Self::Avg
            | Self::Min
            | Self::Max
            | Self::FirstValue
            | Self::LastValue
            | Self::Lag(_)
            | Self::NthValue { .. } => Ok(argument.clone()),
        }
    }
}

/// One aggregate or analytic call over columns of its operator's input.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Aggregate {
    pub(crate) function: AggregateFunction,
    /// The argument's column; none for `COUNT(*)`.
    pub(crate) argument: Option<usize>,
    /// The default of LAG.
    pub(crate) default: Option<usize>,
    pub(crate) distinct: bool,
    /// Only for the positional ones; the others ignore NULLs anyway.
    pub(crate) ignore_nulls: bool,
    pub(crate) argument_type: DataType,
    pub(crate) result_type: DataType,
}

impl Aggregate {
    /// The decimal places of the argument's digits.
    pub(crate) fn scale(&self) -> i8 {
        if let DataType::Decimal128(_, scale) = self.argument_type { scale } else { 0 }
    }

    /// Whether the argument is a floating-point number.
    pub(crate) fn is_float(&self) -> bool {
        matches!(self.argument_type, DataType::Float32 | DataType::Float64)
    }
}
