//! `commerce`: what is sold.

use super::super::draw::Draw;
use super::super::functions::{Entry, entry, plain};
use super::super::sampler::Sampler;
use super::finance::price;
use super::symbols::join;
use super::words;

pub(super) static FUNCTIONS: &[Entry] = &[
    plain("commerce.color", "{{commerce.color}}", |_| Ok(Sampler::Words(words::COLOURS))),
    plain("commerce.department", "{{commerce.department}}", |_| Ok(Sampler::Words(words::DEPARTMENTS))),
    entry("commerce.price", "as finance.amount", "text", "{{commerce.price}}", price),
    plain("commerce.product", "{{commerce.product}}", |_| Ok(Sampler::Words(words::PRODUCTS))),
    plain("commerce.productAdjective", "{{commerce.productAdjective}}", |_| {
        Ok(Sampler::Words(words::PRODUCT_ADJECTIVES))
    }),
    plain("commerce.productMaterial", "{{commerce.productMaterial}}", |_| Ok(Sampler::Words(words::MATERIALS))),
    plain("commerce.productName", "{{commerce.productName}}", |_| Ok(Sampler::text(product_name))),
];

pub(super) fn product_name(draw: &mut Draw, out: &mut Vec<u8>) {
    let words = [draw.word(words::PRODUCT_ADJECTIVES), draw.word(words::MATERIALS), draw.word(words::PRODUCTS)];
    join(&words, " ", out);
}
