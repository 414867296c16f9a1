//! `FAST_REGEX_LOG_PARSE`: patterns that are matched lazily and without backtracking, a column per group.
//!
//! The pattern falls into the expressions inside of groups and those between them. What begins an expression with a fixed
//! length moves to the end of the one before, and each piece that results ends as early as it can. So a group ends where
//! the text behind it first appears, and whatever does not fit from there on makes the line match not at all.
//!
//! Source: SQL Reference, "FAST_REGEX_LOG_PARSER".

mod ends;
mod pattern;

use std::borrow::Cow;

use ends::{Places, ends};
use pattern::Pattern;

use super::columns::LogColumn;
use super::{CheckedArgument, LogParser, SplitLine, at_most, refuse, text_argument};
use crate::analytics::table_function::Argument;

const NAME: &str = "FAST_REGEX_LOG_PARSE";

/// A piece of the pattern that is matched on its own.
#[derive(Debug, Default)]
struct Piece {
    parts: Vec<Pattern>,
    /// Beginnings and ends of groups: how many characters before the piece's end.
    marks: Vec<Mark>,
}

#[derive(Clone, Copy, Debug)]
struct Mark {
    group: usize,
    is_end: bool,
    /// Characters between here and the end of the piece.
    behind: usize,
}

/// A pattern made ready.
#[derive(Debug)]
struct FastRegex {
    pieces: Vec<Pattern>,
    marks: Vec<Vec<Mark>>,
    groups: usize,
}

impl FastRegex {
    fn new(pattern: Pattern) -> Self {
        let items = match pattern {
            Pattern::Sequence(items) => items,
            other => vec![other],
        };
        // Expressions: runs of items between groups, and the groups.
        let mut expressions: Vec<(bool, Vec<Pattern>)> = Vec::new();
        for item in items {
            match (item, expressions.last_mut()) {
                (Pattern::Group(inner), _) => expressions.push((true, flat(*inner))),
                (item, Some((false, run))) => run.push(item),
                (item, _) => expressions.push((false, vec![item])),
            }
        }
        let mut pieces = vec![Piece::default()];
        let mut groups = 0;
        for (is_group, expression) in expressions {
            let (start, rest) = split_start(expression);
            let mark = |is_end| Mark { group: groups, is_end, behind: 0 };
            let piece = last(&mut pieces);
            if is_group {
                piece.marks.push(mark(false));
            }
            piece.append(start);
            if !rest.is_empty() {
                pieces.push(Piece::default());
                last(&mut pieces).parts = rest;
            }
            if is_group {
                last(&mut pieces).marks.push(mark(true));
                groups += 1;
            }
        }
        let (pieces, marks) = pieces.into_iter().map(|piece| (Pattern::Sequence(piece.parts), piece.marks)).unzip();
        Self { pieces, marks, groups }
    }

    /// Where the groups stand in `line`, in characters.
    fn find(&self, line: &[char]) -> Option<Vec<(usize, usize)>> {
        let mut groups = vec![(0, 0); self.groups];
        let mut at = 0;
        for (nth, (piece, marks)) in self.pieces.iter().zip(&self.marks).enumerate() {
            let ends = ends(piece, line, &Places::one(at, line.len()));
            let is_last = nth + 1 == self.pieces.len();
            at = if is_last { ends.contains(line.len()).then_some(line.len())? } else { ends.first()? };
            for mark in marks {
                let group = &mut groups[mark.group];
                let place = if mark.is_end { &mut group.1 } else { &mut group.0 };
                *place = at.checked_sub(mark.behind)?;
            }
        }
        Some(groups)
    }
}

fn last(pieces: &mut Vec<Piece>) -> &mut Piece {
    if pieces.is_empty() {
        pieces.push(Piece::default());
    }
    let place = pieces.len() - 1;
    &mut pieces[place]
}

impl Piece {
    /// Put parts of fixed length at the end.
    fn append(&mut self, parts: Vec<Pattern>) {
        let length: usize = parts.iter().filter_map(Pattern::fixed_length).sum();
        self.marks.iter_mut().for_each(|mark| mark.behind += length);
        self.parts.extend(parts);
    }
}

/// A group's content as a run of items.
fn flat(pattern: Pattern) -> Vec<Pattern> {
    match pattern {
        Pattern::Sequence(items) => items,
        other => vec![other],
    }
}

/// The items of fixed length at the start of an expression, and the rest. `x+` is `xx*` here.
fn split_start(expression: Vec<Pattern>) -> (Vec<Pattern>, Vec<Pattern>) {
    let mut start = Vec::new();
    let mut items = expression.into_iter();
    for item in items.by_ref() {
        if item.fixed_length().is_some() {
            start.push(item);
            continue;
        }
        let mut rest = Vec::new();
        match item {
            Pattern::Repeat(part, least, most) if least > 0 && part.fixed_length().is_some() => {
                start.push(Pattern::Repeat(part.clone(), least, Some(least)));
                rest.push(Pattern::Repeat(part, 0, most.map(|most| most - least)));
            }
            other => rest.push(other),
        }
        rest.extend(items);
        return (start, rest);
    }
    (start, Vec::new())
}

impl SplitLine for FastRegex {
    fn split<'a>(&self, line: &'a str, fields: &mut Vec<Option<Cow<'a, str>>>) -> bool {
        let characters: Vec<char> = line.chars().collect();
        let Some(groups) = self.find(&characters) else { return false };
        let place = |character: usize| line.char_indices().nth(character).map_or(line.len(), |(place, _)| place);
        fields.extend(groups.iter().map(|(start, end)| Some(Cow::Borrowed(&line[place(*start)..place(*end)]))));
        true
    }
}

pub(super) fn create(arguments: &[Argument]) -> CheckedArgument<LogParser> {
    at_most(NAME, arguments, 1)?;
    let text = text_argument(NAME, arguments, 0, "a pattern")?;
    let pattern = Pattern::parse(text).or_else(|message| refuse(0, format!("{NAME}: {message}")))?;
    let split = FastRegex::new(pattern);
    if split.groups == 0 {
        return refuse(0, format!("the pattern of {NAME} has no group, so there would be no column"));
    }
    Ok(LogParser { columns: LogColumn::numbered(split.groups), split: Box::new(split), drops_unmatched: true })
}
