//! Arrays made of arrays: `concat`, `flatten`, `zip`, `ngrams`, `combinations`.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, StructArray};
use arrow::compute::interleave;
use arrow::datatypes::DataType;

use super::super::column::{ListShape, as_type, gather, index, pick, range, typed};
use super::super::{Call, FunctionEntry, TrinoError, entry};
use super::Lists;

pub(in super::super) const ENTRIES: &[FunctionEntry] = &[
    entry(
        "combinations(array(T), bigint) -> array(array(T))",
        combinations,
        "combinations(ARRAY['foo', 'bar', 'baz'], 2)",
        r#"[["foo","bar"],["foo","baz"],["bar","baz"]]"#,
    ),
    entry(
        "concat(array(T), array(T), array(T)...) -> array(T)",
        concat,
        "concat(ARRAY[1], ARRAY[2], ARRAY[3])",
        "[1,2,3]",
    ),
    entry("flatten(array(array(T))) -> array(T)", flatten, "flatten(ARRAY[ARRAY[1, 2], ARRAY[3]])", "[1,2,3]"),
    entry(
        "ngrams(array(T), bigint) -> array(array(T))",
        ngrams,
        "ngrams(ARRAY['foo', 'bar', 'baz', 'foo'], 2)",
        r#"[["foo","bar"],["bar","baz"],["baz","foo"]]"#,
    ),
    entry(
        "zip(array(A), array(B)) -> array(row(A, B))",
        zip,
        "zip(ARRAY[1, 2], ARRAY['1b'])",
        r#"[[1,"1b"],[2,null]]"#,
    ),
    entry(
        "zip(array(A), array(B), array(C)) -> array(row(A, B, C))",
        zip,
        "zip(ARRAY[1], ARRAY[2], ARRAY[3])",
        "[[1,2,3]]",
    ),
    entry(
        "zip(array(A), array(B), array(C), array(D)) -> array(row(A, B, C, D))",
        zip,
        "zip(ARRAY[1], ARRAY[2], ARRAY[3], ARRAY[4])",
        "[[1,2,3,4]]",
    ),
    entry(
        "zip(array(A), array(B), array(C), array(D), array(E)) -> array(row(A, B, C, D, E))",
        zip,
        "zip(ARRAY[1], ARRAY[2], ARRAY[3], ARRAY[4], ARRAY[5])",
        "[[1,2,3,4,5]]",
    ),
];

/// Most sizes of combinations, and most combinations of one array.
const LARGEST_COMBINATION: i64 = 5;
const MOST_COMBINATIONS: usize = 100_000;

fn concat(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let lists = (0..call.args.len()).map(|index| call.list(index)).collect::<Result<Vec<_>, _>>()?;
    let (mut shape, mut picks) = (ListShape::new(call.rows), Vec::new());
    for row in 0..call.rows {
        for (column, lists) in lists.iter().enumerate() {
            picks.extend(range(lists.value_offsets(), row).map(|place| (column, place)));
        }
        shape.close(picks.len(), true)?;
    }
    let values: Vec<&dyn Array> = lists.iter().map(|lists| lists.values().as_ref()).collect();
    shape.into_list(&call.result_type(), interleave(&values, &picks)?)
}

fn flatten(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let outer = call.list(0)?;
    let inner = typed::<arrow::array::ListArray>(outer.values())?;
    let (mut shape, mut picked) = (ListShape::new(call.rows), Vec::new());
    for row in 0..call.rows {
        for place in range(outer.value_offsets(), row).filter(|place| inner.is_valid(*place)) {
            picked.extend(range(inner.value_offsets(), place).map(index));
        }
        shape.close(picked.len(), true)?;
    }
    shape.into_list(&call.result_type(), pick(inner.values(), picked)?)
}

/// The shorter arrays are filled up with NULLs.
fn zip(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let lists = (0..call.args.len()).map(|index| Lists::of(call, index)).collect::<Result<Vec<_>, _>>()?;
    let mut shape = ListShape::new(call.rows);
    let mut places: Vec<Vec<Option<u32>>> = vec![Vec::new(); lists.len()];
    let mut total = 0;
    for row in 0..call.rows {
        let longest = lists.iter().map(|lists| lists.range(row).len()).max().unwrap_or(0);
        for (lists, places) in lists.iter().zip(&mut places) {
            let range = lists.range(row);
            places.extend((0..longest).map(|step| (step < range.len()).then(|| index(range.start + step))));
        }
        total += longest;
        shape.close(total, true)?;
    }
    let result_type = call.result_type();
    let DataType::List(item) = &result_type else {
        return Err(TrinoError::internal("zip gives no array"));
    };
    let DataType::Struct(fields) = item.data_type() else {
        return Err(TrinoError::internal("zip gives no rows"));
    };
    let columns = lists
        .iter()
        .zip(places)
        .zip(fields)
        .map(|((lists, places), field)| as_type(&gather(lists.values(), places)?, field.data_type()))
        .collect::<Result<Vec<_>, _>>()?;
    let rows = StructArray::try_new_with_length(fields.clone(), columns, None, total)?;
    shape.into_list(&result_type, Arc::new(rows))
}

/// Arrays of arrays: `write` appends the inner arrays of a row.
fn nested(
    call: &Call<'_>,
    mut write: impl FnMut(usize, std::ops::Range<usize>, &mut Inner) -> Result<(), TrinoError>,
) -> Result<ArrayRef, TrinoError> {
    let lists = Lists::of(call, 0)?;
    let mut shape = ListShape::new(call.rows);
    let mut inner = Inner { shape: ListShape::new(call.rows), picked: Vec::new(), count: 0 };
    for row in 0..call.rows {
        write(row, lists.range(row), &mut inner)?;
        shape.close(inner.count, true)?;
    }
    let result_type = call.result_type();
    let DataType::List(item) = &result_type else {
        return Err(TrinoError::internal("the result is no array"));
    };
    let arrays = inner.shape.into_list(item.data_type(), pick(lists.values(), inner.picked)?)?;
    shape.into_list(&result_type, arrays)
}

/// Inner arrays under construction.
struct Inner {
    shape: ListShape,
    picked: Vec<u32>,
    count: usize,
}

impl Inner {
    fn push(&mut self, places: impl Iterator<Item = usize>) -> Result<(), TrinoError> {
        self.picked.extend(places.map(index));
        self.count += 1;
        self.shape.close(self.picked.len(), true)
    }
}

fn ngrams(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let sizes = call.bigint(1)?;
    nested(call, |row, places, inner| {
        let size = sizes.value(row);
        if size <= 0 {
            return Err(TrinoError::argument("N must be positive"));
        }
        let size = usize::try_from(size).map_or(places.len(), |size| size.min(places.len()));
        for start in places.start..=places.end - size {
            inner.push(start..start + size)?;
        }
        Ok(())
    })
}

fn combinations(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let sizes = call.bigint(1)?;
    nested(call, |row, places, inner| {
        let size = sizes.value(row);
        if size < 0 {
            return Err(TrinoError::argument(format!("combination size must not be negative: {size}")));
        }
        if size > LARGEST_COMBINATION {
            return Err(TrinoError::argument(format!(
                "combination size must not exceed {LARGEST_COMBINATION}: {size}"
            )));
        }
        let size = size as usize;
        if size > places.len() {
            return Ok(());
        }
        let count = (0..size).fold(1usize, |count, step| count.saturating_mul(places.len() - step) / (step + 1));
        if count > MOST_COMBINATIONS {
            return Err(TrinoError::argument(format!("combinations exceed max size of {MOST_COMBINATIONS}")));
        }
        let mut chosen: Vec<usize> = (0..size).collect();
        loop {
            inner.push(chosen.iter().map(|place| places.start + place))?;
            // The first place that can move without meeting the next one moves; those before it start anew.
            let Some(moved) =
                (0..size).find(|step| chosen[*step] + 1 < chosen.get(step + 1).copied().unwrap_or(places.len()))
            else {
                return Ok(());
            };
            chosen[moved] += 1;
            (0..moved).for_each(|step| chosen[step] = step);
        }
    })
}
