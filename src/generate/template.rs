//! A template taken apart: literal text and tags with their arguments.
//!
//! `{{` ws module `.` function ws [`(` arguments `)`] ws `}}` is a tag; any other `{{` is literal text, and so is any `}}`
//! outside of a tag. Of three or more `{` the last two open.

use serde_json::Value;

/// One piece of a template.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Part {
    /// Text as it stands, newlines taken out.
    Literal(String),
    /// A tag.
    Tag(Tag),
}

/// A tag as written.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Tag {
    pub(crate) module: String,
    pub(crate) function: String,
    pub(crate) arguments: Arguments,
    /// Its first byte in the template.
    pub(crate) at: usize,
    /// Its bytes.
    pub(crate) length: usize,
}

/// What stands between a tag's parentheses.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Arguments {
    /// No parentheses, or nothing between them.
    None,
    /// JSON values.
    Json(Vec<Value>),
    /// Anything else, as text.
    Raw(String),
}

/// The pieces of a template, and what should be said about it; or where and why it is refused.
pub(crate) type Parsed = Result<(Vec<Part>, Vec<String>), (usize, String)>;

/// Take `template` apart.
///
/// # Errors
/// With `strict`, for tags at which the Kinesis Data Generator throws.
pub(crate) fn parse(template: &str, keep_newlines: bool, strict: bool) -> Parsed {
    let start = template.len() - template.trim_start().len();
    let end = template.trim_end().len().max(start);
    if strict {
        check_strictly(&template[..end], start)?;
    }
    let mut parser = Parser { template, end, keep_newlines, parts: Vec::new(), warnings: Vec::new() };
    parser.run(start);
    Ok((parser.parts, parser.warnings))
}

/// Go through the tags as the generator does: from the first `{{` to the first `}}`, arguments to the first `)`.
fn check_strictly(text: &str, start: usize) -> Result<(), (usize, String)> {
    let mut at = start;
    let mut clocks = 0;
    while let (Some(open), Some(close)) = (text[at..].find("{{"), text[at..].find("}}")) {
        if close < open {
            return Err((at + close, "`}}` stands before the first tag: Invalid module: ".into()));
        }
        let tag = &text[at + open + 2..at + close];
        let name = match (tag.find('('), tag.find(')')) {
            (Some(from), Some(to)) if to > from + 1 => format!("{}{}", &tag[..from], &tag[to + 1..]),
            _ => tag.to_owned(),
        };
        let mut parts = name.split('.');
        let (module, function) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        clocks += usize::from((module, function) == ("current", "timestamp"));
        let plain = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if !plain(module) || clocks > 1 {
            return Err((at + open, format!("Invalid module: {module}")));
        }
        if !plain(function) {
            return Err((at + open, format!("Invalid method: {module}.{function}")));
        }
        at += close + 2;
    }
    Ok(())
}

struct Parser<'a> {
    template: &'a str,
    end: usize,
    keep_newlines: bool,
    parts: Vec<Part>,
    warnings: Vec<String>,
}

impl Parser<'_> {
    fn run(&mut self, start: usize) {
        let (mut literal, mut from) = (start, start);
        while let Some(found) = self.template[from..self.end].find("{{") {
            // The last two of several braces open the tag.
            let mut open = from + found;
            while self.template[open + 1..self.end].starts_with("{{") {
                open += 1;
            }
            match self.tag(open) {
                Some(tag) => {
                    self.push_literal(literal, open);
                    from = open + tag.length;
                    literal = from;
                    self.parts.push(Part::Tag(tag));
                }
                None => from = open + 2,
            }
        }
        self.push_literal(literal, self.end);
    }

    fn push_literal(&mut self, from: usize, to: usize) {
        let text = &self.template[from..to];
        let text = if self.keep_newlines { text.to_owned() } else { text.replace("\r\n", "\n").replace('\n', "") };
        if !text.is_empty() {
            self.parts.push(Part::Literal(text));
        }
    }

    /// The tag that opens at `open`, if one does.
    fn tag(&mut self, open: usize) -> Option<Tag> {
        let text = &self.template[..self.end];
        let mut at = skip_space(text, open + 2);
        let module = identifier(text, &mut at)?;
        if !text[at..].starts_with('.') {
            return None;
        }
        at += 1;
        let function = identifier(text, &mut at)?;
        let mut extra = at;
        while text[extra..].starts_with('.') {
            extra += 1;
            identifier(text, &mut extra)?;
        }
        let tag = |arguments, end: usize| Tag {
            module: module.clone(),
            function: function.clone(),
            arguments,
            at: open,
            length: end - open,
        };
        let found = match after_tag(text, skip_space(text, extra)) {
            Some(end) => Some(tag(Arguments::None, end)),
            None if text[skip_space(text, extra)..].starts_with('(') => {
                arguments(text, skip_space(text, extra) + 1).map(|(arguments, end)| tag(arguments, end))
            }
            None => None,
        };
        match &found {
            None => {
                let warning = format!("`{{{{{module}.{function}` is not closed and stands as text");
                if self.warnings.last() != Some(&warning) {
                    self.warnings.push(warning);
                }
            }
            Some(_) if extra > at => {
                self.warnings.push(format!("`{}` behind `{module}.{function}` is ignored", &text[at..extra]))
            }
            Some(_) => {}
        }
        found
    }
}

/// Bytes of a raw argument at most.
const LONGEST_RAW: usize = 65_536;

/// The arguments from byte `at`, behind the parenthesis, and the end of their tag: the first reading that is followed by `}}`.
fn arguments(text: &str, at: usize) -> Option<(Arguments, usize)> {
    if let Some(close) = text[skip_space(text, at)..].strip_prefix(')').map(|_| skip_space(text, at) + 1)
        && let Some(end) = after_tag(text, skip_space(text, close))
    {
        return Some((Arguments::None, end));
    }
    if let Some(found) = json_arguments(text, at) {
        return Some(found);
    }
    let raw = |close: usize| {
        let end = after_tag(text, skip_space(text, close + 1))?;
        Some((Arguments::Raw(text[at..close].replace(['\r', '\n'], "")), end))
    };
    // Of many tags that nobody closed, each would look through all that follows.
    let mut end = text.len().min(at + LONGEST_RAW);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let first = text[at..end].find(')')?;
    raw(at + first).or_else(|| balancing(&text[..end], at).and_then(raw))
}

fn json_arguments(text: &str, at: usize) -> Option<(Arguments, usize)> {
    let mut values = Vec::new();
    let mut at = at;
    loop {
        at = skip_space(text, at);
        let (value, length) = json_value(&text[at..])?;
        values.push(value);
        at = skip_space(text, at + length);
        match text[at..].chars().next()? {
            ',' => at += 1,
            ')' => return after_tag(text, skip_space(text, at + 1)).map(|end| (Arguments::Json(values), end)),
            _ => return None,
        }
    }
}

/// The JSON value that `text` begins with, and its bytes.
fn json_value(text: &str) -> Option<(Value, usize)> {
    if text.starts_with(['"', '[', '{']) {
        let mut reader = serde_json::Deserializer::from_str(text).into_iter::<Value>();
        let value = reader.next()?.ok()?;
        return Some((value, reader.byte_offset()));
    }
    // Numbers and names end where something else begins; the reader above wants white space behind them.
    let length = text.find([',', ')', ' ', '\n', '\r', '\t'])?;
    Some((serde_json::from_str(&text[..length]).ok()?, length))
}

/// The parenthesis that closes the one before `at`.
fn balancing(text: &str, at: usize) -> Option<usize> {
    let mut depth = 1;
    for (place, character) in text[at..].char_indices() {
        match character {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(at + place);
        }
    }
    None
}

/// The byte behind `}}` at `at`.
fn after_tag(text: &str, at: usize) -> Option<usize> {
    text[at..].starts_with("}}").then_some(at + 2)
}

fn skip_space(text: &str, at: usize) -> usize {
    at + (text[at..].len() - text[at..].trim_start().len())
}

fn identifier(text: &str, at: &mut usize) -> Option<String> {
    let rest = &text[*at..];
    let length = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len());
    let name = &rest[..length];
    if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    *at += length;
    Some(name.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn shown(template: &str) -> Vec<String> {
        let show = |part: &Part| match part {
            Part::Literal(text) => text.clone(),
            Part::Tag(tag) => match &tag.arguments {
                Arguments::None => format!("<{}.{}>", tag.module, tag.function),
                Arguments::Json(values) => format!("<{}.{} {}>", tag.module, tag.function, json!(values)),
                Arguments::Raw(text) => format!("<{}.{} raw {text}>", tag.module, tag.function),
            },
        };
        parse(template, false, false).unwrap().0.iter().map(show).collect()
    }

    #[test]
    fn tags_and_braces_are_told_apart() {
        assert_eq!(shown("{{ random.uuid }}"), ["<random.uuid>"]);
        assert_eq!(shown("{{random.number()}}{{random.number (5)}}"), ["<random.number>", "<random.number [5]>"]);
        assert_eq!(shown(r#"{"a":{"b":1}},{{random.number}}"#), [r#"{"a":{"b":1}},"#, "<random.number>"]);
        assert_eq!(shown(r#"{"a":{"b":{{random.number(3)}}}}"#), [r#"{"a":{"b":"#, "<random.number [3]>", "}}"]);
        assert_eq!(shown("{{{random.number(3)}}}"), ["{", "<random.number [3]>", "}"]);
        assert_eq!(shown("{{random.number"), ["{{random.number"]);
        assert_eq!(shown("{{ nothing }} {{}}"), ["{{ nothing }} {{}}"]);
    }

    #[test]
    fn arguments_take_the_first_reading_that_fits() {
        assert_eq!(shown(r#"{{random.arrayElement(["a(b)","c"])}}"#), [r#"<random.arrayElement [["a(b)","c"]]>"#]);
        assert_eq!(shown(r#"{{random.objectElement({"x":{"y":1}})}}"#), [r#"<random.objectElement [{"x":{"y":1}}]>"#]);
        assert_eq!(shown("{{date.now(YYYY)}}"), ["<date.now raw YYYY>"]);
        assert_eq!(shown("{{phone.phoneNumber((###) ###)}}"), ["<phone.phoneNumber raw (###) ###>"]);
        assert_eq!(shown("{{finance.amount(10,20,2)}}"), ["<finance.amount [10,20,2]>"]);
        assert_eq!(shown("{{random.number(\n {\n \"min\":0}\n)}}"), [r#"<random.number [{"min":0}]>"#]);
    }

    #[test]
    fn tags_that_nobody_closes_are_text_and_said_once() {
        let template = "{{a.b(".repeat(50_000);
        let (parts, warnings) = parse(&template, false, false).unwrap();
        assert_eq!((parts, warnings.len()), (vec![Part::Literal(template)], 1));
    }

    #[test]
    fn newlines_go_and_spaces_stay() {
        assert_eq!(
            shown(" \n{\r\n  \"a\": 1,\n  \"b\": {{random.uuid}}\n}\n "),
            ["{  \"a\": 1,  \"b\": ", "<random.uuid>", "}"]
        );
    }
}
