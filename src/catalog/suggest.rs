//! "Did you mean": the known name that looks most like an unknown one.

/// A second line for an error about `name`; empty when nothing looks alike.
pub(super) fn hint<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let allowed = 1 + name.chars().count() / 4;
    let nearest = known.into_iter().map(|other| (distance(name, other), other)).min();
    match nearest {
        Some((steps, other)) if steps <= allowed => format!("\nhint: did you mean `{other}`?"),
        _ => String::new(),
    }
}

/// How many letters must be inserted, deleted or replaced.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (cell, y) in row.iter_mut().skip(1).zip(&b) {
            let best = (diagonal + usize::from(x != *y)).min(left + 1).min(*cell + 1);
            diagonal = std::mem::replace(cell, best);
            left = best;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_counts_single_letter_edits() {
        for (a, b, steps) in [("", "", 0), ("abc", "", 3), ("kitten", "sitting", 3), ("flaw", "lawn", 2), ("a", "b", 1)]
        {
            assert_eq!(distance(a, b), steps, "{a} {b}");
            assert_eq!(distance(b, a), steps, "{b} {a}");
        }
    }

    #[test]
    fn only_a_name_that_looks_alike_is_suggested() {
        assert_eq!(hint("anomoly", ["output", "anomaly"]), "\nhint: did you mean `anomaly`?");
        assert_eq!(hint("customers", ["output", "anomaly"]), "");
        assert_eq!(hint("x", []), "");
    }
}
