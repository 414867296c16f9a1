//! `array_sort` with a comparator: a merge sort of all rows at once.
//!
//! In every round each pair of runs that is being merged compares its two first elements; the comparisons of a round are
//! one evaluation of the lambda.

use arrow::array::{Array, ArrayRef, Int64Array};
use arrow::datatypes::DataType;

use super::super::column::{ListShape, as_type, index, pick, typed};
use super::super::{Call, FunctionEntry, TrinoError, entry};
use super::lambda::{Elements, evaluate};

pub(in super::super) const ENTRIES: &[FunctionEntry] = &[entry(
    "array_sort(array(T), function(T,T,bigint)) -> array(T)",
    sort,
    "array_sort(ARRAY[3, 2, 5, 1, 2], (x, y) -> IF(x < y, 1, IF(x = y, 0, -1)))",
    "[5,3,2,2,1]",
)];

/// Two neighbouring runs of a row that become one.
struct Merge {
    row: u32,
    left: std::ops::Range<usize>,
    right: std::ops::Range<usize>,
    merged: Vec<u32>,
    start: usize,
}

impl Merge {
    fn is_open(&self) -> bool {
        !self.left.is_empty() && !self.right.is_empty()
    }
}

fn sort(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let elements = Elements::of(call.list(0)?)?;
    let mut order: Vec<u32> = (0..elements.values.len()).map(index).collect();
    let longest = elements.lengths.iter().copied().max().unwrap_or(0);
    let mut width = 1;
    while width < longest {
        let mut merges = merges(&elements.lengths, width);
        merge_all(call, &elements, &order, &mut merges)?;
        for merge in merges {
            let rest = order[merge.left.clone()].iter().chain(&order[merge.right.clone()]).copied();
            let merged: Vec<u32> = merge.merged.into_iter().chain(rest).collect();
            order[merge.start..merge.start + merged.len()].copy_from_slice(&merged);
        }
        width *= 2;
    }
    let (mut shape, mut total) = (ListShape::new(call.rows), 0);
    for length in &elements.lengths {
        total += length;
        shape.close(total, true)?;
    }
    shape.into_list(&call.result_type(), pick(&elements.values, order)?)
}

/// The pairs of runs of `width` elements.
fn merges(lengths: &[usize], width: usize) -> Vec<Merge> {
    let (mut merges, mut start) = (Vec::new(), 0);
    for (row, length) in lengths.iter().enumerate() {
        let end = start + length;
        for left in (start..end).step_by(2 * width).filter(|left| left + width < end) {
            let middle = left + width;
            merges.push(Merge {
                row: index(row),
                left: left..middle,
                right: middle..(middle + width).min(end),
                merged: Vec::new(),
                start: left,
            });
        }
        start = end;
    }
    merges
}

fn merge_all(call: &Call<'_>, elements: &Elements, order: &[u32], merges: &mut [Merge]) -> Result<(), TrinoError> {
    loop {
        let open: Vec<usize> = (0..merges.len()).filter(|merge| merges[*merge].is_open()).collect();
        if open.is_empty() {
            return Ok(());
        }
        let side = |place: fn(&Merge) -> usize| open.iter().map(|merge| order[place(&merges[*merge])]).collect();
        let (left, right): (Vec<u32>, Vec<u32>) = (side(|merge| merge.left.start), side(|merge| merge.right.start));
        let rows: Vec<u32> = open.iter().map(|merge| merges[*merge].row).collect();
        let parameters = [pick(&elements.values, left)?, pick(&elements.values, right)?];
        let answers = as_type(&evaluate(call, 0, &parameters, &rows)?, &DataType::Int64)?;
        let answers = typed::<Int64Array>(&answers)?;
        for (answer, merge) in open.into_iter().enumerate() {
            let merge = &mut merges[merge];
            if answers.is_null(answer) || !(-1..=1).contains(&answers.value(answer)) {
                return Err(TrinoError::argument("Lambda comparator must return either -1, 0, or 1"));
            }
            // Equal elements keep their order.
            let taken = if answers.value(answer) <= 0 { merge.left.next() } else { merge.right.next() };
            merge.merged.extend(taken.map(|place| order[place]));
        }
    }
}
