//! `address`: places.

use fake::locales::{Data, EN};
use serde_json::Value;

use super::super::arguments::{Call, numeric};
use super::super::draw::Draw;
use super::super::functions::{Entry, entry, plain};
use super::super::sampler::Sampler;
use super::name::{first, last};
use super::symbols::{digits, join, replace};
use super::words;

pub(super) static FUNCTIONS: &[Entry] = &[
    entry("address.city", "0 to 3, the form", "text", "{{address.city}}", |call| {
        let form = form(call, 3)?;
        Ok(Sampler::text(move |draw, out| city(form, draw, out)))
    }),
    plain("address.cityPrefix", "{{address.cityPrefix}}", |_| Ok(Sampler::Words(EN::ADDRESS_CITY_PREFIX))),
    plain("address.citySuffix", "{{address.citySuffix}}", |_| Ok(Sampler::Words(EN::ADDRESS_CITY_SUFFIX))),
    plain("address.country", "{{address.country}}", |_| Ok(Sampler::Words(EN::ADDRESS_COUNTRY))),
    plain("address.countryCode", "{{address.countryCode}}", |_| Ok(Sampler::Words(EN::ADDRESS_COUNTRY_CODE))),
    plain("address.county", "{{address.county}}", |_| Ok(Sampler::Words(words::COUNTIES))),
    plain("address.latitude", "{{address.latitude}}", |_| Ok(Sampler::number_text(|draw, out| degrees(90, draw, out)))),
    plain("address.longitude", "{{address.longitude}}", |_| {
        Ok(Sampler::number_text(|draw, out| degrees(180, draw, out)))
    }),
    entry(
        "address.nearbyGPSCoordinate",
        r#"{"coordinate":[lat, lon],"radius","isMetric"}"#,
        "text",
        r#"{{address.nearbyGPSCoordinate({"coordinate":[47.6,-122.3],"radius":10,"isMetric":true})}}"#,
        nearby,
    ),
    plain("address.secondaryAddress", "{{address.secondaryAddress}}", |_| Ok(Sampler::text(secondary_address))),
    plain("address.state", "{{address.state}}", |_| Ok(Sampler::Words(EN::ADDRESS_STATE))),
    plain("address.stateAbbr", "{{address.stateAbbr}}", |_| Ok(Sampler::Words(EN::ADDRESS_STATE_ABBR))),
    entry("address.streetAddress", "true for a second line", "text", "{{address.streetAddress}}", |call| {
        let full = call.flag();
        Ok(Sampler::text(move |draw, out| street_address(full, draw, out)))
    }),
    plain("address.streetName", "{{address.streetName}}", |_| Ok(Sampler::text(street_name))),
    plain("address.streetPrefix", "{{address.streetPrefix}}", |call| {
        Ok(Sampler::Words(if call.strict { &["a", "b", "c"] } else { words::COMPASS_POINTS }))
    }),
    plain("address.streetSuffix", "{{address.streetSuffix}}", |_| Ok(Sampler::Words(EN::ADDRESS_STREET_SUFFIX))),
    entry("address.zipCode", "a format with `#` and `?`", "text", "{{address.zipCode}}", |call| {
        let format = call.text(0);
        Ok(Sampler::text(move |draw, out| {
            let format = format.as_deref().unwrap_or_else(|| draw.word(EN::ADDRESS_POSTCODE_FORMATS));
            replace(format, true, draw, out);
        }))
    }),
];

/// The form that the argument names, of those from 0 to `most`.
pub(super) fn form(call: &Call<'_>, most: u64) -> Result<Option<u64>, String> {
    let form = if call.is_empty() { None } else { Some(call.number(0, -1.0)?) };
    match form {
        None => Ok(None),
        Some(form) if form.fract() == 0.0 && (0.0..=most as f64).contains(&form) => Ok(Some(form as u64)),
        Some(form) => Err(format!("the form {form} is not one from 0 to {most}")),
    }
}

pub(super) fn city(form: Option<u64>, draw: &mut Draw, out: &mut Vec<u8>) {
    let form = form.unwrap_or_else(|| draw.below(4));
    let prefix = draw.word(EN::ADDRESS_CITY_PREFIX);
    let (name, suffix) = (if form == 3 { last(draw) } else { first(draw) }, draw.word(EN::ADDRESS_CITY_SUFFIX));
    if form < 2 {
        join(&[prefix, " "], "", out);
    }
    out.extend_from_slice(name.as_bytes());
    if form != 1 {
        out.extend_from_slice(suffix.as_bytes());
    }
}

pub(super) fn street_name(draw: &mut Draw, out: &mut Vec<u8>) {
    let name = if draw.one_in(2) { last(draw) } else { first(draw) };
    join(&[name, draw.word(EN::ADDRESS_STREET_SUFFIX)], " ", out);
}

pub(super) fn street_address(full: bool, draw: &mut Draw, out: &mut Vec<u8>) {
    digits(draw.between(3, 5), draw, out);
    out.push(b' ');
    street_name(draw, out);
    if full {
        out.push(b' ');
        secondary_address(draw, out);
    }
}

fn secondary_address(draw: &mut Draw, out: &mut Vec<u8>) {
    out.extend_from_slice(if draw.one_in(2) { b"Apt. " } else { b"Suite " });
    digits(3, draw, out);
}

/// Degrees from `-most` to `most`, with 4 decimals.
pub(super) fn degrees(most: i64, draw: &mut Draw, out: &mut Vec<u8>) {
    four_decimals(draw.below(most as u64 * 20_000 + 1) as i64 - most * 10_000, out);
}

/// A number of ten-thousandths as text.
fn four_decimals(ten_thousandths: i64, out: &mut Vec<u8>) {
    let (sign, magnitude) = (if ten_thousandths < 0 { "-" } else { "" }, ten_thousandths.abs());
    out.extend_from_slice(sign.as_bytes());
    out.extend_from_slice(itoa::Buffer::new().format(magnitude / 10_000).as_bytes());
    out.push(b'.');
    let fraction = magnitude % 10_000;
    for unit in [1_000, 100, 10, 1] {
        out.push(b'0' + (fraction / unit % 10) as u8);
    }
}

/// Kilometres of one degree of latitude, by the generator's own radius of the earth.
const EARTH_KM: f64 = 6_378.137;

/// A point on the circle around a coordinate: kilometres as they are, and shortened to miles without `isMetric`, as there.
fn nearby(call: &Call<'_>) -> Result<Sampler, String> {
    if call.strict && call.is_empty() {
        return Err("the generator needs an argument here".into());
    }
    let members = call.members(&["coordinate", "radius", "isMetric"])?;
    let radius = numeric(members, "radius", 10.0)?;
    let metric = members.and_then(|members| members.get("isMetric")).and_then(Value::as_bool).unwrap_or(false);
    let centre = match members.and_then(|members| members.get("coordinate")) {
        None | Some(Value::Null) => None,
        Some(value) => match value.as_array().map(|pair| pair.iter().map(Value::as_f64).collect::<Vec<_>>()).as_deref()
        {
            Some(&[Some(latitude), Some(longitude)]) => Some((latitude, longitude)),
            _ => return Err(format!("`coordinate` is `{value}`, not [latitude, longitude]")),
        },
    };
    let distance = radius * if metric { 1.0 } else { 0.621_371 };
    Ok(Sampler::text(move |draw, out| {
        let (latitude, longitude) = centre.unwrap_or_else(|| (draw.unit() * 180.0 - 90.0, draw.unit() * 360.0 - 180.0));
        let (latitude, longitude) = travelled(latitude, longitude, draw.unit() * std::f64::consts::TAU, distance);
        four_decimals((latitude * 10_000.0).round() as i64, out);
        out.push(b',');
        four_decimals((longitude * 10_000.0).round() as i64, out);
    }))
}

/// Where one is after `distance` kilometres in the direction of `bearing`, on a sphere.
fn travelled(latitude: f64, longitude: f64, bearing: f64, distance: f64) -> (f64, f64) {
    let (lat, lon, angle) = (latitude.to_radians(), longitude.to_radians(), distance / EARTH_KM);
    let to_lat = (lat.sin() * angle.cos() + lat.cos() * angle.sin() * bearing.cos()).clamp(-1.0, 1.0).asin();
    let to_lon = lon + (bearing.sin() * angle.sin() * lat.cos()).atan2(angle.cos() - lat.sin() * to_lat.sin());
    let degrees = to_lon.to_degrees();
    let wrapped = if degrees > 180.0 {
        degrees - 360.0
    } else if degrees < -180.0 {
        degrees + 360.0
    } else {
        degrees
    };
    (to_lat.to_degrees(), wrapped)
}
