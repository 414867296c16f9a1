//! SELECT and its clauses.

use super::cursor::Parser;
use crate::analytics::error::Result;
use crate::analytics::syntax::ast::{Grouping, Item, Name, Select};
use crate::analytics::syntax::lex::Kind;

impl Parser<'_> {
    pub(super) fn select(&mut self) -> Result<Select> {
        let at = self.here();
        self.require("SELECT")?;
        let stream = self.take("STREAM");
        let distinct = self.take("DISTINCT");
        if !distinct {
            self.take("ALL");
        }
        let items = self.list(Self::item)?;
        if !self.take("FROM") {
            return Err(self.expected("`,` or FROM"));
        }
        let from = self.list(Self::table_ref)?;
        let filter = if self.take("WHERE") { Some(self.expr()?) } else { None };
        let group = self.grouping()?;
        let having = if self.take("HAVING") { Some(self.expr()?) } else { None };
        let windows = if self.take("WINDOW") { self.list(Self::named_window)? } else { Vec::new() };
        if self.at_word("LIMIT") || self.at_word("FETCH") {
            return Err(self.here().error_with_hint(
                self.text,
                format!("{} is not part of streaming SQL", self.found()),
                "a stream has no end; filter the rows, or use TOP_K_ITEMS_TUMBLING",
            ));
        }
        Ok(Select { stream, distinct, items, from, filter, group, having, windows, at })
    }

    fn item(&mut self) -> Result<Item> {
        let at = self.here();
        if self.take_symbol("*") {
            return Ok(Item::All(at));
        }
        if let Some(name) = self.qualified_star()? {
            return Ok(Item::AllOf(name));
        }
        let expr = self.expr()?;
        let alias = if self.take("AS") || self.at_name() || self.at_implicit_column() {
            Some(self.column_name("an alias")?)
        } else {
            None
        };
        Ok(Item::Expr { expr, alias })
    }

    /// `alias.*`, `schema.alias.*`
    fn qualified_star(&mut self) -> Result<Option<Name>> {
        let mut parts = 0;
        while matches!(self.kind(2 * parts), Kind::Word { .. } | Kind::Quoted(_)) && self.is_symbol(2 * parts + 1, ".")
        {
            parts += 1;
        }
        if parts == 0 || !self.is_symbol(2 * parts, "*") {
            return Ok(None);
        }
        let mut name = None;
        for _ in 0..parts {
            name = Some(self.name("a table's name")?);
            self.require_symbol(".")?;
        }
        self.require_symbol("*")?;
        Ok(name)
    }

    fn grouping(&mut self) -> Result<Grouping> {
        let at = self.here();
        if self.take("GROUP") {
            self.require("BY")?;
            return Ok(Grouping::By(self.list(Self::expr)?, at));
        }
        if self.take("WINDOWED") {
            self.require("BY")?;
            self.require("STAGGER")?;
            self.require_symbol("(")?;
            self.require("PARTITION")?;
            self.require("BY")?;
            let partition = self.list(Self::expr)?;
            self.require("RANGE")?;
            let range = self.additive()?;
            self.require_symbol(")")?;
            return Ok(Grouping::Stagger { partition, range, at });
        }
        Ok(Grouping::None)
    }
}
