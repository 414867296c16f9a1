//! What stands in FROM: tables, subqueries, UNNEST, LATERAL, joins, samples.

use super::ast::{JoinCriteria, JoinKind, Relation};
use super::lex::Token;
use super::parser::Parser;
use crate::sql::trino::error::SqlError;

impl Parser {
    pub(super) fn relation(&mut self) -> Result<Relation, SqlError> {
        let left = self.sampled()?;
        self.joins(left)
    }

    fn joins(&mut self, mut left: Relation) -> Result<Relation, SqlError> {
        while self.begins_join() {
            left = self.join(left)?;
        }
        Ok(left)
    }

    fn begins_join(&self) -> bool {
        ["cross", "join", "inner", "left", "right", "full", "natural"].iter().any(|word| self.is_keyword_at(0, word))
    }

    fn join(&mut self, left: Relation) -> Result<Relation, SqlError> {
        let at = self.at();
        let left = Box::new(left);
        if self.keyword(&["cross"]) {
            self.expect_keyword(&["join"])?;
            let right = Box::new(self.sampled()?);
            return Ok(Relation::Join { left, right, kind: JoinKind::Cross, criteria: JoinCriteria::None, at });
        }
        let is_natural = self.keyword(&["natural"]);
        let kind = match self.one_of(&["inner", "left", "right", "full"]) {
            Some("left") => JoinKind::Left,
            Some("right") => JoinKind::Right,
            Some("full") => JoinKind::Full,
            _ => JoinKind::Inner,
        };
        if !matches!(kind, JoinKind::Inner) {
            self.keyword(&["outer"]);
        }
        self.expect_keyword(&["join"])?;
        let mut right = self.sampled()?;
        if is_natural {
            return Ok(Relation::Join { left, right: Box::new(right), kind, criteria: JoinCriteria::Natural, at });
        }
        // `a JOIN b JOIN c ON … ON …`
        while !self.is_keyword_at(0, "on") && !self.is_keyword_at(0, "using") && self.begins_join() {
            right = self.join(right)?;
        }
        let criteria = if self.keyword(&["on"]) {
            JoinCriteria::On(self.expression()?)
        } else if self.keyword(&["using"]) {
            JoinCriteria::Using(self.names_in_parentheses()?)
        } else {
            return Err(self.unexpected("'ON', 'USING'"));
        };
        Ok(Relation::Join { left, right: Box::new(right), kind, criteria, at })
    }

    fn sampled(&mut self) -> Result<Relation, SqlError> {
        let relation = self.aliased()?;
        let at = self.at();
        if !self.keyword(&["tablesample"]) {
            return Ok(relation);
        }
        let is_system = match self.one_of(&["bernoulli", "system"]) {
            Some(method) => method == "system",
            None => return Err(self.unexpected("'BERNOULLI', 'SYSTEM'")),
        };
        self.expect("(")?;
        let percentage = Box::new(self.expression()?);
        self.expect(")")?;
        Ok(Relation::Sampled { relation: Box::new(relation), is_system, percentage, at })
    }

    fn aliased(&mut self) -> Result<Relation, SqlError> {
        let relation = self.deeper(Self::relation_primary)?;
        if self.is_keyword_at(0, "match_recognize") {
            return Err(SqlError::unsupported(self.at(), "MATCH_RECOGNIZE is not supported"));
        }
        let Some(alias) = self.alias()? else { return Ok(relation) };
        let columns = if matches!(self.peek(), Token::Symbol("(")) { self.names_in_parentheses()? } else { Vec::new() };
        if self.is_keyword_at(0, "match_recognize") {
            return Err(SqlError::unsupported(self.at(), "MATCH_RECOGNIZE is not supported"));
        }
        Ok(Relation::Aliased { relation: Box::new(relation), alias, columns })
    }

    fn relation_primary(&mut self) -> Result<Relation, SqlError> {
        let at = self.at();
        let opens = matches!(self.peek_at(1), Token::Symbol("("));
        if self.keyword(&["unnest"]) {
            self.expect("(")?;
            let arrays = self.list(Self::expression)?;
            self.expect(")")?;
            let with_ordinality = self.keyword(&["with", "ordinality"]);
            return Ok(Relation::Unnest { arrays, with_ordinality, at });
        }
        if opens && self.keyword(&["lateral"]) {
            self.expect("(")?;
            let query = Box::new(self.query()?);
            self.expect(")")?;
            return Ok(Relation::Lateral { query, at });
        }
        if opens && self.is_keyword_at(0, "table") {
            return Err(SqlError::unsupported(at, "Table functions are not supported")
                .hint("use UNNEST(sequence(start, stop)) for a series of numbers"));
        }
        if opens && self.is_keyword_at(0, "json_table") {
            return Err(SqlError::unsupported(at, "JSON_TABLE is not supported")
                .hint("use UNNEST(CAST(json_extract(…) AS array(…)))"));
        }
        if matches!(self.peek(), Token::Symbol("(")) {
            if self.begins_query() {
                let mark = self.mark();
                self.skip();
                match self.query() {
                    Ok(query) if self.take(")") => return Ok(Relation::Subquery { query: Box::new(query), at }),
                    Err(error) if !matches!(self.after(mark), Token::Symbol("(")) => return Err(error),
                    _ => self.reset(mark),
                }
            }
            self.skip();
            let relation = self.relation()?;
            self.expect(")")?;
            return Ok(relation);
        }
        let name = self.qualified_name()?;
        if self.is_next(&["for", "timestamp"]) || self.is_next(&["for", "version"]) {
            return Err(SqlError::unsupported(self.at(), "This table does not support versions (FOR … AS OF)")
                .hint("only Iceberg tables have versions"));
        }
        Ok(Relation::Table { name, at })
    }

    /// The token behind the one at a mark.
    fn after(&mut self, mark: (usize, usize)) -> Token {
        let now = self.mark();
        self.reset(mark);
        let token = self.peek_at(1).clone();
        self.reset(now);
        token
    }
}
