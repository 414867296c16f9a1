//! The functions of the template language: names, arguments, samplers.

use std::collections::BTreeMap;

use chrono_tz::Tz;
use fake::locales::{Data, EN};
use serde_json::{Value, json};

use super::date_format::DateFormat;
use super::draw::Draw;
use super::sampler::{Choices, Sampler, TABLE, Texts};
use super::template::Arguments;

/// A function of the template language.
#[derive(Debug, Clone, Copy)]
pub struct FunctionInfo {
    /// `module.function`
    pub name: &'static str,
    /// Its argument in words; empty when it takes none.
    pub argument: &'static str,
    /// `number`, `boolean`, `text`, or `any`.
    pub kind: &'static str,
    /// A tag that works.
    pub example: &'static str,
}

/// Makes a sampler from arguments, or says what is wrong with them.
type Make = fn(&Call<'_>) -> Result<Sampler, String>;

struct Entry {
    info: FunctionInfo,
    make: Make,
}

/// What a tag asks for.
pub(crate) struct Call<'a> {
    pub(crate) arguments: &'a Arguments,
    pub(crate) timezone: Tz,
}

const fn entry(
    name: &'static str,
    argument: &'static str,
    kind: &'static str,
    example: &'static str,
    make: Make,
) -> Entry {
    Entry { info: FunctionInfo { name, argument, kind, example }, make }
}

static FUNCTIONS: &[Entry] = &[
    entry("date.now", "a moment.js format", "text", r#"{{date.now("YYYY-MM-DD HH:mm:ss")}}"#, |call| {
        date(call, "YYYY-MM-DDTHH:mm:ssZ", call.timezone)
    }),
    entry("date.utc", "a moment.js format", "text", "{{date.utc}}", |call| {
        date(call, "YYYY-MM-DDTHH:mm:ss[Z]", Tz::UTC)
    }),
    entry("internet.ip", "", "text", "{{internet.ip}}", |_| Ok(Sampler::Composite(ip))),
    entry("name.findName", "", "text", "{{name.findName}}", |_| Ok(Sampler::Composite(find_name))),
    entry("name.firstName", "a gender, ignored", "text", "{{name.firstName}}", |_| {
        Ok(Sampler::Words(EN::NAME_FIRST_NAME))
    }),
    entry("name.jobArea", "", "text", "{{name.jobArea}}", |_| Ok(Sampler::Words(EN::JOB_FIELD))),
    entry("name.jobDescriptor", "", "text", "{{name.jobDescriptor}}", |_| Ok(Sampler::Words(EN::JOB_SENIORITY))),
    entry("name.jobTitle", "", "text", "{{name.jobTitle}}", |_| Ok(Sampler::Composite(job_title))),
    entry("name.jobType", "", "text", "{{name.jobType}}", |_| Ok(Sampler::Words(EN::JOB_POSITION))),
    entry("name.lastName", "", "text", "{{name.lastName}}", |_| Ok(Sampler::Words(EN::NAME_LAST_NAME))),
    entry("name.prefix", "", "text", "{{name.prefix}}", |_| Ok(Sampler::Words(EN::NAME_TITLE))),
    entry("name.suffix", "", "text", "{{name.suffix}}", |_| Ok(Sampler::Words(EN::NAME_SUFFIX))),
    entry("name.title", "", "text", "{{name.title}}", |_| Ok(Sampler::Composite(job_title))),
    entry("random.arrayElement", "an array", "any", r#"{{random.arrayElement(["AUS","USA","UK"])}}"#, array_element),
    entry("random.boolean", "", "boolean", "{{random.boolean}}", |_| Ok(Sampler::Boolean)),
    entry(
        "random.float",
        r#"{"min","max","decimals"}"#,
        "number",
        r#"{{random.float({"min":0,"max":1,"decimals":3})}}"#,
        float,
    ),
    entry(
        "random.number",
        r#"the largest, or {"min","max","precision"}"#,
        "number",
        r#"{{random.number({"min":10,"max":150})}}"#,
        number,
    ),
    entry("random.uuid", "", "text", "{{random.uuid}}", |_| Ok(Sampler::Uuid)),
    entry(
        "random.weightedArrayElement",
        r#"{"weights","data"}"#,
        "any",
        r#"{{random.weightedArrayElement({"weights":[0.3,0.7],"data":["cat","dog"]})}}"#,
        weighted_array_element,
    ),
];

/// All functions, by name.
pub fn functions() -> impl Iterator<Item = &'static FunctionInfo> {
    FUNCTIONS.iter().map(|entry| &entry.info)
}

/// Why there is no sampler for a tag.
pub(crate) enum NoSampler {
    UnknownModule { known: String },
    UnknownFunction { nearest: String },
    Arguments(String),
}

/// The sampler of `module.function`.
pub(crate) fn sampler(module: &str, function: &str, call: &Call<'_>) -> Result<Sampler, NoSampler> {
    let name = format!("{module}.{function}");
    if let Some(entry) = FUNCTIONS.iter().find(|entry| entry.info.name == name) {
        return (entry.make)(call).map_err(NoSampler::Arguments);
    }
    let modules: BTreeMap<&str, ()> =
        FUNCTIONS.iter().filter_map(|entry| entry.info.name.split_once('.')).map(|(module, _)| (module, ())).collect();
    if !modules.contains_key(module) {
        return Err(NoSampler::UnknownModule { known: modules.into_keys().collect::<Vec<_>>().join(", ") });
    }
    let of_module = FUNCTIONS.iter().map(|entry| entry.info.name).filter(|name| name.split('.').next() == Some(module));
    let nearest = of_module.min_by_key(|candidate| distance(candidate, &name)).unwrap_or_default();
    Err(NoSampler::UnknownFunction { nearest: nearest.to_owned() })
}

/// Edits between two words (Levenshtein), ignoring case.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.to_lowercase().chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.to_lowercase().chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row.last().copied().unwrap_or_default()
}

impl Call<'_> {
    /// The first argument, if there is one; raw text that looks like it was to be JSON is an error.
    fn value(&self) -> Result<Option<&Value>, String> {
        match self.arguments {
            Arguments::None => Ok(None),
            Arguments::Json(values) => Ok(values.first()),
            Arguments::Raw(text) if text.contains('\'') => {
                Err(format!("the argument `{text}` is not JSON, which takes double quotes"))
            }
            Arguments::Raw(text) => Err(format!("the argument `{text}` is not JSON")),
        }
    }

    /// The members of an object argument, which may only be of those `known`.
    fn members(&self, known: &[&str]) -> Result<Option<&serde_json::Map<String, Value>>, String> {
        let Some(value) = self.value()? else { return Ok(None) };
        let Value::Object(members) = value else {
            return Err(format!("the argument `{value}` is not an object with {}", known.join(", ")));
        };
        match members.keys().find(|key| !known.contains(&key.as_str())) {
            Some(key) => Err(format!("the argument has a member `{key}`; it takes {}", known.join(", "))),
            None => Ok(Some(members)),
        }
    }
}

fn numeric(members: Option<&serde_json::Map<String, Value>>, key: &str, default: f64) -> Result<f64, String> {
    match members.and_then(|members| members.get(key)) {
        None | Some(Value::Null) => Ok(default),
        Some(value) => value.as_f64().ok_or_else(|| format!("`{key}` is `{value}`, not a number")),
    }
}

/// `precision · ⌊u · (M/p − min/p) + min/p⌋`, where M is `max + precision` for a max of 0 or more, else `max` itself: the
/// generator's own formula, binary noise included.
fn number(call: &Call<'_>) -> Result<Sampler, String> {
    let (min, max, precision) = match call.value()? {
        Some(Value::Number(max)) => (0.0, max.as_f64().unwrap_or(0.0), 1.0),
        Some(value @ (Value::String(_) | Value::Bool(_) | Value::Array(_))) => {
            return Err(format!("the argument `{value}` is not a number"));
        }
        _ => {
            let members = call.members(&["min", "max", "precision"])?;
            (numeric(members, "min", 0.0)?, numeric(members, "max", 99_999.0)?, numeric(members, "precision", 1.0)?)
        }
    };
    if min > max && max >= 0.0 {
        return Err(format!("min {min} is larger than max {max}"));
    }
    if !(precision > 0.0 && precision.is_finite()) {
        return Err(format!("precision {precision} is not above 0"));
    }
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
    Ok(Sampler::Number { low: min / precision, span: top / precision - min / precision, precision })
}

fn float(call: &Call<'_>) -> Result<Sampler, String> {
    let members = call.members(&["min", "max", "decimals"])?;
    let (min, max) = (numeric(members, "min", 0.0)?, numeric(members, "max", 1.0)?);
    let decimals = numeric(members, "decimals", 6.0)?;
    if min > max {
        return Err(format!("min {min} is larger than max {max}"));
    }
    if !(0.0..=15.0).contains(&decimals) || decimals.fract() != 0.0 {
        return Err(format!("decimals {decimals} is not a whole number up to 15"));
    }
    Ok(Sampler::Float { min, max, decimals: decimals as usize })
}

fn array_element(call: &Call<'_>) -> Result<Sampler, String> {
    let letters = |text: &str| text.chars().map(|letter| Value::String(letter.to_string())).collect::<Vec<_>>();
    let data = match call.arguments {
        Arguments::None => letters("abc"),
        // A raw text gives one of its characters, as there.
        Arguments::Raw(text) if text.starts_with('[') => {
            return Err(format!("the array `{text}` is not JSON, which takes double quotes"));
        }
        Arguments::Raw(text) => letters(text),
        Arguments::Json(values) => match &values[..] {
            [Value::Array(data)] => data.clone(),
            [Value::String(text)] => letters(text),
            _ => return Err("the argument is not an array".into()),
        },
    };
    if data.is_empty() {
        return Err("the array is empty".into());
    }
    Ok(Sampler::Choice(Choices::new(&data, &[])))
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
    Ok(Sampler::Choice(Choices::new(data, &weights)))
}

fn date(call: &Call<'_>, default: &str, zone: Tz) -> Result<Sampler, String> {
    let format = match call.arguments {
        Arguments::None => default.to_owned(),
        Arguments::Raw(text) => text.clone(),
        Arguments::Json(values) => match values.first() {
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
            None => default.to_owned(),
        },
    };
    Ok(Sampler::Date(DateFormat::new(&format, zone)))
}

fn ip(draw: &mut Draw, out: &mut Vec<u8>) {
    let bytes = draw.bits().to_be_bytes();
    for (place, byte) in bytes[..4].iter().enumerate() {
        if place > 0 {
            out.push(b'.');
        }
        out.extend_from_slice(itoa::Buffer::new().format(*byte).as_bytes());
    }
}

/// First and last name, one in nine with a prefix and one in nine with a suffix.
fn find_name(draw: &mut Draw, out: &mut Vec<u8>) {
    let form = draw.below(9);
    if form == 0 {
        out.extend_from_slice(draw.word(EN::NAME_TITLE).as_bytes());
        out.push(b' ');
    }
    out.extend_from_slice(draw.word(EN::NAME_FIRST_NAME).as_bytes());
    out.push(b' ');
    out.extend_from_slice(draw.word(EN::NAME_LAST_NAME).as_bytes());
    if form == 1 {
        out.push(b' ');
        out.extend_from_slice(draw.word(EN::NAME_SUFFIX).as_bytes());
    }
}

fn job_title(draw: &mut Draw, out: &mut Vec<u8>) {
    for (place, words) in [EN::JOB_SENIORITY, EN::JOB_FIELD, EN::JOB_POSITION].into_iter().enumerate() {
        if place > 0 {
            out.push(b' ');
        }
        out.extend_from_slice(draw.word(words).as_bytes());
    }
}
