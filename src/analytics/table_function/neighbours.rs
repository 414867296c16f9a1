//! Which points of a sliding window of records lie near each other.
//!
//! Each place of the window has a row of bits, one for each place that is near. A record that enters changes one row and one
//! column, so the density clusters around a record are found by or-ing rows, without measuring a distance again.

/// The last points, and who is near to whom.
#[derive(Clone, Debug)]
pub(super) struct Neighbours {
    capacity: usize,
    dimensions: usize,
    radius: f64,
    /// Coordinates by place; the place of record n is n modulo the capacity.
    points: Vec<f64>,
    /// Words of a row of bits.
    words: usize,
    near: Vec<u64>,
    /// Records taken so far.
    records: u64,
}

impl Neighbours {
    pub(super) fn new(capacity: usize, dimensions: usize, radius: f64) -> Self {
        let words = capacity.div_ceil(64);
        Self { capacity, dimensions, radius, points: Vec::new(), words, near: vec![0; words * capacity], records: 0 }
    }

    /// The memory that the points and their neighbourhoods take.
    pub(super) fn bytes(&self) -> usize {
        self.points.capacity() * size_of::<f64>() + self.near.capacity() * size_of::<u64>()
    }

    /// Points in the window.
    fn len(&self) -> usize {
        self.points.len() / self.dimensions
    }

    fn point(&self, place: usize) -> &[f64] {
        &self.points[place * self.dimensions..(place + 1) * self.dimensions]
    }

    fn row(&self, place: usize) -> &[u64] {
        &self.near[place * self.words..(place + 1) * self.words]
    }

    /// The points from the oldest to the newest.
    pub(super) fn oldest_first(&self) -> impl Iterator<Item = &[f64]> {
        let oldest = if self.len() < self.capacity { 0 } else { self.place_of(self.records) };
        (0..self.len()).map(move |nth| self.point((oldest + nth) % self.len()))
    }

    fn place_of(&self, record: u64) -> usize {
        usize::try_from(record % self.capacity as u64).unwrap_or(0)
    }

    /// Take a record, forgetting the oldest one when the window is full; gives its place.
    pub(super) fn push(&mut self, point: &[f64]) -> usize {
        let place = self.place_of(self.records);
        self.records += 1;
        if place < self.len() {
            self.points[place * self.dimensions..(place + 1) * self.dimensions].copy_from_slice(point);
        } else {
            self.points.extend_from_slice(point);
        }
        let (word, bit) = (place / 64, 1u64 << (place % 64));
        self.near[place * self.words..(place + 1) * self.words].fill(0);
        for other in 0..self.len() {
            let near = self.is_near(place, other);
            let theirs = &mut self.near[other * self.words + word];
            *theirs = if near { *theirs | bit } else { *theirs & !bit };
            if near {
                self.near[place * self.words + other / 64] |= 1 << (other % 64);
            }
        }
        place
    }

    fn is_near(&self, a: usize, b: usize) -> bool {
        let square: f64 = self.point(a).iter().zip(self.point(b)).map(|(a, b)| (a - b) * (a - b)).sum();
        square <= self.radius * self.radius
    }

    /// The density clusters that have a core point near `place`: bits of their members.
    ///
    /// A core point has at least `least` points near it, itself among them. A cluster is what can be reached from a core point
    /// over core points, and the points near to those.
    pub(super) fn clusters_around(&self, place: usize, least: usize) -> Vec<Vec<u64>> {
        let is_core =
            |place: usize| self.row(place).iter().map(|word| word.count_ones() as usize).sum::<usize>() >= least;
        let mut clusters: Vec<Vec<u64>> = Vec::new();
        for start in members(self.row(place)) {
            let known = |cluster: &Vec<u64>| cluster[start / 64] >> (start % 64) & 1 == 1;
            // A core point belongs to one cluster only.
            if !is_core(start) || clusters.iter().any(known) {
                continue;
            }
            let mut cluster = self.row(start).to_vec();
            let mut expanded = vec![0u64; self.words];
            expanded[start / 64] |= 1 << (start % 64);
            while let Some(next) = first_without(&cluster, &expanded) {
                expanded[next / 64] |= 1 << (next % 64);
                if is_core(next) {
                    cluster.iter_mut().zip(self.row(next)).for_each(|(all, row)| *all |= row);
                }
            }
            clusters.push(cluster);
        }
        clusters
    }

    /// How many points, and the smallest box around them.
    pub(super) fn extent(&self, cluster: &[u64]) -> (usize, Vec<f64>, Vec<f64>) {
        let mut count = 0;
        let mut lower = vec![f64::INFINITY; self.dimensions];
        let mut upper = vec![f64::NEG_INFINITY; self.dimensions];
        for place in members(cluster) {
            count += 1;
            for ((lower, upper), value) in lower.iter_mut().zip(&mut upper).zip(self.point(place)) {
                *lower = lower.min(*value);
                *upper = upper.max(*value);
            }
        }
        (count, lower, upper)
    }
}

/// The places whose bits are set.
fn members(bits: &[u64]) -> impl Iterator<Item = usize> {
    bits.iter().enumerate().flat_map(|(word, bits)| {
        std::iter::successors((*bits != 0).then_some(*bits), |bits| Some(bits & (bits - 1)).filter(|bits| *bits != 0))
            .map(move |bits| word * 64 + bits.trailing_zeros() as usize)
    })
}

/// The first place that is in `bits` and not in `without`.
fn first_without(bits: &[u64], without: &[u64]) -> Option<usize> {
    let left = bits.iter().zip(without).map(|(bits, without)| bits & !without);
    left.enumerate().find(|(_, bits)| *bits != 0).map(|(word, bits)| word * 64 + bits.trailing_zeros() as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clusters_are_reached_over_core_points_and_move_with_the_window() {
        let mut window = Neighbours::new(8, 1, 1.0);
        for value in [0.0, 0.9, 1.8, 50.0, 2.7, 50.5, 90.0] {
            window.push(&[value]);
        }
        // 0.9 and 1.8 have three points near; 0 and 2.7 belong to the cluster's rim.
        let place = window.push(&[0.2]);
        let clusters = window.clusters_around(place, 3);
        assert_eq!(clusters.len(), 1);
        assert_eq!(window.extent(&clusters[0]), (5, vec![0.0], vec![2.7]));
        assert!(window.clusters_around(6, 3).is_empty(), "nothing is dense around 90");
        // The ninth record takes the place of the first.
        window.push(&[91.0]);
        assert_eq!(window.extent(&window.clusters_around(7, 3)[0]), (4, vec![0.2], vec![2.7]));
        assert_eq!(window.oldest_first().next(), Some(&[0.9][..]));
    }

    #[test]
    fn a_window_told_again_in_order_gives_the_same_clusters() {
        let mut window = Neighbours::new(5, 2, 2.0);
        for n in 0..13 {
            window.push(&[f64::from(n % 4), f64::from(n % 3)]);
        }
        let mut again = Neighbours::new(5, 2, 2.0);
        let points: Vec<Vec<f64>> = window.oldest_first().map(<[f64]>::to_vec).collect();
        for point in &points {
            again.push(point);
        }
        let extents = |window: &Neighbours, place| {
            window.clusters_around(place, 2).iter().map(|cluster| window.extent(cluster)).collect::<Vec<_>>()
        };
        let (place, same) = (window.push(&[1.0, 1.0]), again.push(&[1.0, 1.0]));
        assert_eq!(extents(&window, place), extents(&again, same));
    }
}
