//! What becomes of a failure: another attempt, a catcher, or the end of the flow.

use super::data::{assigned, place};
use super::flow::children_of;
use super::{Engine, Halt, Leave, Run, Visit};
use crate::pipeline::definition::{Catcher, Retrier};
use crate::pipeline::event::Draft;
use crate::pipeline::failure::Failure;
use crate::pipeline::store::{Progress, Step};
use crate::pipeline::template::{Language, Scope};

impl Engine {
    /// How the visit goes on after `failure`: `None` for another attempt, or how the state is left. The failure comes back
    /// when nothing takes it.
    pub(super) fn recover(&self, visit: &mut Visit<'_>, failure: Failure) -> Run<Option<Leave>> {
        let mut failure = failure.located(&visit.state.name, visit.position.entered_event);
        if let Some(location) = failure.location.take() {
            let event = Draft::new("EvaluationFailed")
                .failed(failure.error.as_deref(), failure.cause.as_deref())
                .with("state", visit.state.name.as_str())
                .with("location", location);
            self.note(visit, vec![event])?;
        }
        let mut retriers = visit.state.retry.iter().enumerate();
        let matching = retriers.find(|(_, retrier)| failure.is_matched_by(&retrier.error_equals));
        if let Some((at, retrier)) = matching
            && self.retry(visit, at, retrier)?
        {
            return Ok(None);
        }
        self.hint(visit, &failure);
        match visit.state.catch.iter().find(|catcher| failure.is_matched_by(&catcher.error_equals)) {
            Some(catcher) => match self.catch(visit, catcher, &failure) {
                Ok(leave) => Ok(Some(leave)),
                Err(failed) => Err(failed.located(&visit.state.name, visit.position.entered_event).into()),
            },
            None => Err(Halt::Failed(failure)),
        }
    }

    /// Set the position to the next attempt, if the retrier has any left.
    fn retry(&self, visit: &mut Visit<'_>, at: usize, retrier: &Retrier) -> Run<bool> {
        // A definition that was changed under a waiting execution may have more retriers.
        if visit.position.retrier_counts.len() <= at {
            visit.position.retrier_counts.resize(at + 1, 0);
        }
        let Some(count) = visit.position.retrier_counts.get_mut(at).filter(|count| **count < retrier.max_attempts)
        else {
            return Ok(false);
        };
        *count += 1;
        let mut seconds = delay(retrier, *count);
        if retrier.full_jitter {
            seconds *= self.random.fraction();
        }
        self.record_delay(seconds);
        #[expect(clippy::cast_possible_truncation, reason = "bounded by the longest delay")]
        let millis = (seconds * 1000.0).round() as i64;
        visit.position.retries += 1;
        visit.position.wake_at = Some(self.timer.now().plus_millis(millis));
        visit.position.started = false;
        let forget = Some(children_of(visit.branch, visit.position.entered_event));
        let mut progress = Progress::At(Box::new(visit.position.clone()));
        let step = Step { events: Vec::new(), progress: Some((&visit.branch.scope, &mut progress)), forget };
        self.journal.commit(visit.position.last_event, self.timer.now(), step)?;
        Ok(true)
    }

    fn catch(&self, visit: &Visit<'_>, catcher: &Catcher, failure: &Failure) -> Result<Leave, Failure> {
        let error_output = failure.output();
        let context = self.context(visit, None);
        let next = Some(catcher.next.clone());
        if visit.state.language == Language::Jsonata {
            let input = &visit.position.input;
            let scope = Scope { error_output: Some(&error_output), ..self.scope(visit, input, &context) };
            let output = match &catcher.output {
                Some(template) => template.evaluate(&scope)?,
                None => error_output.clone(),
            };
            return Ok(Leave { output, assigned: assigned(catcher.assign.as_ref(), &scope)?, next });
        }
        let assigned = assigned(catcher.assign.as_ref(), &self.scope(visit, &error_output, &context))?;
        let output = place(&catcher.result_path, visit.position.input.clone(), error_output.clone())?;
        Ok(Leave { output, assigned, next })
    }

    /// Remember that a retrier or catcher would have matched but for its case.
    fn hint(&self, visit: &Visit<'_>, failure: &Failure) {
        let retriers = visit.state.retry.iter().flat_map(|retrier| &retrier.error_equals);
        let catchers = visit.state.catch.iter().flat_map(|catcher| &catcher.error_equals);
        let near = failure.near_misses(retriers.chain(catchers));
        if let Some(name) = near.first() {
            let error = failure.error.as_deref().unwrap_or_default();
            let hint = format!(
                "the state `{}` has a retrier or catcher for `{name}`, which differs from `{error}` in case only; \
                 error names are compared exactly",
                visit.state.name
            );
            tracing::warn!("{hint}");
            *self.hint.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(hint);
        }
    }
}

/// Seconds before the retry number `n`, without jitter.
fn delay(retrier: &Retrier, n: u64) -> f64 {
    const LONGEST: f64 = 31_622_400.0;
    #[expect(clippy::cast_precision_loss, reason = "both are small")]
    let (interval, most) =
        (retrier.interval_seconds as f64, retrier.max_delay_seconds.map_or(LONGEST, |most| most as f64));
    let exponent = i32::try_from(n.saturating_sub(1)).unwrap_or(i32::MAX);
    (interval * retrier.backoff_rate.powi(exponent)).min(most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_grow_by_the_rate_up_to_the_limit() {
        let retrier = Retrier {
            error_equals: Vec::new(),
            interval_seconds: 3,
            max_attempts: 9,
            backoff_rate: 2.0,
            max_delay_seconds: Some(10),
            full_jitter: false,
        };
        let delays: Vec<f64> = (1..=4).map(|n| delay(&retrier, n)).collect();
        assert_eq!(delays, [3.0, 6.0, 10.0, 10.0]);
        assert!(delay(&retrier, 1_000_000) <= 10.0);
    }
}
