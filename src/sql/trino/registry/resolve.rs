//! Which overload a call means, and which types its arguments are converted to.
//!
//! Source: Trino's function resolution: an overload that takes the arguments as they are, else the one whose implicit
//! conversions reach least far. Lambdas are typed last, when the values have bound the type variables.

use super::pattern::{Bindings, Pattern};
use super::signature::Signature;
use crate::sql::trino::types::TrinoType;

/// One signature of a name.
#[derive(Debug)]
pub(crate) struct Overload<E: 'static> {
    signature: Signature,
    pub(crate) entry: &'static E,
    text: &'static str,
}

/// An argument as it is known before resolution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Argument {
    /// A value.
    Value(TrinoType),
    /// A lambda of so many parameters.
    Lambda(usize),
}

/// The overload that a call means.
#[derive(Debug)]
pub(crate) struct Resolved<E: 'static> {
    pub(crate) entry: &'static E,
    /// For a value the type that it is converted to, for a lambda the type of its body.
    pub(crate) arguments: Vec<TrinoType>,
    pub(crate) return_type: TrinoType,
}

impl<E> Overload<E> {
    pub(crate) fn new(text: &'static str, entry: &'static E) -> Result<Self, String> {
        Ok(Self { signature: Signature::parse(text)?, entry, text })
    }

    pub(crate) fn name(&self) -> &'static str {
        self.signature.name
    }

    /// The signature's text.
    pub(crate) fn text(&self) -> &'static str {
        self.text
    }

    fn pattern(&self, place: usize) -> Option<&Pattern> {
        let parameters = &self.signature.parameters;
        parameters.get(place).or_else(|| parameters.last().filter(|_| self.signature.is_variadic))
    }

    fn takes(&self, count: usize) -> bool {
        let parameters = self.signature.parameters.len();
        if self.signature.is_variadic { count + 1 >= parameters } else { count == parameters }
    }

    /// Bind the values; gives the cost of the conversions, or `None` when the arguments do not fit.
    fn bind(&self, arguments: &[Argument]) -> Option<(u32, Bindings)> {
        if !self.takes(arguments.len()) {
            return None;
        }
        let mut bindings = Bindings::default();
        for (place, argument) in arguments.iter().enumerate() {
            let pattern = self.pattern(place)?;
            let fits = match (argument, pattern) {
                (Argument::Lambda(arity), Pattern::Function(parameters, _)) => *arity == parameters.len(),
                (Argument::Lambda(_), _) | (Argument::Value(_), Pattern::Function(..)) => false,
                (Argument::Value(found), pattern) => bindings.bind(pattern, found),
            };
            if !fits {
                return None;
            }
        }
        let mut cost = 0;
        for (place, argument) in arguments.iter().enumerate() {
            if let Argument::Value(found) = argument {
                let wanted = bindings.applied_to(self.pattern(place)?, found);
                if !can_stand(found, &wanted) {
                    return None;
                }
                cost += distance(found, &wanted);
            }
        }
        Some((cost, bindings))
    }
}

fn can_stand(found: &TrinoType, wanted: &TrinoType) -> bool {
    found.becomes(wanted) || matches!((found, wanted), (TrinoType::Char(_), TrinoType::Varchar(_)))
}

fn distance(found: &TrinoType, wanted: &TrinoType) -> u32 {
    match (found, wanted) {
        (TrinoType::Array(found), TrinoType::Array(wanted)) => distance(found, wanted),
        (TrinoType::Map(found_key, found), TrinoType::Map(wanted_key, wanted)) => {
            distance(found_key, wanted_key) + distance(found, wanted)
        }
        (TrinoType::Unknown, TrinoType::Unknown) => 0,
        // NULL tells nothing: it fits every overload alike.
        (TrinoType::Unknown, _) => 1,
        (found, wanted) if found.base_name() == wanted.base_name() => 0,
        (found, wanted) => 2 * wanted.rank().abs_diff(found.rank()).max(1),
    }
}

/// The overload of `overloads` that a call with `arguments` means, or `None` when there is none.
///
/// `type_of_lambda` is asked for the type of a lambda's body: the argument's place and its parameters' types.
///
/// # Errors
/// Those of `type_of_lambda`.
pub(crate) fn resolve<E, X>(
    overloads: &[Overload<E>],
    arguments: &[Argument],
    derive: impl Fn(&E) -> Option<super::Derive>,
    mut type_of_lambda: impl FnMut(usize, &[TrinoType]) -> Result<TrinoType, X>,
) -> Result<Option<Resolved<E>>, X> {
    let candidates = overloads.iter().filter_map(|overload| overload.bind(arguments).map(|bound| (overload, bound)));
    let Some((overload, (_, mut bindings))) = candidates.min_by_key(|(_, (cost, _))| *cost) else {
        return Ok(None);
    };
    for (place, argument) in arguments.iter().enumerate() {
        if let (Argument::Lambda(_), Some(Pattern::Function(parameters, result))) = (argument, overload.pattern(place))
        {
            let parameters: Vec<TrinoType> = parameters.iter().map(|pattern| bindings.apply(pattern)).collect();
            let found = type_of_lambda(place, &parameters)?;
            if !bindings.bind(result, &found) {
                return Ok(None);
            }
        }
    }
    let type_of = |(place, argument): (usize, &Argument)| {
        overload.pattern(place).map(|pattern| match argument {
            Argument::Value(found) => bindings.applied_to(pattern, found),
            Argument::Lambda(_) => bindings.apply(pattern),
        })
    };
    let wanted: Option<Vec<TrinoType>> = arguments.iter().enumerate().map(type_of).collect();
    let Some(wanted) = wanted else { return Ok(None) };
    let return_type = match derive(overload.entry) {
        Some(derive) => derive(&wanted),
        None => bindings.apply(&overload.signature.result),
    };
    Ok(Some(Resolved { entry: overload.entry, arguments: wanted, return_type }))
}
