//! Calls of aggregate and analytic functions: taken out of expressions, checked, and made into aggregates.

use super::planner::Planner;
use super::relation::{Column, Relation};
use crate::analytics::aggregate::{Aggregate, AggregateFunction as F};
use crate::analytics::error::Result;
use crate::analytics::expr::{Expr, ExprType};
use crate::analytics::sql_type::SqlType;
use crate::analytics::syntax::{self, At, Call, ExprKind, FromEnd, NullTreatment};

/// A call and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Found {
    pub(super) call: Call,
    pub(super) at: At,
}

/// Whether a name is one of an aggregate or analytic function.
fn is_aggregate_name(name: &str) -> bool {
    matches!(
        name,
        "COUNT"
            | "SUM"
            | "AVG"
            | "MIN"
            | "MAX"
            | "VAR_POP"
            | "VAR_SAMP"
            | "STDDEV_POP"
            | "STDDEV_SAMP"
            | "ANY"
            | "EVERY"
            | "EXP_AVG"
            | "FIRST_VALUE"
            | "LAST_VALUE"
            | "NTH_VALUE"
            | "LAG"
    )
}

/// The call, when `expr` is one of an aggregate or analytic function.
pub(super) fn as_call(expr: &syntax::Expr) -> Option<&Call> {
    match &expr.kind {
        ExprKind::Call(call) if is_aggregate_name(&call.name.value) || call.over.is_some() => Some(call),
        _ => None,
    }
}

/// All aggregate and analytic calls in expressions, each once, in the order of the text.
pub(super) fn calls_in<'e>(exprs: impl Iterator<Item = &'e syntax::Expr>) -> Vec<Found> {
    let mut found: Vec<Found> = Vec::new();
    for expr in exprs {
        expr.walk(&mut |part| match as_call(part) {
            Some(call) => {
                let call = Found { call: call.clone(), at: part.at };
                if !found.contains(&call) {
                    found.push(call);
                }
                false
            }
            None => true,
        });
    }
    found
}

/// Columns computed for an operator beside those that it reads as they are.
pub(super) struct Computed {
    pub(super) items: Vec<Expr>,
    pub(super) columns: Vec<Column>,
}

impl Computed {
    /// Begin with all columns of a relation, or with none.
    pub(super) fn all_of(relation: &Relation) -> Self {
        let items =
            relation.columns.iter().enumerate().map(|(place, column)| Expr::column(place, column.sql_type.clone()));
        Self { items: items.collect(), columns: relation.columns.clone() }
    }

    pub(super) fn nothing() -> Self {
        Self { items: Vec::new(), columns: Vec::new() }
    }

    /// The place of an expression's value, computing it when it is no column that is there already.
    pub(super) fn place(&mut self, expr: Expr) -> usize {
        let column = expr.as_column();
        let same = |item: &Expr| column.is_some() && item.as_column() == column;
        if let Some(place) = self.items.iter().position(same) {
            return place;
        }
        self.columns.push(Column::unnamed(expr.sql_type().clone()));
        self.items.push(expr);
        self.items.len() - 1
    }
}

impl Planner<'_> {
    /// Make a call an aggregate over columns of `computed`, and tell the type of its result.
    pub(super) fn aggregate(
        &mut self,
        found: &Found,
        relation: &Relation,
        computed: &mut Computed,
    ) -> Result<(Aggregate, ExprType)> {
        let Found { call, at } = found;
        let function = self.function(call, *at)?;
        let argument = match call.arguments.first() {
            Some(argument) if function != F::CountRows => Some(self.argument(argument, relation)?),
            _ => None,
        };
        let argument_type = argument.as_ref().map_or(ExprType::Null, |argument| argument.sql_type().clone());
        if argument_type.interval().is_some() && !matches!(function, F::Count) && !function.is_positional()
            || matches!(argument_type, ExprType::Row(_))
        {
            let message = format!("{} takes no value of type {argument_type}", call.name.value);
            return Err(self.refuse(*at, message, "aggregate a number of milliseconds, as TSDIFF gives it"));
        }
        let arrow_type = argument_type.to_arrow();
        let result = function
            .result_type(&arrow_type)
            .map_err(|rule| self.error(*at, format!("{} {rule}, not a {argument_type}", call.name.value)))?;
        let sql_type = result_type(function, &argument_type, &result);
        let default = match call.arguments.get(2) {
            Some(default) if matches!(function, F::Lag(_)) => {
                let bound = self.argument(default, relation)?;
                let from = bound.sql_type().clone();
                let cast = crate::analytics::expr::cast::cast(bound, &argument_type)?;
                let cast = cast.ok_or_else(|| {
                    self.error(default.at, format!("The default of LAG is a {from}, its argument a {argument_type}"))
                })?;
                Some(computed.place(cast))
            }
            _ => None,
        };
        let aggregate = Aggregate {
            function,
            argument: argument.map(|argument| computed.place(argument)),
            default,
            distinct: call.distinct && !matches!(function, F::Min | F::Max),
            ignore_nulls: call.nulls == Some(NullTreatment::Ignore),
            argument_type: arrow_type,
            result_type: result,
        };
        Ok((aggregate, sql_type))
    }

    /// An argument; aggregates cannot be nested.
    fn argument(&mut self, argument: &syntax::Expr, relation: &Relation) -> Result<Expr> {
        if let Some(inner) = calls_in(std::iter::once(argument)).first() {
            let message = format!("{} stands inside of another aggregate", inner.call.name.value);
            return Err(self.refuse(inner.at, message, "compute it in a sub-query"));
        }
        self.bind(argument, relation)
    }

    /// The function that is called, with its modifiers and constant arguments checked.
    fn function(&mut self, call: &Call, at: At) -> Result<F> {
        let name = call.name.value.as_str();
        if let Some(filter) = &call.filter {
            return Err(self.refuse(
                filter.at,
                "FILTER is not part of the dialect",
                "use CASE: SUM(CASE WHEN … THEN x END)",
            ));
        }
        if call.star && name != "COUNT" {
            return Err(self.error(at, format!("{name}(*) is not possible; only COUNT takes `*`")));
        }
        let distinct =
            matches!(name, "AVG" | "SUM" | "MIN" | "MAX" | "VAR_POP" | "VAR_SAMP" | "STDDEV_POP" | "STDDEV_SAMP");
        if call.distinct && !distinct {
            let hint = if name == "COUNT" {
                "COUNT_DISTINCT_ITEMS_TUMBLING counts distinct values"
            } else {
                "leave DISTINCT out"
            };
            return Err(self.refuse(at, format!("{name}(DISTINCT …) is not possible"), hint));
        }
        let positional = matches!(name, "LAG" | "FIRST_VALUE" | "LAST_VALUE" | "NTH_VALUE");
        if call.nulls.is_some() && !positional {
            return Err(
                self.error(at, format!("{name} takes no IGNORE NULLS or RESPECT NULLS: it ignores NULLs anyway"))
            );
        }
        if call.from_end.is_some() && name != "NTH_VALUE" {
            return Err(self.error(at, format!("{name} takes no FROM FIRST or FROM LAST")));
        }
        if call.over.is_none() && matches!(name, "LAG" | "NTH_VALUE") {
            return Err(self.refuse(at, format!("{name} needs a window"), "write OVER behind it"));
        }
        let counts = match name {
            "COUNT" if call.star => 0..=0,
            "EXP_AVG" | "NTH_VALUE" => 2..=2,
            "LAG" => 1..=3,
            _ => 1..=1,
        };
        if !counts.contains(&call.arguments.len()) {
            let message = format!("{name} takes {} arguments, not {}", shown(&counts), call.arguments.len());
            return Err(self.error(at, message));
        }
        Ok(match name {
            "COUNT" if call.star => F::CountRows,
            "COUNT" => F::Count,
            "SUM" => F::Sum,
            "AVG" => F::Avg,
            "MIN" => F::Min,
            "MAX" => F::Max,
            "VAR_POP" => F::VarPop,
            "VAR_SAMP" => F::VarSamp,
            "STDDEV_POP" => F::StddevPop,
            "STDDEV_SAMP" => F::StddevSamp,
            "ANY" => F::Any,
            "EVERY" => F::Every,
            "FIRST_VALUE" => F::FirstValue,
            "LAST_VALUE" => F::LastValue,
            "EXP_AVG" => {
                let interval = &call.arguments[1];
                let half_life = self.milliseconds(interval, "The interval of EXP_AVG")?;
                if half_life <= 0 {
                    return Err(self.error(interval.at, "The interval of EXP_AVG must be longer than nothing"));
                }
                F::ExpAvg(half_life)
            }
            "LAG" => F::Lag(match call.arguments.get(1) {
                None => 1,
                Some(offset) => self.count(offset, "The offset of LAG", 0)?,
            }),
            "NTH_VALUE" => {
                let n = self.count(&call.arguments[1], "The place in NTH_VALUE", 1)?;
                F::NthValue { n, from_last: call.from_end == Some(FromEnd::Last) }
            }
            _ => {
                let hint = "OVER belongs to aggregate and analytic functions";
                return Err(self.refuse(at, format!("{name} is no aggregate function"), hint));
            }
        })
    }

    fn count(&mut self, expr: &syntax::Expr, what: &str, least: i64) -> Result<usize> {
        let value = self.integer(expr, what)?;
        match usize::try_from(value) {
            Ok(count) if value >= least => Ok(count),
            _ => Err(self.error(expr.at, format!("{what} must be at least {least}"))),
        }
    }
}

fn shown(counts: &std::ops::RangeInclusive<usize>) -> String {
    if counts.start() == counts.end() {
        counts.start().to_string()
    } else {
        format!("{} to {}", counts.start(), counts.end())
    }
}

/// The dialect's type of a result whose Arrow type is known.
fn result_type(function: F, argument: &ExprType, result: &arrow::datatypes::DataType) -> ExprType {
    use arrow::datatypes::DataType;
    match function {
        F::Min | F::Max | F::Avg | F::FirstValue | F::LastValue | F::Lag(_) | F::NthValue { .. } => argument.clone(),
        _ => match result {
            DataType::Decimal128(precision, scale) => ExprType::Sql(SqlType::Decimal(*precision, *scale)),
            DataType::Float64 => ExprType::DOUBLE,
            DataType::Boolean => ExprType::BOOLEAN,
            _ => ExprType::BIGINT,
        },
    }
}
