//! How many records come when: rates over time.
//!
//! A schedule is a function from a second of the run to a number of records, so that it can be previewed, replayed in
//! simulated time, and caught up with when the machine was late.

use chrono_tz::Tz;

use super::draw::Draw;
use super::local_time::LocalTime;
use crate::time::Timestamp;

/// Means or deviations of each hour of the week, Sunday first.
pub type WeekGrid = [[f64; 24]; 7];

/// A rate over time, in records a second.
#[derive(Debug, Clone)]
pub enum Schedule {
    /// Always the same.
    Constant(f64),
    /// For so many seconds so many records a second each, then no more.
    Steps(Vec<(f64, f64)>),
    /// From one rate to another in so many seconds, then no more.
    Ramp {
        /// The rate at first.
        from: f64,
        /// The rate at the end.
        to: f64,
        /// How long it takes.
        seconds: f64,
    },
    /// A mean and what the rate swings by.
    Sine {
        /// The rate in the middle.
        mean: f64,
        /// How far it goes up and down; never below 0 records.
        amplitude: f64,
        /// Seconds of a swing.
        period: f64,
    },
    /// A rate, and a higher one at the beginning of each interval.
    Burst {
        /// Between bursts.
        rate: f64,
        /// In bursts.
        burst: f64,
        /// Seconds from one burst to the next.
        every: f64,
        /// Seconds of a burst.
        length: f64,
    },
    /// A normal distribution for each hour of the week, as the Kinesis Data Generator has it.
    Periodic {
        /// Means.
        mu: Box<WeekGrid>,
        /// Standard deviations.
        sigma: Box<WeekGrid>,
        /// Whether both move linearly to the next hour's.
        smoothing: bool,
        /// Whose hours these are.
        timezone: Tz,
    },
}

impl Schedule {
    /// Seconds after which no more records come, if there is an end.
    #[must_use]
    pub fn duration(&self) -> Option<f64> {
        match self {
            Self::Steps(steps) => Some(steps.iter().map(|(seconds, _)| seconds).sum()),
            Self::Ramp { seconds, .. } => Some(*seconds),
            _ => None,
        }
    }

    /// Records from the beginning to `elapsed` seconds, of a run that began at `start`; not for [`Schedule::Periodic`].
    fn until(&self, elapsed: f64) -> f64 {
        match self {
            Self::Constant(rate) => rate * elapsed,
            Self::Steps(steps) => {
                let (mut left, mut sum) = (elapsed, 0.0);
                for (seconds, rate) in steps {
                    sum += rate * left.min(*seconds);
                    left = (left - seconds).max(0.0);
                }
                sum
            }
            Self::Ramp { from, to, seconds } => {
                let part = elapsed.min(*seconds);
                from * part + (to - from) * part * part / (2.0 * seconds)
            }
            Self::Sine { .. } | Self::Periodic { .. } => 0.0,
            Self::Burst { rate, burst, every, length } => {
                let rounds = (elapsed / every).floor();
                let bursting = rounds * length + (elapsed - rounds * every).min(*length);
                rate * (elapsed - bursting) + burst * bursting
            }
        }
    }

    /// Records of one second of a run that began at `start`.
    fn in_second(&self, second: u64, start: Timestamp, seed: u64) -> f64 {
        let at = second as f64;
        match self {
            Self::Sine { mean, amplitude, period } => {
                let angle = std::f64::consts::TAU * (at + 0.5) / period;
                (mean + amplitude * angle.sin()).max(0.0)
            }
            Self::Periodic { mu, sigma, smoothing, timezone } => {
                let local = LocalTime::new(start.plus_millis(second as i64 * 1_000), *timezone);
                let (day, hour) = (local.weekday as usize, local.hour as usize);
                let (next_day, next_hour) = if hour == 23 { ((day + 1) % 7, 0) } else { (day, hour + 1) };
                let share = if *smoothing { f64::from(local.minute) / 60.0 } else { 0.0 };
                let between = |grid: &WeekGrid| grid[day][hour] + (grid[next_day][next_hour] - grid[day][hour]) * share;
                let drawn = between(mu) + between(sigma) * Draw::new(seed, second, 1, 0).normal();
                if drawn > 0.0 { drawn.ceil() } else { 0.0 }
            }
            other => other.until(at + 1.0) - other.until(at),
        }
    }

    /// Records of each of the first `seconds` seconds.
    #[must_use]
    pub fn counts(&self, seconds: u64, start: Timestamp, seed: u64) -> Vec<u64> {
        let mut due = Due::new(self.clone(), start, seed);
        let mut before = 0;
        (1..=seconds)
            .map(|second| {
                let now = due.at(second as f64);
                let count = now - before;
                before = now;
                count
            })
            .collect()
    }
}

/// How many records are due as time goes on.
#[derive(Debug, Clone)]
pub struct Due {
    schedule: Schedule,
    start: Timestamp,
    seed: u64,
    /// Whole seconds that are over, their records, and those of the second at hand.
    seconds: u64,
    before: f64,
    current: f64,
}

impl Due {
    /// The records of a run that begins at `start`.
    #[must_use]
    pub fn new(schedule: Schedule, start: Timestamp, seed: u64) -> Self {
        let current = schedule.in_second(0, start, seed);
        Self { schedule, start, seed, seconds: 0, before: 0.0, current }
    }

    /// Records due after `elapsed` seconds; asked in order of time.
    pub fn at(&mut self, elapsed: f64) -> u64 {
        while (self.seconds + 1) as f64 <= elapsed {
            self.before += self.current;
            self.seconds += 1;
            self.current = self.schedule.in_second(self.seconds, self.start, self.seed);
        }
        let part = (elapsed - self.seconds as f64).clamp(0.0, 1.0);
        // Sums of parts of records carry binary noise.
        (self.before + self.current * part + 1e-6).floor() as u64
    }

    /// Whether nothing more will be due after `elapsed` seconds.
    #[must_use]
    pub fn is_over(&self, elapsed: f64) -> bool {
        self.schedule.duration().is_some_and(|duration| elapsed >= duration)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp(1_798_329_600_000); // Sunday 2026-12-27 00:00 UTC

    #[test]
    fn rates_add_up() {
        assert_eq!(Schedule::Constant(2.5).counts(4, START, 1), [2, 3, 2, 3]);
        let steps = Schedule::Steps(vec![(2.0, 10.0), (1.5, 4.0)]);
        assert_eq!(steps.counts(6, START, 1), [10, 10, 4, 2, 0, 0]);
        assert_eq!(steps.duration(), Some(3.5));
        let ramp = Schedule::Ramp { from: 0.0, to: 10.0, seconds: 10.0 };
        assert_eq!(ramp.counts(12, START, 1).iter().sum::<u64>(), 50);
        let burst = Schedule::Burst { rate: 1.0, burst: 100.0, every: 10.0, length: 2.0 };
        assert_eq!(burst.counts(20, START, 1).iter().sum::<u64>(), 416);
        let sine = Schedule::Sine { mean: 10.0, amplitude: 20.0, period: 8.0 };
        let counts = sine.counts(8, START, 1);
        assert!(counts[2] > 25 && counts[5] == 0, "{counts:?}");
    }

    #[test]
    fn hours_of_the_week_move_to_the_true_next_hour() {
        let mut mu = [[0.0; 24]; 7];
        mu[0][23] = 100.0;
        mu[1][0] = 200.0;
        let schedule = |smoothing| Schedule::Periodic {
            mu: Box::new(mu),
            sigma: Box::new([[0.0; 24]; 7]),
            smoothing,
            timezone: Tz::UTC,
        };
        let half_past = START.plus_millis((23 * 60 + 30) * 60_000);
        assert_eq!(schedule(true).counts(1, half_past, 1), [150]);
        assert_eq!(schedule(false).counts(1, half_past, 1), [100]);
        assert_eq!(schedule(true).counts(1, START, 1), [0]);
    }

    #[test]
    fn the_normal_distribution_is_repeatable_and_has_its_mean() {
        let schedule = Schedule::Periodic {
            mu: Box::new([[100.0; 24]; 7]),
            sigma: Box::new([[10.0; 24]; 7]),
            smoothing: true,
            timezone: Tz::UTC,
        };
        let counts = schedule.counts(10_000, START, 5);
        assert_eq!(counts, schedule.counts(10_000, START, 5));
        let mean = counts.iter().sum::<u64>() as f64 / 10_000.0;
        // Rounding up adds half a record.
        assert!((mean - 100.5).abs() < 0.5, "{mean}");
    }
}
