//! The functions of the template language: how they are found.
//!
//! Each module of the language is a file of [`super::module`] with a list of its functions. Names and arguments are those of
//! faker.js 3.1 with what the Kinesis Data Generator adds; `sequence` and a few functions of `random` and `date` are ours.

use super::arguments::Call;
use super::module;
use super::sampler::Sampler;

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
pub(super) type Make = fn(&Call<'_>) -> Result<Sampler, String>;

/// A function, and how its sampler is made.
pub(super) struct Entry {
    pub(super) info: FunctionInfo,
    pub(super) make: Make,
}

pub(super) const fn entry(
    name: &'static str,
    argument: &'static str,
    kind: &'static str,
    example: &'static str,
    make: Make,
) -> Entry {
    Entry { info: FunctionInfo { name, argument, kind, example }, make }
}

/// A function that yields text and takes no argument.
pub(super) const fn plain(name: &'static str, example: &'static str, make: Make) -> Entry {
    entry(name, "", "text", example, make)
}

/// All functions: by module, then by name.
pub fn functions() -> impl Iterator<Item = &'static FunctionInfo> {
    entries().map(|entry| &entry.info)
}

fn entries() -> impl Iterator<Item = &'static Entry> {
    module::ALL.iter().flat_map(|(_, entries)| entries.iter())
}

/// Why there is no sampler for a tag.
pub(crate) enum NoSampler {
    UnknownModule { known: String },
    UnknownFunction { nearest: String },
    Arguments(String),
}

/// The sampler of `module.function`.
pub(crate) fn sampler(module: &str, function: &str, call: &Call<'_>) -> Result<Sampler, NoSampler> {
    // The generator's own name for its clock.
    let (module, function) =
        if (module, function) == ("current", "timestamp") { ("date", "now") } else { (module, function) };
    let name = format!("{module}.{function}");
    if let Some(entry) = entries().find(|entry| entry.info.name == name) {
        if entry.info.argument.is_empty() && !call.is_empty() {
            call.warn(format!("`{name}` takes no argument; the one that is there is ignored"));
        }
        return (entry.make)(call).map_err(NoSampler::Arguments);
    }
    if !module::ALL.iter().any(|(known, _)| *known == module) {
        let known: Vec<String> = module::ALL.iter().map(|(module, _)| format!("`{module}`")).collect();
        return Err(NoSampler::UnknownModule { known: known.join(", ") });
    }
    let nearest = entries().map(|entry| entry.info.name).min_by_key(|known| {
        let other_module = known.split_once('.').is_none_or(|(of, _)| of != module);
        (distance(known, &name) + usize::from(other_module) * 2, *known)
    });
    Err(NoSampler::UnknownFunction { nearest: nearest.unwrap_or_default().to_owned() })
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
