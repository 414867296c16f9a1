//! The columns of a template: what a JSON template's members are made of.

use serde_json::Value;

/// One unit of a template: a byte of literal text, or a tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    Byte(u8),
    Tag(usize),
}

/// Objects deeper than this are no columns: readers of JSON stop at about as many.
const DEEPEST: usize = 100;

/// Where a column's values come from.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Source {
    /// An unquoted tag alone: the function's own type.
    Tag(usize),
    /// Text with tags in it; with `escaped`, as it stands between the quotes of a JSON string.
    Text { units: Vec<Unit>, escaped: bool },
    /// The same value in each record.
    Constant(Value),
    /// A nested object.
    Object(Vec<(String, Self)>),
    /// An array of values, and how it is written.
    List { items: Vec<Self>, units: Vec<Unit> },
}

impl Unit {
    /// The tag, if it is one.
    pub(crate) fn tag(&self) -> Option<usize> {
        if let Self::Tag(tag) = self { Some(*tag) } else { None }
    }
}

impl Source {
    /// Call `visit` with this value, or with the members inside of it, and the path of each.
    pub(crate) fn walk(&self, name: &str, visit: &mut impl FnMut(&str, &Self)) {
        match self {
            Self::Object(members) => {
                members.iter().for_each(|(inner, source)| source.walk(&format!("{name}.{inner}"), visit));
            }
            Self::List { items, .. } => {
                items.iter().enumerate().for_each(|(place, item)| item.walk(&format!("{name}[{place}]"), visit));
            }
            other => visit(name, other),
        }
    }
}

/// What a template is, with its columns.
#[derive(Debug, PartialEq)]
pub(crate) enum Shape {
    /// A JSON object.
    Json(Vec<(String, Source)>),
    /// One line of values with commas between them.
    Csv(Vec<(String, Source)>),
    /// Anything else.
    Text(Vec<Unit>),
}

/// What a template is; `names` are those of a CSV line's columns.
///
/// # Errors
/// When there are names, and the template has not as many columns.
pub(crate) fn shape_of(units: &[Unit], names: Option<&[String]>) -> Result<Shape, String> {
    if names.is_none()
        && let Some(members) = members(units)
    {
        return Ok(Shape::Json(members));
    }
    let fields = csv_fields(units);
    let opens_json = matches!(units.first(), Some(Unit::Byte(b'{' | b'[')));
    let is_line = !opens_json && fields.len() > 1 && !units.contains(&Unit::Byte(b'\n'));
    match names {
        Some(names) if names.len() != fields.len() => {
            Err(format!("`columns` names {} columns, and the template is a line of {}", names.len(), fields.len()))
        }
        Some(names) => Ok(Shape::Csv(names.iter().cloned().zip(fields).collect())),
        None if is_line => {
            Ok(Shape::Csv(fields.into_iter().enumerate().map(|(place, field)| (format!("c{place}"), field)).collect()))
        }
        None => Ok(Shape::Text(units.to_vec())),
    }
}

/// The values between commas that stand outside of quotes.
fn csv_fields(units: &[Unit]) -> Vec<Source> {
    let mut fields = vec![Vec::new()];
    let mut quoted = false;
    for unit in units {
        match unit {
            Unit::Byte(b',') if !quoted => fields.push(Vec::new()),
            unit => {
                quoted ^= *unit == Unit::Byte(b'"');
                if let Some(field) = fields.last_mut() {
                    field.push(*unit);
                }
            }
        }
    }
    fields.into_iter().map(csv_field).collect()
}

fn csv_field(units: Vec<Unit>) -> Source {
    const QUOTE: Unit = Unit::Byte(b'"');
    match &units[..] {
        [Unit::Tag(tag)] => Source::Tag(*tag),
        [QUOTE, inner @ .., QUOTE] if inner.iter().any(|unit| unit.tag().is_some()) => {
            Source::Text { units: inner.to_vec(), escaped: false }
        }
        _ if units.iter().all(|unit| unit.tag().is_none()) => {
            let text = String::from_utf8_lossy(&bytes(&units)).into_owned();
            match serde_json::from_str(&text) {
                Ok(value @ (Value::Number(_) | Value::Bool(_) | Value::String(_))) => Source::Constant(value),
                _ => Source::Constant(Value::String(text)),
            }
        }
        _ => Source::Text { units, escaped: false },
    }
}

/// The members of a template that is a JSON object; `None` when it is something else.
fn members(units: &[Unit]) -> Option<Vec<(String, Source)>> {
    let mut reader = Reader { units, at: 0, depth: 0 };
    reader.space();
    let members = reader.object()?;
    reader.space();
    (reader.at == units.len()).then_some(members)
}

/// A template that is one JSON value; `None` when it is something else.
pub(crate) fn value(units: &[Unit]) -> Option<Source> {
    let mut reader = Reader { units, at: 0, depth: 0 };
    reader.space();
    let value = reader.value()?;
    reader.space();
    (reader.at == units.len()).then_some(value)
}

struct Reader<'a> {
    units: &'a [Unit],
    at: usize,
    depth: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<Unit> {
        self.units.get(self.at).copied()
    }

    fn is(&self, byte: u8) -> bool {
        self.peek() == Some(Unit::Byte(byte))
    }

    fn take(&mut self, byte: u8) -> Option<()> {
        if self.is(byte) {
            self.at += 1;
            return Some(());
        }
        None
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(Unit::Byte(b' ' | b'\n' | b'\r' | b'\t'))) {
            self.at += 1;
        }
    }

    fn object(&mut self) -> Option<Vec<(String, Source)>> {
        self.take(b'{')?;
        let mut members = Vec::new();
        self.space();
        if self.is(b'}') {
            self.at += 1;
            return Some(members);
        }
        loop {
            self.space();
            let Source::Constant(Value::String(key)) = self.string()? else { return None };
            self.space();
            self.take(b':')?;
            self.space();
            let value = self.value()?;
            // Of repeated keys the last one holds.
            members.retain(|(other, _)| *other != key);
            members.push((key, value));
            self.space();
            if self.is(b'}') {
                self.at += 1;
                return Some(members);
            }
            self.take(b',')?;
        }
    }

    fn value(&mut self) -> Option<Source> {
        match self.peek()? {
            Unit::Byte(b'"') => self.string(),
            Unit::Byte(b'{') if self.depth < DEEPEST => {
                self.depth += 1;
                let members = self.object()?;
                self.depth -= 1;
                Some(Source::Object(members))
            }
            Unit::Byte(b'{') => None,
            Unit::Byte(b'[') if self.depth < DEEPEST => {
                let (start, depth) = (self.at, self.depth);
                self.depth += 1;
                let list = self.list();
                self.depth = depth;
                if list.is_none() {
                    self.at = start;
                    return self.plain();
                }
                list
            }
            _ => self.plain(),
        }
    }

    /// An array of one value at least.
    fn list(&mut self) -> Option<Source> {
        let start = self.at;
        self.take(b'[')?;
        let mut items = Vec::new();
        loop {
            self.space();
            items.push(self.value()?);
            self.space();
            if self.take(b']').is_some() {
                return Some(Source::List { items, units: self.units[start..self.at].to_vec() });
            }
            self.take(b',')?;
        }
    }

    /// A string, with its quotes.
    fn string(&mut self) -> Option<Source> {
        self.take(b'"')?;
        let start = self.at;
        while !self.is(b'"') {
            self.at += if self.is(b'\\') { 2 } else { 1 };
            self.peek()?;
        }
        let units = self.units[start..self.at].to_vec();
        self.at += 1;
        if units.iter().all(|unit| matches!(unit, Unit::Byte(_))) {
            let text = format!("\"{}\"", String::from_utf8(bytes(&units)).ok()?);
            return serde_json::from_str(&text).ok().map(Source::Constant);
        }
        Some(Source::Text { units, escaped: true })
    }

    /// A number, a name, an array, or a tag, up to the comma or brace behind it.
    fn plain(&mut self) -> Option<Source> {
        let start = self.at;
        let (mut depth, mut quoted) = (0usize, false);
        while let Some(unit) = self.peek() {
            match unit {
                Unit::Byte(b'\\') if quoted => self.at += 1,
                Unit::Byte(b'"') => quoted = !quoted,
                Unit::Byte(b'[' | b'{') if !quoted => depth += 1,
                Unit::Byte(b',' | b'}' | b']') if !quoted && depth == 0 => break,
                Unit::Byte(b']' | b'}') if !quoted => depth = depth.checked_sub(1)?,
                _ => {}
            }
            self.at += 1;
        }
        let mut units = self.units[start..self.at.min(self.units.len())].to_vec();
        while matches!(units.last(), Some(Unit::Byte(b' ' | b'\n' | b'\r' | b'\t'))) {
            units.pop();
        }
        match &units[..] {
            [] => None,
            [Unit::Tag(tag)] => Some(Source::Tag(*tag)),
            _ if units.iter().all(|unit| matches!(unit, Unit::Byte(_))) => {
                serde_json::from_slice(&bytes(&units)).ok().map(Source::Constant)
            }
            _ => Some(Source::Text { units, escaped: false }),
        }
    }
}

fn bytes(units: &[Unit]) -> Vec<u8> {
    units.iter().filter_map(|unit| if let Unit::Byte(byte) = unit { Some(*byte) } else { None }).collect()
}
