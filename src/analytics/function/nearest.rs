//! Guessing what was meant by a name that does not exist.

/// The known name that differs least from `name`, when it differs little; cases do not count.
pub(crate) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let name: Vec<char> = name.to_uppercase().chars().collect();
    let most = (name.len() / 3).max(1);
    let distances = known.into_iter().map(|other| {
        let letters: Vec<char> = other.to_uppercase().chars().collect();
        (distance(&name, &letters), other)
    });
    distances.filter(|(distance, _)| *distance <= most).min_by_key(|(distance, _)| *distance).map(|(_, other)| other)
}

/// Letters to insert, remove or replace, two swapped ones counting as one.
fn distance(one: &[char], other: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, b) in other.iter().enumerate() {
            let at = |row: &[usize], place: usize| row.get(place).copied().unwrap_or(usize::MAX - 1);
            let mut best = (at(&last, j) + usize::from(a != b)).min(at(&last, j + 1) + 1).min(at(&row, j) + 1);
            let swapped = i > 0 && j > 0 && one.get(i - 1) == Some(b) && other.get(j - 1) == Some(a);
            if swapped {
                best = best.min(at(&before, j - 1) + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut last, row);
    }
    last.last().copied().unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_pen_is_found_and_a_stranger_is_not() {
        let known = ["SUBSTRING", "UPPER", "CHAR_LENGTH"];
        assert_eq!(nearest("substr1ng", known), Some("SUBSTRING"));
        assert_eq!(nearest("UPEPR", known), Some("UPPER"));
        assert_eq!(nearest("GREATEST", known), None);
    }
}
