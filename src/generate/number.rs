//! Numbers as text, as JavaScript prints a double: the shortest digits that read back, no `.0`, exponents from 1e21.

/// Append `value`.
pub(crate) fn push_number(value: f64, out: &mut Vec<u8>) {
    if value.fract() == 0.0 && value.abs() < 9_007_199_254_740_992.0 {
        out.extend_from_slice(itoa::Buffer::new().format(value as i64).as_bytes());
        return;
    }
    let magnitude = value.abs();
    if !(1e-6..1e21).contains(&magnitude) {
        // Rust prints 1e-7 where JavaScript prints 1e-7, and 1e21 where it prints 1e+21.
        let text = format!("{value:e}");
        match text.split_once('e') {
            Some((digits, exponent)) if !exponent.starts_with('-') => {
                out.extend_from_slice(format!("{digits}e+{exponent}").as_bytes())
            }
            _ => out.extend_from_slice(text.as_bytes()),
        }
        return;
    }
    let mut buffer = ryu::Buffer::new();
    let text = buffer.format_finite(value);
    if text.contains('e') {
        out.extend_from_slice(format!("{value}").as_bytes());
    } else {
        out.extend_from_slice(text.strip_suffix(".0").unwrap_or(text).as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_print_as_in_javascript() {
        let cases = [
            (0.0, "0"),
            (-3.0, "-3"),
            (0.830_000_000_000_000_1, "0.8300000000000001"),
            (1e21, "1e+21"),
            (1e20, "100000000000000000000"),
            (1.5e-7, "1.5e-7"),
            (0.000_001, "0.000001"),
            (123_456.75, "123456.75"),
        ];
        for (value, text) in cases {
            let mut out = Vec::new();
            push_number(value, &mut out);
            assert_eq!(String::from_utf8(out).unwrap(), text);
        }
    }
}
