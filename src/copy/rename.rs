//! New names for keys, by rules: `customers_{year:4}{month:2}{day:2}.csv` becomes
//! `customers/year={year}/month={month}/day={day}/`.

use std::collections::BTreeMap;

use super::{Error, Result};

/// A rule: keys that fit its pattern get the name that its template makes.
///
/// In the pattern `{name}` stands for text without `/`, `{name:4}` for four digits, `{name:**}` for text with `/`. A
/// pattern without `/` is compared with the file's name alone. In the template `{name}` is what was found; `{file}`,
/// `{stem}`, `{extension}` and `{folder}` are always there. A template that ends with `/` keeps the file's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rename {
    pattern: Vec<Token>,
    template: Vec<Token>,
    is_name_only: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Text(String),
    Field { name: String, kind: Kind },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Within,
    Across,
    Digits(usize),
}

/// What is known about every key.
const ALWAYS: [&str; 4] = ["file", "stem", "extension", "folder"];

impl Rename {
    /// Read a rule.
    ///
    /// # Errors
    /// [`Error::InvalidOption`] with the place.
    pub(crate) fn parse(pattern: &str, template: &str) -> Result<Self> {
        let (parsed, made) = (tokens(pattern)?, tokens(template)?);
        let mut names: Vec<&str> = ALWAYS.to_vec();
        for token in &parsed {
            if let Token::Field { name, .. } = token {
                if names.contains(&name.as_str()) {
                    return Err(refuse(format!(
                        "`{{{name}}}` is in the pattern `{pattern}` twice, or a name that is always there"
                    )));
                }
                names.push(name);
            }
        }
        for token in &made {
            match token {
                Token::Field { name, kind: Kind::Within } if names.contains(&name.as_str()) => {}
                Token::Field { name, .. } => {
                    let known = names.join("`, `");
                    return Err(refuse(format!(
                        "`{{{name}}}` in `{template}` is not known\nhint: there are `{known}`"
                    )));
                }
                Token::Text(_) => {}
            }
        }
        if template.is_empty() || template.starts_with('/') {
            return Err(refuse(format!("the template `{template}` makes no key")));
        }
        Ok(Self { pattern: parsed, template: made, is_name_only: !pattern.contains('/') })
    }

    /// The new name of `key`; None when it does not fit.
    pub(crate) fn apply(&self, key: &str) -> Option<String> {
        let (folder, file) = key.rfind('/').map_or(("", key), |at| key.split_at(at + 1));
        let mut found = BTreeMap::new();
        fits(&self.pattern, if self.is_name_only { file } else { key }, &mut found).then_some(())?;
        let (stem, extension) = file.rsplit_once('.').unwrap_or((file, ""));
        for (name, value) in ALWAYS.into_iter().zip([file, stem, extension, folder]) {
            found.insert(name.to_owned(), value.to_owned());
        }
        let mut renamed = String::with_capacity(key.len() + 32);
        for token in &self.template {
            match token {
                Token::Text(text) => renamed.push_str(text),
                Token::Field { name, .. } => renamed.push_str(found.get(name).map_or("", String::as_str)),
            }
        }
        if renamed.ends_with('/') {
            renamed.push_str(file);
        }
        Some(renamed)
    }
}

fn refuse(reason: String) -> Error {
    Error::InvalidOption { option: "rename", reason }
}

fn tokens(text: &str) -> Result<Vec<Token>> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        if !before.is_empty() {
            found.push(Token::Text(before.to_owned()));
        }
        let (field, after) =
            after.split_once('}').ok_or_else(|| refuse(format!("a `{{` is not closed in `{text}`")))?;
        let (name, kind) = field.split_once(':').unwrap_or((field, ""));
        let kind = match kind {
            "" => Kind::Within,
            "**" => Kind::Across,
            digits => match digits.parse() {
                Ok(count @ 1..=32) => Kind::Digits(count),
                _ => {
                    return Err(refuse(format!(
                        "`{{{field}}}` in `{text}`: behind the colon stands a number of digits or `**`"
                    )));
                }
            },
        };
        let is_name = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_');
        if !is_name {
            return Err(refuse(format!("`{{{field}}}` in `{text}` has no name")));
        }
        found.push(Token::Field { name: name.to_owned(), kind });
        rest = after;
    }
    if !rest.is_empty() {
        found.push(Token::Text(rest.to_owned()));
    }
    Ok(found)
}

/// Whether the whole of `text` fits; `found` then holds the fields.
fn fits(pattern: &[Token], text: &str, found: &mut BTreeMap<String, String>) -> bool {
    let Some((token, rest)) = pattern.split_first() else { return text.is_empty() };
    match token {
        Token::Text(literal) => text.strip_prefix(literal.as_str()).is_some_and(|after| fits(rest, after, found)),
        Token::Field { name, kind: Kind::Digits(count) } => {
            let Some((digits, after)) = text.split_at_checked(*count) else { return false };
            let is_hit = digits.bytes().all(|byte| byte.is_ascii_digit()) && fits(rest, after, found);
            if is_hit {
                found.insert(name.clone(), digits.to_owned());
            }
            is_hit
        }
        Token::Field { name, kind } => {
            let ends = text.char_indices().map(|(at, c)| at + c.len_utf8());
            for end in ends {
                let (taken, after) = text.split_at(end);
                if *kind == Kind::Within && taken.ends_with('/') {
                    return false;
                }
                if fits(rest, after, found) {
                    found.insert(name.clone(), taken.to_owned());
                    return true;
                }
            }
            false
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn apply(pattern: &str, template: &str, key: &str) -> Option<String> {
        Rename::parse(pattern, template).unwrap().apply(key)
    }

    #[test]
    fn a_date_in_a_name_becomes_partitions() {
        let template = "{table}/year={year}/month={month}/day={day}/";
        let renamed = apply("{table}_{year:4}{month:2}{day:2}.csv", template, "in/customers_20190821.csv");
        assert_eq!(renamed.unwrap(), "customers/year=2019/month=08/day=21/customers_20190821.csv");
        for other in ["customers_2019082.csv", "customers_20190821.json", "customers_2019O821.csv"] {
            assert_eq!(apply("{table}_{year:4}{month:2}{day:2}.csv", template, other), None, "{other}");
        }
    }

    #[test]
    fn a_pattern_with_folders_fits_whole_keys() {
        assert_eq!(apply("{a}/{b}.csv", "{b}/{a}.txt", "x/y.csv").unwrap(), "y/x.txt");
        assert_eq!(apply("{a}/{b}.csv", "{b}", "x/y/z.csv"), None);
        assert_eq!(apply("{a:**}/{b}.csv", "{b}/{a}/", "x/y/z.csv").unwrap(), "z/x/y/z.csv");
        assert_eq!(apply("{all}", "{folder}new-{stem}.{extension}", "x/y.tar.gz").unwrap(), "x/new-y.tar.gz");
    }

    #[test]
    fn rules_that_cannot_work_are_refused_with_the_place() {
        for (pattern, template, reason) in [
            ("{a", "x", "not closed"),
            ("{a}", "{b}", "not known"),
            ("{a}{a}", "x", "twice"),
            ("{a:x}", "x", "number of digits"),
            ("{}", "x", "no name"),
            ("{a}", "/x", "makes no key"),
        ] {
            let message = Rename::parse(pattern, template).unwrap_err().to_string();
            assert!(message.contains(reason), "{pattern} {template}: {message}");
        }
    }
}
