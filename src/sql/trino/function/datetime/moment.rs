//! Dates, times and timestamps of any precision, read and written alike.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, Date32Array, DurationMillisecondArray, IntervalYearMonthArray, NullBufferBuilder, PrimitiveArray,
    StringArray, StructArray,
};
use arrow::datatypes::{
    ArrowPrimitiveType, DataType, Date32Type, Time64MicrosecondType, Time64NanosecondType, TimeUnit,
    TimestampMicrosecondType, TimestampNanosecondType,
};

use super::super::column::{TextColumn, is_valid, typed};
use super::super::{Call, TrinoError};
use super::calendar::{Local, NANOS_OF_DAY, NANOS_OF_SECOND};
use super::zone::{Zone, Zones};
use crate::sql::trino::types::TrinoType;

/// A column of moments: dates, timestamps, times, with or without zone.
pub(in super::super) struct Moments<'a> {
    values: Values<'a>,
    zones: Option<&'a StringArray>,
    cache: Zones,
}

enum Values<'a> {
    Days(&'a [i32]),
    /// Units since 1970 or, of times, since midnight.
    Units(&'a [i64], i64),
}

impl<'a> Moments<'a> {
    /// Argument `index` of a call.
    pub(in super::super) fn of(call: &'a Call<'_>, index: usize) -> Result<Self, TrinoError> {
        let array = call.args.get(index).ok_or_else(|| TrinoError::internal("an argument is missing"))?;
        Self::new(array)
    }

    pub(in super::super) fn new(array: &'a ArrayRef) -> Result<Self, TrinoError> {
        if let Some(zoned) = array.as_any().downcast_ref::<StructArray>() {
            let (instant, zone) = (zoned.column(0), zoned.column(1));
            return Ok(Self { values: Values::of(instant)?, zones: Some(typed(zone)?), cache: Zones::default() });
        }
        Ok(Self { values: Values::of(array)?, zones: None, cache: Zones::default() })
    }

    /// Row `row` as it is stored: UTC when zoned.
    pub(in super::super) fn stored(&self, row: usize) -> Local {
        match &self.values {
            Values::Days(days) => Local { days: i64::from(days[row]), nanos: 0 },
            Values::Units(units, per_second) => Local::from_units(units[row], *per_second),
        }
    }

    /// Row `row` as the wall clock shows it.
    pub(in super::super) fn local(&self, row: usize) -> Result<Local, TrinoError> {
        let stored = self.stored(row);
        Ok(match self.zone(row)? {
            Some(zone) => zone.to_local(stored),
            None => stored,
        })
    }

    /// The zone of row `row`.
    pub(in super::super) fn zone(&self, row: usize) -> Result<Option<Zone>, TrinoError> {
        self.zones.map(|zones| self.cache.get(zones.value(row))).transpose()
    }

    /// The name of the zone of row `row`.
    pub(in super::super) fn zone_name(&self, row: usize) -> Option<&'a str> {
        self.zones.map(|zones| zones.value(row))
    }
}

impl<'a> Values<'a> {
    fn of(array: &'a ArrayRef) -> Result<Self, TrinoError> {
        const MICROS: i64 = 1_000_000;
        Ok(match array.data_type() {
            DataType::Date32 => Self::Days(typed::<Date32Array>(array)?.values()),
            DataType::Timestamp(TimeUnit::Microsecond, _) => {
                Self::Units(typed::<PrimitiveArray<TimestampMicrosecondType>>(array)?.values(), MICROS)
            }
            DataType::Timestamp(TimeUnit::Nanosecond, _) => {
                Self::Units(typed::<PrimitiveArray<TimestampNanosecondType>>(array)?.values(), NANOS_OF_SECOND)
            }
            DataType::Time64(TimeUnit::Microsecond) => {
                Self::Units(typed::<PrimitiveArray<Time64MicrosecondType>>(array)?.values(), MICROS)
            }
            DataType::Time64(TimeUnit::Nanosecond) => {
                Self::Units(typed::<PrimitiveArray<Time64NanosecondType>>(array)?.values(), NANOS_OF_SECOND)
            }
            other => return Err(TrinoError::internal(format!("{other} is not a date or time"))),
        })
    }
}

/// A column of moments under construction.
pub(super) struct MomentColumn {
    data_type: DataType,
    per_second: i64,
    values: Vec<i64>,
    nulls: NullBufferBuilder,
    zones: Option<TextColumn>,
}

impl MomentColumn {
    /// A column of the type a call gives.
    pub(super) fn new(call: &Call<'_>) -> Self {
        let zoned = matches!(call.return_type, TrinoType::TimestampWithTimeZone(_) | TrinoType::TimeWithTimeZone(_));
        let precision = match call.return_type {
            TrinoType::Timestamp(p)
            | TrinoType::TimestampWithTimeZone(p)
            | TrinoType::Time(p)
            | TrinoType::TimeWithTimeZone(p) => *p,
            _ => 0,
        };
        Self {
            data_type: call.result_type(),
            per_second: if precision > 6 { NANOS_OF_SECOND } else { 1_000_000 },
            values: Vec::with_capacity(call.rows),
            nulls: NullBufferBuilder::new(call.rows),
            zones: zoned.then(|| TextColumn::new(call.rows)),
        }
    }

    /// Append a moment as it is stored (UTC when zoned), and its zone's name.
    pub(super) fn push(&mut self, stored: Local, zone: &str) -> Result<(), TrinoError> {
        let value = match self.data_type {
            DataType::Date32 => i32::try_from(stored.days).ok().map(i64::from),
            DataType::Time64(_) => Local { days: 0, nanos: stored.nanos }.to_units(self.per_second),
            _ => stored.to_units(self.per_second),
        };
        self.values.push(value.ok_or_else(|| TrinoError::range("Timestamp is out of range"))?);
        self.nulls.append(true);
        match &mut self.zones {
            Some(zones) => zones.push(zone),
            None => Ok(()),
        }
    }

    fn push_null(&mut self) -> Result<(), TrinoError> {
        self.values.push(0);
        self.nulls.append(false);
        match &mut self.zones {
            Some(zones) => zones.close(false),
            None => Ok(()),
        }
    }

    fn finish(mut self) -> Result<ArrayRef, TrinoError> {
        let nulls = self.nulls.finish();
        let Some(zones) = self.zones else {
            return primitive(&self.data_type, self.values, nulls);
        };
        let DataType::Struct(fields) = &self.data_type else {
            return Err(TrinoError::internal("a zoned value is no struct"));
        };
        let instant_type = fields.first().map_or(&DataType::Null, |field| field.data_type());
        let instants = primitive(instant_type, self.values, nulls.clone())?;
        Ok(Arc::new(StructArray::try_new(fields.clone(), vec![instants, zones.finish()], nulls)?))
    }
}

fn primitive(
    data_type: &DataType,
    values: Vec<i64>,
    nulls: Option<arrow::buffer::NullBuffer>,
) -> Result<ArrayRef, TrinoError> {
    fn of<T: ArrowPrimitiveType<Native = i64>>(
        values: Vec<i64>,
        nulls: Option<arrow::buffer::NullBuffer>,
    ) -> Result<ArrayRef, TrinoError> {
        Ok(Arc::new(PrimitiveArray::<T>::try_new(values.into(), nulls)?))
    }
    match data_type {
        DataType::Date32 => {
            let days: Vec<i32> = values.into_iter().map(|days| days as i32).collect();
            Ok(Arc::new(PrimitiveArray::<Date32Type>::try_new(days.into(), nulls)?))
        }
        DataType::Timestamp(TimeUnit::Microsecond, _) => of::<TimestampMicrosecondType>(values, nulls),
        DataType::Timestamp(TimeUnit::Nanosecond, _) => of::<TimestampNanosecondType>(values, nulls),
        DataType::Time64(TimeUnit::Microsecond) => of::<Time64MicrosecondType>(values, nulls),
        DataType::Time64(TimeUnit::Nanosecond) => of::<Time64NanosecondType>(values, nulls),
        other => Err(TrinoError::internal(format!("{other} is not a date or time"))),
    }
}

/// A column of moments: `write` pushes each row's, or says that there is none.
pub(super) fn moment_rows(
    call: &Call<'_>,
    mut write: impl FnMut(usize, &mut MomentColumn) -> Result<bool, TrinoError>,
) -> Result<ArrayRef, TrinoError> {
    let validity = call.validity();
    let mut column = MomentColumn::new(call);
    for row in 0..call.rows {
        if !is_valid(validity.as_ref(), row) || !write(row, &mut column)? {
            column.push_null()?;
        }
    }
    column.finish()
}

/// Argument `index` as milliseconds of an interval day to second.
pub(super) fn day_intervals<'a>(call: &'a Call<'_>, index: usize) -> Result<&'a DurationMillisecondArray, TrinoError> {
    call.column(index)
}

/// Argument `index` as months of an interval year to month.
pub(super) fn month_intervals<'a>(call: &'a Call<'_>, index: usize) -> Result<&'a IntervalYearMonthArray, TrinoError> {
    call.column(index)
}

/// Times with zone as the time of day they are in UTC, by which they compare.
pub(in super::super) fn zoned_time_in_utc(array: &ArrayRef) -> Result<ArrayRef, TrinoError> {
    let moments = Moments::new(array)?;
    let nulls = array.logical_nulls();
    let mut values = Vec::with_capacity(array.len());
    for row in 0..array.len() {
        let nanos = if is_valid(nulls.as_ref(), row) {
            let offset = match moments.zone(row)? {
                Some(Zone::Fixed(seconds)) => i64::from(seconds),
                _ => 0,
            };
            (moments.stored(row).nanos - offset * NANOS_OF_SECOND).rem_euclid(NANOS_OF_DAY)
        } else {
            0
        };
        values.push(nanos);
    }
    primitive(&DataType::Time64(TimeUnit::Nanosecond), values, nulls)
}
