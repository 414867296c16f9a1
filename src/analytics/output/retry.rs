//! Waiting before another attempt.

use std::time::Duration;

use crate::deliver::RetryPolicy;

/// Attempts at a destination of records before the application stops; it goes on from its checkpoint when it is run again.
pub(super) const ATTEMPTS: u32 = 8;

/// The pauses of `policy`, one between each two attempts.
pub(super) fn pauses(policy: &RetryPolicy) -> impl Iterator<Item = Duration> + use<> {
    let longest = policy.longest_pause;
    let next = move |pause: &Duration| Some((*pause * 2).min(longest));
    std::iter::successors(Some(policy.first_pause), next).take(policy.attempts.saturating_sub(1) as usize)
}
