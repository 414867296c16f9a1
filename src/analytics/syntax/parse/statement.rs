//! Statements.

use super::cursor::Parser;
use crate::analytics::error::{Error, Result};
use crate::analytics::syntax::ast::{
    ColumnDeclaration, CreateFunction, CreatePump, CreateStream, CreateView, Insert, ObjectKind, Statement, TypeName,
};
use crate::analytics::syntax::lex::Kind;

impl Parser<'_> {
    /// Statements up to the end of the text.
    pub(super) fn statements(mut self) -> Result<Vec<Statement>> {
        let mut statements = Vec::new();
        loop {
            while self.take_symbol(";") {}
            if *self.kind(0) == Kind::End {
                return Ok(statements);
            }
            statements.push(self.statement()?);
            if !self.at_symbol(";") && *self.kind(0) != Kind::End {
                return Err(self.expected("`;`"));
            }
        }
    }

    fn statement(&mut self) -> Result<Statement> {
        if self.at_word("INSERT") {
            return self.insert().map(|insert| Statement::Insert(Box::new(insert)));
        }
        if self.take("ALTER") {
            self.require("PUMP")?;
            let name = self.object_name("the pump's name")?;
            let start = self.take("START");
            if !start && !self.take("STOP") {
                return Err(self.expected("START or STOP"));
            }
            return Ok(Statement::AlterPump { name, start });
        }
        if self.take("DROP") {
            let object = self.object_kind()?;
            return Ok(Statement::Drop { object, name: self.object_name("the object's name")? });
        }
        if !self.take("CREATE") {
            return Err(self.unknown_statement());
        }
        let or_replace = self.take("OR");
        if or_replace {
            self.require("REPLACE")?;
        }
        Ok(match self.object_kind()? {
            ObjectKind::Stream => Statement::Stream(self.create_stream(or_replace)?),
            ObjectKind::Pump => Statement::Pump(Box::new(self.create_pump(or_replace)?)),
            ObjectKind::View => Statement::View(Box::new(self.create_view(or_replace)?)),
            ObjectKind::Function => Statement::Function(Box::new(self.create_function(or_replace)?)),
        })
    }

    fn object_kind(&mut self) -> Result<ObjectKind> {
        let kinds = [
            ("STREAM", ObjectKind::Stream),
            ("PUMP", ObjectKind::Pump),
            ("VIEW", ObjectKind::View),
            ("FUNCTION", ObjectKind::Function),
        ];
        for (word, kind) in kinds {
            if self.take(word) {
                return Ok(kind);
            }
        }
        Err(self.expected("STREAM, PUMP, VIEW or FUNCTION"))
    }

    fn unknown_statement(&self) -> Error {
        if matches!(self.word(0), Some("SELECT" | "VALUES")) || self.at_symbol("(") {
            return self.here().error_with_hint(
                self.text,
                "A query cannot stand alone in an application",
                "CREATE PUMP name AS INSERT INTO stream SELECT STREAM …",
            );
        }
        self.expected("CREATE, INSERT, ALTER PUMP or DROP")
    }

    /// `name ( col type [NOT NULL] {, …} ) [DESCRIPTION 'text']`
    fn create_stream(&mut self, or_replace: bool) -> Result<CreateStream> {
        let name = self.object_name("the stream's name")?;
        if name.value.eq_ignore_ascii_case("error_stream") {
            return Err(name.at.error(self.text, "The name `error_stream` belongs to the service's own stream"));
        }
        let columns = self.parenthesised(Self::column)?;
        for (place, column) in columns.iter().enumerate() {
            if columns.iter().take(place).any(|other| other.name == column.name) {
                let message = format!("The stream `{}` has two columns `{}`", name.value, column.name.value);
                return Err(column.name.at.error(self.text, message));
            }
        }
        self.description()?;
        Ok(CreateStream { name, or_replace, columns })
    }

    fn column(&mut self) -> Result<ColumnDeclaration> {
        let name = self.name("a column's name")?;
        let at = self.here();
        let TypeName::Sql(sql_type) = self.type_name()? else {
            return Err(at.error_with_hint(
                self.text,
                "A column cannot be of type INTERVAL",
                "keep milliseconds as BIGINT: TSDIFF(a, b)",
            ));
        };
        let not_null = self.take_words(&["NOT", "NULL"]);
        Ok(ColumnDeclaration { name, sql_type, not_null })
    }

    /// `name [DESCRIPTION 'text'] [STARTED|STOPPED] AS INSERT …`
    fn create_pump(&mut self, or_replace: bool) -> Result<CreatePump> {
        let name = self.object_name("the pump's name")?;
        self.description()?;
        let started = !self.take("STOPPED");
        if started {
            self.take("STARTED");
        }
        self.require("AS")?;
        Ok(CreatePump { name, or_replace, started, insert: self.insert()? })
    }

    /// `INSERT [EXPEDITED] INTO stream [ (col {, col}) ] query`
    fn insert(&mut self) -> Result<Insert> {
        let at = self.here();
        self.require("INSERT")?;
        self.take("EXPEDITED");
        self.require("INTO")?;
        let target = self.object_name("the stream to insert into")?;
        // A parenthesis here opens the column list, or the query itself.
        let lists_columns =
            self.at_symbol("(") && !self.is_symbol(1, "(") && !matches!(self.word(1), Some("SELECT" | "VALUES"));
        let columns = if lists_columns {
            Some(self.parenthesised(|parser| parser.column_name("a column's name"))?)
        } else {
            None
        };
        Ok(Insert { target, columns, query: self.query()?, at })
    }

    fn create_view(&mut self, or_replace: bool) -> Result<CreateView> {
        let name = self.object_name("the view's name")?;
        self.description()?;
        self.require("AS")?;
        Ok(CreateView { name, or_replace, query: self.query()? })
    }

    /// `f ( p type {, …} ) RETURNS type {characteristic} RETURN expr`
    fn create_function(&mut self, or_replace: bool) -> Result<CreateFunction> {
        let name = self.object_name("the function's name")?;
        let parameters = if self.at_symbol("(") && self.is_symbol(1, ")") {
            self.advance();
            self.advance();
            Vec::new()
        } else {
            self.parenthesised(|parser| Ok((parser.name("a parameter's name")?, parser.type_name()?)))?
        };
        self.require("RETURNS")?;
        let returns = self.type_name()?;
        let mut null_on_null = false;
        while !self.take("RETURN") {
            self.characteristic(&mut null_on_null)?;
        }
        let body = self.expr()?;
        Ok(CreateFunction { name, or_replace, parameters, returns, null_on_null, body })
    }

    fn characteristic(&mut self, null_on_null: &mut bool) -> Result<()> {
        if self.take("LANGUAGE") {
            if !self.take("SQL") {
                return Err(self.here().error_with_hint(
                    self.text,
                    format!("A function cannot be written in {}", self.found()),
                    "only LANGUAGE SQL is there",
                ));
            }
        } else if self.take("SPECIFIC") {
            self.object_name("the function's specific name")?;
        } else if self.take_words(&["RETURNS", "NULL", "ON", "NULL", "INPUT"]) {
            *null_on_null = true;
        } else if self.take_words(&["CALLED", "ON", "NULL", "INPUT"]) {
            *null_on_null = false;
        } else if !(self.take("DETERMINISTIC")
            || self.take_words(&["NOT", "DETERMINISTIC"])
            || self.take_words(&["CONTAINS", "SQL"])
            || self.take_words(&["READS", "SQL", "DATA"])
            || self.take_words(&["MODIFIES", "SQL", "DATA"]))
        {
            return Err(self.expected("RETURN, or a characteristic of the function"));
        }
        Ok(())
    }

    fn description(&mut self) -> Result<()> {
        if self.take("DESCRIPTION") {
            self.text_literal("the description, a text in single quotes")?;
        }
        Ok(())
    }
}
