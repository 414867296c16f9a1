//! From a pattern's text to its items, with Java's rules for letters and counts.

/// A pattern that cannot be compiled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("The date pattern `{pattern}` is not valid at character {position}: {reason}")]
pub struct PatternError {
    /// The pattern as written.
    pub pattern: String,
    /// Character of the pattern, from 1.
    pub position: usize,
    /// What is wrong.
    pub reason: String,
}

/// One piece of a compiled pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Item {
    /// Text as it is.
    Literal(String),
    /// A symbol and how often it stands there; padded with spaces to `pad`.
    Field { symbol: char, count: usize, pad: usize },
}

/// Compile a pattern.
pub(super) fn items(text: &str) -> Result<Vec<Item>, PatternError> {
    let characters: Vec<char> = text.chars().collect();
    let mut parser = Parser { characters: &characters, at: 0, items: Vec::new() };
    parser.run().map_err(|(at, reason)| PatternError { pattern: text.to_owned(), position: at + 1, reason })?;
    Ok(parser.items)
}

type Fault = (usize, String);

struct Parser<'a> {
    characters: &'a [char],
    at: usize,
    items: Vec<Item>,
}

impl Parser<'_> {
    fn run(&mut self) -> Result<(), Fault> {
        let mut sections = 0_usize;
        while let Some(&current) = self.characters.get(self.at) {
            match current {
                'A'..='Z' | 'a'..='z' => self.field()?,
                '\'' => self.quoted()?,
                // All fields of an instant are known, so an optional section is always written.
                '[' => {
                    sections += 1;
                    self.at += 1;
                }
                ']' if sections == 0 => return Err((self.at, "`]` without `[` before it".to_owned())),
                ']' => {
                    sections -= 1;
                    self.at += 1;
                }
                '{' | '}' | '#' => {
                    return Err((self.at, format!("`{current}` is reserved\nhint: put it in single quotes")));
                }
                other => {
                    self.literal(&other.to_string());
                    self.at += 1;
                }
            }
        }
        Ok(())
    }

    fn literal(&mut self, text: &str) {
        if let Some(Item::Literal(last)) = self.items.last_mut() {
            last.push_str(text);
        } else {
            self.items.push(Item::Literal(text.to_owned()));
        }
    }

    fn quoted(&mut self) -> Result<(), Fault> {
        let start = self.at;
        let mut text = String::new();
        self.at += 1;
        loop {
            match self.characters.get(self.at) {
                None => return Err((start, "a single quote is not closed".to_owned())),
                // Two quotes inside stand for one; an empty text stands for one too.
                Some('\'') if self.characters.get(self.at + 1) == Some(&'\'') => {
                    text.push('\'');
                    self.at += 2;
                }
                Some('\'') => break,
                Some(other) => {
                    text.push(*other);
                    self.at += 1;
                }
            }
        }
        self.at += 1;
        self.literal(if text.is_empty() { "'" } else { &text });
        Ok(())
    }

    /// How often the letter at the current place is repeated; moves behind it.
    fn count(&mut self) -> (char, usize) {
        let symbol = self.characters.get(self.at).copied().unwrap_or_default();
        let count = self.characters.iter().skip(self.at).take_while(|&&other| other == symbol).count();
        self.at += count;
        (symbol, count)
    }

    fn field(&mut self) -> Result<(), Fault> {
        let mut start = self.at;
        let (mut symbol, mut count) = self.count();
        let mut pad = 0;
        if symbol == 'p' {
            pad = count;
            if !self.characters.get(self.at).is_some_and(char::is_ascii_alphabetic) {
                return Err((start, "`p` pads the letter after it, and there is none".to_owned()));
            }
            start = self.at;
            (symbol, count) = self.count();
        }
        check(symbol, count).map_err(|reason| (start, reason))?;
        self.items.push(Item::Field { symbol, count, pad });
        Ok(())
    }
}

/// Java's limits on how often a letter may stand.
fn check(symbol: char, count: usize) -> Result<(), String> {
    let most = match symbol {
        'y' | 'u' | 'Y' | 'A' | 'n' | 'N' => 19,
        'M' | 'L' | 'E' | 'e' | 'Q' | 'q' | 'G' | 'X' | 'x' | 'Z' => 5,
        'S' => 9,
        'D' => 3,
        'd' | 'H' | 'h' | 'K' | 'k' | 'm' | 's' | 'w' => 2,
        'a' | 'W' => 1,
        'c' if count == 2 => return Err("`cc` is not allowed".to_owned()),
        'c' => 5,
        'V' if count != 2 => return Err("`V` must stand twice".to_owned()),
        'V' => 2,
        'O' if count != 1 && count != 4 => return Err("`O` must stand once or four times".to_owned()),
        'O' => 4,
        'z' => 3,
        'F' | 'g' | 'B' | 'v' => return Err(format!("the letter `{symbol}` is not supported")),
        other => {
            return Err(format!(
                "the letter `{other}` has no meaning\nhint: put text in single quotes, as in `'year='yyyy`"
            ));
        }
    };
    if count > most {
        return Err(format!("`{symbol}` may stand at most {most} times, not {count}"));
    }
    Ok(())
}
