//! Lines of text, as Hadoop's reader ends them: by a line feed, a carriage return, or both.

/// The first line of `bytes` without its end, and how many bytes it takes with it; `None` when its end is not there yet.
pub(super) fn first_line(bytes: &[u8], is_end: bool) -> Option<(&[u8], usize)> {
    let Some(end) = memchr::memchr2(b'\n', b'\r', bytes) else {
        return (is_end && !bytes.is_empty()).then_some((bytes, bytes.len()));
    };
    let line = bytes.get(..end)?;
    match (bytes.get(end), bytes.get(end + 1)) {
        (Some(b'\r'), Some(b'\n')) => Some((line, end + 2)),
        // A line feed may follow in the next block.
        (Some(b'\r'), None) if !is_end => None,
        _ => Some((line, end + 1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_in_three_ways_and_at_the_files_end() {
        let mut rest: &[u8] = b"a\r\nb\n\nc\rd";
        let mut lines = Vec::new();
        while let Some((line, taken)) = first_line(rest, true) {
            lines.push(String::from_utf8_lossy(line).into_owned());
            rest = &rest[taken..];
        }
        assert_eq!(lines, ["a", "b", "", "c", "d"]);
        assert_eq!(first_line(b"abc", false), None);
        assert_eq!(first_line(b"abc\r", false), None);
        assert_eq!(first_line(b"", true), None);
    }
}
