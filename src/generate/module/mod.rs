//! The functions of the template language, one file a module of it.

mod address;
mod commerce;
mod company;
mod date;
mod finance;
mod hacker;
mod helpers;
mod image;
mod internet;
mod lorem;
mod name;
mod object;
mod phone;
mod random;
mod sequence;
mod symbols;
mod system;
mod words;

use super::functions::Entry;

/// The modules and their functions.
pub(super) static ALL: &[(&str, &[Entry])] = &[
    ("address", address::FUNCTIONS),
    ("commerce", commerce::FUNCTIONS),
    ("company", company::FUNCTIONS),
    ("date", date::FUNCTIONS),
    ("finance", finance::FUNCTIONS),
    ("hacker", hacker::FUNCTIONS),
    ("helpers", helpers::FUNCTIONS),
    ("image", image::FUNCTIONS),
    ("internet", internet::FUNCTIONS),
    ("lorem", lorem::FUNCTIONS),
    ("name", name::FUNCTIONS),
    ("phone", phone::FUNCTIONS),
    ("random", random::FUNCTIONS),
    ("sequence", sequence::FUNCTIONS),
    ("system", system::FUNCTIONS),
];
