//! ORDER BY: runs of rows sorted as time goes on, and the T-sort.

use super::monotonic::Motion;
use super::planner::Planner;
use super::relation::{Column, Relation};
use super::select::alias_of;
use crate::analytics::error::Result;
use crate::analytics::expr::{Expr, ExprType};
use crate::analytics::operator::{Periods, Sort, SortSpec, TimeSort, TimeSortSpec};
use crate::analytics::syntax::{At, OrderItem};

/// An expression of ORDER BY as a column.
pub(super) struct SortKey {
    place: usize,
    descending: bool,
    /// The interval of WITHIN in milliseconds.
    within: Option<i64>,
    at: At,
}

impl Planner<'_> {
    pub(super) fn sort_key(&mut self, item: &OrderItem, place: usize) -> Result<SortKey> {
        let within = match &item.within {
            None => None,
            Some(interval) => {
                let within = self.milliseconds(interval, "The interval of WITHIN")?;
                if within < 0 {
                    return Err(self.error(interval.at, "The interval of WITHIN cannot be negative"));
                }
                Some(within)
            }
        };
        Ok(SortKey { place, descending: item.descending, within, at: item.expr.at })
    }

    /// Sort the rows of `relation`; `rowtime` is the column that will be ROWTIME, if one is selected so.
    pub(super) fn sorted(&mut self, relation: Relation, keys: &[SortKey], rowtime: Option<usize>) -> Result<Relation> {
        let [first, rest @ ..] = keys else { return Ok(relation) };
        if let Some(wrong) = rest.iter().find(|key| key.within.is_some()) {
            return Err(self.error(wrong.at, "WITHIN stands behind the first expression of ORDER BY"));
        }
        let by: Vec<(usize, bool)> = rest.iter().map(|key| (key.place, key.descending)).collect();
        if let Some(within) = first.within {
            return self.time_sorted(relation, first, within, by, rowtime);
        }
        if !relation.is_stream {
            let by = keys.iter().map(|key| (key.place, key.descending)).collect();
            let spec = SortSpec { lead: None, by, periods: Periods::Rows, keeps_last: true };
            let sort = Sort::new(spec, &relation.schema());
            let origin = self.node("sort", vec![relation.origin], sort);
            return Ok(Relation { origin, ..relation });
        }
        let motion = relation.columns[first.place].motion.clone();
        let Motion::Monotonic { rises: true, .. } = motion else {
            let hint = "begin with FLOOR(s.ROWTIME TO SECOND) or s.ROWTIME, or sort a timestamp WITHIN an interval";
            return Err(self.refuse(
                first.at,
                "ORDER BY on a stream must begin with an expression that rises with time",
                hint,
            ));
        };
        if first.descending {
            let hint = "only the expressions behind it can be DESC";
            return Err(self.refuse(first.at, "Time cannot be sorted backwards", hint));
        }
        let periods = self.periods(std::slice::from_ref(&motion))?.0;
        let keeps_rowtime = matches!(periods, Periods::Rowtime);
        let spec = SortSpec { lead: Some(first.place), by, periods, keeps_last: relation.is_grouped };
        let origin = self.node("sort", vec![relation.origin], Sort::new(spec, &relation.schema()));
        let mut sorted = Relation { origin, ..relation };
        if !keeps_rowtime {
            for (place, column) in sorted.columns.iter_mut().enumerate() {
                // The leading expression still rises; what held against the old ROWTIME holds no more.
                column.motion = match &column.motion {
                    Motion::Monotonic { rises, .. } if place == first.place => {
                        Motion::Monotonic { rises: *rises, function: None }
                    }
                    Motion::Constant => Motion::Constant,
                    _ => Motion::Free,
                };
            }
        }
        Ok(sorted)
    }

    fn time_sorted(
        &mut self,
        relation: Relation,
        key: &SortKey,
        within: i64,
        by: Vec<(usize, bool)>,
        rowtime: Option<usize>,
    ) -> Result<Relation> {
        let column = &relation.columns[key.place];
        if !relation.is_stream {
            return Err(self.error(key.at, "ORDER BY … WITHIN sorts a stream, not a table"));
        }
        if column.sql_type != ExprType::TIMESTAMP {
            let message = format!("ORDER BY … WITHIN sorts by a TIMESTAMP, not by a value of type {}", column.sql_type);
            return Err(self.error(key.at, message));
        }
        if key.descending {
            return Err(self.error(key.at, "ORDER BY … WITHIN cannot be DESC: time goes on"));
        }
        if matches!(&column.motion, Motion::Monotonic { function: Some(_), .. } | Motion::Constant) {
            let hint = "WITHIN puts a timestamp of the rows themselves in order; ROWTIME is in order already";
            return Err(self.refuse(key.at, "ORDER BY … WITHIN cannot sort by ROWTIME or a constant", hint));
        }
        if rowtime.is_some_and(|rowtime| rowtime != key.place) {
            let hint = "select the same expression AS ROWTIME as you sort by";
            return Err(self.refuse(key.at, "ORDER BY … WITHIN makes its timestamp the ROWTIME", hint));
        }
        let operator = TimeSort::new(TimeSortSpec { time: key.place, within, by }, &relation.schema())?;
        let origin = self.node("time-sort", vec![relation.origin], operator);
        let mut sorted = Relation { origin, is_grouped: false, ..relation };
        for (place, column) in sorted.columns.iter_mut().enumerate() {
            column.motion = if place == key.place { Motion::rowtime() } else { Motion::Free };
        }
        Ok(sorted)
    }

    /// Sort a relation whose columns are all that ORDER BY can name: UNION ALL and VALUES.
    pub(super) fn ordered(&mut self, relation: Relation, order_by: &[OrderItem]) -> Result<Relation> {
        if order_by.is_empty() {
            return Ok(relation);
        }
        let mut computed = super::calls::Computed::all_of(&relation);
        let visible: Vec<usize> = relation.visible().map(|(place, _)| place).collect();
        let mut keys = Vec::with_capacity(order_by.len());
        for item in order_by {
            let named = |name: &str| relation.visible().find(|(_, column)| column.name == name).map(|(place, _)| place);
            let place = match self.ordinal(&item.expr, visible.len())? {
                Some(number) => visible[number],
                None => match alias_of(&item.expr).and_then(named) {
                    Some(place) => place,
                    None => {
                        let bound: Expr = self.bind(&item.expr, &relation)?;
                        let resolved = self.scope(&relation).resolved(&item.expr, self.text);
                        let motion = super::monotonic::motion(&resolved, &relation);
                        let sql_type = bound.sql_type().clone();
                        computed.items.push(bound);
                        computed.columns.push(Column { motion, ..Column::unnamed(sql_type) });
                        computed.items.len() - 1
                    }
                },
            };
            keys.push(self.sort_key(item, place)?);
        }
        let all = self.project(&relation, None, computed.items, computed.columns);
        let sorted = self.sorted(all, &keys, None)?;
        self.only_visible(&sorted)
    }
}
