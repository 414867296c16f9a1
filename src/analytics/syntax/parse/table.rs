//! Relations in FROM: names, sub-queries, table functions, joins.

use super::cursor::Parser;
use crate::analytics::error::Result;
use crate::analytics::syntax::ast::{Join, JoinConstraint, JoinKind, TableArgument, TableCall, TableKind, TableRef};

/// Words that cannot be an alias without AS, because a clause begins with them. None is reserved.
const CLAUSES: [&str; 1] = ["WINDOWED"];

impl Parser<'_> {
    /// A relation with the joins behind it.
    pub(super) fn table_ref(&mut self) -> Result<TableRef> {
        let mut left = self.table_primary()?;
        loop {
            let at = self.here();
            let natural = self.take("NATURAL");
            let Some(kind) = self.join_kind()? else {
                if natural {
                    return Err(self.expected("JOIN"));
                }
                return Ok(left);
            };
            let right = self.nested(Self::table_primary)?;
            let constraint = if self.take("ON") {
                JoinConstraint::On(self.expr()?)
            } else if self.take("USING") {
                JoinConstraint::Using(self.parenthesised(|parser| parser.column_name("a column's name"))?)
            } else {
                JoinConstraint::None
            };
            let constrained = constraint != JoinConstraint::None;
            if constrained && (natural || kind == JoinKind::Cross) {
                return Err(at.error(self.text, "CROSS JOIN and NATURAL JOIN take no condition"));
            }
            if !constrained && !natural && kind != JoinKind::Cross {
                return Err(self.expected("ON or USING"));
            }
            let kind = TableKind::Join(Box::new(Join { kind, natural, left, right, constraint }));
            left = TableRef { kind, window: None, alias: None, columns: Vec::new(), at };
        }
    }

    /// The words of a join up to JOIN; `None` when no join follows.
    fn join_kind(&mut self) -> Result<Option<JoinKind>> {
        let kind = match self.word(0) {
            Some("JOIN") => JoinKind::Inner,
            Some("INNER") => JoinKind::Inner,
            Some("LEFT") => JoinKind::Left,
            Some("RIGHT") => JoinKind::Right,
            Some("FULL") => JoinKind::Full,
            Some("CROSS") => JoinKind::Cross,
            _ => return Ok(None),
        };
        if !self.at_word("JOIN") {
            self.advance();
        }
        if matches!(kind, JoinKind::Left | JoinKind::Right | JoinKind::Full) {
            self.take("OUTER");
        }
        self.require("JOIN")?;
        Ok(Some(kind))
    }

    fn table_primary(&mut self) -> Result<TableRef> {
        let at = self.here();
        if self.take_symbol("(") {
            return self.parenthesised_table(at);
        }
        let kind = if self.take("TABLE") {
            self.require_symbol("(")?;
            let call = self.table_call()?;
            self.require_symbol(")")?;
            TableKind::Function(call)
        } else {
            TableKind::Named(self.object_name("the name of a stream, table or view")?)
        };
        let mut table = TableRef { kind, window: None, alias: None, columns: Vec::new(), at };
        self.table_suffix(&mut table)?;
        Ok(table)
    }

    /// `(query)`, or a join in parentheses.
    fn parenthesised_table(&mut self, at: crate::analytics::syntax::At) -> Result<TableRef> {
        let is_query = self.attempt(|parser| {
            let query = parser.query()?;
            parser.require_symbol(")")?;
            Ok(query)
        });
        let mut table = match is_query {
            Ok(query) => {
                TableRef { kind: TableKind::Query(Box::new(query)), window: None, alias: None, columns: Vec::new(), at }
            }
            Err(error) => {
                if matches!(self.word(0), Some("SELECT" | "VALUES")) {
                    return Err(error);
                }
                let join = self.nested(Self::table_ref)?;
                self.require_symbol(")")?;
                join
            }
        };
        self.table_suffix(&mut table)?;
        Ok(table)
    }

    /// `[OVER window] [[AS] alias [(c, …)]]`, in either order.
    fn table_suffix(&mut self, table: &mut TableRef) -> Result<()> {
        if self.at_word("OVER") {
            table.window = Some(self.over()?);
        }
        let named = self.at_name() && !self.word(0).is_some_and(|word| CLAUSES.contains(&word));
        if self.take("AS") || named {
            table.alias = Some(self.name("an alias")?);
            if self.at_symbol("(") {
                table.columns = self.parenthesised(|parser| parser.column_name("a column's name"))?;
            }
        }
        if table.window.is_none() && self.at_word("OVER") {
            table.window = Some(self.over()?);
        }
        Ok(())
    }

    /// `f ( CURSOR(query), args )`
    fn table_call(&mut self) -> Result<TableCall> {
        let name = self.object_name("the name of a table function")?;
        let arguments = self.parenthesised(|parser| {
            if parser.at_word("CURSOR") {
                parser.advance();
                parser.require_symbol("(")?;
                let query = parser.query()?;
                parser.require_symbol(")")?;
                return Ok(TableArgument::Cursor(Box::new(query)));
            }
            Ok(TableArgument::Expr(parser.expr()?))
        })?;
        Ok(TableCall { name, arguments })
    }
}
