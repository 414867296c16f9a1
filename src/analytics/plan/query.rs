//! Queries: SELECT, VALUES, and several of them combined.

use std::collections::HashMap;

use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions, UInt32Array};
use arrow::compute::{concat, take_record_batch};
use arrow::row::{OwnedRow, RowConverter, SortField};

use super::monotonic::Motion;
use super::planner::Planner;
use super::relation::{Column, Relation, schema_of};
use crate::analytics::error::{Error, Result};
use crate::analytics::expr::cast::cast;
use crate::analytics::expr::{Expr, ExprType, Scope, common_type};
use crate::analytics::operator::{Once, Union};
use crate::analytics::syntax::{self, At, Query, QueryBody, SetOp};

impl Planner<'_> {
    /// Plan a query.
    pub(super) fn query(&mut self, query: &Query) -> Result<Relation> {
        match &query.body {
            QueryBody::Select(select) => self.select(select, &query.order_by),
            QueryBody::Values(rows) => {
                let values = self.values(rows, query.at)?;
                self.ordered(values, &query.order_by)
            }
            QueryBody::Set { op, all, left, right } => {
                let (first, second) = (self.query(left)?, self.query(right)?);
                let both = self.set(*op, *all, first, second, right.at)?;
                self.ordered(both, &query.order_by)
            }
        }
    }

    /// `VALUES (…), …`
    fn values(&mut self, rows: &[Vec<syntax::Expr>], at: At) -> Result<Relation> {
        let width = rows.first().map_or(0, Vec::len);
        let mut columns = Vec::with_capacity(width);
        let mut arrays: Vec<ArrayRef> = Vec::with_capacity(width);
        for place in 0..width {
            let mut cells = Vec::with_capacity(rows.len());
            let mut common = ExprType::Null;
            for row in rows {
                let Some(cell) = row.get(place) else {
                    return Err(self.error(at, "The rows of VALUES differ in width"));
                };
                let bound = self.bind_in(cell, &Scope::default())?;
                common = common_type(&common, bound.sql_type()).ok_or_else(|| {
                    let message = format!("A value of type {} stands in a column of type {common}", bound.sql_type());
                    self.error(cell.at, message)
                })?;
                cells.push((bound, cell.at));
            }
            let values =
                cells.into_iter().map(|(cell, at)| self.value(cell, &common, at)).collect::<Result<Vec<_>>>()?;
            let parts: Vec<&dyn arrow::array::Array> = values.iter().map(AsRef::as_ref).collect();
            arrays.push(concat(&parts)?);
            columns.push(Column::new(None, &format!("EXPR${place}"), common));
        }
        let options = RecordBatchOptions::new().with_row_count(Some(rows.len()));
        let batch = RecordBatch::try_new_with_options(schema_of(&columns), arrays, &options)?;
        Ok(self.table(batch, columns))
    }

    fn value(&mut self, cell: Expr, to: &ExprType, at: At) -> Result<ArrayRef> {
        let from = cell.sql_type().clone();
        let cell = cast(cell, to)?.ok_or_else(|| self.error(at, format!("A value of type {from} is no {to}")))?;
        let options = RecordBatchOptions::new().with_row_count(Some(1));
        let row = RecordBatch::try_new_with_options(schema_of(&[]), Vec::new(), &options)?;
        let found = cell.evaluate(&row, &self.catalog.env)?;
        match found.failed.as_ref().and_then(|failed| failed.iter().next()) {
            Some((_, message)) => Err(Error::TableRow { message: message.to_owned() }),
            None => Ok(found.values),
        }
    }

    /// Rows that are there.
    fn table(&mut self, rows: RecordBatch, columns: Vec<Column>) -> Relation {
        let origin = self.node("values", Vec::new(), Once::new(rows));
        Relation::new(origin, columns, None, false)
    }

    /// UNION, EXCEPT, INTERSECT
    fn set(&mut self, op: SetOp, all: bool, first: Relation, second: Relation, at: At) -> Result<Relation> {
        let is_stream = first.is_stream || second.is_stream;
        if is_stream && !(op == SetOp::Union && all) {
            let hint = "UNION ALL merges streams by ROWTIME";
            return Err(self.refuse(at, "Streams can be combined by UNION ALL only", hint));
        }
        if first.is_stream != second.is_stream {
            let hint = "INSERT the rows of the table into a stream of their own";
            return Err(self.refuse(at, "UNION ALL combines two streams or two tables, not one of each", hint));
        }
        let (first, second) = (self.only_visible(&first)?, self.only_visible(&second)?);
        if first.columns.len() != second.columns.len() {
            let message = format!("The queries have {} and {} columns", first.columns.len(), second.columns.len());
            return Err(self.error(at, message));
        }
        let mut columns = Vec::with_capacity(first.columns.len());
        for (one, other) in first.columns.iter().zip(&second.columns) {
            let Some(common) = common_type(&one.sql_type, &other.sql_type) else {
                let message = format!(
                    "The column `{}` is a {} in the first query and a {} in the second",
                    one.name, one.sql_type, other.sql_type
                );
                return Err(self.error(at, message));
            };
            let motion =
                if one.motion == other.motion && matches!(&one.motion, Motion::Monotonic { function: Some(_), .. }) {
                    one.motion.clone()
                } else {
                    Motion::Free
                };
            columns.push(Column { motion, ..Column::new(None, &one.name, common) });
        }
        let is_grouped = first.is_grouped && second.is_grouped;
        let (first, second) = (self.retyped(&first, &columns, at)?, self.retyped(&second, &columns, at)?);
        if !is_stream {
            let rows = combined(op, all, &self.rows_of(&first)?, &self.rows_of(&second)?)?;
            return Ok(self.table(rows, columns));
        }
        let union = Union::new(2, schema_of(&columns));
        let origin = self.node("union", vec![first.origin, second.origin], union);
        Ok(Relation { is_grouped, ..Relation::new(origin, columns, None, true) })
    }

    /// The columns of a relation in the types and with the names of `columns`.
    fn retyped(&mut self, relation: &Relation, columns: &[Column], at: At) -> Result<Relation> {
        let mut items = Vec::with_capacity(columns.len());
        for (place, column) in columns.iter().enumerate() {
            let from = relation.columns[place].sql_type.clone();
            let value = cast(Expr::column(place, from.clone()), &column.sql_type)?;
            items.push(value.ok_or_else(|| self.error(at, format!("A {from} cannot become a {}", column.sql_type)))?);
        }
        Ok(self.project(relation, None, items, columns.to_vec()))
    }
}

/// The rows of two tables combined.
fn combined(op: SetOp, all: bool, first: &RecordBatch, second: &RecordBatch) -> Result<RecordBatch> {
    let together = arrow::compute::concat_batches(&first.schema(), [first, second])?;
    if op == SetOp::Union && all {
        return Ok(together);
    }
    let fields = together.schema().fields().iter().map(|field| SortField::new(field.data_type().clone())).collect();
    let rows = RowConverter::new(fields)?.convert_columns(together.columns())?;
    let split = first.num_rows();
    let mut others: HashMap<OwnedRow, usize> = HashMap::new();
    for row in split..together.num_rows() {
        *others.entry(rows.row(row).owned()).or_default() += 1;
    }
    let mut seen: HashMap<OwnedRow, ()> = HashMap::new();
    let end = if op == SetOp::Union { together.num_rows() } else { split };
    let kept = (0..end).filter(|row| {
        let row = rows.row(*row).owned();
        let partners = others.get_mut(&row);
        let fits = match (op, all, partners) {
            (SetOp::Union, _, _) => true,
            (SetOp::Except, false, partners) => partners.is_none(),
            (SetOp::Intersect, false, partners) => partners.is_some(),
            (SetOp::Except, true, Some(left)) if *left > 0 => {
                *left -= 1;
                false
            }
            (SetOp::Except, true, _) => true,
            (SetOp::Intersect, true, Some(left)) if *left > 0 => {
                *left -= 1;
                true
            }
            (SetOp::Intersect, true, _) => false,
        };
        fits && (all || seen.insert(row, ()).is_none())
    });
    let kept: UInt32Array = kept.map(|row| u32::try_from(row).ok()).collect();
    Ok(take_record_batch(&together, &kept)?)
}
