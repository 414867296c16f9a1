//! SQL/JSON paths: `lax $.children[*]?(@.age > 12).name`.

use super::super::TrinoError;
use super::number::Number;

/// A path and its mode.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Path {
    /// Structural errors are no errors, arrays and their elements stand for each other.
    pub(super) is_lax: bool,
    pub(super) root: Node,
}

/// An expression that gives a sequence of items.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node {
    /// `$`
    Context,
    /// `@`
    Current,
    /// `last`
    Last,
    /// `$name`
    Variable(String),
    Null,
    Boolean(bool),
    Number(Number),
    Text(String),
    /// `.key`; `.*` without a key.
    Member(Box<Self>, Option<String>),
    /// `..key`
    Descendant(Box<Self>, String),
    /// `[*]` without subscripts; each subscript is a place or a range.
    Elements(Box<Self>, Vec<(Self, Option<Self>)>),
    /// `?(predicate)`
    Filter(Box<Self>, Box<Predicate>),
    Method(Box<Self>, Method),
    Negate(Box<Self>),
    Plus(Box<Self>),
    Calculate(char, Box<Self>, Box<Self>),
}

/// `.type()` and the like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    Abs,
    Ceiling,
    Double,
    Floor,
    KeyValue,
    Size,
    Type,
}

/// A condition of a filter.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Predicate {
    And(Box<Self>, Box<Self>),
    Or(Box<Self>, Box<Self>),
    Not(Box<Self>),
    IsUnknown(Box<Self>),
    Exists(Node),
    StartsWith(Node, Node),
    Compare(&'static str, Node, Node),
}

impl Path {
    /// # Errors
    /// `INVALID_PATH` with the place where the text is no path.
    pub(super) fn parse(text: &str) -> Result<Self, TrinoError> {
        let mut parser = Parser { text, rest: text };
        let is_lax = if parser.word("strict") {
            false
        } else if parser.word("lax") {
            true
        } else {
            return Err(parser.error("`lax` or `strict`"));
        };
        let root = parser.expression()?;
        if parser.blank().rest.is_empty() { Ok(Self { is_lax, root }) } else { Err(parser.error("the end")) }
    }
}

struct Parser<'a> {
    text: &'a str,
    rest: &'a str,
}

impl<'a> Parser<'a> {
    fn blank(&mut self) -> &mut Self {
        self.rest = self.rest.trim_start();
        self
    }

    fn error(&mut self, wanted: &str) -> TrinoError {
        let place = self.text.len() - self.blank().rest.len();
        let column = self.text[..place].chars().count() + 1;
        TrinoError::new(
            "INVALID_PATH",
            format!("Invalid JSON path `{}`: {wanted} expected at character {column}", self.text),
        )
    }

    fn take(&mut self, symbol: &str) -> bool {
        match self.blank().rest.strip_prefix(symbol) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn expect(&mut self, symbol: &str) -> Result<(), TrinoError> {
        if self.take(symbol) { Ok(()) } else { Err(self.error(&format!("`{symbol}`"))) }
    }

    fn word(&mut self, word: &str) -> bool {
        match self.blank().rest.strip_prefix(word) {
            Some(rest) if !rest.starts_with(is_name_part) => {
                self.rest = rest;
                true
            }
            _ => false,
        }
    }

    fn name(&mut self) -> Option<&'a str> {
        let rest = self.blank().rest;
        if !rest.starts_with(|first: char| first.is_alphabetic() || first == '_') {
            return None;
        }
        let end = rest.find(|c| !is_name_part(c)).unwrap_or(rest.len());
        self.rest = &rest[end..];
        Some(&rest[..end])
    }

    /// A text in double quotes; a quote in it is doubled or escaped.
    fn quoted(&mut self) -> Result<Option<String>, TrinoError> {
        if !self.take("\"") {
            return Ok(None);
        }
        let (mut text, mut characters) = (String::new(), self.rest.char_indices());
        while let Some((place, character)) = characters.next() {
            match character {
                '"' if self.rest[place + 1..].starts_with('"') => {
                    characters.next();
                    text.push('"');
                }
                '"' => {
                    self.rest = &self.rest[place + 1..];
                    return Ok(Some(text));
                }
                '\\' => text.extend(characters.next().map(|(_, escaped)| escaped)),
                other => text.push(other),
            }
        }
        Err(self.error("`\"`"))
    }

    fn expression(&mut self) -> Result<Node, TrinoError> {
        let mut left = self.term()?;
        loop {
            let operator = if self.take("+") {
                '+'
            } else if self.take("-") {
                '-'
            } else {
                return Ok(left);
            };
            left = Node::Calculate(operator, Box::new(left), Box::new(self.term()?));
        }
    }

    fn term(&mut self) -> Result<Node, TrinoError> {
        let mut left = self.signed()?;
        loop {
            let Some(operator) = ['*', '/', '%'].into_iter().find(|symbol| self.take(&symbol.to_string())) else {
                return Ok(left);
            };
            left = Node::Calculate(operator, Box::new(left), Box::new(self.signed()?));
        }
    }

    fn signed(&mut self) -> Result<Node, TrinoError> {
        if self.take("-") {
            return Ok(Node::Negate(Box::new(self.signed()?)));
        }
        if self.take("+") {
            return Ok(Node::Plus(Box::new(self.signed()?)));
        }
        let mut node = self.primary()?;
        while let Some(next) = self.accessor(&node)? {
            node = next;
        }
        Ok(node)
    }

    fn primary(&mut self) -> Result<Node, TrinoError> {
        if self.take("(") {
            let node = self.expression()?;
            self.expect(")")?;
            return Ok(node);
        }
        if self.take("$") {
            let is_variable = self.rest.starts_with(|first: char| first.is_alphabetic() || first == '_');
            return Ok(match self.name().filter(|_| is_variable) {
                Some(name) => Node::Variable(name.to_owned()),
                None => Node::Context,
            });
        }
        if self.take("@") {
            return Ok(Node::Current);
        }
        if let Some(text) = self.quoted()? {
            return Ok(Node::Text(text));
        }
        for (word, node) in
            [("last", Node::Last), ("null", Node::Null), ("true", Node::Boolean(true)), ("false", Node::Boolean(false))]
        {
            if self.word(word) {
                return Ok(node);
            }
        }
        self.number()
    }

    fn number(&mut self) -> Result<Node, TrinoError> {
        let rest = self.blank().rest;
        let digits = |from: usize| rest[from..].bytes().take_while(u8::is_ascii_digit).count();
        let mut end = digits(0);
        if rest[end..].starts_with('.') && digits(end + 1) > 0 {
            end += 1 + digits(end + 1);
        }
        if end > 0 && rest[end..].starts_with(['e', 'E']) {
            let sign = usize::from(rest[end + 1..].starts_with(['+', '-']));
            let exponent = digits(end + 1 + sign);
            end += if exponent > 0 { 1 + sign + exponent } else { 0 };
        }
        match Number::parse(&rest[..end]).filter(|_| end > 0) {
            Some(number) => {
                self.rest = &rest[end..];
                Ok(Node::Number(number))
            }
            None => Err(self.error("a path")),
        }
    }

    /// What follows `node` and belongs to it.
    fn accessor(&mut self, node: &Node) -> Result<Option<Node>, TrinoError> {
        let node = || Box::new(node.clone());
        if self.take("..") {
            let key = self.key()?;
            return Ok(Some(Node::Descendant(node(), key)));
        }
        if self.take(".") {
            if self.take("*") {
                return Ok(Some(Node::Member(node(), None)));
            }
            let before = self.rest;
            if let Some(name) = self.name()
                && self.take("(")
            {
                self.expect(")")?;
                return self.method(name).map(|method| Some(Node::Method(node(), method)));
            }
            self.rest = before;
            let key = self.key()?;
            return Ok(Some(Node::Member(node(), Some(key))));
        }
        if self.take("[") {
            if self.take("*") {
                self.expect("]")?;
                return Ok(Some(Node::Elements(node(), Vec::new())));
            }
            let mut subscripts = Vec::new();
            loop {
                let from = self.expression()?;
                let to = if self.word("to") { Some(self.expression()?) } else { None };
                subscripts.push((from, to));
                if !self.take(",") {
                    break;
                }
            }
            self.expect("]")?;
            return Ok(Some(Node::Elements(node(), subscripts)));
        }
        if self.take("?") {
            self.expect("(")?;
            let predicate = self.predicate()?;
            self.expect(")")?;
            return Ok(Some(Node::Filter(node(), Box::new(predicate))));
        }
        Ok(None)
    }

    fn key(&mut self) -> Result<String, TrinoError> {
        if let Some(key) = self.quoted()? {
            return Ok(key);
        }
        match self.name() {
            Some(key) => Ok(key.to_owned()),
            None => Err(self.error("a key")),
        }
    }

    fn method(&mut self, name: &str) -> Result<Method, TrinoError> {
        Ok(match name {
            "abs" => Method::Abs,
            "ceiling" => Method::Ceiling,
            "double" => Method::Double,
            "floor" => Method::Floor,
            "keyvalue" => Method::KeyValue,
            "size" => Method::Size,
            "type" => Method::Type,
            "datetime" => {
                return Err(TrinoError::unsupported("The method `datetime()` of JSON paths is not supported"));
            }
            _ => return Err(self.error("a method")),
        })
    }

    fn predicate(&mut self) -> Result<Predicate, TrinoError> {
        let mut left = self.conjunction()?;
        while self.take("||") {
            left = Predicate::Or(Box::new(left), Box::new(self.conjunction()?));
        }
        Ok(left)
    }

    fn conjunction(&mut self) -> Result<Predicate, TrinoError> {
        let mut left = self.condition()?;
        while self.take("&&") {
            left = Predicate::And(Box::new(left), Box::new(self.condition()?));
        }
        Ok(left)
    }

    fn condition(&mut self) -> Result<Predicate, TrinoError> {
        if self.blank().rest.starts_with('!') && !self.rest.starts_with("!=") {
            self.take("!");
            return Ok(Predicate::Not(Box::new(self.condition()?)));
        }
        if self.word("exists") {
            self.expect("(")?;
            let node = self.expression()?;
            self.expect(")")?;
            return Ok(Predicate::Exists(node));
        }
        let before = self.rest;
        if self.take("(") {
            // A condition in parentheses, or a path in parentheses that is compared.
            if let Ok(predicate) = self.predicate()
                && self.take(")")
            {
                let after = self.rest;
                if self.word("is") && self.word("unknown") {
                    return Ok(Predicate::IsUnknown(Box::new(predicate)));
                }
                self.rest = after;
                return Ok(predicate);
            }
            self.rest = before;
        }
        self.comparison()
    }

    fn comparison(&mut self) -> Result<Predicate, TrinoError> {
        let left = self.expression()?;
        if self.word("starts") {
            if !self.word("with") {
                return Err(self.error("`with`"));
            }
            return Ok(Predicate::StartsWith(left, self.expression()?));
        }
        if self.word("like_regex") {
            return Err(TrinoError::unsupported("`like_regex` of JSON paths is not supported"));
        }
        let symbols = [("==", "=="), ("!=", "!="), ("<>", "!="), ("<=", "<="), (">=", ">="), ("<", "<"), (">", ">")];
        let Some((_, operator)) = symbols.into_iter().find(|(symbol, _)| self.take(symbol)) else {
            return Err(self.error("a comparison"));
        };
        Ok(Predicate::Compare(operator, left, self.expression()?))
    }
}

fn is_name_part(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}
