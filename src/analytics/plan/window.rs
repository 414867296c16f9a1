//! Windows of OVER: frames of analytic calls, and the windows of a join.

use super::calls::{Computed, Found, as_call};
use super::planner::Planner;
use super::relation::{Column, Relation, schema_of};
use crate::analytics::error::Result;
use crate::analytics::operator::{Frame, JoinWindow, Sliding, SlidingSpec};
use crate::analytics::syntax::{self, Expr, ExprKind, FrameBound, FrameUnit, Name, Over, WindowSpec};

/// The windows that a SELECT names.
pub(super) type NamedWindows = Vec<(Name, WindowSpec)>;

/// How the window of a join's side lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SideWindow {
    /// `RANGE … PRECEDING`, or `ROWS … PRECEDING`.
    Preceding(JoinWindow),
    /// `RANGE … FOLLOWING`, in milliseconds.
    Following(i64),
}

impl Planner<'_> {
    /// Append the results of analytic calls to the rows of `relation` that meet `filter`.
    ///
    /// Gives the new relation, and for each call its column's place.
    pub(super) fn analytic(
        &mut self,
        relation: &Relation,
        filter: Option<crate::analytics::expr::Expr>,
        calls: &[Found],
        windows: &NamedWindows,
    ) -> Result<(Relation, Vec<usize>)> {
        let mut computed = Computed::all_of(relation);
        let mut groups: Vec<(Vec<usize>, Frame, Vec<usize>)> = Vec::new();
        let mut aggregates = Vec::with_capacity(calls.len());
        for (number, found) in calls.iter().enumerate() {
            let spec = self.spec(found, windows)?;
            let frame = self.frame(&spec)?;
            let mut keys = Vec::with_capacity(spec.partition.len());
            for key in &spec.partition {
                let bound = self.bind(key, relation)?;
                keys.push(computed.place(bound));
            }
            aggregates.push(self.aggregate(found, relation, &mut computed)?);
            match groups.iter_mut().find(|(other, other_frame, _)| *other == keys && *other_frame == frame) {
                Some((_, _, members)) => members.push(number),
                None => groups.push((keys, frame, vec![number])),
            }
        }
        let mut current = self.project(relation, filter, computed.items, computed.columns);
        let mut places = vec![0; calls.len()];
        for (keys, frame, members) in groups {
            let input = current.schema();
            let mut specs = Vec::with_capacity(members.len());
            for member in members {
                let (aggregate, sql_type) = &aggregates[member];
                places[member] = current.columns.len();
                current.columns.push(Column::unnamed(sql_type.clone()));
                specs.push(aggregate.clone());
            }
            let spec = SlidingSpec { keys, frame, aggregates: specs, schema: schema_of(&current.columns) };
            current.origin = self.node("sliding", vec![current.origin], Sliding::new(spec, &input)?);
        }
        Ok((current, places))
    }

    /// The window of a call.
    fn spec(&mut self, found: &Found, windows: &NamedWindows) -> Result<WindowSpec> {
        match &found.call.over {
            Some(over) => self.window(over, windows),
            None => {
                let name = &found.call.name.value;
                let hint = "GROUP BY STEP(s.ROWTIME BY INTERVAL '1' MINUTE) aggregates per minute, OVER (RANGE INTERVAL '1' MINUTE PRECEDING) per row";
                Err(self.refuse(found.at, format!("{name} over a stream needs GROUP BY or OVER"), hint))
            }
        }
    }

    fn window(&self, over: &Over, windows: &NamedWindows) -> Result<WindowSpec> {
        match over {
            Over::Spec(spec) => Ok((**spec).clone()),
            Over::Named(name) => {
                let exact = windows.iter().find(|(other, _)| other == name);
                let loose =
                    || windows.iter().find(|(other, _)| !name.quoted && other.value.eq_ignore_ascii_case(&name.value));
                match exact.or_else(loose) {
                    Some((_, spec)) => Ok(spec.clone()),
                    None => {
                        let hint = "WINDOW w AS (RANGE INTERVAL '1' MINUTE PRECEDING) behind FROM and WHERE names one";
                        Err(self.refuse(name.at, format!("There is no window `{}`", name.value), hint))
                    }
                }
            }
        }
    }

    /// The frame of an aggregation window.
    fn frame(&mut self, spec: &WindowSpec) -> Result<Frame> {
        if let Some(order) = spec.order.first() {
            let hint = "rows are in order of ROWTIME anyway; leave ORDER BY out";
            return Err(self.refuse(order.expr.at, "An aggregation window has no ORDER BY", hint));
        }
        if let Some(nested) = spec.partition.iter().find(|key| key.any(&|part| as_call(part).is_some())) {
            return Err(self.refuse(nested.at, "PARTITION BY cannot aggregate", "compute it in a sub-query"));
        }
        let Some(frame) = &spec.frame else {
            let hint = "RANGE INTERVAL '1' MINUTE PRECEDING, or ROWS 10 PRECEDING";
            return Err(self.refuse(spec.at, "A window over a stream must say how far it reaches back", hint));
        };
        match &frame.end {
            None | Some(FrameBound::CurrentRow) => {}
            Some(
                FrameBound::UnboundedPreceding
                | FrameBound::Preceding(_)
                | FrameBound::Following(_)
                | FrameBound::UnboundedFollowing,
            ) => {
                let hint = "… PRECEDING, or BETWEEN … PRECEDING AND CURRENT ROW";
                return Err(self.refuse(frame.at, "An aggregation window ends at the current row", hint));
            }
        }
        match &frame.start {
            FrameBound::CurrentRow => Ok(match frame.unit {
                FrameUnit::Range => Frame::Range(0),
                FrameUnit::Rows => Frame::Rows(0),
            }),
            FrameBound::Preceding(width) => match frame.unit {
                FrameUnit::Range => Ok(Frame::Range(self.width(width)?)),
                FrameUnit::Rows => Ok(Frame::Rows(self.rows(width)?)),
            },
            FrameBound::UnboundedPreceding => {
                let hint = "state must be bounded: RANGE INTERVAL '1' HOUR PRECEDING";
                Err(self.refuse(frame.at, "A window over a stream cannot be UNBOUNDED", hint))
            }
            FrameBound::Following(_) | FrameBound::UnboundedFollowing => {
                let hint = "rows to come are not known: use PRECEDING";
                Err(self.refuse(frame.at, "An aggregation window cannot look forward", hint))
            }
        }
    }

    fn width(&mut self, width: &Expr) -> Result<i64> {
        let milliseconds = self.milliseconds(width, "The width of a RANGE window")?;
        if milliseconds < 0 {
            return Err(self.error(width.at, "The width of a window cannot be negative"));
        }
        Ok(milliseconds)
    }

    fn rows(&mut self, rows: &Expr) -> Result<usize> {
        let count = self.integer(rows, "The number of ROWS")?;
        usize::try_from(count).map_err(|_| self.error(rows.at, "The number of ROWS cannot be negative"))
    }

    /// The window of one side of a join.
    pub(super) fn side_window(&mut self, over: &Over, windows: &NamedWindows) -> Result<SideWindow> {
        let spec = self.window(over, windows)?;
        if let Some(key) = spec.partition.first() {
            let hint = "equality in ON does that";
            return Err(self.refuse(key.at, "The window of a join has no PARTITION BY", hint));
        }
        for order in &spec.order {
            let by_rowtime = matches!(&order.expr.kind, ExprKind::Column(parts) if parts.last().is_some_and(|name| name.value == "ROWTIME"));
            if !by_rowtime || order.descending || order.within.is_some() {
                let hint = "leave it out, or write ORDER BY ROWTIME";
                return Err(self.refuse(order.expr.at, "The window of a join is in the order of ROWTIME", hint));
            }
        }
        let hint = "RANGE INTERVAL '1' MINUTE PRECEDING, or FOLLOWING";
        let Some(frame) = &spec.frame else {
            return Err(self.refuse(spec.at, "The window of a join must say how far it reaches", hint));
        };
        let unit = frame.unit;
        match (&frame.start, &frame.end) {
            (FrameBound::Preceding(width), None | Some(FrameBound::CurrentRow)) => {
                Ok(SideWindow::Preceding(match unit {
                    FrameUnit::Range => JoinWindow::Range(self.width(width)?),
                    FrameUnit::Rows => JoinWindow::Rows(self.rows(width)? as u64),
                }))
            }
            (FrameBound::CurrentRow, None | Some(FrameBound::CurrentRow)) if unit == FrameUnit::Range => {
                Ok(SideWindow::Preceding(JoinWindow::Range(0)))
            }
            (FrameBound::Following(width), None) | (FrameBound::CurrentRow, Some(FrameBound::Following(width)))
                if unit == FrameUnit::Range =>
            {
                Ok(SideWindow::Following(self.width(width)?))
            }
            (FrameBound::UnboundedPreceding | FrameBound::UnboundedFollowing, _)
            | (_, Some(FrameBound::UnboundedFollowing | FrameBound::UnboundedPreceding)) => {
                Err(self.refuse(frame.at, "The window of a join cannot be UNBOUNDED", hint))
            }
            _ => Err(self.refuse(frame.at, "The window of a join begins or ends at the current row", hint)),
        }
    }
}

/// The expression with each call of `calls` replaced by the column at the same place in `places`.
pub(super) fn with_results(expr: &syntax::Expr, calls: &[Found], places: &[usize]) -> Expr {
    expr.replaced(&mut |part| {
        let call = as_call(part)?;
        let number = calls.iter().position(|found| found.call == *call)?;
        Some(Expr { kind: ExprKind::Place(*places.get(number)?), at: part.at })
    })
}
