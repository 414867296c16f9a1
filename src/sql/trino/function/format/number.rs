//! Digits of numbers as Java's `Formatter` rounds them: half up, on the shortest digits of a double.

/// Digits in groups of three, the fraction untouched.
pub(super) fn grouped(digits: &str) -> String {
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    let mut text = String::new();
    for (place, digit) in digits[..end].chars().enumerate() {
        if place > 0 && (end - place) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text + &digits[end..]
}

/// Zeros in front up to `width`.
pub(super) fn pad_zeros(digits: &str, width: usize) -> String {
    format!("{}{digits}", "0".repeat(width.saturating_sub(digits.len())))
}

/// A long in two's complement.
pub(super) fn in_radix(number: i64, octal: bool) -> String {
    if octal { format!("{number:o}") } else { format!("{number:x}") }
}

/// The significant digits of a number and its exponent: `0.DIGITS × 10^exponent`.
fn significant(number: f64, exact: Option<(i128, u8)>) -> (Vec<u8>, i32) {
    let (digits, exponent) = match exact {
        Some((unscaled, scale)) => {
            let digits = unscaled.unsigned_abs().to_string();
            let exponent = digits.len() as i32 - i32::from(scale);
            (digits, exponent)
        }
        None => {
            let text = format!("{number:e}");
            let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
            (mantissa.replace('.', ""), exponent.parse::<i32>().unwrap_or(0) + 1)
        }
    };
    let zeros = digits.bytes().take_while(|digit| *digit == b'0').count();
    if zeros == digits.len() {
        return (vec![b'0'], 1);
    }
    (digits.into_bytes().split_off(zeros), exponent - zeros as i32)
}

/// Keep `count` digits, rounding half up; a carry adds to the exponent.
fn rounded(mut digits: Vec<u8>, mut exponent: i32, count: i32) -> (Vec<u8>, i32) {
    let Ok(count) = usize::try_from(count) else { return (vec![b'0'], exponent) };
    if count >= digits.len() {
        return (digits, exponent);
    }
    let up = digits[count] >= b'5';
    digits.truncate(count);
    if up {
        let mut place = count;
        loop {
            if place == 0 {
                digits.insert(0, b'1');
                exponent += 1;
                break;
            }
            place -= 1;
            if digits[place] == b'9' {
                digits[place] = b'0';
            } else {
                digits[place] += 1;
                break;
            }
        }
    }
    if digits.is_empty() { (vec![b'0'], exponent) } else { (digits, exponent) }
}

/// `%f`.
pub(super) fn plain(number: f64, exact: Option<(i128, u8)>, precision: usize) -> String {
    let (digits, exponent) = significant(number, exact);
    let wanted = exponent + precision as i32;
    // Digits before the first one that stays can still carry into it.
    let (digits, exponent) = if wanted < 0 { (vec![b'0'], 1) } else { rounded(digits, exponent, wanted) };
    let digit = |place: i32| {
        usize::try_from(place).ok().and_then(|place| digits.get(place)).map_or('0', |digit| char::from(*digit))
    };
    let mut text: String = if exponent > 0 { (0..exponent).map(digit).collect() } else { "0".to_owned() };
    if precision > 0 {
        text.push('.');
        text.extend((0..precision as i32).map(|place| digit(exponent + place)));
    }
    text
}

/// `%e`.
pub(super) fn scientific(number: f64, exact: Option<(i128, u8)>, precision: usize) -> String {
    let (digits, exponent) = significant(number, exact);
    let is_zero = digits == [b'0'];
    let (digits, exponent) = rounded(digits, exponent, precision as i32 + 1);
    let power = if is_zero { 0 } else { exponent - 1 };
    let mut text = String::from(char::from(digits[0]));
    if precision > 0 {
        text.push('.');
        text.extend((1..=precision).map(|place| digits.get(place).map_or('0', |digit| char::from(*digit))));
    }
    let sign = if power < 0 { '-' } else { '+' };
    format!("{text}e{sign}{:02}", power.unsigned_abs())
}

/// `%g`: so many significant digits, plain from 10⁻⁴ up to 10^precision.
pub(super) fn shortest_general(number: f64, exact: Option<(i128, u8)>, precision: usize) -> String {
    let (digits, exponent) = significant(number, exact);
    let is_zero = digits == [b'0'];
    let (_, exponent) = rounded(digits, exponent, precision as i32);
    if is_zero || (-3..=precision as i32).contains(&exponent) {
        let fraction = (precision as i32 - if is_zero { 1 } else { exponent }).max(0);
        plain(number, exact, fraction as usize)
    } else {
        scientific(number, exact, precision - 1)
    }
}
