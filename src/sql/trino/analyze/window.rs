//! Window functions: ranks, offsets, values, and aggregates over frames.

use datafusion::common::ScalarValue;
use datafusion::functions_window as engine;
use datafusion::logical_expr::expr::{NullTreatment as EngineNulls, Sort};
use datafusion::logical_expr::{Cast, Expr, WindowFrame, WindowFrameBound, WindowFrameUnits, WindowFunctionDefinition};

use super::Planner;
use super::aggregate::over;
use super::scope::{Allowed, Env};
use super::typed::Typed;
use crate::sql::trino::error::{Place, SqlError};
use crate::sql::trino::parse::ast;
use crate::sql::trino::parse::ast::{Bound, Frame, FrameUnit, FunctionCall, Name, NullTreatment, Over, Window};
use crate::sql::trino::registry::Registry;
use crate::sql::trino::types::TrinoType;

/// A window with its expressions.
pub(super) struct PlannedWindow {
    pub(super) partition_by: Vec<Expr>,
    pub(super) order_by: Vec<Sort>,
    pub(super) frame: WindowFrame,
}

/// Whether a name is that of a function that exists over windows only.
pub(super) fn is_window_function(name: &str) -> bool {
    matches!(
        name,
        "row_number"
            | "rank"
            | "dense_rank"
            | "percent_rank"
            | "cume_dist"
            | "ntile"
            | "lag"
            | "lead"
            | "first_value"
            | "last_value"
            | "nth_value"
    )
}

impl Planner<'_> {
    /// A call with OVER.
    pub(super) fn window_function(
        &mut self,
        name: &str,
        call: &FunctionCall,
        at: Place,
        env: &Env<'_>,
    ) -> Result<Typed, SqlError> {
        if !env.allowed.windows {
            let message = format!(
                "{} cannot contain aggregations, window functions or grouping operations: {name}",
                env.allowed.clause
            );
            return Err(SqlError::new("EXPRESSION_NOT_SCALAR", at, message));
        }
        let mut inner = *env;
        inner.allowed.windows = false;
        inner.allowed.clause = "a window function";
        let window = match &call.over {
            Some(Over::Window(window)) => self.complete_window(window)?,
            Some(Over::Named(name)) => self.named_window(name)?,
            None => return Err(SqlError::syntax(at, "A window function without window")),
        };
        let planned = self.window(&window, &inner)?;
        if let Some(overloads) = Registry::get().aggregate(name) {
            return self.aggregate_over(name, overloads, call, &planned, at, &inner);
        }
        if !is_window_function(name) {
            return Err(match Registry::get().function(name) {
                Some(_) => SqlError::new("FUNCTION_NOT_WINDOW", at, format!("{name} is no window function")),
                None => super::call::unknown(name, at),
            });
        }
        if call.is_distinct {
            return Err(SqlError::unsupported(at, "DISTINCT in window function parameters not yet supported"));
        }
        if call.filter.is_some() || !call.order_by.is_empty() {
            return Err(SqlError::unsupported(at, format!("FILTER and ORDER BY are not for {name}")));
        }
        self.plain_window_function(name, call, planned, at, &inner)
    }

    fn aggregate_over(
        &mut self,
        name: &str,
        overloads: &'static [crate::sql::trino::registry::Overload<crate::sql::trino::registry::AggregateEntry>],
        call: &FunctionCall,
        window: &PlannedWindow,
        at: Place,
        env: &Env<'_>,
    ) -> Result<Typed, SqlError> {
        if call.is_distinct {
            return Err(SqlError::unsupported(at, "DISTINCT in window function parameters not yet supported"));
        }
        if !call.order_by.is_empty() {
            return Err(SqlError::unsupported(at, "Window function with ORDER BY is not supported"));
        }
        let bound = self.bind_aggregate(name, overloads, call, at, env)?;
        let definition = WindowFunctionDefinition::AggregateUDF(std::sync::Arc::clone(&bound.function));
        let mut function = over(definition, bound.args.clone(), window);
        function.params.filter.clone_from(&bound.filter);
        Ok(bound.finished(self, Expr::WindowFunction(Box::new(function))))
    }

    fn plain_window_function(
        &mut self,
        name: &str,
        call: &FunctionCall,
        window: PlannedWindow,
        at: Place,
        env: &Env<'_>,
    ) -> Result<Typed, SqlError> {
        let arguments = call.arguments.iter().map(|argument| self.expression(argument, env));
        let mut arguments = arguments.collect::<Result<Vec<_>, _>>()?;
        let count = arguments.len();
        let expected = match name {
            "ntile" | "first_value" | "last_value" => 1..=1,
            "nth_value" => 2..=2,
            "lag" | "lead" => 1..=3,
            _ => 0..=0,
        };
        if !expected.contains(&count) {
            let message = format!("Unexpected parameters for function {name}: {count} given");
            return Err(SqlError::new("FUNCTION_NOT_FOUND", at, message));
        }
        let result = match name {
            "percent_rank" | "cume_dist" => TrinoType::Double,
            "row_number" | "rank" | "dense_rank" | "ntile" => TrinoType::Bigint,
            _ => arguments.first().map_or(TrinoType::Unknown, |value| value.data_type.clone()),
        };
        if matches!(name, "lag" | "lead") {
            if window.order_by.is_empty() {
                let message = format!("{name} window function requires a window ordering");
                return Err(SqlError::new("MISSING_ORDER_BY", at, message));
            }
            if count == 3
                && let Some(default) = arguments.pop()
            {
                arguments.push(self.expect_type(default, &result, "The default value", at)?);
            }
        }
        if matches!(name, "lag" | "lead" | "nth_value" | "ntile") {
            let place = usize::from(name != "ntile");
            if let Some(offset) = arguments.get(place).cloned() {
                arguments[place] = self.expect_type(offset, &TrinoType::Bigint, "The offset", at)?;
            }
        }
        let definition = match name {
            "row_number" => engine::row_number::row_number_udwf(),
            "rank" => engine::rank::rank_udwf(),
            "dense_rank" => engine::rank::dense_rank_udwf(),
            "percent_rank" => engine::rank::percent_rank_udwf(),
            "cume_dist" => engine::cume_dist::cume_dist_udwf(),
            "ntile" => engine::ntile::ntile_udwf(),
            "lag" => engine::lead_lag::lag_udwf(),
            "lead" => engine::lead_lag::lead_udwf(),
            "first_value" => engine::nth_value::first_value_udwf(),
            "last_value" => engine::nth_value::last_value_udwf(),
            _ => engine::nth_value::nth_value_udwf(),
        };
        let args = arguments.into_iter().map(|value| value.expr).collect();
        let mut function = over(WindowFunctionDefinition::WindowUDF(definition), args, &window);
        function.params.null_treatment = call.nulls.map(|nulls| match nulls {
            NullTreatment::Ignore => EngineNulls::IgnoreNulls,
            NullTreatment::Respect => EngineNulls::RespectNulls,
        });
        let raw = Expr::WindowFunction(Box::new(function));
        // The engine counts ranks without sign.
        let expr = if matches!(name, "row_number" | "rank" | "dense_rank" | "ntile") {
            Expr::Cast(Cast::new(Box::new(raw), result.arrow()))
        } else {
            raw
        };
        Ok(Typed::new(expr, result))
    }

    /// A window of the WINDOW clause.
    fn named_window(&self, name: &Name) -> Result<Window, SqlError> {
        let found = self.windows.iter().rev().find(|(known, _)| known.text == name.text);
        found.map(|(_, window)| window.clone()).ok_or_else(|| {
            SqlError::new("INVALID_WINDOW_REFERENCE", name.at, format!("Cannot resolve WINDOW name {}", name.written))
        })
    }

    /// A window with what it takes from the window that it names.
    pub(super) fn complete_window(&self, window: &Window) -> Result<Window, SqlError> {
        let Some(base) = &window.base else { return Ok(window.clone()) };
        let named = self.named_window(base)?;
        let refused = |message: &str| Err(SqlError::new("INVALID_WINDOW_REFERENCE", base.at, message));
        if !window.partition_by.is_empty() {
            return refused("WINDOW specification with named WINDOW reference cannot specify PARTITION BY");
        }
        if !window.order_by.is_empty() && !named.order_by.is_empty() {
            return refused("Cannot specify ORDER BY if referenced named WINDOW specifies ORDER BY");
        }
        if named.frame.is_some() {
            return refused("Cannot reference named WINDOW containing frame specification");
        }
        let order_by = if named.order_by.is_empty() { window.order_by.clone() } else { named.order_by };
        Ok(Window {
            base: None,
            partition_by: named.partition_by,
            order_by,
            frame: window.frame.clone(),
            at: window.at,
        })
    }

    fn window(&mut self, window: &Window, env: &Env<'_>) -> Result<PlannedWindow, SqlError> {
        let mut partition_by = Vec::with_capacity(window.partition_by.len());
        for key in &window.partition_by {
            partition_by.push(self.expression(key, env)?.expr);
        }
        let order_by: Vec<Sort> = self.sorts(&window.order_by, env)?.into_iter().map(|(sort, _)| sort).collect();
        let frame = match &window.frame {
            Some(frame) => self.frame(frame, order_by.len(), env)?,
            None if order_by.is_empty() => WindowFrame::new(None),
            None => WindowFrame::new(Some(false)),
        };
        Ok(PlannedWindow { partition_by, order_by, frame })
    }

    fn frame(&mut self, frame: &Frame, keys: usize, env: &Env<'_>) -> Result<WindowFrame, SqlError> {
        let invalid = |message: &str| Err(SqlError::new("INVALID_WINDOW_FRAME", frame.at, message));
        if matches!(frame.start, Bound::UnboundedFollowing) {
            return invalid("Window frame start cannot be UNBOUNDED FOLLOWING");
        }
        if matches!(frame.end, Bound::UnboundedPreceding) {
            return invalid("Window frame end cannot be UNBOUNDED PRECEDING");
        }
        let is_backward = matches!(
            (&frame.start, &frame.end),
            (Bound::CurrentRow | Bound::Following(_), Bound::Preceding(_)) | (Bound::Following(_), Bound::CurrentRow)
        );
        if is_backward {
            return invalid("Window frame starts behind its end");
        }
        let has_offset = |bound: &Bound| matches!(bound, Bound::Preceding(_) | Bound::Following(_));
        let offsets = has_offset(&frame.start) || has_offset(&frame.end);
        let units = match frame.unit {
            FrameUnit::Rows => WindowFrameUnits::Rows,
            FrameUnit::Range => WindowFrameUnits::Range,
            FrameUnit::Groups => WindowFrameUnits::Groups,
        };
        if frame.unit == FrameUnit::Range && offsets && keys != 1 {
            return Err(SqlError::new(
                "INVALID_ORDER_BY",
                frame.at,
                "Window frame of type RANGE PRECEDING or FOLLOWING requires single sort item in ORDER BY",
            ));
        }
        if frame.unit == FrameUnit::Groups && keys == 0 {
            let message = "Window frame of type GROUPS requires ORDER BY";
            return Err(SqlError::new("MISSING_ORDER_BY", frame.at, message));
        }
        // Without sort keys all rows are peers.
        if frame.unit == FrameUnit::Range && keys == 0 {
            return Ok(WindowFrame::new(None));
        }
        let start = self.bound(&frame.start, frame.unit, env)?;
        let end = self.bound(&frame.end, frame.unit, env)?;
        Ok(WindowFrame::new_bounds(units, start, end))
    }

    fn bound(&mut self, bound: &Bound, unit: FrameUnit, env: &Env<'_>) -> Result<WindowFrameBound, SqlError> {
        Ok(match bound {
            Bound::UnboundedPreceding => WindowFrameBound::Preceding(ScalarValue::Null),
            Bound::UnboundedFollowing => WindowFrameBound::Following(ScalarValue::Null),
            Bound::CurrentRow => WindowFrameBound::CurrentRow,
            Bound::Preceding(offset) => WindowFrameBound::Preceding(self.offset(offset, unit, env)?),
            Bound::Following(offset) => WindowFrameBound::Following(self.offset(offset, unit, env)?),
        })
    }

    /// An offset of a frame, which has to be a constant here.
    fn offset(&mut self, offset: &ast::Expr, unit: FrameUnit, env: &Env<'_>) -> Result<ScalarValue, SqlError> {
        let mut scalars = *env;
        scalars.allowed = Allowed::scalars("a window frame");
        let typed = self.expression(offset, &scalars)?;
        let Some(value) = typed.literal() else {
            return Err(SqlError::unsupported(offset.at, "A window frame offset that is no constant is not supported"));
        };
        let negative = || {
            SqlError::new("INVALID_WINDOW_FRAME", offset.at, "Window frame offset value must not be negative or null")
        };
        if unit != FrameUnit::Range {
            let rows = match value {
                ScalarValue::Int32(Some(rows)) => u64::try_from(*rows).map_err(|_| negative())?,
                ScalarValue::Int64(Some(rows)) => u64::try_from(*rows).map_err(|_| negative())?,
                _ => {
                    let message =
                        format!("Window frame offset must be an exact numeric type (actual: {})", typed.data_type);
                    return Err(SqlError::mismatch(offset.at, message));
                }
            };
            return Ok(ScalarValue::UInt64(Some(rows)));
        }
        Ok(match value {
            ScalarValue::DurationMillisecond(Some(millis)) => {
                let nanos = millis.checked_mul(1_000_000).ok_or_else(negative)?;
                ScalarValue::new_interval_mdn(0, 0, nanos)
            }
            ScalarValue::IntervalYearMonth(Some(months)) => ScalarValue::new_interval_mdn(*months, 0, 0),
            other => other.clone(),
        })
    }
}
