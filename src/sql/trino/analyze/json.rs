//! The SQL/JSON functions, as calls of hidden functions of the library.

use super::Planner;
use super::scope::Env;
use super::special::branch;
use super::typed::Typed;
use crate::sql::trino::error::{Place, SqlError};
use crate::sql::trino::parse::ast;
use crate::sql::trino::parse::ast::{Comparison, ExprKind, JsonDefault, JsonInput, JsonPath};
use crate::sql::trino::types::TrinoType;

/// States of `$json_value`.
const EMPTY: i64 = 1;
const FAILED: i64 = 2;

impl Planner<'_> {
    /// Input, path, names and values as the hidden functions take them.
    fn path(&mut self, path: &JsonPath, at: Place, env: &Env<'_>) -> Result<Vec<Typed>, SqlError> {
        let input = self.expression(&path.input.value, env)?;
        if !input.data_type.is_text() && !matches!(input.data_type, TrinoType::Unknown) {
            let message = format!("Cannot read input of type {} as JSON using formatting JSON", input.data_type);
            return Err(SqlError::mismatch(at, message));
        }
        let input = self.cast_to(input, &TrinoType::VARCHAR, false);
        let names = path.passing.iter().map(|(name, _)| Typed::text(name.written.clone())).collect();
        let values = path.passing.iter().map(|(_, value)| self.json_of(value, env)).collect::<Result<Vec<_>, _>>()?;
        let names = self.list_of(names, &TrinoType::VARCHAR);
        let values = self.list_of(values, &TrinoType::Json);
        Ok(vec![input, Typed::text(path.path.clone()), names, values])
    }

    /// An array of a given element type, also when it is empty.
    fn list_of(&self, elements: Vec<Typed>, element: &TrinoType) -> Typed {
        let list = self.array_of(elements);
        self.coerce(list, &TrinoType::array(element.clone()))
    }

    /// A value as JSON.
    fn json_of(&mut self, input: &JsonInput, env: &Env<'_>) -> Result<Typed, SqlError> {
        let value = self.expression(&input.value, env)?;
        let is_json = matches!(
            input.value.kind,
            ExprKind::JsonQuery { .. } | ExprKind::JsonObject { .. } | ExprKind::JsonArray { .. }
        );
        if input.is_json || is_json {
            return self.call_function("json_parse", vec![value], input.value.at);
        }
        self.explicit_cast(value, &TrinoType::Json, false, input.value.at)
    }

    pub(super) fn json_exists(
        &mut self,
        path: &JsonPath,
        on_error: &str,
        at: Place,
        env: &Env<'_>,
    ) -> Result<Typed, SqlError> {
        let mut arguments = self.path(path, at, env)?;
        arguments.push(Typed::text(on_error));
        self.call_function("$json_exists", arguments, at)
    }

    pub(super) fn json_query(
        &mut self,
        path: &JsonPath,
        behaviour: [&str; 4],
        returning: Option<&TrinoType>,
        at: Place,
        env: &Env<'_>,
    ) -> Result<Typed, SqlError> {
        let mut arguments = self.path(path, at, env)?;
        arguments.extend(behaviour.iter().map(|word| Typed::text(*word)));
        let found = self.call_function("$json_query", arguments, at)?;
        self.returned(found, returning, at)
    }

    fn returned(&self, value: Typed, returning: Option<&TrinoType>, at: Place) -> Result<Typed, SqlError> {
        match returning {
            None => Ok(value),
            Some(target) if target.is_text() || matches!(target, TrinoType::Varbinary) => {
                self.explicit_cast(value, target, false, at)
            }
            Some(target) => {
                Err(SqlError::mismatch(at, format!("Cannot output JSON value as {target} using formatting JSON")))
            }
        }
    }

    /// The state decides: found, empty or failed.
    pub(super) fn json_value(
        &mut self,
        path: &JsonPath,
        returning: Option<&TrinoType>,
        (on_empty, on_error): (&JsonDefault, &JsonDefault),
        at: Place,
        env: &Env<'_>,
    ) -> Result<Typed, SqlError> {
        let target = returning.cloned().unwrap_or(TrinoType::VARCHAR);
        let arguments = self.path(path, at, env)?;
        let found = self.call_function("$json_value", arguments, at)?;
        let state = self.field_at(found.clone(), 0, TrinoType::Integer);
        let text = self.field_at(found, 1, TrinoType::VARCHAR);
        let converted = self.explicit_cast(text.clone(), &target, true, at)?;
        let is_state =
            |planner: &Self, wanted: i64| planner.compare(Comparison::Equal, state.clone(), Typed::bigint(wanted), at);
        let is_empty = is_state(self, EMPTY)?;
        let is_failed = is_state(self, FAILED)?;
        // Text that does not convert is an error of the value, too.
        let lost = super::operators::is_null(converted.clone(), false);
        let had = super::operators::is_null(text, true);
        let is_lost = super::operators::connect(vec![had, lost], false, at)?;
        let for_empty = self.json_default(on_empty, &target, "JSON_VALUE_RESULT_ERROR", at, env)?;
        let for_error = self.json_default(on_error, &target, "PATH_EVALUATION_ERROR", at, env)?;
        let results = vec![for_empty, for_error.clone(), for_error, converted];
        branch(vec![is_empty, is_failed, is_lost], results, at)
    }

    fn json_default(
        &mut self,
        default: &JsonDefault,
        target: &TrinoType,
        name: &'static str,
        at: Place,
        env: &Env<'_>,
    ) -> Result<Typed, SqlError> {
        match default {
            JsonDefault::Null => Ok(self.coerce(Typed::null(), target)),
            JsonDefault::Default(value) => {
                let value = self.expression(value, env)?;
                self.expect_type(value, target, "Function JSON_VALUE default value", at)
            }
            JsonDefault::Error => {
                let kernel: crate::sql::trino::call::Kernel = if name == "JSON_VALUE_RESULT_ERROR" {
                    |_| {
                        Err(crate::sql::trino::error::TrinoError::new(
                            "JSON_VALUE_RESULT_ERROR",
                            "Cannot extract SQL scalar from JSON: no item found",
                        ))
                    }
                } else {
                    |_| {
                        Err(crate::sql::trino::error::TrinoError::new(
                            "PATH_EVALUATION_ERROR",
                            "The path cannot be evaluated",
                        ))
                    }
                };
                let nulls = crate::sql::trino::registry::NullRule::Called;
                Ok(self.kernel("json error", kernel, nulls, vec![Typed::bigint(0)], target.clone(), true))
            }
        }
    }

    pub(super) fn json_object(
        &mut self,
        members: &[(ast::Expr, JsonInput)],
        (null_on_null, unique_keys): (bool, bool),
        returning: Option<&TrinoType>,
        at: Place,
        env: &Env<'_>,
    ) -> Result<Typed, SqlError> {
        let mut keys = Vec::with_capacity(members.len());
        let mut values = Vec::with_capacity(members.len());
        for (key, value) in members {
            let text = self.expression(key, env)?;
            if !text.data_type.is_text() {
                return Err(SqlError::mismatch(key.at, format!("Invalid type of JSON object key: {}", text.data_type)));
            }
            keys.push(self.cast_to(text, &TrinoType::VARCHAR, false));
            values.push(self.json_of(value, env)?);
        }
        let keys = self.list_of(keys, &TrinoType::VARCHAR);
        let values = self.list_of(values, &TrinoType::Json);
        let arguments = vec![keys, values, Typed::boolean(null_on_null), Typed::boolean(unique_keys)];
        let made = self.call_function("$json_object", arguments, at)?;
        self.returned(made, returning, at)
    }

    pub(super) fn json_array(
        &mut self,
        elements: &[JsonInput],
        null_on_null: bool,
        returning: Option<&TrinoType>,
        at: Place,
        env: &Env<'_>,
    ) -> Result<Typed, SqlError> {
        let values = elements.iter().map(|element| self.json_of(element, env)).collect::<Result<Vec<_>, _>>()?;
        let values = self.list_of(values, &TrinoType::Json);
        let made = self.call_function("$json_array", vec![values, Typed::boolean(null_on_null)], at)?;
        self.returned(made, returning, at)
    }
}
