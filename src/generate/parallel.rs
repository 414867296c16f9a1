//! Chunks of records made by several threads and handed on in order.

use std::ops::Range;
use std::sync::mpsc::{Receiver, sync_channel};

use super::generator::Generator;

/// Records of one chunk, when they are short.
const CHUNK: u64 = 32_768;
/// Bytes that a chunk should not go far beyond: it stays in the cache, and its offsets end at 2 GiB.
const CHUNK_BYTES: u64 = 4 << 20;

/// The chunks of `range`, of `size` records each.
fn chunk(range: &Range<u64>, size: u64, place: u64) -> Option<Range<u64>> {
    let start = range.start.checked_add(place.checked_mul(size)?)?;
    (start < range.end).then(|| start..range.end.min(start.saturating_add(size)))
}

/// More threads than this only wait for each other.
const MOST_THREADS: u64 = 256;

impl Generator {
    /// Records of one chunk: fewer when they are long.
    #[must_use]
    pub fn chunk_size(&self) -> u64 {
        (CHUNK_BYTES / self.expected().max(1) as u64).clamp(1, CHUNK)
    }

    /// Make something of each chunk of `range` in `threads` threads, and hand the results to `take` in order of the records.
    ///
    /// Two chunks a thread are ahead of `take` at most. `take` ends it all by an error.
    ///
    /// # Errors
    /// That of `take`.
    pub fn in_chunks<T: Send, E>(
        &self,
        range: &Range<u64>,
        threads: usize,
        make: impl Fn(&Self, Range<u64>) -> T + Sync,
        mut take: impl FnMut(Range<u64>, T) -> Result<(), E>,
    ) -> Result<(), E> {
        let size = self.chunk_size();
        let chunks = range.end.saturating_sub(range.start).div_ceil(size);
        let threads = (threads as u64).clamp(1, MOST_THREADS).min(chunks.max(1));
        if range.end.saturating_sub(range.start) <= size {
            return if range.is_empty() { Ok(()) } else { take(range.clone(), make(self, range.clone())) };
        }
        let make = &make;
        std::thread::scope(|scope| {
            let workers: Vec<Receiver<T>> = (0..threads)
                .map(|worker| {
                    let (sender, receiver) = sync_channel(1);
                    scope.spawn(move || {
                        let mut place = worker;
                        while let Some(chunk) = chunk(range, size, place) {
                            if sender.send(make(self, chunk)).is_err() {
                                return;
                            }
                            place += threads;
                        }
                    });
                    receiver
                })
                .collect();
            let mut place = 0;
            while let Some(chunk) = chunk(range, size, place) {
                // A worker that is gone has panicked; the scope passes that on.
                let Ok(made) = workers[(place % threads) as usize].recv() else { return Ok(()) };
                take(chunk, made)?;
                place += 1;
            }
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::generate::{Generator, GeneratorOptions};

    #[test]
    fn threads_do_not_change_the_records() {
        let options = GeneratorOptions { seed: Some(1), ..GeneratorOptions::default() };
        let generator = Generator::compile("{{random.number(1000)}}\n", &options).unwrap();
        let all = |threads| {
            let mut bytes = Vec::new();
            let taken: Result<(), ()> = generator.in_chunks(
                &(5..100_005),
                threads,
                |g, range| g.render(range).bytes,
                |_, part| {
                    bytes.extend(part);
                    Ok(())
                },
            );
            taken.unwrap();
            bytes
        };
        let one = all(1);
        assert_eq!(one, all(3));
        assert_eq!(one, generator.render(5..100_005).bytes);
    }

    #[test]
    fn an_error_ends_it() {
        let generator = Generator::compile("x{{random.boolean}}", &GeneratorOptions::default()).unwrap();
        let mut taken = 0;
        let ended = generator.in_chunks(
            &(0..10_000_000),
            2,
            |_, range| range,
            |_, _| {
                taken += 1;
                if taken == 3 { Err("stop") } else { Ok(()) }
            },
        );
        assert_eq!((ended, taken), (Err("stop"), 3));
    }

    #[test]
    fn long_records_come_in_small_chunks() {
        let template = format!("{}{{{{random.boolean}}}}", "x".repeat(1 << 20));
        let generator = Generator::compile(&template, &GeneratorOptions::default()).unwrap();
        let mut sizes = Vec::new();
        let taken: Result<(), ()> = generator.in_chunks(
            &(0..200),
            2,
            |_, range| range.end - range.start,
            |_, size| {
                sizes.push(size);
                Ok(())
            },
        );
        taken.unwrap();
        assert!(sizes.iter().all(|size| *size < 64) && sizes.iter().sum::<u64>() == 200, "{sizes:?}");
    }
}
