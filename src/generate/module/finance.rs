//! `finance`: accounts, amounts, currencies.

use fake::locales::{Data, EN};
use serde_json::Value;

use super::super::arguments::Call;
use super::super::draw::Draw;
use super::super::functions::{Entry, entry, plain};
use super::super::sampler::Sampler;
use super::symbols::{characters, digits, join};
use super::words;

/// More digits are no account.
const MOST_DIGITS: u64 = 1_000;

pub(super) static FUNCTIONS: &[Entry] = &[
    entry("finance.account", "its digits, 8", "text", "{{finance.account}}", |call| number_of(call, 8)),
    plain("finance.accountName", "{{finance.accountName}}", |_| Ok(Sampler::text(account_name))),
    entry(
        "finance.amount",
        "the least, 0; or least, greatest, decimals, symbol",
        "text",
        "{{finance.amount(10,20,2)}}",
        amount,
    ),
    plain("finance.bitcoinAddress", "{{finance.bitcoinAddress}}", |_| Ok(Sampler::text(bitcoin_address))),
    plain("finance.currencyCode", "{{finance.currencyCode}}", |_| Ok(Sampler::Words(EN::CURRENCY_CODE))),
    plain("finance.currencyName", "{{finance.currencyName}}", |_| Ok(Sampler::Words(EN::CURRENCY_NAME))),
    plain("finance.currencySymbol", "{{finance.currencySymbol}}", |_| Ok(Sampler::Words(EN::CURRENCY_SYMBOL))),
    entry("finance.mask", "its digits, 4", "text", "{{finance.mask}}", |call| number_of(call, 4)),
    plain("finance.transactionType", "{{finance.transactionType}}", |_| Ok(Sampler::Words(words::TRANSACTION_TYPES))),
];

fn number_of(call: &Call<'_>, default: u64) -> Result<Sampler, String> {
    let count = call.count(0, default, MOST_DIGITS)?;
    // A length of 0 is no length, as there.
    let count = if count == 0 { default } else { count };
    Ok(Sampler::text(move |draw, out| digits(count, draw, out)))
}

pub(super) fn account_name(draw: &mut Draw, out: &mut Vec<u8>) {
    join(&[draw.word(words::ACCOUNT_TYPES), "Account"], " ", out);
}

fn bitcoin_address(draw: &mut Draw, out: &mut Vec<u8>) {
    out.push(if draw.one_in(2) { b'1' } else { b'3' });
    let length = draw.between(26, 33);
    characters(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", length, draw, out);
}

/// An amount: with one argument a whole number from it to 1000 followed by `.00`, with several what they say.
pub(super) fn amount(call: &Call<'_>) -> Result<Sampler, String> {
    if call.strict && (call.at(1).is_some() || call.number(0, 0.0).is_err()) {
        // The generator passes `10,20,2` on as one text.
        return Ok(Sampler::constant("NaN"));
    }
    let least = call.number(0, 0.0)?;
    if call.at(1).is_none() {
        let (low, high) = (least.min(1_000.0), least.max(1_000.0));
        let (low, high) = (low.ceil() as i64, high.floor() as i64);
        return Ok(Sampler::number_text(move |draw, out| {
            let value = low + draw.below((high - low) as u64 + 1) as i64;
            out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
            out.extend_from_slice(b".00");
        }));
    }
    let greatest = call.number(1, 1_000.0)?;
    let decimals = call.count(2, 2, 15)? as usize;
    let symbol = call.text(3).unwrap_or_default();
    if least > greatest {
        return Err(format!("the least, {least}, is above the greatest, {greatest}"));
    }
    let plain = symbol.is_empty();
    let make = move |draw: &mut Draw, out: &mut Vec<u8>| {
        let value = least + draw.unit() * (greatest - least);
        out.extend_from_slice(format!("{symbol}{value:.decimals$}").as_bytes());
    };
    Ok(if plain { Sampler::number_text(make) } else { Sampler::text(make) })
}

/// `commerce.price`: an amount, or `0` below it.
pub(super) fn price(call: &Call<'_>) -> Result<Sampler, String> {
    let least = call.at(0).and_then(Value::as_f64).unwrap_or(0.0);
    if least < 0.0 {
        return Ok(Sampler::number_text(|_, out| out.push(b'0')));
    }
    amount(call)
}
