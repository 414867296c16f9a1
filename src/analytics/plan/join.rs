//! Joins: which operator, which keys, which ROWTIME.

use arrow::array::{AsArray, BooleanArray, RecordBatch};
use arrow::buffer::BooleanBuffer;

use super::calls::Computed;
use super::from::{Side, conjuncts};
use super::monotonic::Motion;
use super::planner::Planner;
use super::relation::{Column, ROWTIME, Relation, schema_of};
use super::window::SideWindow;
use crate::analytics::error::Result;
use crate::analytics::expr::cast::cast;
use crate::analytics::expr::{Expr, ExprType, common_type};
use crate::analytics::operator::{Condition, JoinSide, JoinSpec, JoinWindow, Lookup, LookupSpec, StreamJoin};
use crate::analytics::sql_type::SqlType;
use crate::analytics::syntax::{self, At, BinaryOp, Call, ExprKind, JoinConstraint, JoinKind, Name};

/// The two sides with their ROWTIMEs as columns, and the keys behind them.
struct Sides {
    relations: [Relation; 2],
    keys: [Vec<usize>; 2],
    /// What ON asks besides the equality of the keys.
    rest: Option<syntax::Expr>,
}

impl Planner<'_> {
    /// Join two relations.
    pub(super) fn join(
        &mut self,
        left: Side,
        right: Side,
        kind: JoinKind,
        constraint: &JoinConstraint,
        conditions: &[syntax::Expr],
        at: At,
    ) -> Result<Relation> {
        let shared = match constraint {
            JoinConstraint::Using(names) => names.clone(),
            JoinConstraint::None | JoinConstraint::On(_) => Vec::new(),
        };
        let on = self.condition_of(&left.relation, &right.relation, constraint, &shared)?;
        if constraint == &JoinConstraint::None && !matches!(kind, JoinKind::Cross | JoinKind::Inner) {
            return Err(self.refuse(at, "An outer join needs a condition", "write ON or USING behind it"));
        }
        // Conditions of WHERE may find partners faster; WHERE itself stays.
        let inner = matches!(kind, JoinKind::Inner | JoinKind::Cross);
        let hints = if inner { conditions } else { &[] };
        let outer = [matches!(kind, JoinKind::Left | JoinKind::Full), matches!(kind, JoinKind::Right | JoinKind::Full)];
        let streams = [left.relation.is_stream, right.relation.is_stream];
        let windows = [left.window, right.window];
        let sides = self.sides(left.relation, right.relation, conjuncts(on.as_ref()), hints)?;
        let joined = match streams {
            [true, true] => self.stream_join(sides, windows, outer)?,
            // Of two tables, the one whose unmatched rows are kept is gone through.
            [false, right] => self.lookup(sides, usize::from(right || outer == [false, true]), outer, at)?,
            [true, false] => self.lookup(sides, 0, outer, at)?,
        };
        if shared.is_empty() { Ok(joined) } else { self.merge_shared(joined, &shared, kind) }
    }

    /// ON, or the equality of the columns in USING.
    fn condition_of(
        &mut self,
        left: &Relation,
        right: &Relation,
        constraint: &JoinConstraint,
        shared: &[Name],
    ) -> Result<Option<syntax::Expr>> {
        if let JoinConstraint::On(condition) = constraint {
            return Ok(Some(condition.clone()));
        }
        let mut equalities = Vec::with_capacity(shared.len());
        for name in shared {
            let column = |side: &Relation| {
                let place = self.scope(side).find(std::slice::from_ref(name), self.text)?;
                let column = place.and_then(|place| side.columns.get(place));
                let Some(column) = column else {
                    return Err(self.error(name.at, format!("One side of the join has no column `{}`", name.value)));
                };
                let mut parts: Vec<Name> = Vec::new();
                parts.extend(column.qualifier.clone().map(|value| Name { value, quoted: true, at: name.at }));
                parts.push(Name { value: column.name.clone(), quoted: true, at: name.at });
                Ok(syntax::Expr { kind: ExprKind::Column(parts), at: name.at })
            };
            let (left, right) = (Box::new(column(left)?), Box::new(column(right)?));
            equalities.push(syntax::Expr { kind: ExprKind::Binary { op: BinaryOp::Equal, left, right }, at: name.at });
        }
        Ok(all_of(equalities))
    }

    /// Prepare both sides: all columns, ROWTIME, and the values that must be equal by ON, or by the conditions `hints`.
    fn sides(
        &mut self,
        left: Relation,
        right: Relation,
        on: Vec<syntax::Expr>,
        hints: &[syntax::Expr],
    ) -> Result<Sides> {
        let mut computed = [Computed::all_of(&left), Computed::all_of(&right)];
        for (relation, computed) in [&left, &right].into_iter().zip(&mut computed) {
            if relation.is_stream {
                computed.items.push(Expr::column(relation.rowtime_place(), ExprType::TIMESTAMP));
                computed.columns.push(Column {
                    hidden: true,
                    motion: Motion::rowtime(),
                    ..Column::new(relation.qualifier.clone(), ROWTIME, ExprType::TIMESTAMP)
                });
            }
        }
        let mut keys = [Vec::new(), Vec::new()];
        let mut rest = Vec::new();
        for (equality, is_hint) in on.iter().map(|on| (on, false)).chain(hints.iter().map(|hint| (hint, true))) {
            let pair = self.key_pair(equality, &left, &right)?;
            if pair.is_none() && !is_hint {
                rest.push(equality.clone());
            }
            if let Some(pair) = pair {
                for (place, key) in pair.into_iter().enumerate() {
                    // A key is a column of its own even where it is another one as well: only its type is sure to fit.
                    computed[place].columns.push(Column::unnamed(key.sql_type().clone()));
                    computed[place].items.push(key);
                    keys[place].push(computed[place].items.len() - 1);
                }
            }
        }
        let [first, second] = computed;
        let left = self.project(&left, None, first.items, first.columns);
        let right = self.project(&right, None, second.items, second.columns);
        Ok(Sides { relations: [left, right], keys, rest: all_of(rest) })
    }

    /// The two sides of an equality between one column set each, in a type that can be hashed.
    fn key_pair(&mut self, equality: &syntax::Expr, left: &Relation, right: &Relation) -> Result<Option<[Expr; 2]>> {
        let ExprKind::Binary { op: BinaryOp::Equal, left: a, right: b } = &equality.kind else { return Ok(None) };
        let sides = [self.side_of(a, left, right), self.side_of(b, left, right)];
        let (a, b) = match sides {
            [Some(0), Some(1)] => (a, b),
            [Some(1), Some(0)] => (b, a),
            _ => return Ok(None),
        };
        let (a, b) = (self.bind(a, left)?, self.bind(b, right)?);
        let Some(common) = common_type(a.sql_type(), b.sql_type()) else { return Ok(None) };
        let exact = match &common {
            ExprType::Sql(SqlType::Varchar(_)) => {
                matches!(a.sql_type(), ExprType::Sql(SqlType::Varchar(_)))
                    && matches!(b.sql_type(), ExprType::Sql(SqlType::Varchar(_)))
            }
            ExprType::Sql(SqlType::Date | SqlType::Time | SqlType::Timestamp | SqlType::Boolean) => {
                a.sql_type() == b.sql_type()
            }
            ExprType::Sql(SqlType::Decimal(..)) => a.sql_type() == b.sql_type(),
            other => other.is_integer(),
        };
        if !exact {
            return Ok(None);
        }
        Ok(match (cast(a, &common)?, cast(b, &common)?) {
            (Some(a), Some(b)) => Some([a, b]),
            _ => None,
        })
    }

    /// Which side an expression reads; `None` when both, neither, or none that is known.
    fn side_of(&self, expr: &syntax::Expr, left: &Relation, right: &Relation) -> Option<usize> {
        let scopes = [self.scope(left), self.scope(right)];
        let mut side = None;
        let mut mixed = false;
        expr.walk(&mut |part| {
            match &part.kind {
                ExprKind::Column(parts) => {
                    let found: Vec<bool> = scopes
                        .iter()
                        .map(|scope| {
                            let whole = scope.find(parts, self.text).ok().flatten();
                            let field =
                                || parts.split_last().and_then(|(_, row)| scope.find(row, self.text).ok().flatten());
                            whole.or_else(field).is_some()
                        })
                        .collect();
                    match (found[0], found[1], side) {
                        (true, false, None | Some(0)) => side = Some(0),
                        (false, true, None | Some(1)) => side = Some(1),
                        _ => mixed = true,
                    }
                }
                ExprKind::InQuery { .. } | ExprKind::Exists(_) | ExprKind::Clock(_) => mixed = true,
                _ => {}
            }
            true
        });
        side.filter(|_| !mixed)
    }

    /// The condition as what an operator asks of rows of both sides.
    fn condition(
        &mut self,
        on: Option<&syntax::Expr>,
        columns: &[Column],
        origin: super::Origin,
    ) -> Result<Option<Condition>> {
        let Some(on) = on else { return Ok(None) };
        // ROWTIME of the result does not exist before there is one.
        let both = Relation::new(origin, columns.to_vec(), None, false);
        let bound = self.bind_condition(on, &both)?;
        Ok(Some(Box::new(move |batch: &RecordBatch, env| {
            let found = bound.evaluate(batch, env)?;
            let failed = found.failed.iter().flat_map(|failed| failed.iter());
            let failed = failed.map(|(row, message)| (row, message.to_owned())).collect();
            let nothing = || BooleanArray::new(BooleanBuffer::new_unset(batch.num_rows()), None);
            Ok((found.values.as_boolean_opt().cloned().unwrap_or_else(nothing), failed))
        })))
    }

    fn stream_join(
        &mut self,
        sides: Sides,
        windows: [Option<(SideWindow, At)>; 2],
        outer: [bool; 2],
    ) -> Result<Relation> {
        let mut reach = [JoinWindow::Range(0), JoinWindow::Range(0)];
        for (side, window) in windows.into_iter().enumerate() {
            let Some((window, at)) = window else { continue };
            let (place, window) = match window {
                SideWindow::Preceding(window) => (side, window),
                // To look forward from the other side is to look back from this one.
                SideWindow::Following(width) => (1 - side, JoinWindow::Range(width)),
            };
            reach[place] = match (reach[place], window) {
                (JoinWindow::Range(0), window) => window,
                (JoinWindow::Range(a), JoinWindow::Range(b)) => JoinWindow::Range(a.max(b)),
                _ => return Err(self.error(at, "ROWS and FOLLOWING cannot be combined")),
            };
        }
        let mut columns = sides.relations[0].columns.clone();
        columns.extend(sides.relations[1].columns.iter().cloned());
        let simultaneous = reach == [JoinWindow::Range(0), JoinWindow::Range(0)] && outer == [false, false];
        for column in columns.iter_mut().filter(|_| !simultaneous) {
            column.motion = Motion::Free;
        }
        let [left, right] = &sides.relations;
        let inputs = vec![left.origin, right.origin];
        let is_grouped = left.is_grouped && right.is_grouped;
        let [left_keys, right_keys] = sides.keys;
        let spec = JoinSpec {
            left: JoinSide { keys: left_keys, window: reach[0], outer: outer[0], schema: left.schema() },
            right: JoinSide { keys: right_keys, window: reach[1], outer: outer[1], schema: right.schema() },
            condition: self.condition(sides.rest.as_ref(), &columns, left.origin)?,
            schema: schema_of(&columns),
        };
        let origin = self.node("join", inputs, StreamJoin::new(spec)?);
        Ok(Relation { is_grouped, ..Relation::new(origin, columns, None, true) })
    }

    /// A join of which the side `stream` is a stream, or neither is.
    fn lookup(&mut self, sides: Sides, stream: usize, outer: [bool; 2], at: At) -> Result<Relation> {
        let table = 1 - stream;
        if outer[table] {
            let hint = "a stream has no end at which the table's rows without a partner would be known; put the stream on the outer side";
            return Err(self.refuse(at, "A join with a table keeps unmatched rows of the stream only", hint));
        }
        let rows = self.rows_of(&sides.relations[table])?;
        let mut columns = sides.relations[0].columns.clone();
        columns.extend(sides.relations[1].columns.iter().cloned());
        let [left_keys, right_keys] = sides.keys;
        let (keys, table_keys) = if stream == 0 { (left_keys, right_keys) } else { (right_keys, left_keys) };
        let input = &sides.relations[stream];
        let spec = LookupSpec {
            table: rows,
            keys,
            table_keys,
            condition: self.condition(sides.rest.as_ref(), &columns, input.origin)?,
            outer: outer[stream],
            table_first: stream == 1,
            schema: schema_of(&columns),
        };
        let origin = self.node("lookup", vec![input.origin], Lookup::new(spec)?);
        let relation = Relation::new(origin, columns, None, input.is_stream);
        Ok(Relation { is_grouped: input.is_grouped, ..relation })
    }

    /// USING and NATURAL: each shared column once, in front.
    fn merge_shared(&mut self, joined: Relation, shared: &[Name], kind: JoinKind) -> Result<Relation> {
        let mut computed = Computed::nothing();
        let mut merged = Vec::new();
        for name in shared {
            let places: Vec<usize> =
                joined.visible().filter(|(_, column)| column.name == name.value).map(|(place, _)| place).collect();
            let (Some(&left), Some(&right)) = (places.first(), places.last()) else { continue };
            merged.extend([left, right]);
            let place = |place| syntax::Expr { kind: ExprKind::Place(place), at: name.at };
            let value = match kind {
                JoinKind::Inner | JoinKind::Cross | JoinKind::Left => place(left),
                JoinKind::Right => place(right),
                JoinKind::Full => {
                    syntax::Expr { kind: ExprKind::Call(Box::new(coalesce(name.at, [left, right]))), at: name.at }
                }
            };
            let bound = self.bind(&value, &joined)?;
            computed.columns.push(Column::new(None, &name.value, bound.sql_type().clone()));
            computed.items.push(bound);
        }
        for (place, column) in joined.columns.iter().enumerate() {
            computed.items.push(Expr::column(place, column.sql_type.clone()));
            computed.columns.push(Column { hidden: column.hidden || merged.contains(&place), ..column.clone() });
        }
        Ok(self.project(&joined, None, computed.items, computed.columns))
    }
}

/// The conditions as one; `None` when there is none.
fn all_of(mut conditions: Vec<syntax::Expr>) -> Option<syntax::Expr> {
    match conditions.len() {
        0 => None,
        1 => conditions.pop(),
        _ => Some(syntax::Expr { at: conditions[0].at, kind: ExprKind::And(conditions) }),
    }
}

fn coalesce(at: At, places: [usize; 2]) -> Call {
    Call {
        name: Name { value: "COALESCE".to_owned(), quoted: false, at },
        arguments: places.map(|place| syntax::Expr { kind: ExprKind::Place(place), at }).to_vec(),
        star: false,
        distinct: false,
        filter: None,
        nulls: None,
        from_end: None,
        over: None,
    }
}
