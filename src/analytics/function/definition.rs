//! Functions written in SQL: CREATE FUNCTION, and finding them again.

use std::fmt;

use crate::analytics::error::Result;
use crate::analytics::expr::ExprType;
use crate::analytics::syntax::{self, CreateFunction, Name};

/// A function written in SQL.
#[derive(Clone, Debug)]
pub(crate) struct Definition {
    pub(crate) name: String,
    pub(crate) parameters: Vec<(String, ExprType)>,
    pub(crate) returns: ExprType,
    /// NULL when any argument is NULL, without running the body.
    pub(crate) null_on_null: bool,
    pub(crate) body: syntax::Expr,
    /// The text that the body's places belong to.
    pub(crate) text: String,
}

impl fmt::Display for Definition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parameters: Vec<_> = self.parameters.iter().map(|(_, sql_type)| sql_type.to_string()).collect();
        write!(f, "{}({})", self.name, parameters.join(", "))
    }
}

/// The functions of an application; several may share a name when their parameters differ.
#[derive(Clone, Debug, Default)]
pub(crate) struct Functions {
    definitions: Vec<Definition>,
}

impl Functions {
    /// Adds a function; its body is checked where it is called.
    ///
    /// # Errors
    /// [`Error::Sql`](crate::analytics::error::Error::Sql) when a function of that name and those parameters is there
    /// and is not to be replaced.
    pub(crate) fn define(&mut self, function: &CreateFunction, text: &str) -> Result<()> {
        let definition = Definition {
            name: function.name.value.clone(),
            parameters: function
                .parameters
                .iter()
                .map(|(name, sql_type)| (name.value.clone(), ExprType::from(*sql_type)))
                .collect(),
            returns: function.returns.into(),
            null_on_null: function.null_on_null,
            body: function.body.clone(),
            text: text.to_owned(),
        };
        let same = |other: &&mut Definition| {
            other.name == definition.name
                && other.parameters.iter().map(|(_, t)| t).eq(definition.parameters.iter().map(|(_, t)| t))
        };
        match self.definitions.iter_mut().find(same) {
            Some(other) if function.or_replace => *other = definition,
            Some(other) => {
                return Err(function.name.at.error_with_hint(
                    text,
                    format!("There is a function {other} already"),
                    "CREATE OR REPLACE FUNCTION replaces it",
                ));
            }
            None => self.definitions.push(definition),
        }
        Ok(())
    }

    /// Removes all functions of a name; whether there was one.
    pub(crate) fn remove(&mut self, name: &Name) -> bool {
        let before = self.definitions.len();
        self.definitions.retain(|definition| definition.name != name.value);
        self.definitions.len() < before
    }

    /// The functions of a name, with their places. An unquoted name may differ in case when none fits exactly.
    pub(crate) fn overloads(&self, name: &Name) -> Vec<(usize, &Definition)> {
        let all = || self.definitions.iter().enumerate();
        let exact: Vec<_> = all().filter(|(_, definition)| definition.name == name.value).collect();
        if !exact.is_empty() || name.quoted {
            return exact;
        }
        all().filter(|(_, definition)| definition.name.eq_ignore_ascii_case(&name.value)).collect()
    }

    /// Names of all functions.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.definitions.iter().map(|definition| definition.name.as_str())
    }
}
