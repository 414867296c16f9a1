//! The arguments of a call while its types are checked.

use crate::analytics::error::{Error, Result};
use crate::analytics::expr::cast::cast;
use crate::analytics::expr::{Expr, ExprType};
use crate::analytics::syntax::At;

/// A call of a function of the dialect.
#[derive(Debug)]
pub(crate) struct Arguments<'a> {
    pub(crate) name: &'a str,
    pub(crate) at: At,
    /// The whole text, for messages.
    pub(crate) text: &'a str,
    pub(crate) values: Vec<(Expr, At)>,
}

impl Arguments<'_> {
    /// That the arguments fit none of the function's `forms`.
    pub(crate) fn wrong(&self, forms: &str) -> Error {
        let types: Vec<_> = self.values.iter().map(|(value, _)| value.sql_type().to_string()).collect();
        let message = format!("{} cannot be applied to ({})", self.name, types.join(", "));
        self.at.error_with_hint(self.text, message, format!("the forms are {forms}"))
    }

    /// The only argument.
    pub(crate) fn one(&self, forms: &str) -> Result<Expr> {
        match self.values.as_slice() {
            [(value, _)] => Ok(value.clone()),
            _ => Err(self.wrong(forms)),
        }
    }

    /// The two arguments.
    pub(crate) fn two(&self, forms: &str) -> Result<(Expr, Expr)> {
        match self.values.as_slice() {
            [(one, _), (other, _)] => Ok((one.clone(), other.clone())),
            _ => Err(self.wrong(forms)),
        }
    }

    /// The value as text; NULL becomes a text.
    pub(crate) fn as_text(&self, value: Expr, forms: &str) -> Result<Expr> {
        match value.sql_type() {
            ExprType::Null => Ok(Expr::null(ExprType::varchar(1))),
            other if other.is_text() => Ok(value),
            _ => Err(self.wrong(forms)),
        }
    }

    /// The value as BIGINT, out of any integer; a number with a fraction is refused.
    pub(crate) fn as_integer(&self, value: Expr, forms: &str) -> Result<Expr> {
        let fits = value.sql_type().is_null()
            || value.sql_type().is_integer()
            || value.sql_type().decimal().is_some_and(|(_, scale)| scale == 0);
        if !fits {
            return Err(self.wrong(forms));
        }
        self.convert(value, &ExprType::BIGINT, forms)
    }

    /// The value as DOUBLE, out of any number.
    pub(crate) fn as_double(&self, value: Expr, forms: &str) -> Result<Expr> {
        if !value.sql_type().is_numeric() && !value.sql_type().is_null() {
            return Err(self.wrong(forms));
        }
        self.convert(value, &ExprType::DOUBLE, forms)
    }

    /// The value as exactly this type; only NULL is converted.
    pub(crate) fn as_type(&self, value: Expr, wanted: &ExprType, forms: &str) -> Result<Expr> {
        if value.sql_type().is_null() || value.sql_type() == wanted {
            return self.convert(value, wanted, forms);
        }
        Err(self.wrong(forms))
    }

    fn convert(&self, value: Expr, to: &ExprType, forms: &str) -> Result<Expr> {
        cast(value, to)?.ok_or_else(|| self.wrong(forms))
    }
}
