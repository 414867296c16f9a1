//! Calls of functions: which one is meant, its arguments, and its lambdas.

use datafusion::common::Column;
use datafusion::logical_expr::Expr;

use super::Planner;
use super::capture::capture;
use super::scope::{Env, distance};
use super::typed::Typed;
use crate::sql::trino::error::{Place, SqlError};
use crate::sql::trino::execute::{Body, Bound, BoundLambda};
use crate::sql::trino::parse::ast;
use crate::sql::trino::parse::ast::{ExprKind, FunctionCall};
use crate::sql::trino::registry::{Argument, FunctionEntry, Overload, Registry, resolve};
use crate::sql::trino::types::TrinoType;

/// An argument before its function is known.
pub(super) enum Given<'q> {
    /// A value.
    Value(Typed, Place),
    /// A lambda, typed when its parameters are.
    Lambda(&'q [ast::Name], &'q ast::Expr),
}

/// A lambda with its types: its parameters' columns and its body.
pub(super) struct TypedLambda {
    pub(super) parameters: Vec<Expr>,
    pub(super) body: Typed,
    at: Place,
}

impl Planner<'_> {
    /// A call of the syntax tree: syntax, scalar, aggregate or window function.
    pub(super) fn function(&mut self, call: &FunctionCall, at: Place, env: &Env<'_>) -> Result<Typed, SqlError> {
        let name = match call.name.as_slice() {
            [name] => name.text.as_str(),
            [.., last] => {
                let shown = super::scope::shown(&call.name);
                return Err(SqlError::new("FUNCTION_NOT_FOUND", at, format!("Function '{shown}' not registered"))
                    .hint(format!("call it by its name alone: {}", last.text)));
            }
            [] => return Err(SqlError::syntax(at, "A call without name")),
        };
        let registry = Registry::get();
        if call.over.is_some() {
            return self.window_function(name, call, at, env);
        }
        if let Some(overloads) = registry.aggregate(name) {
            return self.aggregate(name, overloads, call, at, env);
        }
        if super::window::is_window_function(name) {
            return Err(SqlError::new("MISSING_OVER", at, format!("Window function {name} requires an OVER clause")));
        }
        if !Self::is_plain(call) {
            let what = if call.is_distinct {
                "DISTINCT"
            } else if call.filter.is_some() {
                "FILTER"
            } else {
                "ORDER BY or *"
            };
            let message = format!("{what} is not supported for function {name}, which is no aggregate function");
            return Err(SqlError::new("FUNCTION_NOT_AGGREGATE", at, message));
        }
        if let Some(found) = self.special(name, call, at, env)? {
            return Ok(found);
        }
        let Some(overloads) = registry.function(name) else { return Err(unknown(name, at)) };
        let given = self.given(&call.arguments, env)?;
        self.scalar(name, overloads, given, at, env)
    }

    /// Arguments: values are analyzed, lambdas wait.
    pub(super) fn given<'q>(&mut self, arguments: &'q [ast::Expr], env: &Env<'_>) -> Result<Vec<Given<'q>>, SqlError> {
        arguments
            .iter()
            .map(|argument| match &argument.kind {
                ExprKind::Lambda { parameters, body } => Ok(Given::Lambda(parameters, body)),
                _ => Ok(Given::Value(self.expression(argument, env)?, argument.at)),
            })
            .collect()
    }

    /// A scalar function over values, as syntax forms call it.
    pub(super) fn call_function(&mut self, name: &str, values: Vec<Typed>, at: Place) -> Result<Typed, SqlError> {
        let Some(overloads) = Registry::get().function(name) else { return Err(unknown(name, at)) };
        let scope = super::scope::Scope::default();
        let env = Env::query(&scope, None, super::scope::Allowed::scalars("an expression"));
        let given = values.into_iter().map(|value| Given::Value(value, at)).collect();
        self.scalar(name, overloads, given, at, &env)
    }

    /// The types of lambdas as a signature asks for them.
    pub(super) fn lambda(
        &mut self,
        names: &[ast::Name],
        body: &ast::Expr,
        types: &[TrinoType],
        env: &Env<'_>,
    ) -> Result<TypedLambda, SqlError> {
        let mut parameters = Vec::with_capacity(names.len());
        let mut named = Vec::with_capacity(names.len());
        for (name, data_type) in names.iter().zip(types) {
            // A name of our own, so that lambdas inside of lambdas never mistake one another's parameters.
            let column = Expr::Column(Column::new_unqualified(self.fresh()));
            parameters.push(column.clone());
            named.push((name.text.clone(), Typed::new(column, data_type.clone())));
        }
        let mut inner = env.named(&named);
        inner.allowed.aggregates = false;
        inner.allowed.windows = false;
        inner.allowed.clause = "a lambda expression";
        let at = body.at;
        Ok(TypedLambda { parameters, body: self.expression(body, &inner)?, at })
    }

    fn scalar(
        &mut self,
        name: &str,
        overloads: &'static [Overload<FunctionEntry>],
        given: Vec<Given<'_>>,
        at: Place,
        env: &Env<'_>,
    ) -> Result<Typed, SqlError> {
        let arguments: Vec<Argument> = given.iter().map(argument).collect();
        let mut lambdas: Vec<Option<TypedLambda>> = given.iter().map(|_| None).collect();
        let resolved = resolve(
            overloads,
            &arguments,
            |entry| entry.derive,
            |place, types| {
                let Some(Given::Lambda(names, body)) = given.get(place) else {
                    return Err(SqlError::mismatch(at, format!("Function {name} takes a lambda here")));
                };
                let typed = self.lambda(names, body, types, env)?;
                let data_type = typed.body.data_type.clone();
                lambdas[place] = Some(typed);
                Ok(data_type)
            },
        )?;
        let Some(resolved) = resolved else { return Err(no_overload(name, &arguments, overloads, at)) };
        let entry = resolved.entry;
        let mut values = Vec::new();
        let mut types = Vec::new();
        let mut bodies = Vec::new();
        let mut captured: Vec<Expr> = Vec::new();
        let mut can_fail = entry.can_fail;
        for ((given, target), lambda) in given.into_iter().zip(resolved.arguments).zip(lambdas) {
            match (given, lambda) {
                (Given::Value(value, _), _) => {
                    can_fail |= value.can_fail;
                    values.push(self.cast_to(value, &target, false).expr);
                    types.push(target);
                }
                (Given::Lambda(..), Some(lambda)) => {
                    can_fail |= lambda.body.can_fail;
                    bodies.push(self.bind_lambda(lambda, &target, &mut captured)?);
                }
                (Given::Lambda(..), None) => return Err(SqlError::mismatch(at, "A lambda without type")),
            }
        }
        let mut bound = Bound::new(name, entry.kernel, types, resolved.return_type.clone(), &self.session);
        bound.nulls = entry.nulls;
        bound.is_volatile = entry.is_volatile;
        bound.lambdas = bodies;
        values.extend(captured);
        Ok(Typed::failing(bound.call(values), resolved.return_type, can_fail))
    }

    fn bind_lambda(
        &mut self,
        lambda: TypedLambda,
        target: &TrinoType,
        captured: &mut Vec<Expr>,
    ) -> Result<BoundLambda, SqlError> {
        let body = self.coerce(lambda.body, target);
        let mut own = Vec::new();
        let expr = capture(body.expr, &lambda.parameters, &mut own, lambda.at)?;
        let start = captured.len();
        captured.extend(own);
        Ok(BoundLambda { body: Body::new(expr, target.clone()), captured: start..captured.len() })
    }
}

/// An argument as resolution takes it.
pub(super) fn argument(given: &Given<'_>) -> Argument {
    match given {
        Given::Value(value, _) => Argument::Value(value.data_type.clone()),
        Given::Lambda(names, _) => Argument::Lambda(names.len()),
    }
}

/// The error for a name that no function has.
pub(super) fn unknown(name: &str, at: Place) -> SqlError {
    if let Some(reason) = crate::sql::trino::function::reason(name) {
        return SqlError::unsupported(at, format!("Function '{name}' is not supported: {reason}"));
    }
    let error = SqlError::new("FUNCTION_NOT_FOUND", at, format!("Function '{name}' not registered"));
    let names = Registry::get().names();
    let near = names.iter().filter(|known| !known.starts_with('$')).map(|known| (distance(name, known), *known)).min();
    match near {
        Some((steps, known)) if steps <= 2.max(name.len() / 4) => error.hint(format!("did you mean `{known}`?")),
        _ => error,
    }
}

/// The error for arguments that no overload takes.
pub(super) fn no_overload<E>(name: &str, arguments: &[Argument], overloads: &[Overload<E>], at: Place) -> SqlError {
    let shown: Vec<String> = arguments
        .iter()
        .map(|argument| match argument {
            Argument::Value(data_type) => data_type.to_string(),
            Argument::Lambda(_) => "<function>".into(),
        })
        .collect();
    let expected: Vec<&str> =
        overloads.iter().map(|overload| overload.text().split(" ->").next().unwrap_or_default()).collect();
    SqlError::new(
        "FUNCTION_NOT_FOUND",
        at,
        format!("Unexpected parameters ({}) for function {name}. Expected: {}", shown.join(", "), expected.join(", ")),
    )
}
