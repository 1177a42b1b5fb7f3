//! The same work for many values, a few at a time. The results come in the values'
//! order, whichever was ready first.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// Does `work` for `values`, `jobs` of them at a time. After `is_over` says so, no
/// further one is begun, and the results end before the first that is missing.
pub fn side_by_side<T: Sync, R: Send>(
    values: &[T],
    jobs: NonZeroUsize,
    is_over: impl Fn(&R) -> bool + Sync,
    work: impl Fn(&T) -> R + Sync,
) -> Vec<R> {
    // The next value to be taken; past the end, nobody takes any.
    let next = AtomicUsize::new(0);
    let results: Vec<Mutex<Option<R>>> = values.iter().map(|_| Mutex::new(None)).collect();
    std::thread::scope(|scope| {
        for _ in 0..jobs.get().min(values.len()) {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::SeqCst);
                    let Some(value) = values.get(at) else {
                        break;
                    };
                    let result = work(value);
                    if is_over(&result) {
                        next.store(values.len(), Ordering::SeqCst);
                    }
                    *results[at].lock().unwrap_or_else(PoisonError::into_inner) = Some(result);
                }
            });
        }
    });
    results
        .into_iter()
        .map_while(|result| result.into_inner().unwrap_or_else(PoisonError::into_inner))
        .collect()
}

/// One container for two processors: a JVM that starts keeps more than one busy.
pub fn default_jobs() -> NonZeroUsize {
    let processors = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    NonZeroUsize::new((processors / 2).min(8)).unwrap_or(NonZeroUsize::MIN)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Barrier;

    fn jobs(number: usize) -> NonZeroUsize {
        NonZeroUsize::new(number).expect("some")
    }

    #[test]
    fn results_come_in_the_order_of_the_values() {
        // The first one ends last: it waits for the others.
        let others = Barrier::new(3);
        let results = side_by_side(
            &[0, 1, 2],
            jobs(3),
            |_| false,
            |value| {
                others.wait();
                value * 10
            },
        );
        assert_eq!(results, [0, 10, 20]);
    }

    #[test]
    fn never_more_are_at_work_than_wanted() {
        let (now, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let values: Vec<usize> = (0..200).collect();
        let work = |_: &usize| {
            most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            std::thread::yield_now();
            now.fetch_sub(1, Ordering::SeqCst);
        };
        assert_eq!(side_by_side(&values, jobs(3), |()| false, work).len(), 200);
        assert!(most.into_inner() <= 3);
    }

    #[test]
    fn what_comes_after_the_end_is_not_begun() {
        let begun = AtomicUsize::new(0);
        let values: Vec<usize> = (0..100).collect();
        let results = side_by_side(
            &values,
            jobs(1),
            |result| *result == 5,
            |value| {
                begun.fetch_add(1, Ordering::SeqCst);
                *value
            },
        );
        assert_eq!(results, [0, 1, 2, 3, 4, 5]);
        assert_eq!(begun.into_inner(), 6);
    }
}
