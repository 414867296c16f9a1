//! SpookyHash V2, 64 bits, seed 0.
//!
//! Source: Bob Jenkins's description of the algorithm: a short form below 192 bytes, twelve words of state above.

const CONSTANT: u64 = 0xdead_beef_dead_beef;
const BLOCK: usize = 96;

/// The hash of `bytes`.
pub(super) fn hash64(bytes: &[u8]) -> u64 {
    if bytes.len() < 2 * BLOCK { short(bytes) } else { long(bytes) }
}

/// Eight bytes, or the fewer that there are, as a little-endian word.
fn word(bytes: &[u8]) -> u64 {
    bytes.iter().take(8).rev().fold(0, |word, byte| word << 8 | u64::from(*byte))
}

fn short(bytes: &[u8]) -> u64 {
    let mut h = [0, 0, CONSTANT, CONSTANT];
    let mut rest = bytes;
    while rest.len() >= 32 {
        h[2] = h[2].wrapping_add(word(rest));
        h[3] = h[3].wrapping_add(word(&rest[8..]));
        short_mix(&mut h);
        h[0] = h[0].wrapping_add(word(&rest[16..]));
        h[1] = h[1].wrapping_add(word(&rest[24..]));
        rest = &rest[32..];
    }
    if rest.len() >= 16 {
        h[2] = h[2].wrapping_add(word(rest));
        h[3] = h[3].wrapping_add(word(&rest[8..]));
        short_mix(&mut h);
        rest = &rest[16..];
    }
    h[3] = h[3].wrapping_add((bytes.len() as u64) << 56);
    if rest.is_empty() {
        h[2] = h[2].wrapping_add(CONSTANT);
        h[3] = h[3].wrapping_add(CONSTANT);
    } else {
        h[2] = h[2].wrapping_add(word(rest));
        h[3] = h[3].wrapping_add(word(rest.get(8..).unwrap_or_default()));
    }
    short_end(&mut h);
    h[0]
}

fn short_mix(h: &mut [u64; 4]) {
    const ROTATIONS: [u32; 12] = [50, 52, 30, 41, 54, 48, 38, 37, 62, 34, 5, 36];
    for (step, rotation) in ROTATIONS.into_iter().enumerate() {
        let (a, b, c) = ((step + 2) % 4, (step + 3) % 4, step % 4);
        h[a] = h[a].rotate_left(rotation).wrapping_add(h[b]);
        h[c] ^= h[a];
    }
}

fn short_end(h: &mut [u64; 4]) {
    const ROTATIONS: [u32; 11] = [15, 52, 26, 51, 28, 9, 47, 54, 32, 25, 63];
    for (step, rotation) in ROTATIONS.into_iter().enumerate() {
        let (changed, turned) = ((step + 3) % 4, (step + 2) % 4);
        h[changed] ^= h[turned];
        h[turned] = h[turned].rotate_left(rotation);
        h[changed] = h[changed].wrapping_add(h[turned]);
    }
}

fn long(bytes: &[u8]) -> u64 {
    let mut h = [0, 0, CONSTANT, 0, 0, CONSTANT, 0, 0, CONSTANT, 0, 0, CONSTANT];
    let mut blocks = bytes.chunks_exact(BLOCK);
    for block in &mut blocks {
        mix(&block_words(block), &mut h);
    }
    let rest = blocks.remainder();
    let mut last = [0; BLOCK];
    last[..rest.len()].copy_from_slice(rest);
    last[BLOCK - 1] = rest.len() as u8;
    let data = block_words(&last);
    for (state, data) in h.iter_mut().zip(data) {
        *state = state.wrapping_add(data);
    }
    for _ in 0..3 {
        end_part(&mut h);
    }
    h[0]
}

fn block_words(block: &[u8]) -> [u64; 12] {
    std::array::from_fn(|index| word(&block[index * 8..]))
}

fn mix(data: &[u64; 12], h: &mut [u64; 12]) {
    const ROTATIONS: [u32; 12] = [11, 32, 43, 31, 17, 28, 39, 57, 55, 54, 22, 46];
    for (step, rotation) in ROTATIONS.into_iter().enumerate() {
        h[step] = h[step].wrapping_add(data[step]);
        h[(step + 2) % 12] ^= h[(step + 10) % 12];
        h[(step + 11) % 12] ^= h[step];
        h[step] = h[step].rotate_left(rotation);
        h[(step + 11) % 12] = h[(step + 11) % 12].wrapping_add(h[(step + 1) % 12]);
    }
}

fn end_part(h: &mut [u64; 12]) {
    const ROTATIONS: [u32; 12] = [44, 15, 34, 21, 38, 33, 10, 13, 38, 53, 42, 54];
    for (step, rotation) in ROTATIONS.into_iter().enumerate() {
        let (a, b, c) = ((step + 11) % 12, (step + 1) % 12, (step + 2) % 12);
        h[a] = h[a].wrapping_add(h[b]);
        h[c] ^= h[a];
        h[b] = h[b].rotate_left(rotation);
    }
}
