//! Functions whose arguments stand between words: EXTRACT, FLOOR … TO, STEP, SUBSTRING, POSITION, OVERLAY, TRIM.

use super::Binder;
use crate::analytics::error::{Error, Result};
use crate::analytics::expr::cast::cast;
use crate::analytics::expr::{Expr, ExprType, common_type};
use crate::analytics::function::{
    Overlay, Position, Round, StepNumber, SubstringRegex, SubstringSimilar, Trim, extract, substring,
};
use crate::analytics::sql_type::SqlType;
use crate::analytics::syntax::{self, At, ExprKind, Unit};

impl Binder<'_> {
    /// The node is one of those that [`Binder::expr`] sends here.
    pub(super) fn special(&self, ast: &syntax::Expr) -> Result<Expr> {
        match &ast.kind {
            ExprKind::Extract { unit, from } => self.extract(*unit, from),
            ExprKind::RoundTo { up, expr, unit } => self.round_to(*up, expr, *unit),
            ExprKind::Step { expr, by } => self.step(expr, by, ast.at),
            ExprKind::Substring { text, from, length } => self.substring(text, from, length.as_deref()),
            ExprKind::SubstringSimilar { text, pattern, escape } => {
                let name = "SUBSTRING … SIMILAR";
                let text = self.text_operand(text, name)?;
                let bound = (self.text_operand(pattern, name)?, self.text_operand(escape, name)?);
                let known = bound.0.constant_text().zip(bound.1.constant_text());
                let kernel = SubstringSimilar::new(known);
                let kernel = kernel.map_err(|message| pattern.at.error(self.text, message))?;
                let sql_type = text_type(&text);
                Expr::call(kernel, vec![text, bound.0, bound.1], sql_type)
            }
            ExprKind::Position { needle, text } => {
                let arguments = vec![self.text_operand(needle, "POSITION")?, self.text_operand(text, "POSITION")?];
                Expr::call(Position, arguments, ExprType::INTEGER)
            }
            ExprKind::Overlay { text, placing, from, length } => {
                let (text, placing) = (self.text_operand(text, "OVERLAY")?, self.text_operand(placing, "OVERLAY")?);
                let lengths = text.sql_type().text_length().zip(placing.sql_type().text_length());
                let most = lengths.map_or(65_535, |(one, other)| one.saturating_add(other));
                let mut arguments = vec![text, placing, self.place(from, "OVERLAY")?];
                if let Some(length) = length {
                    arguments.push(self.place(length, "OVERLAY")?);
                }
                Expr::call(Overlay, arguments, ExprType::varchar(most))
            }
            ExprKind::Trim { side, what, text } => {
                let what = match what {
                    Some(what) => self.text_operand(what, "TRIM")?,
                    None => super::literal::bind(&syntax::Literal::Text(" ".to_owned()))?,
                };
                let text = self.text_operand(text, "TRIM")?;
                let sql_type = text_type(&text);
                Expr::call(Trim(*side), vec![what, text], sql_type)
            }
            other => Err(Error::Internal(format!("{other:?} is no function with words"))),
        }
    }

    fn extract(&self, unit: Unit, from: &syntax::Expr) -> Result<Expr> {
        let expr = self.expr(from)?;
        if expr.sql_type().is_null() {
            return Ok(Expr::null(ExprType::BIGINT));
        }
        if !expr.sql_type().has_unit(unit) {
            return Err(self.no_unit("EXTRACT", unit, expr.sql_type(), from.at));
        }
        extract(unit, expr)
    }

    fn no_unit(&self, name: &str, unit: Unit, sql_type: &ExprType, at: At) -> Error {
        at.error_with_hint(
            self.text,
            format!("{name} finds no {} in a value of type {sql_type}", unit.name()),
            "DATE has YEAR, MONTH, DAY; TIME has HOUR, MINUTE, SECOND; TIMESTAMP has all",
        )
    }

    fn round_to(&self, up: bool, ast: &syntax::Expr, unit: Unit) -> Result<Expr> {
        let expr = self.expr(ast)?;
        let sql_type = expr.sql_type().clone();
        if sql_type.is_null() {
            return Ok(Expr::null(ExprType::TIMESTAMP));
        }
        // A DATE has midnight, and a TIME its one day, to be rounded to.
        let possible = sql_type.is_datetime() && !(sql_type == ExprType::Sql(SqlType::Time) && unit <= Unit::Day);
        let possible = possible || sql_type.interval().is_some() && sql_type.has_unit(unit);
        if !possible {
            return Err(self.no_unit(if up { "CEIL" } else { "FLOOR" }, unit, &sql_type, ast.at));
        }
        Expr::call(Round { up, unit }, vec![expr], sql_type)
    }

    fn step(&self, ast: &syntax::Expr, by: &syntax::Expr, at: At) -> Result<Expr> {
        let (expr, size) = (self.expr(ast)?, self.expr(by)?);
        let (one, other) = (expr.sql_type().clone(), size.sql_type().clone());
        if one.is_null() {
            return Ok(Expr::null(if other.is_numeric() { other } else { ExprType::TIMESTAMP }));
        }
        let of_time = other.interval().is_some() && (one.is_datetime() || one.interval().is_some());
        let of_months = other.interval().is_some_and(|interval| interval.is_year_month());
        let wrong_family = of_months && one == ExprType::Sql(SqlType::Time)
            || one.interval().is_some_and(|interval| interval.is_year_month() != of_months);
        if of_time && !wrong_family {
            return Expr::call(crate::analytics::function::StepTime { months: of_months }, vec![expr, size], one);
        }
        if one.is_numeric() && (other.is_numeric() || other.is_null()) {
            let common = match common_type(&one, &other) {
                Some(ExprType::Sql(SqlType::Real)) => ExprType::DOUBLE,
                Some(common) => common,
                None => ExprType::DOUBLE,
            };
            let (expr, size) = (self.coerce(expr, &common, at)?, self.coerce(size, &common, at)?);
            return Expr::call(StepNumber, vec![expr, size], common);
        }
        Err(at.error_with_hint(
            self.text,
            format!("STEP cannot be applied to {one} BY {other}"),
            "the forms are STEP(number BY number), STEP(datetime BY INTERVAL 'n' unit)",
        ))
    }

    /// A place or length in a text.
    fn place(&self, ast: &syntax::Expr, name: &str) -> Result<Expr> {
        let expr = self.expr(ast)?;
        let whole = expr.sql_type().decimal().is_some_and(|(_, scale)| scale == 0);
        match cast(expr.clone(), &ExprType::BIGINT)? {
            Some(place) if whole || expr.sql_type().is_null() => Ok(place),
            _ => Err(ast.at.error(self.text, format!("{name} takes a whole number here, not {}", expr.sql_type()))),
        }
    }

    /// Places, or a regular expression where the place would be.
    fn substring(&self, text: &syntax::Expr, from: &syntax::Expr, length: Option<&syntax::Expr>) -> Result<Expr> {
        let text = self.text_operand(text, "SUBSTRING")?;
        let start = self.expr(from)?;
        if length.is_none() && start.sql_type().is_text() {
            let kernel = SubstringRegex::new(start.constant_text());
            let kernel = kernel.map_err(|message| from.at.error(self.text, message))?;
            let sql_type = text_type(&text);
            return Expr::call(kernel, vec![text, start], sql_type);
        }
        let start = self.place(from, "SUBSTRING")?;
        let length = length.map(|length| self.place(length, "SUBSTRING")).transpose()?;
        substring(text, start, length, false)
    }
}

/// Text as long as `text` at most.
fn text_type(text: &Expr) -> ExprType {
    ExprType::varchar(text.sql_type().text_length().unwrap_or(65_535))
}
