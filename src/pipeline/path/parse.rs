//! Text to path.

use super::filter::{Comparison, Filter, Operand};
use super::{Function, Path, PathError, Root, Segment, Selector};
use serde_json::Value;

type Result<T> = std::result::Result<T, PathError>;

impl Path {
    /// Parse a path that stands for itself.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let mut cursor = Cursor::new(text);
        let path = cursor.path(false)?;
        cursor.skip_blanks();
        if cursor.peek().is_some() {
            return Err(cursor.error("Unexpected text"));
        }
        Ok(path)
    }
}

/// A position in the characters of a text; shared with the parser of intrinsic functions.
pub(crate) struct Cursor {
    chars: Vec<char>,
    at: usize,
}

impl Cursor {
    pub(crate) fn new(text: &str) -> Self {
        Self { chars: text.chars().collect(), at: 0 }
    }

    pub(crate) fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn peek_at(&self, offset: usize) -> Option<char> {
        self.chars.get(self.at + offset).copied()
    }

    pub(crate) fn next(&mut self) -> Option<char> {
        let found = self.peek()?;
        self.at += 1;
        Some(found)
    }

    pub(crate) fn eat(&mut self, expected: char) -> bool {
        let found = self.peek() == Some(expected);
        self.at += usize::from(found);
        found
    }

    fn eat_text(&mut self, expected: &str) -> bool {
        let found = expected.chars().enumerate().all(|(offset, c)| self.peek_at(offset) == Some(c));
        if found {
            self.at += expected.chars().count();
        }
        found
    }

    pub(crate) fn expect_char(&mut self, expected: char) -> Result<()> {
        if self.eat(expected) { Ok(()) } else { Err(self.error(&format!("Expected `{expected}`"))) }
    }

    pub(crate) fn skip_blanks(&mut self) {
        while self.peek().is_some_and(char::is_whitespace) {
            self.at += 1;
        }
    }

    pub(crate) fn error(&self, reason: &str) -> PathError {
        PathError { at: self.at + 1, reason: reason.to_owned() }
    }

    pub(crate) fn word(&mut self) -> String {
        let mut word = String::new();
        while let Some(c) = self.peek().filter(|c| c.is_alphanumeric() || matches!(c, '_' | '-')) {
            word.push(c);
            self.at += 1;
        }
        word
    }

    /// A path; inside a filter it may start with `@`.
    pub(crate) fn path(&mut self, in_filter: bool) -> Result<Path> {
        let start = self.at;
        let root = self.root(in_filter)?;
        let (mut segments, mut function) = (Vec::new(), None);
        loop {
            match self.peek() {
                Some('.') if self.peek_at(1) == Some('.') => {
                    self.at += 2;
                    segments.push(Segment::Descendant(self.descendants()?));
                }
                Some('.') => {
                    self.at += 1;
                    function = self.function();
                    if function.is_some() {
                        break;
                    }
                    segments.push(Segment::Child(self.dotted()?));
                }
                Some('[') => segments.push(Segment::Child(self.bracketed()?)),
                _ => break,
            }
        }
        Ok(Path { root, segments, function, text: self.chars[start..self.at].iter().collect() })
    }

    fn root(&mut self, in_filter: bool) -> Result<Root> {
        if in_filter && self.eat('@') {
            return Ok(Root::Input);
        }
        if !self.eat('$') {
            return Err(self.error("A path starts with `$`"));
        }
        if self.eat('$') {
            return Ok(Root::Context);
        }
        let mut name = String::new();
        while let Some(c) = self.peek().filter(|c| c.is_alphanumeric() || *c == '_') {
            name.push(c);
            self.at += 1;
        }
        Ok(if name.is_empty() { Root::Input } else { Root::Variable(name) })
    }

    /// `length()` and the like, if that is what comes next.
    fn function(&mut self) -> Option<Function> {
        let start = self.at;
        let found = Function::named(&self.word());
        if found.is_some() && self.eat_text("()") {
            return found;
        }
        self.at = start;
        None
    }

    fn descendants(&mut self) -> Result<Vec<Selector>> {
        if self.peek() == Some('[') { self.bracketed() } else { self.dotted() }
    }

    fn dotted(&mut self) -> Result<Vec<Selector>> {
        if self.eat('*') {
            return Ok(vec![Selector::Wildcard]);
        }
        if self.peek() == Some('[') {
            return self.bracketed();
        }
        let mut name = String::new();
        // Jayway ends a name at these characters only.
        while let Some(c) = self.peek().filter(|c| !".[]()'\",:=<>!&|@?*".contains(*c) && !c.is_whitespace()) {
            name.push(c);
            self.at += 1;
        }
        if name.is_empty() {
            return Err(self.error("A name is missing"));
        }
        Ok(vec![Selector::Name(name)])
    }

    fn bracketed(&mut self) -> Result<Vec<Selector>> {
        self.expect_char('[')?;
        let mut selectors = Vec::new();
        loop {
            self.skip_blanks();
            selectors.push(self.selector()?);
            self.skip_blanks();
            if self.eat(']') {
                return Ok(selectors);
            }
            self.expect_char(',')?;
        }
    }

    fn selector(&mut self) -> Result<Selector> {
        match self.peek() {
            Some('*') => {
                self.at += 1;
                Ok(Selector::Wildcard)
            }
            Some(quote @ ('\'' | '"')) => Ok(Selector::Name(self.quoted(quote)?)),
            Some('?') => {
                self.at += 1;
                Ok(Selector::Filter(self.either()?))
            }
            Some(c) if c == ':' || c == '-' || c.is_ascii_digit() => self.index_or_slice(),
            _ => Err(self.error("Expected a name in quotes, an index, a slice, `*` or `?(…)`")),
        }
    }

    fn index_or_slice(&mut self) -> Result<Selector> {
        let start = self.integer()?;
        self.skip_blanks();
        if !self.eat(':') {
            return start.map(Selector::Index).ok_or_else(|| self.error("Expected an index"));
        }
        self.skip_blanks();
        let end = self.integer()?;
        self.skip_blanks();
        let step = if self.eat(':') { self.integer()?.unwrap_or(1) } else { 1 };
        Ok(Selector::Slice { start, end, step })
    }

    fn integer(&mut self) -> Result<Option<i64>> {
        let mut digits = String::new();
        if self.eat('-') {
            digits.push('-');
        }
        while let Some(c) = self.peek().filter(char::is_ascii_digit) {
            digits.push(c);
            self.at += 1;
        }
        if digits.is_empty() {
            return Ok(None);
        }
        digits.parse().map(Some).map_err(|_| self.error("Not a whole number"))
    }

    fn quoted(&mut self, quote: char) -> Result<String> {
        self.expect_char(quote)?;
        let mut text = String::new();
        loop {
            match self.next() {
                None => return Err(self.error("A quote is missing")),
                Some('\\') => match self.next() {
                    Some('n') => text.push('\n'),
                    Some('t') => text.push('\t'),
                    Some('r') => text.push('\r'),
                    Some(c) => text.push(c),
                    None => return Err(self.error("A quote is missing")),
                },
                Some(c) if c == quote => return Ok(text),
                Some(c) => text.push(c),
            }
        }
    }

    fn either(&mut self) -> Result<Filter> {
        let mut all = vec![self.both()?];
        self.skip_blanks();
        while self.eat_text("||") {
            all.push(self.both()?);
            self.skip_blanks();
        }
        Ok(if all.len() == 1 { all.remove(0) } else { Filter::Or(all) })
    }

    fn both(&mut self) -> Result<Filter> {
        let mut all = vec![self.single()?];
        self.skip_blanks();
        while self.eat_text("&&") {
            all.push(self.single()?);
            self.skip_blanks();
        }
        Ok(if all.len() == 1 { all.remove(0) } else { Filter::And(all) })
    }

    fn single(&mut self) -> Result<Filter> {
        self.skip_blanks();
        if self.peek() == Some('!') && self.peek_at(1) != Some('=') {
            self.at += 1;
            return Ok(Filter::Not(Box::new(self.single()?)));
        }
        if self.eat('(') {
            let inner = self.either()?;
            self.skip_blanks();
            self.expect_char(')')?;
            return Ok(inner);
        }
        let left = self.operand()?;
        self.skip_blanks();
        let Some(operator) = self.comparison() else {
            return match left {
                Operand::Path(path) => Ok(Filter::Exists(path)),
                Operand::Current(path) => Ok(Filter::ExistsHere(path)),
                Operand::Literal(_) | Operand::Pattern(_) => Err(self.error("Expected a comparison")),
            };
        };
        self.skip_blanks();
        let right = self.operand()?;
        Ok(Filter::Compare { left, operator, right })
    }

    fn comparison(&mut self) -> Option<Comparison> {
        let symbols = [
            ("==", Comparison::Equal),
            ("!=", Comparison::NotEqual),
            ("<=", Comparison::LessEqual),
            (">=", Comparison::GreaterEqual),
            ("=~", Comparison::Matches),
            ("<", Comparison::Less),
            (">", Comparison::Greater),
            ("nin ", Comparison::NotIn),
            ("in ", Comparison::In),
            ("contains ", Comparison::Contains),
            ("size ", Comparison::Size),
            ("empty ", Comparison::Empty),
        ];
        symbols.into_iter().find(|(symbol, _)| self.eat_text(symbol)).map(|(_, comparison)| comparison)
    }

    fn operand(&mut self) -> Result<Operand> {
        match self.peek() {
            Some('@') => Ok(Operand::Current(self.path(true)?)),
            Some('$') => Ok(Operand::Path(self.path(true)?)),
            Some('/') => self.pattern(),
            Some(quote @ ('\'' | '"')) => Ok(Operand::Literal(Value::String(self.quoted(quote)?))),
            Some('[') => self.list(),
            _ => self.number_or_word().map(Operand::Literal),
        }
    }

    fn list(&mut self) -> Result<Operand> {
        self.expect_char('[')?;
        let mut items = Vec::new();
        loop {
            self.skip_blanks();
            if self.eat(']') {
                return Ok(Operand::Literal(Value::Array(items)));
            }
            if !items.is_empty() {
                self.expect_char(',')?;
                self.skip_blanks();
            }
            match self.operand()? {
                Operand::Literal(item) => items.push(item),
                Operand::Path(_) | Operand::Current(_) | Operand::Pattern(_) => {
                    return Err(self.error("A list holds literals"));
                }
            }
        }
    }

    fn pattern(&mut self) -> Result<Operand> {
        self.expect_char('/')?;
        let mut text = String::new();
        loop {
            match self.next() {
                None => return Err(self.error("A pattern ends with `/`")),
                Some('\\') if self.eat('/') => text.push('/'),
                Some('/') => break,
                Some(c) => text.push(c),
            }
        }
        let flags = self.word();
        let flagged = if flags.is_empty() { text } else { format!("(?{flags}){text}") };
        fancy_regex::Regex::new(&flagged).map_err(|error| self.error(&error.to_string()))?;
        Ok(Operand::Pattern(flagged))
    }

    /// A JSON number or one of `true`, `false`, `null`.
    pub(crate) fn number_or_word(&mut self) -> Result<Value> {
        let mut text = String::new();
        while let Some(c) = self.peek().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.')) {
            text.push(c);
            self.at += 1;
        }
        match serde_json::from_str(&text) {
            Ok(value) => Ok(value),
            Err(_) => Err(self.error(&format!("`{text}` is neither a path nor a literal"))),
        }
    }
}
