//! Literals, names, parentheses, and the special forms of Trino's grammar.

use super::ast::{Current, Expr, ExprKind, IntervalField, TrimSide};
use super::expression::expr;
use super::lex::Token;
use super::parser::Parser;
use crate::sql::trino::error::{Place, SqlError};

impl Parser {
    pub(super) fn primary(&mut self) -> Result<Expr, SqlError> {
        let mut value = self.deeper(Self::primary_start)?;
        loop {
            let at = self.at();
            if self.take("[") {
                let index = Box::new(self.value()?);
                self.expect("]")?;
                value = expr(ExprKind::Subscript { base: Box::new(value), index }, at);
            } else if matches!(self.peek(), Token::Symbol(".")) && !matches!(self.peek_at(1), Token::Symbol("*")) {
                self.skip();
                // Behind a point every word is a name.
                let field = match self.peek() {
                    Token::Word(_) if !self.is_name_at(0) => return Err(self.unexpected("<identifier>")),
                    _ => self.name()?,
                };
                value = expr(ExprKind::Dereference { base: Box::new(value), field }, at);
            } else {
                return Ok(value);
            }
        }
    }

    fn primary_start(&mut self) -> Result<Expr, SqlError> {
        let at = self.at();
        match self.peek().clone() {
            Token::Number(digits) => {
                self.skip();
                Ok(expr(ExprKind::Number(digits), at))
            }
            Token::Text(text) => {
                self.skip();
                Ok(expr(ExprKind::Text(text), at))
            }
            Token::Binary(bytes) => {
                self.skip();
                Ok(expr(ExprKind::Binary(bytes), at))
            }
            Token::Symbol("?") => {
                self.skip();
                self.parameters += 1;
                Ok(expr(ExprKind::Parameter(self.parameters - 1), at))
            }
            Token::Symbol("(") => self.parenthesised(at),
            Token::Word(word) => self.word(&word.to_lowercase(), at),
            Token::Quoted(_) => self.named(at),
            _ => Err(self.unexpected("<expression>")),
        }
    }

    /// `(query)`, `(a, b) -> …`, `(a, b)`, `(a)`.
    fn parenthesised(&mut self, at: Place) -> Result<Expr, SqlError> {
        if let Some(parameters) = self.lambda_parameters() {
            let mut names = Vec::with_capacity(parameters);
            self.expect("(")?;
            for place in 0..parameters {
                if place > 0 {
                    self.expect(",")?;
                }
                names.push(self.name()?);
            }
            self.expect(")")?;
            self.expect("->")?;
            let body = Box::new(self.expression()?);
            return Ok(expr(ExprKind::Lambda { parameters: names, body }, at));
        }
        self.expect("(")?;
        if self.begins_query() {
            let mark = self.mark();
            match self.query() {
                Ok(query) if self.take(")") => return Ok(expr(ExprKind::Subquery(Box::new(query)), at)),
                Err(error) if !matches!(self.peek_from(mark), Token::Symbol("(")) => return Err(error),
                _ => self.reset(mark),
            }
        }
        let mut values = self.list(Self::expression)?;
        self.expect(")")?;
        match values.pop() {
            Some(only) if values.is_empty() => Ok(only),
            last => {
                values.extend(last);
                Ok(expr(ExprKind::Row(values), at))
            }
        }
    }

    fn peek_from(&mut self, mark: (usize, usize)) -> Token {
        let now = self.mark();
        self.reset(mark);
        let token = self.peek().clone();
        self.reset(now);
        token
    }

    /// How many parameters the lambda has whose parenthesis is next, if it is one.
    fn lambda_parameters(&self) -> Option<usize> {
        let mut ahead = 1;
        let mut count = 0;
        if matches!(self.peek_at(ahead), Token::Symbol(")")) {
            return matches!(self.peek_at(ahead + 1), Token::Symbol("->")).then_some(0);
        }
        loop {
            if !matches!(self.peek_at(ahead), Token::Word(_) | Token::Quoted(_)) {
                return None;
            }
            count += 1;
            match self.peek_at(ahead + 1) {
                Token::Symbol(",") => ahead += 2,
                Token::Symbol(")") => {
                    return matches!(self.peek_at(ahead + 2), Token::Symbol("->")).then_some(count);
                }
                _ => return None,
            }
        }
    }

    /// Whether a query is next, behind any number of parentheses.
    pub(super) fn begins_query(&self) -> bool {
        let mut ahead = 0;
        while matches!(self.peek_at(ahead), Token::Symbol("(")) {
            ahead += 1;
        }
        ["select", "with", "values", "table"].iter().any(|keyword| self.is_keyword_at(ahead, keyword))
    }

    fn word(&mut self, word: &str, at: Place) -> Result<Expr, SqlError> {
        let opens = |parser: &Self| matches!(parser.peek_at(1), Token::Symbol("("));
        match word {
            "null" => self.literal(ExprKind::Null, at),
            "true" => self.literal(ExprKind::Boolean(true), at),
            "false" => self.literal(ExprKind::Boolean(false), at),
            "case" => self.case(at),
            "cast" | "try_cast" if opens(self) => self.cast(word == "try_cast", at),
            "exists" => {
                self.skip();
                self.expect("(")?;
                let query = Box::new(self.query()?);
                self.expect(")")?;
                Ok(expr(ExprKind::Exists(query), at))
            }
            "interval"
                if matches!(self.peek_at(1), Token::Text(_))
                    || (matches!(self.peek_at(1), Token::Symbol("+" | "-"))
                        && matches!(self.peek_at(2), Token::Text(_))) =>
            {
                self.interval(at)
            }
            "array" if matches!(self.peek_at(1), Token::Symbol("[")) => {
                self.skip();
                self.skip();
                let elements = if self.take("]") {
                    Vec::new()
                } else {
                    let elements = self.list(Self::expression)?;
                    self.expect("]")?;
                    elements
                };
                Ok(expr(ExprKind::Array(elements), at))
            }
            "row" if opens(self) => {
                self.skip();
                self.skip();
                let values = self.list(Self::expression)?;
                self.expect(")")?;
                Ok(expr(ExprKind::Row(values), at))
            }
            "extract" => {
                self.skip();
                self.expect("(")?;
                let field = self.name()?;
                self.expect_keyword(&["from"])?;
                let value = Box::new(self.value()?);
                self.expect(")")?;
                Ok(expr(ExprKind::Extract { field, value }, at))
            }
            "trim" => self.trim(at),
            "normalize" => self.normalize(at),
            "grouping" => {
                self.skip();
                self.expect("(")?;
                let values =
                    if matches!(self.peek(), Token::Symbol(")")) { Vec::new() } else { self.list(Self::expression)? };
                self.expect(")")?;
                Ok(expr(ExprKind::Grouping(values), at))
            }
            "position" if opens(self) => self.position(at),
            "substring" if opens(self) => self.substring(at),
            "json_exists" | "json_value" | "json_query" | "json_object" | "json_array" => self.json_form(word, at),
            "listagg" => self.listagg(at),
            "match_recognize" | "json_table" => {
                Err(SqlError::unsupported(at, format!("{} is not supported", word.to_uppercase())))
            }
            _ => match current(word) {
                Some(what) => self.current(what, at),
                None => self.named(at),
            },
        }
    }

    fn literal(&mut self, kind: ExprKind, at: Place) -> Result<Expr, SqlError> {
        self.skip();
        Ok(expr(kind, at))
    }

    /// A column, a call, a lambda of one parameter, or a typed literal.
    fn named(&mut self, at: Place) -> Result<Expr, SqlError> {
        match self.peek_at(1) {
            Token::Text(_) if matches!(self.peek(), Token::Word(_)) => {
                let type_name = self.name()?.text;
                let value = self.text()?;
                return Ok(expr(ExprKind::Typed { type_name, value }, at));
            }
            Token::Word(word) if word.eq_ignore_ascii_case("precision") && self.is_keyword_at(0, "double") => {
                if let Token::Text(value) = self.peek_at(2).clone() {
                    self.skip();
                    self.skip();
                    self.skip();
                    return Ok(expr(ExprKind::Typed { type_name: "double".into(), value }, at));
                }
            }
            Token::Symbol("->") => {
                let parameters = vec![self.name()?];
                self.skip();
                let body = Box::new(self.expression()?);
                return Ok(expr(ExprKind::Lambda { parameters, body }, at));
            }
            _ => {}
        }
        // `left(…)`, `if(…)` and other words that are functions only with a parenthesis behind them.
        if self.begins_call() {
            return self.function_call(at);
        }
        Ok(expr(ExprKind::Identifier(self.name()?), at))
    }

    fn case(&mut self, at: Place) -> Result<Expr, SqlError> {
        self.skip();
        let operand = if self.is_keyword_at(0, "when") { None } else { Some(Box::new(self.expression()?)) };
        let mut branches = Vec::new();
        while self.keyword(&["when"]) {
            let condition = self.expression()?;
            self.expect_keyword(&["then"])?;
            branches.push((condition, self.expression()?));
        }
        if branches.is_empty() {
            return Err(self.unexpected("'WHEN'"));
        }
        let otherwise = if self.keyword(&["else"]) { Some(Box::new(self.expression()?)) } else { None };
        self.expect_keyword(&["end"])?;
        Ok(expr(ExprKind::Case { operand, branches, otherwise }, at))
    }

    fn cast(&mut self, is_safe: bool, at: Place) -> Result<Expr, SqlError> {
        self.skip();
        self.expect("(")?;
        let value = Box::new(self.expression()?);
        self.expect_keyword(&["as"])?;
        let target = self.data_type()?;
        self.expect(")")?;
        Ok(expr(ExprKind::Cast { value, target, is_safe }, at))
    }

    fn interval(&mut self, at: Place) -> Result<Expr, SqlError> {
        self.skip();
        let is_negative = self.take("-");
        if !is_negative {
            self.take("+");
        }
        let value = self.text()?;
        let from = self.interval_field()?;
        let to = if self.keyword(&["to"]) { Some(self.interval_field()?) } else { None };
        Ok(expr(ExprKind::Interval { is_negative, value, from, to }, at))
    }

    fn interval_field(&mut self) -> Result<IntervalField, SqlError> {
        match self.one_of(&["year", "month", "week", "day", "hour", "minute", "second"]) {
            Some("year") => Ok(IntervalField::Year),
            Some("month") => Ok(IntervalField::Month),
            Some("week") => Ok(IntervalField::Week),
            Some("day") => Ok(IntervalField::Day),
            Some("hour") => Ok(IntervalField::Hour),
            Some("minute") => Ok(IntervalField::Minute),
            Some("second") => Ok(IntervalField::Second),
            _ => Err(self
                .unexpected("'DAY', 'HOUR', 'MINUTE', 'MONTH', 'SECOND', 'YEAR'")
                .hint("write the number in quotes and the unit behind it, as in INTERVAL '2' DAY")),
        }
    }

    fn trim(&mut self, at: Place) -> Result<Expr, SqlError> {
        self.skip();
        self.expect("(")?;
        let side = match self.one_of(&["both", "leading", "trailing"]) {
            Some("leading") => Some(TrimSide::Leading),
            Some("trailing") => Some(TrimSide::Trailing),
            Some(_) => Some(TrimSide::Both),
            None => None,
        };
        let first = if self.is_keyword_at(0, "from") { None } else { Some(Box::new(self.value()?)) };
        let (characters, value) = if self.keyword(&["from"]) {
            (first, Box::new(self.value()?))
        } else if self.take(",") {
            (Some(Box::new(self.value()?)), first.ok_or_else(|| self.unexpected("<expression>"))?)
        } else {
            (None, first.ok_or_else(|| self.unexpected("<expression>"))?)
        };
        self.expect(")")?;
        Ok(expr(ExprKind::Trim { side: side.unwrap_or(TrimSide::Both), characters, value }, at))
    }

    fn normalize(&mut self, at: Place) -> Result<Expr, SqlError> {
        self.skip();
        self.expect("(")?;
        let value = Box::new(self.value()?);
        let form = if self.take(",") {
            self.one_of(&["nfd", "nfc", "nfkd", "nfkc"])
                .ok_or_else(|| self.unexpected("'NFC', 'NFD', 'NFKC', 'NFKD'"))?
        } else {
            "nfc"
        };
        self.expect(")")?;
        Ok(expr(ExprKind::Normalize { value, form: form.to_uppercase() }, at))
    }

    fn current(&mut self, what: Current, at: Place) -> Result<Expr, SqlError> {
        self.skip();
        let takes_precision =
            matches!(what, Current::Time | Current::Timestamp | Current::LocalTime | Current::LocalTimestamp);
        let precision = if takes_precision && self.take("(") {
            let precision = self.unsigned()?;
            self.expect(")")?;
            Some(precision)
        } else {
            None
        };
        Ok(expr(ExprKind::Current { what, precision }, at))
    }
}

fn current(word: &str) -> Option<Current> {
    Some(match word {
        "current_date" => Current::Date,
        "current_time" => Current::Time,
        "current_timestamp" => Current::Timestamp,
        "localtime" => Current::LocalTime,
        "localtimestamp" => Current::LocalTimestamp,
        "current_user" => Current::User,
        "current_catalog" => Current::Catalog,
        "current_schema" => Current::Schema,
        "current_path" => Current::Path,
        _ => return None,
    })
}
