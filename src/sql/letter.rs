//! Case of single letters: one code point becomes one code point, whatever the language.

/// Unicode's simple lower case mapping.
pub(crate) fn simple_lower(character: char) -> char {
    let mut mapped = character.to_lowercase();
    match (mapped.next(), mapped.next()) {
        // The only character with a longer full mapping is İ, whose simple one is the first of it.
        (Some(first), _) => first,
        (None, _) => character,
    }
}

/// Unicode's simple upper case mapping: characters that become several letters stay as they are.
pub(crate) fn simple_upper(character: char) -> char {
    let mut mapped = character.to_uppercase();
    match (mapped.next(), mapped.next()) {
        (Some(single), None) => single,
        // Greek letters with iota subscript have a single capital of their own.
        _ => match character {
            '\u{1f80}'..='\u{1f87}' | '\u{1f90}'..='\u{1f97}' | '\u{1fa0}'..='\u{1fa7}' => {
                char::from_u32(character as u32 + 8).unwrap_or(character)
            }
            '\u{1fb3}' | '\u{1fc3}' | '\u{1ff3}' => char::from_u32(character as u32 + 9).unwrap_or(character),
            _ => character,
        },
    }
}
