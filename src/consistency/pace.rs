//! Which number is appended next, and when.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

/// Hands out every number below the count once, at the rate asked for.
pub struct Pace {
    count: u32,
    interval: Duration,
    deadline: Option<Instant>,
    next: Mutex<Next>,
}

struct Next {
    value: u32,
    due: Instant,
}

impl Pace {
    /// `rate` in numbers a second, 0: no limit. Nothing is handed out after `duration`.
    #[must_use]
    pub fn new(count: u32, rate: f64, duration: Option<Duration>) -> Self {
        let interval = if rate > 0.0 {
            Duration::try_from_secs_f64(1.0 / rate).unwrap_or(Duration::MAX)
        } else {
            Duration::ZERO
        };
        let now = Instant::now();
        let deadline = duration.and_then(|duration| now.checked_add(duration));
        Self {
            count,
            interval,
            deadline,
            next: Mutex::new(Next { value: 0, due: now }),
        }
    }

    /// Waits for the turn of the next number; none at the end, after the duration, and when `halt`
    /// says so. A stall is not made up for by a burst.
    pub async fn next(&self, halt: &mut watch::Receiver<bool>) -> Option<i32> {
        let (value, due) = self.claim()?;
        pause_until(due, halt).await;
        let in_time = self
            .deadline
            .is_none_or(|deadline| Instant::now() < deadline);
        if *halt.borrow() || !in_time {
            None
        } else {
            i32::try_from(value).ok()
        }
    }

    fn claim(&self) -> Option<(u32, Instant)> {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        if next.value >= self.count {
            return None;
        }
        let value = next.value;
        let due = next.due.max(Instant::now());
        next.value += 1;
        // A rate so small that the next turn is out of the clock's range means: never within this run.
        let later = due
            .checked_add(self.interval)
            .or_else(|| due.checked_add(Duration::from_secs(86_400 * 365)));
        next.due = later.unwrap_or(due);
        let due = self.deadline.map_or(due, |deadline| due.min(deadline));
        Some((value, due))
    }
}

/// Waits until `due` or until `halt` says so, whichever is first.
pub async fn pause_until(due: Instant, halt: &mut watch::Receiver<bool>) {
    if due <= Instant::now() {
        return;
    }
    tokio::select! {
        () = sleep_until(due) => {}
        _ = halt.wait_for(|halted| *halted) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap()
            .block_on(future)
    }

    #[test]
    fn each_number_once_then_the_end() {
        run(async {
            let (_halt, mut halted) = watch::channel(false);
            let pace = Pace::new(3, 0.0, None);
            let mut numbers = Vec::new();
            while let Some(number) = pace.next(&mut halted).await {
                numbers.push(number);
            }
            assert_eq!(numbers, [0, 1, 2]);
        });
    }

    #[test]
    fn the_rate_and_the_duration_hold() {
        run(async {
            let (_halt, mut halted) = watch::channel(false);
            let pace = Pace::new(1000, 100.0, Some(Duration::from_millis(205)));
            let started = Instant::now();
            let mut numbers = 0;
            while pace.next(&mut halted).await.is_some() {
                numbers += 1;
            }
            assert!(
                (2..=21).contains(&numbers),
                "{numbers} in 205 ms at 100 a second"
            );
            assert!(started.elapsed() >= Duration::from_millis(200));
        });
    }

    #[test]
    fn a_halt_ends_a_long_wait() {
        run(async {
            let (halt, mut halted) = watch::channel(false);
            let pace = Pace::new(3, 0.0001, None);
            assert_eq!(pace.next(&mut halted).await, Some(0));
            let waiting = tokio::spawn(async move { pace.next(&mut halted).await });
            halt.send(true).unwrap();
            assert_eq!(waiting.await.unwrap(), None);
        });
    }
}
