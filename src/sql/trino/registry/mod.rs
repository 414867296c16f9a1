//! The functions of Trino: names to overloads, built once for the process.
//!
//! A function is an entry in a list of its family in [`super::function`]: its signature as text, its code, and an
//! example that is a test and a line of the documentation.
//!
//! # How a kernel is called
//! * Every argument is an array of `call.rows` rows and of exactly its type's Arrow representation
//!   ([`TrinoType::arrow`](super::types::TrinoType::arrow)); dictionaries and views never arrive.
//! * With [`NullRule::Propagate`], the default, rows in which any argument is NULL are taken out before the kernel
//!   runs and are NULL in the result: a kernel sees no NULL at top level (elements of arrays may be). With
//!   [`NullRule::Called`] it sees all rows.
//! * Constant arguments are evaluated once for one row; `call.rows` is 1 then.
//! * Errors carry Trino's name. `TRY`, `CASE` and friends are dealt with outside.
//!
//! # Signatures
//! `name(type, …) -> type`. Single upper-case letters (`T`, `K`) are type variables; lower-case names in parentheses
//! are numbers (`decimal(p,s)`, `varchar(n)`, `timestamp(p) with time zone`); plain `varchar` takes any length,
//! `varchar...` any number of them, `any` any type. `function(A,B,R)` is a lambda of two parameters giving `R`. A result that depends on
//! more than that is computed by [`FunctionEntry::derive`]. Overloads are entries of the same name. Implicit
//! conversions (integer to double, date to timestamp …) are made before the kernel is called, the nearest overload wins.

mod entry;
mod pattern;
mod resolve;
mod signature;

use std::collections::HashMap;
use std::sync::OnceLock;

pub(crate) use entry::{AggregateBuild, AggregateEntry, Derive, FunctionEntry, NullRule};
pub(crate) use resolve::{Argument, Overload, resolve};

use super::function;

/// All functions by name.
#[derive(Debug)]
pub(crate) struct Registry {
    functions: HashMap<&'static str, Vec<Overload<FunctionEntry>>>,
    aggregates: HashMap<&'static str, Vec<Overload<AggregateEntry>>>,
}

impl Registry {
    /// The registry of the process.
    ///
    /// A signature that cannot be read leaves its entry out; a test reads them all.
    pub(crate) fn get() -> &'static Self {
        static REGISTRY: OnceLock<Registry> = OnceLock::new();
        REGISTRY.get_or_init(|| {
            let mut functions: HashMap<&'static str, Vec<Overload<FunctionEntry>>> = HashMap::new();
            for entry in function::scalar_families().flatten() {
                if let Ok(overload) = Overload::new(entry.signature, entry) {
                    functions.entry(overload.name()).or_default().push(overload);
                }
            }
            let mut aggregates: HashMap<&'static str, Vec<Overload<AggregateEntry>>> = HashMap::new();
            for entry in function::aggregate_families().flatten() {
                if let Ok(overload) = Overload::new(entry.signature, entry) {
                    aggregates.entry(overload.name()).or_default().push(overload);
                }
            }
            Self { functions, aggregates }
        })
    }

    /// The overloads of a scalar function; its name in lower case.
    pub(crate) fn function(&self, name: &str) -> Option<&[Overload<FunctionEntry>]> {
        self.functions.get(name).map(Vec::as_slice)
    }

    /// The overloads of an aggregate function; its name in lower case.
    pub(crate) fn aggregate(&self, name: &str) -> Option<&[Overload<AggregateEntry>]> {
        self.aggregates.get(name).map(Vec::as_slice)
    }

    /// All names, sorted.
    pub(crate) fn names(&self) -> Vec<&'static str> {
        let mut names: Vec<&'static str> = self.functions.keys().chain(self.aggregates.keys()).copied().collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}

#[cfg(test)]
mod tests;
