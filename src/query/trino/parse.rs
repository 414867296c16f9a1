//! Which Trino statement a text is, and where the query in it stands.

use std::ops::Range;

use super::ast::{
    CreateTableAs, ExplainFormat, ExplainOptions, ExplainType, PropertyValue, TrinoProperties, TrinoStatement,
};
use crate::query::cursor::Cursor;
use crate::query::error::{Error, Result};
use crate::query::lex::{Kind, Language};

/// Statements that Athena knows only for Iceberg tables, or not at all.
const REFUSED: [&str; 20] = [
    "MERGE", "UPDATE", "DELETE", "OPTIMIZE", "VACUUM", "CALL", "GRANT", "REVOKE", "START", "COMMIT", "ROLLBACK", "SET",
    "RESET", "USE", "ANALYZE", "REFRESH", "TRUNCATE", "COMMENT", "DENY", "COPY",
];

/// The one Trino statement of `text`.
///
/// # Errors
/// `SYNTAX_ERROR` with the place, or [`Error::Unsupported`] naming the statement.
pub(in crate::query) fn parse(text: &str) -> Result<TrinoStatement> {
    let mut cursor = Cursor::new(text, Language::Trino)?;
    let cursor = &mut cursor;
    one_statement(cursor)?;
    if let Some(verb) = REFUSED.iter().find(|verb| cursor.sees(0, verb)) {
        return Err(Error::Unsupported { what: format!("The statement {verb}") });
    }
    if cursor.accept(&["CREATE"]) {
        return create(cursor);
    }
    if cursor.accept(&["DROP"]) {
        if !cursor.accept(&["VIEW"]) {
            return Err(refused(cursor, "DROP"));
        }
        let if_exists = cursor.accept(&["IF", "EXISTS"]);
        let view = cursor.table()?;
        cursor.end()?;
        return Ok(TrinoStatement::DropView { view, if_exists });
    }
    if cursor.accept(&["SHOW", "CREATE", "VIEW"]) {
        let view = cursor.table()?;
        cursor.end()?;
        return Ok(TrinoStatement::ShowCreateView { view });
    }
    if cursor.accept(&["INSERT"]) {
        return insert(cursor);
    }
    if cursor.accept(&["UNLOAD"]) {
        return unload(cursor);
    }
    if cursor.accept(&["PREPARE"]) {
        let name = cursor.name()?;
        cursor.expect(&["FROM"])?;
        return Ok(TrinoStatement::Prepare { name, statement: rest(cursor)? });
    }
    if cursor.accept(&["EXECUTE"]) {
        return execute(cursor);
    }
    if cursor.accept(&["DEALLOCATE"]) {
        cursor.expect(&["PREPARE"])?;
        let place = cursor.place();
        let name = cursor.name()?;
        cursor.end()?;
        return Ok(TrinoStatement::Deallocate { name, place });
    }
    if cursor.accept(&["EXPLAIN"]) {
        return explain(cursor);
    }
    Ok(TrinoStatement::Query { query: rest(cursor)? })
}

/// One semicolon may end the text; behind it nothing may stand.
fn one_statement(cursor: &mut Cursor<'_>) -> Result<()> {
    let semicolon = (0..cursor.len()).find(|at| cursor.kind_at(*at) == Some(&Kind::Symbol(';')));
    match semicolon {
        Some(at) => {
            cursor.go_to(at + 1);
            Err(cursor.error("One statement is run at a time; another begins here"))
        }
        None => Ok(()),
    }
}

/// Everything that follows.
fn rest(cursor: &mut Cursor<'_>) -> Result<Range<usize>> {
    if cursor.is_at_end() {
        return Err(cursor.unexpected("a statement"));
    }
    let range = cursor.at()..cursor.len();
    cursor.go_to(cursor.len());
    Ok(cursor.bytes(range))
}

fn create(cursor: &mut Cursor<'_>) -> Result<TrinoStatement> {
    let or_replace = cursor.accept(&["OR", "REPLACE"]);
    if cursor.accept(&["VIEW"]) {
        let view = cursor.table()?;
        let comment = if cursor.accept(&["COMMENT"]) { Some(cursor.string()?) } else { None };
        if cursor.accept(&["SECURITY"]) && !cursor.accept_any(&["DEFINER", "INVOKER"]) {
            return Err(cursor.unexpected("DEFINER or INVOKER"));
        }
        cursor.expect(&["AS"])?;
        return Ok(TrinoStatement::CreateView { view, or_replace, comment, query: rest(cursor)? });
    }
    if or_replace || !cursor.accept(&["TABLE"]) {
        return Err(refused(cursor, "CREATE"));
    }
    let if_not_exists = cursor.accept(&["IF", "NOT", "EXISTS"]);
    let table = cursor.table()?;
    let named = cursor.kind() == Some(&Kind::Symbol('('));
    let columns = if named { Some(cursor.list(Cursor::name)?) } else { None };
    let comment = if cursor.accept(&["COMMENT"]) { Some(cursor.string()?) } else { None };
    let properties = if cursor.accept(&["WITH"]) { properties(cursor)? } else { Vec::new() };
    cursor.expect(&["AS"])?;
    let start = cursor.at();
    let (end, with_data) = data_clause(cursor);
    if end <= start {
        return Err(cursor.unexpected("a query"));
    }
    let query = cursor.bytes(start..end);
    let create = CreateTableAs { table, if_not_exists, columns, comment, properties, query, with_data };
    Ok(TrinoStatement::CreateTableAs(Box::new(create)))
}

/// Where the query ends in front of `WITH [NO] DATA`, and whether its rows are wanted.
fn data_clause(cursor: &Cursor<'_>) -> (usize, bool) {
    let is = |at: Option<usize>, keyword: &str| {
        let kind = at.and_then(|at| cursor.kind_at(at));
        matches!(kind, Some(Kind::Word(word)) if word.eq_ignore_ascii_case(keyword))
    };
    let from_end = |count: usize| cursor.len().checked_sub(count);
    if !is(from_end(1), "DATA") {
        return (cursor.len(), true);
    }
    match (from_end(2), from_end(3)) {
        (Some(end), _) if is(Some(end), "WITH") => (end, true),
        (no, Some(end)) if is(no, "NO") && is(Some(end), "WITH") => (end, false),
        _ => (cursor.len(), true),
    }
}

fn properties(cursor: &mut Cursor<'_>) -> Result<TrinoProperties> {
    cursor.list(|cursor| {
        let place = cursor.place();
        let name = cursor.name()?;
        cursor.expect_symbol('=')?;
        Ok((name, property_value(cursor)?, place))
    })
}

fn property_value(cursor: &mut Cursor<'_>) -> Result<PropertyValue> {
    if cursor.accept(&["TRUE"]) {
        return Ok(PropertyValue::Boolean(true));
    }
    if cursor.accept(&["FALSE"]) {
        return Ok(PropertyValue::Boolean(false));
    }
    if cursor.accept(&["ARRAY"]) {
        cursor.expect_symbol('[')?;
        let mut items = Vec::new();
        if !cursor.accept_symbol(']') {
            items.push(cursor.string()?);
            while cursor.accept_symbol(',') {
                items.push(cursor.string()?);
            }
            cursor.expect_symbol(']')?;
        }
        return Ok(PropertyValue::List(items));
    }
    if let Some(Kind::Number(number)) = cursor.kind() {
        let number = number.clone();
        cursor.advance();
        return Ok(PropertyValue::Number(number));
    }
    cursor.string().map(PropertyValue::Text).map_err(|_| cursor.unexpected("a string, a number, a boolean or ARRAY[…]"))
}

fn insert(cursor: &mut Cursor<'_>) -> Result<TrinoStatement> {
    cursor.expect(&["INTO"])?;
    let table = cursor.table()?;
    let parenthesis = cursor.kind() == Some(&Kind::Symbol('('));
    let query = ["SELECT", "WITH", "VALUES", "TABLE"].iter().any(|verb| cursor.sees(1, verb));
    let nested = cursor.kind_at(cursor.at() + 1) == Some(&Kind::Symbol('('));
    let columns = if parenthesis && !query && !nested { Some(cursor.list(Cursor::name)?) } else { None };
    Ok(TrinoStatement::Insert { table, columns, query: rest(cursor)? })
}

fn unload(cursor: &mut Cursor<'_>) -> Result<TrinoStatement> {
    let open = cursor.at();
    cursor.expect_symbol('(')?;
    let mut depth = 1_i32;
    while depth > 0 {
        match cursor.kind() {
            Some(Kind::Symbol('(')) => depth += 1,
            Some(Kind::Symbol(')')) => depth -= 1,
            Some(_) => {}
            None => return Err(cursor.unexpected("`)`")),
        }
        cursor.advance();
    }
    let query = cursor.bytes(open + 1..cursor.at() - 1);
    cursor.expect(&["TO"])?;
    let location = cursor.string()?;
    let properties = if cursor.accept(&["WITH"]) { properties(cursor)? } else { Vec::new() };
    cursor.end()?;
    Ok(TrinoStatement::Unload { query, location, properties })
}

fn execute(cursor: &mut Cursor<'_>) -> Result<TrinoStatement> {
    if cursor.accept(&["IMMEDIATE"]) {
        return Err(Error::Unsupported { what: "The statement EXECUTE IMMEDIATE".into() });
    }
    let place = cursor.place();
    let name = cursor.name()?;
    let mut arguments = Vec::new();
    if cursor.accept(&["USING"]) {
        let (mut depth, mut start) = (0_i32, cursor.at());
        while cursor.at() < cursor.len() {
            match cursor.kind() {
                Some(Kind::Symbol('(' | '[')) => depth += 1,
                Some(Kind::Symbol(')' | ']')) => depth -= 1,
                Some(Kind::Symbol(',')) if depth == 0 => {
                    arguments.push(argument(cursor, start)?);
                    start = cursor.at() + 1;
                }
                _ => {}
            }
            cursor.advance();
        }
        arguments.push(argument(cursor, start)?);
    }
    cursor.end()?;
    Ok(TrinoStatement::Execute { name, place, arguments })
}

fn argument(cursor: &Cursor<'_>, start: usize) -> Result<Range<usize>> {
    if start == cursor.at() { Err(cursor.unexpected("an expression")) } else { Ok(cursor.bytes(start..cursor.at())) }
}

fn explain(cursor: &mut Cursor<'_>) -> Result<TrinoStatement> {
    let analyze = cursor.accept(&["ANALYZE"]);
    let verbose = analyze && cursor.accept(&["VERBOSE"]);
    let mut options = ExplainOptions { analyze, verbose, format: ExplainFormat::Text, kind: ExplainType::Distributed };
    // A parenthesis may also begin the query itself.
    if cursor.kind() == Some(&Kind::Symbol('(')) && (cursor.sees(1, "FORMAT") || cursor.sees(1, "TYPE")) {
        cursor.list(|cursor| {
            if cursor.accept(&["FORMAT"]) {
                options.format = choice(
                    cursor,
                    &[
                        ("TEXT", ExplainFormat::Text),
                        ("GRAPHVIZ", ExplainFormat::Graphviz),
                        ("JSON", ExplainFormat::Json),
                    ],
                )?;
            } else if !analyze && cursor.accept(&["TYPE"]) {
                options.kind = choice(
                    cursor,
                    &[
                        ("LOGICAL", ExplainType::Logical),
                        ("DISTRIBUTED", ExplainType::Distributed),
                        ("VALIDATE", ExplainType::Validate),
                        ("IO", ExplainType::Io),
                    ],
                )?;
            } else {
                return Err(cursor.unexpected(if analyze { "FORMAT" } else { "FORMAT or TYPE" }));
            }
            Ok(())
        })?;
    }
    Ok(TrinoStatement::Explain { options, statement: rest(cursor)? })
}

fn choice<T: Copy>(cursor: &mut Cursor<'_>, choices: &[(&str, T)]) -> Result<T> {
    let found = choices.iter().find(|(name, _)| cursor.accept(&[name]));
    let names = || choices.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
    found.map(|(_, choice)| *choice).ok_or_else(|| cursor.unexpected(&names()))
}

/// A statement that is not run, named by its first words.
fn refused(cursor: &mut Cursor<'_>, verb: &str) -> Error {
    match cursor.name() {
        Ok(object) => Error::Unsupported { what: format!("The statement {verb} {}", object.to_uppercase()) },
        Err(error) => error,
    }
}
