//! Elements by place: `element_at`, subscripts, `slice`, `trim_array`, `cardinality`, `reverse`.

use arrow::array::ArrayRef;

use super::super::column::{ListShape, bigint_rows, gather, pick, range};
use super::super::{Call, FunctionEntry, TrinoError, entry};
use super::Lists;

pub(in super::super) const ENTRIES: &[FunctionEntry] = &[
    entry("cardinality(array(T)) -> bigint", cardinality, "cardinality(ARRAY[1, 2, 3])", "3").infallible(),
    entry("cardinality(map(K, V)) -> bigint", cardinality_of_map, "cardinality(MAP(ARRAY['a'], ARRAY[1]))", "1")
        .infallible(),
    entry("element_at(array(T), bigint) -> T", element_at, "element_at(ARRAY[10, 20, 30], -1)", "30"),
    entry("reverse(array(T)) -> array(T)", reverse, "reverse(ARRAY[1, 2, 3])", "[3,2,1]").infallible(),
    entry("slice(array(T), bigint, bigint) -> array(T)", slice, "slice(ARRAY[1, 2, 3, 4], -2, 2)", "[3,4]"),
    entry("trim_array(array(T), bigint) -> array(T)", trim_array, "trim_array(ARRAY[1, 2, 3, 4], 1)", "[1,2,3]"),
];

fn cardinality(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let lists = call.list(0)?;
    bigint_rows(call, |row| Ok(Some(range(lists.value_offsets(), row).len() as i64)))
}

fn cardinality_of_map(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let maps = call.map(0)?;
    bigint_rows(call, |row| Ok(Some(range(maps.value_offsets(), row).len() as i64)))
}

/// The element that `place` finds in each row.
fn elements(
    call: &Call<'_>,
    place: impl Fn(i64, i64) -> Result<Option<i64>, TrinoError>,
) -> Result<ArrayRef, TrinoError> {
    let (lists, indices) = (Lists::of(call, 0)?, call.bigint(1)?);
    let mut places = Vec::with_capacity(call.rows);
    for row in 0..call.rows {
        let range = lists.range(row);
        let found = place(indices.value(row), range.len() as i64)?;
        places.push(found.map(|place| (range.start as i64 + place) as u32));
    }
    gather(lists.values(), places)
}

fn element_at(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    elements(call, |index, length| match index {
        0 => Err(TrinoError::argument("SQL array indices start at 1")),
        index if index.unsigned_abs() > length as u64 => Ok(None),
        index if index < 0 => Ok(Some(length + index)),
        index => Ok(Some(index - 1)),
    })
}

/// The elements that `places` picks of each row.
fn arrays(
    call: &Call<'_>,
    mut places: impl FnMut(usize, std::ops::Range<usize>, &mut Vec<u32>) -> Result<(), TrinoError>,
) -> Result<ArrayRef, TrinoError> {
    let lists = Lists::of(call, 0)?;
    let (mut shape, mut picked) = (ListShape::new(call.rows), Vec::new());
    for row in 0..call.rows {
        places(row, lists.range(row), &mut picked)?;
        shape.close(picked.len(), true)?;
    }
    shape.into_list(&call.result_type(), pick(lists.values(), picked)?)
}

fn reverse(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    arrays(call, |_, range, picked| {
        picked.extend(range.rev().map(|place| place as u32));
        Ok(())
    })
}

fn slice(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let (starts, lengths) = (call.bigint(1)?, call.bigint(2)?);
    arrays(call, |row, range, picked| {
        let (start, length) = (starts.value(row), lengths.value(row));
        if length < 0 {
            return Err(TrinoError::argument("length must be greater than or equal to 0"));
        }
        if start == 0 {
            return Err(TrinoError::argument("SQL array indices start at 1"));
        }
        let size = range.len() as i64;
        let first = if start < 0 { size + start } else { start - 1 };
        if (0..size).contains(&first) {
            let end = first.saturating_add(length).min(size);
            picked.extend((first..end).map(|place| (range.start as i64 + place) as u32));
        }
        Ok(())
    })
}

fn trim_array(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let sizes = call.bigint(1)?;
    arrays(call, |row, range, picked| {
        let size = sizes.value(row);
        if size < 0 {
            return Err(TrinoError::argument(format!("size must not be negative: {size}")));
        }
        match usize::try_from(size).ok().and_then(|size| range.len().checked_sub(size)) {
            Some(kept) => picked.extend(range.take(kept).map(|place| place as u32)),
            None => {
                return Err(TrinoError::argument(format!(
                    "size must not exceed array cardinality {}: {size}",
                    range.len()
                )));
            }
        }
        Ok(())
    })
}
