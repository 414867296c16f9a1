//! Running a call.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::{Argument, Call, Function, arrays, format, hash};
use crate::pipeline::failure::Failure;
use crate::pipeline::json::type_name;
use crate::pipeline::template::Scope;

/// What a function says about its arguments.
type Answer = Result<Value, String>;

impl Call {
    /// The value of this call.
    pub(crate) fn evaluate(&self, scope: &Scope<'_>) -> Result<Value, Failure> {
        let mut values = Vec::with_capacity(self.arguments.len());
        for argument in &self.arguments {
            values.push(match argument {
                // A template keeps its escapes until it is filled in.
                Argument::Text(text) if self.function == Function::Format && values.is_empty() => {
                    Value::String(text.clone())
                }
                Argument::Text(text) => Value::String(format::unescape(text)),
                Argument::Literal(value) => value.clone(),
                Argument::Path(path) => scope.path(path).map_err(|_| {
                    Failure::runtime(format!(
                        "The JsonPath argument for the field '{}' could not be found in the input '{}'",
                        path.text(),
                        scope.root(path)
                    ))
                })?,
                Argument::Call(call) => call.evaluate(scope)?,
            });
        }
        apply(self.function, &values, scope).map_err(|reason| {
            Failure::intrinsic(format!("The function '{}' had the following error: {reason}", self.text))
        })
    }
}

fn apply(function: Function, values: &[Value], scope: &Scope<'_>) -> Answer {
    let argument = Arguments(values);
    match function {
        Function::Format => format::format(argument.text(0)?, values.get(1..).unwrap_or_default()).map(Value::String),
        Function::Array => Ok(Value::Array(values.to_vec())),
        Function::ArrayPartition => arrays::partition(argument.array(0)?, argument.integer(1)?),
        Function::ArrayContains => Ok(arrays::contains(argument.array(0)?, argument.value(1)?)),
        Function::ArrayRange => arrays::range(argument.integer(0)?, argument.integer(1)?, argument.integer(2)?),
        Function::ArrayGetItem => arrays::item(argument.array(0)?, argument.integer(1)?),
        Function::ArrayLength => Ok(Value::from(argument.array(0)?.len())),
        Function::ArrayUnique => Ok(arrays::unique(argument.array(0)?)),
        Function::Base64Encode => Ok(Value::String(STANDARD.encode(argument.text(0)?))),
        Function::Base64Decode => {
            let bytes = STANDARD.decode(argument.text(0)?).map_err(|error| format!("Not Base64: {error}"))?;
            String::from_utf8(bytes).map(Value::String).map_err(|_| "The decoded bytes are not UTF-8".to_owned())
        }
        Function::Hash => digest(&argument),
        Function::JsonMerge => merge(&argument),
        Function::StringToJson => match argument.text(0)? {
            blank if blank.trim().is_empty() => Ok(Value::Null),
            text => serde_json::from_str(text).map_err(|error| format!("Not JSON: {error}")),
        },
        Function::JsonToString => Ok(Value::String(argument.value(0)?.to_string())),
        Function::MathAdd => argument
            .integer(0)?
            .checked_add(argument.integer(1)?)
            .map(Value::from)
            .ok_or_else(|| "The sum is too large".to_owned()),
        Function::MathRandom => random(&argument, scope),
        Function::StringSplit => {
            let (text, delimiters) = (argument.text(0)?, argument.text(1)?);
            let pieces = text.split(|c| delimiters.contains(c)).filter(|piece| !piece.is_empty());
            Ok(pieces.map(Value::from).collect())
        }
        Function::Uuid => Ok(Value::String(scope.random.uuid())),
    }
}

fn digest(argument: &Arguments<'_>) -> Answer {
    let text = match argument.value(0)? {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let algorithm = argument.text(1)?;
    hash(&text, algorithm)
        .map(Value::String)
        .ok_or_else(|| format!("`{algorithm}` is none of MD5, SHA-1, SHA-256, SHA-384, SHA-512"))
}

fn merge(argument: &Arguments<'_>) -> Answer {
    if argument.value(2)? != &Value::Bool(false) {
        return Err("The third argument, deep merging, must be false".to_owned());
    }
    match (argument.value(0)?, argument.value(1)?) {
        (Value::Object(left), Value::Object(right)) => {
            let mut merged = left.clone();
            merged.extend(right.iter().map(|(key, value)| (key.clone(), value.clone())));
            Ok(Value::Object(merged))
        }
        (left, right) => Err(format!("Expected two objects, not {} and {}", type_name(left), type_name(right))),
    }
}

fn random(argument: &Arguments<'_>, scope: &Scope<'_>) -> Answer {
    let (first, end) = (argument.integer(0)?, argument.integer(1)?);
    let width = u64::try_from(end.saturating_sub(first)).ok().filter(|width| *width > 0);
    let width = width.ok_or_else(|| format!("The start {first} must be below the end {end}"))?;
    let bits = if argument.0.len() == 3 {
        crate::pipeline::random::Random::seeded(argument.integer(2)?.cast_unsigned()).next()
    } else {
        scope.random.next()
    };
    Ok(Value::from(first.saturating_add_unsigned(bits % width)))
}

struct Arguments<'a>(&'a [Value]);

impl<'a> Arguments<'a> {
    fn value(&self, index: usize) -> Result<&'a Value, String> {
        self.0.get(index).ok_or_else(|| format!("Argument {} is missing", index + 1))
    }

    fn wrong(index: usize, expected: &str, found: &Value) -> String {
        format!("Argument {} must be {expected}, but is {}: {found}", index + 1, type_name(found))
    }

    fn text(&self, index: usize) -> Result<&'a str, String> {
        let value = self.value(index)?;
        value.as_str().ok_or_else(|| Self::wrong(index, "a string", value))
    }

    fn array(&self, index: usize) -> Result<&'a [Value], String> {
        let value = self.value(index)?;
        value.as_array().map(Vec::as_slice).ok_or_else(|| Self::wrong(index, "an array", value))
    }

    /// A number, rounded half up when it has a fraction.
    fn integer(&self, index: usize) -> Result<i64, String> {
        let value = self.value(index)?;
        if let Some(whole) = value.as_i64() {
            return Ok(whole);
        }
        let number = value.as_f64().ok_or_else(|| Self::wrong(index, "a number", value))?;
        #[expect(clippy::cast_possible_truncation, reason = "saturates, as Java's rounding does")]
        Ok((number + 0.5).floor() as i64)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::pipeline::random::Random;

    fn run(text: &str, input: &Value) -> Result<Value, Failure> {
        let random = Random::seeded(1);
        let scope = Scope::of_input(input, &random);
        Call::parse(text).unwrap().evaluate(&scope)
    }

    fn ok(text: &str) -> Value {
        run(text, &json!({"v": {"Arg1": 1, "Arg2": []}, "t": "{} = {}", "n": null})).unwrap()
    }

    #[test]
    fn format_prints_as_java_and_takes_its_template_from_anywhere() {
        assert_eq!(ok("States.Format('{}', $.v)"), json!("{Arg1=1, Arg2=[]}"));
        assert_eq!(ok("States.Format($.t, 1.1, $.n)"), json!("1.1 = null"));
        assert_eq!(ok(r"States.Format('\{{}\} it\'s \\', true)"), json!(r"{true} it's \"));
        assert!(run("States.Format('{} {}', 1)", &json!({})).is_err());
    }

    #[test]
    fn math_rounds_each_argument_half_up() {
        for (text, expected) in [("(1.5, 1.51)", 4), ("(-1.5, 0)", -1), ("(-0.5, 0.5)", 1), ("(1, -1)", 0)] {
            assert_eq!(ok(&format!("States.MathAdd{text}")), json!(expected), "{text}");
        }
    }

    #[test]
    fn text_functions() {
        assert_eq!(ok("States.StringSplit('a b,c', ',')"), json!(["a b", "c"]));
        assert_eq!(ok("States.StringToJson('  ')"), json!(null));
        assert_eq!(ok("States.JsonToString($.v)"), json!("{\"Arg1\":1,\"Arg2\":[]}"));
        assert_eq!(ok("States.Base64Encode('')"), json!(""));
        assert_eq!(ok("States.Hash('', 'SHA-256')").as_str().map(str::len), Some(64));
    }

    #[test]
    fn array_functions() {
        assert_eq!(ok("States.ArrayPartition(States.Array(), 2)"), json!([]));
        assert_eq!(ok("States.ArrayRange(9, 1, -4)"), json!([9, 5, 1]));
        assert_eq!(ok("States.ArrayUnique(States.Array(1, 1.0, 'a', 'a'))"), json!([1, "a"]));
        assert_eq!(
            run("States.ArrayGetItem($, 5)", &json!([1])).unwrap_err().error.unwrap(),
            "States.IntrinsicFailure"
        );
    }

    #[test]
    fn random_numbers_are_below_the_end_and_repeat_with_a_seed() {
        for _ in 0..50 {
            assert!((1..4).contains(&ok("States.MathRandom(1, 4)").as_i64().unwrap()));
        }
        assert_eq!(ok("States.MathRandom(0, 1000000, 7)"), ok("States.MathRandom(0, 1000000, 7)"));
        assert_eq!(ok("States.UUID()").as_str().unwrap().len(), 36);
    }

    #[test]
    fn illegal_calls_are_refused_when_parsed() {
        for text in ["States.Nope()", "States.Array(", "States.UUID(1)", "States.Array('a\\n')", "States.Array(x)"] {
            assert!(Call::parse(text).is_err(), "{text}");
        }
        let nested = format!("{}{}", "States.Array(".repeat(11), ")".repeat(11));
        assert!(Call::parse(&nested).is_err());
        assert!(Call::parse(&nested["States.Array(".len()..nested.len() - 1]).is_ok());
    }
}
