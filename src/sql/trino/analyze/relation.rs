//! FROM: tables, views, named queries, subqueries, aliases and samples.

use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array};
use datafusion::common::{Column, ExprSchema, TableReference};
use datafusion::datasource::provider_as_source;
use datafusion::logical_expr::{Cast, Expr, LogicalPlan, LogicalPlanBuilder, Operator};

use super::emit::binary;
use super::query::CteKind;
use super::scope::{Allowed, Env, Field, Relation, Scope, shown};
use super::typed::Typed;
use super::{Planner, ResolvedTable, TableColumn, TableName, engine};
use crate::sql::trino::call::Call;
use crate::sql::trino::error::{Place, SqlError, TrinoError};
use crate::sql::trino::execute::Bound;
use crate::sql::trino::parse::Parser;
use crate::sql::trino::parse::ast;
use crate::sql::trino::parse::ast::{JoinCriteria, JoinKind, Name};
use crate::sql::trino::types::TrinoType;

impl Planner<'_> {
    /// The relations of FROM, joined from left to right.
    pub(super) fn from(
        &mut self,
        relations: &[ast::Relation],
        at: Place,
        outer: Option<&Env<'_>>,
    ) -> Result<Relation, SqlError> {
        let mut relations = relations.iter();
        let Some(first) = relations.next() else {
            let plan = engine(at, LogicalPlanBuilder::empty(true).build())?;
            return Ok(Relation { plan, scope: Scope::default() });
        };
        let mut left = self.relation(first, outer)?;
        for right in relations {
            left = self.join(left, right, JoinKind::Implicit, &JoinCriteria::None, at, outer)?;
        }
        Ok(left)
    }

    pub(super) fn relation(&mut self, relation: &ast::Relation, outer: Option<&Env<'_>>) -> Result<Relation, SqlError> {
        match relation {
            ast::Relation::Table { name, at } => self.table(name, *at),
            ast::Relation::Subquery { query, .. } => {
                let mut planned = self.query(query, outer)?;
                for field in &mut planned.scope.fields {
                    field.relation.clear();
                }
                Ok(planned)
            }
            ast::Relation::Lateral { query, .. } => self.query(query, outer),
            ast::Relation::Unnest { arrays, with_ordinality, at } => {
                let plan = engine(*at, LogicalPlanBuilder::empty(true).build())?;
                let one = Relation { plan, scope: Scope::default() };
                self.unnest(one, arrays, *with_ordinality, false, *at, outer)
            }
            ast::Relation::Aliased { relation, alias, columns } => {
                let planned = self.relation(relation, outer)?;
                aliased(planned, alias, columns)
            }
            ast::Relation::Sampled { relation, is_system: _, percentage, at } => {
                // SYSTEM samples whole splits in Trino; which those are is not defined, rows will do.
                let planned = self.relation(relation, outer)?;
                self.sampled(planned, percentage, *at, outer)
            }
            ast::Relation::Join { left, right, kind, criteria, at } => {
                let left = self.relation(left, outer)?;
                self.join(left, right, *kind, criteria, *at, outer)
            }
        }
    }

    /// A table, a view, or a named query.
    pub(super) fn table(&mut self, name: &[Name], at: Place) -> Result<Relation, SqlError> {
        if let [only] = name
            && let Some(place) = self.ctes.iter().rposition(|cte| cte.name == only.text)
        {
            return self.named_query(place, only);
        }
        let texts: Vec<&str> = name.iter().map(|part| part.text.as_str()).collect();
        let table = match texts.as_slice() {
            [table] => TableName { catalog: None, schema: self.schema.clone(), table: (*table).into() },
            [schema, table] => TableName { catalog: None, schema: Some((*schema).into()), table: (*table).into() },
            [catalog, schema, table] => {
                TableName { catalog: Some((*catalog).into()), schema: Some((*schema).into()), table: (*table).into() }
            }
            _ => {
                let message = format!("Too many dots in table name: {}", shown(name));
                return Err(SqlError::syntax(at, message));
            }
        };
        match self.resolver.resolve(&table, at)? {
            ResolvedTable::Table { provider, columns } => {
                let alias = self.fresh();
                let scan =
                    LogicalPlanBuilder::scan(TableReference::bare(alias.clone()), provider_as_source(provider), None);
                let plan = engine(at, scan.and_then(LogicalPlanBuilder::build))?;
                self.canonical(plan, &alias, &table, columns, at)
            }
            ResolvedTable::View { sql, columns, schema } => self.view(&table, &sql, columns, schema, at),
        }
    }

    fn named_query(&mut self, place: usize, name: &Name) -> Result<Relation, SqlError> {
        let Some(cte) = self.ctes.get(place).cloned() else {
            return Err(SqlError::new("TABLE_NOT_FOUND", name.at, format!("Table '{}' does not exist", name.written)));
        };
        match cte.kind {
            CteKind::Query { columns, query, visible } => {
                let hidden = self.ctes.split_off(visible);
                let planned = self.query(&query, None);
                self.ctes.truncate(visible);
                self.ctes.extend(hidden);
                aliased(planned?, name, &columns)
            }
            CteKind::Step(relation) => Ok(relation),
            CteKind::Planned(relation) => {
                // Another use gets columns of its own.
                let (types, names): (Vec<TrinoType>, Vec<String>) =
                    relation.scope.fields.iter().map(|field| (field.data_type.clone(), self.fresh())).unzip();
                let mut scope = relation.scope.clone();
                for (field, name) in scope.fields.iter_mut().zip(&names) {
                    field.column = Column::new_unqualified(name.clone());
                }
                let plan = self.renamed(relation, &types, &names, name.at)?;
                Ok(Relation { plan, scope })
            }
        }
    }

    /// A scan whose columns are held as Trino's types are.
    fn canonical(
        &mut self,
        plan: LogicalPlan,
        alias: &str,
        table: &TableName,
        columns: Vec<TableColumn>,
        at: Place,
    ) -> Result<Relation, SqlError> {
        let schema = table.schema.clone().unwrap_or_else(|| self.session.schema.clone());
        let catalog = table.catalog.clone().unwrap_or_else(|| self.session.catalog.clone());
        let relation = vec![catalog, schema, table.table.clone()];
        let mut fields = Vec::with_capacity(columns.len());
        let mut items = Vec::with_capacity(columns.len());
        let mut converts = false;
        for column in columns {
            let source = Column::new(Some(alias), column.name.clone());
            let held = plan.schema().field_from_column(&source).map(|field| field.data_type().clone());
            let held = engine(at, held)?;
            let wanted = column.data_type.arrow();
            let raw = Expr::Column(source.clone());
            let pads = matches!(column.data_type, TrinoType::Char(_));
            let (expr, column_name) = if held == wanted && !pads {
                (raw, source)
            } else {
                converts = true;
                let name = self.fresh();
                let raw = if held == wanted { raw } else { Expr::Cast(Cast::new(Box::new(raw), wanted)) };
                let raw = if pads {
                    self.cast_to(Typed::new(raw, TrinoType::VARCHAR), &column.data_type, false).expr
                } else {
                    raw
                };
                (raw.alias(name.clone()), Column::new_unqualified(name))
            };
            items.push(expr);
            if column.is_partition_key {
                self.partition_keys.insert(column_name.clone());
            }
            fields.push(Field {
                relation: relation.clone(),
                name: Some(column.name),
                column: column_name,
                data_type: column.data_type,
                is_hidden: column.is_hidden,
            });
        }
        let plan = if converts {
            engine(at, LogicalPlanBuilder::from(plan).project(items).and_then(LogicalPlanBuilder::build))?
        } else {
            plan
        };
        Ok(Relation { plan, scope: Scope { fields } })
    }

    /// The query of a view in its place, in the view's own surroundings.
    fn view(
        &mut self,
        name: &TableName,
        sql: &str,
        columns: Vec<(String, TrinoType)>,
        schema: Option<String>,
        at: Place,
    ) -> Result<Relation, SqlError> {
        let invalid = |message: String| {
            SqlError::new("INVALID_VIEW", at, format!("Failed analyzing stored view '{}': {message}", name.table))
        };
        if self.views.contains(name) {
            return Err(SqlError::new("VIEW_IS_RECURSIVE", at, format!("View '{}' is recursive", name.table)));
        }
        let query = Parser::parse_query(sql).map_err(|error| invalid(error.to_string()))?;
        self.views.push(name.clone());
        let ctes = std::mem::take(&mut self.ctes);
        let windows = std::mem::take(&mut self.windows);
        let outside = std::mem::replace(&mut self.schema, schema);
        let planned = self.query(&query, None);
        self.schema = outside;
        self.windows = windows;
        self.ctes = ctes;
        self.views.pop();
        let mut planned = planned.map_err(|error| invalid(error.to_string()))?;
        planned.scope.fields.retain(|field| !field.is_hidden);
        if !columns.is_empty() && columns.len() != planned.scope.fields.len() {
            return Err(SqlError::new(
                "VIEW_IS_STALE",
                at,
                format!("View '{}' is stale: its query has other columns now; create it again", name.table),
            ));
        }
        let output = planned.scope.output();
        let schema = name.schema.clone().unwrap_or_else(|| self.session.schema.clone());
        let mut types = Vec::with_capacity(output.len());
        for (place, field) in planned.scope.fields.iter_mut().enumerate() {
            field.relation = vec![schema.clone(), name.table.clone()];
            field.name = Some(columns.get(place).map_or_else(|| output[place].name.clone(), |column| column.0.clone()));
            types.push(columns.get(place).map_or_else(|| field.data_type.clone(), |column| column.1.clone()));
        }
        if planned.scope.fields.iter().zip(&types).all(|(field, wanted)| field.data_type == *wanted) {
            return Ok(planned);
        }
        let names: Vec<String> = types.iter().map(|_| self.fresh()).collect();
        let mut scope = planned.scope.clone();
        let items: Vec<Expr> = planned
            .scope
            .fields
            .iter()
            .zip(types.iter().zip(&names))
            .map(|(field, (wanted, name))| {
                let value = Typed::new(field.expr(), field.data_type.clone());
                self.explicit_cast(value, wanted, false, at).map(|value| value.expr.alias(name.clone()))
            })
            .collect::<Result<_, _>>()?;
        for (field, (wanted, name)) in scope.fields.iter_mut().zip(types.into_iter().zip(names)) {
            field.data_type = wanted;
            field.column = Column::new_unqualified(name);
        }
        let plan = LogicalPlanBuilder::from(planned.plan).project(items).and_then(LogicalPlanBuilder::build);
        Ok(Relation { plan: engine(at, plan)?, scope })
    }

    /// TABLESAMPLE: each row with the given chance.
    fn sampled(
        &mut self,
        planned: Relation,
        percentage: &ast::Expr,
        at: Place,
        outer: Option<&Env<'_>>,
    ) -> Result<Relation, SqlError> {
        let scope = Scope::default();
        let env = Env::query(&scope, outer, Allowed::scalars("TABLESAMPLE"));
        let value = self.expression(percentage, &env)?;
        let value = self.expect_type(value, &TrinoType::Double, "Sample percentage", percentage.at)?;
        let chance = match value.literal() {
            Some(datafusion::common::ScalarValue::Float64(Some(chance))) if (0.0..=100.0).contains(chance) => *chance,
            _ => {
                let message = "Sample percentage must be between 0 and 100";
                return Err(SqlError::new("NUMERIC_VALUE_OUT_OF_RANGE", percentage.at, message));
            }
        };
        let mut random = Bound::new("sample", chances, Vec::new(), TrinoType::Double, &self.session);
        random.is_volatile = true;
        let random = Typed::new(random.call(Vec::new()), TrinoType::Double);
        let chance = Typed::new(datafusion::logical_expr::lit(chance), TrinoType::Double);
        let taken = binary(random, Operator::Lt, chance, TrinoType::Boolean);
        Ok(Relation { plan: self.filtered(planned.plan, vec![taken], at)?, scope: planned.scope })
    }
}

/// A number from 0 to 100 for each row.
fn chances(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let one = |_| {
        let bits = uuid::Uuid::new_v4().as_u64_pair().1 & ((1 << 53) - 1);
        #[expect(clippy::cast_precision_loss, reason = "53 bits fit")]
        let chance = bits as f64 / (1u64 << 53) as f64 * 100.0;
        chance
    };
    Ok(Arc::new((0..call.rows).map(one).collect::<Float64Array>()))
}

/// A relation under another name, and perhaps with other names for its columns.
pub(super) fn aliased(mut planned: Relation, alias: &Name, columns: &[Name]) -> Result<Relation, SqlError> {
    let visible = planned.scope.fields.iter().filter(|field| !field.is_hidden).count();
    if !columns.is_empty() {
        if columns.len() != visible {
            let message = format!(
                "Column alias list has {} entries but '{}' has {visible} columns available",
                columns.len(),
                alias.written
            );
            return Err(SqlError::new("MISMATCHED_COLUMN_ALIASES", alias.at, message));
        }
        // Hidden columns cannot be reached behind new names.
        planned.scope.fields.retain(|field| !field.is_hidden);
    }
    for (place, field) in planned.scope.fields.iter_mut().enumerate() {
        field.relation = vec![alias.text.clone()];
        if let Some(name) = columns.get(place) {
            field.name = Some(name.written.clone());
        }
    }
    Ok(planned)
}
