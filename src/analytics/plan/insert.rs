//! INSERT: the rows of a query as rows of a stream.

use super::planner::Planner;
use super::relation::{Column, Origin, ROWTIME, Relation, StreamPlan};
use crate::analytics::error::Result;
use crate::analytics::expr::{Expr, ExprType, assign};
use crate::analytics::operator::{Once, SetRowtime};
use crate::analytics::syntax::{self, At, ExprKind, Insert, Item, Literal, Name, QueryBody};

/// What a query gives for one place of the INSERT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Given {
    /// A column of its relation.
    Column(usize),
    /// The item `AS ROWTIME`, which is the row's ROWTIME already.
    Rowtime,
}

impl Planner<'_> {
    /// Plan an INSERT into `target`; gives where its rows come from, in the target's columns.
    pub(super) fn insert(&mut self, insert: &Insert, target: &StreamPlan) -> Result<Origin> {
        let mut relation = self.query(&insert.query)?;
        if !relation.is_stream {
            // Tables do not change: their rows are inserted once, at the start.
            let rows = self.rows_of(&relation)?;
            relation.origin = self.node("once", Vec::new(), Once::new(rows));
        }
        let names_rowtime = insert.columns.iter().flatten().any(|name| is_rowtime(name, target));
        let mut given: Vec<Given> = relation.visible().map(|(place, _)| Given::Column(place)).collect();
        if let Some(item) = relation.rowtime_item
            && names_rowtime
        {
            given.insert(item.min(given.len()), Given::Rowtime);
        }
        let wanted = insert.columns.as_ref().map_or(target.columns.len(), Vec::len);
        if given.len() != wanted {
            let message = format!("The query gives {} values, `{}` takes {wanted}", given.len(), target.name);
            return Err(self.error(insert.query.at, message));
        }
        let (places, rowtime) = self.target_places(insert, target, &given)?;
        if let Some((place, at)) = rowtime {
            let sql_type = &relation.columns[place].sql_type;
            if *sql_type != ExprType::TIMESTAMP {
                return Err(self.error(at, format!("ROWTIME is a TIMESTAMP, not a value of type {sql_type}")));
            }
            if !relation.columns[place].motion.is_rowtime() {
                relation.origin = self.node("rowtime", vec![relation.origin], SetRowtime::new(place));
            }
        }
        self.assigned(insert, target, &relation, &places)
    }

    /// For each column of the target the column that goes there; and the one that becomes ROWTIME.
    #[expect(clippy::type_complexity, reason = "two answers of one loop")]
    fn target_places(
        &self,
        insert: &Insert,
        target: &StreamPlan,
        given: &[Given],
    ) -> Result<(Vec<Option<usize>>, Option<(usize, At)>)> {
        let mut places = vec![None; target.columns.len()];
        let mut rowtime = None;
        let Some(names) = &insert.columns else {
            for (place, given) in places.iter_mut().zip(given) {
                if let Given::Column(column) = given {
                    *place = Some(*column);
                }
            }
            return Ok((places, rowtime));
        };
        for (name, given) in names.iter().zip(given) {
            let stored = super::from::find_name(name, target.columns.iter().map(|column| column.name.as_str()));
            let position = stored.and_then(|stored| target.columns.iter().position(|column| column.name == stored));
            match (position, given) {
                (None, Given::Column(column)) if is_rowtime(name, target) => rowtime = Some((*column, name.at)),
                (None, Given::Rowtime) if is_rowtime(name, target) => {}
                (None, _) => {
                    let known: Vec<String> = target.columns.iter().map(|column| format!("`{}`", column.name)).collect();
                    let message = format!("The stream `{}` has no column `{}`", target.name, name.value);
                    return Err(self.refuse(name.at, message, format!("it has {}", known.join(", "))));
                }
                (Some(_), Given::Rowtime) => {
                    let message = "The value AS ROWTIME stands where another column is named";
                    return Err(self.refuse(name.at, message, "put ROWTIME in the same place of the column list"));
                }
                (Some(position), Given::Column(column)) => {
                    if places[position].replace(*column).is_some() {
                        return Err(self.error(name.at, format!("The column `{}` is named twice", name.value)));
                    }
                }
            }
        }
        Ok((places, rowtime))
    }

    fn assigned(
        &mut self,
        insert: &Insert,
        target: &StreamPlan,
        relation: &Relation,
        places: &[Option<usize>],
    ) -> Result<Origin> {
        let mut items = Vec::with_capacity(places.len());
        let mut columns = Vec::with_capacity(places.len());
        for (column, place) in target.columns.iter().zip(places) {
            let value = match place {
                Some(place) => Expr::column(*place, relation.columns[*place].sql_type.clone()),
                None => {
                    let null = syntax::Expr { kind: ExprKind::Literal(Literal::Null), at: insert.at };
                    self.bind(&null, relation)?
                }
            };
            let assigned = assign(value, &column.name, column.sql_type, column.not_null)?;
            let assigned = assigned.map_err(|refused| {
                let at = place.and_then(|place| item_at(insert, place)).unwrap_or(insert.query.at);
                match refused.split_once("\nhint: ") {
                    Some((message, hint)) => self.refuse(at, message, hint),
                    None => self.error(at, refused),
                }
            })?;
            items.push(assigned);
            columns.push(Column::new(None, &column.name, ExprType::Sql(column.sql_type)));
        }
        Ok(self.project(relation, None, items, columns).origin)
    }
}

/// Whether a name in a column list is that of the row's time.
fn is_rowtime(name: &Name, target: &StreamPlan) -> bool {
    name.value == ROWTIME && !target.columns.iter().any(|column| column.name == ROWTIME)
}

/// Where the item stands that became the column at `place`, if the select list has no star.
fn item_at(insert: &Insert, place: usize) -> Option<At> {
    let QueryBody::Select(select) = &insert.query.body else { return None };
    let starless = select.items.iter().map(|item| match item {
        Item::Expr { expr, alias } if alias.as_ref().is_none_or(|alias| alias.value != ROWTIME) => Some(expr.at),
        Item::Expr { .. } | Item::All(_) | Item::AllOf(_) => None,
    });
    let places: Option<Vec<At>> = starless.collect();
    places.and_then(|places| places.get(place).copied())
}
