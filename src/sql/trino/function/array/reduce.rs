//! `reduce`: the first elements of all rows go through the lambda together, then the second ones, and so on.

use arrow::array::{Array, ArrayRef};
use arrow::compute::interleave;

use super::super::column::{as_type, index, pick, range};
use super::super::{Call, FunctionEntry, TrinoError, called};
use super::lambda::evaluate;

pub(in super::super) const ENTRIES: &[FunctionEntry] = &[called(
    "reduce(array(T), S, function(S,T,S), function(S,R)) -> R",
    reduce,
    "reduce(ARRAY[5, 20, 50], 0, (s, x) -> s + x, s -> s)",
    "75",
)];

fn reduce(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let lists = call.list(0)?;
    let Some(initial) = call.args.get(1) else {
        return Err(TrinoError::internal("an argument is missing"));
    };
    let length = |row: u32| range(lists.value_offsets(), row as usize).len();
    let mut active: Vec<u32> = (0..call.rows).filter(|row| lists.is_valid(*row)).map(index).collect();
    let valid = active.clone();
    let mut state = pick(initial, active.clone())?;
    // The states of rows that have no more elements: which array and which place of it.
    let (mut finished, mut places) = (Vec::new(), vec![(0, 0); call.rows]);
    for step in 0.. {
        let (done, going): (Vec<usize>, Vec<usize>) =
            (0..active.len()).partition(|place| length(active[*place]) == step);
        for place in done {
            places[active[place] as usize] = (finished.len(), place);
        }
        let next = pick(&state, going.iter().map(|place| index(*place)).collect())?;
        finished.push(state);
        if going.is_empty() {
            break;
        }
        active = going.into_iter().map(|place| active[place]).collect();
        let elements = active.iter().map(|row| index(range(lists.value_offsets(), *row as usize).start + step));
        let elements = pick(lists.values(), elements.collect())?;
        state = as_type(&evaluate(call, 0, &[next, elements], &active)?, initial.data_type())?;
    }
    let arrays: Vec<&dyn Array> = finished.iter().map(AsRef::as_ref).collect();
    let places: Vec<(usize, usize)> = valid.iter().map(|row| places[*row as usize]).collect();
    let states = interleave(&arrays, &places)?;
    let results = as_type(&evaluate(call, 1, &[states], &valid)?, &call.result_type())?;
    // Rows without an array have no result.
    let mut next = 0;
    let indices = (0..call.rows).map(|row| {
        let has = lists.is_valid(row);
        next += u32::from(has);
        has.then(|| next - 1)
    });
    super::super::column::gather(&results, indices.collect())
}
