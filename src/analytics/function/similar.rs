//! SIMILAR TO patterns as regular expressions.
//!
//! `_ % | * + ? {n} {n,} {n,m} ( ) [abc] [a-z] [^x]`, and `[a-e^c]`: what is before the circumflex without what is behind it.
//!
//! Source: Kinesis Data Analytics SQL Reference, "Pattern Matching Operators".

use std::iter::Peekable;
use std::str::Chars;

use fancy_regex::Regex;

use super::JavaRegex;
use super::like::escape_character;

/// The regular expression that matches a whole text.
pub(super) fn whole(pattern: &str, escape: Option<char>) -> Result<Regex, String> {
    let body = translate(pattern, escape)?;
    Regex::new(&format!("(?s)\\A(?:{body})\\z"))
        .map_err(|error| format!("The pattern `{pattern}` is not valid: {error}"))
}

/// The regular expression of `a#"b#"c`, whose first group is what b matches: a and c take as little as they can.
pub(super) fn middle(pattern: &str, escape: &str) -> Result<JavaRegex, String> {
    let escape = escape_character(escape)?;
    let mark = format!("{escape}\"");
    let parts: Vec<&str> = pattern.split(mark.as_str()).collect();
    let [before, middle, after] = parts.as_slice() else {
        return Err(format!("The pattern `{pattern}` marks its middle by `{mark}` twice: a{mark}b{mark}c"));
    };
    let (before, middle, after) =
        (translate(before, Some(escape))?, translate(middle, Some(escape))?, translate(after, Some(escape))?);
    // The dialect's rule is the shortest first part, then the shortest last one.
    let before = before.replace(".*", ".*?");
    let regex = format!("(?s)\\A(?:{before})({middle})(?:{})\\z", after.replace(".*", ".*?"));
    JavaRegex::native(&regex, 1)
}

/// The pattern in the syntax of regular expressions.
fn translate(pattern: &str, escape: Option<char>) -> Result<String, String> {
    let mut out = String::new();
    let mut rest = pattern.chars().peekable();
    let wrong = |what: &str| format!("The pattern `{pattern}` is not valid: {what}");
    while let Some(next) = rest.next() {
        if Some(next) == escape {
            match rest.next() {
                Some(escaped) => literal(&mut out, escaped),
                None => return Err(wrong("the escape character stands at the end")),
            }
            continue;
        }
        match next {
            '%' => out.push_str(".*"),
            '_' => out.push('.'),
            '(' => out.push_str("(?:"),
            '|' | '*' | '+' | '?' | ')' => out.push(next),
            '{' => {
                let inside: String = rest.by_ref().take_while(|c| *c != '}').collect();
                let counts: Vec<&str> = inside.split(',').map(str::trim).collect();
                let number = |count: &&str| !count.is_empty() && count.bytes().all(|byte| byte.is_ascii_digit());
                let valid = match counts.as_slice() {
                    [exact] => number(exact),
                    [least, most] => number(least) && (most.is_empty() || number(most)),
                    _ => false,
                };
                if !valid {
                    return Err(wrong("braces hold {n}, {n,} or {n,m}"));
                }
                out.push('{');
                out.push_str(&counts.join(","));
                out.push('}');
            }
            '[' => out.push_str(&bracket(&mut rest, escape).map_err(|what| wrong(&what))?),
            ']' | '}' => return Err(wrong("a bracket is closed that was not opened")),
            other => literal(&mut out, other),
        }
    }
    Ok(out)
}

fn literal(out: &mut String, character: char) {
    out.push_str(&fancy_regex::escape(character.encode_utf8(&mut [0; 4])));
}

/// A list of characters behind its `[`.
fn bracket(rest: &mut Peekable<Chars<'_>>, escape: Option<char>) -> Result<String, String> {
    let (mut included, mut excluded) = (String::new(), String::new());
    let mut excluding = false;
    let mut first = true;
    loop {
        let next = rest.next().ok_or("a bracket is not closed")?;
        let escaped = Some(next) == escape;
        let character = if escaped { rest.next().ok_or("a bracket is not closed")? } else { next };
        match character {
            ']' if !escaped => break,
            '^' if !escaped => {
                if excluding {
                    return Err("a circumflex stands twice in a bracket".to_owned());
                }
                excluding = true;
            }
            '(' | ')' if !escaped => return Err("parentheses in a bracket must be escaped".to_owned()),
            '[' if !escaped && rest.peek() == Some(&':') => {
                let class: String = rest.by_ref().take_while(|c| *c != ']').collect();
                let class = posix_class(&class).ok_or_else(|| format!("there is no character class [{class}]"))?;
                if excluding { &mut excluded } else { &mut included }.push_str(class);
            }
            _ => {
                let list = if excluding { &mut excluded } else { &mut included };
                class_literal(list, character);
                let ranges = rest.peek() == Some(&'-') && !matches!(rest.clone().nth(1), None | Some(']'));
                if ranges {
                    rest.next();
                    let mut end = rest.next().ok_or("a bracket is not closed")?;
                    if Some(end) == escape {
                        end = rest.next().ok_or("a bracket is not closed")?;
                    }
                    if end < character {
                        return Err(format!("the range {character}-{end} is empty"));
                    }
                    list.push('-');
                    class_literal(list, end);
                }
            }
        }
        first = false;
    }
    if first {
        return Err("a bracket is empty".to_owned());
    }
    Ok(match (included.is_empty(), excluded.is_empty()) {
        (false, true) => format!("[{included}]"),
        (true, false) => format!("[^{excluded}]"),
        (false, false) => format!("[{included}&&[^{excluded}]]"),
        (true, true) => return Err("a bracket is empty".to_owned()),
    })
}

/// A character inside of a list, where more of them have a meaning.
fn class_literal(out: &mut String, character: char) {
    if character.is_ascii_punctuation() {
        out.push('\\');
    }
    out.push(character);
}

/// `:ALPHA:` and its like.
fn posix_class(written: &str) -> Option<&'static str> {
    Some(match written.trim_matches(':').to_ascii_uppercase().as_str() {
        "ALPHA" => "a-zA-Z",
        "UPPER" => "A-Z",
        "LOWER" => "a-z",
        "DIGIT" => "0-9",
        "ALNUM" => "a-zA-Z0-9",
        "SPACE" => " ",
        "WHITESPACE" => r"\s",
        _ => return None,
    })
}
