//! FROM: streams, tables, views, sub-queries, table functions, and the joins between them.

use arrow::array::{Array, AsArray};
use arrow::datatypes::{DataType, Decimal128Type, Float64Type, Int64Type};

use super::planner::Planner;
use super::relation::{Column, Relation};
use super::window::{NamedWindows, SideWindow};
use crate::analytics::error::Result;
use crate::analytics::expr::ExprType;
use crate::analytics::operator::{FunctionHost, Once};
use crate::analytics::syntax::{
    At, Expr, ExprKind, Join, JoinConstraint, JoinKind, Name, Query, TableArgument, TableCall, TableKind, TableRef,
};
use crate::analytics::table_function::{self, Argument, TABLE_FUNCTIONS};

/// A relation of FROM and its window.
pub(super) struct Side {
    pub(super) relation: Relation,
    pub(super) window: Option<(SideWindow, At)>,
}

impl Planner<'_> {
    /// The relations of FROM as one. `conditions` are the operands of WHERE, which may say which rows of an inner join meet.
    pub(super) fn from(
        &mut self,
        tables: &[TableRef],
        conditions: &[Expr],
        windows: &NamedWindows,
    ) -> Result<Relation> {
        let mut tables = tables.iter();
        let Some(first) = tables.next() else {
            return Err(self.error(At::default(), "FROM names nothing"));
        };
        let mut all = self.side(first, conditions, windows)?;
        for table in tables {
            let right = self.side(table, conditions, windows)?;
            let relation = self.join(all, right, JoinKind::Cross, &JoinConstraint::None, conditions, table.at)?;
            all = Side { relation, window: None };
        }
        match all.window {
            None => Ok(all.relation),
            Some((_, at)) => {
                let hint = "windows of aggregates stand behind the function: COUNT(*) OVER (…)";
                Err(self.refuse(at, "A window in FROM belongs to a join", hint))
            }
        }
    }

    fn side(&mut self, table: &TableRef, conditions: &[Expr], windows: &NamedWindows) -> Result<Side> {
        let window = match &table.window {
            None => None,
            Some(over) => Some((self.side_window(over, windows)?, table.at)),
        };
        let mut relation = match &table.kind {
            TableKind::Named(name) => self.named(name)?,
            TableKind::Query(query) => self.query(query)?,
            TableKind::Function(call) => self.table_call(call, table.at)?,
            TableKind::Join(join) => return self.nested(join, conditions, windows, window.map(|(_, at)| at), table),
        };
        if !relation.is_stream
            && let Some((_, at)) = window
        {
            return Err(self.refuse(
                at,
                "A table has no window",
                "each row of the stream looks its partners up in all of it",
            ));
        }
        self.rename(&mut relation, table)?;
        Ok(Side { relation, window })
    }

    /// A join, which can have neither window nor alias of its own.
    fn nested(
        &mut self,
        join: &Join,
        conditions: &[Expr],
        windows: &NamedWindows,
        window: Option<At>,
        table: &TableRef,
    ) -> Result<Side> {
        if let Some(at) = window.or(table.alias.as_ref().map(|alias| alias.at)) {
            let hint = "put the join into a sub-query: FROM (SELECT STREAM … FROM a JOIN b …) AS c";
            return Err(self.refuse(at, "A join itself has neither a window nor an alias", hint));
        }
        // Rows that an outer join fills with NULLs must not be decided by WHERE.
        let inner = if matches!(join.kind, JoinKind::Inner | JoinKind::Cross) { conditions } else { &[] };
        let left = self.side(&join.left, inner, windows)?;
        let right = self.side(&join.right, inner, windows)?;
        let shared = |relation: &Relation| -> Vec<String> {
            relation.visible().map(|(_, column)| column.name.clone()).collect()
        };
        let natural;
        let constraint = if join.natural {
            let theirs = shared(&right.relation);
            let names = shared(&left.relation).into_iter().filter(|name| theirs.contains(name));
            let name = |value| Name { value, quoted: true, at: table.at };
            natural = JoinConstraint::Using(names.map(name).collect());
            &natural
        } else {
            &join.constraint
        };
        let relation = self.join(left, right, join.kind, constraint, inner, table.at)?;
        Ok(Side { relation, window: None })
    }

    /// Apply `AS a (c, …)`.
    fn rename(&mut self, relation: &mut Relation, table: &TableRef) -> Result<()> {
        let qualifier = match (&table.alias, &table.kind) {
            (Some(alias), _) => Some(alias.value.clone()),
            (None, TableKind::Named(_)) => relation.qualifier.clone(),
            (None, _) => None,
        };
        relation.qualifier.clone_from(&qualifier);
        for column in relation.columns.iter_mut().filter(|column| !column.name.is_empty()) {
            column.qualifier.clone_from(&qualifier);
        }
        if table.columns.is_empty() {
            return Ok(());
        }
        let visible: Vec<usize> = relation.visible().map(|(place, _)| place).collect();
        if visible.len() != table.columns.len() {
            let at = table.columns.first().map_or(table.at, |name| name.at);
            let message = format!("{} names are given to {} columns", table.columns.len(), visible.len());
            return Err(self.error(at, message));
        }
        for (place, name) in visible.into_iter().zip(&table.columns) {
            if name.value == "ROWTIME" {
                return Err(self.error(name.at, "ROWTIME cannot be the name of another column"));
            }
            relation.columns[place].name.clone_from(&name.value);
        }
        Ok(())
    }

    /// A stream, table or view.
    fn named(&mut self, name: &Name) -> Result<Relation> {
        let catalog = self.catalog;
        let streams = catalog.streams.iter().map(|stream| stream.name.as_str());
        let tables = catalog.tables.iter().map(|table| table.name.as_str());
        let views = catalog.views.keys().map(String::as_str);
        let known: Vec<&str> = streams.chain(tables).chain(views).collect();
        let Some(stored) = find_name(name, known.iter().copied()) else {
            if name.value.eq_ignore_ascii_case(crate::analytics::ERROR_STREAM) {
                let hint = "it can be an output: deliver(\"error_stream\", …)";
                return Err(self.refuse(name.at, "The error stream cannot be read from SQL", hint));
            }
            let shown: Vec<String> = known.iter().map(|name| format!("`{name}`")).collect();
            let hint = match crate::analytics::function::nearest(&name.value, known.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None if shown.is_empty() => "there are no streams and tables here".to_owned(),
                None => format!("there is {}", shown.join(", ")),
            };
            return Err(self.refuse(name.at, format!("There is no stream `{}`", name.value), hint));
        };
        if stored != name.value {
            self.warn(name, "stream", stored);
        }
        if let Some(place) = catalog.streams.iter().position(|stream| stream.name == stored) {
            let columns = catalog.streams[place].columns(stored, catalog.with_origin);
            return Ok(Relation::new(super::Origin::Stream(place), columns, Some(stored.to_owned()), true));
        }
        if let Some(table) = catalog.tables.iter().find(|table| table.name == stored) {
            let column =
                |(name, sql_type): &(String, _)| Column::new(Some(stored.to_owned()), name, ExprType::Sql(*sql_type));
            let columns = table.columns.iter().map(column).collect();
            let origin = self.node("table", Vec::new(), Once::new(table.rows.clone()));
            return Ok(Relation::new(origin, columns, Some(stored.to_owned()), false));
        }
        self.view(name, stored)
    }

    fn view(&mut self, name: &Name, stored: &str) -> Result<Relation> {
        if self.within.iter().any(|view| view == stored) {
            return Err(self.error(name.at, format!("The view `{stored}` reads itself")));
        }
        let query: Option<&Query> = self.catalog.views.get(stored);
        let Some(query) = query else { return Err(self.error(name.at, format!("There is no view `{stored}`"))) };
        self.within.push(stored.to_owned());
        let relation = self.query(query);
        self.within.pop();
        Ok(Relation { qualifier: Some(stored.to_owned()), ..relation? })
    }

    /// `TABLE(f(CURSOR(query), …))`
    fn table_call(&mut self, call: &TableCall, at: At) -> Result<Relation> {
        let mut cursor = None;
        let mut arguments = Vec::new();
        let mut places = Vec::new();
        for argument in &call.arguments {
            match argument {
                TableArgument::Cursor(query) if cursor.is_none() => cursor = Some(query),
                TableArgument::Cursor(query) => return Err(self.error(query.at, "A table function has one CURSOR")),
                TableArgument::Expr(expr) => {
                    places.push(expr.at);
                    arguments.push(self.table_argument(expr)?);
                }
            }
        }
        let Some(cursor) = cursor else {
            let hint = "TABLE(f(CURSOR(SELECT STREAM * FROM s), …))";
            return Err(self.refuse(call.name.at, format!("{} needs a CURSOR", call.name.value), hint));
        };
        let input = self.query(cursor)?;
        if !input.is_stream {
            return Err(self.error(cursor.at, "The cursor of a table function reads a stream"));
        }
        let input = self.only_visible(&input)?;
        let mut columns = Vec::with_capacity(input.columns.len());
        for column in &input.columns {
            let Some(sql_type) = column.sql_type.sql_type() else {
                let message =
                    format!("The column `{}` of type {} cannot go into a table function", column.name, column.sql_type);
                return Err(self.error(cursor.at, message));
            };
            columns.push(table_function::Column::new(column.name.clone(), sql_type));
        }
        let seed = self.catalog.env.started.unsigned_abs();
        let Some(created) = table_function::create(&call.name.value, &columns, &arguments, seed) else {
            let message = format!("There is no table function `{}`", call.name.value);
            return Err(self.refuse(call.name.at, message, format!("there is {}", TABLE_FUNCTIONS.join(", "))));
        };
        let function = created.map_err(|refused| {
            let at = refused.place.map_or(cursor.at, |place| places.get(place).copied().unwrap_or(at));
            self.error(at, refused.message)
        })?;
        let columns = function.columns().iter();
        let columns = columns.map(|column| Column::new(None, &column.name, ExprType::Sql(column.sql_type))).collect();
        let origin = self.node("table-function", vec![input.origin], FunctionHost::new(function));
        Ok(Relation::new(origin, columns, None, true))
    }

    fn table_argument(&mut self, expr: &Expr) -> Result<Argument> {
        let (_, value) = self.constant(expr)?;
        if value.is_null(0) {
            return Ok(Argument::Null);
        }
        Ok(match value.data_type() {
            DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Int64 => {
                Argument::Integer(arrow::compute::cast(&value, &DataType::Int64)?.as_primitive::<Int64Type>().value(0))
            }
            DataType::Decimal128(_, scale) => {
                #[expect(clippy::cast_precision_loss, reason = "arguments of functions are DOUBLE")]
                let digits = value.as_primitive::<Decimal128Type>().value(0) as f64;
                Argument::Number(digits / 10f64.powi(i32::from(*scale)))
            }
            DataType::Float32 | DataType::Float64 => Argument::Number(
                arrow::compute::cast(&value, &DataType::Float64)?.as_primitive::<Float64Type>().value(0),
            ),
            DataType::Boolean => Argument::Boolean(value.as_boolean().value(0)),
            DataType::Utf8 => Argument::Text(value.as_string::<i32>().value(0).to_owned()),
            other => {
                return Err(self.error(expr.at, format!("A value of type {other} is no argument of a table function")));
            }
        })
    }
}

/// The stored name that is meant: the same one, or for an unquoted name the only one that fits ignoring case.
pub(super) fn find_name<'n>(name: &Name, stored: impl Iterator<Item = &'n str> + Clone) -> Option<&'n str> {
    if let Some(exact) = stored.clone().find(|stored| *stored == name.value) {
        return Some(exact);
    }
    let mut loose = stored.filter(|stored| !name.quoted && stored.eq_ignore_ascii_case(&name.value));
    loose.next().filter(|_| loose.next().is_none())
}

/// The operands of AND.
pub(super) fn conjuncts(condition: Option<&Expr>) -> Vec<Expr> {
    match condition.map(|condition| (condition, &condition.kind)) {
        None => Vec::new(),
        Some((_, ExprKind::And(operands))) => operands.iter().flat_map(|operand| conjuncts(Some(operand))).collect(),
        Some((condition, _)) => vec![condition.clone()],
    }
}
