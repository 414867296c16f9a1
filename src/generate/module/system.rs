//! `system`: files and versions.

use super::super::arguments::Call;
use super::super::draw::Draw;
use super::super::functions::{Entry, entry, plain};
use super::super::sampler::Sampler;
use super::random::words_of_any_kind;
use super::words;

pub(super) static FUNCTIONS: &[Entry] = &[
    plain("system.commonFileExt", "{{system.commonFileExt}}", |_| Ok(Sampler::Words(words::COMMON_EXTENSIONS))),
    entry("system.commonFileName", "an extension", "text", "{{system.commonFileName}}", |call| {
        let extension = call.text(0);
        Ok(Sampler::text(move |draw, out| {
            base_name(draw, out);
            out.push(b'.');
            let extension = extension.as_deref().unwrap_or_else(|| draw.word(words::COMMON_EXTENSIONS));
            out.extend_from_slice(extension.as_bytes());
        }))
    }),
    plain("system.commonFileType", "{{system.commonFileType}}", |_| Ok(Sampler::Words(words::COMMON_TYPES))),
    plain("system.directoryPath", "{{system.directoryPath}}", |call| Ok(path(call, directory_path))),
    entry("system.fileExt", "a MIME type", "text", "{{system.fileExt}}", file_ext),
    plain("system.fileName", "{{system.fileName}}", |_| Ok(Sampler::text(file_name))),
    plain("system.filePath", "{{system.filePath}}", |call| {
        Ok(path(call, |draw, out| {
            directory_path(draw, out);
            out.push(b'/');
            file_name(draw, out);
        }))
    }),
    plain("system.fileType", "{{system.fileType}}", |_| {
        Ok(Sampler::text(|draw, out| {
            let (mime, _) = words::mime(draw.below(words::MIME_TYPES.len() as u64));
            out.extend_from_slice(mime.split('/').next().unwrap_or_default().as_bytes());
        }))
    }),
    plain("system.mimeType", "{{system.mimeType}}", |_| {
        Ok(Sampler::text(|draw, out| {
            out.extend_from_slice(words::mime(draw.below(words::MIME_TYPES.len() as u64)).0.as_bytes());
        }))
    }),
    plain("system.semver", "{{system.semver}}", |_| {
        Ok(Sampler::text(|draw, out| {
            for place in 0..3 {
                if place > 0 {
                    out.push(b'.');
                }
                out.push(b'0' + draw.below(10) as u8);
            }
        }))
    }),
];

/// The generator has no paths and prints `undefined`.
fn path(call: &Call<'_>, make: fn(&mut Draw, &mut Vec<u8>)) -> Sampler {
    if call.strict { Sampler::constant("undefined") } else { Sampler::text(make) }
}

/// Words in lower case with `_` for what is no letter or digit.
fn base_name(draw: &mut Draw, out: &mut Vec<u8>) {
    let start = out.len();
    let count = draw.between(1, 3);
    words_of_any_kind(count, draw, out);
    for byte in &mut out[start..] {
        *byte = if byte.is_ascii_alphanumeric() { byte.to_ascii_lowercase() } else { b'_' };
    }
}

fn file_name(draw: &mut Draw, out: &mut Vec<u8>) {
    base_name(draw, out);
    out.push(b'.');
    out.extend_from_slice(words::mime(draw.below(words::MIME_TYPES.len() as u64)).1.as_bytes());
}

fn directory_path(draw: &mut Draw, out: &mut Vec<u8>) {
    out.extend_from_slice(draw.word(words::DIRECTORIES).as_bytes());
}

/// The extension of a MIME type, or any.
fn file_ext(call: &Call<'_>) -> Result<Sampler, String> {
    let Some(wanted) = call.text(0) else {
        return Ok(Sampler::text(|draw, out| {
            out.extend_from_slice(words::mime(draw.below(words::MIME_TYPES.len() as u64)).1.as_bytes());
        }));
    };
    match words::MIME_TYPES.iter().find(|(mime, _)| *mime == wanted) {
        Some((_, extension)) => Ok(Sampler::constant(*extension)),
        None => Err(format!("no extension is known for the MIME type `{wanted}`")),
    }
}
