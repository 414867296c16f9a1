//! Compressed text, told by the end of the file's name.

use std::io::{self, BufReader, Cursor, Read};

use bzip2::read::MultiBzDecoder;
use flate2::read::MultiGzDecoder;

/// What begins a frame of Snappy's own streaming format; Hadoop's has no mark.
const SNAPPY_FRAME: &[u8] = &[0xff, 0x06, 0x00, 0x00];
/// What begins a frame of LZ4.
const LZ4_FRAME: &[u8] = &[0x04, 0x22, 0x4d, 0x18];
/// Bytes read at once from a compressed file.
const BUFFER: usize = 64 * 1024;

/// Whether the name of a file says that it is compressed.
pub(super) fn is_compressed(name: &str) -> bool {
    [".gz", ".bz2", ".zst", ".lz4", ".snappy", ".hsnappy", ".deflate"].iter().any(|end| name.ends_with(end))
}

/// The text of the file called `name`.
pub(super) fn plain(name: &str, raw: Box<dyn Read>) -> io::Result<Box<dyn Read>> {
    let buffered = || BufReader::with_capacity(BUFFER, raw);
    match name.rsplit('.').next().unwrap_or_default() {
        "gz" => Ok(Box::new(MultiGzDecoder::new(buffered()))),
        "bz2" => Ok(Box::new(MultiBzDecoder::new(buffered()))),
        "zst" => Ok(Box::new(zstd::stream::read::Decoder::with_buffer(buffered())?)),
        "deflate" => Ok(Box::new(flate2::read::ZlibDecoder::new(buffered()))),
        "snappy" | "hsnappy" => {
            let (mark, rest) = marked(buffered(), SNAPPY_FRAME.len())?;
            if mark == SNAPPY_FRAME {
                return Ok(Box::new(snap::read::FrameDecoder::new(rest)));
            }
            let inflate = |bytes: &[u8], _| snap::raw::Decoder::new().decompress_vec(bytes).map_err(io::Error::other);
            Ok(Box::new(HadoopBlocks::new(rest, inflate)))
        }
        "lz4" => {
            let (mark, rest) = marked(buffered(), LZ4_FRAME.len())?;
            if mark == LZ4_FRAME {
                return Ok(Box::new(lz4_flex::frame::FrameDecoder::new(rest)));
            }
            let inflate = |bytes: &[u8], length| lz4_flex::block::decompress(bytes, length).map_err(io::Error::other);
            Ok(Box::new(HadoopBlocks::new(rest, inflate)))
        }
        _ => Ok(Box::new(buffered())),
    }
}

/// The first bytes of a reader, and the reader with them in front again.
fn marked(mut reader: impl Read + 'static, length: usize) -> io::Result<(Vec<u8>, Box<dyn Read>)> {
    let mut mark = Vec::with_capacity(length);
    reader.by_ref().take(length as u64).read_to_end(&mut mark)?;
    let whole = Cursor::new(mark.clone()).chain(reader);
    Ok((mark, Box::new(whole)))
}

/// Hadoop's block format: the length of the plain text, then chunks with their compressed length, until the text is
/// whole; numbers have four bytes, the highest first. Source: Hadoop's `BlockCompressorStream`.
struct HadoopBlocks<R, F> {
    reader: R,
    inflate: F,
    /// Plain bytes that the present block still has to give.
    left: usize,
    chunk: Cursor<Vec<u8>>,
}

impl<R: Read, F: Fn(&[u8], usize) -> io::Result<Vec<u8>>> HadoopBlocks<R, F> {
    fn new(reader: R, inflate: F) -> Self {
        Self { reader, inflate, left: 0, chunk: Cursor::default() }
    }

    /// The next number; `None` at the end.
    fn number(&mut self) -> io::Result<Option<usize>> {
        let mut bytes = Vec::with_capacity(4);
        self.reader.by_ref().take(4).read_to_end(&mut bytes)?;
        match <[u8; 4]>::try_from(bytes.as_slice()) {
            Ok(bytes) => Ok(Some(u32::from_be_bytes(bytes) as usize)),
            Err(_) if bytes.is_empty() => Ok(None),
            Err(_) => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }

    fn next_chunk(&mut self) -> io::Result<bool> {
        while self.left == 0 {
            match self.number()? {
                Some(length) => self.left = length,
                None => return Ok(false),
            }
        }
        let Some(length) = self.number()? else { return Err(io::ErrorKind::UnexpectedEof.into()) };
        let mut compressed = Vec::new();
        self.reader.by_ref().take(length as u64).read_to_end(&mut compressed)?;
        let plain = (self.inflate)(&compressed, self.left)?;
        self.left = self.left.saturating_sub(plain.len().max(1));
        self.chunk = Cursor::new(plain);
        Ok(true)
    }
}

impl<R: Read, F: Fn(&[u8], usize) -> io::Result<Vec<u8>>> Read for HadoopBlocks<R, F> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let count = self.chunk.read(buffer)?;
            if count > 0 || buffer.is_empty() || !self.next_chunk()? {
                return Ok(count);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn read(name: &str, bytes: Vec<u8>) -> String {
        let mut text = String::new();
        plain(name, Box::new(Cursor::new(bytes))).unwrap().read_to_string(&mut text).unwrap();
        text
    }

    /// Two blocks as Hadoop writes them.
    fn blocks(texts: &[&str], compress: impl Fn(&[u8]) -> Vec<u8>) -> Vec<u8> {
        let mut out = Vec::new();
        for text in texts {
            let compressed = compress(text.as_bytes());
            out.extend((text.len() as u32).to_be_bytes());
            out.extend((compressed.len() as u32).to_be_bytes());
            out.extend(compressed);
        }
        out
    }

    #[test]
    fn every_ending_has_its_codec() {
        let text = "one\ntwo\n";
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(text.as_bytes()).unwrap();
        let mut bzip = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
        bzip.write_all(text.as_bytes()).unwrap();
        let mut frame = snap::write::FrameEncoder::new(Vec::new());
        frame.write_all(text.as_bytes()).unwrap();
        let mut lz4 = lz4_flex::frame::FrameEncoder::new(Vec::new());
        lz4.write_all(text.as_bytes()).unwrap();
        for (name, bytes) in [
            ("x.csv", text.as_bytes().to_vec()),
            ("x.gz", gzip.finish().unwrap()),
            ("x.bz2", bzip.finish().unwrap()),
            ("x.zst", zstd::encode_all(text.as_bytes(), 1).unwrap()),
            ("x.snappy", frame.into_inner().unwrap()),
            ("x.lz4", lz4.finish().unwrap()),
            ("x.snappy", blocks(&["one\n", "two\n"], |text| snap::raw::Encoder::new().compress_vec(text).unwrap())),
            ("x.lz4", blocks(&["one\n", "two\n"], lz4_flex::block::compress)),
        ] {
            assert_eq!(read(name, bytes), text, "{name}");
        }
    }
}
