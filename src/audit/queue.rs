//! What waits for the one writer: handed over in groups, so that a thread is woken once a group and not
//! once an item.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Why an item was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
    /// Too many wait.
    Full,
    /// Nobody will come for it.
    Closed,
}

/// A queue with one reader.
pub(super) struct Queue<T> {
    waiting: Mutex<Waiting<T>>,
    arrival: Condvar,
    longest: usize,
}

struct Waiting<T> {
    items: Vec<T>,
    open: bool,
    /// Whether the reader sleeps until something comes.
    asleep: bool,
}

impl<T> Queue<T> {
    /// A queue that holds `longest` items at most.
    pub(super) fn new(longest: usize) -> Self {
        Self {
            waiting: Mutex::new(Waiting {
                items: Vec::new(),
                open: true,
                asleep: false,
            }),
            arrival: Condvar::new(),
            longest,
        }
    }

    /// Hands an item in.
    pub(super) fn push(&self, item: T) -> Result<(), Refused> {
        let wake = {
            let mut waiting = self.lock();
            if !waiting.open {
                return Err(Refused::Closed);
            }
            if waiting.items.len() >= self.longest {
                return Err(Refused::Full);
            }
            waiting.items.push(item);
            std::mem::take(&mut waiting.asleep)
        };
        if wake {
            self.arrival.notify_one();
        }
        Ok(())
    }

    /// The next items, the oldest first and `most` at a time, once there are any; `None` once the queue is
    /// closed and empty.
    pub(super) fn take(&self, most: usize) -> Option<Vec<T>> {
        let mut waiting = self.lock();
        while waiting.items.is_empty() {
            if !waiting.open {
                return None;
            }
            waiting.asleep = true;
            waiting = self
                .arrival
                .wait(waiting)
                .unwrap_or_else(PoisonError::into_inner);
        }
        let left = if waiting.items.len() > most {
            waiting.items.split_off(most)
        } else {
            Vec::with_capacity(waiting.items.len())
        };
        Some(std::mem::replace(&mut waiting.items, left))
    }

    /// Takes no more items; those that wait can still be taken.
    pub(super) fn close(&self) {
        self.lock().open = false;
        self.arrival.notify_one();
    }

    /// How many items wait.
    pub(super) fn len(&self) -> usize {
        self.lock().items.len()
    }

    fn lock(&self) -> MutexGuard<'_, Waiting<T>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn items_come_in_order_and_in_groups_and_no_more_than_fit() {
        let queue = Queue::new(3);
        for item in 0..3 {
            assert_eq!(queue.push(item), Ok(()));
        }
        assert_eq!((queue.push(3), queue.len()), (Err(Refused::Full), 3));
        assert_eq!(queue.take(2), Some(vec![0, 1]));
        queue.close();
        assert_eq!(queue.push(4), Err(Refused::Closed));
        assert_eq!((queue.take(2), queue.take(2)), (Some(vec![2]), None));
    }

    #[test]
    fn a_sleeping_reader_is_woken_by_an_item_and_by_the_end() {
        let queue = Queue::new(10_000);
        thread::scope(|scope| {
            let reader = scope.spawn(|| {
                std::iter::from_fn(|| queue.take(7))
                    .flatten()
                    .collect::<Vec<_>>()
            });
            for item in 0..5_000 {
                queue.push(item).unwrap();
                if item % 500 == 0 {
                    thread::yield_now();
                }
            }
            queue.close();
            assert_eq!(reader.join().unwrap(), (0..5_000).collect::<Vec<_>>());
        });
    }
}
