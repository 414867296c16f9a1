//! `image`: addresses of pictures, of a site that is gone; the shape is kept.

use super::super::draw::Draw;
use super::super::functions::{Entry, entry, plain};
use super::super::sampler::Sampler;
use super::internet::avatar;

const CATEGORIES: &[&str] = &[
    "abstract",
    "animals",
    "business",
    "cats",
    "city",
    "fashion",
    "food",
    "nature",
    "nightlife",
    "people",
    "sports",
    "technics",
    "transport",
];

pub(super) static FUNCTIONS: &[Entry] = &[
    plain("image.abstract", "{{image.abstract}}", |_| Ok(of("abstract"))),
    plain("image.animals", "{{image.animals}}", |_| Ok(of("animals"))),
    plain("image.avatar", "{{image.avatar}}", |_| Ok(Sampler::text(avatar))),
    plain("image.business", "{{image.business}}", |_| Ok(of("business"))),
    plain("image.cats", "{{image.cats}}", |_| Ok(of("cats"))),
    plain("image.city", "{{image.city}}", |_| Ok(of("city"))),
    plain("image.fashion", "{{image.fashion}}", |_| Ok(of("fashion"))),
    plain("image.food", "{{image.food}}", |_| Ok(of("food"))),
    plain("image.image", "{{image.image}}", |_| Ok(Sampler::text(image))),
    entry("image.imageUrl", "its width, 640; or width, height, category", "text", "{{image.imageUrl}}", |call| {
        let (width, height) = (call.count(0, 640, 100_000)?, call.count(1, 480, 100_000)?);
        let category = call.text(2).map(|category| format!("/{category}")).unwrap_or_default();
        Ok(Sampler::constant(format!("http://lorempixel.com/{width}/{height}{category}")))
    }),
    plain("image.nature", "{{image.nature}}", |_| Ok(of("nature"))),
    plain("image.nightlife", "{{image.nightlife}}", |_| Ok(of("nightlife"))),
    plain("image.people", "{{image.people}}", |_| Ok(of("people"))),
    plain("image.sports", "{{image.sports}}", |_| Ok(of("sports"))),
    plain("image.technics", "{{image.technics}}", |_| Ok(of("technics"))),
    plain("image.transport", "{{image.transport}}", |_| Ok(of("transport"))),
];

fn of(category: &str) -> Sampler {
    Sampler::constant(format!("http://lorempixel.com/640/480/{category}"))
}

/// A picture of any category.
pub(super) fn image(draw: &mut Draw, out: &mut Vec<u8>) {
    out.extend_from_slice(b"http://lorempixel.com/640/480/");
    out.extend_from_slice(draw.word(CATEGORIES).as_bytes());
}
