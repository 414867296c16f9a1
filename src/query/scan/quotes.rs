//! Where a quoted text file can be cut, so that several threads read it.
//!
//! Whether a line break ends a record depends on every quote before it. So each step of the file is read once for all
//! states in which it may begin, independently of the others; the states of the steps before a cut, one after the other,
//! say in which state the cut really is, and from there the next record is found. The rules are those of
//! [`OpenCsv`](crate::query::serde)'s records: a quote anywhere opens or closes, and an escape inside of quotes takes the
//! meaning of the byte behind it.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read, Result, Seek as _, SeekFrom};
use std::path::PathBuf;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Bytes read at once.
const BLOCK: usize = 256 * 1024;

/// The bytes that change what a line break means.
#[derive(Debug, Clone, Copy)]
pub(in crate::query) struct Quoting {
    pub(in crate::query) quote: u8,
    pub(in crate::query) escape: Option<u8>,
}

/// Where a reader stands between two bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Outside,
    Inside,
    /// Inside, behind an escape.
    Escaped,
}

/// Where a reader stands at the end of some bytes, by where it stood at their begin.
#[derive(Debug, Clone, Copy)]
struct Passage {
    outside: State,
    inside: State,
    escaped: State,
}

impl Passage {
    const NOTHING: Self = Self { outside: State::Outside, inside: State::Inside, escaped: State::Escaped };

    fn end(&self, begin: State) -> State {
        match begin {
            State::Outside => self.outside,
            State::Inside => self.inside,
            State::Escaped => self.escaped,
        }
    }

    fn then(self, quoting: Quoting, bytes: &[u8]) -> Self {
        let has_escape = quoting.escape.is_some_and(|escape| memchr::memchr(escape, bytes).is_some());
        if has_escape || self.escaped == State::Escaped {
            let step = |state| quoting.advance(state, bytes);
            return Self { outside: step(self.outside), inside: step(self.inside), escaped: step(self.escaped) };
        }
        // The usual block: the parity of its quotes is the same for all.
        let is_odd = memchr::memchr_iter(quoting.quote, bytes).count() % 2 == 1;
        let step = |state| match state {
            State::Escaped => quoting.advance(state, bytes),
            State::Outside if is_odd => State::Inside,
            State::Inside if is_odd => State::Outside,
            same => same,
        };
        Self { outside: step(self.outside), inside: step(self.inside), escaped: step(self.escaped) }
    }
}

impl Quoting {
    fn advance(self, begin: State, bytes: &[u8]) -> State {
        let mut at = 0;
        let mut state = begin;
        if state == State::Escaped {
            if bytes.is_empty() {
                return state;
            }
            (at, state) = (1, State::Inside);
        }
        while let Some(rest) = bytes.get(at..) {
            let found = match state {
                State::Outside => memchr::memchr(self.quote, rest),
                _ => memchr::memchr2(self.quote, self.escape.unwrap_or(self.quote), rest),
            };
            let Some(place) = found.map(|found| at + found) else { break };
            at = place + 1;
            state = match state {
                State::Outside => State::Inside,
                _ if bytes.get(place) == Some(&self.quote) => State::Outside,
                _ if at == bytes.len() => return State::Escaped,
                _ => {
                    at += 1;
                    State::Inside
                }
            };
        }
        state
    }
}

/// A file and what is known of its quotes; shared by the threads that read it.
#[derive(Debug)]
pub(super) struct QuotedFile {
    path: PathBuf,
    quoting: Quoting,
    /// Lines in front of the first record, whatever quotes are in them.
    header_lines: usize,
    step: u64,
    passages: Vec<OnceLock<Passage>>,
    claimed: AtomicUsize,
}

impl QuotedFile {
    /// `steps` times `step` bytes are in front of the last cut.
    pub(super) fn new(path: PathBuf, quoting: Quoting, header_lines: usize, step: u64, steps: usize) -> Self {
        let passages = (0..steps).map(|_| OnceLock::new()).collect();
        Self { path, quoting, header_lines, step, passages, claimed: AtomicUsize::new(0) }
    }

    /// Where the first record begins that begins behind so many steps.
    ///
    /// All threads that ask go through the file together; one alone goes through all of it.
    pub(super) fn record_behind(&self, steps: usize) -> Result<u64> {
        if steps == 0 {
            return Ok(0);
        }
        loop {
            let next = self.claimed.fetch_add(1, Ordering::Relaxed);
            if next >= self.passages.len() {
                break;
            }
            self.passage(next)?;
        }
        let mut state = State::Outside;
        for step in 0..steps {
            state = self.passage(step)?.end(state);
        }
        self.next_record(self.cut(steps), state)
    }

    /// One byte in front of a step: a record that begins with the step is told by the line break before it.
    fn cut(&self, steps: usize) -> u64 {
        (self.step * steps as u64).saturating_sub(1)
    }

    fn passage(&self, step: usize) -> Result<Passage> {
        let Some(cell) = self.passages.get(step) else { return Ok(Passage::NOTHING) };
        if let Some(known) = cell.get() {
            return Ok(*known);
        }
        let read = self.read_passage(step)?;
        Ok(*cell.get_or_init(|| read))
    }

    fn read_passage(&self, step: usize) -> Result<Passage> {
        let mut begin = self.cut(step);
        if step == 0 {
            begin = self.header_end()?;
        }
        let mut file = File::open(&self.path)?;
        file.seek(SeekFrom::Start(begin))?;
        let mut bytes = file.take(self.cut(step + 1).saturating_sub(begin));
        let mut buffer = vec![0; BLOCK];
        let mut passage = Passage::NOTHING;
        loop {
            let count = bytes.read(&mut buffer)?;
            if count == 0 {
                return Ok(passage);
            }
            passage = passage.then(self.quoting, buffer.get(..count).unwrap_or_default());
        }
    }

    fn header_end(&self) -> Result<u64> {
        let mut reader = BufReader::new(File::open(&self.path)?);
        let mut end = 0;
        for _ in 0..self.header_lines {
            end += reader.skip_until(b'\n')? as u64;
        }
        Ok(end)
    }

    /// Where the first record begins whose end before it is at `begin` or behind; the file's end when there is none.
    fn next_record(&self, begin: u64, mut state: State) -> Result<u64> {
        let mut file = File::open(&self.path)?;
        file.seek(SeekFrom::Start(begin))?;
        let mut at = begin;
        let mut bytes = BufReader::with_capacity(BLOCK, file).bytes();
        while let Some(byte) = bytes.next().transpose()? {
            at += 1;
            match byte {
                b'\n' if state == State::Outside => return Ok(at),
                b'\r' if state == State::Outside => {
                    let is_pair = bytes.next().transpose()? == Some(b'\n');
                    return Ok(at + u64::from(is_pair));
                }
                byte => state = self.quoting.advance(state, &[byte]),
            }
        }
        Ok(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where records begin, byte by byte from the front.
    fn begins(text: &[u8], quoting: Quoting) -> Vec<u64> {
        let mut begins = vec![0];
        let (mut quoted, mut at) = (false, 0);
        while at < text.len() {
            let byte = text[at];
            at += 1;
            if byte == quoting.quote {
                quoted = !quoted;
            } else if quoted && Some(byte) == quoting.escape {
                at += 1;
            } else if !quoted && byte == b'\r' && text.get(at) == Some(&b'\n') {
                at += 1;
                begins.push(at as u64);
            } else if !quoted && (byte == b'\n' || byte == b'\r') {
                begins.push(at as u64);
            }
        }
        begins.push(text.len() as u64);
        begins
    }

    /// Letters of a small alphabet, so that every neighbourhood of quotes, escapes and line breaks occurs.
    fn random(seed: u64, length: usize) -> Vec<u8> {
        let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let alphabet = b"aa,\"\"\\\n\r";
        let letter = |_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            alphabet[usize::try_from(state >> 40).unwrap() % alphabet.len()]
        };
        (0..length).map(letter).collect()
    }

    #[test]
    fn every_cut_of_random_text_finds_the_records_of_a_serial_reader() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("f.csv");
        for seed in 0..60 {
            let text = random(seed, 90);
            std::fs::write(&path, &text).unwrap();
            for escape in [None, Some(b'\\')] {
                let quoting = Quoting { quote: b'"', escape };
                let begins = begins(&text, quoting);
                for step in 1..=text.len() {
                    let steps = (text.len() - 1) / step;
                    let file = QuotedFile::new(path.clone(), quoting, 0, step as u64, steps);
                    for cut in 1..=steps {
                        let wanted = *begins.iter().find(|begin| **begin >= (cut * step) as u64).unwrap();
                        let found = file.record_behind(cut).unwrap();
                        assert_eq!(found, wanted, "{:?} cut at {}", String::from_utf8_lossy(&text), cut * step);
                    }
                }
            }
        }
    }

    #[test]
    fn quotes_of_the_header_do_not_count() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("f.csv");
        std::fs::write(&path, "a\"b\n1,2\n3,\"x\ny\"\n5,6\n").unwrap();
        let quoting = Quoting { quote: b'"', escape: None };
        let file = QuotedFile::new(path, quoting, 1, 6, 2);
        assert_eq!((file.record_behind(0).unwrap(), file.record_behind(1).unwrap()), (0, 8));
        assert_eq!(file.record_behind(2).unwrap(), 16);
    }

    #[test]
    fn blocks_without_escapes_pass_like_all_others() {
        let quoting = Quoting { quote: b'"', escape: Some(b'\\') };
        for seed in 0..500 {
            let text = random(seed, 40);
            let mut passage = Passage::NOTHING;
            for block in text.chunks(7) {
                passage = passage.then(quoting, block);
            }
            for begin in [State::Outside, State::Inside, State::Escaped] {
                assert_eq!(passage.end(begin), quoting.advance(begin, &text), "{:?}", String::from_utf8_lossy(&text));
            }
        }
    }
}
