//! Going through an expression: visiting, and replacing parts of it.

use super::{Expr, ExprKind};

impl Expr {
    /// Calls `visit` with each sub-expression directly below this one, those inside sub-queries, windows and FILTER excepted.
    fn each_child<'a>(&'a self, visit: &mut dyn FnMut(&'a Self)) {
        match &self.kind {
            ExprKind::Literal(_)
            | ExprKind::Column(_)
            | ExprKind::Place(_)
            | ExprKind::Clock(_)
            | ExprKind::Exists(_) => {}
            ExprKind::Unary { op: _, expr }
            | ExprKind::Is { expr, test: _, negated: _ }
            | ExprKind::InQuery { expr, query: _, negated: _ }
            | ExprKind::Cast { expr, to: _ }
            | ExprKind::Qualified { expr, qualifier: _ }
            | ExprKind::Extract { unit: _, from: expr }
            | ExprKind::RoundTo { up: _, expr, unit: _ } => visit(expr),
            ExprKind::Binary { op: _, left, right }
            | ExprKind::IsDistinct { left, right, negated: _ }
            | ExprKind::Period { op: _, left, right }
            | ExprKind::Step { expr: left, by: right }
            | ExprKind::Position { needle: left, text: right } => {
                visit(left);
                visit(right);
            }
            ExprKind::And(list) | ExprKind::Or(list) | ExprKind::Row(list) => list.iter().for_each(visit),
            ExprKind::Between { expr: first, low: second, high: third, negated: _ }
            | ExprKind::SubstringSimilar { text: first, pattern: second, escape: third } => {
                visit(first);
                visit(second);
                visit(third);
            }
            ExprKind::In { expr, list, negated: _ } => {
                visit(expr);
                list.iter().for_each(visit);
            }
            ExprKind::Like { expr: first, pattern: second, escape: rest, similar: _, negated: _ }
            | ExprKind::Substring { text: first, from: second, length: rest } => {
                visit(first);
                visit(second);
                rest.as_deref().into_iter().for_each(visit);
            }
            ExprKind::Trim { side: _, what, text } => {
                what.as_deref().into_iter().for_each(&mut *visit);
                visit(text);
            }
            ExprKind::Overlay { text, placing, from, length } => {
                visit(text);
                visit(placing);
                visit(from);
                length.as_deref().into_iter().for_each(visit);
            }
            ExprKind::Case { operand, branches, otherwise } => {
                operand.as_deref().into_iter().for_each(&mut *visit);
                for (condition, result) in branches {
                    visit(condition);
                    visit(result);
                }
                otherwise.as_deref().into_iter().for_each(visit);
            }
            ExprKind::Call(call) => call.arguments.iter().for_each(visit),
        }
    }

    /// Calls `visit` on this expression and everything below it, outermost first; below a node only where `visit` says so.
    pub(crate) fn walk<'a>(&'a self, visit: &mut dyn FnMut(&'a Self) -> bool) {
        if visit(self) {
            self.each_child(&mut |child| child.walk(visit));
        }
    }

    /// Whether `wanted` holds for this expression or one below it.
    pub(crate) fn any(&self, wanted: &dyn Fn(&Self) -> bool) -> bool {
        let mut found = false;
        self.walk(&mut |expr| {
            found = found || wanted(expr);
            !found
        });
        found
    }

    /// The expression with every part, outermost first, for which `replace` gives another one.
    pub(crate) fn replaced(&self, replace: &mut dyn FnMut(&Self) -> Option<Self>) -> Self {
        let mut copy = self.clone();
        copy.replace_in_place(replace);
        copy
    }

    fn replace_in_place(&mut self, replace: &mut dyn FnMut(&Self) -> Option<Self>) {
        match replace(self) {
            Some(other) => *self = other,
            None => self.each_child_mut(&mut |child| child.replace_in_place(replace)),
        }
    }

    fn each_child_mut(&mut self, visit: &mut dyn FnMut(&mut Self)) {
        match &mut self.kind {
            ExprKind::Literal(_)
            | ExprKind::Column(_)
            | ExprKind::Place(_)
            | ExprKind::Clock(_)
            | ExprKind::Exists(_) => {}
            ExprKind::Unary { op: _, expr }
            | ExprKind::Is { expr, test: _, negated: _ }
            | ExprKind::InQuery { expr, query: _, negated: _ }
            | ExprKind::Cast { expr, to: _ }
            | ExprKind::Qualified { expr, qualifier: _ }
            | ExprKind::Extract { unit: _, from: expr }
            | ExprKind::RoundTo { up: _, expr, unit: _ } => visit(expr),
            ExprKind::Binary { op: _, left, right }
            | ExprKind::IsDistinct { left, right, negated: _ }
            | ExprKind::Period { op: _, left, right }
            | ExprKind::Step { expr: left, by: right }
            | ExprKind::Position { needle: left, text: right } => {
                visit(left);
                visit(right);
            }
            ExprKind::And(list) | ExprKind::Or(list) | ExprKind::Row(list) => list.iter_mut().for_each(visit),
            ExprKind::Between { expr: first, low: second, high: third, negated: _ }
            | ExprKind::SubstringSimilar { text: first, pattern: second, escape: third } => {
                visit(first);
                visit(second);
                visit(third);
            }
            ExprKind::In { expr, list, negated: _ } => {
                visit(expr);
                list.iter_mut().for_each(visit);
            }
            ExprKind::Like { expr: first, pattern: second, escape: rest, similar: _, negated: _ }
            | ExprKind::Substring { text: first, from: second, length: rest } => {
                visit(first);
                visit(second);
                rest.as_deref_mut().into_iter().for_each(visit);
            }
            ExprKind::Trim { side: _, what, text } => {
                what.as_deref_mut().into_iter().for_each(&mut *visit);
                visit(text);
            }
            ExprKind::Overlay { text, placing, from, length } => {
                visit(text);
                visit(placing);
                visit(from);
                length.as_deref_mut().into_iter().for_each(visit);
            }
            ExprKind::Case { operand, branches, otherwise } => {
                operand.as_deref_mut().into_iter().for_each(&mut *visit);
                for (condition, result) in branches {
                    visit(condition);
                    visit(result);
                }
                otherwise.as_deref_mut().into_iter().for_each(visit);
            }
            ExprKind::Call(call) => call.arguments.iter_mut().for_each(visit),
        }
    }
}
