//! `random`: numbers, choices, and distributions of ours.

use std::sync::Arc;

use fake::locales::{Data, EN};
use serde_json::{Value, json};

use super::super::arguments::{Call, numeric, text_of, whole};
use super::super::draw::Draw;
use super::super::functions::{Entry, entry, plain};
use super::super::number::push_number;
use super::super::permutation::Permutation;
use super::super::repeat::Repeat;
use super::super::sampler::{Choices, Sampler, TABLE, Texts, json_text};
use super::super::shape::Source;
use super::super::template::Arguments;
use super::words;
use super::{image, symbols};

pub(super) static FUNCTIONS: &[Entry] = &[
    entry(
        "random.alphaNumeric",
        r#"{"count"}; a number is ignored"#,
        "text",
        r#"{{random.alphaNumeric({"count":5})}}"#,
        alpha_numeric,
    ),
    entry("random.arrayElement", "an array", "any", r#"{{random.arrayElement(["AUS","USA","UK"])}}"#, array_element),
    entry("random.boolean", "", "boolean", "{{random.boolean}}", |_| Ok(Sampler::Boolean)),
    entry(
        "random.exponential",
        r#"{"mean","decimals"}"#,
        "number",
        r#"{{random.exponential({"mean":5,"decimals":2})}}"#,
        |call| {
            let members = call.members(&["mean", "decimals"])?;
            let mean = numeric(members, "mean", 1.0)?;
            if mean <= 0.0 {
                return Err(format!("`mean` is {mean}, and must be above 0"));
            }
            let round = rounding(whole(members, "decimals", 6, 15)?);
            Ok(Sampler::Double(Arc::new(move |draw| round(-mean * (1.0 - draw.unit()).ln()))))
        },
    ),
    entry(
        "random.float",
        r#"{"min","max","decimals"}"#,
        "number",
        r#"{{random.float({"min":0,"max":1,"decimals":3})}}"#,
        |call| {
            let members = call.members(&["min", "max", "decimals"])?;
            let (min, max) = (numeric(members, "min", 0.0)?, numeric(members, "max", 1.0)?);
            if min > max {
                return Err(format!("min {min} is larger than max {max}"));
            }
            let round = rounding(whole(members, "decimals", 6, 15)?);
            Ok(Sampler::Double(Arc::new(move |draw| round(min + draw.unit() * (max - min)))))
        },
    ),
    entry(
        "random.gaussian",
        r#"{"mean","stddev","decimals"}"#,
        "number",
        r#"{{random.gaussian({"mean":20,"stddev":2,"decimals":1})}}"#,
        |call| {
            let members = call.members(&["mean", "stddev", "decimals"])?;
            let (mean, deviation) = (numeric(members, "mean", 0.0)?, numeric(members, "stddev", 1.0)?);
            if deviation < 0.0 {
                return Err(format!("`stddev` is {deviation}, and must not be below 0"));
            }
            let round = rounding(whole(members, "decimals", 6, 15)?);
            Ok(Sampler::Double(Arc::new(move |draw| round(mean + deviation * draw.normal()))))
        },
    ),
    plain("random.image", "{{random.image}}", |_| Ok(Sampler::text(image::image))),
    plain("random.locale", "{{random.locale}}", |_| Ok(Sampler::Words(words::LOCALES))),
    entry(
        "random.number",
        r#"the largest, or {"min","max","precision"}"#,
        "number",
        r#"{{random.number({"min":10,"max":150})}}"#,
        number,
    ),
    entry(
        "random.objectElement",
        r#"an object; and "key" for its keys"#,
        "any",
        r#"{{random.objectElement({"a":1,"b":2})}}"#,
        object_element,
    ),
    entry(
        "random.pool",
        r#"{"size","prefix"}"#,
        "text",
        r#"{{random.pool({"size":100,"prefix":"sensor-"})}}"#,
        |call| {
            let members = call.members(&["size", "prefix"])?;
            let (size, prefix) = (whole(members, "size", 100, u64::from(u32::MAX))?, text_of(members, "prefix", "")?);
            if size == 0 {
                return Err("`size` is 0: there is nothing to choose from".into());
            }
            if size <= TABLE {
                let names: Vec<Value> = (1..=size).map(|place| Value::String(format!("{prefix}{place}"))).collect();
                return Ok(Sampler::Choice(Choices::new(&names, &[])));
            }
            Ok(Sampler::text(move |draw, out| {
                out.extend_from_slice(prefix.as_bytes());
                out.extend_from_slice(itoa::Buffer::new().format(draw.between(1, size)).as_bytes());
            }))
        },
    ),
    entry(
        "random.repeat",
        r#"{"n": [least, most] or a number, "of": a template, "separator"}"#,
        "any",
        r#"{{random.repeat({"n":[1,4],"of":"{{random.number(9)}}"})}}"#,
        repeat,
    ),
    entry("random.unique", r#"{"min","max"}"#, "number", r#"{{random.unique({"min":1,"max":1000000})}}"#, unique),
    plain("random.uuid", "{{random.uuid}}", |_| Ok(Sampler::Uuid)),
    entry(
        "random.weightedArrayElement",
        r#"{"weights","data"}"#,
        "any",
        r#"{{random.weightedArrayElement({"weights":[0.3,0.7],"data":["cat","dog"]})}}"#,
        weighted_array_element,
    ),
    plain("random.word", "{{random.word}}", |_| Ok(Sampler::text(|draw, out| words_of_any_kind(1, draw, out)))),
    entry("random.words", "their number, 1 to 3", "text", "{{random.words}}", |call| {
        let count = Some(call.count(0, 0, 10_000)?).filter(|count| *count > 0);
        Ok(Sampler::text(move |draw, out| {
            let count = count.unwrap_or_else(|| draw.between(1, 3));
            words_of_any_kind(count, draw, out);
        }))
    }),
];

/// The lists that `random.word` draws from, each as often as the others.
const ANY_KIND: &[&[&str]] = &[
    words::DEPARTMENTS,
    words::PRODUCT_ADJECTIVES,
    words::MATERIALS,
    words::PRODUCTS,
    words::COLOURS,
    EN::COMPANY_BUZZWORD_HEAD,
    EN::COMPANY_BUZZWORD_MIDDLE,
    EN::COMPANY_BUZZWORD_TAIL,
    EN::COMPANY_BS_ADJ,
    EN::COMPANY_BS_VERBS,
    EN::COMPANY_BS_NOUNS,
    EN::ADDRESS_STREET_SUFFIX,
    words::COUNTIES,
    EN::ADDRESS_COUNTRY,
    EN::ADDRESS_STATE,
    words::ACCOUNT_TYPES,
    words::TRANSACTION_TYPES,
    EN::CURRENCY_NAME,
    words::HACKER_NOUNS,
    words::HACKER_VERBS,
    words::HACKER_ADJECTIVES,
    words::HACKER_INGVERBS,
    words::ABBREVIATIONS,
    EN::JOB_SENIORITY,
    EN::JOB_FIELD,
    EN::JOB_POSITION,
    words::COMPASS_POINTS,
];

pub(super) fn words_of_any_kind(count: u64, draw: &mut Draw, out: &mut Vec<u8>) {
    for place in 0..count {
        if place > 0 {
            out.push(b' ');
        }
        let list = ANY_KIND.get(draw.below(ANY_KIND.len() as u64) as usize).copied().unwrap_or_default();
        // Of names of several words the first.
        let word = draw.word(list);
        out.extend_from_slice(word.split([' ', ',']).next().unwrap_or(word).as_bytes());
    }
}

fn rounding(decimals: u64) -> impl Fn(f64) -> f64 + Send + Sync {
    let scale = 10f64.powi(decimals as i32);
    move |value| (value * scale).round() / scale
}

/// `precision · ⌊u · (M/p − min/p) + min/p⌋`, where M is `max + precision` for a max of 0 or more, else `max` itself: the
/// generator's own formula, binary noise included.
fn number(call: &Call<'_>) -> Result<Sampler, String> {
    let nonsense = || Ok(Sampler::constant("NaN"));
    let mut has_min = false;
    let (min, max, precision) = match call.value() {
        Err(_) if call.strict => return nonsense(),
        Err(message) => return Err(message),
        Ok(Some(Value::Number(max))) => (0.0, max.as_f64().unwrap_or(0.0), 1.0),
        Ok(Some(Value::String(_) | Value::Bool(_) | Value::Array(_))) if call.strict => return nonsense(),
        Ok(Some(value @ (Value::String(_) | Value::Bool(_) | Value::Array(_)))) => {
            return Err(format!("the argument `{value}` is not a number"));
        }
        Ok(_) => {
            let members = call.members(&["min", "max", "precision"])?;
            has_min = members.and_then(|members| members.get("min")).is_some_and(|min| !min.is_null());
            (numeric(members, "min", 0.0)?, numeric(members, "max", 99_999.0)?, numeric(members, "precision", 1.0)?)
        }
    };
    // `number(-3)` counts down from 0, which nobody set.
    if min > max && (max >= 0.0 || has_min) && !call.strict {
        return Err(format!("min {min} is larger than max {max}"));
    }
    if !(precision > 0.0 && precision.is_finite()) {
        return Err(format!("precision {precision} is not above 0"));
    }
    warn_of_traps(call, min, max, precision);
    let top = if max >= 0.0 { max + precision } else { max };
    let whole = [min, top, precision].iter().all(|value| value.fract() == 0.0 && value.abs() < 2f64.powi(52));
    let steps = (top - min) / precision;
    if whole && precision == 1.0 && steps >= 1.0 {
        let (min, count) = (min as i64, steps as u64);
        if count <= TABLE {
            let texts = Texts::new((0..count as i64).map(|step| (min + step).to_string()));
            return Ok(Sampler::SmallInteger { min, texts });
        }
        return Ok(Sampler::Integer { min, step: 1, count });
    }
    let (low, span) = (min / precision, top / precision - min / precision);
    if whole {
        // Whole steps give whole numbers.
        return Ok(Sampler::WholeNumber { low, span, precision });
    }
    Ok(Sampler::Number { low, span, precision })
}

fn warn_of_traps(call: &Call<'_>, min: f64, max: f64, precision: f64) {
    if max < 0.0 {
        call.warn(format!("a max below 0 is not drawn itself: the largest number is below {max}"));
    }
    let multiple = |bound: f64| ((bound / precision).round() * precision - bound).abs() < 1e-9;
    if !multiple(min) || !multiple(max) {
        call.warn(format!(
            "{min} to {max} in steps of {precision} gives numbers outside of the range; \"precision\" sets the step"
        ));
    }
}

fn alpha_numeric(call: &Call<'_>) -> Result<Sampler, String> {
    let count = match call.at(0) {
        Some(Value::Object(_)) => whole(call.members(&["count"])?, "count", 1, 100_000)?,
        Some(_) => {
            call.warn("the count is ignored, as in the generator; {\"count\":5} is not");
            1
        }
        None => 1,
    };
    Ok(Sampler::text(move |draw, out| {
        symbols::characters(b"0123456789abcdefghijklmnopqrstuvwxyz", count, draw, out);
    }))
}

/// An array, or the characters of a raw text, as there.
pub(super) fn elements(call: &Call<'_>) -> Result<Vec<Value>, String> {
    let letters = |text: &str| text.chars().map(|letter| Value::String(letter.to_string())).collect::<Vec<_>>();
    Ok(match call.arguments {
        Arguments::None => letters("abc"),
        Arguments::Raw(text) if text.starts_with('[') && !call.strict => {
            return Err(format!("the array `{text}` is not JSON, which takes double quotes"));
        }
        Arguments::Raw(text) => letters(text),
        Arguments::Json(values) => match &values[..] {
            [Value::Array(data)] => data.clone(),
            [Value::String(text)] => letters(text),
            _ => return Err("the argument is not an array".into()),
        },
    })
}

pub(super) fn array_element(call: &Call<'_>) -> Result<Sampler, String> {
    let data = elements(call)?;
    if data.is_empty() {
        return if call.strict { Ok(Sampler::constant("undefined")) } else { Err("the array is empty".into()) };
    }
    Ok(choice(call, &data, &[]))
}

fn choice(call: &Call<'_>, data: &[Value], weights: &[f64]) -> Sampler {
    if !call.strict {
        return Sampler::Choice(Choices::new(data, weights));
    }
    let shown = data.iter().map(|value| match value {
        Value::Object(_) => Value::String("[object Object]".into()),
        other => other.clone(),
    });
    Sampler::Choice(Choices::new(&shown.collect::<Vec<_>>(), weights))
}

/// A value of an object, or with `"key"` one of its keys.
fn object_element(call: &Call<'_>) -> Result<Sampler, String> {
    let default = json!({"foo": "bar", "too": "car"});
    let object = match call.value()? {
        None => default.as_object(),
        Some(value) => value.as_object(),
    };
    let Some(members) = object else { return Err("the argument is not an object".into()) };
    if members.is_empty() {
        return Err("the object is empty".into());
    }
    let keys = !call.strict && call.text(1).is_some_and(|field| field == "key");
    let data: Vec<Value> =
        members.iter().map(|(key, value)| if keys { Value::String(key.clone()) } else { value.clone() }).collect();
    Ok(choice(call, &data, &[]))
}

fn weighted_array_element(call: &Call<'_>) -> Result<Sampler, String> {
    let default = json!({"weights": [1, 1], "data": ["dog", "cat"]});
    let members = call.members(&["weights", "data"])?.or_else(|| default.as_object());
    let list = |key: &str| {
        members
            .and_then(|members| members.get(key))
            .and_then(Value::as_array)
            .ok_or_else(|| format!("`{key}` is not an array"))
    };
    let (weights, data) = (list("weights")?, list("data")?);
    let weights = weights.iter().map(Value::as_f64).collect::<Option<Vec<f64>>>().ok_or("a weight is not a number")?;
    if weights.len() != data.len() {
        return Err(format!("there are {} weights for {} values", weights.len(), data.len()));
    }
    if weights.iter().any(|weight| *weight < 0.0) || weights.iter().sum::<f64>() <= 0.0 {
        return Err("the weights must not be negative, nor all 0".into());
    }
    if call.strict {
        return Ok(rounded_weights(call, data, &weights));
    }
    Ok(Sampler::Choice(Choices::new(data, &weights)))
}

/// The generator rounds the running sum to two decimals and draws from 0 to 1: what lies behind the last sum is `undefined`.
fn rounded_weights(call: &Call<'_>, data: &[Value], weights: &[f64]) -> Sampler {
    let (mut sum, mut before) = (0.0f64, 0.0f64);
    let mut shares = Vec::with_capacity(weights.len() + 1);
    for weight in weights {
        sum = ((sum + weight) * 100.0).round() / 100.0;
        shares.push((sum.min(1.0) - before).max(0.0));
        before = before.max(sum.min(1.0));
    }
    shares.push((1.0 - before).max(0.0));
    let mut data = data.to_vec();
    data.push(Value::String("undefined".into()));
    choice(call, &data, &shares)
}

/// Arrays of arrays grow fast: a record beyond this is a mistake.
const MOST_REPEATED_BYTES: u64 = 16 << 20;

/// An array of values that a template gives, `n` of them.
fn repeat(call: &Call<'_>) -> Result<Sampler, String> {
    let members = call.members(&["n", "of", "separator"])?;
    let of = text_of(members, "of", "")?;
    if of.is_empty() {
        return Err("`of` is the template that is repeated, and must be there".into());
    }
    let bounds = match members.and_then(|members| members.get("n")) {
        None => [1, 3],
        Some(Value::Array(bounds)) => match &bounds[..] {
            [least, most] => [least, most].map(|bound| bound.as_u64().unwrap_or(u64::MAX)),
            _ => return Err("`n` is a number, or [least, most]".into()),
        },
        Some(number) => [number.as_u64().unwrap_or(u64::MAX); 2],
    };
    let [least, most] = bounds;
    if least > most || most > 100_000 {
        return Err("`n` is a whole number to 100000, or [least, most]".into());
    }
    let nested = (call.nested)(&of)?;
    let bytes = nested.expected() as u64 * most;
    if bytes > MOST_REPEATED_BYTES {
        return Err(format!("{most} times `of` would make records of about {bytes} bytes"));
    }
    let separator = text_of(members, "separator", ",")?;
    for warning in nested.warnings() {
        call.warn(format!("inside of `of`: {warning}"));
    }
    if let Some(Source::Tag(tag)) = nested.value()
        && !nested.sampler(*tag).is_json()
    {
        call.warn("`of` gives text without quotes: the array will not be JSON");
    }
    Ok(Sampler::Repeat(Arc::new(Repeat { of: nested, least, most, separator })))
}

/// Whole numbers of a range in random order, each of them once before any comes again.
fn unique(call: &Call<'_>) -> Result<Sampler, String> {
    let members = call.members(&["min", "max"])?;
    let bound = |key: &str, default: f64| {
        let number = numeric(members, key, default)?;
        if number.fract() != 0.0 || number.abs() > 9_007_199_254_740_992.0 {
            return Err(format!("`{key}` is {number}, not a whole number"));
        }
        Ok(number as i64)
    };
    let (min, max) = (bound("min", 0.0)?, bound("max", 999_999_999.0)?);
    if min > max {
        return Err(format!("min {min} is larger than max {max}"));
    }
    Ok(Sampler::Unique { min, order: Permutation::new((max - min) as u64 + 1, call.seed) })
}

/// A value as the text of a template has it, for `helpers`.
pub(super) fn shown(value: &Value) -> Vec<u8> {
    match value {
        Value::Number(number) => {
            let mut out = Vec::new();
            push_number(number.as_f64().unwrap_or(f64::NAN), &mut out);
            out
        }
        other => json_text(other),
    }
}
