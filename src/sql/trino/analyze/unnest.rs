//! UNNEST: arrays and maps of the rows on the left become rows.

use datafusion::common::{Column, NullHandling, UnnestOptions};
use datafusion::logical_expr::{Expr, LogicalPlanBuilder};

use super::scope::{Allowed, Env, Field, Relation};
use super::typed::Typed;
use super::{Planner, engine};
use crate::sql::trino::error::{Place, SqlError};
use crate::sql::trino::operator::{entries_of, ordinals};
use crate::sql::trino::parse::ast;
use crate::sql::trino::registry::NullRule;
use crate::sql::trino::types::TrinoType;

impl Planner<'_> {
    /// The rows of `left`, each once for every element of its arrays. Shorter arrays are filled with NULL. `keeps`
    /// keeps rows whose arrays have no element.
    pub(super) fn unnest(
        &mut self,
        left: Relation,
        arrays: &[ast::Expr],
        with_ordinality: bool,
        keeps: bool,
        at: Place,
        outer: Option<&Env<'_>>,
    ) -> Result<Relation, SqlError> {
        let env = Env::query(&left.scope, outer, Allowed::scalars("UNNEST"));
        let mut lists = Vec::with_capacity(arrays.len());
        for array in arrays {
            let value = self.expression(array, &env)?;
            lists.push(self.list(value, array.at)?);
        }
        let flag = Typed::bigint(i64::from(keeps));
        let all: Vec<Typed> = lists.iter().map(|(list, _)| list.clone()).chain([flag]).collect();
        let numbers = TrinoType::array(TrinoType::Bigint);
        let numbers = self.kernel("ordinals", ordinals, NullRule::Called, all, numbers, false);
        // The left side's columns, then a column for each list, then the numbers.
        let mut items: Vec<Expr> = left.plan.schema().columns().into_iter().map(Expr::Column).collect();
        let mut columns = Vec::with_capacity(lists.len() + 1);
        for expr in lists.iter().map(|(list, _)| list.expr.clone()).chain([numbers.expr]) {
            let name = self.fresh();
            items.push(expr.alias(name.clone()));
            columns.push(Column::new_unqualified(name));
        }
        let options = UnnestOptions::new().with_null_handling(NullHandling::Drop);
        let plan = LogicalPlanBuilder::from(left.plan)
            .project(items)
            .and_then(|builder| builder.unnest_columns_with_options(columns.clone(), options))
            .and_then(LogicalPlanBuilder::build);
        let mut relation = Relation { plan: engine(at, plan)?, scope: left.scope };
        let ordinal = columns.pop();
        let lists: Vec<(Column, TrinoType, bool)> = columns
            .into_iter()
            .zip(lists)
            .map(|(column, (list, is_map))| {
                let element = match list.data_type {
                    TrinoType::Array(element) => *element,
                    other => other,
                };
                (column, element, is_map)
            })
            .collect();
        self.spread(&mut relation, lists, at)?;
        if let (true, Some(column)) = (with_ordinality, ordinal) {
            let (relation_name, name) = (Vec::new(), None);
            let data_type = TrinoType::Bigint;
            relation.scope.fields.push(Field { relation: relation_name, name, column, data_type, is_hidden: false });
        }
        Ok(relation)
    }

    /// A value as the array that is unnested, and whether it was a map.
    fn list(&self, value: Typed, at: Place) -> Result<(Typed, bool), SqlError> {
        match value.data_type.clone() {
            TrinoType::Array(_) => Ok((value, false)),
            TrinoType::Map(key, item) => {
                let entries = TrinoType::array(TrinoType::row([*key, *item]));
                let entries = self.kernel("entries", entries_of, NullRule::Called, vec![value], entries, false);
                Ok((entries, true))
            }
            other => Err(SqlError::mismatch(at, format!("Cannot unnest type: {other}"))),
        }
    }

    /// Elements that are rows become a column a field.
    fn spread(
        &mut self,
        relation: &mut Relation,
        lists: Vec<(Column, TrinoType, bool)>,
        at: Place,
    ) -> Result<(), SqlError> {
        let mut items: Vec<Expr> = relation.plan.schema().columns().into_iter().map(Expr::Column).collect();
        let before = items.len();
        for (column, element, is_map) in lists {
            let field = |name: Option<String>, column: Column, data_type: TrinoType| Field {
                relation: Vec::new(),
                name,
                column,
                data_type,
                is_hidden: false,
            };
            match element {
                TrinoType::Row(fields) => {
                    let row = TrinoType::Row(fields.clone());
                    for (place, own) in fields.into_iter().enumerate() {
                        let value = Typed::new(Expr::Column(column.clone()), row.clone());
                        let value = self.field_at(value, place, own.data_type.clone());
                        let name = self.fresh();
                        items.push(value.expr.alias(name.clone()));
                        let shown = if is_map { None } else { own.name };
                        let column = Column::new_unqualified(name);
                        relation.scope.fields.push(field(shown, column, own.data_type));
                    }
                }
                other => relation.scope.fields.push(field(None, column, other)),
            }
        }
        if items.len() > before {
            let plan = LogicalPlanBuilder::from(relation.plan.clone()).project(items);
            relation.plan = engine(at, plan.and_then(LogicalPlanBuilder::build))?;
        }
        Ok(())
    }
}
