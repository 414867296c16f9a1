//! The columns of a template: what a JSON template's members are made of.

use serde_json::Value;

/// One unit of a template: a byte of literal text, or a tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    Byte(u8),
    Tag(usize),
}

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
}

/// The members of a template that is a JSON object; `None` when it is something else.
pub(crate) fn members(units: &[Unit]) -> Option<Vec<(String, Source)>> {
    let mut reader = Reader { units, at: 0 };
    reader.space();
    let members = reader.object()?;
    reader.space();
    (reader.at == units.len()).then_some(members)
}

struct Reader<'a> {
    units: &'a [Unit],
    at: usize,
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
            Unit::Byte(b'{') => self.object().map(Source::Object),
            _ => self.plain(),
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
                Unit::Byte(b',' | b'}') if !quoted && depth == 0 => break,
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
