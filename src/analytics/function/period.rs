//! Period predicates: how two half-open stretches of time lie to each other.
//!
//! Source: Kinesis Data Analytics SQL Reference, "Temporal Predicates".

use crate::analytics::error::Result;
use crate::analytics::expr::Expr;
use crate::analytics::syntax::{BinaryOp, PeriodOp, PeriodRelation};

/// Start and end; an instant has no end.
type Ends<'a> = (&'a Expr, Option<&'a Expr>);

/// The predicate out of comparisons of the ends; `None` when the words or an instant do not fit.
pub(crate) fn period(
    op: PeriodOp,
    (s1, e1): (&Expr, &Expr),
    (s2, e2): Ends<'_>,
    compare: &dyn Fn(BinaryOp, &Expr, &Expr) -> Result<Expr>,
) -> Result<Option<Expr>> {
    use PeriodRelation as Relation;
    let less = if op.strictly { BinaryOp::Less } else { BinaryOp::LessOrEqual };
    let Some(e2) = e2 else {
        // An instant lies inside when it is not before the start and before the end.
        let plain = op.relation == Relation::Contains && !op.immediately;
        return if plain {
            Ok(Some(Expr::and(vec![compare(less, s1, s2)?, compare(BinaryOp::Less, s2, e1)?])))
        } else {
            Ok(None)
        };
    };
    let equal = |left: &Expr, right: &Expr| compare(BinaryOp::Equal, left, right);
    let relation = match (op.relation, op.immediately) {
        (Relation::Overlaps, false) => {
            Expr::and(vec![compare(BinaryOp::Less, s1, e2)?, compare(BinaryOp::Less, s2, e1)?])
        }
        (Relation::Contains, false) => Expr::and(vec![compare(less, s1, s2)?, compare(less, e2, e1)?]),
        (Relation::Equals, false) if !op.strictly => Expr::and(vec![equal(s1, s2)?, equal(e1, e2)?]),
        (Relation::Precedes, false) => compare(less, e1, s2)?,
        (Relation::Precedes, true) => equal(e1, s2)?,
        (Relation::Succeeds, false) => compare(less, e2, s1)?,
        (Relation::Succeeds, true) => equal(e2, s1)?,
        (Relation::Leads, false) => Expr::and(vec![compare(less, s1, s2)?, compare(less, e1, e2)?]),
        (Relation::Lags, false) => Expr::and(vec![compare(less, s2, s1)?, compare(less, e2, e1)?]),
        (Relation::Leads, true) => Expr::and(vec![
            compare(less, s1, s2)?,
            compare(less, e1, e2)?,
            Expr::or(vec![equal(s1, s2)?, equal(e1, e2)?]),
        ]),
        (Relation::Lags, true) => Expr::and(vec![
            compare(less, s2, s1)?,
            compare(less, e2, e1)?,
            Expr::or(vec![equal(s1, s2)?, equal(e1, e2)?]),
        ]),
        (Relation::Overlaps | Relation::Contains, true) | (Relation::Equals, _) => return Ok(None),
    };
    Ok(Some(relation))
}
