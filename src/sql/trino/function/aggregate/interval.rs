//! `sum` and `avg` of intervals: milliseconds or months, added exactly.

use std::sync::Arc;

use arrow::array::{ArrayRef, DurationMillisecondArray, Int64Array, IntervalYearMonthArray};

use super::super::TrinoError;
use super::super::column::typed;
use super::own;
use crate::sql::trino::call::{AggregateCall, Aggregation};
use crate::sql::trino::registry::{AggregateBuild, AggregateEntry};
use crate::sql::trino::types::TrinoType;

pub(in super::super) const ENTRIES: &[AggregateEntry] = &[
    own(
        "avg(interval day to second) -> interval day to second",
        AVERAGE,
        "SELECT avg(x) FROM (VALUES INTERVAL '1' DAY, INTERVAL '2' DAY) AS t(x)",
        "1 12:00:00.000",
    ),
    own(
        "avg(interval year to month) -> interval year to month",
        AVERAGE,
        "SELECT avg(x) FROM (VALUES INTERVAL '1' YEAR, INTERVAL '2' YEAR) AS t(x)",
        "1-6",
    ),
    own(
        "sum(interval day to second) -> interval day to second",
        SUM,
        "SELECT sum(x) FROM (VALUES INTERVAL '1' DAY, INTERVAL '2' HOUR) AS t(x)",
        "1 02:00:00.000",
    ),
    own(
        "sum(interval year to month) -> interval year to month",
        SUM,
        "SELECT sum(x) FROM (VALUES INTERVAL '1' YEAR, INTERVAL '2' MONTH) AS t(x)",
        "1-2",
    ),
];

const SUM: AggregateBuild = AggregateBuild::Own { state, start: |call| Ok(Total::start(call, false)) };
const AVERAGE: AggregateBuild = AggregateBuild::Own { state, start: |call| Ok(Total::start(call, true)) };

fn state(_: &AggregateCall<'_>) -> Vec<TrinoType> {
    vec![TrinoType::Bigint, TrinoType::Bigint]
}

/// The sum of intervals, and how many there were.
#[derive(Debug)]
struct Total {
    sum: i64,
    count: i64,
    is_average: bool,
    is_months: bool,
}

impl Total {
    fn start(call: &AggregateCall<'_>, is_average: bool) -> Box<dyn Aggregation> {
        let is_months = *call.return_type == TrinoType::IntervalYearToMonth;
        Box::new(Self { sum: 0, count: 0, is_average, is_months })
    }

    fn add(&mut self, value: i64, count: i64) -> Result<(), TrinoError> {
        self.sum = self.sum.checked_add(value).ok_or_else(|| TrinoError::range("interval overflow"))?;
        self.count += count;
        Ok(())
    }
}

impl Aggregation for Total {
    fn update(&mut self, args: &[ArrayRef]) -> Result<(), TrinoError> {
        for values in args {
            if self.is_months {
                let months = typed::<IntervalYearMonthArray>(values)?;
                months.iter().flatten().try_for_each(|months| self.add(i64::from(months), 1))?;
            } else {
                let millis = typed::<DurationMillisecondArray>(values)?;
                millis.iter().flatten().try_for_each(|millis| self.add(millis, 1))?;
            }
        }
        Ok(())
    }

    fn merge(&mut self, states: &[ArrayRef]) -> Result<(), TrinoError> {
        let [sums, counts] = states else {
            return Err(TrinoError::internal("the state of an interval's sum has two columns"));
        };
        let (sums, counts) = (typed::<Int64Array>(sums)?, typed::<Int64Array>(counts)?);
        (0..sums.len()).try_for_each(|row| self.add(sums.value(row), counts.value(row)))
    }

    fn state(&mut self) -> Result<Vec<ArrayRef>, TrinoError> {
        Ok(vec![Arc::new(Int64Array::from(vec![self.sum])), Arc::new(Int64Array::from(vec![self.count]))])
    }

    fn finish(&mut self) -> Result<ArrayRef, TrinoError> {
        let total = (self.count > 0).then(|| if self.is_average { self.sum / self.count } else { self.sum });
        if !self.is_months {
            return Ok(Arc::new(DurationMillisecondArray::from(vec![total])));
        }
        let months = total.map(i32::try_from).transpose().map_err(|_| TrinoError::range("interval overflow"))?;
        Ok(Arc::new(IntervalYearMonthArray::from(vec![months])))
    }

    fn bytes(&self) -> usize {
        size_of::<Self>()
    }
}
