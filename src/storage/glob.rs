//! Globs over paths: what a crawl leaves out, what a copy takes along.

/// A parsed glob: `*` within a folder, `**` across folders, `?`, `[a-z]`, `[!a]`, `{a,b}` (not nested), `\` escapes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glob {
    alternatives: Vec<Tokens>,
}

type Tokens = Vec<Token>;

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Literal(char),
    AnyOne,
    AnyInFolder,
    AnyAcross,
    Class { negated: bool, ranges: Vec<(char, char)> },
}

impl Glob {
    /// Reads a pattern.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(pattern: &str) -> Result<Self, &'static str> {
        let characters: Vec<char> = pattern.trim_start_matches('/').chars().collect();
        let mut done: Vec<Tokens> = vec![Vec::new()];
        // Inside braces: what came before them, and the alternatives so far.
        let mut before: Option<(Vec<Tokens>, Vec<Tokens>)> = None;
        let mut at = 0;
        while let Some(&character) = characters.get(at) {
            at += 1;
            let token = match character {
                '\\' => {
                    let escaped = characters.get(at).ok_or("it ends with `\\`")?;
                    at += 1;
                    Token::Literal(*escaped)
                }
                '*' if characters.get(at) == Some(&'*') => {
                    at += 1;
                    Token::AnyAcross
                }
                '*' => Token::AnyInFolder,
                '?' => Token::AnyOne,
                '[' => {
                    let (token, next) = class(&characters, at).ok_or("a `[` is not closed")?;
                    at = next;
                    token
                }
                '{' if before.is_some() => return Err("braces cannot be nested"),
                '{' => {
                    before = Some((std::mem::replace(&mut done, vec![Vec::new()]), Vec::new()));
                    continue;
                }
                ',' if before.is_some() => {
                    if let Some((_, alternatives)) = &mut before {
                        alternatives.append(&mut std::mem::replace(&mut done, vec![Vec::new()]));
                    }
                    continue;
                }
                '}' if before.is_some() => {
                    if let Some((heads, mut tails)) = before.take() {
                        tails.append(&mut done);
                        done = heads
                            .iter()
                            .flat_map(|head| tails.iter().map(|tail| [head.as_slice(), tail].concat()))
                            .collect();
                    }
                    continue;
                }
                other => Token::Literal(other),
            };
            for alternative in &mut done {
                alternative.push(token.clone());
            }
        }
        if before.is_some() {
            return Err("a `{` is not closed");
        }
        Ok(Self { alternatives: done })
    }

    /// Whether a path, or a folder above it, fits.
    #[must_use]
    pub fn covers(&self, path: &str) -> bool {
        let characters: Vec<char> = path.chars().collect();
        self.alternatives.iter().any(|tokens| fits(tokens, &characters))
    }

    /// The pattern that fits only `path`.
    #[must_use]
    pub fn escape(path: &str) -> String {
        let mut glob = String::with_capacity(path.len());
        for character in path.chars() {
            if "*?[]{},\\".contains(character) {
                glob.push('\\');
            }
            glob.push(character);
        }
        glob
    }
}

/// The class behind a `[`, and the position behind its `]`.
fn class(characters: &[char], mut at: usize) -> Option<(Token, usize)> {
    let negated = matches!(characters.get(at), Some('!' | '^'));
    at += usize::from(negated);
    let mut ranges = Vec::new();
    loop {
        let first = *characters.get(at)?;
        at += 1;
        if first == ']' && !ranges.is_empty() {
            return Some((Token::Class { negated, ranges }, at));
        }
        if characters.get(at) == Some(&'-') && characters.get(at + 1).is_some_and(|c| *c != ']') {
            ranges.push((first, *characters.get(at + 1)?));
            at += 2;
        } else {
            ranges.push((first, first));
        }
    }
}

/// Matches from the left; a pattern that ends at a folder covers everything below it.
fn fits(tokens: &[Token], text: &[char]) -> bool {
    let Some((token, rest)) = tokens.split_first() else { return text.is_empty() || text.first() == Some(&'/') };
    let within = text.iter().take_while(|c| **c != '/').count();
    match token {
        Token::AnyInFolder => (0..=within).any(|taken| fits(rest, text.get(taken..).unwrap_or_default())),
        Token::AnyAcross => {
            // `**/x` fits `x` as well.
            let skips_slash =
                rest.first() == Some(&Token::Literal('/')) && fits(rest.get(1..).unwrap_or_default(), text);
            skips_slash || (0..=text.len()).any(|taken| fits(rest, text.get(taken..).unwrap_or_default()))
        }
        Token::Literal(_) | Token::AnyOne | Token::Class { .. } => {
            let Some((first, after)) = text.split_first() else { return false };
            let is_hit = match token {
                Token::Literal(character) => character == first,
                Token::Class { negated, ranges } => {
                    *first != '/' && ranges.iter().any(|(low, high)| (low..=high).contains(&first)) != *negated
                }
                _ => *first != '/',
            };
            is_hit && fits(rest, after)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn covers(pattern: &str, path: &str) -> bool {
        Glob::parse(pattern).unwrap().covers(path)
    }

    #[test]
    fn stars_stay_in_their_folder_and_double_stars_do_not() {
        assert!(covers("*.csv", "a.csv") && !covers("*.csv", "x/a.csv"));
        assert!(covers("**.csv", "x/y/a.csv") && covers("**/a.csv", "a.csv"));
        assert!(covers("errors/**", "errors/a/b.json") && !covers("errors/**", "error/a"));
        assert!(covers("errors", "errors/a/b.json") && !covers("errors", "errors2/a"));
    }

    #[test]
    fn classes_braces_and_escapes() {
        assert!(covers("file?.[ct]sv", "file1.tsv") && !covers("file?.[!ct]sv", "file1.tsv"));
        assert!(covers("{a,b*}/x", "bcd/x") && !covers("{a,b*}/x", "cd/x"));
        assert!(covers(r"a\*b", "a*b") && !covers(r"a\*b", "axb"));
        assert!(covers("[0-9]*", "2019/x"));
    }

    #[test]
    fn an_escaped_path_fits_itself() {
        for path in ["a*b/[x]{y,z}?.json", "plain/x.csv"] {
            assert!(covers(&Glob::escape(path), path));
        }
        assert!(!covers(&Glob::escape("a*b"), "axb"));
    }

    #[test]
    fn broken_patterns_are_refused() {
        for pattern in ["[a", "{a", "{a,{b}}", "a\\"] {
            assert!(Glob::parse(pattern).is_err(), "{pattern}");
        }
    }
}
