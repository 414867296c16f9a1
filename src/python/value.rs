//! Arrow values as Python objects, without pyarrow.
//!
//! Rows of a PEP 249 cursor and `Table.to_pylist` are plain Python values. A column is matched once and converted as a
//! whole, so the cost per value is the object itself.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Decimal128Array, Decimal256Array, PrimitiveArray, StringArray,
};
use arrow::compute::cast;
use arrow::datatypes::{
    ArrowPrimitiveType, DataType, Date32Type, Decimal128Type, Decimal256Type, DurationMicrosecondType, Float32Type,
    Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, Time64MicrosecondType, TimeUnit, TimestampMicrosecondType,
    UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, TimeDelta, Timelike};
use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyDate, PyDateTime, PyDelta, PyDict, PyList, PyString, PyTime, PyTzInfo};

use super::error::arrow_error;

type Values<'py> = Vec<Bound<'py, PyAny>>;

/// All values of `array`, NULL as `None`.
///
/// Timestamps come as `datetime` (microseconds, finer digits cut; with a zone: aware, in that zone), decimals as `Decimal`,
/// lists as `list`, structs and maps as `dict`, durations as `timedelta`; what Python has no type for, as text.
pub(super) fn values<'py>(py: Python<'py>, array: &ArrayRef) -> PyResult<Values<'py>> {
    match array.data_type() {
        DataType::Null => Ok(vec![py.None().into_bound(py); array.len()]),
        DataType::Boolean => booleans(py, array.as_boolean()),
        DataType::Int8 => numbers::<Int8Type>(py, array),
        DataType::Int16 => numbers::<Int16Type>(py, array),
        DataType::Int32 => numbers::<Int32Type>(py, array),
        DataType::Int64 => numbers::<Int64Type>(py, array),
        DataType::UInt8 => numbers::<UInt8Type>(py, array),
        DataType::UInt16 => numbers::<UInt16Type>(py, array),
        DataType::UInt32 => numbers::<UInt32Type>(py, array),
        DataType::UInt64 => numbers::<UInt64Type>(py, array),
        DataType::Float32 => numbers::<Float32Type>(py, array),
        DataType::Float64 => numbers::<Float64Type>(py, array),
        DataType::Utf8 => collect(py, array.as_string::<i32>().iter(), |text| Ok(PyString::new(py, text).into_any())),
        DataType::Binary => collect(py, array.as_binary::<i32>().iter(), |data| Ok(PyBytes::new(py, data).into_any())),
        DataType::Date32 => primitives::<Date32Type, _>(py, array, |days| date(py, days)),
        DataType::Timestamp(TimeUnit::Microsecond, zone) => {
            let zone = zone.as_deref().map(|zone| zone_info(py, zone)).transpose()?;
            primitives::<TimestampMicrosecondType, _>(py, array, |micros| datetime(py, micros, zone.as_ref()))
        }
        DataType::Time64(TimeUnit::Microsecond) => {
            primitives::<Time64MicrosecondType, _>(py, array, |micros| time(py, micros))
        }
        DataType::Duration(TimeUnit::Microsecond) => {
            primitives::<DurationMicrosecondType, _>(py, array, |micros| duration(py, micros))
        }
        DataType::Decimal128(..) => decimals128(py, array.as_primitive::<Decimal128Type>()),
        DataType::Decimal256(..) => decimals256(py, array.as_primitive::<Decimal256Type>()),
        DataType::List(_) => lists(py, array),
        DataType::Struct(_) => structs(py, array),
        DataType::Map(..) => maps(py, array),
        other => match canonical(other) {
            Some(target) => values(py, &cast(array, &target).map_err(|error| arrow_error(&error))?),
            None => as_text(py, array),
        },
    }
}

/// The type that `values` handles for one of its variants: views, large offsets, other units, dictionaries.
fn canonical(data_type: &DataType) -> Option<DataType> {
    match data_type {
        DataType::Float16 => Some(DataType::Float32),
        DataType::LargeUtf8 | DataType::Utf8View => Some(DataType::Utf8),
        DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_) => Some(DataType::Binary),
        DataType::Date64 => Some(DataType::Date32),
        DataType::Timestamp(_, zone) => Some(DataType::Timestamp(TimeUnit::Microsecond, zone.clone())),
        DataType::Time32(_) | DataType::Time64(_) => Some(DataType::Time64(TimeUnit::Microsecond)),
        DataType::Duration(_) => Some(DataType::Duration(TimeUnit::Microsecond)),
        DataType::Decimal32(precision, scale) | DataType::Decimal64(precision, scale) => {
            Some(DataType::Decimal128(*precision, *scale))
        }
        DataType::LargeList(item)
        | DataType::ListView(item)
        | DataType::LargeListView(item)
        | DataType::FixedSizeList(item, _) => Some(DataType::List(Arc::clone(item))),
        DataType::Dictionary(_, value) => Some(value.as_ref().clone()),
        DataType::RunEndEncoded(_, value) => Some(value.data_type().clone()),
        _ => None,
    }
}

fn collect<'py, T>(
    py: Python<'py>,
    items: impl Iterator<Item = Option<T>>,
    convert: impl Fn(T) -> PyResult<Bound<'py, PyAny>>,
) -> PyResult<Values<'py>> {
    items.map(|item| item.map_or_else(|| Ok(py.None().into_bound(py)), &convert)).collect()
}

fn primitives<'py, T, F>(py: Python<'py>, array: &ArrayRef, convert: F) -> PyResult<Values<'py>>
where
    T: ArrowPrimitiveType,
    F: Fn(T::Native) -> PyResult<Bound<'py, PyAny>>,
{
    let array: &PrimitiveArray<T> = array.as_primitive::<T>();
    collect(py, array.iter(), convert)
}

fn numbers<'py, T>(py: Python<'py>, array: &ArrayRef) -> PyResult<Values<'py>>
where
    T: ArrowPrimitiveType,
    T::Native: IntoPyObjectExt<'py>,
{
    primitives::<T, _>(py, array, |number| number.into_bound_py_any(py))
}

fn booleans<'py>(py: Python<'py>, array: &BooleanArray) -> PyResult<Values<'py>> {
    collect(py, array.iter(), |value| value.into_bound_py_any(py))
}

fn date(py: Python<'_>, days: i32) -> PyResult<Bound<'_, PyAny>> {
    match NaiveDate::from_ymd_opt(1970, 1, 1).and_then(|epoch| epoch.checked_add_signed(TimeDelta::days(days.into()))) {
        Some(date) if in_python_range(date.year()) => {
            Ok(PyDate::new(py, date.year(), month(date), day(date))?.into_any())
        }
        _ => days.into_bound_py_any(py),
    }
}

/// The zone of a column: `UTC`, an offset as `+05:30`, or a name of the time zone database.
fn zone_info<'py>(py: Python<'py>, zone: &str) -> PyResult<Bound<'py, PyTzInfo>> {
    if matches!(zone, "UTC" | "Z" | "+00:00") {
        return Ok(PyTzInfo::utc(py)?.to_owned());
    }
    let (hours, minutes) = zone.split_once(':').unwrap_or((zone, "0"));
    if let (Ok(hours), Ok(minutes)) = (hours.parse::<i32>(), minutes.parse::<i32>()) {
        let seconds = hours * 3600 + if zone.starts_with('-') { -minutes } else { minutes } * 60;
        let days = seconds.div_euclid(86_400);
        return PyTzInfo::fixed_offset(py, PyDelta::new(py, days, seconds.rem_euclid(86_400), 0, false)?);
    }
    PyTzInfo::timezone(py, zone)
}

fn datetime<'py>(py: Python<'py>, micros: i64, zone: Option<&Bound<'py, PyTzInfo>>) -> PyResult<Bound<'py, PyAny>> {
    let Some(at) = DateTime::from_timestamp_micros(micros).map(|at| at.naive_utc()) else {
        return micros.into_bound_py_any(py);
    };
    if !in_python_range(at.year()) {
        return at.to_string().into_bound_py_any(py);
    }
    let utc = if zone.is_some() { Some(PyTzInfo::utc(py)?.to_owned()) } else { None };
    let (hour, minute, second, micro) = clock(&at);
    let date = at.date();
    let value = PyDateTime::new(py, date.year(), month(date), day(date), hour, minute, second, micro, utc.as_ref())?;
    match zone {
        Some(zone) if utc.as_ref().is_some_and(|utc| !utc.is(zone)) => value.call_method1("astimezone", (zone,)),
        _ => Ok(value.into_any()),
    }
}

fn time(py: Python<'_>, micros: i64) -> PyResult<Bound<'_, PyAny>> {
    let Some(at) = DateTime::from_timestamp_micros(micros).map(|at| at.naive_utc()) else {
        return micros.into_bound_py_any(py);
    };
    let (hour, minute, second, micro) = clock(&at);
    Ok(PyTime::new(py, hour, minute, second, micro, None)?.into_any())
}

fn duration(py: Python<'_>, micros: i64) -> PyResult<Bound<'_, PyAny>> {
    const DAY: i64 = 86_400_000_000;
    let (days, rest) = (micros.div_euclid(DAY), micros.rem_euclid(DAY));
    let narrow = |number: i64| i32::try_from(number).unwrap_or(i32::MAX);
    Ok(PyDelta::new(py, narrow(days), narrow(rest / 1_000_000), narrow(rest % 1_000_000), false)?.into_any())
}

/// `date` and `datetime` know the years 1 to 9999 only; what is outside comes as a number or as text.
fn in_python_range(year: i32) -> bool {
    (1..=9999).contains(&year)
}

fn month(date: NaiveDate) -> u8 {
    u8::try_from(date.month()).unwrap_or(1)
}

fn day(date: NaiveDate) -> u8 {
    u8::try_from(date.day()).unwrap_or(1)
}

fn clock(at: &NaiveDateTime) -> (u8, u8, u8, u32) {
    let narrow = |number: u32| u8::try_from(number).unwrap_or(0);
    (narrow(at.hour()), narrow(at.minute()), narrow(at.second()), at.nanosecond() / 1_000)
}

fn decimal_class(py: Python<'_>) -> PyResult<&Bound<'_, PyAny>> {
    static DECIMAL: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let class = DECIMAL.get_or_try_init(py, || Ok::<_, PyErr>(py.import("decimal")?.getattr("Decimal")?.unbind()))?;
    Ok(class.bind(py))
}

fn decimals128<'py>(py: Python<'py>, array: &Decimal128Array) -> PyResult<Values<'py>> {
    let class = decimal_class(py)?;
    let rows = (0..array.len()).map(|row| array.is_valid(row).then(|| array.value_as_string(row)));
    collect(py, rows, |text| class.call1((text,)))
}

fn decimals256<'py>(py: Python<'py>, array: &Decimal256Array) -> PyResult<Values<'py>> {
    let class = decimal_class(py)?;
    let rows = (0..array.len()).map(|row| array.is_valid(row).then(|| array.value_as_string(row)));
    collect(py, rows, |text| class.call1((text,)))
}

fn lists<'py>(py: Python<'py>, array: &ArrayRef) -> PyResult<Values<'py>> {
    collect(py, array.as_list::<i32>().iter(), |items| Ok(PyList::new(py, values(py, &items)?)?.into_any()))
}

fn structs<'py>(py: Python<'py>, array: &ArrayRef) -> PyResult<Values<'py>> {
    let array = array.as_struct();
    let columns = array.columns().iter().map(|column| values(py, column)).collect::<PyResult<Vec<_>>>()?;
    let rows = (0..array.len()).map(|row| array.is_valid(row).then_some(row));
    collect(py, rows, |row| {
        let fields = PyDict::new(py);
        for (name, column) in array.column_names().iter().zip(&columns) {
            fields.set_item(name, column.get(row))?;
        }
        Ok(fields.into_any())
    })
}

fn maps<'py>(py: Python<'py>, array: &ArrayRef) -> PyResult<Values<'py>> {
    let array = array.as_map();
    let rows = (0..array.len()).map(|row| array.is_valid(row).then(|| array.value(row)));
    collect(py, rows, |entries| {
        let entry = PyDict::new(py);
        for (key, value) in values(py, entries.column(0))?.iter().zip(values(py, entries.column(1))?) {
            entry.set_item(key, value)?;
        }
        Ok(entry.into_any())
    })
}

fn as_text<'py>(py: Python<'py>, array: &ArrayRef) -> PyResult<Values<'py>> {
    let options = FormatOptions::default();
    let formatter = ArrayFormatter::try_new(array.as_ref(), &options).map_err(|error| arrow_error(&error))?;
    let texts: StringArray =
        (0..array.len()).map(|row| array.is_valid(row).then(|| formatter.value(row).to_string())).collect();
    collect(py, texts.iter(), |text| Ok(PyString::new(py, text).into_any()))
}
