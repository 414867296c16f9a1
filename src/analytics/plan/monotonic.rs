//! Which expressions only ever rise or fall along a stream: those end windows.
//!
//! Source: Kinesis Data Analytics SQL Reference, "Monotonic Expressions and Operators".

use super::relation::Relation;
use crate::analytics::syntax::{BinaryOp, Clock, Expr, ExprKind, IntervalQualifier, Literal, UnaryOp, Unit};

/// How a value moves from row to row.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Motion {
    /// In no known way.
    Free,
    /// Not at all.
    Constant,
    /// Only ever up, or only ever down.
    Monotonic {
        rises: bool,
        /// The value as a function of the row's ROWTIME, which stands at place 0.
        function: Option<Expr>,
    },
}

impl Motion {
    /// ROWTIME itself.
    pub(super) fn rowtime() -> Self {
        Self::Monotonic { rises: true, function: Some(rowtime()) }
    }

    pub(super) fn is_monotonic(&self) -> bool {
        matches!(self, Self::Monotonic { .. })
    }

    /// Whether the value is ROWTIME and nothing else.
    pub(super) fn is_rowtime(&self) -> bool {
        matches!(self, Self::Monotonic { function: Some(function), .. } if *function == rowtime())
    }

    fn reversed(self) -> Self {
        match self {
            Self::Monotonic { rises, function } => Self::Monotonic { rises: !rises, function },
            other => other,
        }
    }

    fn direction(&self) -> Option<bool> {
        if let Self::Monotonic { rises, .. } = self { Some(*rises) } else { None }
    }
}

fn rowtime() -> Expr {
    Expr { kind: ExprKind::Place(0), at: Default::default() }
}

/// How `expr`, whose names are resolved to places of `relation`, moves.
pub(super) fn motion(expr: &Expr, relation: &Relation) -> Motion {
    match direction(expr, relation) {
        Motion::Monotonic { rises, .. } => Motion::Monotonic { rises, function: of_rowtime(expr, relation) },
        other => other,
    }
}

/// The motion without its function.
fn direction(expr: &Expr, relation: &Relation) -> Motion {
    let of = |expr: &Expr| direction(expr, relation);
    match &expr.kind {
        ExprKind::Literal(_) => Motion::Constant,
        ExprKind::Place(place) if *place == relation.rowtime_place() && relation.is_stream => Motion::rowtime(),
        ExprKind::Place(place) => relation.columns.get(*place).map_or(Motion::Free, |column| column.motion.clone()),
        ExprKind::Clock(clock) => match clock {
            Clock::RowTimestamp if relation.is_stream => Motion::rowtime(),
            Clock::Timestamp | Clock::Date | Clock::Time | Clock::RowTimestamp => {
                Motion::Monotonic { rises: true, function: None }
            }
        },
        ExprKind::RoundTo { up: _, expr, unit: _ } | ExprKind::Qualified { expr, qualifier: _ } => of(expr),
        ExprKind::Step { expr, by } => kept(of(expr), of(by)),
        ExprKind::Substring { text, from, length } => {
            let starts = matches!(&from.kind, ExprKind::Literal(Literal::Number { digits: 0 | 1, scale: None }));
            let length = length.as_ref().map_or(Motion::Constant, |length| of(length));
            if starts { kept(of(text), length) } else { fixed(expr) }
        }
        ExprKind::Unary { op: UnaryOp::Plus, expr } => of(expr),
        ExprKind::Unary { op: UnaryOp::Minus, expr } => of(expr).reversed(),
        ExprKind::Binary { op, left, right } => binary(*op, left, right, of(left), of(right)),
        ExprKind::Call(call) => match (call.name.value.as_str(), &call.arguments[..]) {
            ("MONOTONIC", [argument]) => match of(argument) {
                Motion::Free => Motion::Monotonic { rises: true, function: None },
                other => other,
            },
            ("FLOOR" | "CEIL" | "CEILING", [argument]) => of(argument),
            _ => fixed(expr),
        },
        _ => fixed(expr),
    }
}

/// An expression of another kind is constant when all of its parts are.
fn fixed(expr: &Expr) -> Motion {
    let moves = |part: &Expr| {
        matches!(
            part.kind,
            ExprKind::Place(_)
                | ExprKind::Column(_)
                | ExprKind::Clock(_)
                | ExprKind::InQuery { .. }
                | ExprKind::Exists(_)
        )
    };
    if expr.any(&moves) { Motion::Free } else { Motion::Constant }
}

/// A function that keeps the direction of `motion` as long as `other` is constant.
fn kept(motion: Motion, other: Motion) -> Motion {
    if other == Motion::Constant { motion } else { Motion::Free }
}

fn binary(op: BinaryOp, left: &Expr, right: &Expr, a: Motion, b: Motion) -> Motion {
    let negative = |expr: &Expr| sign(expr) == Some(true);
    let positive = |expr: &Expr| sign(expr) == Some(false);
    match (op, &a, &b) {
        (_, Motion::Constant, Motion::Constant) => Motion::Constant,
        (BinaryOp::Add, _, Motion::Constant) => a,
        (BinaryOp::Add, Motion::Constant, _) => b,
        (BinaryOp::Add, ..) if a.direction().is_some() && a.direction() == b.direction() => a,
        (BinaryOp::Subtract, _, Motion::Constant) => a,
        (BinaryOp::Subtract, Motion::Constant, _) => b.reversed(),
        (BinaryOp::Multiply | BinaryOp::Divide, _, Motion::Constant) if positive(right) => a,
        (BinaryOp::Multiply | BinaryOp::Divide, _, Motion::Constant) if negative(right) => a.reversed(),
        (BinaryOp::Multiply, Motion::Constant, _) if positive(left) => b,
        (BinaryOp::Multiply, Motion::Constant, _) if negative(left) => b.reversed(),
        _ => Motion::Free,
    }
}

/// Whether a literal is negative; `None` for zero and for what is no literal number.
fn sign(expr: &Expr) -> Option<bool> {
    match &expr.kind {
        ExprKind::Literal(Literal::Number { digits, .. }) if *digits != 0 => Some(*digits < 0),
        ExprKind::Literal(Literal::Double(value)) if *value != 0.0 => Some(*value < 0.0),
        ExprKind::Literal(Literal::Interval(value, _)) if *value != 0 => Some(*value < 0),
        ExprKind::Unary { op: UnaryOp::Minus, expr } => sign(expr).map(|negative| !negative),
        ExprKind::Unary { op: UnaryOp::Plus, expr } => sign(expr),
        _ => None,
    }
}

/// `expr` as a function of ROWTIME at place 0, if it depends on nothing else.
fn of_rowtime(expr: &Expr, relation: &Relation) -> Option<Expr> {
    let mut known = true;
    let function = expr.replaced(&mut |part| match &part.kind {
        ExprKind::Place(place) => {
            let function = if *place == relation.rowtime_place() && relation.is_stream {
                Some(rowtime())
            } else {
                match relation.columns.get(*place).map(|column| &column.motion) {
                    Some(Motion::Monotonic { function, .. }) => function.clone(),
                    _ => None,
                }
            };
            known &= function.is_some();
            // Replaced or not, nothing is below it.
            Some(function.unwrap_or_else(|| part.clone()))
        }
        ExprKind::Clock(Clock::RowTimestamp) if relation.is_stream => Some(rowtime()),
        ExprKind::Column(_) | ExprKind::Clock(_) => {
            known = false;
            None
        }
        ExprKind::Call(call) if call.name.value == "MONOTONIC" => {
            known = false;
            None
        }
        _ => None,
    });
    known.then_some(function)
}

/// The motion of a group's key where ROWTIME is the end of the window: the key's value a moment before.
pub(super) fn before_the_end(motion: &Motion) -> Motion {
    let moment = ExprKind::Literal(Literal::Interval(1, IntervalQualifier::new(Unit::Second, Unit::Second)));
    match motion {
        Motion::Monotonic { rises, function: Some(function) } => {
            let before = function.replaced(&mut |part| {
                matches!(part.kind, ExprKind::Place(_)).then(|| Expr {
                    kind: ExprKind::Binary {
                        op: BinaryOp::Subtract,
                        left: Box::new(rowtime()),
                        right: Box::new(Expr { kind: moment.clone(), at: part.at }),
                    },
                    at: part.at,
                })
            });
            Motion::Monotonic { rises: *rises, function: Some(before) }
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::relation::{Column, Origin};
    use super::*;
    use crate::analytics::expr::ExprType;
    use crate::analytics::syntax::parse_expression;

    fn moves(text: &str) -> Motion {
        let columns = vec![Column::new(Some("S".into()), "X", ExprType::INTEGER)];
        let relation = Relation::new(Origin::Stream(0), columns, Some("S".into()), true);
        motion(&relation.scope(None).resolved(&parse_expression(text).unwrap(), text), &relation)
    }

    #[test]
    fn functions_that_keep_the_order_of_rowtime_are_monotonic() {
        for text in [
            "ROWTIME",
            "s.ROWTIME",
            "FLOOR(s.ROWTIME TO HOUR)",
            "CEIL(s.ROWTIME TO DAY)",
            "STEP(s.ROWTIME BY INTERVAL '5' MINUTE)",
            "s.ROWTIME + INTERVAL '1' DAY",
            "FLOOR((s.ROWTIME - TIMESTAMP '1970-01-01 00:00:00') SECOND / 10 TO SECOND)",
        ] {
            let Motion::Monotonic { rises: true, function: Some(_) } = moves(text) else { panic!("{text}") };
        }
        assert!(matches!(moves("MONOTONIC(x)"), Motion::Monotonic { rises: true, function: None }));
        assert!(matches!(moves("-MONOTONIC(x) * -2 + 1"), Motion::Monotonic { rises: true, .. }));
        assert!(matches!(moves("5 - MONOTONIC(x)"), Motion::Monotonic { rises: false, .. }));
    }

    #[test]
    fn everything_else_is_free_or_constant() {
        for text in [
            "x",
            "EXTRACT(HOUR FROM s.ROWTIME)",
            "MONOTONIC(x) - MONOTONIC(x)",
            "MONOTONIC(x) * x",
            "STEP(s.ROWTIME BY x)",
        ] {
            assert_eq!(moves(text), Motion::Free, "{text}");
        }
        for text in ["1 + 2", "FLOOR(TIMESTAMP '2018-01-01 00:00:00' TO DAY)", "UPPER('a')"] {
            assert_eq!(moves(text), Motion::Constant, "{text}");
        }
    }
}
