//! Reading Hive type texts.

use std::str::FromStr;

use super::{Error, HiveType};

/// Deeper types than this are refused rather than risking the stack.
const MAX_DEPTH: usize = 64;

impl FromStr for HiveType {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let mut parser = Parser { text, at: 0 };
        let parsed = parser.data_type(0).and_then(|data_type| {
            parser.skip_spaces();
            if parser.rest().is_empty() { Ok(data_type) } else { Err("unexpected text after the type".to_owned()) }
        });
        parsed.map_err(|reason| {
            let position = text.get(..parser.at).map_or(0, |before| before.chars().count()) + 1;
            Error::InvalidType { text: text.to_owned(), reason, position }
        })
    }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Parser<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn skip_spaces(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    fn accept(&mut self, symbol: char) -> bool {
        self.skip_spaces();
        let found = self.rest().starts_with(symbol);
        if found {
            self.at += symbol.len_utf8();
        }
        found
    }

    fn expect(&mut self, symbol: char) -> Result<(), String> {
        if self.accept(symbol) { Ok(()) } else { Err(format!("`{symbol}` expected")) }
    }

    fn word(&mut self) -> &'a str {
        self.skip_spaces();
        let rest = self.rest();
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        self.at += end;
        rest.get(..end).unwrap_or_default()
    }

    fn data_type(&mut self, depth: usize) -> Result<HiveType, String> {
        if depth > MAX_DEPTH {
            return Err(format!("types are nested deeper than {MAX_DEPTH} levels"));
        }
        self.skip_spaces();
        let start = self.at;
        let name = self.word().to_ascii_lowercase();
        Ok(match name.as_str() {
            "boolean" => HiveType::Boolean,
            "tinyint" => HiveType::TinyInt,
            "smallint" => HiveType::SmallInt,
            "int" | "integer" => HiveType::Int,
            "bigint" | "long" => HiveType::BigInt,
            "float" => HiveType::Float,
            "double" => HiveType::Double,
            "decimal" | "numeric" => self.decimal()?,
            "string" => HiveType::String,
            "varchar" => HiveType::Varchar(self.length(65_535)?),
            "char" => HiveType::Char(self.length(255)?),
            "binary" => HiveType::Binary,
            "date" => HiveType::Date,
            "timestamp" => HiveType::Timestamp,
            "array" => {
                self.expect('<')?;
                let element = self.data_type(depth + 1)?;
                self.expect('>')?;
                HiveType::Array(Box::new(element))
            }
            "map" => {
                self.expect('<')?;
                let key = self.data_type(depth + 1)?;
                self.expect(',')?;
                let value = self.data_type(depth + 1)?;
                self.expect('>')?;
                HiveType::Map(Box::new(key), Box::new(value))
            }
            "struct" => self.fields(depth)?,
            "" => return Err("a type is missing".into()),
            other => {
                self.at = start;
                return Err(format!("the type `{other}` is unknown"));
            }
        })
    }

    fn fields(&mut self, depth: usize) -> Result<HiveType, String> {
        self.expect('<')?;
        let mut fields = Vec::new();
        if self.accept('>') {
            return Ok(HiveType::Struct(fields));
        }
        loop {
            let name = self.field_name()?;
            self.expect(':')?;
            fields.push((name, self.data_type(depth + 1)?));
            if self.accept('>') {
                return Ok(HiveType::Struct(fields));
            }
            if !self.accept(',') {
                return Err("`,` or `>` expected".into());
            }
        }
    }

    /// Anything up to the colon, or a text in backticks, where a doubled backtick stands for one.
    fn field_name(&mut self) -> Result<String, String> {
        if !self.accept('`') {
            let rest = self.rest();
            let end = rest.find([':', ',', '<', '>']).unwrap_or(rest.len());
            let name = rest.get(..end).unwrap_or_default().trim_end();
            self.at += name.len();
            return if name.is_empty() { Err("a field name is missing".into()) } else { Ok(name.to_owned()) };
        }
        let mut name = String::new();
        loop {
            let rest = self.rest();
            let Some(end) = rest.find('`') else { return Err("a closing backtick is missing".into()) };
            name.push_str(rest.get(..end).unwrap_or_default());
            self.at += end + 1;
            if !self.rest().starts_with('`') {
                return Ok(name);
            }
            name.push('`');
            self.at += 1;
        }
    }

    fn decimal(&mut self) -> Result<HiveType, String> {
        if !self.accept('(') {
            return Ok(HiveType::Decimal(10, 0));
        }
        let precision = self.number()?;
        let scale = if self.accept(',') { self.number()? } else { 0 };
        if precision == 0 || precision > 38 || scale > precision {
            return Err("a decimal has 1 to 38 digits, and no more of them after the point".into());
        }
        self.expect(')')?;
        let digits = |number: u32| u8::try_from(number).map_err(|_| "too many digits".to_owned());
        let scale = i8::try_from(scale).map_err(|_| "too many digits".to_owned())?;
        Ok(HiveType::Decimal(digits(precision)?, scale))
    }

    fn length(&mut self, most: u32) -> Result<u32, String> {
        self.expect('(')?;
        let length = self.number()?;
        if length == 0 || length > most {
            return Err(format!("the length must be 1 to {most}"));
        }
        self.expect(')')?;
        Ok(length)
    }

    fn number(&mut self) -> Result<u32, String> {
        self.word().parse().map_err(|_| "a number expected".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_print_as_they_are_read() {
        for text in [
            "boolean",
            "tinyint",
            "smallint",
            "int",
            "bigint",
            "float",
            "double",
            "decimal(38,10)",
            "string",
            "varchar(20)",
            "char(3)",
            "binary",
            "date",
            "timestamp",
            "array<int>",
            "map<string,array<double>>",
            "struct<>",
            "struct<a:int,b c:struct<x:array<map<string,decimal(5,2)>>>>",
            "struct<`a:b`:int,`c``d`:string>",
        ] {
            assert_eq!(text.parse::<HiveType>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn spelling_variants_have_one_form() {
        for (text, form) in [
            (" STRUCT< A : Int , b:ARRAY <string> > ", "struct<A:int,b:array<string>>"),
            ("decimal", "decimal(10,0)"),
            ("decimal( 7 )", "decimal(7,0)"),
            ("integer", "int"),
        ] {
            assert_eq!(text.parse::<HiveType>().unwrap().to_string(), form);
        }
    }

    #[test]
    fn errors_say_what_is_wrong_and_where() {
        for (text, reason, position) in [
            ("array<strng>", "`strng` is unknown", 7),
            ("array<int", "`>` expected", 10),
            ("struct<a int>", "`:` expected", 13),
            ("decimal(39,2)", "1 to 38 digits", 13),
            ("varchar", "`(` expected", 8),
            ("int int", "after the type", 5),
            ("", "missing", 1),
            ("struct<:int>", "field name is missing", 8),
        ] {
            let error = text.parse::<HiveType>().unwrap_err();
            let message = error.to_string();
            assert!(message.contains(reason), "{message}");
            assert!(message.ends_with(&format!("at character {position}")), "{message}");
        }
    }

    #[test]
    fn endless_nesting_is_refused() {
        let text = "array<".repeat(100_000);
        assert!(text.parse::<HiveType>().unwrap_err().to_string().contains("nested deeper"));
    }
}
