//! The directives of a format: `%[index$][flags][width][.precision]conversion`.

use std::fmt;

use super::super::datetime::{DAYS, Day, Local, MONTHS, Zone};
use super::number::{grouped, in_radix, pad_zeros, plain, scientific, shortest_general};
use super::value::Value;

/// A piece of a format.
#[derive(Debug)]
pub(super) enum Piece {
    Literal(String),
    /// A directive and the place of its argument.
    Directive(Directive, usize),
}

/// A format in pieces.
#[derive(Debug)]
pub(super) struct Pieces(Vec<Piece>);

/// A directive.
#[derive(Debug, Clone)]
pub(super) struct Directive {
    flags: String,
    width: usize,
    precision: Option<usize>,
    conversion: char,
    /// The letter after `t`.
    suffix: Option<char>,
}

impl Pieces {
    pub(super) fn iter(&self) -> impl Iterator<Item = &Piece> {
        self.0.iter()
    }

    /// # Errors
    /// Java's complaint.
    pub(super) fn parse(format: &str) -> Result<Self, String> {
        let (mut pieces, mut rest) = (Vec::new(), format);
        let (mut next, mut last) = (0, None);
        while let Some(place) = rest.find('%') {
            push_literal(&mut pieces, &rest[..place]);
            let (directive, index, length) = Directive::parse(&rest[place..])?;
            rest = &rest[place + length..];
            match directive.conversion {
                'n' => push_literal(&mut pieces, "\n"),
                '%' => {
                    let mut text = String::new();
                    directive.padded("%", &mut text);
                    push_literal(&mut pieces, &text);
                }
                _ => {
                    let index = match index {
                        Some(Index::Given(index)) => index,
                        Some(Index::Previous) => last.ok_or_else(|| format!("Format specifier '{directive}'"))?,
                        None => {
                            next += 1;
                            next - 1
                        }
                    };
                    last = Some(index);
                    pieces.push(Piece::Directive(directive, index));
                }
            }
        }
        push_literal(&mut pieces, rest);
        Ok(Self(pieces))
    }
}

fn push_literal(pieces: &mut Vec<Piece>, text: &str) {
    if text.is_empty() {
        return;
    }
    match pieces.last_mut() {
        Some(Piece::Literal(last)) => last.push_str(text),
        _ => pieces.push(Piece::Literal(text.to_owned())),
    }
}

/// Which argument a directive is about, when it says so.
enum Index {
    Given(usize),
    Previous,
}

impl Directive {
    /// The directive at the start of `text`, its argument, and its length.
    fn parse(text: &str) -> Result<(Self, Option<Index>, usize), String> {
        let unknown = || format!("Conversion = '{}'", text.chars().nth(1).unwrap_or('%'));
        let mut place = 1;
        let digits = |from: usize| text[from..].bytes().take_while(u8::is_ascii_digit).count();
        let mut index = None;
        let count = digits(place);
        if count > 0 && text[place + count..].starts_with('$') && !text[place..].starts_with('0') {
            let given: usize = text[place..place + count].parse().map_err(|_| unknown())?;
            index = Some(Index::Given(given - 1));
            place += count + 1;
        } else if text[place..].starts_with('<') {
            index = Some(Index::Previous);
            place += 1;
        }
        let flag_count = text[place..].bytes().take_while(|byte| b"-#+ 0,(<".contains(byte)).count();
        let mut flags = text[place..place + flag_count].to_owned();
        if flags.contains('<') {
            index = Some(Index::Previous);
            flags = flags.replace('<', "");
        }
        place += flag_count;
        let count = digits(place);
        let width = text[place..place + count].parse().unwrap_or(0);
        place += count;
        let mut precision = None;
        if text[place..].starts_with('.') {
            let count = digits(place + 1);
            precision = Some(text[place + 1..place + 1 + count].parse().map_err(|_| unknown())?);
            place += 1 + count;
        }
        let conversion = text[place..].chars().next().ok_or_else(unknown)?;
        place += conversion.len_utf8();
        let mut suffix = None;
        if matches!(conversion, 't' | 'T') {
            let letter = text[place..].chars().next().ok_or_else(unknown)?;
            suffix = Some(letter);
            place += letter.len_utf8();
        }
        if !"bBhHsScCdoxXeEfgGaAtT%n".contains(conversion) {
            return Err(format!("Conversion = '{conversion}'"));
        }
        let directive = Self { flags, width, precision, conversion, suffix };
        if width == 0 && (directive.has('-') || directive.has('0')) {
            return Err(directive.to_string());
        }
        Ok((directive, index, place))
    }

    fn has(&self, flag: char) -> bool {
        self.flags.contains(flag)
    }

    /// Append `text`, padded to the width.
    fn padded(&self, text: &str, out: &mut String) {
        let missing = self.width.saturating_sub(text.chars().count());
        if !self.has('-') {
            out.extend(std::iter::repeat_n(' ', missing));
        }
        out.push_str(text);
        if self.has('-') {
            out.extend(std::iter::repeat_n(' ', missing));
        }
    }

    /// Append `value`.
    pub(super) fn print(&self, value: &Value<'_>, out: &mut String) -> Result<(), String> {
        let text = self.text(value)?;
        let text = if self.conversion.is_ascii_uppercase() { text.to_uppercase() } else { text };
        self.padded(&text, out);
        Ok(())
    }

    fn text(&self, value: &Value<'_>) -> Result<String, String> {
        let general = |text: &str| match self.precision {
            Some(precision) => text.chars().take(precision).collect(),
            None => text.to_owned(),
        };
        if let ('b' | 'B', value) = (self.conversion, value) {
            return Ok(general(match value {
                Value::Null | Value::Boolean(false) => "false",
                _ => "true",
            }));
        }
        if *value == Value::Null {
            return Ok(general("null"));
        }
        match self.conversion {
            's' | 'S' => Ok(general(&java_text(value))),
            'h' | 'H' => Ok(general(&format!("{:x}", java_hash(value).ok_or_else(|| self.mismatch(value))?))),
            'c' | 'C' => self.character(value),
            'd' => self.integer(value),
            'o' | 'x' | 'X' => self.radix(value),
            'e' | 'E' | 'f' | 'g' | 'G' => self.decimal(value),
            't' | 'T' => self.moment(value),
            _ => Err(format!("Conversion = '{}' is not supported here", self.conversion)),
        }
    }

    fn mismatch(&self, value: &Value<'_>) -> String {
        let class = match value {
            Value::Null => "null",
            Value::Boolean(_) => "java.lang.Boolean",
            Value::Integer(_) => "java.lang.Long",
            Value::Double(..) => "java.lang.Double",
            Value::Decimal(..) => "java.math.BigDecimal",
            Value::Text(_) => "java.lang.String",
            Value::Moment { .. } => "java.time.temporal.TemporalAccessor",
        };
        format!("{} != {class}", self.conversion)
    }

    fn character(&self, value: &Value<'_>) -> Result<String, String> {
        match value {
            // Trino's integers are longs, which Java does not take for characters.
            Value::Text(text) if text.chars().count() == 1 => Ok(text.to_string()),
            other => Err(self.mismatch(other)),
        }
    }

    /// Sign, zeros, groups and parentheses around the digits of a number.
    fn signed(&self, negative: bool, digits: &str) -> String {
        let digits = if self.has(',') { grouped(digits) } else { digits.to_owned() };
        let (before, after) = match (negative, self.has('(')) {
            (true, true) => ("(", ")"),
            (true, false) => ("-", ""),
            (false, _) if self.has('+') => ("+", ""),
            (false, _) if self.has(' ') => (" ", ""),
            (false, _) => ("", ""),
        };
        let room = if self.has('0') { self.width.saturating_sub(before.len() + after.len()) } else { 0 };
        format!("{before}{}{after}", pad_zeros(&digits, room))
    }

    fn integer(&self, value: &Value<'_>) -> Result<String, String> {
        match value {
            Value::Integer(number) => Ok(self.signed(*number < 0, &number.unsigned_abs().to_string())),
            other => Err(self.mismatch(other)),
        }
    }

    fn radix(&self, value: &Value<'_>) -> Result<String, String> {
        let Value::Integer(number) = value else { return Err(self.mismatch(value)) };
        let is_octal = self.conversion == 'o';
        let digits = in_radix(*number, is_octal);
        let prefix = match (self.has('#'), is_octal) {
            (true, true) => "0",
            (true, false) => "0x",
            _ => "",
        };
        let room = if self.has('0') { self.width.saturating_sub(prefix.len()) } else { 0 };
        Ok(format!("{prefix}{}", pad_zeros(&digits, room)))
    }

    fn decimal(&self, value: &Value<'_>) -> Result<String, String> {
        let (number, exact) = match value {
            Value::Double(number, _) => (*number, None),
            Value::Decimal(unscaled, scale) => (*unscaled as f64, Some((*unscaled, *scale))),
            other => return Err(self.mismatch(other)),
        };
        if exact.is_none() && !number.is_finite() {
            let text = if number.is_nan() { "NaN" } else { "Infinity" };
            let sign = if number < 0.0 {
                "-"
            } else if self.has('+') && !number.is_nan() {
                "+"
            } else {
                ""
            };
            return Ok(format!("{sign}{text}"));
        }
        let negative = exact.map_or(number.is_sign_negative(), |(unscaled, _)| unscaled < 0);
        let precision = self.precision.unwrap_or(6);
        let digits = match self.conversion {
            'f' => plain(number.abs(), exact, precision),
            'e' | 'E' => scientific(number.abs(), exact, precision),
            _ => shortest_general(number.abs(), exact, precision.max(1)),
        };
        Ok(self.signed(negative, &digits))
    }

    fn moment(&self, value: &Value<'_>) -> Result<String, String> {
        let Value::Moment { local, date, time, zone, text: _ } = value else { return Err(self.mismatch(value)) };
        let suffix = self.suffix.unwrap_or('?');
        let needs_date = "BbhAaCYyjmdeFDc".contains(suffix);
        let needs_time = "HIklMSLNpRTrsQc".contains(suffix);
        let lacks_zone = "zZcsQ".contains(suffix) && zone.is_none();
        if (needs_date && !date) || (needs_time && !time) || lacks_zone {
            return Err(format!("Unsupported field for %t{suffix}"));
        }
        date_text(suffix, *local, zone.as_ref()).ok_or_else(|| format!("Unknown conversion = 't{suffix}'"))
    }
}

/// What `%t` and a letter print.
fn date_text(suffix: char, local: Local, zone: Option<&(Zone, String)>) -> Option<String> {
    let day = Day::from_days(local.days);
    let seconds = local.nanos / 1_000_000_000;
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    let half_hour = (hour + 11) % 12 + 1;
    let month = MONTHS[(day.month - 1) as usize];
    let weekday = DAYS[(local.days + 3).rem_euclid(7) as usize];
    let half = if hour < 12 { "am" } else { "pm" };
    let nested = |letter| date_text(letter, local, zone);
    let utc = zone.map(|(zone, _)| zone.to_utc(local));
    Some(match suffix {
        'H' => format!("{hour:02}"),
        'I' => format!("{half_hour:02}"),
        'k' => hour.to_string(),
        'l' => half_hour.to_string(),
        'M' => format!("{minute:02}"),
        'S' => format!("{second:02}"),
        'L' => format!("{:03}", local.nanos / 1_000_000 % 1000),
        'N' => format!("{:09}", local.nanos % 1_000_000_000),
        'p' => half.to_owned(),
        's' => utc.map(|utc| utc.days * 86_400 + utc.nanos / 1_000_000_000)?.to_string(),
        'Q' => utc.map(|utc| utc.days * 86_400_000 + utc.nanos / 1_000_000)?.to_string(),
        'z' => {
            let (zone, _) = zone?;
            Zone::Fixed(zone.offset_at(utc?)).name().replace("UTC", "+0000").replace(':', "")
        }
        'Z' => zone?.1.clone(),
        'B' => month.to_owned(),
        'b' | 'h' => month[..3].to_owned(),
        'A' => weekday.to_owned(),
        'a' => weekday[..3].to_owned(),
        'C' => format!("{:02}", day.year / 100),
        'Y' => format!("{:04}", day.year),
        'y' => format!("{:02}", day.year % 100),
        'j' => format!("{:03}", local.days - Day { month: 1, day: 1, ..day }.days() + 1),
        'm' => format!("{:02}", day.month),
        'd' => format!("{:02}", day.day),
        'e' => day.day.to_string(),
        'R' => format!("{hour:02}:{minute:02}"),
        'T' => format!("{hour:02}:{minute:02}:{second:02}"),
        'r' => format!("{half_hour:02}:{minute:02}:{second:02} {}", half.to_uppercase()),
        'D' => format!("{:02}/{:02}/{:02}", day.month, day.day, day.year % 100),
        'F' => format!("{:04}-{:02}-{:02}", day.year, day.month, day.day),
        'c' => format!(
            "{} {} {} {} {} {}",
            nested('a')?,
            nested('b')?,
            nested('d')?,
            nested('T')?,
            nested('Z')?,
            nested('Y')?
        ),
        _ => return None,
    })
}

/// Java's `toString`.
fn java_text(value: &Value<'_>) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Boolean(value) => value.to_string(),
        Value::Integer(value) => value.to_string(),
        Value::Double(_, text) | Value::Moment { text, .. } => text.clone(),
        Value::Decimal(unscaled, scale) => {
            let mut text = String::new();
            super::super::print::print_decimal(*unscaled, scale.cast_signed(), &mut text);
            text
        }
        Value::Text(text) => text.to_string(),
    }
}

/// Java's `hashCode`, of the classes whose hash is defined by their value.
fn java_hash(value: &Value<'_>) -> Option<u32> {
    let fold = |bits: u64| (bits ^ (bits >> 32)) as u32;
    match value {
        Value::Boolean(value) => Some(if *value { 1231 } else { 1237 }),
        Value::Integer(value) => Some(fold(value.cast_unsigned())),
        Value::Double(value, _) => Some(fold(value.to_bits())),
        Value::Text(text) => {
            Some(text.encode_utf16().fold(0u32, |hash, unit| hash.wrapping_mul(31).wrapping_add(u32::from(unit))))
        }
        Value::Null | Value::Decimal(..) | Value::Moment { .. } => None,
    }
}

impl fmt::Display for Directive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "%{}", self.flags)?;
        if self.width > 0 {
            write!(f, "{}", self.width)?;
        }
        if let Some(precision) = self.precision {
            write!(f, ".{precision}")?;
        }
        write!(f, "{}", self.conversion)
    }
}
