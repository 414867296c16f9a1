//! JSONata expressions: `{% $states.input.n * 2 %}`.
//!
//! The language itself is `jsonata-core`'s. Here are its surroundings in a state machine: which texts are expressions, the
//! variables they see, the functions that the service adds, and its words when an expression gives nothing.

use jsonata_core::ast::AstNode;
use jsonata_core::evaluator::{Context, Evaluator, EvaluatorError};
use jsonata_core::value::JValue;
use serde_json::{Value, json};

use super::failure::Failure;
use super::intrinsic::hash;
use super::json::{number, type_name};
use super::random::Random;
use super::template::Scope;

/// An expression with its text; it is parsed when the machine is made, to find mistakes, and again when it runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Jsonata {
    text: String,
}

impl Jsonata {
    /// The expression in a text: it begins with `{%` and ends with `%}` exactly, or is none.
    pub(crate) fn inside(text: &str) -> Option<&str> {
        text.strip_prefix("{%")?.strip_suffix("%}").map(str::trim)
    }

    /// Check an expression.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let ast = jsonata_core::parser::parse(text).map_err(|error| error.to_string())?;
        if let Some(reason) = refused(&ast) {
            return Err(reason.to_owned());
        }
        let tree = serde_json::to_value(&ast).map_err(|error| error.to_string())?;
        if calls_eval(&tree) {
            return Err("The function $eval is not supported".to_owned());
        }
        Ok(Self { text: text.to_owned() })
    }

    /// The text of the expression.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The value of this expression for the field called `field`.
    pub(crate) fn evaluate(&self, field: &str, scope: &Scope<'_>) -> Result<Value, Failure> {
        let said = |what: &str| {
            let text = &self.text;
            Failure::query(field, format!("The JSONata expression '{text}' specified for the field '{field}' {what}"))
        };
        let threw = |reason: &str| said(&format!("threw an error during evaluation. {reason}"));
        let ast = jsonata_core::parser::parse(&self.text).map_err(|error| threw(&error.to_string()))?;
        let mut evaluator = evaluator(scope).map_err(|error| threw(plain(&error).as_str()))?;
        let found = evaluator.evaluate(&ast, &JValue::Undefined).map_err(|error| threw(plain(&error).as_str()))?;
        match found.unwrap_sequence() {
            JValue::Undefined => Err(said("returned nothing (undefined).")),
            found if found.is_function() || found.is_regex() => {
                Err(said("returned an unexpected result type. Expected a JSON value, but was 'function'"))
            }
            found => Ok(whole_numbers(Value::from(&found))),
        }
    }

    /// The failure for a value of another type than the field takes.
    pub(crate) fn unexpected(&self, field: &str, expected: &str, found: &Value) -> Failure {
        let (text, kind) = (&self.text, type_name(found));
        Failure::query(
            field,
            format!(
                "The JSONata expression '{text}' specified for the field '{field}' returned an unexpected result type. \
                 Expected '{expected}', but was '{kind}' for value: {found}"
            ),
        )
    }
}

/// JSONata has floats only; whole ones are handed on without a fraction.
fn whole_numbers(value: Value) -> Value {
    match value {
        Value::Number(found) => found.as_f64().map_or(Value::Number(found), number),
        Value::Array(items) => items.into_iter().map(whole_numbers).collect(),
        Value::Object(members) => {
            Value::Object(members.into_iter().map(|(key, value)| (key, whole_numbers(value))).collect())
        }
        Value::Null | Value::Bool(_) | Value::String(_) => value,
    }
}

/// The message of an error without the crate's own heading.
fn plain(error: &EvaluatorError) -> String {
    match error {
        EvaluatorError::TypeError(text)
        | EvaluatorError::ReferenceError(text)
        | EvaluatorError::EvaluationError(text) => text.clone(),
    }
}

/// Why an expression cannot be used in a state machine, looking at what reads the top-level input, of which there is none.
fn refused(ast: &AstNode) -> Option<&'static str> {
    const INPUT: &str = "There is no top-level `$`; use $states.input";
    const ROOT: &str = "There is no top-level `$$`; use $states.context for the context object";
    match ast {
        AstNode::Variable(name) if name.is_empty() => Some(INPUT),
        AstNode::ParentVariable(_) => Some(ROOT),
        AstNode::Path { steps } => steps.first().and_then(|step| refused(&step.node)),
        AstNode::Binary { op: _, lhs, rhs } => refused(lhs).or_else(|| refused(rhs)),
        AstNode::Unary { op: _, operand } => refused(operand),
        AstNode::Function { name: _, args, is_builtin: _ } => args.iter().find_map(refused),
        AstNode::Call { procedure, args } => refused(procedure).or_else(|| args.iter().find_map(refused)),
        AstNode::Array(items) | AstNode::Block(items) => items.iter().find_map(refused),
        AstNode::Object(pairs) => pairs.iter().find_map(|(key, value)| refused(key).or_else(|| refused(value))),
        AstNode::Conditional { condition, then_branch, else_branch } => {
            refused(condition).or_else(|| refused(then_branch)).or_else(|| else_branch.as_deref().and_then(refused))
        }
        // Below these `$` is an item or a parameter, or they hold no expression.
        _ => None,
    }
}

/// Whether the function `$eval` occurs anywhere in a syntax tree.
fn calls_eval(tree: &Value) -> bool {
    match tree {
        Value::Object(members) => members.iter().any(|(key, value)| {
            let named = (key == "Function" && value.get("name") == Some(&json!("eval")))
                || (key == "Variable" && value == &json!("eval"));
            named || calls_eval(value)
        }),
        Value::Array(items) => items.iter().any(calls_eval),
        _ => false,
    }
}

fn evaluator(scope: &Scope<'_>) -> Result<Evaluator, EvaluatorError> {
    let mut context = Context::new();
    for (name, value) in scope.variables.iter() {
        context.bind(name.clone(), JValue::from(value.clone()));
    }
    context.bind("states".to_owned(), JValue::from(scope.states()));
    let mut evaluator = Evaluator::with_context(context);
    evaluator.register_fn("partition", |arguments: &[JValue]| partition(arguments))?;
    evaluator.register_fn("range", |arguments: &[JValue]| range(arguments))?;
    evaluator.register_fn("hash", |arguments: &[JValue]| digest(arguments))?;
    evaluator.register_fn("parse", |arguments: &[JValue]| parse(arguments))?;
    // The evaluator's functions must own what they use: these draw a seed for themselves now.
    let ids = Random::seeded(scope.random.next());
    evaluator.register_fn("uuid", move |_: &[JValue]| Ok(JValue::from(ids.uuid())))?;
    let numbers = Random::seeded(scope.random.next());
    evaluator.register_fn_override("random", move |arguments: &[JValue]| match arguments.first() {
        None | Some(JValue::Undefined) => Ok(JValue::from(numbers.fraction())),
        Some(seed) => {
            let seed = seed.as_f64().ok_or_else(|| wrong("random", 1, "number", seed))?;
            Ok(JValue::from(Random::seeded(seed.to_bits()).fraction()))
        }
    })?;
    Ok(evaluator)
}

type Answer = Result<JValue, EvaluatorError>;

fn wrong(function: &str, index: usize, expected: &str, found: &JValue) -> EvaluatorError {
    let found = Value::from(found);
    EvaluatorError::TypeError(format!(
        "T0410: Argument {index} of function \"{function}\" must be a {expected}, but is {}",
        type_name(&found)
    ))
}

fn argument<'a>(function: &str, arguments: &'a [JValue], index: usize) -> Result<&'a JValue, EvaluatorError> {
    arguments.get(index).ok_or_else(|| wrong(function, index + 1, "value", &JValue::Null))
}

fn decimal(function: &str, arguments: &[JValue], index: usize) -> Result<f64, EvaluatorError> {
    let value = argument(function, arguments, index)?;
    value.as_f64().ok_or_else(|| wrong(function, index + 1, "number", value))
}

fn partition(arguments: &[JValue]) -> Answer {
    let array = argument("partition", arguments, 0)?;
    if array.is_undefined() {
        return Ok(JValue::Undefined);
    }
    let size = decimal("partition", arguments, 1)?;
    if size < 1.0 {
        return Err(wrong("partition", 2, "positive number", argument("partition", arguments, 1)?));
    }
    let one = [array.clone()];
    let items: &[JValue] = array.as_array().map_or(&one, Vec::as_slice);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at least 1, and saturates")]
    let chunks = items.chunks(size as usize).map(|chunk| JValue::cons(chunk.to_vec())).collect();
    Ok(JValue::array(chunks))
}

fn range(arguments: &[JValue]) -> Answer {
    const LONGEST: usize = 1_000_000;
    let (first, last) = (decimal("range", arguments, 0)?, decimal("range", arguments, 1)?);
    let step = decimal("range", arguments, 2)?;
    if step == 0.0 {
        return Err(EvaluatorError::EvaluationError("The step of $range cannot be 0".to_owned()));
    }
    let mut found = Vec::new();
    let mut next = first;
    while (step > 0.0 && next <= last) || (step < 0.0 && next >= last) {
        if found.len() == LONGEST {
            return Err(EvaluatorError::EvaluationError(format!("A range has {LONGEST} elements at most")));
        }
        found.push(JValue::from(next));
        next += step;
    }
    Ok(JValue::sequence(found))
}

fn digest(arguments: &[JValue]) -> Answer {
    let value = argument("hash", arguments, 0)?;
    if value.is_undefined() {
        return Ok(JValue::Undefined);
    }
    let text = match value.as_str() {
        Some(text) => text.to_owned(),
        None => value.to_json_string().map_err(|error| EvaluatorError::EvaluationError(error.to_string()))?,
    };
    let name = argument("hash", arguments, 1)?;
    let algorithm = name.as_str().ok_or_else(|| wrong("hash", 2, "string", name))?;
    hash(&text, algorithm).map(JValue::from).ok_or_else(|| {
        EvaluatorError::EvaluationError(format!("`{algorithm}` is none of MD5, SHA-1, SHA-256, SHA-384, SHA-512"))
    })
}

fn parse(arguments: &[JValue]) -> Answer {
    let value = argument("parse", arguments, 0)?;
    if value.is_undefined() {
        return Ok(JValue::Undefined);
    }
    let text = value.as_str().ok_or_else(|| wrong("parse", 1, "string", value))?;
    JValue::from_json_str(text).map_err(|error| EvaluatorError::EvaluationError(format!("Not JSON: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(text: &str) -> Result<Value, Failure> {
        let input = json!({"n": 2, "xs": [1, 2, 3], "one": [7]});
        let random = Random::seeded(3);
        Jsonata::parse(text).unwrap().evaluate("Output/result", &Scope::of_input(&input, &random))
    }

    #[test]
    fn only_exact_delimiters_make_an_expression() {
        assert_eq!(Jsonata::inside("{% 1 %}"), Some("1"));
        for text in [" {% 1 %}", "{% 1 %} ", "{ % 1 %}", "1"] {
            assert_eq!(Jsonata::inside(text), None, "{text}");
        }
    }

    #[test]
    fn singletons_collapse_except_in_partition() {
        assert_eq!(run("$range(1,9,9)").unwrap(), json!(1));
        assert_eq!(run("$range(0,10,3)").unwrap(), json!([0, 3, 6, 9]));
        assert_eq!(run("$partition([0,1,2],5)").unwrap(), json!([[0, 1, 2]]));
        assert_eq!(run("$states.input.xs[$ > 2]").unwrap(), json!(3));
        assert_eq!(run("$states.input.one").unwrap(), json!([7]));
    }

    #[test]
    fn undefined_is_an_error_in_the_services_words() {
        let failure = run("$x").unwrap_err();
        assert_eq!(
            failure.cause.unwrap(),
            "The JSONata expression '$x' specified for the field 'Output/result' returned nothing (undefined)."
        );
        assert_eq!(failure.error.unwrap(), "States.QueryEvaluationError");
    }

    #[test]
    fn there_is_no_top_level_input_and_no_eval() {
        for text in ["$", "$.a", "$$", "[$, 1]", "$eval('1')", "$sum($)", "$map([1], $eval)", "1 +"] {
            assert!(Jsonata::parse(text).is_err(), "{text}");
        }
        assert!(Jsonata::parse("$states.input.xs[$ > 1].{'v': $}").is_ok());
    }

    #[test]
    fn added_functions() {
        assert_eq!(run("$hash('input data', 'MD5')").unwrap(), json!("812f45842bc6d66ee14572ce20db8e86"));
        assert_eq!(run("$parse('{\"a\":[1]}').a").unwrap(), json!([1]));
        assert_eq!(run("$length($uuid())").unwrap(), json!(36));
        assert_eq!(run("$random(4) = $random(4)").unwrap(), json!(true));
        assert_eq!(run("$random() < 1").unwrap(), json!(true));
        assert!(run("$parse('x')").is_err());
    }
}
