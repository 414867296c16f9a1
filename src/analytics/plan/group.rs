//! GROUP BY and WINDOWED BY STAGGER: groups, and how the select list is written over them.

use super::calls::{Computed, Found, as_call};
use super::monotonic::{Motion, before_the_end, motion};
use super::planner::Planner;
use super::relation::{Column, Origin, ROWTIME, Relation, schema_of};
use super::select::{Rewrite, Stage, aggregates};
use crate::analytics::error::{Error, Result};
use crate::analytics::expr::{Expr, ExprType, Scope, bind};
use crate::analytics::operator::{Periods, Stagger, StaggerSpec, Tumbling, TumblingSpec};
use crate::analytics::syntax::{self, At, ExprKind};

/// Where the keys and results of groups are in their operator's output.
pub(super) struct Keys {
    /// Of the grouped rows.
    scope: Scope,
    /// The key expressions, names resolved, and their places.
    keys: Vec<(syntax::Expr, usize)>,
    calls: Vec<Found>,
    places: Vec<usize>,
}

impl Keys {
    /// An expression of the select list, HAVING or ORDER BY over keys and results.
    pub(super) fn rewritten(
        &self,
        planner: &Planner<'_>,
        expr: &syntax::Expr,
        groups: &Relation,
    ) -> Result<syntax::Expr> {
        let mut failed: Option<Error> = None;
        let rewritten = expr.replaced(&mut |part| {
            let place = |place| Some(syntax::Expr { kind: ExprKind::Place(place), at: part.at });
            let resolved = self.scope.resolved(part, planner.text);
            if let Some((_, key)) = self.keys.iter().find(|(key, _)| *key == resolved) {
                return place(*key);
            }
            if let Some(call) = as_call(part) {
                let number = self.calls.iter().position(|found| found.call == *call);
                return number.and_then(|number| self.places.get(number)).and_then(|number| place(*number));
            }
            match &part.kind {
                ExprKind::Column(parts) if parts.len() == 1 && parts[0].value == ROWTIME && groups.is_stream => {
                    place(groups.rowtime_place())
                }
                ExprKind::Column(parts) => {
                    let name = parts.iter().map(|part| part.value.as_str()).collect::<Vec<_>>().join(".");
                    // A name that does not exist at all is the better thing to say.
                    let message =
                        format!("The column `{name}` is neither a key of the groups nor inside of an aggregate");
                    let hint = "add it to the keys, or aggregate it: MAX(…), LAST_VALUE(…)";
                    failed.get_or_insert_with(|| match self.scope.resolve(parts, planner.text) {
                        Err(unknown) => unknown,
                        Ok(_) => planner.refuse(part.at, message, hint),
                    });
                    None
                }
                _ => None,
            }
        });
        failed.map_or(Ok(rewritten), Err)
    }
}

impl Planner<'_> {
    /// GROUP BY; without keys, one group of a table.
    pub(super) fn tumbling(
        &mut self,
        input: Relation,
        filter: Option<Expr>,
        keys: &[syntax::Expr],
        at: At,
        calls: Vec<Found>,
        having: Option<&syntax::Expr>,
    ) -> Result<Stage> {
        let (resolved, motions, mut computed) = self.keys(keys, &input)?;
        let terms: Vec<usize> = (0..keys.len()).filter(|key| motions[*key].is_monotonic()).collect();
        if terms.is_empty() && input.is_stream {
            let hint = "add STEP(s.ROWTIME BY INTERVAL '1' MINUTE), where `s` is the stream or its alias";
            return Err(self.refuse(at, "GROUP BY on a stream needs a monotonic term, which ends the groups", hint));
        }
        let others: Vec<usize> = (0..keys.len()).filter(|key| !terms.contains(key)).collect();
        let mut specs = Vec::with_capacity(calls.len());
        let mut columns: Vec<Column> = Vec::new();
        let term_motions: Vec<Motion> = terms.iter().map(|term| motions[*term].clone()).collect();
        let (periods, by_rows) = self.periods(&term_motions)?;
        let ends = matches!(periods, Periods::Functions(_)) && !by_rows;
        for key in terms.iter().chain(&others) {
            let motion = match &motions[*key] {
                Motion::Monotonic { .. } if ends => before_the_end(&motions[*key]),
                Motion::Monotonic { rises, .. } if by_rows => Motion::Monotonic { rises: *rises, function: None },
                other => other.clone(),
            };
            columns.push(Column { motion, ..Column::unnamed(computed.columns[*key].sql_type.clone()) });
        }
        let key_places = place_of(&terms, &others);
        let mut places = Vec::with_capacity(calls.len());
        for found in &calls {
            self.refuse_over(found)?;
            let (aggregate, sql_type) = self.aggregate(found, &input, &mut computed)?;
            places.push(columns.len());
            columns.push(Column::unnamed(sql_type));
            specs.push(aggregate);
        }
        let scope = self.scope(&input);
        let rows = self.project(&input, filter, computed.items, computed.columns);
        let spec =
            TumblingSpec { terms, keys: others, aggregates: specs, periods, by_rows, schema: schema_of(&columns) };
        let origin = self.node("tumbling", vec![rows.origin], Tumbling::new(spec, &rows.schema())?);
        let keys = resolved.into_iter().zip(key_places).collect();
        self.groups(origin, columns, input.is_stream, ends, Keys { scope, keys, calls, places }, having)
    }

    /// WINDOWED BY STAGGER
    #[expect(clippy::too_many_arguments, reason = "one for each clause")]
    pub(super) fn stagger(
        &mut self,
        input: Relation,
        filter: Option<Expr>,
        partition: &[syntax::Expr],
        range: &syntax::Expr,
        at: At,
        calls: Vec<Found>,
        having: Option<&syntax::Expr>,
    ) -> Result<Stage> {
        if !input.is_stream {
            return Err(self.error(at, "WINDOWED BY STAGGER needs a stream"));
        }
        let width = self.milliseconds(range, "The width of a stagger window")?;
        if width <= 0 {
            return Err(self.error(range.at, "The width of a stagger window must be longer than nothing"));
        }
        let (resolved, _, mut computed) = self.keys(partition, &input)?;
        let mut columns: Vec<Column> =
            computed.columns.iter().map(|column| Column::unnamed(column.sql_type.clone())).collect();
        let mut specs = Vec::with_capacity(calls.len());
        let mut places = Vec::with_capacity(calls.len());
        for found in &calls {
            self.refuse_over(found)?;
            let (aggregate, sql_type) = self.aggregate(found, &input, &mut computed)?;
            places.push(columns.len());
            columns.push(Column::unnamed(sql_type));
            specs.push(aggregate);
        }
        let scope = self.scope(&input);
        let rows = self.project(&input, filter, computed.items, computed.columns);
        let keys: Vec<usize> = (0..partition.len()).collect();
        let spec = StaggerSpec { keys: keys.clone(), width, aggregates: specs, schema: schema_of(&columns) };
        let origin = self.node("stagger", vec![rows.origin], Stagger::new(spec, &rows.schema())?);
        let keys = resolved.into_iter().zip(keys).collect();
        self.groups(origin, columns, true, false, Keys { scope, keys, calls, places }, having)
    }

    /// The key expressions: names resolved, how they move, and their values.
    fn keys(&mut self, keys: &[syntax::Expr], input: &Relation) -> Result<(Vec<syntax::Expr>, Vec<Motion>, Computed)> {
        let mut computed = Computed::nothing();
        let mut resolved = Vec::with_capacity(keys.len());
        let mut motions = Vec::with_capacity(keys.len());
        for key in keys {
            if aggregates(key) {
                return Err(self.refuse(key.at, "A key of groups cannot aggregate", "compute it in a sub-query"));
            }
            let bound = self.bind(key, input)?;
            let expr = self.scope(input).resolved(key, self.text);
            motions.push(motion(&expr, input));
            resolved.push(expr);
            computed.columns.push(Column::unnamed(bound.sql_type().clone()));
            computed.items.push(bound);
        }
        Ok((resolved, motions, computed))
    }

    fn refuse_over(&self, found: &Found) -> Result<()> {
        if found.call.over.is_some() {
            let hint = "group in a sub-query and let the window look at its rows";
            return Err(self.refuse(found.at, "A sliding window cannot look at groups of the same query", hint));
        }
        Ok(())
    }

    fn groups(
        &mut self,
        origin: Origin,
        columns: Vec<Column>,
        is_stream: bool,
        ends: bool,
        keys: Keys,
        having: Option<&syntax::Expr>,
    ) -> Result<Stage> {
        let relation = Relation { is_grouped: ends, ..Relation::new(origin, columns, None, is_stream) };
        let filter = match having {
            None => None,
            Some(having) => {
                let having = keys.rewritten(self, having, &relation)?;
                Some(self.bind_condition(&having, &relation)?)
            }
        };
        Ok(Stage { relation, filter, rewrite: Rewrite::Grouped(keys) })
    }

    /// When terms that move like this change; and whether some changes are shown by rows alone.
    pub(super) fn periods(&mut self, motions: &[Motion]) -> Result<(Periods, bool)> {
        let mut functions = Vec::new();
        let mut by_rows = false;
        for motion in motions {
            match motion {
                Motion::Monotonic { function: Some(_), .. } if motion.is_rowtime() => {
                    return Ok((Periods::Rowtime, motions.iter().any(|motion| !has_function(motion))));
                }
                Motion::Monotonic { function: Some(function), .. } => functions.push(self.of_rowtime(function)?),
                _ => by_rows = true,
            }
        }
        if functions.is_empty() {
            return Ok((Periods::Rows, true));
        }
        let env = self.catalog.env;
        let evaluate = move |times: &[i64]| {
            let times = arrow::array::TimestampMillisecondArray::from(times.to_vec());
            let schema = schema_of(&[Column::new(None, ROWTIME, ExprType::TIMESTAMP)]);
            let batch = arrow::array::RecordBatch::try_new(schema, vec![std::sync::Arc::new(times)])?;
            functions.iter().map(|function: &Expr| Ok(function.evaluate(&batch, &env)?.values)).collect()
        };
        Ok((Periods::Functions(Box::new(evaluate)), by_rows))
    }

    /// A function of ROWTIME as something that can be evaluated.
    fn of_rowtime(&mut self, function: &syntax::Expr) -> Result<Expr> {
        let time = Column::new(None, ROWTIME, ExprType::TIMESTAMP);
        let scope = Relation::new(Origin::Stream(0), vec![time], None, false).scope(None);
        bind(function, &scope, &self.catalog.functions, self.text)
    }
}

fn has_function(motion: &Motion) -> bool {
    matches!(motion, Motion::Monotonic { function: Some(_), .. })
}

/// For each key its place in the output, where terms come first.
fn place_of(terms: &[usize], others: &[usize]) -> Vec<usize> {
    let mut places = vec![0; terms.len() + others.len()];
    for (place, key) in terms.iter().chain(others).enumerate() {
        places[*key] = place;
    }
    places
}
