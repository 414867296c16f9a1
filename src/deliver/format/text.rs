//! Values as text, appended to bytes: what JSON and CSV share.

/// Milliseconds of a day.
const DAY: i64 = 86_400_000;

/// Two digits for each number below 100.
const PAIRS: [[u8; 2]; 100] = {
    let mut pairs = [[b'0'; 2]; 100];
    let mut number = 0;
    while number < 100 {
        pairs[number] = [b'0' + (number / 10) as u8, b'0' + (number % 10) as u8];
        number += 1;
    }
    pairs
};

fn pair(number: i64) -> [u8; 2] {
    usize::try_from(number).ok().and_then(|number| PAIRS.get(number)).copied().unwrap_or(*b"??")
}

#[inline]
pub(super) fn integer<I: itoa::Integer>(value: I, out: &mut Vec<u8>) {
    out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
}

/// A finite number in its shortest form that reads back the same.
#[inline]
pub(super) fn finite<F: ryu::Float>(value: F, out: &mut Vec<u8>) {
    out.extend_from_slice(ryu::Buffer::new().format_finite(value).as_bytes());
}

/// An unscaled value with `scale` digits after the point.
pub(super) fn decimal(value: i128, scale: i8, out: &mut Vec<u8>) {
    let mut buffer = itoa::Buffer::new();
    let digits = buffer.format(value.unsigned_abs()).as_bytes();
    if value < 0 {
        out.push(b'-');
    }
    let Ok(scale) = usize::try_from(scale) else {
        out.extend_from_slice(digits);
        if value != 0 {
            out.extend(std::iter::repeat_n(b'0', usize::from(scale.unsigned_abs())));
        }
        return;
    };
    let whole = digits.len().saturating_sub(scale);
    let (before, after) = digits.split_at(whole);
    out.extend_from_slice(if before.is_empty() { b"0" } else { before });
    if scale > 0 {
        out.push(b'.');
        out.extend(std::iter::repeat_n(b'0', scale - after.len()));
        out.extend_from_slice(after);
    }
}

/// `yyyy-MM-dd`
pub(super) fn date(days: i64, out: &mut Vec<u8>) {
    let (year, month, day) = civil(days);
    if (0..10_000).contains(&year) {
        out.extend_from_slice(&pair(year / 100));
        out.extend_from_slice(&pair(year % 100));
    } else {
        integer(year, out);
    }
    let ([m, n], [d, e]) = (pair(month), pair(day));
    out.extend_from_slice(&[b'-', m, n, b'-', d, e]);
}

/// `HH:mm:ss.SSS`
pub(super) fn time(millis: i64, out: &mut Vec<u8>) {
    let seconds = millis / 1000;
    let ([h, i], [m, n], [s, t]) = (pair(seconds / 3600), pair(seconds / 60 % 60), pair(seconds % 60));
    let [_, x] = pair(millis % 1000 / 100);
    let [y, z] = pair(millis % 100);
    out.extend_from_slice(&[h, i, b':', m, n, b':', s, t, b'.', x, y, z]);
}

/// `yyyy-MM-dd HH:mm:ss.SSS`
pub(super) fn timestamp(millis: i64, out: &mut Vec<u8>) {
    date(millis.div_euclid(DAY), out);
    out.push(b' ');
    time(millis.rem_euclid(DAY), out);
}

/// Year, month and day of a day since the epoch, in the proleptic Gregorian calendar.
///
/// Years are counted from March, so that the leap day is the last one, in eras of 400 years: arithmetic without a
/// table or a branch per month, since every row of a batch with ROWTIME comes through here.
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn timestamps_agree_with_the_calendar_of_chrono() {
        let mut millis = -3_000_000_000_000_i64;
        let mut looked_at = 0;
        while millis < 10_000_000_000_000 {
            let expected = chrono::DateTime::from_timestamp_millis(millis).unwrap().format("%Y-%m-%d %H:%M:%S%.3f");
            assert_eq!(text(|out| timestamp(millis, out)), expected.to_string());
            millis += 86_399_999 * 37 + 61;
            looked_at += 1;
        }
        assert!(looked_at > 3000);
    }

    #[test]
    fn decimals_keep_their_scale() {
        for (value, scale, expected) in [
            (12345, 2, "123.45"),
            (-5, 2, "-0.05"),
            (0, 3, "0.000"),
            (7, 0, "7"),
            (7, -2, "700"),
            (-100, 2, "-1.00"),
            (i128::MAX, 10, "17014118346046923173168730371.5884105727"),
        ] {
            assert_eq!(text(|out| decimal(value, scale, out)), expected);
        }
    }
}
